"""Masks as closed planar contours that, filled again, give back exactly the same voxels."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from vtkmodules.util import numpy_support
from vtkmodules.vtkCommonDataModel import vtkImageData
from vtkmodules.vtkFiltersCore import vtkMarchingSquares, vtkStripper

from DICOMLib.mrml.keyholes import joined_with_holes

SAME_DIRECTION = 1e-9


def contours_of_mask(mask: np.ndarray, ijk_to_lps: np.ndarray) -> list[np.ndarray]:
    """The outlines of a mask, slice by slice.

    An outline runs half-way between the centres of a voxel inside and its neighbour outside. Holes are
    joined to it by a channel of no width (PS3.3 C.8.8.6.3, "keyhole"), since not every program knows that
    an inner contour is a hole.

    Parameters
    ----------
    mask
        Boolean, (slices, rows, columns).
    ijk_to_lps
        Matrix (4, 4) from column, row, slice to mm.

    Returns
    -------
    list of numpy.ndarray
        Each (points, 3), mm, the first point not repeated.
    """
    contours = []
    for index in np.flatnonzero(mask.any(axis=(1, 2))):
        for outline in _with_holes(_loops(mask[index])):
            plane = np.column_stack([outline, np.full(len(outline), index), np.ones(len(outline))])
            contours.append((plane @ np.asarray(ijk_to_lps).T)[:, :3])
    return contours


def _loops(mask: np.ndarray) -> list[np.ndarray]:
    """Closed loops in (column, row) around the voxels of one slice, holes included."""
    padded = np.pad(mask.astype(np.uint8), 1)
    image = vtkImageData()
    image.SetDimensions(padded.shape[1], padded.shape[0], 1)
    image.SetOrigin(-1, -1, 0)
    scalars = numpy_support.numpy_to_vtk(padded.reshape(-1), deep=True)  # type: ignore[no-untyped-call]
    image.GetPointData().SetScalars(scalars)
    squares = vtkMarchingSquares()
    squares.SetInputData(image)
    squares.SetValue(0, 0.5)
    stripper = vtkStripper()
    stripper.SetInputConnection(squares.GetOutputPort())
    stripper.SetMaximumLength(padded.size * 4)
    stripper.JoinContiguousSegmentsOn()
    stripper.Update()
    output = stripper.GetOutput()
    points = numpy_support.vtk_to_numpy(output.GetPoints().GetData())  # type: ignore[no-untyped-call]
    cells = output.GetLines()
    offsets = numpy_support.vtk_to_numpy(cells.GetOffsetsArray())  # type: ignore[no-untyped-call]
    members = numpy_support.vtk_to_numpy(cells.GetConnectivityArray())  # type: ignore[no-untyped-call]
    loops = []
    for start, end in pairwise(offsets):
        loop = points[members[start:end], :2].astype(float)
        loops.append(loop[:-1] if np.array_equal(loop[0], loop[-1]) else loop)
    return [loop for loop in loops if len(loop) > 2]


def _with_holes(loops: list[np.ndarray]) -> list[np.ndarray]:
    """Each outer loop, joined with its holes."""
    around = _enclosing(loops)
    holes: dict[int, list[np.ndarray]] = {}
    for number, enclosing in enumerate(around):
        if len(enclosing) % 2:
            innermost = max(enclosing, key=lambda other: len(around[other]))
            holes.setdefault(innermost, []).append(loops[number])
    return [
        _without_straight_points(joined_with_holes(loop, holes.get(number, ())))
        for number, loop in enumerate(loops)
        if len(around[number]) % 2 == 0
    ]


def _enclosing(loops: list[np.ndarray]) -> list[set[int]]:
    """For each loop the numbers of those around it."""
    low = np.array([loop.min(axis=0) for loop in loops])
    high = np.array([loop.max(axis=0) for loop in loops])
    result = []
    for number, loop in enumerate(loops):
        may_enclose = ((low < low[number]) & (high > high[number])).all(axis=1)
        result.append({int(other) for other in np.flatnonzero(may_enclose) if _contains(loops[other], loop)})
    return result


def _contains(outer: np.ndarray, inner: np.ndarray) -> bool:
    """Whether a loop lies inside another; loops do not cross, so one point tells (even-odd rule)."""
    column, row = inner[0]
    following = np.roll(outer, -1, axis=0)
    crosses = (outer[:, 1] > row) != (following[:, 1] > row)
    start, end = outer[crosses], following[crosses]
    places = start[:, 0] + (row - start[:, 1]) * (end[:, 0] - start[:, 0]) / (end[:, 1] - start[:, 1])
    return bool((places > column).sum() % 2)


def _without_straight_points(loop: np.ndarray) -> np.ndarray:
    """The loop without points in the middle of straight lines."""
    before, after = loop - np.roll(loop, 1, axis=0), np.roll(loop, -1, axis=0) - loop
    turns = np.abs(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]) > SAME_DIRECTION
    returns = (before * after).sum(axis=1) < 0
    kept: np.ndarray = loop[turns | returns]
    return kept
