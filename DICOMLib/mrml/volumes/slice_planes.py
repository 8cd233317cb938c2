"""Where the slices of a volume lie: by its matrix, and as the transforms above it move them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.standard.geometry import LPS_TO_RAS
from DICOMLib.writing.geometry import SliceGeometry, geometry_of_corners, slice_geometry

UNMOVED = np.eye(4)
ACQUISITION_TRANSFORM = "acquisition transform"
NOT_LINEAR = "{name!r} has a non-linear transform, which slices cannot express. Harden it first."


@dataclass(frozen=True, slots=True)
class Grid:
    """Voxels in space.

    Parameters
    ----------
    ijk_to_ras
        Matrix (4, 4), below the transform.
    shape
        Slices, rows, columns.
    transform
        The transform node that the voxels are under, or None.
    name
        Of the node, for the user.
    """

    ijk_to_ras: np.ndarray
    shape: tuple[int, int, int]
    transform: Any = None
    name: str = ""

    @classmethod
    def of_volume(cls, node: Any) -> Grid:
        """The voxels of a volume node."""
        columns, rows, slices = node.GetImageData().GetDimensions()
        shape = (slices, rows, columns)
        return cls(ijk_to_ras_of(node), shape, node.GetParentTransformNode(), node.GetName())

    def in_world(self, then: np.ndarray = UNMOVED) -> SliceGeometry:
        """Where the slices lie in the world, or after another matrix (4, 4, RAS).

        Raises
        ------
        ExportError
            If a transform bends the slices, or they are sheared.
        """
        if self.transform is None or self.transform.IsTransformToWorldLinear():
            matrix = then if self.transform is None else then @ linear_to_world(self.transform)
            return slice_geometry(matrix @ self.ijk_to_ras, self.shape[0])
        above = self.transform.GetParentTransformNode()
        if above is not None:
            if not above.IsTransformToWorldLinear():
                raise ExportError(NOT_LINEAR.format(name=self.name))
            then = then @ linear_to_world(above)
        if moves_slices(self.transform):
            return self._moved(then)
        if is_acquisition_transform(self.transform):
            # it bends what the images, too, tell as if it were flat
            return slice_geometry(then @ self.ijk_to_ras, self.shape[0])
        raise ExportError(NOT_LINEAR.format(name=self.name))

    def in_images(self) -> SliceGeometry:
        """Where the slices lie by the images that they were loaded from, wherever they were moved since."""
        if self.transform is not None and moves_slices(self.transform):
            return self._moved(UNMOVED)
        return slice_geometry(self.ijk_to_ras, self.shape[0])

    def _moved(self, then: np.ndarray) -> SliceGeometry:
        """The slices after the transform, which leaves each of them plane, and a matrix."""
        slices, rows, columns = self.shape
        k = np.arange(slices)[:, None]
        indices = np.stack(
            np.broadcast_arrays(np.array([0, columns, 0]), np.array([0, 0, rows]), k, np.ones_like(k)), -1
        )
        corners = (indices @ self.ijk_to_ras.T)[..., :3].reshape(-1, 3)
        transform = self.transform.GetTransformToParent()
        moved = np.array([[*transform.TransformPoint(point.tolist()), 1.0] for point in corners])
        lps = (moved @ (LPS_TO_RAS @ then).T)[:, :3]
        return geometry_of_corners(lps.reshape(slices, 3, 3), (rows, columns))


def linear_to_world(transform: Any) -> np.ndarray:
    """Matrix (4, 4) of a linear transform node and those above it."""
    to_world = vtk.vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(to_world)
    matrix: np.ndarray = slicer.util.arrayFromVTKMatrix(to_world)
    return matrix


def moves_slices(transform: Any) -> bool:
    """Whether a transform node moves each slice as a whole, see `regularize`: its grid has their corners."""
    if not transform.IsA("vtkMRMLGridTransformNode"):
        return False
    to_parent = transform.GetTransformToParent()
    grid = to_parent.GetDisplacementGrid() if hasattr(to_parent, "GetDisplacementGrid") else None
    return grid is not None and grid.GetDimensions()[:2] == (2, 2)


def is_acquisition_transform(transform: Any) -> bool:
    """Whether a transform node puts the slices of an acquisition where they were."""
    named = ACQUISITION_TRANSFORM in transform.GetName().replace("_", " ")
    return transform.IsA("vtkMRMLGridTransformNode") and (named or moves_slices(transform))


def is_moved(node: Any) -> bool:
    """Whether a linear transform moves the node, above one of the acquisition or not."""
    transform = node.GetParentTransformNode()
    if transform is not None and is_acquisition_transform(transform):
        transform = transform.GetParentTransformNode()
    return transform is not None
