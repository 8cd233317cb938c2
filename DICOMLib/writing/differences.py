"""How what is written differs from what it was derived from, attribute by attribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from DICOMLib.standard.tags import tag_text

MAXIMUM_LENGTH = 120


@dataclass(frozen=True, slots=True)
class TagChange:
    """An attribute that differs.

    Parameters
    ----------
    tag
        "GGGG,EEEE".
    name
        Its name in the Standard, or the private creator's.
    before, after
        Its values as text; empty where it is absent.
    kind
        "added", "removed" or "changed".
    """

    tag: str
    name: str
    before: str
    after: str
    kind: str


def differences(before: Dataset, after: Dataset) -> list[TagChange]:
    """What changes from one dataset to another, in the order of the tags.

    Pixels are not compared; an attribute that is absent is the same as one without a value.
    """
    return list(_differences(before, after))


def _differences(before: Dataset, after: Dataset) -> Iterator[TagChange]:
    for tag in sorted({*before.keys(), *after.keys()}):
        old, new = before.get(tag), after.get(tag)
        if tag.group == 0x7FE0 or (old is not None and new is not None and old == new):
            continue
        if (old is None or old.is_empty) and (new is None or new.is_empty):
            continue
        kind = "added" if old is None else "removed" if new is None else "changed"
        known = old if old is not None else new
        yield TagChange(tag_text(int(tag)), known.name, _text(old), _text(new), kind)


def _text(element: DataElement | None) -> str:
    """The value as one short line."""
    if element is None or element.is_empty:
        return ""
    if element.VR == "SQ":
        return f"{len(element.value)} item(s)"
    if isinstance(element.value, bytes):
        return f"{len(element.value)} bytes"
    multiple = element.VM > 1
    text = "\\".join(map(str, element.value)) if multiple else str(element.value)
    return text if len(text) <= MAXIMUM_LENGTH else f"{text[: MAXIMUM_LENGTH - 1]}…"
