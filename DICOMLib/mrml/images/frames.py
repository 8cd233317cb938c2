"""The frames of image files: where each one lies, how its values are scaled, and the stack they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from DICOMLib.mrml.images.image_header import ImageHeader, read_dataset
from DICOMLib.mrml.images.pixels import Frame
from DICOMLib.standard.dose_grid import frame_offsets, plane_displacements
from DICOMLib.standard.frame_vectors import detector_of_frame, slices_from_first
from DICOMLib.standard.functional_groups import macro
from DICOMLib.standard.geometry import (
    MissingGeometry,
    parse_vector,
    parse_vectors,
    plane_normal,
    same_orientation,
    slice_distances,
    slice_step,
)

RT_DOSE_STORAGE = "1.2.840.10008.5.1.4.1.1.481.2"
AXIAL = np.array([1.0, 0, 0, 0, 1, 0])
SAME_PLACE_MM = 1e-4


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a frame lies (PS3.3 C.7.6.2).

    Parameters
    ----------
    position_lps
        Centre of the first pixel, mm.
    orientation
        Six cosines: direction of rows, direction of columns.
    pixel_spacing
        Distance between rows, then between columns, mm.
    slice_spacing
        Distance of neighbouring slices that the header claims, mm; 0 if it claims none.
    """

    position_lps: np.ndarray
    orientation: np.ndarray
    pixel_spacing: tuple[float, float] = (1.0, 1.0)
    slice_spacing: float = 0.0


PlacedFrame = tuple[Frame, Placement]


@dataclass(frozen=True, slots=True)
class Stack:
    """Frames in the order in which they become slices, and the step from one to the next."""

    frames: list[Frame]
    placement: Placement
    step_lps: np.ndarray


def placement_of_header(
    position: str, orientation: str, pixel_spacing: str, slice_spacing: float
) -> Placement:
    """Where a single-frame image lies; what is absent or no number is taken as origin, axial, 1 mm.

    Raises
    ------
    MissingGeometry
        If the pixel spacing is there but not usable.
    """
    cosines, spacing = _plane(orientation, pixel_spacing)
    return Placement(_vector_or(position, np.zeros(3)), cosines, spacing, slice_spacing)


@lru_cache(maxsize=256)
def _plane(orientation: str, pixel_spacing: str) -> tuple[np.ndarray, tuple[float, float]]:
    """Cosines and spacing, which all slices of a series share; nobody may change the array."""
    spacing = parse_vector(pixel_spacing, 2) if pixel_spacing else np.ones(2)
    if not (spacing > 0).all():
        raise MissingGeometry("the pixel spacing is zero or negative")
    cosines = _vector_or(orientation, AXIAL)
    cosines.flags.writeable = False
    return cosines, (float(spacing[0]), float(spacing[1]))


def _vector_or(text: str, default: np.ndarray) -> np.ndarray:
    """The numbers of a text; the default if it is not as many finite numbers."""
    try:
        return parse_vector(text, len(default))
    except MissingGeometry:
        return default


def placed_frames(header: ImageHeader) -> list[PlacedFrame]:
    """The frames of a file, in its order.

    Raises
    ------
    MissingGeometry
        If the pixel spacing is there but not usable.
    """
    if header.frames == 1 and not header.has_frame_descriptions:
        frame = Frame(header, 0, header.slope, header.intercept)
        place = (header.position, header.orientation, header.pixel_spacing, header.slice_spacing)
        return [(frame, placement_of_header(*place))]
    dataset = read_dataset(header.path, stop_before_pixels=True)
    frames = [Frame(header, index, *_scaling(dataset, header, index)) for index in range(header.frames)]
    return [(frame, frame_placement(dataset, frame.index)) for frame in frames]


def positions_of(headers: Sequence[ImageHeader]) -> np.ndarray:
    """Positions of single-frame images, mm, shape (images, 3); the origin for what is absent or no number."""
    try:
        return parse_vectors([header.position for header in headers], 3)
    except MissingGeometry:
        return np.array([_vector_or(header.position, np.zeros(3)) for header in headers])


def stack_in_order(placed: Sequence[PlacedFrame]) -> Stack:
    """Slices in the order given; the first one tells orientation and spacing."""
    first = placed[0][1]
    positions = np.array([placement.position_lps for _, placement in placed])
    # Only a single slice is as thick as its header says: slices at one place are no stack of that kind.
    single_step = (first.slice_spacing or 1.0) if len(placed) == 1 else 1.0
    step = slice_step(positions, first.orientation, single_step)
    return Stack([frame for frame, _ in placed], first, step)


