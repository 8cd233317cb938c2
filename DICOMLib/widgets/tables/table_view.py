"""A table of patients, studies or series with its search box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.database.table_query import TableQuery
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.tables.columns import TableColumn, table_columns
from DICOMLib.widgets.tables.models import DatabaseTableModel
from DICOMLib.widgets.tables.table_conditions import TableConditions
from DICOMLib.widgets.tables.table_rows import TableRows
from DICOMLib.widgets.tables.table_source import TableSource
from DICOMLib.widgets.tables.table_state import HeaderState
from DICOMLib.widgets.translation import _

WIDEST_COLUMN = 180
ALL_HIDDEN_STYLE = "QLineEdit { background: #ffe680; color: black; }"


class ctkDICOMTableView(TableConditions, NamedSignals, QWidget):
    """A table over one level of a database, restricted by parents and conditions, with a search box."""

    OVERLOADS: ClassVar = {
        "QStringList": (list,),
        "QItemSelection,QItemSelection": (QItemSelection, QItemSelection),
        "constQItemSelection&,constQItemSelection&": (QItemSelection, QItemSelection),
    }

    selectionChanged = Signal((list,), (QItemSelection, QItemSelection))
    filterTextChanged = Signal(str)
    showFilterActiveWarning = Signal(bool)
    queryChanged = Signal(list)
    doubleClicked = Signal(QModelIndex)
    customContextMenuRequested = Signal(QPoint)
    deleteRequested = Signal()

    def __init__(self, parent: QWidget | None = None, queryTableName: str = "", title: str = "") -> None:
        super().__init__(parent)
        self._database: Any = None
        self._query = TableQuery(queryTableName)
        self.batchUpdate = False
        self.beforeUse: Callable[[], None] = lambda: None
        self._model = DatabaseTableModel(self)
        self._build(title)

    def _build(self, title: str) -> None:
        self.titleLabel = QLabel(title, self)
        self.titleLabel.setVisible(bool(title))
        self.searchBox = QLineEdit(self)
        self.searchBox.setAccessibleName(_("Search"))
        self.searchBox.setToolTip(_("Show only rows with this text in some column; * and ? are wildcards"))
        self.searchBox.setPlaceholderText(_("Search…"))
        self.searchBox.setClearButtonEnabled(True)
        self.searchBox.setMaximumWidth(260)
        self.searchBox.setAcceptDrops(False)  # files dropped on it belong to the browser
        self.searchBox.textChanged.connect(self._search)
        self.tblDicomDatabaseView = TableRows(self)
        self.tblDicomDatabaseView.setAccessibleName(title or _("Table"))
        self.tblDicomDatabaseView.setModel(self._model)
        self.tblDicomDatabaseView.doubleClicked.connect(self.doubleClicked)
        self.tblDicomDatabaseView.customContextMenuRequested.connect(self.customContextMenuRequested)
        self.tblDicomDatabaseView.selectionModel().selectionChanged.connect(self._tell_selection)
        self.tblDicomDatabaseView.activatedByKey.connect(self.doubleClicked)
        self.tblDicomDatabaseView.deleteRequested.connect(self.deleteRequested)
        header = self.tblDicomDatabaseView.horizontalHeader()
        self._state = HeaderState(header, self.queryTableName or "Table")
        header.setContextMenuPolicy(Qt.CustomContextMenu)
        header.customContextMenuRequested.connect(self._show_column_menu)
        self._header = QWidget(self)
        bar = QHBoxLayout(self._header)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(self.titleLabel)
        bar.addStretch(1)
        bar.addWidget(self.searchBox, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._header)
        layout.addWidget(self.tblDicomDatabaseView, 1)

    # Properties

    @property
    def queryTableName(self) -> str:
        """Database table that is shown: "Patients", "Studies" or "Series"."""
        return self._query.table

    @queryTableName.setter
    def queryTableName(self, name: str) -> None:
        self._query.table = name

    @property
    def queryForeignKey(self) -> str:
        """Column by which the parents' selection restricts the rows."""
        return self._query.parent_column

    @queryForeignKey.setter
    def queryForeignKey(self, name: str) -> None:
        self._query.parent_column = name

    @property
    def headerVisible(self) -> bool:
        """Whether title and search box are shown."""
        return not self._header.isHidden()

    @headerVisible.setter
    def headerVisible(self, visible: bool) -> None:
        self._header.setVisible(visible)

    @property
    def filterActive(self) -> bool:
        """Whether the search hides rows."""
        return self._model.rowCount() < self._model.total

    @property
    def currentSelection(self) -> list[str]:
        """Identifiers of the selected rows, from top to bottom."""
        rows: set[int] = set()
        for part in self.tblDicomDatabaseView.selectionModel().selection():
            rows.update(range(part.top(), part.bottom() + 1))
        return self._model.uids(sorted(rows))

    # Data

    def setDicomDataBase(self, database: Any) -> None:
        """Show the rows of this database (a ctkDICOMDatabase)."""
        self._database = database
        self.setQuery()

    def tableView(self) -> QTableView:
        """The table itself."""
        return self.tblDicomDatabaseView

    def setEmptyText(self, text: str) -> None:
        """Say what to do while there are no rows."""
        self.tblDicomDatabaseView.emptyText = text
        self.tblDicomDatabaseView.viewport().update()

    def setQuery(self, uids: Sequence[str] | None = None) -> None:
        """Read the rows again, only those whose parent is among `uids`; None or an empty list means all."""
        self._query.parents = list(uids) if uids else None
        self.refresh()

    def restrict(self, uids: Sequence[str] | None, again: bool = False) -> None:
        """Show the rows of these parents only; None means all, an empty list none.

        They are read if the parents are others than before, or if they shall be read `again`.
        """
        parents = None if uids is None else list(uids)
        if again or parents != self._query.parents:
            self._query.parents = parents
            self.refresh()

    def showAmong(self, uids: Sequence[str] | None) -> None:
        """Show only rows that a search has found; None for no search."""
        among = None if uids is None else list(uids)
        if among != self._query.among:
            self._query.among = among
            self.refresh()

    def refresh(self) -> None:
        """Read columns and rows again; what was selected stays selected."""
        usable = self._usable()
        self.setEnabled(usable)
        selected = self.currentSelection
        stored = self._database.core.columns(self.queryTableName) if usable else []
        columns = table_columns(stored)
        header_changed = columns != self._model.columns
        had_rows = bool(self._model.total)
        place = self.tblDicomDatabaseView.place()
        if header_changed:
            self._model.setOrder(*self._order(columns))
        self._model.load(columns, TableSource(self._database, self._query) if usable else None)
        if header_changed:
            self._lay_out_columns()
        if header_changed or (self._model.total and not had_rows):
            self._fit_columns()
        else:
            self.tblDicomDatabaseView.shareWidthAgain()
        self._select(selected)
        self.tblDicomDatabaseView.goTo(place)
        self.queryChanged.emit(self._model.uids())

    def _usable(self) -> bool:
        return (
            self._database is not None
            and self._database.isOpen
            and self._database.isDisplayedFieldsTableAvailable()
        )

    def uidsForAllRows(self) -> list[str]:
        """Identifiers of all rows that the search shows."""
        self.beforeUse()
        return self._model.uids()

    def queryString(self) -> str:
        """The SQL text of the query."""
        return self._query.sql()[0]

    # Selection and search

    def setCurrentSelection(self, uids: Sequence[str]) -> None:
        """Select exactly these rows."""
        self.beforeUse()
        self._select(uids, tell=True)

    def selectAll(self) -> None:
        """Select all rows that are shown."""
        self.beforeUse()
        self.tblDicomDatabaseView.selectAll()

    def selectFirst(self) -> None:
        """Select the first row only."""
        self.beforeUse()
        self.tblDicomDatabaseView.selectRow(0)

    def clearSelection(self) -> None:
        """Select nothing."""
        self.tblDicomDatabaseView.clearSelection()

    def setFilterText(self, text: str) -> None:
        """Search for `text`."""
        self.searchBox.setText(text)

    def _select(self, uids: Sequence[str], tell: bool = False) -> None:
        """Select these rows; without `tell`, those that had been selected and are gone are told only."""
        chooser = self.tblDicomDatabaseView.selectionModel()
        selection = self._model.selectionOf(uids) if uids else QItemSelection()
        chooser.blockSignals(not tell)
        chooser.select(selection, QItemSelectionModel.ClearAndSelect)
        chooser.blockSignals(False)
        self.tblDicomDatabaseView.viewport().update()
        if not tell and self.currentSelection != list(uids):
            self._tell_selection(QItemSelection(), QItemSelection())

    def _tell_selection(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        self.selectionChanged[list].emit(self.currentSelection)
        self.selectionChanged[QItemSelection, QItemSelection].emit(selected, deselected)

    def _search(self, text: str) -> None:
        selected = self.currentSelection
        self._model.setSearch(text.strip())
        self._select(selected)
        hides_all = not self._model.rowCount() and bool(self._model.total)
        self.searchBox.setStyleSheet(ALL_HIDDEN_STYLE if hides_all else "")
        self.filterTextChanged.emit(text)
        self.showFilterActiveWarning.emit(hides_all)
        self.queryChanged.emit(self.uidsForAllRows())

    # Columns

    def _lay_out_columns(self) -> None:
        """Hide, size and sort the columns as the database says."""
        columns = self._model.columns
        header = self.tblDicomDatabaseView.horizontalHeader()
        header.setStretchLastSection(
            not any(column.visible and column.resize_mode == "stretch" for column in columns)
        )
        for i, column in enumerate(columns):
            header.setSectionHidden(i, not column.visible)
            header.setSectionResizeMode(i, _RESIZE_MODES[column.resize_mode])
        sorted_column, order = self._order(columns)
        if sorted_column >= 0:
            self.tblDicomDatabaseView.sortByColumn(sorted_column, order)

    def _order(self, columns: Sequence[TableColumn]) -> tuple[int, Qt.SortOrder]:
        return self._state.order([column.field for column in columns]) or default_order(columns)

    def _fit_columns(self) -> None:
        """Make the columns that users may resize as wide as what is in them, within reason."""
        header = self.tblDicomDatabaseView.horizontalHeader()
        long_texts: dict[int, int] = {}
        for i, column in enumerate(self._model.columns):
            if column.visible and column.resize_mode == "interactive":
                width = self.tblDicomDatabaseView.wantedWidth(i)
                header.resizeSection(i, min(width, WIDEST_COLUMN))
                if width > WIDEST_COLUMN:
                    long_texts[i] = width
        self.tblDicomDatabaseView.stretchColumns(
            i for i, one in enumerate(self._model.columns) if one.resize_mode == "stretch"
        )
        self.tblDicomDatabaseView.shareWidth(long_texts)
        self._state.follow([column.field for column in self._model.columns])

    def _show_column_menu(self, position: QPoint) -> None:
        """Offer the columns to show; the database keeps the choice."""
        self.columnMenu().popup(self.tblDicomDatabaseView.horizontalHeader().mapToGlobal(position))

    def columnMenu(self) -> QMenu:
        """Menu of the columns that have a name, checked where they are shown."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WA_DeleteOnClose)
        titles = [_(column.title) for column in self._model.columns]
        for title, column in sorted(
            zip(titles, self._model.columns, strict=True), key=lambda one: one[0].casefold()
        ):
            if not title:
                continue
            # patients have their name twice: as it is stored, and as it is displayed
            action = menu.addAction(title if titles.count(title) == 1 else f"{title} ({column.field})")
            action.setCheckable(True)
            action.setChecked(column.visible)
            action.toggled.connect(lambda shown, column=column: self._show_column(column, shown))
        return menu

    def _show_column(self, column: TableColumn, shown: bool) -> None:
        self._database.setVisibilityForField(self.queryTableName, column.field, shown)
        self.refresh()


_RESIZE_MODES = {
    "interactive": QHeaderView.Interactive,
    "stretch": QHeaderView.Stretch,
    "resizeToContents": QHeaderView.ResizeToContents,
}


def default_order(columns: Sequence[TableColumn]) -> tuple[int, Qt.SortOrder]:
    """Column by which the database wants its rows sorted, -1 for none; the last one with a sort wins."""
    order = (-1, Qt.AscendingOrder)
    for i, column in enumerate(columns):
        if column.sort:
            order = (i, Qt.AscendingOrder if column.sort == "ascending" else Qt.DescendingOrder)
    return order
