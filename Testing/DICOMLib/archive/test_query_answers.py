"""Answers to queries, worked out by hand for a small database of real files."""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from DICOMLib.archive.database_archive import DatabaseArchive
from DICOMLib.archive.elements import element_of
from DICOMLib.archive.instances import files_of
from DICOMLib.archive.keys import COLUMNS, COUNTS, InvalidQuery
from DICOMLib.archive.query_answers import Matching, answers
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.identifiers import encoded
from DICOMLib.network.models import PLAIN_SYNTAXES
from DICOMLib.network.query import Range, identifier
from DICOMLib.standard.tags import vr_of
from Testing.factories import ct_series, mr_series, rt_plan, uid, write

STUDY_2 = {"StudyInstanceUID": uid("study 2"), "PatientID": "P2", "PatientName": "Müller^Jörg"}
PLAIN = Matching()


def request(number: str) -> Dataset:
    item = Dataset()
    item.ScheduledProcedureStepID, item.RequestedProcedureID = f"S{number}", f"R{number}"
    return item


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """P1 (Doe^Jane): study with a CT of 3 and a plan; P2 (Müller^Jörg): study with an MR of 2."""
    folder = tmp_path_factory.mktemp("archive")
    ct = ct_series(3, Manufacturer="ACME", RequestAttributesSequence=[request("1"), request("2")])
    mr = mr_series(2, StudyDate="20240220", StudyTime="093000", SpecificCharacterSet="ISO_IR 100", **STUDY_2)
    for name, datasets in (("ct", ct), ("plan", [rt_plan()]), ("mr", mr)):
        write(datasets, folder / "files" / name)
    with Database.open(folder / "database") as database:
        run(import_paths(database, [folder / "files"]))
        yield database


def ask(database: Database, level: str, how: Matching = PLAIN, **keys: Any) -> list[Dataset]:
    returned = [keyword for keyword, value in keys.items() if value is None]
    return list(answers(database, level, identifier(level, keys, returned), how))


def names(found: list[Dataset], keyword: str) -> list[str]:
    return [str(getattr(one, keyword)) for one in found]


@pytest.mark.parametrize(
    ("level", "keys", "keyword", "expected"),
    [
        ("PATIENT", {}, "PatientID", ["P1", "P2"]),
        ("PATIENT", {"PatientName": "doe*"}, "PatientID", ["P1"]),
        ("PATIENT", {"PatientName": "muller^jorg"}, "PatientID", ["P2"]),
        ("PATIENT", {"PatientName": "doe"}, "PatientID", []),
        ("PATIENT", {"PatientID": "p1"}, "PatientID", []),
        ("PATIENT", {"PatientBirthDate": "19700203"}, "PatientID", ["P1", "P2"]),
        ("STUDY", {"StudyDate": Range("20240101", "20240131")}, "PatientID", ["P1"]),
        ("STUDY", {"StudyDate": Range("20240116", "")}, "PatientID", ["P2"]),
        ("STUDY", {"StudyTime": Range("", "1000")}, "PatientID", ["P2"]),
        ("STUDY", {"ModalitiesInStudy": "RTPLAN"}, "PatientID", ["P1"]),
        ("STUDY", {"ModalitiesInStudy": ["MR", "PT"]}, "PatientID", ["P2"]),
        ("STUDY", {"PatientID": "P2"}, "StudyInstanceUID", [uid("study 2")]),
        ("STUDY", {"AccessionNumber": "A?"}, "PatientID", ["P1", "P2"]),
        ("STUDY", {"StudyInstanceUID": [uid("study"), "1.2.3"]}, "PatientID", ["P1"]),
        ("SERIES", {"Modality": "CT"}, "SeriesInstanceUID", [uid("series")]),
        ("SERIES", {"PatientID": "P2", "SeriesNumber": "1"}, "SeriesInstanceUID", [uid("mr")]),
        ("SERIES", {"Manufacturer": "AC*"}, "SeriesInstanceUID", [uid("series")]),
        ("IMAGE", {"SeriesInstanceUID": uid("series"), "InstanceNumber": "2"}, "SOPInstanceUID",
         [uid("series", 1)]),
        ("IMAGE", {"SOPInstanceUID": [uid("mr", 1), uid("series", 2)]}, "SOPInstanceUID",
         [uid("mr", 1), uid("series", 2)]),
        ("IMAGE", {"PatientID": "P2", "SOPInstanceUID": uid("mr", 1)}, "SOPInstanceUID", [uid("mr", 1)]),
        ("IMAGE", {"StudyInstanceUID": uid("study")}, "SOPInstanceUID",
         [uid("plan", 0), *(uid("series", k) for k in range(3))]),
        ("IMAGE", {"Rows": 8, "PatientID": "P1"}, "SOPInstanceUID", [uid("series", k) for k in range(3)]),
    ],
)  # fmt: skip
def test_matching(
    archive: Database, level: str, keys: dict[str, Any], keyword: str, expected: list[str]
) -> None:
    assert sorted(names(ask(archive, level, **{keyword: None, **keys}), keyword)) == sorted(expected)


