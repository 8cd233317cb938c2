"""The elements of a DICOM file as text, sequences nested."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue
from pydicom.uid import UID

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.core.wording import counted
from DICOMLib.standard.part10 import read_file

LONGEST_VALUE = 1024
UNDEFINED_LENGTH = 0xFFFFFFFF
READ_LATER_BYTES = 65536  # longer values, such as pixel data, are not read to be shown


class Element:
    """One element, or one item of a sequence. What is below it is read when it is asked for.

    Parameters
    ----------
    tag, attribute, value, vr, length
        What is shown in the columns.
    below
        Gives the elements below; None if nothing can be below.
    """

    __slots__ = ("_below", "_children", "attribute", "length", "tag", "value", "vr", "whole")

    def __init__(
        self,
        tag: str,
        attribute: str,
        value: str = "",
        vr: str = "",
        length: str = "",
        below: Callable[[], list[Element]] | None = None,
    ) -> None:
        self.tag, self.attribute, self.value, self.vr, self.length = tag, attribute, value, vr, length
        self.whole: Callable[[], Any] | None = None  # gives the value, of which a part may be shown
        self._below = below
        self._children: list[Element] | None = None if below else []

    @property
    def children(self) -> list[Element]:
        """The items of a sequence, or the elements of an item."""
        if self._children is None:
            self._children = self._below() if self._below else []
        return self._children

    @property
    def may_have_children(self) -> bool:
        """Whether something may be below, without a look at it."""
        return self._children is None or bool(self._children)

    def has_value_of(self, other: Element) -> bool:
        """Whether both values are the same, also in what is not shown of them."""
        if (self.value, self.vr) != (other.value, other.vr):
            return False
        if self.whole is None or other.whole is None:
            return True
        mine, theirs = self.whole(), other.whole()
        return bool(mine == theirs) or repr(mine) == repr(theirs)  # NaN is not equal to itself

    def columns(self) -> tuple[str, str, str, str, str]:
        """What is shown in the columns Tag, Attribute, Value, VR, Length."""
        return self.tag, self.attribute, self.value, self.vr, self.length

    def with_children(self, children: list[Element]) -> Element:
        """The same element with only some of those below it."""
        return Element(*self.columns(), below=lambda: children)


def read_elements(path: str) -> list[Element]:
    """All elements of a file, those of the file meta information first.

    Raises
    ------
    InvalidDICOM
        If the file cannot be read.
    """
    with no_warnings:  # values that break a rule of their VR are shown as they are
        dataset = read_dataset(path)
        return [*_elements(dataset.file_meta), *_elements(dataset)]


def read_dataset(path: str) -> Dataset:
    """The data set of a file; long values, such as pixel data, are left in the file.

    Raises
    ------
    InvalidDICOM
        If the file cannot be read.
    """
    try:
        return read_file(path, defer_bytes=READ_LATER_BYTES)
    except (OSError, InvalidDicomError) as error:
        raise InvalidDICOM(path, "the file cannot be read as DICOM") from error


def _elements(dataset: Dataset) -> Iterator[Element]:
    for tag in sorted(dataset.keys()):
        raw: Any = dataset.get_item(tag, keep_deferred=True)
        length = getattr(raw, "length", None)
        if length is not None and length != UNDEFINED_LENGTH and length > READ_LATER_BYTES and raw.VR != "SQ":
            shown = (_tag_text(tag), _attribute(dataset, tag), "…", str(raw.VR or ""), str(raw.length))
            left_in_file = Element(*shown)
            left_in_file.whole = partial(_digest, dataset, tag)
            yield left_in_file
        else:
            yield _element(dataset, tag, length)


def _element(dataset: Dataset, tag: Any, length: int | None) -> Element:
    try:
        element = dataset[tag]
    except Exception as error:  # noqa: BLE001  broken bytes raise anything; the others shall be seen
        return Element(_tag_text(tag), _attribute(dataset, tag), f"<{error}>")
    text = "" if length is None or length == UNDEFINED_LENGTH else str(length)
    attribute = _attribute(dataset, tag)
    if element.VR == "SQ":
        items = list(element.value or [])
        count = counted(len(items), "item")
        return Element(_tag_text(tag), attribute, count, "SQ", text, lambda: _items(items))
    shown = (_tag_text(tag), attribute, _value(element), element.VR, text)
    read = Element(*shown)
    read.whole = lambda: element.value
    return read


def _digest(dataset: Dataset, tag: Any) -> bytes:
    """What tells a value from others; the value itself is left in the file."""
    raw = dataset.get_item(tag)
    value = raw.value if raw is not None else None
    return hashlib.sha256(value if isinstance(value, bytes) else repr(value).encode()).digest()


def _items(items: list[Dataset]) -> list[Element]:
    return [
        Element("", f"Item {number}", below=partial(_all_elements, item))
        for number, item in enumerate(items, 1)
    ]


def _all_elements(dataset: Dataset) -> list[Element]:
    with no_warnings:
        return list(_elements(dataset))


def _value(element: DataElement) -> str:
    value = element.value
    if value is None:
        return ""
    if isinstance(value, bytes):
        shown = value.rstrip(b"\0 ")
        return shown.decode() if shown.isascii() and shown.decode().isprintable() else value[:64].hex(" ")
    if isinstance(value, MultiValue | list):
        text = f"[{len(value)}] " + ", ".join(str(one) for one in value[:LONGEST_VALUE])
    else:
        text = str(value)
        if element.VR == "UI" and UID(text).name != text:
            text = f"{text} ({UID(text).name})"
    return text[:LONGEST_VALUE] + ("…" if len(text) > LONGEST_VALUE else "")


def _tag_text(tag: Any) -> str:
    return f"({tag.group:04x},{tag.element:04x})"


def _attribute(dataset: Dataset, tag: Any) -> str:
    """Name of an element; of a private one with its creator (PS3.5 7.8.1)."""
    if not tag.is_private:
        known = pydicom.datadict.dictionary_has_tag(tag)
        return pydicom.datadict.dictionary_description(tag) if known else ""
    if tag.is_private_creator:
        return "Private Creator"
    creator_element = dataset.get_item((tag.group << 16) | (tag.element >> 8))
    creator = creator_element.value if creator_element is not None else None
    if isinstance(creator, bytes):
        creator = creator.decode("latin-1").strip("\0 ")
    if not creator:
        return "Private element"
    try:
        name = pydicom.datadict.private_dictionary_description(tag, str(creator))
    except KeyError:
        name = "private element"
    return f"{creator}: {name.strip('[]')}"
