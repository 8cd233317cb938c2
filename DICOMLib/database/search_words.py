"""Words in what tables show: the texts of all rows, kept in memory until somebody writes to the database.

A user who types a word asks again with every letter, so the rows are read and folded once.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from DICOMLib.database.search_fields import Field
from DICOMLib.standard.folding import fold

if TYPE_CHECKING:
    from DICOMLib.database.session import Session

# Columns without a text for users. UIDs are asked for by SQL, see `search`.
_UNSEARCHED = frozenset(("UID", "PatientsUID", "Connections", "DisplayedFieldsUpdatedTimestamp"))
_DAY = re.compile(r"(\d{4})-?(\d\d)-?(\d\d)")


class ShownTexts:
    """The folded texts of the rows of a database, one row a text, one value a line."""

    def __init__(self) -> None:
        self._stamp: object = None
        self._texts: dict[str, tuple[list[int], list[str]]] = {}

    def rows_with(self, session: Session, columns: Sequence[Field], word: str) -> list[int]:
        """Numbers (rowid) of the rows of a table that contain a word.

        Parameters
        ----------
        session
            Open.
        columns
            All columns of the table.
        word
            Folded; "*" and "?" stand for any text and one character within one value.
        """
        stamp = session.stamp() or session.read(lambda connection: connection.total_changes)
        if stamp != self._stamp:
            self._texts, self._stamp = {}, stamp
        table = columns[0].table
        if table not in self._texts:
            shown = [column for column in columns if column.vr != "UI" and column.name not in _UNSEARCHED]
            self._texts[table] = session.read(_read, table, shown)
        numbers, texts = self._texts[table]
        if not re.search(r"[*?]", word):
            return [number for number, text in zip(numbers, texts, strict=True) if word in text]
        contains = _searcher(word)
        return [number for number, text in zip(numbers, texts, strict=True) if contains(text)]


def _searcher(word: str) -> Callable[[str], object]:
    signs = {"*": "[^\n]*", "?": "[^\n]"}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in word)).search


def _read(
    connection: sqlite3.Connection, table: str, columns: Sequence[Field]
) -> tuple[list[int], list[str]]:
    names = ", ".join(f'"{column.name}"' for column in columns)
    days = [i for i, column in enumerate(columns) if column.vr == "DA"]
    numbers, texts = [], []
    for number, *values in connection.execute(f"SELECT rowid, {names} FROM {table} ORDER BY rowid"):
        for i in days:
            values[i] = _both_forms(values[i])
        numbers.append(int(number))
        texts.append(fold("\n".join([str(value) for value in values if value is not None and value != ""])))
    return numbers, texts


def _both_forms(value: object) -> str:
    """A date as people write it, and as the Standard does: 2020-05-31 and 20200531."""
    text = "" if value is None else str(value)
    match = _DAY.fullmatch(text)
    return f"{'-'.join(match.groups())}\n{''.join(match.groups())}" if match else text
