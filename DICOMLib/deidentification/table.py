"""PS3.15 Annex E as tables: the basic profile, the columns of its options, safe private elements.

Actions of the basic profile (Table E.1-1) come from the package dicom-anonymizer, which follows the editions
of the Standard; columns and private elements from `Resources/Deidentification`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from types import MappingProxyType

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

from DICOMLib.core.resources import resource

EDITION = "dicomfields_2026c"
COLUMNS = "Deidentification/option-columns.tsv"
PRIVATE = "Deidentification/safe-private.tsv"


class Action(Enum):
    """What is done with an attribute (PS3.15 Table E.1-1a, with the choice between alternatives made)."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "replace by a dummy"
    UID = "replace the UID"
    SHIFT = "shift the date"
    CLEAN = "clean the text"
    UNNAME = "take names out of the text"
    DESCEND = "clean the items"


_OF_CATEGORY = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "U_TAGS": Action.UID,
    "Z_D_TAGS": Action.DUMMY,
    "X_Z_TAGS": Action.EMPTY,
    "X_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.DUMMY,
    "X_Z_U_STAR_TAGS": Action.DESCEND,
}


def table_action(tag: int) -> Action | None:
    """What the basic profile says of a tag; None if it is not listed."""
    single, repeating = _table()
    if tag in single:
        return single[tag]
    for pattern, mask, action in repeating:
        if tag & mask == pattern & mask:
            return action
    return None


@cache
def _table() -> tuple[dict[int, Action], tuple[tuple[int, int, Action], ...]]:
    """Single tags, and those of repeating groups with the mask of what counts."""
    single: dict[int, Action] = {}
    repeating: list[tuple[int, int, Action]] = []
    listed = dicom_anonymization_database_selector(EDITION)
    for category, action in _OF_CATEGORY.items():
        for tag in listed[category]:
            number = tag[0] << 16 | tag[1]
            if len(tag) > 2:
                repeating.append((number, tag[2] << 16 | tag[3], action))
            else:
                single[number] = action
    return single, tuple(repeating)


@cache
def option_columns() -> Mapping[int, Mapping[str, str]]:
    """By tag, the letter (K keep, C clean) in the column of each option that names the tag.

    Curves and overlays, whose groups repeat, are not in it: they are removed whatever the options.
    """
    columns = {}
    for tag, _keyword, letters in _rows(COLUMNS):
        if "x" not in tag:
            cells = (cell.split("=", 1) for cell in letters.split())
            columns[int(tag, 16)] = MappingProxyType(dict(cells))
    return MappingProxyType(columns)


@cache
def safe_private() -> Mapping[tuple[int, str], frozenset[int]]:
    """Elements of safe private attributes (low byte of the element number) by group and creator."""
    safe: dict[tuple[int, str], frozenset[int]] = {}
    for creator, group, elements, _source in _rows(PRIVATE):
        key = (int(group, 16), creator)
        safe[key] = safe.get(key, frozenset()) | {int(element, 16) for element in elements.split()}
    return MappingProxyType(safe)


def _rows(name: str) -> Iterator[list[str]]:
    for line in resource(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            yield line.split("\t")
