"""What is displayed of a series whose files disagree: the same whichever way they come, in one order."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.fields import DisplayedFieldGenerator
from DICOMLib.indexing import ImportOptions, import_paths
from Testing import factories

ORDERS = list(itertools.permutations(range(3)))


def disagreeing():
    """Three files of one series, whose UIDs ascend, and one of another series of the study."""
    datasets = factories.ct_series(3)
    values = {
        "SeriesNumber": [5, 3, 10],
        "SeriesDescription": ["Axial", "Ax", "Bone"],
        "StudyDescription": ["Pelvis", "Abdomen", "Abd"],
        "InstitutionName": ["B", "A", "C"],
        "ReferringPhysicianName": ["X", "Y", "Z"],
        "StudyDate": ["20240203", "20240201", "20240202"],
        "Columns": [8, 16, 4],
    }
    for number, dataset in enumerate(datasets):
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.{number + 1}"
        for keyword, of_files in values.items():
            setattr(dataset, keyword, of_files[number])
    return datasets


def displayed(database: Database) -> dict[str, object]:
    """What the rules fill, where the files disagree."""
    (patient,), (study,), (series,) = (database.rows(level) for level in ("patients", "studies", "series"))
    return {
        **{name: series[name] for name in ("SeriesNumber", "SeriesDescription", "DisplayedSize")},
        **{name: study[name] for name in ("StudyDescription", "InstitutionName", "ReferringPhysician")},
        "StudyDate": str(study["StudyDate"]).replace("-", ""),
        "DisplayedLastStudyDate": patient["DisplayedLastStudyDate"],
    }


def joined(texts: list[str]) -> str:
    """What is not yet contained is appended."""
    found = ""
    for text in texts:
        if text not in found:
            found = f"{found}, {text}" if found else text
    return found


def expected(order: tuple[int, ...]) -> dict[str, object]:
    """As CTK has it: the first file wins where all should agree, others are joined in their order."""
    first, date = order[0], ("20240203", "20240201", "20240202")[order[0]]
    return {
        "SeriesNumber": (5, 3, 10)[first],
        "SeriesDescription": joined([("Axial", "Ax", "Bone")[number] for number in order]),
        "DisplayedSize": ("8x8", "16x8", "4x8")[first],
        "StudyDescription": joined([("Pelvis", "Abdomen", "Abd")[number] for number in order]),
        "InstitutionName": "BAC"[first],
        "ReferringPhysician": joined(["XYZ"[number] for number in order]),
        "StudyDate": date,
        "DisplayedLastStudyDate": f"{date[:4]}-{date[4:6]}-{date[6:]}",
    }


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("way", ["folder", "files", "archive"])
def test_it_is_the_same_whichever_way_the_files_come(tmp_path: Path, order, way) -> None:
    datasets = disagreeing()
    paths = factories.write([datasets[index] for index in order], tmp_path / "files")
    given: list[Path | str] = [tmp_path / "files"]
    if way == "files":
        by_uid = factories.write(datasets, tmp_path / "named")
        given = [by_uid[index] for index in order]
    elif way == "archive":
        given = [shutil.make_archive(str(tmp_path / "files"), "zip", Path(paths[0]).parent)]
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, given, ImportOptions(generator=DisplayedFieldGenerator())))
        assert displayed(database) == expected(order)


def test_what_no_rule_fills_is_that_of_the_first_file(tmp_path: Path) -> None:
    """As CTK has it: the row is made of the file that is inserted first."""
    for number in (0, 1):
        datasets = disagreeing()[:2]
        for index, dataset in enumerate(datasets):
            dataset.AcquisitionNumber, dataset.BodyPartExamined = 7 - index, ("HEAD", "NECK")[index]
        paths = factories.write(datasets[:: -1 if number else 1], tmp_path / str(number))
        with Database.open(tmp_path / f"db{number}") as database:
            run(import_paths(database, paths))
            (series,) = database.rows("series")
        assert (series["AcquisitionNumber"], series["BodyPartExamined"]) == ((7, "HEAD"), (6, "NECK"))[number]
