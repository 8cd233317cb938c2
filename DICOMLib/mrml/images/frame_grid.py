"""The grid on which frames of a multi-frame object lie, although planes may be missing or repeated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from DICOMLib.core.errors import UnusableData
from DICOMLib.mrml.images.frames import Placement
from DICOMLib.standard.geometry import ijk_to_ras, plane_normal, same_orientation, slice_distances

SAME_PLANE_MM = 1e-3
SAME_ORIENTATION = 1e-4
# How far planes may be from whole multiples of the slice distance, as a part of it.
REGULAR_WITHIN = 0.02


class UnusableFrames(UnusableData):
    """Frames that lie so that they make no volume."""


@dataclass(frozen=True, slots=True)
class FrameGrid:
    """Where frames lie in a volume.

    Parameters
    ----------
    ijk_to_ras
        Matrix (4, 4) of the volume.
    shape
        Slices, rows, columns.
    slices_of_frame
        For each frame the slices that it fills: one, or in an uneven stack several or none.
    is_even
        Whether every frame lies exactly where its slice is.
    """

    ijk_to_ras: np.ndarray
    shape: tuple[int, int, int]
    slices_of_frame: tuple[tuple[int, ...], ...]
    is_even: bool = True


def grid_of_frames(placements: Sequence[Placement], rows: int, columns: int) -> FrameGrid:
    """Find the volume that frames of one orientation are slices of.

    Planes may be absent (a sparse segmentation) and several frames may share a plane (one for each
    segment). In a tilted stack the slices are sheared as those of the image are. Slices between uneven
    planes are filled from the nearest plane.

    Parameters
    ----------
    placements
        Where each frame lies.
    rows, columns
        Size of all frames.

    Raises
    ------
    UnusableFrames
        If frames have several orientations, spacings, or places within their plane.
    MissingGeometry
        If an orientation or spacing is not usable.
    """
    first = placements[0]
    if not all(
        same_orientation(first.orientation, other.orientation, SAME_ORIENTATION)
        and np.allclose(first.pixel_spacing, other.pixel_spacing, rtol=1e-4)
        for other in placements
    ):
        raise UnusableFrames("The frames have different orientations or pixel spacings.")
    positions = np.array([placement.position_lps for placement in placements])
    distances = slice_distances(positions, first.orientation)
    planes, plane_of_frame = _planes(distances)
    gap = _gap(planes, first.slice_spacing)
    indices = np.rint((planes - planes[0]) / gap).astype(int)
    is_even = bool(np.abs(planes - planes[0] - indices * gap).max() <= max(REGULAR_WITHIN * gap, 0.01))
    step = _step(positions, distances, first, gap)
    lowest = positions[int(np.argmin(distances))]
    matrix = ijk_to_ras(lowest, first.orientation, first.pixel_spacing, step)
    slices_of_plane = [(int(k),) for k in indices] if is_even else _nearest(planes, gap)
    count = 1 + max(k for slices in slices_of_plane for k in slices)
    slices_of_frame = tuple(slices_of_plane[plane] for plane in plane_of_frame)
    return FrameGrid(matrix, (count, rows, columns), slices_of_frame, is_even)


def _planes(distances: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Heights of the distinct planes, ascending, and for each frame the number of its plane."""
    order = np.argsort(distances, kind="stable")
    starts = np.concatenate([[True], np.diff(distances[order]) > SAME_PLANE_MM])
    plane_of_frame = np.empty(len(distances), int)
    plane_of_frame[order] = np.cumsum(starts) - 1
    return distances[order][starts], plane_of_frame


def _gap(planes: np.ndarray, claimed_mm: float) -> float:
    """Distance of neighbouring slices: that which the header claims if it fits, else the smallest one."""
    gaps = np.diff(planes)
    if not len(gaps):
        return abs(claimed_mm) or 1.0
    smallest = float(gaps.min())
    claimed = abs(claimed_mm)
    if claimed > SAME_PLANE_MM:
        multiples = gaps / claimed
        if multiples.min() > 0.5 and np.abs(multiples - np.rint(multiples)).max() <= REGULAR_WITHIN:
            # the planes themselves are exacter than a rounded number
            return float((planes[-1] - planes[0]) / np.rint((planes[-1] - planes[0]) / claimed))
    count = float(np.rint((planes[-1] - planes[0]) / smallest))
    mean = float(planes[-1] - planes[0]) / count
    return mean if np.abs(gaps / mean - np.rint(gaps / mean)).max() <= REGULAR_WITHIN else smallest


def _step(positions: np.ndarray, distances: np.ndarray, first: Placement, gap: float) -> np.ndarray:
    """Step from slice to slice (LPS); not along the normal where the stack is tilted."""
    low, high = int(np.argmin(distances)), int(np.argmax(distances))
    height = float(distances[high] - distances[low])
    if height <= SAME_PLANE_MM:
        return plane_normal(first.orientation) * gap
    slope = (positions[high] - positions[low]) / height
    expected = positions[low] + np.outer(distances - distances[low], slope)
    if np.abs(expected - positions).max() > 0.1 * min(first.pixel_spacing):
        raise UnusableFrames("The frames are shifted against each other within their planes.")
    step: np.ndarray = slope * gap
    return step


def _nearest(planes: np.ndarray, gap: float) -> list[tuple[int, ...]]:
    """Slices that are nearest to each of uneven planes, none of them farther than the usual distance."""
    usual = float(np.median(np.diff(planes)))
    heights = planes[0] + gap * np.arange(round((planes[-1] - planes[0]) / gap) + 1)
    away = np.abs(heights[:, None] - planes[None, :])
    nearest = away.argmin(axis=1)
    near_enough = away.min(axis=1) <= usual
    return [tuple(np.flatnonzero((nearest == plane) & near_enough).tolist()) for plane in range(len(planes))]
