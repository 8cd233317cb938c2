"""The geometry in which contours become voxels: that of the contoured images, else one of their own."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.images.frames import placed_frames, stack_by_position
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.radiotherapy.contour_masks import distinct_heights
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.standard.geometry import ijk_to_ras, same_orientation

log = logging.getLogger(__name__)

SPACING_MM = 1.0
SAME_PLANE_MM = 0.01
SINGLE_PLANE_MM = 1.0

Shape = tuple[int, int, int]


def grid_for_contours(
    contours_lps: Sequence[np.ndarray],
    volume: Any = None,
    image_files: Sequence[str] = (),
    *,
    is_unbent: bool = False,
    drawn_on: Sequence[str] = (),
) -> tuple[np.ndarray, Shape]:
    """IJK to RAS and shape (slices, rows, columns) of the volume in which contours are filled.

    Parameters
    ----------
    contours_lps
        All closed contours, each (points, 3), mm.
    volume
        The contoured volume, if it is loaded.
    image_files
        The contoured images, from whose headers the geometry is taken if there is no volume.
    is_unbent
        Whether the contours are those of `bent_contours.unbent`, which lie in the slices of a bent volume.
    drawn_on
        Those of `image_files` that contours refer to: images of other orientations are left out.
    """
    if volume is not None and (is_unbent or volume.GetParentTransformNode() is None):
        columns, rows, slices = volume.GetImageData().GetDimensions()
        return ijk_to_ras_of(volume), (slices, rows, columns)
    grid = _grid_of_files(image_files, drawn_on) if len(image_files) > 1 else None
    return grid or grid_of_contours(contours_lps)


def _grid_of_files(files: Sequence[str], drawn_on: Sequence[str]) -> tuple[np.ndarray, Shape] | None:
    try:
        placed = [pair for path in files for pair in placed_frames(read_image_header(path))]
        if drawn_on:
            ((_, meant), *_) = placed_frames(read_image_header(drawn_on[0]))
            placed = [pair for pair in placed if same_orientation(pair[1].orientation, meant.orientation)]
        stack = stack_by_position(placed)
        place = stack.placement
        matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, stack.step_lps)
    except (DICOMError, OSError) as error:
        log.info("The geometry of contoured images cannot be used (%s).", type(error).__name__)
        return None
    header = stack.frames[0].header
    return matrix, (len(stack.frames), header.rows, header.columns)


def grid_of_contours(contours_lps: Sequence[np.ndarray]) -> tuple[np.ndarray, Shape]:
    """A grid of 1 mm pixels around the contours, with a slice in each of their planes."""
    if not contours_lps:
        return np.diag([-1.0, -1.0, 1.0, 1.0]), (1, 1, 1)
    row, column, normal = _axes(contours_lps)
    axes = np.stack([row, column, normal])
    points = np.concatenate(contours_lps) @ axes.T
    heights = np.array([float((contour @ normal).mean()) for contour in contours_lps])
    planes = distinct_heights(heights, SAME_PLANE_MM)
    gap = float(np.median(np.diff(planes))) if len(planes) > 1 else SINGLE_PLANE_MM
    low, high = points.min(axis=0), points.max(axis=0)
    low[2] = planes[0]
    size = np.ceil((high - low) / (SPACING_MM, SPACING_MM, gap)).astype(int) + 1
    matrix = ijk_to_ras(low @ axes, np.concatenate([row, column]), (SPACING_MM, SPACING_MM), normal * gap)
    return matrix, (int(size[2]), int(size[1]), int(size[0]))


def _axes(contours_lps: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directions (LPS) of rows and columns and the normal, of the plane of the largest contour."""
    areas = [_area_vector(contour) for contour in contours_lps]
    largest = max(areas, key=lambda area: float(np.linalg.norm(area)))
    length = float(np.linalg.norm(largest))
    normal = largest / length if length > 0 else np.array([0.0, 0.0, 1.0])
    if normal[int(np.abs(normal).argmax())] < 0:
        normal = -normal
    helper = np.array([1.0, 0, 0]) if abs(normal[0]) < 0.9 else np.array([0, 1.0, 0])
    row = helper - normal * (helper @ normal)
    row /= np.linalg.norm(row)
    return row, np.cross(normal, row), normal


def _area_vector(points: np.ndarray) -> np.ndarray:
    """Normal of a polygon, as long as its area (Newell)."""
    area: np.ndarray = np.cross(points, np.roll(points, -1, axis=0)).sum(axis=0) / 2
    return area
