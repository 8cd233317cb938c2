"""Where an RT Image (PS3.3 A.17) lies in the patient: behind the isocentre, as the receptor was."""

from __future__ import annotations

from typing import Any

import numpy as np

from DICOMLib.standard.beam_geometry import beam_to_lps
from DICOMLib.standard.geometry import LPS_TO_RAS

DEFAULT_ORIENTATION = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
DEFAULT_DISTANCE_MM = 1000.0


def ijk_to_ras_of_rt_image(dataset: Any) -> np.ndarray:
    """Matrix (4, 4) from column, row and slice to mm in RAS.

    Without an isocentre the image is placed as if that were the origin of the patient; without a position it
    is centred on the receptor, and that on the beam axis unless it is said to be shifted.

    Parameters
    ----------
    dataset
        RT Image; its pixels are not needed.

    References
    ----------
    PS3.3 C.8.8.2, RT Image Module; IEC 61217.
    """
    down, right = (float(value) for value in dataset.get("ImagePlanePixelSpacing") or (1.0, 1.0))
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    orientation = [float(value) for value in dataset.get("RTImageOrientation") or DEFAULT_ORIENTATION]
    along_row, along_column = np.array(orientation).reshape(2, 3)
    position = dataset.get("RTImagePosition")
    if position is None or len(position) != 2:
        corner = -(along_row * right * (columns - 1) + along_column * down * (rows - 1)) / 2
    else:
        corner = np.array([float(position[0]), float(position[1]), 0.0])
    source_axis = _number(dataset, "RadiationMachineSAD", DEFAULT_DISTANCE_MM)
    corner[2] += source_axis - _number(dataset, "RTImageSID", source_axis)
    rotation, shift = _rotation(dataset, "XRayImageReceptorAngle"), _shift_of_receptor(dataset)
    isocentre = dataset.get("IsocenterPosition")
    origin = np.array(isocentre, float) if isocentre is not None and len(isocentre) == 3 else np.zeros(3)
    matrix = np.eye(4)
    matrix[:3, 0] = rotation @ along_row * right
    matrix[:3, 1] = rotation @ along_column * down
    matrix[:3, 2] = rotation @ np.cross(along_row, along_column)
    matrix[:3, 3] = origin + rotation @ corner + shift
    return LPS_TO_RAS @ matrix


def _rotation(dataset: Any, angle: str = "") -> np.ndarray:
    """From the system of the gantry, or that of the receptor which is turned in it by `angle`, to LPS."""
    return beam_to_lps(
        _number(dataset, "GantryAngle", 0.0),
        _number(dataset, angle, 0.0) if angle else 0.0,
        _number(dataset, "PatientSupportAngle", 0.0),
        str(dataset.get("PatientPosition") or "HFS"),
    )


def _shift_of_receptor(dataset: Any) -> np.ndarray:
    """How far the receptor is shifted across the beam (LPS, mm); the distance of the image tells the rest."""
    translation = dataset.get("XRayImageReceptorTranslation")
    if translation is None or len(translation) != 3:
        return np.zeros(3)
    shift: np.ndarray = _rotation(dataset) @ (float(translation[0]), float(translation[1]), 0.0)
    return shift


def _number(dataset: Any, keyword: str, default: float) -> float:
    value = dataset.get(keyword)
    return default if value is None or value == "" else float(value)
