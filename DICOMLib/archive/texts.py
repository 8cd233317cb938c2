"""Elements of datasets as texts, whatever they hold: what strangers send need not be valid.

pydicom would judge each value, and tell of the odd ones in warnings and logs.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from DICOMLib.standard.tags import tag_number, tag_text, vr_of
from DICOMLib.standard.values import element_text

_PADDING = " \0"
_CHARACTER_SET = 0x00080005
_ONE_TEXT_VRS = frozenset(("LT", "ST", "UT", "UR"))
_BINARY_SIZES = {"US": 2, "SS": 2, "AT": 2, "UL": 4, "SL": 4, "FL": 4, "UV": 8, "SV": 8, "FD": 8}


def tags_of(dataset: Dataset) -> Iterator[str]:
    """Tags of the elements, in their order, without group lengths."""
    return (tag_text(tag) for tag in sorted(dataset.keys()) if tag & 0xFFFF)


def is_sequence(dataset: Dataset, tag: str) -> bool:
    """Whether an element holds items."""
    item = dataset.get_item(tag_number(tag))
    return (item.VR or vr_of(tag)) == "SQ"


def text_of(dataset: Dataset, tag: str) -> str:
    """The value of an element, several ones separated by backslashes; "" for what has no text."""
    number = tag_number(tag)
    item = dataset.get_item(number) if number in dataset else None
    if item is None:
        return ""
    if isinstance(item, RawDataElement):
        vr = item.VR if item.VR not in (None, "UN") else vr_of(tag)
        raw = bytes(item.value or b"")
        if not item.is_little_endian:
            raw = _swapped(raw, _BINARY_SIZES.get(vr, 1))
        return element_text(vr.encode(), raw, _character_set(dataset))
    return value_text(item)


def value_text(element: DataElement) -> str:
    """The same of an element that is decoded."""
    value = element.value
    if value is None or element.VR == "SQ":
        return ""
    return "\\".join(map(str, value)) if isinstance(value, MultiValue | list | tuple) else str(value)


def texts_of(dataset: Dataset, tag: str) -> list[str]:
    """The values of an element; none for an empty one."""
    text = text_of(dataset, tag)
    if not text:
        return []
    if vr_of(tag) == "UI":  # each may be padded by itself, by what the database would take for a part of it
        return [one for one in (part.strip(_PADDING) for part in text.split("\\")) if one]
    return [text] if vr_of(tag) in _ONE_TEXT_VRS else text.split("\\")


def _character_set(dataset: Dataset) -> str:
    if _CHARACTER_SET in dataset:
        item = dataset.get_item(_CHARACTER_SET)
        if isinstance(item, RawDataElement):
            return (item.value or b"").decode("ascii", "replace").strip(" \0")
        return "" if item.value is None else text_of(dataset, tag_text(_CHARACTER_SET))
    sequence = getattr(dataset, "parent_seq", None)  # items have that of the dataset that they are in
    parent = sequence.parent_dataset if sequence is not None else None
    return "" if parent is None else _character_set(parent)


def _swapped(raw: bytes, size: int) -> bytes:
    return (
        b"".join(raw[place : place + size][::-1] for place in range(0, len(raw), size)) if size > 1 else raw
    )
