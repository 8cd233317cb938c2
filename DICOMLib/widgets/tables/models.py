"""Table model of one level of the database: all identifiers are known, values are read as they are shown."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from qtpy.QtCore import QAbstractTableModel, QItemSelection, QModelIndex, QObject, Qt

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.tables.columns import TableColumn, shown_text
from DICOMLib.widgets.translation import _

UID_ROLE = int(Qt.UserRole)
# What a view asks each cell for again and again: plain numbers, for enumerations take longer to compare.
_TEXT_ROLES = frozenset((number_of(Qt.DisplayRole), number_of(Qt.ToolTipRole)))
PAGE = 256  # rows that are read at once
KEPT_PAGES = 40

Row = Sequence[Any]


class RowSource(Protocol):
    """Where the rows come from."""

    @property
    def fields(self) -> Sequence[str]:
        """Names of the values of each row; the first is the identifier."""

    def identifiers(self, search: str, sort: str, descending: bool) -> list[str]:
        """All identifiers that match, in order."""

    def rows(self, wanted: Sequence[str]) -> Mapping[str, Row]:
        """The values of these rows."""


class DatabaseTableModel(QAbstractTableModel):
    """All rows of a query; those that match the search are shown, in the order of the sorted column.

    The database sorts and searches; the model keeps the identifiers, and the values of the pages that
    were looked at last.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns: list[TableColumn] = []
        self._positions: list[int] = []
        self._source: RowSource | None = None
        self._everything: list[str] = []
        self._shown: list[str] = []
        self._pages: OrderedDict[int, list[Row | None]] = OrderedDict()
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
        return len(self._everything)

    def load(self, columns: Sequence[TableColumn], source: RowSource | None) -> None:
        """Show the rows of a source; None for no rows."""
        self.beginResetModel()
        self._columns = list(columns)
        self._source = source
        fields = list(source.fields) if source is not None else []
        self._positions = [fields.index(column.field) for column in columns]
        self._arrange()
        self.endResetModel()

    def setOrder(self, column: int, order: Qt.SortOrder) -> None:
        """Say how the rows that are loaded next are sorted; -1 for as they lie in the database."""
        self._sort = (column, order)

    def setSearch(self, pattern: str) -> None:
        """Show only rows in which some value contains `pattern`; `*` and `?` are wildcards."""
        if pattern == self._pattern:
            return
        self.beginResetModel()
        self._pattern = pattern
        self._search()
        self.endResetModel()

    def uids(self, rows: Iterable[int] | None = None) -> list[str]:
        """Identifiers of these shown rows, or of all."""
        return list(self._shown) if rows is None else [self._shown[row] for row in rows]

    def selectionOf(self, uids: Iterable[str]) -> QItemSelection:
        """Ranges of the shown rows that have these identifiers."""
        wanted = set(uids)
        selection = QItemSelection()
        last = self.columnCount() - 1
        start = None
        for i, uid in enumerate((*self._shown, None)):
            inside = uid in wanted
            if inside and start is None:
                start = i
            elif not inside and start is not None:
                selection.select(self.index(start, 0), self.index(i - 1, last))
                start = None
        return selection

    # Rows

    def _arrange(self) -> None:
        """Read the identifiers in their order."""
        self._everything = self._identifiers("")
        self._search()

    def _search(self) -> None:
        self._pages.clear()
        self._shown = self._identifiers(self._pattern) if self._pattern else self._everything

    def _identifiers(self, pattern: str) -> list[str]:
        column, order = self._sort
        field = self._columns[column].field if 0 <= column < len(self._columns) else ""
        if self._source is None:
            return []
        return self._source.identifiers(pattern, field, order == Qt.DescendingOrder)

    def _row(self, number: int) -> Row | None:
        """Values of a row; None if it has gone from the database meanwhile."""
        page, position = divmod(number, PAGE)
        if page in self._pages:
            self._pages.move_to_end(page)
        else:
            wanted = self._shown[page * PAGE : (page + 1) * PAGE]
            found: Mapping[str, Row] = self._source.rows(wanted) if self._source is not None else {}
            self._pages[page] = [found.get(uid) for uid in wanted]
            if len(self._pages) > KEPT_PAGES:
                self._pages.popitem(last=False)
        return self._pages[page][position]

    def _text(self, number: int, column: int) -> str | None:
        row = self._row(number)
        return None if row is None else shown_text(self._columns[column].field, row[self._positions[column]])

    def texts(self, column: int, rows: range) -> list[str]:
        """What a column shows in these rows."""
        return [self._text(row, column) or "" for row in rows]

    # QAbstractTableModel

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of shown rows."""
        return 0 if parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of columns, hidden ones too."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text, tool tip, or (UID_ROLE) the identifier of the row."""
        if (role not in _TEXT_ROLES and role != UID_ROLE) or not index.isValid():
            return None
        return self._shown[index.row()] if role == UID_ROLE else self._text(index.row(), index.column())

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        """Displayed name of a column."""
        if orientation != Qt.Horizontal or section >= len(self._columns):
            return None
        if role == Qt.DisplayRole:
            return _(self._columns[section].title)
        if role == Qt.TextAlignmentRole:
            return number_of(Qt.AlignLeft | Qt.AlignVCenter)
        return None

    def sort(self, column: int, order: Qt.SortOrder = Qt.AscendingOrder) -> None:
        """Order the rows by a column; selected and current rows keep being so."""
        if (column, order) == self._sort:
            return
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        uids = [self._shown[index.row()] for index in before]
        self._sort = (column, order)
        self._arrange()
        new_row = {uid: i for i, uid in enumerate(self._shown)} if before else {}
        after = [
            self.index(new_row[uid], index.column()) if uid in new_row else QModelIndex()
            for index, uid in zip(before, uids, strict=True)
        ]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()
