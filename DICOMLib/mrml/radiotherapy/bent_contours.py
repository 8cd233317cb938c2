"""Contours on slices that an acquisition transform puts where they were acquired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import vtk

from DICOMLib.mrml.radiotherapy.rt_structures import Structure
from DICOMLib.mrml.reference_volume import slice_corners
from DICOMLib.mrml.volumes.slice_planes import is_acquisition_transform
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

SAME_PLANE_MM = 0.05


def unbent(structures: Sequence[Structure], volume: Any) -> list[Structure] | None:
    """The structures in the slices of the contoured volume before its acquisition transform.

    Parameters
    ----------
    structures
        What was drawn (LPS, mm).
    volume
        The contoured volume, or None.

    Returns
    -------
    list of Structure
        None if the volume is not bent, or a contour lies in none of its slices.
    """
    transform = volume.GetParentTransformNode() if volume is not None else None
    if transform is None or not is_acquisition_transform(transform):
        return None
    local, world = (corners * (-1, -1, 1) for corners in slice_corners(volume))
    axes = ijk_to_ras_of(volume)[:3, :2] * np.array([[-1], [-1], [1]])
    normal = np.cross(axes[:, 0], axes[:, 1])
    normal /= np.linalg.norm(normal)
    result = []
    for structure in structures:
        contours = []
        for contour in structure.contours:
            away = np.abs((contour.points_lps[:1] - world) @ normal)
            k = int(away.argmin())
            if away[k] > SAME_PLANE_MM:
                return None
            contours.append(replace(contour, points_lps=contour.points_lps + (local[k] - world[k])))
        result.append(replace(structure, contours=tuple(contours)))
    return result


def in_world(poly_data: Any, transform_node: Any) -> Any:
    """Lines as the transform moves them."""
    transform = vtk.vtkGeneralTransform()
    transform_node.GetTransformToWorld(transform)
    mover = vtk.vtkTransformPolyDataFilter()
    mover.SetTransform(transform)
    mover.SetInputData(poly_data)
    mover.Update()
    return mover.GetOutput()
