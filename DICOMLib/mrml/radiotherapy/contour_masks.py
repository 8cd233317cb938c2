"""From planar contours to voxels: a voxel is inside if its centre is, or lies on the contour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from DICOMLib.mrml.images.frame_grid import UnusableFrames

# Pixel centres that are no farther from an edge lie on it (fraction of a pixel).
ON_EDGE = 1e-3
# Contours must be parallel to the slices, and planes that are nearer than this are one (in slices).
MOST_TILT = 0.5
SAME_PLANE = 0.01
# Gaps that are larger than the usual one by this factor separate parts of a structure.
LARGE_GAP = 1.5


@dataclass(frozen=True, slots=True)
class CroppedMask:
    """Voxels of a structure in a part of a volume.

    Parameters
    ----------
    voxels
        Boolean, shape (slices, rows, columns).
    first
        Index (column, row, slice) in the volume of the first voxel; can be negative.
    """

    voxels: np.ndarray
    first: tuple[int, int, int]


def mask_of_contours(contours_lps: Sequence[np.ndarray], ijk_to_ras: np.ndarray) -> CroppedMask | None:
    """Fill closed contours in the geometry of a volume.

    Contours of one plane are combined by the even-odd rule, so that inner ones are holes (PS3.3 C.8.8.6.3).
    Slices between two contoured ones are filled as the nearer of both, unless the gap is unusually large.

    Parameters
    ----------
    contours_lps
        Closed contours, each (points, 3), mm.
    ijk_to_ras
        Matrix (4, 4) of the volume; its slices are parallel to the contours.

    Returns
    -------
    CroppedMask
        None if there are no contours.

    Raises
    ------
    UnusableFrames
        If contours are not parallel to the slices.
    """
    if not contours_lps:
        return None
    to_ijk = np.linalg.inv(ijk_to_ras)
    contours = [to_indices(points, to_ijk) for points in contours_lps]
    if max(float(np.ptp(contour[:, 2])) for contour in contours) > MOST_TILT:
        raise UnusableFrames("The contours are not parallel to the slices of the image.")
    heights = np.array([contour[:, 2].mean() for contour in contours])
    plane_of_slice = _planes_of_slices(heights)
    every = np.concatenate(contours)
    low = np.floor(every[:, :2].min(axis=0)).astype(int)
    high = np.ceil(every[:, :2].max(axis=0)).astype(int)
    slices = sorted(plane_of_slice)
    columns, rows = (high - low + 1).tolist()
    voxels = np.zeros((slices[-1] - slices[0] + 1, rows, columns), bool)
    filled: dict[float, np.ndarray] = {}
    for k in slices:
        height = plane_of_slice[k]
        if height not in filled:
            chosen = np.flatnonzero(np.abs(heights - height) <= SAME_PLANE)
            filled[height] = fill([contours[at][:, :2] - low for at in chosen], rows, columns)
        voxels[k - slices[0]] = filled[height]
    return CroppedMask(voxels, (int(low[0]), int(low[1]), slices[0]))


def to_indices(points_lps: np.ndarray, ras_to_ijk: np.ndarray) -> np.ndarray:
    """Points in fractional (column, row, slice) indices."""
    ras = points_lps * (-1, -1, 1)
    indices: np.ndarray = ras @ ras_to_ijk[:3, :3].T + ras_to_ijk[:3, 3]
    return indices


def distinct_heights(heights: np.ndarray, tolerance: float = SAME_PLANE) -> np.ndarray:
    """Heights of the planes, ascending, each once."""
    ordered = np.sort(heights)
    planes: np.ndarray = ordered[np.concatenate([[True], np.diff(ordered) > tolerance])]
    return planes


def _planes_of_slices(heights: np.ndarray) -> dict[int, float]:
    """Height of the plane that each slice takes its contours from."""
    planes = distinct_heights(heights)
    gaps = np.diff(planes)
    usual = float(np.median(gaps)) if len(gaps) else 1.0
    result = {}
    for k in range(int(np.floor(planes[0])), int(np.ceil(planes[-1])) + 1):
        nearest = int(np.abs(planes - k).argmin())
        above = int(np.searchsorted(planes, k))
        is_between = 0 < above < len(planes) and planes[above] - planes[above - 1] <= LARGE_GAP * usual
        if abs(planes[nearest] - k) <= 0.5 or is_between:
            result[k] = float(planes[nearest])
    return result


def fill(polygons: Sequence[np.ndarray], rows: int, columns: int) -> np.ndarray:
    """Pixels inside polygons by the even-odd rule, and those on their edges.

    Parameters
    ----------
    polygons
        Each (points, 2): column and row, closed or not; all of it within the image.
    rows, columns
        Size of the image.
    """
    starts = np.concatenate(list(polygons))
    ends = np.concatenate([np.roll(polygon, -1, axis=0) for polygon in polygons])
    toggles = np.zeros((rows, columns + 1), bool)
    row, column = _crossings(starts, ends)
    np.logical_xor.at(toggles, (row, np.ceil(column - ON_EDGE).astype(int).clip(0, columns)), True)
    inside: np.ndarray = np.logical_xor.accumulate(toggles, axis=1)[:, :columns]
    _mark_edges(inside, starts, ends)
    return inside


def _crossings(starts: np.ndarray, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where edges cross the centres of rows, a lower end counting and an upper one not: row and column."""
    low = np.minimum(starts[:, 1], ends[:, 1])
    high = np.maximum(starts[:, 1], ends[:, 1])
    return _at_rows(starts, ends, np.ceil(low).astype(int), np.ceil(high).astype(int) - 1)


def _at_rows(
    starts: np.ndarray, ends: np.ndarray, first: np.ndarray, last: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Columns of edges at the whole rows from `first` to `last` of each: row and column."""
    counts = np.maximum(last - first + 1, 0)
    edge = np.repeat(np.arange(len(starts)), counts)
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    row = first[edge] + step
    start, end = starts[edge], ends[edge]
    part = (row - start[:, 1]) / (end[:, 1] - start[:, 1])
    return row, start[:, 0] + part * (end[:, 0] - start[:, 0])


def _mark_edges(inside: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> None:
    """Set pixels whose centres lie on an edge: contours are often traced through pixel centres."""
    rows, columns = inside.shape
    is_level = np.abs(starts[:, 1] - ends[:, 1]) <= ON_EDGE
    steep_starts, steep_ends = starts[~is_level], ends[~is_level]
    low = np.minimum(steep_starts[:, 1], steep_ends[:, 1])
    high = np.maximum(steep_starts[:, 1], steep_ends[:, 1])
    row, column = _at_rows(
        steep_starts,
        steep_ends,
        np.ceil(low - ON_EDGE).astype(int),
        np.floor(high + ON_EDGE).astype(int),
    )
    whole = np.rint(column).astype(int)
    hit = (np.abs(column - whole) <= ON_EDGE) & (row >= 0) & (row < rows) & (whole >= 0) & (whole < columns)
    inside[row[hit], whole[hit]] = True
    for start, end in zip(starts[is_level], ends[is_level], strict=True):
        level = round(float(start[1]))
        if abs(start[1] - level) <= ON_EDGE and 0 <= level < rows:
            left, right = sorted((start[0], end[0]))
            inside[level, max(0, int(np.ceil(left - ON_EDGE))) : int(np.floor(right + ON_EDGE)) + 1] = True
