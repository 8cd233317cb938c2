"""The three tables of a database; a selection restricts the tables after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import QItemSelection, QModelIndex, QPoint, Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QAbstractItemView, QSplitter, QVBoxLayout, QWidget

from DICOMLib.database.search_advice import advice
from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.tables.table_state import SplitterState
from DICOMLib.widgets.tables.table_view import ctkDICOMTableView
from DICOMLib.widgets.translation import _


class ctkDICOMTableManager(NamedSignals, QWidget):
    """Tables of patients, studies and series over one database."""

    OVERLOADS = ctkDICOMTableView.OVERLOADS

    patientsSelectionChanged = Signal((list,), (QItemSelection, QItemSelection))
    studiesSelectionChanged = Signal((list,), (QItemSelection, QItemSelection))
    seriesSelectionChanged = Signal((list,), (QItemSelection, QItemSelection))
    patientsDoubleClicked = Signal(QModelIndex)
    studiesDoubleClicked = Signal(QModelIndex)
    seriesDoubleClicked = Signal(QModelIndex)
    patientsRightClicked = Signal(QPoint)
    studiesRightClicked = Signal(QPoint)
    seriesRightClicked = Signal(QPoint)
    searchForgotten = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._database: Any = None
        self._auto_select_series = True
        self._dynamic = False
        self._selection_mode = QAbstractItemView.ExtendedSelection
        self._batch = False
        self._refreshing = False
        self._searched = ""
        self.beforeUse: Callable[[], None] = lambda: None
        self._patients = ctkDICOMTableView(self, "Patients", _("Patients"))
        self._studies = ctkDICOMTableView(self, "Studies", _("Studies"))
        self._series = ctkDICOMTableView(self, "Series", _("Series"))
        self._splitter = QSplitter(Qt.Vertical, self)
        self._splitter.setChildrenCollapsible(False)
        for table in self.tables():
            table.beforeUse = lambda: self.beforeUse()
            self._splitter.addWidget(table)
        self._sizes = SplitterState(self._splitter, "Tables")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self._connect_tables()
        self._show_empty_texts()

    def _connect_tables(self) -> None:
        names = ("patients", "studies", "series")
        for name, table in zip(names, self.tables(), strict=True):
            changed = getattr(self, f"{name}SelectionChanged")
            table.selectionChanged[list].connect(getattr(self, f"_on_{name}_selected"))
            table.selectionChanged[list].connect(changed[list])
            table.selectionChanged[QItemSelection, QItemSelection].connect(
                changed[QItemSelection, QItemSelection]
            )
            table.doubleClicked.connect(getattr(self, f"{name}DoubleClicked"))
            table.customContextMenuRequested.connect(getattr(self, f"{name}RightClicked"))
        self._patients.filterTextChanged.connect(lambda _text: self._restrict_all())
        self._studies.filterTextChanged.connect(lambda _text: self._restrict_series())

    # Properties

    @property
    def tableOrientation(self) -> int:
        """Qt.Vertical: one table below the other; Qt.Horizontal: side by side."""
        return self._splitter.orientation()

    @tableOrientation.setter
    def tableOrientation(self, orientation: int) -> None:
        self._sizes.turn(Qt.Orientation(orientation))

    @property
    def dynamicTableLayout(self) -> bool:
        """Whether the tables lie side by side as soon as there is more than twice as much width as height."""
        return self._dynamic

    @dynamicTableLayout.setter
    def dynamicTableLayout(self, dynamic: bool) -> None:
        self._dynamic = bool(dynamic)
        self._follow_size()

    @property
    def autoSelectSeries(self) -> bool:
        """Whether selecting studies selects their series."""
        return self._auto_select_series

    @autoSelectSeries.setter
    def autoSelectSeries(self, select: bool) -> None:
        self._auto_select_series = bool(select)
        if not select:
            self._series.clearSelection()

    @property
    def selectionMode(self) -> int:
        """How rows can be selected, as QAbstractItemView says."""
        return number_of(self._selection_mode)

    @selectionMode.setter
    def selectionMode(self, mode: int) -> None:
        self._selection_mode = QAbstractItemView.SelectionMode(mode)
        for table in self.tables():
            table.tableView().setSelectionMode(self._selection_mode)

    # Tables

    def tables(self) -> tuple[ctkDICOMTableView, ctkDICOMTableView, ctkDICOMTableView]:
        """The three tables from the top of the hierarchy down."""
        return self._patients, self._studies, self._series

    def patientsTable(self) -> ctkDICOMTableView:
        """The table of patients."""
        return self._patients

    def studiesTable(self) -> ctkDICOMTableView:
        """The table of studies."""
        return self._studies

    def seriesTable(self) -> ctkDICOMTableView:
        """The table of series."""
        return self._series

    def setDICOMDatabase(self, database: Any) -> None:
        """Show the rows of this database (a ctkDICOMDatabase)."""
        self._database = database
        for table in self.tables():
            table._database = database
        self.updateTableViews()

    def updateTableViews(self) -> None:
        """Read all rows again; what was selected and is still there stays selected."""
        if self._database is None:
            return
        self._refreshing = True
        try:
            self._search_again()
            self._patients.refresh()
            self._restrict_studies()
            self._restrict_series()
        finally:
            self._refreshing = False
        self._show_empty_texts()

    def _search_again(self) -> None:
        """Let a search find what has come meanwhile."""
        for table in self.tables() if self._searched else ():
            level = table.queryTableName.lower()
            table._query.among = (
                self._database.core.search(level, self._searched) if self._database.isOpen else []
            )

    def search(self, text: str) -> bool:
        """Show only what a search of the whole database finds; give whether anything is found.

        Raises
        ------
        DatabaseError
            If the search cannot be understood; the tables stay as they were.
        """
        usable = text and self._database is not None and self._database.isOpen
        found: list[list[str] | None] = [None, None, None]
        if usable:
            found = [
                self._database.core.search(table.queryTableName.lower(), text) for table in self.tables()
            ]
        self._searched = text if usable else ""
        for table, uids in zip(self.tables(), found, strict=True):
            table.showAmong(uids)
        self._show_empty_texts()
        return not usable or any(found)

    def setBatchUpdate(self, batch: bool) -> bool:
        """While many instances come, keep selection and search; give the value of before."""
        before, self._batch = self._batch, batch
        for table in self.tables():
            table.batchUpdate = batch
        if before and not batch:
            self.updateTableViews()
        return before

    def isBatchUpdate(self) -> bool:
        """Whether many instances are coming."""
        return self._batch

    # Selection

    def currentPatientsSelection(self) -> list[str]:
        """Identifiers of the selected patients."""
        return self._patients.currentSelection

    def currentStudiesSelection(self) -> list[str]:
        """UIDs of the selected studies."""
        return self._studies.currentSelection

    def currentSeriesSelection(self) -> list[str]:
        """UIDs of the selected series."""
        return self._series.currentSelection

    def setCurrentPatientsSelection(self, uids: Sequence[str]) -> None:
        """Select exactly these patients."""
        self._patients.setCurrentSelection(uids)

    def setCurrentStudiesSelection(self, uids: Sequence[str]) -> None:
        """Select exactly these studies."""
        self._studies.setCurrentSelection(uids)

    def setCurrentSeriesSelection(self, uids: Sequence[str]) -> None:
        """Select exactly these series."""
        self._series.setCurrentSelection(uids)

    def _on_patients_selected(self, patients: list[str]) -> None:
        self._restrict_studies()
        if not self._refreshing:
            self._select_children(self._studies, bool(patients))
            self._restrict_series()  # other studies are shown, also where none of them was selected

    def _on_studies_selected(self, studies: list[str]) -> None:
        self._restrict_series()
        if not self._refreshing and self._auto_select_series:
            self._select_children(self._series, bool(studies))

    def _on_series_selected(self, _series: list[str]) -> None:
        """Nothing lies below a series."""

    def _select_children(self, table: ctkDICOMTableView, parent_selected: bool) -> None:
        """Select what belongs to the selected parents: all, or the first if only one row may be selected."""
        if not parent_selected:
            table.clearSelection()
        elif self._selection_mode == QAbstractItemView.SingleSelection:
            table.selectFirst()
        else:
            table.selectAll()

    def _restrict_studies(self) -> None:
        self._studies.restrict(_restriction(self._patients), self._refreshing)
        self._show_empty_texts()

    def _restrict_all(self) -> None:
        self._restrict_studies()
        self._restrict_series()

    def _restrict_series(self) -> None:
        self._series.restrict(_restriction(self._studies), self._refreshing)
        self._show_empty_texts()

    def forgetRestrictions(self) -> None:
        """A new instance shall be seen: no condition, search or selection may hide it."""
        if self._batch:
            return
        if self._searched:
            self.search("")
            self.searchForgotten.emit()
        for table in self.tables():
            table.clearSelection()
            table.setFilterText("")
            table.clearSqlWhereConditions()

    # Looks

    def _show_empty_texts(self) -> None:
        """Say in each empty table what to do next."""
        empty = not self._patients._model.total and not self._searched
        self._studies.setVisible(not empty)
        self._series.setVisible(not empty)
        self._patients.setEmptyText(
            _("No patients yet.\nPress Import, or drop files or folders with DICOM files here.")
            if empty
            else "\n".join(filter(None, (_("No patient matches the search."), advice(self._searched))))
        )
        self._studies.setEmptyText("" if empty else _("No study matches the search."))
        self._series.setEmptyText("" if empty else _("No series matches the search."))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the new shape if the layout is dynamic."""
        super().resizeEvent(event)
        self._follow_size()

    def _follow_size(self) -> None:
        if self._dynamic:
            wide = self.width() > 2 * self.height()
            orientation = Qt.Horizontal if wide else Qt.Vertical
            if orientation != self._splitter.orientation():
                self._sizes.turn(orientation)


def _restriction(parents: ctkDICOMTableView) -> list[str] | None:
    """Identifiers that the table below is restricted to; None where all rows of all parents are meant."""
    selected = parents.currentSelection
    if selected and len(selected) < parents._model.total:
        return selected
    restricted = parents.filterActive or parents._query.conditions or parents._query.parents is not None
    return parents.uidsForAllRows() if restricted else None