def test_uids_are_found_however_they_are_padded(archive: Database) -> None:
    raw = f"{uid('mr', 1)}\0\\{uid('series', 2)} \0".encode()
    query = Dataset()
    query[0x00080018] = RawDataElement(Tag(0x00080018), "UI", len(raw), raw, 0, False, True)
    found = [str(one.SOPInstanceUID) for one in answers(archive, "IMAGE", query, PLAIN)]
    assert sorted(found) == sorted([uid("mr", 1), uid("series", 2)])
    assert len(files_of(archive, "IMAGE", query)) == 2


def test_computed_elements(archive: Database) -> None:
    [study] = ask(
        archive, "STUDY", Matching(retrieve_ae="ARCHIVE"), PatientID="P1", ModalitiesInStudy=None,
        NumberOfStudyRelatedSeries=None, NumberOfStudyRelatedInstances=None, SOPClassesInStudy=None,
        NumberOfPatientRelatedStudies=None, NumberOfPatientRelatedInstances=None, InstanceAvailability=None,
    )  # fmt: skip
    assert list(study.ModalitiesInStudy) == ["CT", "RTPLAN"]
    assert (study.NumberOfStudyRelatedSeries, study.NumberOfStudyRelatedInstances) == (2, 4)
    assert (study.NumberOfPatientRelatedStudies, study.NumberOfPatientRelatedInstances) == (1, 4)
    assert list(study.SOPClassesInStudy) == ["1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.481.5"]
    assert (study.RetrieveAETitle, study.InstanceAvailability) == ("ARCHIVE", "ONLINE")
    [series] = ask(archive, "SERIES", Modality="CT", NumberOfSeriesRelatedInstances=None)
    assert series.NumberOfSeriesRelatedInstances == 3


def test_values_are_those_of_the_files(archive: Database) -> None:
    [study] = ask(archive, "STUDY", PatientID="P2", StudyDate=None, StudyTime=None, PatientName=None,
                  PatientSex=None, StudyDescription=None, InstitutionName=None)  # fmt: skip
    assert (study.StudyDate, study.StudyTime, study.PatientSex) == ("20240220", "093000", "F")
    assert (study.PatientName, study.SpecificCharacterSet) == ("Müller^Jörg", "ISO_IR 100")
    assert study["InstitutionName"].is_empty  # the files have none
    images = ask(archive, "IMAGE", SeriesInstanceUID=uid("series"), ImagePositionPatient=None, Rows=None,
                 SOPClassUID=None)  # fmt: skip
    assert [list(image.ImagePositionPatient) for image in images] == [[-100, -100, 2.5 * k] for k in range(3)]
    assert {(image.Rows, image.SOPClassUID) for image in images} == {(8, "1.2.840.10008.5.1.4.1.1.2")}


def test_elements_of_levels_below_are_not_told(archive: Database) -> None:
    [study] = ask(archive, "STUDY", PatientID="P1", Modality=None, SOPInstanceUID=None, SeriesNumber=None)
    assert not {"Modality", "SOPInstanceUID", "SeriesNumber"} & {element.keyword for element in study}


def test_sequences_match_item_by_item_and_tell_what_was_asked(archive: Database) -> None:
    asked = {"ScheduledProcedureStepID": "S2", "RequestedProcedureID": "R2"}
    [series] = ask(archive, "SERIES", RequestAttributesSequence=asked)
    assert series.SeriesInstanceUID == uid("series")
    assert [item.ScheduledProcedureStepID for item in series.RequestAttributesSequence] == ["S1", "S2"]
    assert not ask(archive, "SERIES", RequestAttributesSequence={**asked, "RequestedProcedureID": "R1"})


