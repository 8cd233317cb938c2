"""What the vectors of nuclear medicine images say of a frame."""

from __future__ import annotations

from pydicom.dataset import Dataset

from DICOMLib.standard.frame_vectors import detector_of_frame, other_indices, slices_from_first


def image(**attributes) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def test_slices() -> None:
    dataset = image(SliceVector=[2, 3, 1])
    assert [slices_from_first(dataset, index) for index in range(4)] == [0, 1, -1, 3]
    assert slices_from_first(image(SliceVector=5), 0) == 0
    assert [slices_from_first(image(), index) for index in range(2)] == [0, 1]


def test_other_indices() -> None:
    dataset = image(TimeSlotVector=[1, 2], RRIntervalVector=[3, 4], SliceVector=[7, 7])
    assert [other_indices(dataset, index) for index in range(3)] == [(3, 1), (4, 2), ()]


def test_detectors() -> None:
    first, second = image(StartAngle=0), image(StartAngle=180)
    dataset = image(DetectorInformationSequence=[first, second], DetectorVector=[2, 1, 9])
    assert [detector_of_frame(dataset, index) for index in range(4)] == [second, first, first, first]
    assert detector_of_frame(image(), 0) == {}
