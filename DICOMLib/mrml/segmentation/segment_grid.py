"""The voxels in which segments are written: those of the segmented volume, or their own where it is uneven.

A volume under an acquisition transform has slices that are no even grid. Segments that are not under that
transform lie between them, so that they keep their own voxels, which objects of DICOM can tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.segmentation.segment_voxels import segment_mask
from DICOMLib.mrml.segmentation.segmentation import BINARY_LABELMAP
from DICOMLib.mrml.volumes.slice_planes import (
    UNMOVED,
    Grid,
    is_acquisition_transform,
    linear_to_world,
    moves_slices,
)
from DICOMLib.writing.geometry import SliceGeometry

SAME_PLACE_MM = 1e-3
ROUNDING = 1e-3  # of a voxel: what numbers are rounded by
OWN_VOXELS = (
    "The slices of {volume!r} are uneven or missing, and the segments are not in them but lie where {name!r} "
    "has them: they are written in voxels of their own. If they were drawn on the volume as it is loaded "
    "without being straightened, they lack its acquisition transform: put them under that, or export them "
    "with --transform."
)


@dataclass(frozen=True, slots=True)
class SegmentGrid:
    """Where segments are written.

    Parameters
    ----------
    grid
        The voxels.
    slices
        Where their slices lie by the images, or in the world.
    through_world
        The volume that has the voxels, if it is under another transform than the segments.
    note
        What is to be known of it.
    """

    grid: Grid
    slices: SliceGeometry
    through_world: Any = None
    note: str = ""

    def mask(self, node: Any, segment_id: str) -> np.ndarray:
        """Which voxels are in a segment, boolean (slices, rows, columns).

        Raises
        ------
        ExportError
            If the segment has no voxels and none can be made.
        """
        if self.through_world is None:
            return segment_mask(node, segment_id, self.grid)
        return mask_in_volume(node, segment_id, self.through_world)

    def outside(self, node: Any, segment_id: str) -> float:
        """Which part of the voxels of a segment lies outside of those that are written, 0 to 1.

        It is 0 where a transform bends the segments or the volume: they have been put together.
        """
        image = slicer.vtkOrientedImageData()
        if not node.GetBinaryLabelmapRepresentation(segment_id, image) or image.IsEmpty():
            return 0.0
        to_grid = self._segments_to_grid(node)
        if to_grid is None:
            return 0.0
        columns, rows, slices = image.GetDimensions()
        voxels = voxels_of(image).reshape(slices, rows, columns) != 0
        first = np.array(image.GetExtent()[::2])
        to_indices = to_grid @ image_to_ras(image)
        filled = [np.flatnonzero(voxels.any(axis=axes)) for axes in ((0, 1), (0, 2), (1, 2))]
        if not len(filled[0]):
            return 0.0
        corners = np.stack(np.meshgrid(*(places[[0, -1]] for places in filled))).reshape(3, -1)
        if not self._are_outside(to_indices, corners + first[:, None]).any():
            return 0.0
        outside = 0
        for k, mask in enumerate(voxels):  # one by one, which takes less memory
            j, i = np.nonzero(mask)
            places = np.stack([i, j, np.full_like(i, k)]) + first[:, None]
            outside += int(self._are_outside(to_indices, places).sum())
        return outside / int(voxels.sum())

    def _are_outside(self, to_indices: np.ndarray, voxels: np.ndarray) -> np.ndarray:
        """Whether voxels, shape (3, n), that a matrix leads to indices of the grid, lie outside of it."""
        there = to_indices[:3, :3] @ voxels + to_indices[:3, 3:]
        limits = np.array(self.grid.shape[::-1])[:, None] - 0.5 + ROUNDING
        are_outside: np.ndarray = ((there < -0.5 - ROUNDING) | (there > limits)).any(axis=0)
        return are_outside

    def _segments_to_grid(self, node: Any) -> np.ndarray | None:
        """Matrix (4, 4) from the space of the segments to voxel indices; None if one is not linear."""
        matrix = np.linalg.inv(self.grid.ijk_to_ras)
        if self.through_world is None:
            return matrix
        to_world = []
        for transform in (node.GetParentTransformNode(), self.through_world.GetParentTransformNode()):
            if transform is not None and not transform.IsTransformToWorldLinear():
                return None
            to_world.append(UNMOVED if transform is None else linear_to_world(transform))
        return np.asarray(matrix @ np.linalg.inv(to_world[1]) @ to_world[0])


def image_to_ras(image: Any) -> np.ndarray:
    """Matrix (4, 4) from the indices of a vtkOrientedImageData to its space."""
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    result: np.ndarray = slicer.util.arrayFromVTKMatrix(matrix)
    return result


def world_to_images(volume: Any) -> np.ndarray:
    """Matrix (4, 4, RAS) from the world to where the images of a volume have it, before it was moved."""
    transform = volume.GetParentTransformNode()
    if transform is not None and is_acquisition_transform(transform):
        transform = transform.GetParentTransformNode()
    if transform is None or not transform.IsTransformToWorldLinear():
        return UNMOVED
    return np.linalg.inv(linear_to_world(transform))


def mask_in_volume(node: Any, segment_id: str, volume: Any) -> np.ndarray:
    """Which voxels of a volume are in a segment, by the transforms of both."""
    if node.GetParentTransformNode() is volume.GetParentTransformNode():
        return segment_mask(node, segment_id, Grid.of_volume(volume))
    labels: np.ndarray = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume)
    mask: np.ndarray = labels != 0
    return mask


def segment_grid(node: Any, volume: Any, *, in_world: bool) -> SegmentGrid:
    """Where the segments of a segmentation node are written.

    Parameters
    ----------
    node
        vtkMRMLSegmentationNode.
    volume
        Its reference volume.
    in_world
        Whether the images of the volume lie where the scene has it: they are written with the segments.

    Raises
    ------
    ExportError
        If slices lie where images cannot be, or several at one place, or the segments have no voxels.
    """
    grid = Grid.of_volume(volume)
    slices = grid.in_world() if in_world else grid.in_images()
    writing.frame_references.require_different_places(None, slices, volume.GetName(), "an object of segments")
    transform = node.GetParentTransformNode()
    if transform is grid.transform or _moves_alike(grid, transform):
        return SegmentGrid(grid, slices)
    if grid.transform is None or not moves_slices(grid.transform):
        return SegmentGrid(grid, slices, volume)
    own, to_images = _own_grid(node), UNMOVED if in_world else world_to_images(volume)
    note = OWN_VOXELS.format(volume=volume.GetName(), name=node.GetName())
    return SegmentGrid(own, own.in_world(to_images), note=note)


def _moves_alike(grid: Grid, transform: Any) -> bool:
    """Whether another transform moves the slices of a volume as its own does."""
    if transform is None or grid.transform is None:
        return False
    if not (moves_slices(transform) and moves_slices(grid.transform)):
        return False
    one, other = grid.in_world(), Grid(grid.ijk_to_ras, grid.shape, transform, grid.name).in_world()
    return bool(np.abs(one.positions_lps - other.positions_lps).max() <= SAME_PLACE_MM)


def _own_grid(node: Any) -> Grid:
    """The voxels that hold all segments; none if they are empty."""
    if not node.GetSegmentation().ContainsRepresentation(BINARY_LABELMAP):
        node.CreateBinaryLabelmapRepresentation()
    image, mode = slicer.vtkOrientedImageData(), slicer.vtkSegmentation.EXTENT_UNION_OF_EFFECTIVE_SEGMENTS
    if not node.GenerateMergedLabelmapForAllSegments(image, mode, None, None):
        raise ExportError(f"The segments of {node.GetName()!r} have no voxels that could be written.")
    columns, rows, slices = image.GetDimensions()
    ijk_to_ras = image_to_ras(image)
    ijk_to_ras[:3, 3] += ijk_to_ras[:3, :3] @ image.GetExtent()[::2]
    return Grid(ijk_to_ras, (slices, rows, columns), node.GetParentTransformNode(), node.GetName())
