"""Which columns a table shows, in which order and how, as the database says."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

log = logging.getLogger(__name__)

RESIZE_MODES = ("interactive", "stretch", "resizeToContents")
SORTS = ("ascending", "descending")


class Stored(Protocol):
    """What the database keeps of one column."""

    field: str
    displayed_name: str
    visible: bool
    weight: int
    format: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column as it is shown.

    Parameters
    ----------
    field
        Column of the database table.
    title
        Text of the header.
    visible
        Whether it is shown.
    resize_mode
        "interactive", "stretch" or "resizeToContents".
    sort
        "ascending", "descending" or "" for none.
    """

    field: str
    title: str
    visible: bool = True
    resize_mode: str = "interactive"
    sort: str = ""


def table_columns(stored: Sequence[Stored]) -> list[TableColumn]:
    """Order by weight, keep the table's order among equals, and read the format of each column."""
    columns = []
    for column in sorted(stored, key=lambda one: one.weight):
        resize_mode, sort = _read_format(column.field, column.format)
        columns.append(
            TableColumn(column.field, column.displayed_name, bool(column.visible), resize_mode, sort)
        )
    return columns


def _read_format(field: str, text: str) -> tuple[str, str]:
    """Resize mode and sort of a format text; a malformed one is warned of and ignored."""
    if not text:
        return RESIZE_MODES[0], ""
    try:
        values = json.loads(text)
        resize_mode, sort = values.get("resizeMode", RESIZE_MODES[0]), values.get("sort", "")
    except (ValueError, AttributeError):
        log.warning("the format of column %s is no JSON object: %s", field, text)
        return RESIZE_MODES[0], ""
    if resize_mode not in RESIZE_MODES or sort not in (*SORTS, ""):
        log.warning("the format of column %s has an unknown value: %s", field, text)
    return (
        resize_mode if resize_mode in RESIZE_MODES else RESIZE_MODES[0],
        sort if sort in SORTS else "",
    )


def shown_text(field: str, value: Any) -> str:
    """Text of a stored value as people read it: dates as yyyy-MM-dd, times as HH:mm:ss.

    Dates lie in databases as "2011-02-03" as well as 20110203, for SQLite turns digits into a number; devices
    of before 1993 write "1997.04.24" (PS3.5 6.2).
    """
    if value is None:
        return ""
    text = str(value)
    if field.endswith("Timestamp"):
        return text.replace("T", " ")[:16]
    if field.endswith("Date"):
        return re.sub(r"^(\d{4})[.]?(\d{2})[.]?(\d{2})$", r"\1-\2-\3", text)
    if field.endswith("Time"):
        return re.sub(r"^(\d{2})(\d{2})(\d{2})(\.\d*)?$", r"\1:\2:\3", text)
    return text
