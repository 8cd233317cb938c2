"""Headers of images that something is made of, in which every frame tells where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_dataset, read_image_header
from DICOMLib.standard.functional_groups import plane_groups

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# One of them tells how frames lie that have no functional groups.
_PLACES = (
    "ImagePositionPatient", "GridFrameOffsetVector", "DetectorInformationSequence", "SpacingBetweenSlices",
)  # fmt: skip


def read_source_header(path: str) -> Dataset:
    """Header of an image, without pixels.

    Frames that are placed in another way than by functional groups (doses, nuclear medicine) are given those
    of plane position, plane orientation and pixel measures, as they are read.
    """
    dataset: Dataset = read_dataset(path, stop_before_pixels=True)
    if int(dataset.get("NumberOfFrames") or 1) < 2 or dataset.get("PerFrameFunctionalGroupsSequence"):
        return dataset
    if any(dataset.get(keyword) for keyword in _PLACES):
        try:
            places = [place for _frame, place in placed_frames(read_image_header(path))]
        except DICOMError:
            return dataset
        positions = [place.position_lps for place in places]
        thickness = dataset.get("SliceThickness") or places[0].slice_spacing or None
        plane_groups(dataset, positions, places[0].orientation, places[0].pixel_spacing, thickness)
    return dataset
