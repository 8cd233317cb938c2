"""Frames of multi-frame images: which macro counts, and where the frames lie."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from DICOMLib.standard.functional_groups import frame_planes, macro
from DICOMLib.standard.geometry import MissingGeometry


def item(**attributes):
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_the_group_of_the_frame_comes_before_the_shared_one():
    dataset = item(
        SharedFunctionalGroupsSequence=[item(FrameVOILUTSequence=[item(WindowCenter="1")])],
        PerFrameFunctionalGroupsSequence=[item(), item(FrameVOILUTSequence=[item(WindowCenter="2")])],
    )
    assert macro(dataset, 0, "FrameVOILUTSequence").WindowCenter == 1
    assert macro(dataset, 1, "FrameVOILUTSequence").WindowCenter == 2
    assert macro(dataset, 5, "FrameVOILUTSequence").WindowCenter == 1
    assert macro(dataset, 0, "PlanePositionSequence") == {}


def test_planes_of_a_dose_grid_lie_along_the_normal():
    # rows run to the posterior, columns downwards: the normal is y cross -z = -x
    dataset = item(
        ImagePositionPatient=[10, 20, 30],
        ImageOrientationPatient=[0, 1, 0, 0, 0, -1],
        GridFrameOffsetVector=[100, 102, 105],
    )
    positions, orientations = frame_planes(dataset)
    assert positions.tolist() == [[10, 20, 30], [8, 20, 30], [5, 20, 30]]
    assert orientations.shape == (3, 6)


@pytest.mark.parametrize(
    "dataset",
    [
        item(),
        item(PerFrameFunctionalGroupsSequence=[item()]),
        item(GridFrameOffsetVector=[0, 1], ImagePositionPatient=[0, 0, 0]),
    ],
)
def test_frames_without_place_are_refused(dataset):
    with pytest.raises(MissingGeometry):
        frame_planes(dataset)
