"""The verdict on the geometry of series, as it is stored and listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories

ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
RT_DOSE = "1.2.840.10008.5.1.4.1.1.481.2"


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def verdict(database: Database, datasets, folder: Path, prefix: str = "") -> str:
    factories.write(datasets, folder, prefix=prefix)
    run(import_paths(database, [folder]))
    (row,) = database.rows("series")
    return row["Geometry"]


def at(positions, orientations=None):
    """A CT series with these positions."""
    datasets = factories.ct_series(len(positions))
    for index, (dataset, position) in enumerate(zip(datasets, positions, strict=True)):
        dataset.ImagePositionPatient = [float(value) for value in position]
        if orientations:
            dataset.ImageOrientationPatient = orientations[index]
    return datasets


TILTED = [1, 0, 0, 0, float(np.cos(0.2)), float(-np.sin(0.2))]


@pytest.mark.parametrize(
    ("datasets", "expected"),
    [
        (factories.ct_series(5), "regular: 5 slices, 2.5 mm apart"),
        (factories.ct_series(1), "single: a single slice"),
        # a gantry tilted by 0.2 rad = 11.5 degrees: the table moves along z, the plane leans
        (at([(0, 0, 3 * k) for k in range(4)], [TILTED] * 4),
         "tilted: 4 slices, 2.9402 mm apart, tilted by 11.5°"),
        (at([(0, 0, z) for z in (0, 1, 2, 4, 5)]), "missing: 1 slice is missing, after slice 3"),
        (at([(0, 0, z) for z in (0, 1, 2.4, 3, 4.3)]), "uneven: slice distances vary from 0.6 to 1.4 mm"),
        (at([(0, 0, z) for z in (0, 2, 4, 0, 2, 4)]), "repeated: 2 times 3 slices, 2 mm apart"),
        (at([(0, 0, z) for z in (0, 2, 2, 4)]), "repeated: 1 of 4 slices lie where another one lies"),
        (at([(0, 0, 0)] * 3), "repeated: 3 slices at one place"),
        (at([(0, 0, 0), (0, 0, 1)], [[1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 0, -1]]),
         "mixed: slices have different orientations"),
        ([factories.rt_plan()], ""),
        ([factories.text_report()], ""),
    ],
)  # fmt: skip
def test_verdicts(database: Database, tmp_path: Path, datasets, expected: str) -> None:
    assert verdict(database, datasets, tmp_path / "files") == expected


def test_a_later_import_changes_the_verdict(database: Database, tmp_path: Path) -> None:
    datasets = factories.ct_series(5)
    hole = datasets.pop(2)
    assert verdict(database, datasets, tmp_path / "files").startswith("missing: 1 slice")
    assert verdict(database, [hole], tmp_path / "files", "late") == "regular: 5 slices, 2.5 mm apart"


def test_images_without_position(database: Database, tmp_path: Path) -> None:
    datasets = factories.ct_series(3)
    del datasets[1].ImagePositionPatient
    assert verdict(database, datasets, tmp_path / "files") == "mixed: some images have no position"


@pytest.mark.parametrize("keyword", ["ImagePositionPatient", "ImageOrientationPatient"])
def test_too_few_numbers_are_no_geometry(database: Database, tmp_path: Path, keyword: str) -> None:
    datasets = factories.ct_series(3)
    setattr(datasets[1], keyword, [1.0, 0.0])
    assert verdict(database, datasets, tmp_path / "files") == "unknown"


def test_parallel_cosines_are_no_geometry(database: Database, tmp_path: Path) -> None:
    plane = [[1, 0, 0, 1, 0, 0]] * 2
    assert verdict(database, at([(0, 0, 0), (0, 0, 1)], plane), tmp_path / "files") == "unknown"


def frame(height: float) -> Dataset:
    position, group = Dataset(), Dataset()
    position.ImagePositionPatient = [0.0, 0.0, height]
    group.PlanePositionSequence = [position]
    return group


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ((0, 5, 10), "regular: 3 slices, 5 mm apart"),
        ((0, 5, 15), "missing: 1 slice is missing, after slice 2"),
        ((), "unknown"),
    ],
)
def test_frames_of_an_enhanced_image(database: Database, tmp_path: Path, heights, expected: str) -> None:
    shared, orientation = Dataset(), Dataset()
    orientation.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    shared.PlaneOrientationSequence = [orientation]
    dataset = factories.instance(
        ENHANCED_CT,
        NumberOfFrames=3,
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=[frame(height) for height in heights],
    )
    assert verdict(database, [dataset], tmp_path / "files") == expected


def test_planes_of_a_dose_grid(database: Database, tmp_path: Path) -> None:
    (dataset,) = factories.ct_series(
        1, SOPClassUID=RT_DOSE, Modality="RTDOSE", NumberOfFrames=4, GridFrameOffsetVector=[0, 3, 6, 12]
    )
    assert verdict(database, [dataset], tmp_path / "files") == "missing: 1 slice is missing, after slice 3"


# Folder, and the verdict by the positions that dcmdump shows.
REAL = {
    # tan(18.5 degrees) = 0.3346: the planes lean by as much as Gantry/Detector Tilt (0018,1120) says
    "dcm_qa_ct_tilt": "uneven: slice distances vary from 1.08109 to 6.99863 mm, tilted by 18.5°",
    "slicer/Testing/Data/Input/CTHeadAxialDicom": "regular: 93 slices, 1.5 mm apart",
    "dcm_qa_nih/In/20180918GE": "repeated: 10 times 15 slices, 5 mm apart",
    "dcm_qa_enh/In/Philips": "repeated: 2 times 32 slices, 4 mm apart",
    "rt-utils/tests/oriented_data": "regular: 3 slices, 4.5 mm apart",
}


@pytest.mark.parametrize("folder", REAL)
def test_real_series(database: Database, shared_data: Path, folder: str) -> None:
    run(import_paths(database, [shared_data / folder]))
    (row,) = database.rows("series")
    assert row["Geometry"] == REAL[folder]


def test_column_of_the_browser(database: Database, tmp_path: Path) -> None:
    verdict(database, factories.ct_series(2), tmp_path / "files")
    (column,) = [column for column in database.columns("Series") if column.field == "Geometry"]
    assert (column.displayed_name, column.visible) == ("Geometry", True)
