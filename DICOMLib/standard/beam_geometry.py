"""Coordinate systems of a treatment machine (IEC 61217) in terms of the patient (LPS)."""

from __future__ import annotations

import numpy as np

Array = np.ndarray

# Columns: the directions of the patient's left, posterior and superior in the fixed system (x to the right
# of an observer who faces the gantry, y towards the gantry, z up), at a support angle of 0.
_AXES_OF_PATIENT = {
    "HFS": [[1, 0, 0], [0, 0, 1], [0, -1, 0]],
    "HFP": [[-1, 0, 0], [0, 0, 1], [0, 1, 0]],
    "FFS": [[-1, 0, 0], [0, 0, -1], [0, -1, 0]],
    "FFP": [[1, 0, 0], [0, 0, -1], [0, 1, 0]],
    # lying on the left or right side
    "HFDL": [[0, -1, 0], [0, 0, 1], [-1, 0, 0]],
    "HFDR": [[0, 1, 0], [0, 0, 1], [1, 0, 0]],
    "FFDL": [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
    "FFDR": [[0, -1, 0], [0, 0, -1], [1, 0, 0]],
}


def beam_to_lps(
    gantry_degrees: float, limiter_degrees: float, support_degrees: float, patient_position: str = "HFS"
) -> Array:
    """Rotation from the beam limiting device system to the patient.

    Parameters
    ----------
    gantry_degrees, limiter_degrees, support_degrees
        Gantry Angle (300A,011E), Beam Limiting Device Angle (300A,0120) and Patient Support Angle
        (300A,0122). For a receptor its angle stands in the place of the limiter's.
    patient_position
        Patient Position (0018,5100); an unknown one is taken as head first, supine.

    Returns
    -------
    numpy.ndarray
        Shape (3, 3). In the system of the device z points from the isocentre to the source; its origin is
        here the isocentre.

    References
    ----------
    IEC 61217; PS3.3 C.8.8.25.2, C.8.8.14.
    """
    fixed = _about_y(gantry_degrees) @ _about_z(limiter_degrees)
    patient_to_fixed = np.array(_AXES_OF_PATIENT.get(patient_position, _AXES_OF_PATIENT["HFS"]), float)
    return patient_to_fixed.T @ _about_z(-support_degrees) @ fixed


def source_lps(isocentre_lps: Array, rotation: Array, source_axis_distance: float) -> Array:
    """Where the source is, mm."""
    return np.asarray(isocentre_lps, float) + rotation @ np.array([0.0, 0.0, source_axis_distance])


def _about_y(degrees: float) -> Array:
    cosine, sine = _cosine_and_sine(degrees)
    return np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])


def _about_z(degrees: float) -> Array:
    cosine, sine = _cosine_and_sine(degrees)
    return np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]])


def _cosine_and_sine(degrees: float) -> tuple[float, float]:
    angle = np.radians(degrees)
    return float(np.cos(angle)), float(np.sin(angle))
