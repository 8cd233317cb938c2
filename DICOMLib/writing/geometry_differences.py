"""How the place of a written volume differs from that of the images whose tags it keeps, in plain words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from pydicom.dataset import Dataset

from DICOMLib.standard.functional_groups import frame_planes, macro
from DICOMLib.standard.geometry import MissingGeometry
from DICOMLib.writing.geometry import SliceGeometry

SAME_SPACING_MM = 1e-3
SAME_DIRECTION_DEGREES = 0.1


def geometry_difference(
    sources: Sequence[Dataset], geometry: SliceGeometry, size: tuple[int, int], *, at_their_places: bool
) -> str:
    """A sentence on what differs; empty if nothing does, or the sources do not tell where they lie.

    Parameters
    ----------
    sources
        Headers of the reference images, single-frame or enhanced.
    geometry
        Where the written slices lie.
    size
        Their rows and columns.
    at_their_places
        Whether it is known that each slice lies where one of the images does.
    """
    planes = np.array([plane for dataset in sources for plane in _planes(dataset)])
    if not len(planes):
        return ""
    parts = [
        *_of_the_matrix(sources[0], len(planes), geometry, size),
        *_of_the_pixels(planes, geometry),
        *_of_the_direction(planes, geometry),
        *(() if at_their_places else _of_the_slices(planes, geometry)),
    ]
    if not parts:
        return ""
    return (
        "The geometry differs from that of the reference series whose tags are kept: "
        f"{'; '.join(parts)}. Check that it is the right reference."
    )


def _planes(dataset: Dataset) -> Iterator[list[float]]:
    """Position, orientation and pixel spacing of each frame that tells them: 11 numbers."""
    try:
        if dataset.get("PerFrameFunctionalGroupsSequence"):
            positions, orientations = frame_planes(dataset)
        else:
            positions = np.array([dataset.get("ImagePositionPatient") or ()], float)
            orientations = np.array([dataset.get("ImageOrientationPatient") or ()], float)
    except MissingGeometry:
        return
    for index, (position, orientation) in enumerate(zip(positions, orientations, strict=True)):
        measures = dataset if "PixelSpacing" in dataset else macro(dataset, index, "PixelMeasuresSequence")
        spacing = measures.get("PixelSpacing") or ()
        if (len(position), len(orientation), len(spacing)) == (3, 6, 2):
            yield [*position, *orientation, *map(float, spacing)]


def _of_the_matrix(
    source: Dataset, count: int, geometry: SliceGeometry, size: tuple[int, int]
) -> Iterator[str]:
    if len(geometry.positions_lps) != count:
        yield f"{len(geometry.positions_lps)} slices instead of {count}"
    before = (source.get("Rows", size[0]), source.get("Columns", size[1]))
    if size != before:
        yield f"{size[0]} rows and {size[1]} columns instead of {before[0]} and {before[1]}"


def _of_the_pixels(planes: np.ndarray, geometry: SliceGeometry) -> Iterator[str]:
    before, now = planes[0, 9:], geometry.pixel_spacing
    if np.abs(before - now).max() > SAME_SPACING_MM:
        yield f"pixels of {now[0]:.4g} x {now[1]:.4g} mm instead of {before[0]:.4g} x {before[1]:.4g} mm"


def _of_the_direction(planes: np.ndarray, geometry: SliceGeometry) -> Iterator[str]:
    before, now = planes[0, 3:9].reshape(2, 3), geometry.orientation.reshape(2, 3)
    crosses = np.linalg.norm(np.cross(before, now), axis=1)
    degrees = np.degrees(np.arctan2(crosses, (before * now).sum(axis=1))).max()
    if degrees > SAME_DIRECTION_DEGREES:
        yield f"rows or columns turned by {degrees:.3g}°"


def _of_the_slices(planes: np.ndarray, geometry: SliceGeometry) -> Iterator[str]:
    """Their distance, and how far the corner of one is from that of the nearest image at most."""
    normal = np.cross(planes[0, 3:6], planes[0, 6:9])
    steps = np.diff(np.unique(np.round(planes[:, :3] @ normal, 3)))
    if len(steps) and len(geometry.positions_lps) > 1:
        low, high = float(steps.min()), float(steps.max())
        # slices that are uneven or missing lie at their mean distance
        if not low * 0.99 - SAME_SPACING_MM <= geometry.slice_spacing <= high * 1.01 + SAME_SPACING_MM:
            yield f"slices {geometry.slice_spacing:.4g} mm apart instead of {float(np.median(steps)):.4g} mm"
    off = np.linalg.norm(geometry.positions_lps[:, None] - planes[None, :, :3], axis=2).min(axis=1).max()
    if off > max(0.01, 0.05 * geometry.slice_spacing):
        yield f"the first pixel of a slice lies up to {off:.4g} mm from that of the nearest image"
