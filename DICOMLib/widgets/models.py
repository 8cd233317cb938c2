"""Table model of one level of the database: rows are kept as they were read and formatted when painted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from qtpy.QtCore import QAbstractTableModel, QItemSelection, QModelIndex, QObject, Qt

from DICOMLib.widgets.columns import TableColumn, shown_text

UID_ROLE = int(Qt.UserRole)
# Columns that hold no text for users; a search does not look at them.
UNSEARCHED = frozenset(("Connections", "DisplayedFieldsUpdatedTimestamp"))

Row = Sequence[Any]


class DatabaseTableModel(QAbstractTableModel):
    """All rows of a query; those that match the search are shown, in the order of the sorted column.

    The first value of each row is its identifier. Sorting and searching work on the whole list, which
    is much faster than a proxy model that asks for each cell.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: list[TableColumn] = []
        self._positions: list[int] = []
        self._rows: list[Row] = []
        self._shown: list[Row] = []
        self._searched: list[tuple[int, str]] = []
        self._texts: list[str] | None = None
        self._pattern = ""
        self._sort: tuple[int, Qt.SortOrder] = (-1, Qt.AscendingOrder)

    # What the model is asked by its owner

    @property
    def columns(self) -> list[TableColumn]:
        """The columns in the order in which they are shown."""
        return self._columns

    @property
    def total(self) -> int:
        """Number of rows with those that the search hides."""
        return len(self._rows)

    def load(self, columns: Sequence[TableColumn], fields: Sequence[str], rows: list[Row]) -> None:
        """Show other rows; `fields` names the values of each row, the first is the identifier."""
        self.beginResetModel()
        self._columns = list(columns)
        self._positions = [fields.index(column.field) for column in columns]
        self._searched = [(i, field) for i, field in enumerate(fields) if field not in UNSEARCHED]
        self._rows = rows
        self._texts = None
        self._arrange()
        self.endResetModel()

    def setSearch(self, pattern: str) -> None:
        """Show only rows in which some value contains `pattern`; `*` and `?` are wildcards."""
        if pattern == self._pattern:
            return
        self.beginResetModel()
        self._pattern = pattern
        self._arrange()
        self.endResetModel()

    def uids(self, rows: Iterable[int] | None = None) -> list[str]:
        """Identifiers of these shown rows, or of all."""
        if rows is None:
            return [str(row[0]) for row in self._shown]
        return [str(self._shown[row][0]) for row in rows]

    def selectionOf(self, uids: Iterable[str]) -> QItemSelection:
        """Ranges of the shown rows that have these identifiers."""
        wanted = set(uids)
        selection = QItemSelection()
        last = self.columnCount() - 1
        start = None
        for i in range(len(self._shown) + 1):
            inside = i < len(self._shown) and str(self._shown[i][0]) in wanted
            if inside and start is None:
                start = i
            elif not inside and start is not None:
                selection.select(self.index(start, 0), self.index(i - 1, last))
                start = None
        return selection

    def _arrange(self) -> None:
        """Choose and order the shown rows."""
        self._shown = self._matching()
        column, order = self._sort
        if 0 <= column < len(self._columns):
            self._shown = _sorted(
                self._shown,
                self._positions[column],
                self._columns[column].field,
                order == Qt.DescendingOrder,
            )

    def _matching(self) -> list[Row]:
        if not self._pattern:
            return list(self._rows)
        if self._texts is None:
            self._texts = [
                "\n".join(shown_text(field, row[i]) for i, field in self._searched).casefold()
                for row in self._rows
            ]
        matches = _searcher(self._pattern)
        return [row for row, text in zip(self._rows, self._texts, strict=True) if matches(text)]

    # QAbstractTableModel

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of shown rows."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of columns, hidden ones too."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text, tool tip, or (UID_ROLE) the identifier of the row."""
        if not index.isValid():
            return None
        row = self._shown[index.row()]
        if role == UID_ROLE:
            return str(row[0])
        field = self._columns[index.column()].field
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return shown_text(field, row[self._positions[index.column()]])
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        """Displayed name of a column."""
        if orientation != Qt.Horizontal or section >= len(self._columns):
            return None
        if role == Qt.DisplayRole:
            return self._columns[section].title
        if role == Qt.TextAlignmentRole:
            return int(Qt.AlignLeft | Qt.AlignVCenter)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.AscendingOrder) -> None:
        """Order the rows by a column; selected and current rows keep being so."""
        if (column, order) == self._sort and not self._shown:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        rows = [self._shown[index.row()] for index in before]
        self._sort = (column, order)
        self._arrange()
        new_row = {id(row): i for i, row in enumerate(self._shown)} if before else {}
        after = [
            self.index(new_row[id(row)], index.column()) for index, row in zip(before, rows, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()


def _searcher(pattern: str) -> Callable[[str], Any]:
    """Give a function that tells whether a text (in lower case) contains the pattern within one value."""
    pattern = pattern.casefold()
    if "*" not in pattern and "?" not in pattern:
        return lambda text: pattern in text
    signs = {"*": "[^\n]*", "?": "[^\n]"}
    return re.compile("".join(signs.get(sign, re.escape(sign)) for sign in pattern)).search


def _sorted(rows: list[Row], position: int, field: str, descending: bool) -> list[Row]:
    """Order by one value: numbers by size, text without regard to case; rows without value come last."""
    filled: list[Row] = []
    empty: list[Row] = []
    for row in rows:
        value = row[position]
        (empty if value is None or value == "" else filled).append(row)
    filled.sort(key=lambda row: _sort_key(field, row[position]), reverse=descending)
    return filled + empty


def _sort_key(field: str, value: Any) -> tuple[int, Any]:
    if field.endswith("Date"):
        return 1, str(value).replace("-", "")
    if isinstance(value, int | float):
        return 0, value
    return 1, str(value).casefold()
