"""The elements of a DICOM file as text, sequences nested."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.multival import MultiValue

from DICOMLib.core.errors import InvalidDICOM

LONGEST_VALUE = 1024
READ_LATER_BYTES = 65536  # longer values, such as pixel data, are not read to be shown


@dataclass(slots=True)
class Element:
    """One element, or one item of a sequence."""

    tag: str
    attribute: str
    value: str = ""
    vr: str = ""
    length: str = ""
    children: list[Element] = field(default_factory=list)

    def columns(self) -> tuple[str, str, str, str, str]:
        """What is shown in the columns Tag, Attribute, Value, VR, Length."""
        return self.tag, self.attribute, self.value, self.vr, self.length


def read_elements(path: str) -> list[Element]:
    """All elements of a file, those of the file meta information first.

    Raises
    ------
    InvalidDICOM
        If the file cannot be read.
    """
    try:
        dataset = pydicom.dcmread(Path(path), defer_size=READ_LATER_BYTES)
    except (OSError, InvalidDicomError) as error:
        raise InvalidDICOM(path, "the file cannot be read as DICOM") from error
    return [*_elements(dataset.file_meta), *_elements(dataset)]


def _elements(dataset: Dataset) -> Iterator[Element]:
    for tag in sorted(dataset.keys()):
        raw = dataset.get_item(tag)
        length = getattr(raw, "length", None)
        if length is not None and length != 0xFFFFFFFF and length > READ_LATER_BYTES:
            yield _unread(dataset, tag, raw)
        else:
            yield _element(dataset, tag, length)


def _unread(dataset: Dataset, tag: Any, raw: Any) -> Element:
    return Element(_tag_text(tag), _attribute(dataset, tag), "…", str(raw.VR or ""), str(raw.length))


def _element(dataset: Dataset, tag: Any, length: int | None) -> Element:
    try:
        element = dataset[tag]
    except Exception as error:  # noqa: BLE001  broken bytes raise anything; the others shall be seen
        return Element(_tag_text(tag), _attribute(dataset, tag), f"<{error}>")
    shown = Element(_tag_text(tag), element.name, vr=element.VR)
    shown.length = "" if length is None or length == 0xFFFFFFFF else str(length)
    if element.VR == "SQ":
        items = element.value or []
        shown.value = f"{len(items)} item" + ("" if len(items) == 1 else "s")
        shown.children = [
            Element("", f"Item {number}", children=list(_elements(item)))
            for number, item in enumerate(items, 1)
        ]
    else:
        shown.value = _value(element)
    return shown


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
    return text[:LONGEST_VALUE] + ("…" if len(text) > LONGEST_VALUE else "")


def _tag_text(tag: Any) -> str:
    return f"({tag.group:04x},{tag.element:04x})"


def _attribute(dataset: Dataset, tag: Any) -> str:
    return pydicom.datadict.dictionary_description(tag) if pydicom.datadict.dictionary_has_tag(tag) else ""


Matcher = Callable[[Element], bool]


def matcher(expression: str) -> Matcher | None:
    """Tell whether an element has the searched text; None for an empty search or a broken expression.

    Plain text is looked for regardless of case, with the wildcards `*` and `?`; after "regexp:" stands
    a regular expression, with regard to case.
    """
    if expression.startswith("regexp:"):
        try:
            pattern = re.compile(expression.removeprefix("regexp:"))
        except re.error:
            return lambda _element: False
    elif expression:
        signs = {"*": ".*", "?": "."}
        pattern = re.compile("".join(signs.get(sign, re.escape(sign)) for sign in expression), re.IGNORECASE)
    else:
        return None
    return lambda element: any(
        pattern.search(text) for text in (element.tag, element.attribute, element.value)
    )


def filtered(elements: list[Element], matches: Matcher | None) -> list[Element]:
    """The elements that match, and those that hold one that does."""
    if matches is None:
        return elements
    kept = []
    for element in elements:
        if matches(element):
            kept.append(element)
            continue
        children = filtered(element.children, matches)
        if children:
            kept.append(Element(*element.columns(), children=children))
    return kept


def as_text(elements: list[Element], prefix: str = "", depth: int = 0) -> str:
    """One line for each element, columns separated by tabs, indented by tabs."""
    lines = []
    for element in elements:
        tag = element.tag.replace("(", "[").replace(")", "]")  # spreadsheets take (1,2) for a negative number
        columns = (tag, *element.columns()[1:])
        lines.append(prefix + "\t" * depth + "\t".join(columns))
        if element.children:
            lines.append(as_text(element.children, prefix, depth + 1))
    return "\n".join(lines)
