"""Images of VTK as arrays of voxels that share their memory."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import sys
from typing import Any

import numpy as np
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonDataModel import vtkImageData

LARGE_ARRAY_BYTES = 4 << 20


def allocate(
    dimensions: tuple[int, int, int], dtype: np.dtype[Any], components: int = 1
) -> tuple[vtkImageData, np.ndarray]:
    """A new image, and its voxels, not yet filled.

    Parameters
    ----------
    dimensions
        Columns, rows, slices.
    dtype
        Type of the voxels.
    components
        Numbers of a voxel.

    Returns
    -------
    vtkImageData, numpy.ndarray
        The array has the shape (slices, rows, columns), or (slices, rows, columns, components) if there are
        several.
    """
    image = vtkImageData()
    image.SetDimensions(*dimensions)
    image.AllocateScalars(numpy_support.get_vtk_array_type(dtype), components)  # type: ignore[no-untyped-call]
    voxels = voxels_of(image)
    _use_large_pages(voxels)
    return image, voxels.reshape(dimensions[::-1] + ((components,) if components > 1 else ()))


def allocate_like(image: vtkImageData, dimensions: tuple[int, int, int]) -> vtkImageData:
    """A new image of the same kind of voxels, not yet filled."""
    result = vtkImageData()
    result.SetDimensions(*dimensions)
    result.AllocateScalars(image.GetScalarType(), image.GetNumberOfScalarComponents())
    return result


def voxels_of(image: vtkImageData) -> np.ndarray:
    """The voxels of an image as a flat array that shares its memory."""
    voxels: np.ndarray = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    return voxels


def _use_large_pages(array: np.ndarray) -> None:
    """Let Linux map fresh memory in large pages: most of the time of filling it goes into small ones."""
    if not sys.platform.startswith("linux") or array.nbytes < LARGE_ARRAY_BYTES:
        return
    address = array.ctypes.data
    start = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = address + array.nbytes - start
    with contextlib.suppress(AttributeError, OSError):
        advise = ctypes.CDLL(None).madvise
        advise(ctypes.c_void_p(start), ctypes.c_size_t(length), mmap.MADV_HUGEPAGE)
