"""Transforms of any kind as displacements on a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.standard.geometry import LPS_TO_RAS
from DICOMLib.writing.deformable_registration import DisplacementGrid

PERPENDICULAR = 1e-6
SAMPLES_MM = 4.0


def displacement_grid(node: Any, fixed_volume: Any) -> DisplacementGrid:
    """Where points of the fixed space come from, by a transform node from the moving to the fixed space.

    It is taken at the points of the grid of a grid transform, which loses nothing; of other transforms every
    4 mm in the box around the fixed volume.

    Raises
    ------
    ExportError
        If the transform has no grid and there is no fixed volume.
    """
    placed = _grid_of_transform(node)
    if placed is None:
        placed = _box_around(node, fixed_volume)
    matrix, (slices, rows, columns) = placed
    k, j, i = np.meshgrid(np.arange(slices), np.arange(rows), np.arange(columns), indexing="ij")
    points = np.stack([i, j, k], axis=-1).reshape(-1, 3) @ matrix[:3, :3].T + matrix[:3, 3]
    moved = _moved(node.GetTransformFromParent(), points)
    field = ((moved - points) * (-1, -1, 1)).reshape(slices, rows, columns, 3)
    return DisplacementGrid(field, LPS_TO_RAS @ matrix)


def _grid_of_transform(node: Any) -> tuple[np.ndarray, tuple[int, int, int]] | None:
    """IJK to RAS and shape of the grid of a transform, right-handed; None if it has none or a sheared one."""
    kind = "vtkOrientedGridTransform"
    for transform in (node.GetTransformFromParentAs(kind, False), node.GetTransformToParentAs(kind, False)):
        if transform is None or transform.GetDisplacementGrid() is None:
            continue
        image, directions = transform.GetDisplacementGrid(), vtk.vtkMatrix4x4()
        if transform.GetGridDirectionMatrix() is not None:
            directions.DeepCopy(transform.GetGridDirectionMatrix())
        axes = slicer.util.arrayFromVTKMatrix(directions)[:3, :3]
        if np.abs(axes.T @ axes - np.eye(3)).max() > PERPENDICULAR:
            continue
        matrix = np.eye(4)
        matrix[:3, :3] = axes * np.array(image.GetSpacing())
        matrix[:3, 3] = image.GetOrigin()
        columns, rows, slices = image.GetDimensions()
        return _right_handed(matrix, slices), (slices, rows, columns)
    return None


def _right_handed(matrix: np.ndarray, slices: int) -> np.ndarray:
    """The same grid with its slices the other way round where they run against rows and columns."""
    if np.linalg.det(matrix[:3, :3]) > 0:
        return matrix
    turned: np.ndarray = matrix.copy()
    turned[:3, 2] = -matrix[:3, 2]
    turned[:3, 3] += matrix[:3, 2] * (slices - 1)
    return turned


def _box_around(node: Any, volume: Any) -> tuple[np.ndarray, tuple[int, int, int]]:
    """A grid along the axes of the patient around a volume."""
    if volume is None or volume.GetImageData() is None:
        raise ExportError(
            f"The fixed images of {node.GetName()!r} are not known. Let the transform refer to a volume from "
            "DICOM as its fixed node."
        )
    size = np.array(volume.GetImageData().GetDimensions()) - 1
    corners = np.array(np.meshgrid(*([0, end] for end in size))).reshape(3, -1)
    ras = (ijk_to_ras_of(volume)[:3, :3] @ corners).T + ijk_to_ras_of(volume)[:3, 3]
    low, high = ras.min(axis=0), ras.max(axis=0)
    counts = np.ceil((high - low) / SAMPLES_MM).astype(int) + 1
    matrix = np.diag([-SAMPLES_MM, -SAMPLES_MM, SAMPLES_MM, 1.0])
    matrix[:3, 3] = (high[0], high[1], low[2])
    columns, rows, slices = (int(count) for count in counts)
    return matrix, (slices, rows, columns)


def _moved(transform: Any, points: np.ndarray) -> np.ndarray:
    """Points through a transform."""
    return np.array([transform.TransformPoint(point) for point in points.tolist()])
