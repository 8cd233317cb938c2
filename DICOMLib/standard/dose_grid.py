"""Where the planes of a dose grid lie: its Grid Frame Offset Vector (PS3.3 C.8.8.3.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from DICOMLib.standard.geometry import MissingGeometry, plane_normal, same_orientation

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])
# Offsets and positions are decimal texts, which are rounded each in its way.
SAME_PLACE_MM = 1e-3
SAME_DIRECTION = 1e-6
UNEVEN_MM = 0.01
# What the functions below look at.
ATTRIBUTES = ("NumberOfFrames", "GridFrameOffsetVector", "ImagePositionPatient", "ImageOrientationPatient")


def frame_offsets(dataset: Any) -> np.ndarray:
    """Grid Frame Offset Vector, one number for each frame; empty if there is none.

    Raises
    ------
    MissingGeometry
        If an offset is no finite number.
    """
    value = dataset.get("GridFrameOffsetVector")
    if value is None or value == "":
        return np.empty(0)
    try:
        offsets = np.atleast_1d(np.asarray(value, float))
    except (TypeError, ValueError):
        offsets = np.array([np.nan])
    if not np.isfinite(offsets).all():
        raise MissingGeometry("an offset of the dose grid is no number")
    return offsets


def plane_displacements(offsets: np.ndarray, position_lps: np.ndarray, orientation: np.ndarray) -> np.ndarray:
    """How far each plane lies from the first one, LPS, shape (planes, 3).

    Offsets from 0 on are distances along the normal. Those that begin with the z coordinate of the first
    plane are z coordinates, which the Standard allows for one orientation only; in other transverse planes
    they cannot mean anything else, also where the normal points to the feet.

    Parameters
    ----------
    offsets
        As `frame_offsets` gives them.
    position_lps
        Image Position (Patient), which is that of the first plane.
    orientation
        Image Orientation (Patient).
    """
    normal = plane_normal(orientation)
    if _are_coordinates(offsets, position_lps) and _is_transverse(normal):
        normal = np.array([0.0, 0.0, 1.0])
    return np.outer(offsets - offsets[:1], normal)


def _are_coordinates(offsets: np.ndarray, position_lps: np.ndarray) -> bool:
    """Whether offsets begin with the z coordinate of the first plane; 0 is taken for a distance."""
    return bool(
        len(offsets) > 0
        and abs(offsets[0]) > SAME_PLACE_MM
        and abs(offsets[0] - position_lps[2]) <= SAME_PLACE_MM
    )


def _is_transverse(normal: np.ndarray) -> bool:
    return bool(np.abs(normal[:2]).max() <= SAME_DIRECTION)


def doubts_about_offsets(dataset: Any) -> list[str]:
    """Sentences on what makes the places of the planes doubtful; none if the Standard is kept.

    Parameters
    ----------
    dataset
        RT Dose, with the elements of `ATTRIBUTES`.
    """
    try:
        frames = int(dataset.get("NumberOfFrames") or 1)
        if frames == 1:
            return []
        offsets = frame_offsets(dataset)
        position = np.array(dataset.get("ImagePositionPatient") or (), float)
        orientation = np.array(dataset.get("ImageOrientationPatient") or (), float)
    except (MissingGeometry, TypeError, ValueError):
        return ["The number of the dose planes or their places are no numbers."]
    if position.shape != (3,) or orientation.shape != (6,):
        return ["The dose does not tell where it lies in the patient."]
    if len(offsets) < frames:
        return [
            f"{len(offsets)} of {frames} dose planes tell where they lie; the distance of others is guessed."
        ]
    doubts = _doubts_about_first(offsets, position, orientation)
    if np.diff(np.sort(offsets[:frames])).min() <= SAME_PLACE_MM:
        doubts.append("Some dose planes lie at the same place.")
    return doubts


def is_uneven(dataset: Any) -> bool:
    """Whether the planes of a dose grid are not all equally far apart, so that they are no regular volume."""
    offsets = np.sort(frame_offsets(dataset)[: int(dataset.get("NumberOfFrames") or 1)])
    gaps = np.diff(offsets)
    return bool(len(gaps) > 1 and np.abs(gaps - gaps.mean()).max() > UNEVEN_MM)


def _doubts_about_first(offsets: np.ndarray, position: np.ndarray, orientation: np.ndarray) -> list[str]:
    """What is doubtful of offsets by their first one."""
    if abs(offsets[0]) <= SAME_PLACE_MM:
        return []
    if not _are_coordinates(offsets, position):
        return [
            "The offsets of the dose planes begin neither with 0 nor with the position of the first plane; "
            "they are taken as distances from each other."
        ]
    if same_orientation(orientation, AXIAL, SAME_DIRECTION):
        return []
    try:
        is_transverse = _is_transverse(plane_normal(orientation))
    except MissingGeometry:
        return ["The dose does not tell where it lies in the patient."]
    if is_transverse:
        return [
            "The offsets of the dose planes are z coordinates, which the Standard does not allow for this "
            "orientation. The dose may be mirrored in other programs."
        ]
    return [
        "The offsets of the dose planes begin with a z coordinate, but the planes are not transverse; "
        "they are taken as distances from each other."
    ]
