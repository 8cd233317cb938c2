"""Planes of dose grids: places worked out by hand from PS3.3 C.8.8.3.2."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import config
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from DICOMLib.standard.dose_grid import doubts_about_offsets, frame_offsets, is_uneven, plane_displacements
from DICOMLib.standard.functional_groups import frame_planes
from DICOMLib.standard.geometry import MissingGeometry

HEAD_FIRST_SUPINE = [1, 0, 0, 0, 1, 0]
HEAD_FIRST_PRONE = [-1, 0, 0, 0, -1, 0]
FEET_FIRST_SUPINE = [-1, 0, 0, 0, 1, 0]
FEET_FIRST_PRONE = [1, 0, 0, 0, -1, 0]
SAGITTAL = [0, 1, 0, 0, 0, -1]  # the normal is y cross -z = -x


def dose(orientation, offsets, frames=3) -> Dataset:
    dataset = Dataset()
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = [10, 20, -30], orientation
    dataset.NumberOfFrames = frames
    if offsets is not None:
        dataset.GridFrameOffsetVector = offsets
    return dataset


@pytest.mark.parametrize(
    ("orientation", "offsets", "heights"),
    [
        (HEAD_FIRST_SUPINE, [0, 2, 4], [-30, -28, -26]),
        (HEAD_FIRST_SUPINE, [-30, -28, -26], [-30, -28, -26]),
        (HEAD_FIRST_SUPINE, [0, -2, -5], [-30, -32, -35]),
        (HEAD_FIRST_PRONE, [-30, -28, -26], [-30, -28, -26]),
        # the normal points to the feet: distances along it go down, coordinates are what they say
        (FEET_FIRST_SUPINE, [0, 2, 4], [-30, -32, -34]),
        (FEET_FIRST_SUPINE, [-30, -28, -26], [-30, -28, -26]),
        (FEET_FIRST_PRONE, [-30, -32, -34], [-30, -32, -34]),
        (FEET_FIRST_PRONE, [-30.0004, -28, -26], [-30, -27.9996, -25.9996]),
        # neither 0 nor a coordinate: distances from each other
        (FEET_FIRST_SUPINE, [5, 7, 9], [-30, -32, -34]),
    ],
)
def test_planes_of_transverse_grids(orientation, offsets, heights) -> None:
    positions, orientations = frame_planes(dose(orientation, offsets))
    assert positions == pytest.approx(np.array([[10, 20, z] for z in heights]))
    assert orientations.tolist() == [orientation] * 3


@pytest.mark.parametrize("offsets", [[0, 2, 5], [-30, -28, -25]])
def test_planes_of_a_sagittal_grid(offsets) -> None:
    positions, _ = frame_planes(dose(SAGITTAL, offsets))
    assert positions.tolist() == [[10, 20, -30], [8, 20, -30], [5, 20, -30]]


def test_a_first_coordinate_of_zero_is_a_distance() -> None:
    moved = plane_displacements(np.array([0.0, 2.0]), np.zeros(3), np.array(FEET_FIRST_SUPINE))
    assert moved.tolist() == [[0, 0, 0], [0, 0, -2]]


def test_one_offset() -> None:
    assert frame_offsets(dose(HEAD_FIRST_SUPINE, [7.5], 1)).tolist() == [7.5]
    assert frame_offsets(dose(HEAD_FIRST_SUPINE, None)).tolist() == []


def test_planes_without_offset_have_no_place() -> None:
    with pytest.raises(MissingGeometry):
        frame_planes(dose(HEAD_FIRST_SUPINE, [0, 2]))


def test_more_offsets_than_planes() -> None:
    positions, _ = frame_planes(dose(HEAD_FIRST_SUPINE, [0, 2, 4, 6]))
    assert positions[:, 2].tolist() == [-30, -28, -26]


@pytest.mark.parametrize(
    ("orientation", "offsets", "words"),
    [
        (HEAD_FIRST_SUPINE, [0, 2, 4], ""),
        (HEAD_FIRST_SUPINE, [-30, -28, -26], ""),
        (FEET_FIRST_SUPINE, [0, 2, 4], ""),
        (FEET_FIRST_SUPINE, [-30, -28, -26], "may be mirrored in other programs"),
        (SAGITTAL, [-30, -28, -26], "not transverse"),
        (HEAD_FIRST_SUPINE, [5, 7, 9], "neither with 0 nor with the position"),
        (HEAD_FIRST_SUPINE, [0, 2], "2 of 3 dose planes"),
        (HEAD_FIRST_SUPINE, None, "0 of 3 dose planes"),
        (HEAD_FIRST_SUPINE, [0, 2, 2], "at the same place"),
        ([1, 0, 0, 1, 0, 0], [-30, -28, -26], "does not tell where it lies"),
        ([1, 0, 0], [0, 2, 4], "does not tell where it lies"),
    ],
)
def test_doubts(orientation, offsets, words) -> None:
    told = doubts_about_offsets(dose(orientation, offsets))
    assert len(told) == bool(words)
    assert words in "".join(told)


def test_what_is_no_number_is_told_of(monkeypatch) -> None:
    monkeypatch.setattr(config.settings, "reading_validation_mode", config.IGNORE)
    dataset = dose(HEAD_FIRST_SUPINE, [0, 2, 4])
    dataset[0x00280008] = RawDataElement(BaseTag(0x00280008), "IS", 2, b"1A", 0, False, True)
    assert "no numbers" in "".join(doubts_about_offsets(dataset))


def test_single_planes_raise_no_doubts() -> None:
    assert doubts_about_offsets(dose(HEAD_FIRST_SUPINE, [5], 1)) == []


@pytest.mark.parametrize(
    ("offsets", "uneven"),
    [([0, 2, 4], False), ([4, 0, 2], False), ([0, 2, 5], True), ([0, -2, -5], True), ([0, 2, 4, 9], False)],
)
def test_uneven_planes(offsets, uneven) -> None:
    assert is_uneven(dose(HEAD_FIRST_SUPINE, offsets)) is uneven
