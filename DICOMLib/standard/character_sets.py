"""The character set that a dataset of ours is written in (PS3.3 section C.12.1.1.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

LATIN_1, UTF_8 = "ISO_IR 100", "ISO_IR 192"


def smallest_character_set(dataset: Dataset) -> str:
    """Specific Character Set of the smallest repertoire that holds all texts; "" for plain ASCII."""
    text = "".join(str(element.value) for element in dataset.iterall() if element.VR != "SQ")
    if text.isascii():
        return ""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return UTF_8
    return LATIN_1
