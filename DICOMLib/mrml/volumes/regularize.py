"""Acquisitions that are no regular grid: a transform that moves each slice to where it was acquired.

A volume node has one matrix for all voxels, so slices that are missing, unevenly spaced, or rotated against
each other lie at wrong places in it. Four corners of each slice, from the headers, give the displacements
of a grid transform that puts it right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util import numpy_support

from DICOMLib.mrml.images.frames import frame_placement
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of, stack_of_files, vtk_matrix
from DICOMLib.standard.geometry import MissingGeometry, parse_vectors

# Image Position (Patient), Image Orientation (Patient), Pixel Spacing
GEOMETRY = ("0020,0032", "0020,0037", "0028,0030")
LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])


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
    k, row, column = np.meshgrid(np.arange(slices), (0, rows), (0, columns), indexing="ij")
    indices = np.stack((column, row, k, np.ones_like(k)), axis=-1)
    corners: np.ndarray = (indices @ matrix.T)[..., :3]
    return corners


def corners_of_instances(geometry: Sequence[Sequence[str]], size: tuple[int, int, int]) -> np.ndarray | None:
    """Corners of each slice by the headers, in the same arrangement.

    Parameters
    ----------
    geometry
        The values of `GEOMETRY` of the slices, as the texts that the database has: one list for each tag.
    size
        Columns, rows, slices.

    Returns
    -------
    numpy.ndarray or None
        None if there is not one instance with geometry for each slice.
    """
    columns, rows, slices = size
    if len(geometry[0]) != slices:
        return None
    try:
        origins, cosines, spacings = (
            parse_vectors(texts, count) for texts, count in zip(geometry, (3, 6, 2), strict=True)
        )
    except MissingGeometry:
        return None
    origins, cosines = origins * LPS_TO_RAS, cosines.reshape(-1, 2, 3) * LPS_TO_RAS
    along_row = cosines[:, 0] * columns * spacings[:, 1:]
    along_column = cosines[:, 1] * rows * spacings[:, :1]
    first = np.stack((origins, origins + along_row), axis=1)
    return np.stack((first, first + along_column[:, None]), axis=1)


def geometry_of_frames(path: str) -> list[list[str]]:
    """The values of `GEOMETRY` of the frames of a file, as they become slices of a volume."""
    dataset = read_dataset(path, stop_before_pixels=True)
    places = [frame_placement(dataset, frame.index) for frame in stack_of_files([path]).frames]
    return [
        ["\\".join(map(str, map(float, getattr(place, name)))) for place in places]
        for name in ("position_lps", "orientation", "pixel_spacing")
    ]


def add_grid_transform(node: Any, source: np.ndarray, target: np.ndarray) -> Any:
    """Put the volume under a new grid transform that moves `source` corners to `target` corners."""
    columns, rows, _slices = node.GetImageData().GetDimensions()
    return add_displacements(node, target - source, (columns, rows, 1))


def add_displacements(node: Any, displacements: np.ndarray, steps: tuple[int, int, int]) -> Any:
    """Put the volume under a new grid transform.

    Parameters
    ----------
    node
        The volume node.
    displacements
        RAS, mm, shape (along slices, along columns, along rows, 3), from the first voxel on.
    steps
        Voxels from one to the next: columns, rows, slices.

    Returns
    -------
    vtkMRMLGridTransformNode
        It is named after the volume and lies in the same folder of the subject hierarchy.
    """
    scene = node.GetScene()
    name = scene.GenerateUniqueName(f"{node.GetName()} acquisition transform")
    transform_node = scene.AddNewNodeByClass("vtkMRMLGridTransformNode", name)
    transform_node.SetAndObserveTransformToParent(_grid_transform(node, displacements, steps))
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    folder = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node))
    hierarchy.CreateItem(folder, transform_node)
    node.SetAndObserveTransformNodeID(transform_node.GetID())
    return transform_node


def _grid_transform(node: Any, displacements: np.ndarray, steps: tuple[int, int, int]) -> Any:
    spacing = np.array(node.GetSpacing())
    matrix = ijk_to_ras_of(node)
    direction = np.eye(4)
    direction[:3, :3] = matrix[:3, :3] / spacing
    grid = vtk.vtkImageData()
    grid.SetDimensions(*displacements.shape[2::-1])
    grid.SetOrigin(matrix[:3, 3])
    grid.SetSpacing(spacing * steps)
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
