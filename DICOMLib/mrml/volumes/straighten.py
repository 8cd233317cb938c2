"""Sheared volumes (tilted gantry) resampled onto a grid with right angles."""

from __future__ import annotations

from typing import Any

import numpy as np
import vtk

from DICOMLib.mrml.volumes.volume import ijk_to_ras_of, vtk_matrix

RIGHT_ANGLE_TOLERANCE = 1e-3  # cosine; 0.06 degrees


def is_sheared(ijk_to_ras: np.ndarray) -> bool:
    """Whether the axes of a grid do not stand at right angles."""
    axes = ijk_to_ras[:3, :3] / np.linalg.norm(ijk_to_ras[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() > RIGHT_ANGLE_TOLERANCE)


def straighten(node: Any) -> None:
    """Resample a volume onto a grid with its rows, columns and their normal as axes.

    Voxels keep their size, and slices the distance along the normal. The grid is as large as it must be
    to hold all slices; what lies in none has the lowest value of the image.
    """
    source = ijk_to_ras_of(node)
    image = node.GetImageData()
    target, dimensions = _right_angled(source, np.array(image.GetDimensions()))
    to_source = vtk.vtkTransform()
    to_source.SetMatrix(vtk_matrix(np.linalg.inv(source) @ target))
    reslice = vtk.vtkImageReslice()
    reslice.SetInputData(image)
    reslice.SetResliceTransform(to_source)
    reslice.SetInterpolationModeToLinear()
    reslice.BorderOff()  # nothing is made up beyond the centres of the outermost voxels
    reslice.SetOutputSpacing(1, 1, 1)
    reslice.SetOutputOrigin(0, 0, 0)
    reslice.SetOutputExtent(0, dimensions[0] - 1, 0, dimensions[1] - 1, 0, dimensions[2] - 1)
    reslice.SetBackgroundLevel(image.GetScalarRange()[0])
    reslice.Update()
    node.SetIJKToRASMatrix(vtk_matrix(target))
    node.SetAndObserveImageData(reslice.GetOutput())


def _right_angled(source: np.ndarray, size: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """Matrix and dimensions of the new grid."""
    spacing = np.linalg.norm(source[:3, :3], axis=0)
    row, column = source[:3, 0] / spacing[0], source[:3, 1] / spacing[1]
    normal = np.cross(row, column)
    normal *= np.sign(normal @ source[:3, 2]) / np.linalg.norm(normal)
    spacing[2] = source[:3, 2] @ normal
    axes = np.column_stack((row, np.cross(normal, row), normal))
    axes[:, 1] *= np.sign(axes[:, 1] @ column)
    last = size - 1
    corners = np.array([(i, j, k, 1) for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])])
    along = (source @ corners.T)[:3].T @ axes
    low, high = along.min(axis=0), along.max(axis=0)
    dimensions = [int(count) for count in np.rint((high - low) / spacing - 1e-6 + 0.5) + 1]
    dimensions[2] = int(size[2])
    target = np.eye(4)
    target[:3, :3] = axes * spacing
    target[:3, 3] = axes @ low
    return target, dimensions
