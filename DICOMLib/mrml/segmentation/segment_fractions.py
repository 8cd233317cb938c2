"""Fractional label maps of segments as they are written: 0 to 1 in the voxels of a volume."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer

from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.segmentation.segment_voxels import segment_mask
from DICOMLib.mrml.segmentation.segmentation import FRACTIONAL_LABELMAP, oriented_image
from DICOMLib.mrml.volumes.slice_planes import Grid
from DICOMLib.mrml.volumes.volume import vtk_matrix

MOST_STEPS = 255
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Fractions:
    """Fractions of one segment.

    Parameters
    ----------
    values
        0 to 1, (slices, rows, columns).
    steps
        How many steps there are from 0 to 1.
    """

    values: np.ndarray
    steps: int


def fractions_of_segments(node: Any, ids: Iterable[str], grid: Grid) -> list[Fractions]:
    """Fractions of segments; empty if one of them has none, or was edited since it had them.

    Parameters
    ----------
    node
        vtkMRMLSegmentationNode.
    ids
        The segments.
    grid
        In whose voxels they are given, under the transform of the segmentation.
    """
    found = []
    for segment_id in ids:
        image = node.GetSegmentation().GetSegment(segment_id).GetRepresentation(FRACTIONAL_LABELMAP)
        if image is None:
            return []
        fractions = _resampled(image, grid)
        if not np.array_equal(fractions.values >= HALF, segment_mask(node, segment_id, grid)):
            return []
        found.append(fractions)
    return found


def _resampled(image: Any, grid: Grid) -> Fractions:
    low, high = _range_of(image)
    steps = int(min(MOST_STEPS, high - low))
    columns, rows, slices = image.GetDimensions()
    scaled = (voxels_of(image).reshape(slices, rows, columns) - low) / (high - low)
    stored = np.rint(scaled.clip(0, 1) * steps).astype(np.uint8)
    matrix = vtk_matrix(np.eye(4))
    image.GetImageToWorldMatrix(matrix)
    extent = image.GetExtent()
    start = (extent[0], extent[2], extent[4])
    part = oriented_image(stored, slicer.util.arrayFromVTKMatrix(matrix), start)
    target, result = slicer.vtkOrientedImageData(), slicer.vtkOrientedImageData()
    target.SetDimensions(*reversed(grid.shape))
    target.SetImageToWorldMatrix(vtk_matrix(grid.ijk_to_ras))
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(part, target, result)
    return Fractions(voxels_of(result).reshape(grid.shape) / steps, steps)


def _range_of(image: Any) -> tuple[float, float]:
    """The numbers that stand for 0 and 1."""
    array = image.GetFieldData().GetArray(slicer.vtkSegmentationConverter.GetScalarRangeFieldName())
    if array is None or array.GetNumberOfValues() < 2:
        return 0.0, 100.0
    return float(array.GetValue(0)), float(array.GetValue(1))
