"""Where the slices of a series lie in space, from the values of their headers alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from DICOMLib.core.errors import UnusableData

Array = np.ndarray

LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])

# Two slices belong to one stack when no component of their orientations differs by more than this.
ORIENTATION_TOLERANCE = 1e-6
# A gap counts as a whole number of slice distances when it is this near to one (fraction of a distance).
MISSING_SLICE_TOLERANCE = 0.1
# Slices that are shifted sideways by less than this angle are taken as perpendicular.
TILT_TOLERANCE_DEGREES = 0.05
# Slices that lie beside the line from the first to the last one by no more are on it.
SIDEWAYS_TOLERANCE_MM = 0.05


class MissingGeometry(UnusableData):
    """A position, orientation or spacing is absent, incomplete, or no finite number."""


class GeometryKind(Enum):
    """What kind of stack the slices of a series make."""

    SINGLE = "single"
    REGULAR = "regular"
    TILTED = "tilted"
    MISSING = "missing"
    UNEVEN = "uneven"
    REPEATED = "repeated"
    MIXED = "mixed"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class GeometryVerdict:
    """Whether the slices of a series make one regular stack.

    Parameters
    ----------
    kind
        The gravest thing found.
    slices
        How many slices were looked at.
    spacing_mm
        The usual distance of neighbours along the normal; 0 when there is none.
    tilt_degrees
        Angle between the normal of the slices and the line through their corners.
    missing
        Number of slices that are missing, by the position in the sorted stack after which they are missed.
    text
        One sentence for the user.
    """

    kind: GeometryKind
    slices: int
    spacing_mm: float = 0.0
    tilt_degrees: float = 0.0
    missing: tuple[tuple[int, int], ...] = ()
    text: str = ""

    @property
    def label(self) -> str:
        """The kind and the sentence, short enough for a table and easy to search: "tilted: 28 slices, …"."""
        if self.kind is GeometryKind.UNKNOWN:
            return self.kind.value
        return f"{self.kind.value}: {self.text[:1].lower()}{self.text[1:]}".rstrip(".")


def parse_vector(text: str, count: int) -> Array:
    r"""The numbers of a multi-valued text such as "1\0\0\0\1\0".

    Raises
    ------
    MissingGeometry
        If there are not exactly `count` finite numbers.
    """
    return parse_vectors([text], count)[0]


def parse_vectors(texts: Sequence[str], count: int) -> Array:
    r"""The numbers of many such texts at once, shape (texts, count).

    Raises
    ------
    MissingGeometry
        If one of them has not exactly `count` finite numbers.
    """
    if any(text.count("\\") != count - 1 for text in texts):
        raise MissingGeometry(f"{count} finite numbers were expected")
    parts = "\\".join(texts).split("\\") if texts else []
    try:
        values = [float(part) for part in parts]
    except ValueError:
        raise MissingGeometry("a value is no number") from None
    if not all(map(math.isfinite, values)):
        raise MissingGeometry(f"{count} finite numbers were expected")
    return np.array(values).reshape(-1, count)


def plane_normal(orientation: Array) -> Array:
    """Unit normal (LPS) of a plane given by its row and column cosines, shape (6,) or (2, 3).

    Raises
    ------
    MissingGeometry
        If the two cosines are parallel or zero.
    """
    row, column = np.asarray(orientation, float).reshape(2, 3)
    normal = _cross(row, column)
    length = float(np.linalg.norm(normal))
    if not length > ORIENTATION_TOLERANCE:
        raise MissingGeometry("the image orientation has no normal")
    return normal / length


def slice_distances(positions_lps: Array, orientation: Array) -> Array:
    """Distance of each slice from the first one, along the normal of `orientation`.

    Parameters
    ----------
    positions_lps
        Image Position (Patient) of each slice, shape (slices, 3), mm.
    orientation
        Image Orientation (Patient) of the first slice, six cosines.

    Returns
    -------
    numpy.ndarray
        Shape (slices,), mm; the first is 0, others may be negative.

    References
    ----------
    PS3.3 C.7.6.2.1.1, Image Position and Image Orientation.
    """
    row, column = np.asarray(orientation, float).reshape(2, 3)
    positions = np.asarray(positions_lps, float).reshape(-1, 3)
    return (positions - positions[0]) @ np.cross(row, column)


def slice_step(positions_lps: Array, orientation: Array, single_step_mm: float = 1.0) -> Array:
    """The mean step from one slice to the next (LPS), for slices in their order.

    A tilted stack has a step that is not along the normal. Slices that all lie at one place, and a
    single slice, get a step of `single_step_mm` along the normal.
    """
    positions = np.asarray(positions_lps, float).reshape(-1, 3)
    if len(positions) > 1:
        step = (positions[-1] - positions[0]) / (len(positions) - 1)
        if np.linalg.norm(step) > ORIENTATION_TOLERANCE:
            return step
    return plane_normal(orientation) * single_step_mm


def ijk_to_ras(
    origin_lps: Array, orientation: Array, pixel_spacing: Sequence[float], slice_step_lps: Array
) -> Array:
    """The matrix from voxel indices (column, row, slice) to RAS in mm.

    Parameters
    ----------
    origin_lps
        Centre of the first voxel.
    orientation
        Six cosines: direction of rows, direction of columns.
    pixel_spacing
        Pixel Spacing as in the header: distance between rows, then between columns.
    slice_step_lps
        Step from one slice to the next, see `slice_step`.

    Raises
    ------
    MissingGeometry
        If the matrix could not be inverted (zero spacing, parallel axes) or holds no finite numbers.

    References
    ----------
    PS3.3 C.7.6.2.1.1, equation C.7.6.2.1-1.
    """
    row, column = np.asarray(orientation, float).reshape(2, 3)
    between_rows, between_columns = (float(value) for value in pixel_spacing)
    matrix = np.eye(4)
    matrix[:3, 0] = row * between_columns
    matrix[:3, 1] = column * between_rows
    matrix[:3, 2] = slice_step_lps
    matrix[:3, 3] = origin_lps
    if not np.isfinite(matrix).all() or abs(np.linalg.det(matrix)) < 1e-12:
        raise MissingGeometry("the spacing or orientation of the image is not usable")
    return LPS_TO_RAS @ matrix


def same_orientation(first: Array, second: Array, tolerance: float = ORIENTATION_TOLERANCE) -> bool:
    """Whether two lists of cosines are equal within an absolute tolerance for each component."""
    return first.shape == second.shape and bool(np.abs(first - second).max(initial=0.0) <= tolerance)


def judge_slices(positions_lps: Array, orientations: Array, tolerance_mm: float = 0.01) -> GeometryVerdict:
    """Say whether slices make one regular stack, and if not, what is wrong with it.

    Parameters
    ----------
    positions_lps
        Image Position (Patient) of each slice in any order, shape (slices, 3).
    orientations
        Image Orientation (Patient) of each slice, shape (slices, 6).
    tolerance_mm
        Distances that differ by no more are equal.
    """
    positions = np.asarray(positions_lps, float).reshape(-1, 3)
    cosines = np.asarray(orientations, float).reshape(-1, 6)
    count = len(positions)
    if count == 0 or not (np.isfinite(positions).all() and _are_planes(cosines)):
        return GeometryVerdict(GeometryKind.UNKNOWN, count, text="Slices have no usable position.")
    if count == 1:
        return GeometryVerdict(GeometryKind.SINGLE, 1, text="A single slice.")
    if np.abs(cosines - cosines[0]).max() > ORIENTATION_TOLERANCE:
        return GeometryVerdict(GeometryKind.MIXED, count, text="Slices have different orientations.")
    return _judge_parallel(positions, cosines[0], tolerance_mm)


def _are_planes(cosines: Array) -> bool:
    """Whether all orientations are numbers, and have a normal."""
    some = cosines[:1] if (cosines == cosines[0]).all() else cosines
    normals = _cross(some[:, :3], some[:, 3:])
    return bool(np.isfinite(some).all() and (np.linalg.norm(normals, axis=1) > ORIENTATION_TOLERANCE).all())


def _cross(first: Array, second: Array) -> Array:
    """Cross product along the last axis; for a few vectors much faster than `numpy.cross`."""
    after, before = [1, 2, 0], [2, 0, 1]
    return first[..., after] * second[..., before] - first[..., before] * second[..., after]


def _judge_parallel(positions: Array, orientation: Array, tolerance_mm: float) -> GeometryVerdict:
    """The verdict on two or more slices of one orientation."""
    distances = slice_distances(positions, orientation)
    order = np.argsort(distances, kind="stable")
    gaps = np.diff(distances[order])
    count = len(positions)
    if (gaps <= tolerance_mm).any():
        return GeometryVerdict(
            GeometryKind.REPEATED,
            count,
            _usual(gaps[gaps > tolerance_mm]),
            text=_text_of_repeated(gaps, tolerance_mm),
        )
    spacing = _usual(gaps)
    tilt = _tilt(positions[order], orientation)
    verdict = GeometryVerdict(
        GeometryKind.REGULAR, count, spacing, tilt, text=f"{count} slices, {spacing:g} mm apart."
    )
    is_tilted = tilt > TILT_TOLERANCE_DEGREES
    if np.abs(gaps - gaps[0]).max() > tolerance_mm:
        verdict = _judge_gaps(gaps, verdict, tolerance_mm)
    elif (sideways := _sideways(positions[order], distances[order])) > SIDEWAYS_TOLERANCE_MM:
        text = f"Slices are shifted sideways by up to {sideways:.3g} mm."
        return replace(verdict, kind=GeometryKind.UNEVEN, text=text)
    elif is_tilted:
        verdict = replace(verdict, kind=GeometryKind.TILTED)
    return replace(verdict, text=f"{verdict.text[:-1]}, tilted by {tilt:.1f}°.") if is_tilted else verdict


def _text_of_repeated(gaps: Array, tolerance_mm: float) -> str:
    """Tell volumes that lie at one place from a few slices that are there twice."""
    firsts = np.flatnonzero(np.concatenate(([True], gaps > tolerance_mm)))
    times = np.diff(np.append(firsts, len(gaps) + 1))
    places, most = len(firsts), int(times.max())
    if places == 1:
        return f"{most} slices at one place."
    if (times == most).all():
        return f"{most} times {places} slices, {_usual(gaps[gaps > tolerance_mm]):g} mm apart."
    return f"{len(gaps) + 1 - places} of {len(gaps) + 1} slices lie where another one lies."


def _judge_gaps(gaps: Array, verdict: GeometryVerdict, tolerance_mm: float) -> GeometryVerdict:
    """Tell missing slices (gaps are multiples of one distance) from distances that just vary."""
    spacing = verdict.spacing_mm
    multiples = np.rint(gaps / spacing)
    allowed = max(tolerance_mm, MISSING_SLICE_TOLERANCE * spacing)
    if multiples.min() >= 1 and multiples.max() > 1 and np.abs(gaps - multiples * spacing).max() <= allowed:
        missing = tuple((int(at), int(multiples[at]) - 1) for at in np.flatnonzero(multiples > 1))
        total = sum(number for _, number in missing)
        places = ", ".join(str(at + 1) for at, _ in missing[:5]) + (", …" if len(missing) > 5 else "")
        text = f"{total} slice{'s are' if total > 1 else ' is'} missing, after slice {places}."
        return replace(verdict, kind=GeometryKind.MISSING, missing=missing, text=text)
    text = f"Slice distances vary from {gaps.min():g} to {gaps.max():g} mm."
    return replace(verdict, kind=GeometryKind.UNEVEN, text=text)


def _usual(gaps: Array) -> float:
    """The distance that most neighbours have: the (lower) median of the gaps that are one."""
    real = np.sort(gaps[gaps > 0])
    return round(float(real[(len(real) - 1) // 2]), 6) if len(real) else 0.0


def _sideways(positions: Array, heights: Array) -> float:
    """How far slices lie beside the line from the first one to the last one, within their plane, in mm."""
    step = (positions[-1] - positions[0]) / (heights[-1] - heights[0])
    expected = positions[0] + np.outer(heights - heights[0], step)
    return float(np.linalg.norm(positions - expected, axis=1).max())


def _tilt(positions: Array, orientation: Array) -> float:
    """Angle in degrees between the normal and the line from the first slice to the last one."""
    line = positions[-1] - positions[0]
    cosine = abs(float(line @ plane_normal(orientation))) / float(np.linalg.norm(line))
    return float(np.degrees(np.arccos(min(1.0, cosine))))
