"""Functional groups of multi-frame images, and where their frames lie (PS3.3 C.7.6.16)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from DICOMLib.standard.dose_grid import frame_offsets, plane_displacements
from DICOMLib.standard.geometry import MissingGeometry

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

# Pixel spacings that differ by less are one that was rounded.
SAME_MM = 1e-4
# Slice Location, Image Position and Orientation (Patient), Stack ID, In-Stack Position Number, Image Position
# and Orientation (Volume): what a dimension points to that tells where frames lie.
_PLACE_DIMENSIONS = (0x00201041, 0x00200032, 0x00200037, 0x00209056, 0x00209057, 0x00209301, 0x00209302)


def macro(dataset: Any, index: int, name: str) -> Any:
    """Item of a functional group macro for one frame; empty if there is none.

    Parameters
    ----------
    dataset
        A multi-frame image.
    index
        Number of the frame, from 0.
    name
        Keyword of the sequence, such as "PlanePositionSequence". It is in the group of the frame, or in the
        shared one.
    """
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    candidates = [groups[index]] if index < len(groups) else []
    candidates += list(dataset.get("SharedFunctionalGroupsSequence") or ())[:1]
    for group in candidates:
        items = group.get(name)
        if items:
            return items[0]
    return {}


def other_dimensions(dataset: Any, index: int) -> tuple[int, ...]:
    """Dimension Index Values of a frame but those of its place; empty if it has none.

    They tell apart the frames that lie at one place. A place itself is told by its position only, which may
    disagree with its index.

    Parameters
    ----------
    dataset
        A multi-frame image.
    index
        Number of the frame, from 0.

    References
    ----------
    PS3.3 C.7.6.17 (Multi-frame Dimension).
    """
    pointers = [
        int(item.get("DimensionIndexPointer") or 0) for item in dataset.get("DimensionIndexSequence") or ()
    ]
    values = macro(dataset, index, "FrameContentSequence").get("DimensionIndexValues")
    numbers = [] if values is None else np.atleast_1d(values).tolist()
    if len(numbers) != len(pointers):
        return ()
    return tuple(
        int(number) for number, tag in zip(numbers, pointers, strict=True) if tag not in _PLACE_DIMENSIONS
    )


def plane_groups(
    dataset: Dataset,
    positions_lps: Iterable[np.ndarray],
    orientation: Iterable[float],
    pixel_spacing: Iterable[float],
    thickness: float | None,
) -> None:
    """Give an image the functional groups that tell where its frames lie, which are parallel.

    Parameters
    ----------
    dataset
        The image, which is changed.
    positions_lps
        Centre of the first pixel of each frame, mm.
    orientation
        Six cosines: direction of rows, direction of columns.
    pixel_spacing
        Distance between rows, then between columns, mm.
    thickness
        Slice Thickness, mm; None if it is not known.

    References
    ----------
    PS3.3 C.7.6.16.2.1 (Pixel Measures), C.7.6.16.2.3 (Plane Position), C.7.6.16.2.4 (Plane Orientation).
    """
    from pydicom.dataset import Dataset
    from pydicom.valuerep import format_number_as_ds

    measures, plane, shared, frames = Dataset(), Dataset(), Dataset(), []
    measures.PixelSpacing = [format_number_as_ds(float(number)) for number in pixel_spacing]
    measures.SliceThickness = None if thickness is None else format_number_as_ds(float(thickness))
    plane.ImageOrientationPatient = [format_number_as_ds(float(cosine)) for cosine in orientation]
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [plane]
    for position in positions_lps:
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [format_number_as_ds(float(number)) for number in position]
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    dataset.SharedFunctionalGroupsSequence, dataset.PerFrameFunctionalGroupsSequence = [shared], frames


def frame_planes(dataset: Any) -> tuple[np.ndarray, np.ndarray]:
    """Position and orientation of each frame of an enhanced image or of a dose grid.

    Returns
    -------
    tuple of numpy.ndarray
        Image Position (Patient), shape (frames, 3), and Image Orientation (Patient), shape (frames, 6), LPS.

    Raises
    ------
    MissingGeometry
        If a frame has none.

    References
    ----------
    PS3.3 C.7.6.16.2.3 (Plane Position), C.7.6.16.2.4 (Plane Orientation), C.8.8.3.2 (offsets of a dose grid).
    """
    offsets = frame_offsets(dataset)
    if len(offsets):
        first, orientation = _plane(dataset, dataset)
        frames = int(dataset.get("NumberOfFrames") or len(offsets))
        if len(offsets) < frames:
            raise MissingGeometry("some planes of the dose have no offset")
        positions = first + plane_displacements(offsets[:frames], first, orientation)
        return positions, np.tile(orientation, (len(positions), 1))
    planes = [
        _plane(
            macro(dataset, index, "PlanePositionSequence"), macro(dataset, index, "PlaneOrientationSequence")
        )
        for index in range(len(dataset.get("PerFrameFunctionalGroupsSequence") or ()))
    ]
    if not planes:
        raise MissingGeometry("the frames have no position")
    return np.array([position for position, _ in planes]), np.array([plane for _, plane in planes])


def has_one_pixel_spacing(dataset: Any) -> bool:
    """Whether all frames with functional groups have the same Pixel Spacing (PS3.3 C.7.6.16.2.1)."""
    spacings = {
        tuple(map(float, macro(dataset, index, "PixelMeasuresSequence").get("PixelSpacing") or ()))
        for index in range(len(dataset.get("PerFrameFunctionalGroupsSequence") or ()))
    }
    if len(spacings) < 2:
        return True
    return len({len(one) for one in spacings}) == 1 and bool(np.ptp(list(spacings), axis=0).max() <= SAME_MM)


def _plane(position: Any, orientation: Any) -> tuple[np.ndarray, np.ndarray]:
    try:
        place = np.array([float(value) for value in position.get("ImagePositionPatient") or ()])
        cosines = np.array([float(value) for value in orientation.get("ImageOrientationPatient") or ()])
    except (TypeError, ValueError):
        raise MissingGeometry("a position or orientation is no number") from None
    if place.shape != (3,) or cosines.shape != (6,):
        raise MissingGeometry("a frame has no position or orientation")
    return place, cosines