def test_dates_and_times_combined(archive: Database) -> None:
    """From noon of the first day to noon of the last lie mornings, which do not match both ranges."""
    moments = {"StudyDate": Range("20240101", "20240220"), "StudyTime": Range("1200", "1201")}
    assert not ask(archive, "STUDY", **moments)
    both = ask(archive, "STUDY", Matching(combined=True), PatientID=None, **moments)
    assert names(both, "PatientID") == ["P1", "P2"]
    earlier = {"StudyDate": Range("20240101", "20240220"), "StudyTime": Range("0800", "0900")}
    assert names(ask(archive, "STUDY", Matching(combined=True), **earlier), "PatientID") == ["P1"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [("doe", "P1"), ("JANE", "P1"), ("jane doe", "P1"), ("doe, jane", "P1"), ("jorg muller", "P2")],
)
def test_fuzzy_names(archive: Database, asked: str, found: str) -> None:
    assert names(ask(archive, "PATIENT", Matching(fuzzy=True), PatientName=asked), "PatientID") == [found]


@pytest.mark.parametrize(("limit", "offset"), [(2, 0), (2, 1), (0, 0), (10, 4), (10, 9), (None, 2)])
def test_pages(archive: Database, limit: int | None, offset: int) -> None:
    every = names(ask(archive, "IMAGE"), "SOPInstanceUID")
    assert len(every) == 6
    page = ask(archive, "IMAGE", Matching(limit=limit, offset=offset))
    assert names(page, "SOPInstanceUID") == list(itertools.islice(every, offset, None))[:limit]


@pytest.mark.parametrize(("level", "keys"), [("FRAME", {}), ("STUDY", {"StudyDate": "soon"})])
def test_what_cannot_be_understood(archive: Database, level: str, keys: dict[str, Any]) -> None:
    asked = identifier("STUDY", {})
    for keyword, value in keys.items():
        asked[keyword] = DataElement(keyword, "DA", value, validation_mode=config.IGNORE)
    with pytest.raises(InvalidQuery):
        answers(archive, level, asked)


def test_values_that_are_not_valid_are_matched_without_a_word(archive: Database) -> None:
    asked = identifier("SERIES", {})
    asked["Modality"] = DataElement("Modality", "CS", "ct*", validation_mode=config.IGNORE)
    raw = io.BytesIO()
    pydicom.dcmwrite(raw, asked, implicit_vr=True, little_endian=True)
    raw.seek(0)
    received = pydicom.dcmread(raw, force=True)
    assert not list(answers(archive, "SERIES", received))


def test_only_what_has_a_file_is_told(tmp_path: Path) -> None:
    paths = write(ct_series(1), tmp_path / "files")
    with Database.open(tmp_path / "database") as database:
        run(import_paths(database, paths))
        with database.transaction() as connections:
            connections.main.execute("UPDATE Images SET Filename = '', URL = 'dicom:1'")
        for level in ("PATIENT", "STUDY", "SERIES", "IMAGE"):
            assert not ask(database, level)


def test_a_file_that_is_gone_leaves_empty_values(tmp_path: Path) -> None:
    paths = write(ct_series(1, Manufacturer="ACME"), tmp_path / "files")
    with Database.open(tmp_path / "database") as database:
        run(import_paths(database, paths))
        database.clear_tag_cache()
        [image] = ask(database, "IMAGE", Manufacturer=None, PatientID=None)
        assert (image.Manufacturer, image.PatientID) == ("ACME", "P1")
        Path(paths[0]).unlink()
        [image] = ask(database, "IMAGE", Manufacturer=None, PatientID=None)
        assert image["Manufacturer"].is_empty
        assert image.PatientID == "P1"


@pytest.mark.parametrize("syntax", PLAIN_SYNTAXES)
@pytest.mark.parametrize("level", ["PATIENT", "STUDY", "SERIES", "IMAGE"])
def test_peers_get_the_bytes_that_pydicom_makes_of_answers(
    archive: Database, level: str, syntax: str
) -> None:
    counts = {tag for tags in COUNTS.values() for tag in tags if tag}
    others = {"0008,0056", "0008,0061", "0008,0062", "0020,0032", "0028,0010", "0028,0030", "0040,0275"}
    query = Dataset()
    query.QueryRetrieveLevel = level
    for tag in {*COLUMNS, *counts, *others, "0009,0010"}:
        query.add(element_of(tag, vr_of(tag), ""))
    expected = [
        encoded(answer, syntax) for answer in answers(archive, level, query, Matching(retrieve_ae="SLICER"))
    ]
    pages = DatabaseArchive(archive).find(level, query, syntax)
    assert [raw for page in pages for raw in page] == expected
    assert len(expected) > 1
