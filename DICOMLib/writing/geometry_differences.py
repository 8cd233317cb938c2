"""How the place of a written volume differs from that of the images whose tags it keeps, in plain words."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset

from DICOMLib.standard.functional_groups import frame_planes, macro
from DICOMLib.standard.geometry import MissingGeometry
from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.geometry import SliceGeometry

SAME_SPACING_MM = 1e-3
SAME_DIRECTION_DEGREES = 0.1


def geometry_difference(
    source: SourceImages, geometry: SliceGeometry, size: tuple[int, int], *, at_their_places: bool
) -> str:
    """A sentence on what differs; empty if nothing does, or the sources do not tell where they lie.

    Of images that lie at one place, such as those of several times, and of those in other directions than
    the slices, one volume is a part; or it has them all.

    Parameters
    ----------
    source
        The reference images: slices, enhanced, or tiled.
    geometry
        Where the written slices lie.
    size
        Their rows and columns.
    at_their_places
        Whether it is known that each slice lies where one of the images does.
    """
    tiles = source.tiles if source.tiles is not None and source.tiles.size == size else None
    planes = np.array([plane for dataset in source.datasets for plane in _planes(dataset)])
    planes = planes if tiles is None else tiles.planes
    if not len(planes):
        return ""
    planes = _in_same_directions(planes, geometry)
    images, planes = len(planes), _at_different_places(planes, geometry)
    first = source.datasets[0]
    before = (first.get("Rows", size[0]), first.get("Columns", size[1])) if tiles is None else tiles.size
    parts = [
        *_of_the_matrix(before, (len(planes), images), geometry, size),
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


def _in_same_directions(planes: np.ndarray, geometry: SliceGeometry) -> np.ndarray:
    """The planes whose rows and columns run as those of the slices; all if none do."""
    alike = np.abs(planes[:, 3:9] - geometry.orientation).max(axis=1) <= np.radians(SAME_DIRECTION_DEGREES)
    return planes[alike] if alike.any() else planes


def _at_different_places(planes: np.ndarray, geometry: SliceGeometry) -> np.ndarray:
    """The first of those planes that lie at one place."""
    heights = planes[:, :3] @ np.cross(planes[0, 3:6], planes[0, 6:9])
    order = np.argsort(heights, kind="stable")
    is_new = np.diff(heights[order], prepend=-np.inf) > _same_place_mm(geometry)
    return planes[np.sort(order[is_new])]


def _same_place_mm(geometry: SliceGeometry) -> float:
    return max(0.01, 0.05 * geometry.slice_spacing)


def _of_the_matrix(
    before: tuple[int, int], counts: tuple[int, int], geometry: SliceGeometry, size: tuple[int, int]
) -> Iterator[str]:
    """`counts` are those of places and of images: a volume may hold each place once, or each image."""
    if len(geometry.positions_lps) not in counts:
        yield f"{len(geometry.positions_lps)} slices instead of {counts[0]}"
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
    if off > _same_place_mm(geometry):
        yield f"the first pixel of a slice lies up to {off:.4g} mm from that of the nearest image"
