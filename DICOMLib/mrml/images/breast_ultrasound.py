"""Automated breast ultrasound (GE Invenia ABUS): its private geometry, and the arc that its probe scans."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.mrml.volumes.regularize import add_displacements
from DICOMLib.mrml.volumes.volume import ijk_to_ras_of

CREATORS = ("U-Systems", "General Electric Company 01")
GROUP = 0x0021
RADIUS_OF_PROBE, RADIUS_OF_TRACK, SCAN_DEPTH = 0x40, 0x41, 0x63
# Told of the volume, though its shape does not depend on them.
DESCRIPTIONS = {"NipplePosition": 0x20, "FirstElementPosition": 0x21, "LineDensity": 0x62}
CONTROL_POINT_DISTANCE = 20  # voxels

FindTag = Callable[[Any, int, int, str], Any]


@dataclass(frozen=True, slots=True)
class ScanGeometry:
    """How the probe scanned.

    Parameters
    ----------
    radius_of_probe_mm, radius_of_track_mm
        Curvature of the face of the probe, and of the way that it moved; 0 for a straight way.
    axial_mm, lateral_mm, slice_mm
        Spacing along the beams, from beam to beam at the face of the probe, and along the way.
    """

    radius_of_probe_mm: float
    radius_of_track_mm: float
    axial_mm: float
    lateral_mm: float
    slice_mm: float


def has_probe_radius(dataset: Any, find_tag: FindTag) -> bool:
    """Whether an image tells the curvature of its probe."""
    return _private(dataset, RADIUS_OF_PROBE, find_tag) is not None


def scan_geometry(dataset: Any, find_tag: FindTag) -> ScanGeometry:
    """The geometry of an image.

    Raises
    ------
    ValueError
        If an attribute is missing.
    """
    probe, track, depth = (
        _private(dataset, element, find_tag) for element in (RADIUS_OF_PROBE, RADIUS_OF_TRACK, SCAN_DEPTH)
    )
    spacing = dataset.get("PixelSpacing")
    required = {
        "CurvatureRadiusProbe": probe,
        "CurvatureRadiusTrack": track,
        "ScanDepthCm": depth,
        "SpacingBetweenSlices": dataset.get("SpacingBetweenSlices"),
        "PixelSpacing": spacing,
    }
    missing = [name for name, value in required.items() if value is None]
    if missing or probe is None or track is None:
        raise ValueError(f"The image does not tell {', '.join(missing)}.")
    slice_mm = float(dataset.SpacingBetweenSlices)
    return ScanGeometry(probe, track, float(spacing[0]), float(spacing[1]), slice_mm)


def descriptions(dataset: Any, find_tag: FindTag) -> dict[str, str]:
    r"""What the scanner tells besides its geometry, by name; several numbers are joined by "\"."""
    values = {name: _value(dataset, element, find_tag) for name, element in DESCRIPTIONS.items()}
    return {name: _as_text(value) for name, value in values.items() if value is not None}


def _as_text(value: Any) -> str:
    parts = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    return "\\".join(str(part) for part in parts)


def _private(dataset: Any, element: int, find_tag: FindTag) -> float | None:
    value = _value(dataset, element, find_tag)
    return None if value is None else float(value)


def _value(dataset: Any, element: int, find_tag: FindTag) -> Any:
    """The value of a private element of the scanner; None if there is none."""
    for creator in CREATORS:
        tag = find_tag(dataset, GROUP, element, creator)
        if tag is not None and tag in dataset:
            return dataset[tag].value
    return None


def ijk_to_ras(geometry: ScanGeometry, dimensions: tuple[int, int, int]) -> np.ndarray:
    """Matrix (4, 4): the middle of the face of the probe, in the middle of its way, is the origin."""
    columns, _rows, slices = dimensions
    matrix = np.diag([-geometry.lateral_mm, -geometry.axial_mm, geometry.slice_mm, 1.0])
    matrix[:3, 3] = columns * 0.5 * geometry.lateral_mm, 0, -slices * 0.5 * geometry.slice_mm
    return matrix


def on_arc(points_ras: np.ndarray, radius_mm: float) -> np.ndarray:
    """Where points of the straightened image really lie, shape (…, 3), mm.

    The face of the probe is curved around the breast ("reverse curve"): beams run to the centre of its
    curvature, `radius_mm` deep, and the lateral distance of an image is the arc along the face.
    """
    lateral, depth = points_ras[..., 0], -points_ras[..., 1]
    angle, to_centre = lateral / radius_mm, radius_mm - depth
    moved: np.ndarray = points_ras.copy()
    moved[..., 0] = to_centre * np.sin(angle)
    moved[..., 1] = -(radius_mm - to_centre * np.cos(angle))
    return moved


def add_arc_transform(node: Any, geometry: ScanGeometry) -> Any:
    """Put the volume under the transform that bends it; control points lie some 20 voxels apart.

    Raises
    ------
    ValueError
        If the probe moved along a curve, which is not supported.
    """
    if geometry.radius_of_track_mm != 0:
        raise ValueError("Images of a probe that moved along a curve are not supported.")
    columns, rows, slices = node.GetImageData().GetDimensions()
    step = CONTROL_POINT_DISTANCE
    along = [np.arange(-(-size // step) + 1) * step for size in (columns, rows)]
    k, j, i = np.meshgrid([0, slices], along[1], along[0], indexing="ij")
    indices = np.stack((i, j, k, np.ones_like(i)), axis=-1)
    points = (indices @ ijk_to_ras_of(node).T)[..., :3]
    displacements = on_arc(points, geometry.radius_of_probe_mm) - points
    return add_displacements(node, displacements, (step, step, slices))
