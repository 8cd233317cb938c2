"""The visual browser: patients, their studies as cards, series as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QPoint, Qt, QTimer, Signal
from qtpy.QtGui import QKeySequence, QPalette
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QShortcut,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.widgets.browsing.database_browser import DatabaseBrowser
from DICOMLib.widgets.browsing.database_events import DatabaseEvents
from DICOMLib.widgets.browsing.database_keeper import DatabaseKeeper, DatabaseState
from DICOMLib.widgets.browsing.database_problem import DatabaseProblemFrame
from DICOMLib.widgets.browsing.selection_actions import SelectionActions
from DICOMLib.widgets.empty_text import WeakLabel
from DICOMLib.widgets.files.import_panel import Imports
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.tables.table_state import SplitterState
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.cards import PatientCard, StudyCard, read_cards
from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.filters import apply
from DICOMLib.widgets.visual.patient_list import PatientList
from DICOMLib.widgets.visual.patient_page import PatientPage
from DICOMLib.widgets.visual.properties import SIDES, Size, VisualProperties
from DICOMLib.widgets.visual.series_pictures import SeriesPictures
from DICOMLib.widgets.visual.series_tiles import SeriesTile
from DICOMLib.widgets.visual.servers import VisualServers
from DICOMLib.widgets.visual.study_card import StudyCardWidget

if TYPE_CHECKING:
    from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

FILTER_PAUSE_MS = 80


class ctkDICOMVisualBrowserWidget(VisualServers, VisualProperties, NamedSignals, DatabaseBrowser):
    """Shows the series of a database as pictures.

    `ctkDICOMVisualBrowserWidget(parent)` has a database of its own, `(database, parent)` shares one.
    """

    databaseDirectoryChanged = Signal(str)
    directoryImported = Signal()
    seriesRetrieved = Signal(list)
    sendRequested = Signal(list)

    def __init__(self, *arguments: Any) -> None:
        database = arguments[0] if arguments and hasattr(arguments[0], "isOpen") else None
        super().__init__(*(arguments[1:] if database is not None else arguments))
        self._database = database if database is not None else ctkDICOMDatabase()
        self._keeper = DatabaseKeeper(self._database, self)
        self._import_dialog = None
        self._metadata_dialog: ctkDICOMMetadataDialog | None = None
        self._patients: list[PatientCard] = []
        self._shown: dict[str, PatientCard] = {}
        self._cards: dict[str, StudyCardWidget] = {}
        self._size = Size.Small
        self._opened_studies = 2
        self._send_visible, self._delete_visible = False, True
        self._build()
        self._imports = Imports(self._tasks, self)
        self._actions = SelectionActions(self._database, self._tasks, self)
        self._actions.dontConfirmKey = "VisualDICOMBrowser/DontConfirmDeleteSelected"
        self._events = DatabaseEvents(self)
        self._connect()
        self._show_state()

    # Building

    def _build(self) -> None:
        self.setAcceptDrops(True)
        self.filterBar = FilterBar(self)
        self.importButton = QPushButton(icon("DICOMImport"), _("Import"), self)
        self.importButton.setToolTip(_("Add DICOM files to the database"))
        self._build_servers(self)
        self._tasks = TaskPanel(self)
        self.patientList = PatientList(self)
        self._pictures = SeriesPictures(self._database, self)
        self._tile = SeriesTile(self._pictures, self)
        self._build_body()
        self._build_bottom()
        buttons = QGridLayout()
        buttons.addWidget(self.queryButton, 0, 0)
        buttons.addWidget(self.importButton, 0, 1)
        buttons.addWidget(self.stopButton, 1, 0)
        buttons.addWidget(self.networkButton, 1, 1)
        top = QHBoxLayout()
        top.addWidget(self.filterBar, 1)
        top.addLayout(buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(top)
        layout.addWidget(self._tasks)
        layout.addWidget(self._parts, 1)
        layout.addLayout(self._bottom)

    def _build_body(self) -> None:
        """Patients beside studies, or what is said in their place."""
        self._page = QWidget(self)
        self._page_layout = QVBoxLayout(self._page)
        self._page_layout.setContentsMargins(0, 0, 4, 0)
        self._page_layout.addStretch(1)
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._page)
        self._scroll.verticalScrollBar().valueChanged.connect(lambda _value: self._on_scrolled())
        self._empty = WeakLabel(self)
        self._empty.setAlignment(Qt.AlignCenter)
        self._empty.setWordWrap(True)
        self._problem = DatabaseProblemFrame(self)
        splitter = QSplitter(Qt.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.patientList)
        self.patientPage = PatientPage(self.patientList, self._scroll)
        splitter.addWidget(self.patientPage)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([240, 700])
        SplitterState(splitter, "VisualBrowser")
        self._stack = QStackedWidget(self)
        for widget in (splitter, self._empty, self._problem):
            self._stack.addWidget(widget)
        self._body = splitter
        self._parts = QSplitter(Qt.Vertical, self)
        self._parts.setChildrenCollapsible(False)
        self._parts.addWidget(self._stack)
        self._parts.setStretchFactor(0, 1)

    def _build_bottom(self) -> None:
        self.sizeBox = QComboBox(self)
        for size, text in (
            (Size.Hidden, _("No pictures")),
            (Size.Small, _("Small pictures")),
            (Size.Medium, _("Medium pictures")),
            (Size.Large, _("Large pictures")),
        ):
            self.sizeBox.addItem(text, int(size))
        self.sizeBox.setToolTip(_("Size of the pictures; Ctrl and the mouse wheel change it, too"))
        self.countLabel = ElidedLabel(self)
        self.countLabel.setForegroundRole(QPalette.PlaceholderText)
        self.loadButton = QPushButton(_("Load"), self)
        self.loadButton.setMinimumWidth(140)
        self.loadButton.setToolTip(_("Load the selected series into the scene"))
        self._bottom = QHBoxLayout()
        self._bottom.addWidget(self.sizeBox)
        self._bottom.addWidget(self.countLabel, 1)
        self._bottom.addWidget(self.loadButton)

    def _connect(self) -> None:
        self.importButton.clicked.connect(lambda _checked=False: self.openImportDialog())
        self.loadButton.clicked.connect(lambda _checked=False: self.load())
        self.sizeBox.currentIndexChanged.connect(lambda _row: self._set_size(self.sizeBox.currentData()))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(FILTER_PAUSE_MS)
        self._pause.timeout.connect(self._filter)
        self.filterBar.changed.connect(self._pause.start)
        self.patientList.patientChanged.connect(self._show_patient)
        self.patientList.menuRequested.connect(self._show_patient_menu)
        self._pictures.changed.connect(lambda _uid: self._repaint_tiles())
        self._problem.updateRequested.connect(self.updateDatabase)
        self._problem.createRequested.connect(self.createNewDatabaseDirectory)
        self._problem.selectRequested.connect(self.selectDatabaseDirectory)
        self._problem.retryRequested.connect(lambda: self.setDatabaseDirectory(self.databaseDirectory))
        self._keeper.directoryChanged.connect(self.databaseDirectoryChanged)
        self._keeper.stateChanged.connect(self._show_state)
        self._imports.imported.connect(lambda _report: self._on_imported())
        self._actions.databaseEdited.connect(self.refreshBrowser)
        self._events.changed.connect(self.refreshBrowser)
        self._events.opened.connect(self._keeper.followDatabase)
        self._events.closed.connect(self._keeper.followDatabase)
        self._events.listenTo(self._database)
        for keys, step in ((QKeySequence.ZoomIn, 1), (QKeySequence.ZoomOut, -1)):
            QShortcut(keys, self, lambda step=step: self._zoom(step), context=Qt.WidgetWithChildrenShortcut)

    # Showing

    def patientView(self) -> PatientList:
        """The patients."""
        return self.patientList

    def dicomDatabase(self) -> Any:
        """The ctkDICOMDatabase that is shown."""
        return self._database

    def _show_state(self) -> None:
        """Show the patients, or what is wrong with the database."""
        state, folder = self._keeper.state, self._keeper.directory
        self._problem.showState(state, folder, self._database)
        self._pictures.forget()
        self._tile.loaded = set(getattr(self._database, "loadedSeriesInstanceUIDs", ()) or ())
        usable = state is DatabaseState.OPEN
        for widget in (self.filterBar, self.importButton, self.queryButton):
            widget.setEnabled(usable)
        self.refreshBrowser()
        self._events.discard()

    def refreshBrowser(self, isImport: bool = False) -> None:
        """Read the database again; what is chosen stays chosen."""
        usable = self._keeper.state is DatabaseState.OPEN and self._database.isOpen
        self._patients = read_cards(self._database) if usable else []
        self._filter()

    def _filter(self) -> None:
        shown = apply(self.filterBar.filters(), self._patients, date.today())
        self._shown = {patient.uid: patient for patient in shown.patients}
        self.filterBar.showResult(shown)
        self.patientList.show_patients(shown.patients)
        if self._keeper.state is not DatabaseState.OPEN:
            self._stack.setCurrentWidget(self._problem)
        elif shown.patients:
            self._stack.setCurrentWidget(self._body)
        else:
            self._empty.setText(
                _("No results found in the database.\nChange the filters, or press Reset.")
                if self._patients
                else _("No patients yet.\nPress Import, or drop files or folders with DICOM files here.")
            )
            self._stack.setCurrentWidget(self._empty)
        self._follow_selection()

    def _show_patient(self, uid: str) -> None:
        """Show the studies of a patient; cards that stay keep their state."""
        patient = self._shown.get(uid)
        studies = list(patient.studies) if patient else []
        for gone in set(self._cards) - {study.uid for study in studies}:
            card = self._cards.pop(gone)
            card.hide()
            self._page_layout.removeWidget(card)
            card.deleteLater()
        for place, study in enumerate(studies):
            if study.uid not in self._cards:
                self._cards[study.uid] = self._new_card(place)
            card = self._cards[study.uid]
            card.show_study(study)
            if self._page_layout.indexOf(card) != place:
                self._page_layout.insertWidget(place, card)
        self._follow_selection()

    def _new_card(self, place: int) -> StudyCardWidget:
        card = StudyCardWidget(self._tile, self._page)
        card.setOpen(place < self._opened_studies)
        card.selectionChanged.connect(self._follow_selection)
        card.loadRequested.connect(lambda uid: self.load_series([uid]))
        card.menuRequested.connect(lambda level, at, card=card: self._show_menu(card, level, at))
        card.zoomed.connect(self._zoom)
        return card

    def _repaint_tiles(self) -> None:
        for card in self._cards.values():
            card.grid.viewport().update()

    def _set_size(self, size: int) -> None:
        self._size = Size(size)
        self._tile.side = SIDES[self._size]
        self._pictures.ratio = self.devicePixelRatioF()
        for card in self._cards.values():
            card.grid.fit()
            card.grid.viewport().update()

    def _zoom(self, step: int) -> None:
        self.thumbnailSizePreset = min(max(self._size + step, Size.Small), Size.Large)

    # Selection

    def selectedSeries(self) -> list[str]:
        """UIDs of the chosen series, from the top of the page down."""
        return [uid for study in self._studies() for uid in self._cards[study.uid].selected()]

    def setSelectedSeries(self, uids: Sequence[str]) -> None:
        """Show the patient of these series and choose them."""
        wanted = set(uids)
        known = {one.uid for patient in self._patients for study in patient.studies for one in study.series}
        if wanted - known:  # they have just come, and their event is still on its way
            self.refreshBrowser()
        for patient in self._shown.values():
            if any(series.uid in wanted for study in patient.studies for series in study.series):
                self.patientList.choose(patient.uid)
                break
        for card in self._cards.values():
            card.select(wanted)
            if card.selected():
                card.setOpen(True)

    def _studies(self) -> Sequence[StudyCard]:
        patient = self._shown.get(self.patientList.current())
        return [study for study in patient.studies if study.uid in self._cards] if patient else []

    def _follow_selection(self) -> None:
        chosen = self.selectedSeries()
        self.loadButton.setEnabled(bool(chosen))
        self.loadButton.setText(_("Load") + (f" ({short_count(len(chosen))})" if len(chosen) > 1 else ""))
        patient = self._shown.get(self.patientList.current())
        series = sum(len(study.series) for study in patient.studies) if patient else 0
        studies = len(patient.studies) if patient else 0
        text = _("1 study, {series} series") if studies == 1 else _("{studies} studies, {series} series")
        self.countLabel.setText(text.format(studies=studies, series=series) if patient else "")

    # Actions

    def load(self) -> None:
        """Ask whoever listens to load the chosen series, after retrieving those that have no files yet."""
        chosen = self.selectedSeries()
        if chosen:
            self.load_series(chosen)

    def showLoaded(self, uids: Sequence[str]) -> None:
        """Mark series as loaded."""
        self._tile.loaded.update(uids)
        self._database.loadedSeriesInstanceUIDs = sorted(self._tile.loaded)
        self._repaint_tiles()

    def _on_imported(self) -> None:
        self._pictures.forget()
        self.refreshBrowser(True)
        self._events.discard()
        self.directoryImported.emit()

    def _import(self, paths: Sequence[str], mode: int) -> None:
        self.resetItemsAddedDuringImportCounters()
        super()._import(paths, mode)

    def showMetadata(self, files: Sequence[str]) -> None:
        """Show the elements of these files."""
        if self._metadata_dialog is None:
            from DICOMLib.widgets.metadata.metadata_window import ctkDICOMMetadataDialog

            self._metadata_dialog = ctkDICOMMetadataDialog(self.window())
        self._metadata_dialog.setFileList(list(files))
        self._metadata_dialog.show()
        self._metadata_dialog.raise_()

    def _show_patient_menu(self, at: QPoint) -> None:
        uid = self.patientList.current()
        patient = self._shown.get(uid)
        if patient is not None:
            series = [one.uid for study in patient.studies for one in study.series]
            self.contextMenu("Patients", [uid], series).popup(at)

    def _show_menu(self, card: StudyCardWidget, level: str, at: QPoint) -> None:
        if card.study is None:
            return
        series = self.selectedSeries() if level == "Series" else [one.uid for one in card.study.series]
        uids = series if level == "Series" else [card.study.uid]
        if uids:
            self.contextMenu(level, uids, series).popup(at)

    def contextMenu(self, level: str, uids: Sequence[str], series: Sequence[str]) -> Any:
        """Menu for patients, studies or series; `series` are those of them that are shown."""
        act: dict[str, Any] = {
            "load": lambda: self.load_series(list(series)),
            "retrieve": lambda: self.retrieve(list(series)),
            "metadata": lambda: self.showMetadata(self._files_of(series)),
            "export": lambda: self._actions.chooseFolderAndExport(series),
            "deidentify": lambda: self._actions.deidentify(series),
        }
        if self.deleteActionVisible:
            act["remove"] = lambda: self._actions.askAndRemove(level, uids, always_ask=True)
        if self.sendActionVisible:
            act["send"] = lambda: self.sendRequested.emit(self._files_of(series))
        return self._actions.menu(level, uids, act)

    def _files_of(self, series: Sequence[str]) -> list[str]:
        return [path for uid in series for path in self._database.filesForSeries(uid) if path]

    def onClose(self) -> None:
        """Stop making pictures and asking servers."""
        self._pictures.stop()
        if self._scheduler is not None:
            self.onStop(True)
        if self._network_panel is not None:
            self._network_panel.stop()


def short_count(count: int) -> str:
    """Give "999", "1.2k"."""
    return str(count) if count < 1000 else f"{count / 1000:.1f}k"
