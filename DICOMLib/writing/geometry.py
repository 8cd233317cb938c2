"""The place of slices as DICOM writes it, from a matrix to RAS (PS3.3 C.7.6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from DICOMLib.core.errors import ExportError
from DICOMLib.standard.geometry import LPS_TO_RAS

ORTHOGONAL_TOLERANCE = 1e-4
LONGEST_DS = 16
SAME_PLANE = 1e-6  # of cosines, and mm of the spacing


@dataclass(frozen=True, slots=True)
class SliceGeometry:
    """Where the slices of a volume lie.

    Parameters
    ----------
    positions_lps
        Centre of the first pixel of each slice, shape (slices, 3), mm.
    orientation
        Six cosines: direction of rows, direction of columns.
    pixel_spacing
        Distance between rows, then between columns, mm.
    slice_spacing
        Distance of neighbouring slices along the normal, mm; the mean of uneven ones.
    planes
        Orientation and pixel spacing of each slice, shape (slices, 8), where slices differ in them; the
        other attributes are those of the first one then.
    """

    positions_lps: np.ndarray
    orientation: np.ndarray
    pixel_spacing: tuple[float, float]
    slice_spacing: float
    planes: np.ndarray | None = None

    def plane(self, index: int) -> np.ndarray:
        """Orientation and pixel spacing of one slice: eight numbers."""
        if self.planes is not None:
            return self.planes[index]
        return np.array([*self.orientation, *self.pixel_spacing])

    def reversed(self) -> SliceGeometry:
        """The same slices, the last one first."""
        planes = None if self.planes is None else self.planes[::-1]
        first = self.plane(len(self.positions_lps) - 1)
        return SliceGeometry(
            self.positions_lps[::-1], first[:6], (first[6], first[7]), self.slice_spacing, planes
        )


@dataclass(frozen=True, slots=True)
class TilePlanes:
    """Where slices lie that images hold side by side.

    Parameters
    ----------
    planes
        Position (LPS, mm), orientation and pixel spacing of each, shape (slices, 11).
    size
        Rows and columns of each.
    images
        Which of the images holds each, counted from 0.
    """

    planes: np.ndarray
    size: tuple[int, int]
    images: Sequence[int]


def slice_geometry(ijk_to_ras: np.ndarray, slices: int) -> SliceGeometry:
    """Where the slices of a volume lie.

    Parameters
    ----------
    ijk_to_ras
        Matrix (4, 4) from column, row, slice to mm. The step between slices need not be along the normal.
    slices
        How many there are.

    Raises
    ------
    ExportError
        If rows and columns are not perpendicular, or a spacing is zero.
    """
    matrix = LPS_TO_RAS @ np.asarray(ijk_to_ras, float)  # its own inverse, so also from RAS to LPS
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(matrix).all() or lengths.min() <= 0:
        raise ExportError("The volume has no usable spacing.")
    row, column = matrix[:3, 0] / lengths[0], matrix[:3, 1] / lengths[1]
    _require_right_angle(row, column)
    step = matrix[:3, 2]
    spacing = abs(float(np.cross(row, column) @ step))
    if spacing <= 0:
        raise ExportError("The slices of the volume do not lie above each other.")
    positions = matrix[:3, 3] + np.arange(slices)[:, None] * step
    return SliceGeometry(
        positions, np.concatenate([row, column]), (float(lengths[1]), float(lengths[0])), spacing
    )


def geometry_of_corners(corners_lps: np.ndarray, size: tuple[int, int]) -> SliceGeometry:
    """Where slices lie that need not be even, nor parallel.

    Parameters
    ----------
    corners_lps
        The centre of the first pixel of each slice, the point at the full number of columns along its row,
        and that at the full number of rows along its column, shape (slices, 3, 3), mm.
    size
        Rows and columns.

    Raises
    ------
    ExportError
        If rows and columns are not perpendicular, or a spacing is zero.
    """
    rows, columns = size
    firsts = corners_lps[:, 0]
    along = (corners_lps[:, 1:] - firsts[:, None]) / np.array([columns, rows])[:, None]
    lengths = np.linalg.norm(along, axis=2)
    if not np.isfinite(corners_lps).all() or lengths.min() <= 0:
        raise ExportError("The volume has no usable spacing.")
    cosines = along / lengths[..., None]
    for row, column in cosines:
        _require_right_angle(row, column)
    planes = np.concatenate([cosines.reshape(-1, 6), lengths[:, ::-1]], axis=1)
    normal = np.cross(cosines[0, 0], cosines[0, 1])
    heights = (firsts - firsts[0]) @ normal
    spacing = float(np.ptp(heights)) / max(len(heights) - 1, 1) or 1.0
    alike = bool(np.abs(planes - planes[0]).max() <= SAME_PLANE)
    first = planes[0]
    return SliceGeometry(firsts, first[:6], (first[6], first[7]), spacing, None if alike else planes)


def _require_right_angle(row: np.ndarray, column: np.ndarray) -> None:
    """Raise an `ExportError` if two directions are not perpendicular."""
    if abs(float(row @ column)) > ORTHOGONAL_TOLERANCE:
        raise ExportError(
            "Rows and columns of the volume are not perpendicular, which images cannot express. "
            "Resample it to a grid with right angles first."
        )


def decimal_strings(numbers: np.ndarray | list[float] | tuple[float, ...]) -> list[str]:
    """Numbers as VR DS: as exact as 16 characters can be."""
    return [_decimal_string(float(number) + 0.0) for number in numbers]


def _decimal_string(number: float) -> str:
    from pydicom.valuerep import format_number_as_ds

    text = format_number_as_ds(number)
    # one that is rounded up to a further digit, such as -9.99999999999999, gets one too many
    return text if len(text) <= LONGEST_DS else format_number_as_ds(float(text))
