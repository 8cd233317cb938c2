"""Spatial Registration and Deformable Spatial Registration (PS3.3 A.39): transforms in the patient."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util import numpy_support

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.volumes.volume import vtk_matrix

log = logging.getLogger(__name__)

SPATIAL_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.1"
DEFORMABLE_REGISTRATION = "1.2.840.10008.5.1.4.1.1.66.3"

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
IDENTITY_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Registration:
    """From one frame of reference to that of the object.

    Parameters
    ----------
    moving_frame, fixed_frame
        Frame of Reference UIDs.
    moving_instances
        SOP Instance UIDs of the images that move; may be empty.
    moving_to_fixed_lps
        Matrix (4, 4), mm.
    """

    moving_frame: str
    fixed_frame: str
    moving_instances: tuple[str, ...]
    moving_to_fixed_lps: np.ndarray

    @property
    def is_identity(self) -> bool:
        """Whether it leaves everything where it is."""
        return bool(np.abs(self.moving_to_fixed_lps - np.eye(4)).max() <= IDENTITY_TOLERANCE)


@dataclass(frozen=True, slots=True)
class Deformation:
    """From the frame of reference of the object to that of the images that move.

    A point is transformed by `before`, displaced by what the grid says of the point as it was before that,
    and transformed by `after`: the grid lies in the frame of reference of the object (PS3.3 C.20.3.1.1).

    Parameters
    ----------
    before, after
        Matrices (4, 4), LPS, mm.
    displacements_lps
        Shape (slices, rows, columns, 3), mm; None if there is no grid.
    grid_to_lps
        Matrix (4, 4) from indices of the grid to mm.
    """

    moving_frame: str
    fixed_frame: str
    moving_instances: tuple[str, ...]
    before: np.ndarray
    after: np.ndarray
    displacements_lps: np.ndarray | None
    grid_to_lps: np.ndarray


def read_registrations(dataset: Any, path: str = "") -> list[Registration]:
    """The transforms of a Spatial Registration; the frame of reference of the object itself is left out.

    Raises
    ------
    InvalidDICOM
        If a matrix is not usable, or there is none.
    """
    fixed = str(dataset.get("FrameOfReferenceUID", ""))
    found = []
    for item in dataset.get("RegistrationSequence") or ():
        matrices = [
            matrix for one in item.get("MatrixRegistrationSequence") or () for matrix in _matrices(one, path)
        ]
        total = np.eye(4)
        for matrix in matrices:  # those of the first items come first
            total = matrix @ total
        moving = str(item.get("FrameOfReferenceUID", ""))
        found.append(Registration(moving, fixed, _instances(item), total))
    if not found:
        raise InvalidDICOM(path, "there is no registration in the object")
    moved = [one for one in found if not (one.is_identity and one.moving_frame in ("", fixed))]
    return moved or found[-1:]


def read_deformations(dataset: Any, path: str = "") -> list[Deformation]:
    """The transforms of a Deformable Spatial Registration.

    Raises
    ------
    InvalidDICOM
        If a matrix or grid is not usable, or there is none.
    """
    fixed = str(dataset.get("FrameOfReferenceUID", ""))
    found = []
    for item in dataset.get("DeformableRegistrationSequence") or ():
        before = _single_matrix(item, "PreDeformationMatrixRegistrationSequence", path)
        after = _single_matrix(item, "PostDeformationMatrixRegistrationSequence", path)
        grids = item.get("DeformableRegistrationGridSequence")
        field, grid_to_lps = _grid(grids[0], path) if grids else (None, np.eye(4))
        moving = str(item.get("SourceFrameOfReferenceUID", ""))
        if field is None and moving in ("", fixed):
            continue
        found.append(Deformation(moving, fixed, _instances(item), before, after, field, grid_to_lps))
    if not found:
        raise InvalidDICOM(path, "there is no registration in the object")
    return found


def _instances(item: Any) -> tuple[str, ...]:
    return tuple(
        str(image.get("ReferencedSOPInstanceUID", "")) for image in item.get("ReferencedImageSequence") or ()
    )


def _matrices(registration: Any, path: str) -> list[np.ndarray]:
    return [_matrix(item, path) for item in registration.get("MatrixSequence") or ()]


def _single_matrix(item: Any, sequence: str, path: str) -> np.ndarray:
    items = item.get(sequence)
    return _matrix(items[0], path) if items else np.eye(4)


def _matrix(item: Any, path: str) -> np.ndarray:
    """Sixteen numbers, row by row (PS3.3 C.20.2.1.1)."""
    values = np.array(item.get("FrameOfReferenceTransformationMatrix") or [], float)
    if values.size != 16 or not np.isfinite(values).all():
        raise InvalidDICOM(path, "a matrix of the registration has not 16 numbers")
    matrix = values.reshape(4, 4)
    if not np.allclose(matrix[3], (0, 0, 0, 1), atol=1e-6) or abs(np.linalg.det(matrix)) < 1e-12:
        raise InvalidDICOM(path, "a matrix of the registration is no transform")
    return matrix


def _grid(item: Any, path: str) -> tuple[np.ndarray, np.ndarray]:
    """Displacements and the matrix of their grid (PS3.3 C.20.3.1.3)."""
    columns, rows, slices = (int(size) for size in item.GridDimensions)
    data = item.VectorGridData
    values = np.frombuffer(data, "<f4") if isinstance(data, bytes) else np.array(data, np.float32)
    if values.size != columns * rows * slices * 3:
        raise InvalidDICOM(path, "the deformation grid is truncated")
    values = _known(values)
    row, column = np.array(item.ImageOrientationPatient, float).reshape(2, 3)
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([row, column, np.cross(row, column)]) * np.array(
        [float(step) for step in item.GridResolution]
    )
    matrix[:3, 3] = [float(value) for value in item.ImagePositionPatient]
    return values.reshape(slices, rows, columns, 3).astype(np.float64), matrix


def _known(values: np.ndarray) -> np.ndarray:
    """Displacements that are no numbers, as where none is known, become zero, with a line in the log."""
    unknown = ~np.isfinite(values)
    if not unknown.any():
        return values
    points = int(unknown.reshape(-1, 3).any(axis=1).sum())
    log.warning(
        "%d points of a deformation grid have no displacement; they are taken to stay in place.", points
    )
    return np.where(unknown.reshape(-1, 3).any(axis=1, keepdims=True), 0, values.reshape(-1, 3)).ravel()


# -- nodes


def add_linear_transform(scene: Any, registration: Registration, name: str) -> Any:
    """Add a linear transform; what is put under it moves to the frame of reference of the object."""
    node = scene.AddNewNodeByClass("vtkMRMLLinearTransformNode", scene.GenerateUniqueName(name))
    ras = LPS_TO_RAS @ registration.moving_to_fixed_lps @ LPS_TO_RAS
    node.SetMatrixTransformToParent(vtk_matrix(ras))
    _note_frames(node, registration.moving_frame, registration.fixed_frame)
    return node


def add_deformable_transform(scene: Any, deformation: Deformation, name: str) -> Any:
    """Add a grid transform, or a composite one where the grid stands between matrices.

    DICOM says where points of the fixed frame come from; so what is put under the transform moves to it.
    """
    before, after = (LPS_TO_RAS @ one @ LPS_TO_RAS for one in (deformation.before, deformation.after))
    has_matrices = any(not np.allclose(matrix, np.eye(4)) for matrix in (before, after))
    is_grid = deformation.displacements_lps is not None and not has_matrices
    node_class = "vtkMRMLGridTransformNode" if is_grid else "vtkMRMLTransformNode"
    node = scene.AddNewNodeByClass(node_class, scene.GenerateUniqueName(name))
    node.SetAndObserveTransformFromParent(
        _grid_transform(deformation) if is_grid else _composite(deformation, before, after)
    )
    _note_frames(node, deformation.moving_frame, deformation.fixed_frame)
    return node


def _composite(deformation: Deformation, before: np.ndarray, after: np.ndarray) -> Any:
    """The grid, then both matrices (RAS).

    Displacements are added after `before`, which transforms them here; that is undone in them first.
    """
    transform = vtk.vtkGeneralTransform()
    transform.PostMultiply()
    if deformation.displacements_lps is not None:
        transform.Concatenate(_grid_transform(deformation, np.linalg.inv(before[:3, :3])))
    transform.Concatenate(vtk_matrix(after @ before))
    return transform


def _grid_transform(deformation: Deformation, turned: np.ndarray | None = None) -> Any:
    """The grid in RAS; each displacement is transformed by the matrix (3, 3) if there is one."""
    field = deformation.displacements_lps
    assert field is not None
    ras = LPS_TO_RAS @ deformation.grid_to_lps
    spacing = np.linalg.norm(ras[:3, :3], axis=0)
    image = vtk.vtkImageData()
    image.SetDimensions(*reversed(field.shape[:3]))
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(ras[:3, 3].tolist())
    image.AllocateScalars(vtk.VTK_DOUBLE, 3)
    scalars = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    displacements = field.reshape(-1, 3) * (-1, -1, 1)
    scalars[:] = displacements if turned is None else displacements @ turned.T
    directions = np.eye(4)
    directions[:3, :3] = ras[:3, :3] / spacing
    transform = slicer.vtkOrientedGridTransform()
    transform.SetDisplacementGridData(image)
    transform.SetGridDirectionMatrix(vtk_matrix(directions))
    transform.SetInterpolationModeToCubic()
    return transform


def _note_frames(node: Any, moving: str, fixed: str) -> None:
    """Keep which frames of reference a transform joins, for export and for those who look for its volumes."""
    node.SetAttribute("DICOM.MovingFrameOfReferenceUID", moving)
    node.SetAttribute("DICOM.FixedFrameOfReferenceUID", fixed)
