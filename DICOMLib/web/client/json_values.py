"""Single values out of the DICOM JSON model (PS3.18 annex F), whatever a server sends in their place."""

from __future__ import annotations

from typing import Any


def items(dataset: dict[str, Any], tag: str) -> list[dict[str, Any]]:
    """The items of a sequence, by its tag "GGGGEEEE"; none where there are none."""
    return [item for item in _values(dataset, tag) if isinstance(item, dict)]


def text(dataset: dict[str, Any], tag: str) -> str:
    """The first value of an element; "" where there is none."""
    values = _values(dataset, tag)
    return str(values[0]) if values and values[0] is not None else ""


def number(dataset: dict[str, Any], tag: str) -> int | None:
    """The first value of an element, where it is a whole number; servers write it as text, too."""
    value = text(dataset, tag).strip()
    return int(value) if value.isascii() and value.isdecimal() and len(value) < 10 else None


def _values(dataset: dict[str, Any], tag: str) -> list[Any]:
    element = dataset.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values if isinstance(values, list) else []
