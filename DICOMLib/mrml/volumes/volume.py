"""Image files as a volume: voxels with their matrix to RAS, and the MRML node that holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import vtk

from DICOMLib.mrml.images.frames import Stack, placed_frames, positions_of, stack_by_position, stack_in_order
from DICOMLib.mrml.images.image_header import ImageHeader, read_image_header
from DICOMLib.mrml.images.pixels import read_image, read_uniform_image
from DICOMLib.standard.geometry import ijk_to_ras, slice_step

INVERTED_GREY = "vtkMRMLColorTableNodeInvertedGrey"  # low values are bright


@dataclass(frozen=True, slots=True)
class Volume:
    """Voxels in space.

    Parameters
    ----------
    image
        Scalars only; its own origin and spacing are 0 and 1.
    ijk_to_ras
        Matrix (4, 4) from column, row, slice to mm.
    low_is_bright
        Whether low values are meant to be shown bright (MONOCHROME1, PS3.3 C.7.6.3.1.2).
    """

    image: vtk.vtkImageData
    ijk_to_ras: np.ndarray
    low_is_bright: bool = False


def read_volume(paths: Sequence[str]) -> Volume:
    """Read image files as one volume.

    Parameters
    ----------
    paths
        Files of one series. Single-frame files become slices in their order; the frames of multi-frame
        files are sorted by position.

    Raises
    ------
    InvalidDICOM
        If a file is no image, truncated, or does not fit to the others.
    UnreadablePixels
        If the pixels are compressed in a way that no installed decoder can read.
    MissingGeometry
        If the spacing or orientation makes no volume.
    """
    uniform = _read_uniform(paths)
    if uniform is not None:
        return uniform
    stack = stack_of_files(paths)
    place = stack.placement
    matrix = ijk_to_ras(place.position_lps, place.orientation, place.pixel_spacing, stack.step_lps)
    low_is_bright = stack.frames[0].header.photometric == "MONOCHROME1"
    return Volume(read_image(stack.frames), matrix, low_is_bright)


def stack_of_files(paths: Sequence[str]) -> Stack:
    """The frames of files as slices; parameters and errors are those of `read_volume`."""
    placed = [pair for path in paths for pair in placed_frames(read_image_header(path))]
    is_multi_frame = any(frame.header.frames > 1 for frame, _ in placed)
    return stack_by_position(placed) if is_multi_frame else stack_in_order(placed)


class _NotUniform(Exception):
    """A file that is not like the first one."""


def _read_uniform(paths: Sequence[str]) -> Volume | None:
    """Read single-frame files that differ only in position, as most series do; None if they are no such."""
    first = read_image_header(paths[0])
    if len(paths) < 2 or first.frames > 1 or first.has_frame_descriptions:
        return None
    (frame, place), *_others = placed_frames(first)
    headers = [first] * len(paths)

    def take(index: int, header: ImageHeader) -> None:
        if not header.is_like(first):
            raise _NotUniform
        headers[index] = header

    try:
        image = read_uniform_image(frame, paths, take)
    except _NotUniform:
        return None
    if image is None:
        return None
    positions = positions_of(headers)
    step = slice_step(positions, place.orientation)
    matrix = ijk_to_ras(positions[0], place.orientation, place.pixel_spacing, step)
    return Volume(image, matrix, first.photometric == "MONOCHROME1")


def add_volume_node(scene: Any, volume: Volume, name: str, *, auto_window: bool = True) -> Any:
    """Add a scalar volume, or for colours a vector volume, of a name that no other node has.

    Parameters
    ----------
    scene
        The scene.
    volume
        Its image is not copied.
    name
        A number is appended where another node has this name.
    auto_window
        Whether a window is computed from the voxels, which takes its time; False if one is set later.
    """
    is_colour = volume.image.GetNumberOfScalarComponents() > 1
    node_class = "vtkMRMLVectorVolumeNode" if is_colour else "vtkMRMLScalarVolumeNode"
    node = scene.AddNewNodeByClass(node_class, scene.GenerateUniqueName(name))
    node.SetIJKToRASMatrix(vtk_matrix(volume.ijk_to_ras))
    if not auto_window:
        node.CreateDefaultDisplayNodes()
        node.GetDisplayNode().AutoWindowLevelOff()
    node.SetAndObserveImageData(volume.image)
    node.CreateDefaultDisplayNodes()
    if volume.low_is_bright:
        node.GetDisplayNode().SetAndObserveColorNodeID(INVERTED_GREY)
    return node


def vtk_matrix(matrix: np.ndarray) -> vtk.vtkMatrix4x4:
    """The same matrix for VTK."""
    result = vtk.vtkMatrix4x4()
    result.DeepCopy(np.asarray(matrix, float).reshape(16).tolist())
    return result


def ijk_to_ras_of(node: Any) -> np.ndarray:
    """IJK to RAS of a volume node, without the transform that it may be under."""
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def is_left_handed(ijk_to_ras_matrix: np.ndarray) -> bool:
    """Whether slices run against the cross product of rows and columns."""
    return float(np.linalg.det(ijk_to_ras_matrix[:3, :3])) < 0


def make_right_handed(node: Any) -> bool:
    """Reverse the slices of a left-handed volume; its voxels stay where they are.

    Returns
    -------
    bool
        Whether the slices were reversed.
    """
    if not is_left_handed(ijk_to_ras_of(node)):
        return False
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    type(node).ReverseSliceOrder(node.GetImageData(), matrix)
    node.SetIJKToRASMatrix(matrix)
    node.GetImageData().Modified()
    return True
