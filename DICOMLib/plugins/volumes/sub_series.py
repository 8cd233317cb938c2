"""The parts of a series: its files by the value of one tag."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from DICOMLib.standard.geometry import MissingGeometry, parse_vector, same_orientation

# Names of tags (as in DICOMPlugin.tags) by whose values a series is divided.
TAGS = (
    "seriesInstanceUID",
    "acquisitionNumber",
    "imageType",
    "imageOrientationPatient",
    "diffusionGradientOrientation",
)
TIME_TAGS = ("contentTime", "triggerTime")
# Vectors are compared by their numbers: the count of their numbers.
VECTOR_TAGS = {"imageOrientationPatient": 6, "diffusionGradientOrientation": 3}
# Name of the parts that no tag makes: images of one size.
SIZE = "imageSize"
# Values that say nothing to a reader; parts get a number instead.
NUMBERED_TAGS = frozenset(("seriesInstanceUID", *VECTOR_TAGS))

Value = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Part:
    """Files that share the value of a tag.

    Parameters
    ----------
    tagName
        Name of the tag.
    value
        The value; of vectors, the text of the first file.
    number
        1 for the value that comes first in the series, 2 for the next one.
    files
        Paths, in their order.
    leavesLocalizer
        Whether all files but one are here, so that the one left out may be a localizer.
    """

    tagName: str
    value: str
    number: int
    files: list[str]
    leavesLocalizer: bool


def divide(
    files: Sequence[str], value: Value, tag_names: Sequence[str], tolerance: float = 1e-6
) -> list[Part]:
    """Divide files by each tag that has more than one value among them.

    Parameters
    ----------
    files
        Paths of one series.
    value
        Gives the value of a named tag of a file.
    tag_names
        Names of the tags, in the order in which parts are wanted.
    tolerance
        Components of vectors that differ by no more are equal.
    """
    parts = []
    for name in tag_names:
        groups = _group(files, name, value, tolerance)
        if len(groups) > 1:
            parts += _parts(name, groups)
    return parts


def divide_by_size(sizes: Mapping[str, str]) -> list[Part]:
    """Divide files by the size of their images, if they differ in it: each size needs a volume of its own.

    Parameters
    ----------
    sizes
        Path to size, as it is shown. None of them is taken for a localizer, so that all are loaded.
    """
    groups: dict[str, list[str]] = {}
    for path, size in sizes.items():
        groups.setdefault(size, []).append(path)
    if len(groups) < 2:
        return []
    return [
        Part(SIZE, size, number, members, leavesLocalizer=False)
        for number, (size, members) in enumerate(groups.items(), start=1)
    ]


def _parts(name: str, groups: dict[str, list[str]]) -> list[Part]:
    sizes = sorted(len(members) for members in groups.values())
    one_apart = len(groups) == 2 and sizes[0] == 1 and sizes[1] > 1
    return [
        Part(name, text, number, members, one_apart and len(members) > 1)
        for number, (text, members) in enumerate(groups.items(), start=1)
    ]


def _group(files: Sequence[str], name: str, value: Value, tolerance: float) -> dict[str, list[str]]:
    """Files by value, in order of first appearance; files without a vector are in no group."""
    groups: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    vectors: dict[str, np.ndarray] = {}
    for path in files:
        text = value(path, name).replace(",", "_")
        if name in VECTOR_TAGS:
            if not text:
                continue
            if text not in known:
                known[text] = _same_vector(text, VECTOR_TAGS[name], vectors, tolerance)
            text = known[text]
        groups.setdefault(text, []).append(path)
    return groups


def _same_vector(text: str, count: int, vectors: dict[str, np.ndarray], tolerance: float) -> str:
    """The text of the first vector that is equal to this one; a new one is added to `vectors`."""
    try:
        numbers = parse_vector(text, count)
    except MissingGeometry:
        return text
    for known, vector in vectors.items():
        if same_orientation(vector, numbers, tolerance):
            return known
    vectors[text] = numbers
    return text
