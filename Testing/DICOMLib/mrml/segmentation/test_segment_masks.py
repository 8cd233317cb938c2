"""Segments of objects whose frames are stored in any order, against voxels worked out from each frame."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.segmentation.segment_masks import read_masks

pytestmark = pytest.mark.mrml


def item(**attributes) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def segmentation(frames) -> Dataset:
    """Fractions of 0 to 100; frames are height, Segment Number, value. Dimension indices are wrong."""
    groups = []
    for number, (height, segment, _) in enumerate(frames, start=1):
        group = item(
            FrameContentSequence=[item(DimensionIndexValues=[1, number])],
            SegmentIdentificationSequence=[item(ReferencedSegmentNumber=segment)],
        )
        if height is not None:
            group.PlanePositionSequence = [item(ImagePositionPatient=[10, 20, height])]
        groups.append(group)
    shared = item(
        PlaneOrientationSequence=[item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])],
        PixelMeasuresSequence=[item(PixelSpacing=[1, 1], SpacingBetweenSlices=2)],
    )
    dataset = item(
        Rows=2,
        Columns=3,
        NumberOfFrames=len(frames),
        BitsAllocated=8,
        BitsStored=8,
        HighBit=7,
        PixelRepresentation=0,
        SamplesPerPixel=1,
        PhotometricInterpretation="MONOCHROME2",
        SegmentationType="FRACTIONAL",
        MaximumFractionalValue=100,
        PixelData=np.repeat(np.array([value for *_, value in frames], np.uint8), 6).tobytes(),
        SharedFunctionalGroupsSequence=[shared],
        PerFrameFunctionalGroupsSequence=groups,
    )
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


def test_frames_in_all_orders():
    frames = [(0, 1, 10), (2, 1, 60), (0, 2, 80), (2, 2, 30)]
    for order in itertools.permutations(frames):
        masks = read_masks(segmentation(order))
        assert masks.grid.ijk_to_ras.tolist() == [
            [-1, 0, 0, -10],
            [0, -1, 0, -20],
            [0, 0, 2, 0],
            [0, 0, 0, 1],
        ]
        assert masks.fractions[1][:, 0, 0] == pytest.approx([0.1, 0.6])
        assert masks.fractions[2][:, 0, 0] == pytest.approx([0.8, 0.3])
        assert masks.mask(1)[:, 1, 2].tolist() == [False, True]
        assert masks.mask(2)[:, 1, 2].tolist() == [True, False]


def test_a_frame_without_a_place_is_not_put_anywhere():
    with pytest.raises(InvalidDICOM, match="frame 2 has no place"):
        read_masks(segmentation([(0, 1, 60), (None, 1, 60)]))


def test_uneven_planes_are_told_of(caplog):
    masks = read_masks(segmentation([(0, 1, 60), (2, 1, 0), (5, 1, 60)]))
    assert masks.mask(1)[:, 0, 0].tolist() == [True, False, True]
    assert "unevenly spaced" in caplog.text
