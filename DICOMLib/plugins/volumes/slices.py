"""The order of the files of a volume, and whether they are evenly spaced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from DICOMLib.plugins import preferences
from DICOMLib.standard.geometry import MissingGeometry, parse_vector, parse_vectors, slice_distances

NUMBER_OF_FRAMES = "0028,0008"
POSITION = "0020,0032"
ORIENTATION = "0020,0037"
REGULARIZATION_KEY = "DICOM/ScalarVolume/AcquisitionGeometryRegularization"

MULTI_FRAME = (
    "The image has several frames. It may be shown wrongly if their spacing or orientation is not uniform.\n"
)
NO_REFERENCE_GEOMETRY = (
    "The first image of the series (the reference) has no geometry. Use it with caution.\n"
)
NO_GEOMETRY = "One or more images of the series have no geometry. Use it with caution.\n"
WILL_REGULARIZE = "The acquisition geometry is regularized by a transform when the volume is loaded."
NO_REGULARIZATION = (
    "The geometry of the volume will be wrong; "
    "acquisition geometry regularization can be switched on in the DICOM settings."
)


@dataclass(frozen=True, slots=True)
class SortedFiles:
    """Files along the normal of the first one.

    Parameters
    ----------
    files
        Paths; in the order given if the geometry is incomplete.
    distances
        Path to the distance (mm) from the first file that was given; empty if the geometry is incomplete.
    warning
        What the user should know, one line each; empty if all is well.
    """

    files: list[str]
    distances: dict[str, float] = field(default_factory=dict)
    warning: str = ""


def sort_files(database: Any, paths: Sequence[str], epsilon_mm: float = 0.01) -> SortedFiles:
    """Sort image files by position and judge their spacing.

    The orientation of the first file counts for all. Distances between neighbours that differ from the
    first distance by more than `epsilon_mm` give a warning that names the first such place.
    """
    if not paths:
        return SortedFiles(list(paths))
    many_frames = database.fileValue(paths[0], NUMBER_OF_FRAMES) not in ("", "1")
    warning = MULTI_FRAME if many_frames else ""
    try:
        orientation = parse_vector(database.fileValue(paths[0], ORIENTATION), 6)
        parse_vector(database.fileValue(paths[0], POSITION), 3)
    except MissingGeometry:
        return SortedFiles(list(paths), warning=warning + NO_REFERENCE_GEOMETRY)
    try:
        positions = _positions(database, paths)
    except MissingGeometry:
        return SortedFiles(list(paths), warning=warning + NO_GEOMETRY)
    distances = slice_distances(positions, orientation)
    order = np.argsort(distances, kind="stable")
    files = [paths[index] for index in order]
    by_path = {path: float(distance) for path, distance in zip(paths, distances, strict=True)}
    return SortedFiles(files, by_path, warning + _spacing_warning(distances[order], epsilon_mm))


def _positions(database: Any, paths: Sequence[str]) -> np.ndarray:
    """Positions of files that also have orientations, shape (files, 3)."""
    parse_vectors(list({database.fileValue(path, ORIENTATION) for path in paths}), 6)
    return parse_vectors([database.fileValue(path, POSITION) for path in paths], 3)


def _spacing_warning(distances: np.ndarray, epsilon_mm: float) -> str:
    """Name the first place where the distance of two neighbours is not that of the first two."""
    gaps = np.diff(distances)
    uneven = np.flatnonzero(np.abs(gaps - gaps[0]) > epsilon_mm) if len(gaps) else np.array([])
    if not len(uneven):
        return ""
    index = int(uneven[0])
    return (
        f"Images are not equally spaced: {gaps[index]:g} mm instead of {gaps[0]:g} mm "
        f"between files {index + 1} and {index} of the sorted series. {regularization_advice()}\n"
    )


def regularization_advice() -> str:
    """What becomes of irregular geometry, for the user."""
    return WILL_REGULARIZE if regularization_wanted() else NO_REGULARIZATION


def regularization_wanted() -> bool:
    """Whether irregular geometry is corrected when volumes are loaded."""
    return preferences.text(REGULARIZATION_KEY, "default") != "none"
