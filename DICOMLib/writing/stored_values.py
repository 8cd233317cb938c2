"""Voxels as stored values: whole numbers of 8 or 16 bit with a rescale slope and intercept (PS3.3 C.11.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydicom.valuerep import format_number_as_ds

from DICOMLib.core.errors import ExportError

LEVELS = 65536  # that 16 bits hold
MOST_PARTS = 12  # of the shortest step between two values that are there
SAME_STEP = 1e-3  # of a step: what single precision and decimals lose

Scaling = tuple[float, float]


@dataclass(frozen=True, slots=True)
class StoredValues:
    """What is written of the voxels.

    Parameters
    ----------
    values
        Shape (slices, rows, columns), or with a last axis of three colours; int16, uint16 or uint8.
    scalings
        Slope and intercept of each slice: voxel = value x slope + intercept.
    error
        The greatest difference between a voxel and what is written of it; 0 if all are exact.
    """

    values: np.ndarray
    scalings: list[Scaling]
    error: float = 0.0

    @property
    def is_scaled(self) -> bool:
        """Whether any slice needs slope and intercept."""
        return any(scaling != (1.0, 0.0) for scaling in self.scalings)


def store(
    voxels: np.ndarray,
    known_scalings: Sequence[Scaling] = (),
    dtype: str = "",
    *,
    other_scalings: Sequence[Scaling] = (),
    without_intercept: bool = False,
) -> StoredValues:
    """Find stored values for voxels, exact ones where there are any.

    Parameters
    ----------
    voxels
        Shape (slices, rows, columns) of numbers, or (slices, rows, columns, 3) of 8 bit colours.
    known_scalings
        Slope and intercept of each slice of the series that the voxels come from; tried first.
    dtype
        Type to be used; values outside of it are an error. The smallest of int16 and uint16 that holds
        all values by default.
    other_scalings
        Those that slices of it may have, where it is not known which has which; tried last.
    without_intercept
        Whether the intercept of each slice must be 0.

    Raises
    ------
    ExportError
        If there are values that are no finite numbers, or that the type cannot hold.
    """
    if voxels.ndim == 4:
        return StoredValues(_as_type(voxels, np.dtype(np.uint8)), [(1.0, 0.0)] * len(voxels))
    if not np.isfinite(voxels).all():
        raise ExportError("Some voxels are no finite numbers (NaN or infinite); images cannot hold them.")
    unscaled = [(1.0, 0.0)] * len(voxels)
    if dtype:
        return StoredValues(_as_type(voxels, np.dtype(dtype)), unscaled)
    is_allowed = not without_intercept or all(intercept == 0 for _slope, intercept in known_scalings)
    if len(known_scalings) == len(voxels) and is_allowed:
        stored = _with_scalings(voxels, known_scalings)
        if stored is not None:
            return stored
    kind = _fitting_type(voxels)
    if kind is not None:
        return StoredValues(voxels.astype(kind), unscaled)
    allowed = [one for one in other_scalings if one[1] == 0 or not without_intercept]
    return (
        _with_some_of(voxels, allowed)
        or _in_steps(voxels, without_intercept=without_intercept)
        or _rounded(voxels, without_intercept=without_intercept)
    )


def _fitting_type(voxels: np.ndarray) -> np.dtype | None:
    """The type of 16 bit that holds all voxels as they are; None if there is none."""
    if voxels.dtype.kind == "f" and not (voxels == np.rint(voxels)).all():
        return None
    low, high = int(voxels.min(initial=0)), int(voxels.max(initial=0))
    if low >= -32768 and high <= 32767:
        return np.dtype(np.int16)
    return np.dtype(np.uint16) if low >= 0 and high <= 65535 else None


def _as_type(voxels: np.ndarray, kind: np.dtype) -> np.ndarray:
    """The same values in another type."""
    limits = np.iinfo(kind)
    whole = voxels.dtype.kind != "f" or bool((voxels == np.rint(voxels)).all())
    if not whole or voxels.min(initial=0) < limits.min or voxels.max(initial=0) > limits.max:
        raise ExportError(f"Some voxels are no whole numbers from {limits.min} to {limits.max}.")
    return voxels.astype(kind)


def _with_scalings(voxels: np.ndarray, scalings: Sequence[Scaling]) -> StoredValues | None:
    """Stored values of the given scalings, if they give back every voxel; None otherwise."""
    slopes = np.array([slope for slope, _ in scalings]).reshape(-1, 1, 1)
    intercepts = np.array([intercept for _, intercept in scalings]).reshape(-1, 1, 1)
    if not slopes.all():
        return None
    values = np.rint((voxels.astype(np.float64) - intercepts) / slopes)
    kind = _fitting_type(values)
    restored = (values * slopes + intercepts).astype(voxels.dtype)
    if kind is None or not np.array_equal(restored, voxels):
        return None
    return StoredValues(values.astype(kind), [(float(slope), float(shift)) for slope, shift in scalings])


def _with_some_of(voxels: np.ndarray, scalings: Sequence[Scaling]) -> StoredValues | None:
    """Stored values of which each slice has one of some scalings that gives back every voxel, if all have."""
    found = []
    for one in voxels if scalings else ():
        scaling = next((two for two in scalings if _with_scalings(one[None], [two]) is not None), None)
        if scaling is None:
            return None
        found.append(scaling)
    return _with_scalings(voxels, found) if found else None


def _in_steps(voxels: np.ndarray, *, without_intercept: bool) -> StoredValues | None:
    """Stored values of voxels that lie at even steps, as those that had a slope do; None of others."""
    some = voxels.reshape(-1)[:: max(1, voxels.size // LEVELS // 16)]
    if len(np.unique(some)) > LEVELS:
        return None
    levels = np.unique(voxels).astype(np.float64)
    span = float(levels[-1]) - float(levels[0])
    if not 1 < len(levels) <= LEVELS or not np.isfinite(span):
        return None
    intercept = 0.0 if without_intercept else _as_written(float(levels[0]))
    gaps = np.diff(levels)
    for parts in range(1, MOST_PARTS + 1):
        steps = int(np.rint(gaps / gaps.min() * parts).sum())
        if steps >= LEVELS:
            return None
        slope = _as_written(span / steps)
        numbers = np.rint((levels - intercept) / slope)
        off = float(np.abs(numbers * slope + intercept - levels).max())
        kind = _fitting_type(numbers)
        if kind is not None and off <= SAME_STEP * slope:
            values = np.rint((voxels.astype(np.float64) - intercept) / slope).astype(kind)
            is_exact = np.array_equal((values * slope + intercept).astype(voxels.dtype), voxels)
            return StoredValues(values, [(slope, intercept)] * len(voxels), 0.0 if is_exact else off)
    return None


def _rounded(voxels: np.ndarray, *, without_intercept: bool) -> StoredValues:
    """Stored values that are near to the voxels."""
    if not np.isfinite(float(voxels.max()) - float(voxels.min())):
        raise ExportError(
            "The voxels are too far from each other (more than 1.8e308); images cannot hold them."
        )
    return _quantized_by_slope(voxels) if without_intercept else _quantized(voxels)


def _quantized(voxels: np.ndarray) -> StoredValues:
    """Unsigned 16 bit over the range of all voxels; the rounding is at most half a step."""
    low, high = float(voxels.min()), float(voxels.max())
    intercept = _as_written(low)
    # a step more than needed, since slope and intercept are rounded to 16 characters
    slope = _as_written((high - intercept) / 65534) or 1.0
    values = np.clip(np.rint((voxels.astype(np.float64) - intercept) / slope), 0, 65535)
    error = float(np.abs(values * slope + intercept - voxels).max())
    return StoredValues(values.astype(np.uint16), [(slope, intercept)] * len(voxels), error)


def _quantized_by_slope(voxels: np.ndarray) -> StoredValues:
    """The same without an intercept: 16 bit from 0 to the greatest size, signed if any voxel is negative."""
    kind = np.dtype(np.int16 if voxels.min() < 0 else np.uint16)
    limit = np.iinfo(kind).max
    slope = _as_written(float(np.abs(voxels).max()) / (limit - 1)) or 1.0
    values = np.clip(np.rint(voxels.astype(np.float64) / slope), -limit, limit)
    error = float(np.abs(values * slope - voxels).max())
    return StoredValues(values.astype(kind), [(slope, 0.0)] * len(voxels), error)


def _as_written(number: float) -> float:
    """The number that remains of one when it is written as a decimal string (VR DS)."""
    return float(format_number_as_ds(number))