def stack_by_position(placed: Sequence[PlacedFrame]) -> Stack:
    """Slices along the normal, if each has a place of its own.

    Frames that share places (times, echoes, ...) or have several orientations stay in their order.
    """
    first = placed[0][1]
    frames = [frame for frame, _ in placed]
    normal = plane_normal(first.orientation)
    if not all(same_orientation(first.orientation, placement.orientation) for _, placement in placed):
        return Stack(frames, first, normal * (first.slice_spacing or 1.0))
    positions = np.array([placement.position_lps for _, placement in placed])
    distances = slice_distances(positions, first.orientation)
    order = np.argsort(distances, kind="stable")
    gaps = np.diff(distances[order])
    if len(gaps) and gaps.min() < SAME_PLACE_MM:
        return Stack(frames, first, normal * _usual_gap(gaps, first.slice_spacing))
    return stack_in_order([placed[index] for index in order])


def _usual_gap(gaps: np.ndarray, claimed_mm: float) -> float:
    """Distance of neighbours among frames that share places."""
    real = gaps[gaps >= SAME_PLACE_MM]
    return float(np.median(real)) if len(real) else claimed_mm or 1.0


def frame_placement(dataset: Any, index: int) -> Placement:
    """Where one frame lies: by functional groups, grid offsets, or the attributes of the image."""
    if "PerFrameFunctionalGroupsSequence" in dataset or "SharedFunctionalGroupsSequence" in dataset:
        return _by_functional_groups(dataset, index)
    place = dataset
    if "ImagePositionPatient" not in dataset and dataset.get("DetectorInformationSequence"):
        place = detector_of_frame(dataset, index)  # nuclear medicine, PS3.3 C.8.4.11
    first = placement_of_header(
        _text(place, "ImagePositionPatient"),
        _text(place, "ImageOrientationPatient"),
        _text(dataset, "PixelSpacing") or _text(dataset, "ImagerPixelSpacing"),
        float(dataset.get("SpacingBetweenSlices") or 0),
    )
    return replace(first, position_lps=first.position_lps + _displacement(dataset, first, index))


def _by_functional_groups(dataset: Any, index: int) -> Placement:
    """PS3.3 C.7.6.16.2: a macro is in the group of the frame, or in the shared one."""
    position = macro(dataset, index, "PlanePositionSequence")
    orientation = macro(dataset, index, "PlaneOrientationSequence")
    measures = macro(dataset, index, "PixelMeasuresSequence")
    # Ultrasound volumes lie in a frame of their own, that of the transducer (PS3.3 C.8.24.2).
    position_volume = macro(dataset, index, "PlanePositionVolumeSequence")
    orientation_volume = macro(dataset, index, "PlaneOrientationVolumeSequence")
    return placement_of_header(
        _text(position, "ImagePositionPatient") or _text(position_volume, "ImagePositionVolume"),
        _text(orientation, "ImageOrientationPatient") or _text(orientation_volume, "ImageOrientationVolume"),
        _text(measures, "PixelSpacing"),
        float(measures.get("SpacingBetweenSlices") or 0),
    )


def _displacement(dataset: Any, first: Placement, index: int) -> np.ndarray:
    """How far a frame lies from the first one, LPS."""
    offsets = frame_offsets(dataset)
    if index < len(offsets):
        displacement: np.ndarray = plane_displacements(offsets, first.position_lps, first.orientation)[index]
        return displacement
    # PS3.3 C.8.4.15: the sign of Spacing Between Slices tells the direction in which slices are stacked
    return plane_normal(first.orientation) * (
        slices_from_first(dataset, index) * (first.slice_spacing or 1.0)
    )


def _scaling(dataset: Any, header: ImageHeader, index: int) -> tuple[float, float]:
    """Slope and intercept of a frame: its own, those of the image, or the grid scaling of a dose."""
    if "DoseGridScaling" in dataset and dataset.get("SOPClassUID") == RT_DOSE_STORAGE:
        return float(dataset.DoseGridScaling), 0.0
    transformation = macro(dataset, index, "PixelValueTransformationSequence")
    slope = transformation.get("RescaleSlope", header.slope)
    return float(slope), float(transformation.get("RescaleIntercept", header.intercept))


def _text(item: Any, keyword: str) -> str:
    """A multi-valued number as text; empty if absent."""
    value = item.get(keyword)
    if value is None or value == "":
        return ""
    return "\\".join(str(part) for part in value)
