"""Qt's enumerations as numbers: in PyQt5 they are numbers, in PySide6 and PyQt6 they are not."""

from __future__ import annotations

from typing import Any


def number_of(value: Any) -> int:
    """The number of one value, or of several that are joined, such as `Qt.AlignLeft | Qt.AlignTop`."""
    return int(getattr(value, "value", value))
