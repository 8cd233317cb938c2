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

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.segmentation.segment_voxels import segment_mask
from DICOMLib.mrml.segmentation.segmentation import BINARY_LABELMAP
from DICOMLib.mrml.volumes.slice_planes import Grid, linear_to_world, moves_slices
from DICOMLib.writing.frame_references import require_different_places
from DICOMLib.writing.geometry import SliceGeometry

SAME_PLACE_MM = 1e-3
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
    require_different_places(None, slices, volume.GetName(), "an object of segments")
    transform = node.GetParentTransformNode()
    if transform is grid.transform or _moves_alike(grid, transform):
        return SegmentGrid(grid, slices)
    if grid.transform is None or not moves_slices(grid.transform):
        return SegmentGrid(grid, slices, volume)
    above = grid.transform.GetParentTransformNode()
    to_images = np.eye(4) if in_world or above is None else np.linalg.inv(linear_to_world(above))
    own = _own_grid(node)
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
    first, matrix = image.GetExtent()[::2], vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    ijk_to_ras = slicer.util.arrayFromVTKMatrix(matrix)
    ijk_to_ras[:3, 3] += ijk_to_ras[:3, :3] @ first
    return Grid(ijk_to_ras, (slices, rows, columns), node.GetParentTransformNode(), node.GetName())
