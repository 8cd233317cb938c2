"""Diffusion weighting of MR images: b-value and gradient direction, as each manufacturer writes them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from DICOMLib.standard.functional_groups import macro
from DICOMLib.standard.geometry import MissingGeometry, parse_vector, plane_normal

# Every tag that is asked for, by a name; the private ones are of Siemens, GE, Philips and United Imaging.
TAGS = {
    "diffusionBValue": "0018,9087",
    "diffusionGradientOrientation": "0018,9089",
    "siemensBValue": "0019,100C",
    "siemensDirection": "0019,100E",
    "geBValue": "0043,1039",
    "geX": "0019,10BB",
    "geY": "0019,10BC",
    "geZ": "0019,10BD",
    "phaseEncodingDirection": "0018,1312",
    "philipsBValue": "2001,1003",
    "philipsRL": "2005,10B0",
    "philipsAP": "2005,10B1",
    "philipsFH": "2005,10B2",
    "uihBValue": "0065,1009",
    "uihDirection": "0065,1037",
}
# GE adds a large number where the b-value was set by a research protocol.
_GE_LARGEST_BVALUE, _GE_MODULUS = 10_000, 100_000
# GE writes shorter directions for smaller b-values of one acquisition: b is scaled by the squared length.
_GE_SHORT = (0.03, 0.97)

# The signs that GE's directions take along rows, columns and normal of images, by the axis of the patient
# that is next to the normal (left, posterior, superior): sagittal, coronal and axial images.
_GE_SIGNS = ((1, 1, -1), (-1, 1, 1), (-1, -1, 1))

Value = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Weighting:
    """Diffusion weighting of an image.

    Parameters
    ----------
    b_value
        s/mm².
    gradient_lps
        Unit vector in patient coordinates; None for no direction (b = 0, trace images).
    """

    b_value: float
    gradient_lps: tuple[float, float, float] | None = None

    @property
    def key(self) -> tuple[float, ...]:
        """Equal for images of the same weighting."""
        return (round(self.b_value, 2), *(round(value, 4) for value in self.gradient_lps or ()))


def weighting(value: Value, manufacturer: str, orientation: str) -> Weighting | None:
    """The weighting of a single-frame image; None if it tells none.

    Parameters
    ----------
    value
        Gives the text of the element that a name of `TAGS` stands for; "" if it is absent.
    manufacturer
        Manufacturer (0008,0070).
    orientation
        Text of Image Orientation (Patient): GE and United Imaging write directions along the image axes.

    References
    ----------
    PS3.3 C.8.13.5.9, MR Diffusion Macro. The private elements are described by the conformance statements,
    and were compared with what dcm2niix makes of the same images.
    """
    name = manufacturer.upper()
    if value("diffusionBValue"):
        gradient = _vector(value("diffusionGradientOrientation"), 3)
        return _weighting(value("diffusionBValue"), gradient)
    if name.startswith("SIEMENS"):
        return _weighting(value("siemensBValue"), _vector(value("siemensDirection"), 3))
    if name.startswith("GE"):
        return _ge(value, orientation)
    if name.startswith("PHILIPS"):
        parts = [value(part) for part in ("philipsRL", "philipsAP", "philipsFH")]
        return _weighting(value("philipsBValue"), _vector("\\".join(parts), 3))
    if name.startswith("UIH"):
        return _weighting(value("uihBValue"), _along_image(_vector(value("uihDirection"), 3), orientation))
    return None


def weighting_of_frame(dataset: Any, index: int) -> Weighting | None:
    """The weighting of a frame of an enhanced MR image; None if it has none."""
    item = macro(dataset, index, "MRDiffusionSequence")
    b_value = item.get("DiffusionBValue")
    if b_value is None:
        return None
    directions = item.get("DiffusionGradientDirectionSequence")
    orientation = directions[0].get("DiffusionGradientOrientation") if directions else None
    gradient = None if orientation is None else np.asarray(orientation, float)
    return _weighting(str(b_value), gradient)


def _ge(value: Value, orientation: str) -> Weighting | None:
    """GE: along frequency, phase and slice, with signs that depend on the plane of the image."""
    first = value("geBValue").split("\\")[0]
    vector = _vector("\\".join(value(name) for name in ("geX", "geY", "geZ")), 3)
    if not first or vector is None:
        return None
    b_value = float(first)
    if b_value > _GE_LARGEST_BVALUE:
        b_value %= _GE_MODULUS
    length = float(np.linalg.norm(vector))
    if _GE_SHORT[0] < length < _GE_SHORT[1]:
        b_value = round(b_value * length**2)
    x, y, z = vector
    if value("phaseEncodingDirection").upper().startswith("ROW"):
        x, y = y, -x
    normal = plane_normal(parse_vector(orientation, 6))
    signs = _GE_SIGNS[int(np.abs(normal).argmax())]
    return _weighting(str(b_value), _along_image(np.array([x, y, z]) * signs, orientation))


def _along_image(vector: np.ndarray | None, orientation: str) -> np.ndarray | None:
    """From image axes (rows, columns, normal) to patient axes."""
    if vector is None:
        return None
    cosines = parse_vector(orientation, 6).reshape(2, 3)
    axes = np.vstack((cosines, plane_normal(cosines)))
    turned: np.ndarray = vector @ axes
    return turned


def _weighting(b_value: str, gradient: np.ndarray | None) -> Weighting | None:
    try:
        number = float(b_value)
    except ValueError:
        return None
    length = 0.0 if gradient is None else float(np.linalg.norm(gradient))
    if gradient is None or number <= 0 or not length > 0:
        return Weighting(number)
    x, y, z = (float(part) for part in gradient / length)
    return Weighting(number, (x, y, z))


def _vector(text: str, count: int) -> np.ndarray | None:
    try:
        return parse_vector(text, count)
    except MissingGeometry:
        return None
