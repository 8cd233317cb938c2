"""Acquisitions that are no regular grid: a transform that moves each slice to where it was acquired.

A volume node has one matrix for all voxels, so slices that are missing, unevenly spaced, or rotated against
each other lie at wrong places in it. Four corners of each slice, from the headers, give the displacements
of a grid transform that puts it right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util import numpy_support

from DICOMLib.mrml.volume import ijk_to_ras_of, vtk_matrix
from DICOMLib.standard.geometry import MissingGeometry, parse_vector

POSITION, ORIENTATION, PIXEL_SPACING = "0020,0032", "0020,0037", "0028,0030"
LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])

InstanceValue = Callable[[str, str], str]


def corners_of_volume(node: Any) -> np.ndarray:
    """Corners of each slice by the matrix of the node.

    Returns
    -------
    numpy.ndarray
        RAS, shape (slices, 2 rows, 2 columns, 3). The upper corners are at the full number of rows and
        columns, one voxel behind the centre of the last one.
    """
    columns, rows, slices = node.GetImageData().GetDimensions()
    matrix = ijk_to_ras_of(node)
    indices = np.array(
        [
            [[[column, row, index, 1] for column in (0, columns)] for row in (0, rows)]
            for index in range(slices)
        ],
        float,
    )
    corners: np.ndarray = (indices @ matrix.T)[..., :3]
    return corners


def corners_of_instances(
    instance_uids: Sequence[str], size: tuple[int, int, int], value: InstanceValue
) -> np.ndarray | None:
    """Corners of each slice by the headers, in the same arrangement.

    Parameters
    ----------
    instance_uids
        SOP Instance UIDs of the slices.
    size
        Columns, rows, slices.
    value
        Gives the value of a tag of an instance, as `instanceValue` of the database.

    Returns
    -------
    numpy.ndarray or None
        None if there is not one instance with geometry for each slice.
    """
    columns, rows, slices = size
    if len(instance_uids) != slices:
        return None
    try:
        return np.array([_corners(uid, columns, rows, value) for uid in instance_uids])
    except MissingGeometry:
        return None


def _corners(uid: str, columns: int, rows: int, value: InstanceValue) -> list[list[np.ndarray]]:
    origin = parse_vector(value(uid, POSITION), 3) * LPS_TO_RAS
    row, column = parse_vector(value(uid, ORIENTATION), 6).reshape(2, 3) * LPS_TO_RAS
    between_rows, between_columns = parse_vector(value(uid, PIXEL_SPACING), 2)
    along_row, along_column = row * columns * between_columns, column * rows * between_rows
    return [[origin, origin + along_row], [origin + along_column, origin + along_column + along_row]]


def add_grid_transform(node: Any, source: np.ndarray, target: np.ndarray) -> Any:
    """Put the volume under a new grid transform that moves `source` corners to `target` corners.

    Returns
    -------
    vtkMRMLGridTransformNode
        It is named after the volume and lies in the same folder of the subject hierarchy.
    """
    scene = node.GetScene()
    name = scene.GenerateUniqueName(f"{node.GetName()} acquisition transform")
    transform_node = scene.AddNewNodeByClass("vtkMRMLGridTransformNode", name)
    transform_node.SetAndObserveTransformToParent(_grid_transform(node, target - source))
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))
    hierarchy.CreateItem(folder, transform_node)
    node.SetAndObserveTransformNodeID(transform_node.GetID())
    return transform_node


def _grid_transform(node: Any, displacements: np.ndarray) -> Any:
    """The transform; `displacements` are arranged as corners are."""
    columns, rows, slices = node.GetImageData().GetDimensions()
    spacing = np.array(node.GetSpacing())
    matrix = ijk_to_ras_of(node)
    direction = np.eye(4)
    direction[:3, :3] = matrix[:3, :3] / spacing
    grid = vtk.vtkImageData()
    grid.SetDimensions(2, 2, slices)
    grid.SetOrigin(matrix[:3, 3])
    grid.SetSpacing(columns * spacing[0], rows * spacing[1], spacing[2])
    flat = np.ascontiguousarray(displacements).reshape(-1, 3)
    vectors = numpy_support.numpy_to_vtk(flat, deep=True)  # type: ignore[no-untyped-call]
    grid.GetPointData().SetScalars(vectors)
    transform = slicer.vtkOrientedGridTransform()
    transform.SetDisplacementGridData(grid)
    transform.SetGridDirectionMatrix(vtk_matrix(direction))
    transform.SetInterpolationModeToLinear()
    return transform


def to_world(node: Any, corners: np.ndarray) -> np.ndarray:
    """Corners as the transform of the node moves them."""
    transform_node = node.GetParentTransformNode()
    if transform_node is None:
        return corners
    transform = vtk.vtkGeneralTransform()
    transform_node.GetTransformToWorld(transform)
    moved = [transform.TransformPoint(point) for point in corners.reshape(-1, 3)]
    return np.array(moved).reshape(corners.shape)
