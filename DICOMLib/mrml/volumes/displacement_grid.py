"""Transforms of any kind as displacements on a grid, with a matrix where they have a linear part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import slicer
import vtk
from vtkmodules.util import numpy_support

from DICOMLib import writing
from DICOMLib.core.errors import ExportError
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of
from DICOMLib.standard.geometry import LPS_TO_RAS

PERPENDICULAR = 1e-6
SAMPLES_MM = 4.0
MOST_POINTS = 16_000_000

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _Placed:
    """Where displacements are taken: IJK to RAS, slices, rows and columns, and the linear part (RAS)."""

    matrix: np.ndarray
    shape: Shape
    linear: np.ndarray


def displacement_grid(
    node: Any, fixed_volume: Any, notes: list[str]
) -> writing.deformable_registration.DisplacementGrid:
    """Where points of the fixed space come from, by a transform node from the moving to the fixed space.

    It is taken at the points of the grid of a grid transform, which loses nothing, also where matrices stand
    before and after it. Other transforms are sampled in the box around the fixed volume: as finely as their
    own grids, or every 4 mm.

    Parameters
    ----------
    node
        vtkMRMLTransformNode.
    fixed_volume
        Volume of the fixed space; None if it is not known.
    notes
        Get a line for what is not written as it is.

    Raises
    ------
    ExportError
        If the transform is more than a grid and there is no fixed volume.
    """
    transform = node.GetTransformFromParent()
    parts = _parts(transform)
    placed = _grid_of(parts) or _box_around(node, fixed_volume, parts, notes)
    slices, rows, columns = placed.shape
    k, j, i = np.meshgrid(np.arange(slices), np.arange(rows), np.arange(columns), indexing="ij")
    indices = np.stack([i, j, k], axis=-1).reshape(-1, 3)
    points = indices @ placed.matrix[:3, :3].T + placed.matrix[:3, 3]
    linear = points @ placed.linear[:3, :3].T + placed.linear[:3, 3]
    field = (_moved(transform, points) - linear) * (-1, -1, 1)
    unknown = ~np.isfinite(field).all(axis=1)
    if unknown.any():
        field[unknown] = 0
        notes.append(f"{int(unknown.sum())} displacements are no numbers and are written as zero.")
    return writing.deformable_registration.DisplacementGrid(
        field.reshape(slices, rows, columns, 3),
        LPS_TO_RAS @ placed.matrix,
        LPS_TO_RAS @ placed.linear @ LPS_TO_RAS,
    )


def _parts(transform: Any) -> list[Any]:
    """What a transform consists of, in the order in which points go through it."""
    parts = vtk.vtkCollection()
    slicer.vtkMRMLTransformNode.FlattenGeneralTransform(parts, transform)
    found = [parts.GetItemAsObject(index) for index in range(parts.GetNumberOfItems())]
    for part in found:
        part.Update()  # an inverse has no grid or matrix before that
    return found


def _is_linear(part: Any) -> bool:
    return bool(part.IsA("vtkHomogeneousTransform"))


def _is_grid(part: Any) -> bool:
    return bool(part.IsA("vtkGridTransform")) and part.GetDisplacementGrid() is not None


def _product(parts: list[Any]) -> np.ndarray:
    """Linear parts one after the other (4, 4)."""
    total = np.eye(4)
    for part in parts:
        total = slicer.util.arrayFromVTKMatrix(part.GetMatrix()) @ total
    return total


def _grid_of(parts: list[Any]) -> _Placed | None:
    """The grid of one grid transform, between matrices or not; None for others, and if it is sheared."""
    places = [index for index, part in enumerate(parts) if not _is_linear(part)]
    if len(places) != 1 or not _is_grid(parts[places[0]]):
        return None
    grid, before = parts[places[0]], _product(parts[: places[0]])
    image = grid.GetDisplacementGrid()
    matrix = np.linalg.inv(before) @ _ijk_to_ras(grid, image)
    axes = matrix[:3, :3] / np.linalg.norm(matrix[:3, :3], axis=0)
    if np.abs(axes.T @ axes - np.eye(3)).max() > PERPENDICULAR:
        return None
    columns, rows, slices = image.GetDimensions()
    after = _product(parts[places[0] + 1 :])
    return _Placed(_right_handed(matrix, slices), (slices, rows, columns), after @ before)


def _ijk_to_ras(grid: Any, image: Any) -> np.ndarray:
    """Where the points of a grid lie, in the space of the grid."""
    directions = grid.GetGridDirectionMatrix() if hasattr(grid, "GetGridDirectionMatrix") else None
    matrix: np.ndarray = np.eye(4)
    if directions is not None:
        matrix[:3, :3] = slicer.util.arrayFromVTKMatrix(directions)[:3, :3]
    matrix[:3, :3] *= np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return matrix


def _right_handed(matrix: np.ndarray, slices: int) -> np.ndarray:
    """The same grid with its slices the other way round where they run against rows and columns."""
    if np.linalg.det(matrix[:3, :3]) > 0:
        return matrix
    turned: np.ndarray = matrix.copy()
    turned[:3, 2] = -matrix[:3, 2]
    turned[:3, 3] += matrix[:3, 2] * (slices - 1)
    return turned


def _box_around(node: Any, volume: Any, parts: list[Any], notes: list[str]) -> _Placed:
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
    step = _sampling(parts)
    points = float(np.prod((high - low) / step + 2))
    if points > MOST_POINTS:
        step *= (points / MOST_POINTS) ** (1 / 3)
        notes.append(
            f"The transform is written every {step[0]:.2g} x {step[1]:.2g} x {step[2]:.2g} mm, which is "
            "coarser than its own grid: so many points would not fit."
        )
    columns, rows, slices = (int(count) for count in np.ceil((high - low) / step) + 1)
    matrix = np.diag([-step[0], -step[1], step[2], 1.0])
    matrix[:3, 3] = (high[0], high[1], low[2])
    return _Placed(matrix, (slices, rows, columns), np.eye(4))


def _sampling(parts: list[Any]) -> np.ndarray:
    """How far apart samples are to lie along the axes of the patient, mm: as in the finest of the grids."""
    spacings = [np.full(3, min(part.GetDisplacementGrid().GetSpacing())) for part in parts if _is_grid(part)]
    return np.min(spacings, axis=0) if spacings else np.full(3, SAMPLES_MM)


def _moved(transform: Any, points: np.ndarray) -> np.ndarray:
    """Points through a transform."""
    given, moved = vtk.vtkPoints(), vtk.vtkPoints()
    given.SetDataTypeToDouble()
    moved.SetDataTypeToDouble()
    given.SetData(numpy_support.numpy_to_vtk(points, deep=True))  # type: ignore[no-untyped-call]
    transform.TransformPoints(given, moved)
    result: np.ndarray = np.array(numpy_support.vtk_to_numpy(moved.GetData()))  # type: ignore[no-untyped-call]
    return result
