"""The browser of a DICOM database: import, look, select, remove, export."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QKeySequence, QPalette
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QShortcut,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import DatabaseError
from DICOMLib.core.jobs import run
from DICOMLib.database.search_advice import advice
from DICOMLib.widgets.browsing.browser_properties import BrowserProperties
from DICOMLib.widgets.browsing.database_browser import DatabaseBrowser
from DICOMLib.widgets.browsing.database_keeper import DatabaseState
from DICOMLib.widgets.browsing.removal import remove
from DICOMLib.widgets.browsing.selection_actions import show_menu
from DICOMLib.widgets.browsing.toolbar import BrowserToolBar
from DICOMLib.widgets.page_stack import PageStack
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.tables.item_model import ctkDICOMModel
from DICOMLib.widgets.tables.search_box import SearchBox
from DICOMLib.widgets.tables.table_manager import ctkDICOMTableManager
from DICOMLib.widgets.translation import _

if TYPE_CHECKING:
    from DICOMLib.widgets.network.query_window import QueryRetrieveWindow

LEVEL_TABLES = {
    ctkDICOMModel.PatientType: "Patients",
    ctkDICOMModel.StudyType: "Studies",
    ctkDICOMModel.SeriesType: "Series",
}


class ctkDICOMBrowser(BrowserProperties, DatabaseBrowser):
    """Tables of a database with what can be done with it.

    `ctkDICOMBrowser(parent)` has a database of its own, `ctkDICOMBrowser(database, parent)` shares one.
    """

    queryRetrieveFinished = Signal()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._query_window: QueryRetrieveWindow | None = None
        self._shown_state: tuple[DatabaseState, str] | None = None
        self._build()
        self._connect()
        self._show_state()

    # Building

    def _build(self) -> None:
        self.toolBar = BrowserToolBar(self)
        self.searchBox = SearchBox(self)
        self._tables = ctkDICOMTableManager(self)
        self._stack = PageStack(self)
        self._stack.addWidget(self._tables)
        self._stack.addWidget(self._problem)
        self._folder_label = ElidedLabel(self)
        self._folder_label.setForegroundRole(QPalette.PlaceholderText)
        self._folder_button = QPushButton(_("Change…"), self)
        self._folder_button.setObjectName("DirectoryButton")
        self._folder_button.setToolTip(_("Choose the folder of the database"))
        self._folder_bar = QWidget(self)
        bar = QHBoxLayout(self._folder_bar)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(QLabel(_("Database folder:"), self._folder_bar))
        bar.addWidget(self._folder_label, 1)
        bar.addWidget(self._folder_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        top = QHBoxLayout()
        top.addWidget(self.toolBar)
        top.addWidget(self.searchBox, 1)
        layout.addLayout(top)
        layout.addWidget(self.searchBox.problem)
        layout.addWidget(self._tasks)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self._folder_bar)

    def _connect(self) -> None:
        bar = self.toolBar
        for action, slot in (
            (bar.importAction, self.openImportDialog),
            (bar.exportAction, self.openExportDialog),
            (bar.queryAction, self.openQueryDialog),
            (bar.sendAction, self.openSendDialog),
            (bar.removeAction, self.onRemoveAction),
            (bar.repairAction, self.onRepairAction),
        ):
            action.triggered.connect(lambda _checked=False, slot=slot: slot())
        self._folder_button.clicked.connect(lambda _checked=False: self.selectDatabaseDirectory())
        self._events.instancesAdded.connect(self._tables.forgetRestrictions)
        self._follow_database()
        self._tables.setDICOMDatabase(self._database)
        self.searchBox.searched.connect(self.searchEverything)
        self._tables.searchForgotten.connect(self.searchBox.forget)
        QShortcut(QKeySequence.Find, self, self.searchBox.setFocus, context=Qt.WidgetWithChildrenShortcut)
        self._tables.beforeUse = self._events.flush
        self._tables.seriesSelectionChanged[list].connect(lambda uids: bar.showSelection(bool(uids)))
        self._tables.patientsRightClicked.connect(lambda at: self._show_menu(ctkDICOMModel.PatientType, at))
        self._tables.studiesRightClicked.connect(lambda at: self._show_menu(ctkDICOMModel.StudyType, at))
        self._tables.seriesRightClicked.connect(lambda at: self._show_menu(ctkDICOMModel.SeriesType, at))
        for table in self._tables.tables():
            table.deleteRequested.connect(lambda table=table: self._remove_selected(table))

    # State

    def database(self) -> Any:
        """The ctkDICOMDatabase that is shown."""
        return self._database

    def dicomTableManager(self) -> ctkDICOMTableManager:
        """The three tables."""
        return self._tables

    def _show_state(self) -> None:
        """Show the tables, or what is wrong with the database."""
        state, folder = self._keeper.state, self._keeper.directory
        if (state, folder) != self._shown_state:
            self._shown_state = (state, folder)
            self._tasks.information.hide()
        usable = state is DatabaseState.OPEN
        is_protected = usable and self._database.core.read_only
        self._folder_label.setText(
            _("{folder} (read-only)").format(folder=folder) if is_protected else folder or _("none")
        )
        self._folder_label.setToolTip(folder)
        self._problem.showState(state, folder, self._database)
        self._stack.setCurrentWidget(self._tables if usable else self._problem)
        for action in (self.toolBar.importAction, self.toolBar.queryAction, self.toolBar.repairAction):
            action.setEnabled(usable)
        self._tables.updateTableViews()
        self._events.discard()

    def _read_again(self) -> None:
        self._tables.updateTableViews()

    # Search

    def searchEverything(self, text: str) -> None:
        """Show in all tables only what the database finds for `text`, as written in its search language."""
        if self.searchBox.text().strip() != text:
            self.searchBox.setText(text)
        try:
            found = self._tables.search(text)
        except DatabaseError as error:
            self.searchBox.showResult(False, str(error))
        else:
            self.searchBox.showResult(found, "" if found else advice(text))

    # Selection

    def selectedItems(self, level: int) -> list[str]:
        """Identifiers of the selected patients, studies or series."""
        return self._table(level).currentSelection

    def setSelectedItems(self, level: int, uids: Sequence[str]) -> None:
        """Select these rows and those above them."""
        self._events.flush()
        tables = self._tables
        wanted = [str(uid) for uid in uids]
        if level == ctkDICOMModel.PatientType:
            tables.setCurrentPatientsSelection(wanted)
            return
        studies = wanted
        if level == ctkDICOMModel.SeriesType:
            studies = [self._database.studyForSeries(uid) for uid in wanted]
        tables.setCurrentPatientsSelection([self._database.patientForStudy(uid) for uid in studies])
        tables.setCurrentStudiesSelection(studies)
        if level == ctkDICOMModel.SeriesType:
            tables.setCurrentSeriesSelection(wanted)

    def removeSelectedItems(self, level: int) -> None:
        """Remove the selected rows of a level at once, without a question."""
        table = self._table(level)
        run(remove(self._database, table.queryTableName, table.currentSelection))
        self._tables.updateTableViews()

    def fileListForCurrentSelection(self, level: int) -> list[str]:
        """Paths of the files of the selected rows."""
        return [path for uid in self._series_of(level) for path in self._database.filesForSeries(uid) if path]

    def _series_of(self, level: int) -> list[str]:
        """UIDs of the series of the selected rows."""
        selected = self._table(level).currentSelection
        if level == ctkDICOMModel.SeriesType:
            return selected
        studies = selected
        if level == ctkDICOMModel.PatientType:
            studies = [uid for patient in selected for uid in self._database.studiesForPatient(patient)]
        return [uid for study in studies for uid in self._database.seriesForStudy(study)]

    def _table(self, level: int) -> Any:
        return self._tables.tables()[int(level) - 1]

    # Actions

    def openExportDialog(self) -> QFileDialog:
        """Ask for a folder and copy the files of the selected series there."""
        return self._actions.chooseFolderAndExport(self._tables.currentSeriesSelection())

    def openQueryDialog(self) -> QueryRetrieveWindow:
        """Find data of other DICOM systems, and bring it here."""
        if self._query_window is None:
            from DICOMLib.widgets.network.query_window import QueryRetrieveWindow

            self._query_window = QueryRetrieveWindow(self._database, self.window())
            self._query_window.widget.studiesRetrieved.connect(lambda _studies: self._on_retrieved())
        self._query_window.show()
        self._query_window.raise_()
        return self._query_window

    def _on_retrieved(self) -> None:
        self._tables.updateTableViews()
        self._events.discard()
        self.queryRetrieveFinished.emit()

    def openSendDialog(self) -> None:
        """Ask whoever listens to send the files of the selected series."""
        self.sendRequested.emit(self.fileListForCurrentSelection(ctkDICOMModel.SeriesType))

    def onRemoveAction(self) -> None:
        """Remove the selected series."""
        self._actions.askAndRemove("Series", self._tables.currentSeriesSelection())

    def _remove_selected(self, table: Any) -> None:
        self._actions.askAndRemove(table.queryTableName, table.currentSelection, always_ask=True)

    def askToRemove(self, table: str, uids: Sequence[str]) -> Any:
        """Ask whether these "Patients", "Studies" or "Series" shall be removed, and remove them."""
        return self._actions.askAndRemove(table, uids, always_ask=True)

    def tell(self, text: str) -> None:
        """Tell something in the browser's line of information."""
        self._tasks.tell(text)

    def onRepairAction(self) -> None:
        """Look for series whose files are gone and offer to remove them."""
        self._actions.repair()

    def _show_menu(self, level: int, position: QPoint) -> None:
        table = self._table(level)
        uids = table.currentSelection
        if uids:
            show_menu(self.contextMenu(level), table.tableView().viewport(), position)

    def contextMenu(self, level: int) -> Any:
        """Menu for the selected rows of a level."""
        table = self._table(level)
        uids = table.currentSelection
        act = {
            "metadata": lambda: self.showMetadata(self.fileListForCurrentSelection(level)),
            "remove": lambda: self._actions.askAndRemove(table.queryTableName, uids, always_ask=True),
            "export": lambda: self._actions.chooseFolderAndExport(self._series_of(level)),
            "deidentify": lambda: self._actions.deidentify(self._series_of(level)),
        }
        if self.sendActionVisible:
            act["send"] = lambda: self.sendRequested.emit(self.fileListForCurrentSelection(level))
        return self._actions.menu(table.queryTableName, uids, act)
