"""Functional groups for images of classes that have none, such as dose and nuclear medicine."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from DICOMLib.mrml.images.frames import Placement, frame_placement
from DICOMLib.standard.geometry import same_orientation
from DICOMLib.writing.geometry import decimal_strings


def with_frame_groups(dataset: Dataset) -> Dataset:
    """Tell in functional groups where each frame lies, as who refers to frames looks for it there.

    Parameters
    ----------
    dataset
        Header of an image, which is changed and given back. It stays as it is if it has functional groups,
        does not tell where its frames lie in the patient, or turns them against each other.
    """
    if not _tells_places(dataset):
        return dataset
    places = [frame_placement(dataset, index) for index in range(int(dataset.NumberOfFrames))]
    if all(same_orientation(place.orientation, places[0].orientation) for place in places):
        dataset.SharedFunctionalGroupsSequence = Sequence([_shared(places[0])])
        dataset.PerFrameFunctionalGroupsSequence = Sequence([_of_frame(place) for place in places])
    return dataset


def _tells_places(dataset: Dataset) -> bool:
    """Whether frames without functional groups are a stack: all else may be moments of one place."""
    if not dataset.get("NumberOfFrames") or "SharedFunctionalGroupsSequence" in dataset:
        return False
    detectors = dataset.get("DetectorInformationSequence") or [Dataset()]
    has_place = dataset.get("ImagePositionPatient") or detectors[0].get("ImagePositionPatient")
    is_stack = dataset.get("GridFrameOffsetVector") or dataset.get("SpacingBetweenSlices")
    return bool(has_place and is_stack)


def _shared(place: Placement) -> Dataset:
    """Orientation and spacing of all frames (PS3.3 C.7.6.16.2.1, C.7.6.16.2.4)."""
    orientation, measures, shared = Dataset(), Dataset(), Dataset()
    orientation.ImageOrientationPatient = decimal_strings(place.orientation)
    measures.PixelSpacing = decimal_strings(place.pixel_spacing)
    shared.PlaneOrientationSequence = Sequence([orientation])
    shared.PixelMeasuresSequence = Sequence([measures])
    return shared


def _of_frame(place: Placement) -> Dataset:
    """Position of one frame (PS3.3 C.7.6.16.2.3)."""
    position, group = Dataset(), Dataset()
    position.ImagePositionPatient = decimal_strings(place.position_lps)
    group.PlanePositionSequence = Sequence([position])
    return group
