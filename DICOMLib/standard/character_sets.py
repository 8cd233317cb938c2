"""The character set that a dataset of ours is written in (PS3.3 section C.12.1.1.2)."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LATIN_1, UTF_8 = "ISO_IR 100", "ISO_IR 192"


def smallest_character_set(dataset: Dataset) -> str:
    """Specific Character Set of the smallest repertoire that holds all texts; "" for plain ASCII."""
    return smallest_repertoire(
        "".join(_text(element.value) for element in dataset.iterall() if element.VR != "SQ")
    )


def smallest_repertoire(text: str) -> str:
    """The same of one text."""
    if text.isascii():
        return ""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return UTF_8
    return LATIN_1


def _text(value: object) -> str:
    """A value, or all of several; as a list these would be written with escapes."""
    return "".join(map(str, value)) if isinstance(value, MutableSequence) else str(value)
