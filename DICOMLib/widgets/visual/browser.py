"""The visual browser: patients, their studies as cards, series as pictures."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QCloseEvent, QKeySequence, QPalette, QResizeEvent
from qtpy.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QShortcut,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.widgets.browsing.database_browser import DatabaseBrowser
from DICOMLib.widgets.browsing.database_keeper import DatabaseState
from DICOMLib.widgets.empty_text import WeakLabel
from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.page_stack import PageStack
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.tables.table_state import SplitterState
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.actions import VisualActions
from DICOMLib.widgets.visual.arrangement import Arrangement
from DICOMLib.widgets.visual.cards import PatientCard, read_cards
from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.filters import apply
from DICOMLib.widgets.visual.patient_list import PatientList
from DICOMLib.widgets.visual.patient_page import PatientPage
from DICOMLib.widgets.visual.properties import SIDES, Size, VisualProperties
from DICOMLib.widgets.visual.query_state import Outcome
from DICOMLib.widgets.visual.series_pictures import SeriesPictures
from DICOMLib.widgets.visual.series_tiles import SeriesTile
from DICOMLib.widgets.visual.servers import VisualServers
from DICOMLib.widgets.visual.study_card import StudyCardWidget

FILTER_PAUSE_MS = 80


class ctkDICOMVisualBrowserWidget(VisualServers, VisualActions, VisualProperties, DatabaseBrowser):
    """Shows the series of a database as pictures.

    `ctkDICOMVisualBrowserWidget(parent)` has a database of its own, `(database, parent)` shares one.
    """

    seriesRetrieved = Signal(list)
    closeRequested = Signal()

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._patients: list[PatientCard] = []
        self._shown: dict[str, PatientCard] = {}
        self._cards: dict[str, StudyCardWidget] = {}
        self._size = Size.Small
        self._opened_studies = 2
        self._send_visible, self._delete_visible = False, True
        self._actions.dontConfirmKey = "VisualDICOMBrowser/DontConfirmDeleteSelected"
        self._build()
        self._connect()
        self._show_state()

    # Building

    def _build(self) -> None:
        self.filterBar = FilterBar(self)
        self._build_buttons()
        self.patientList = PatientList(self)
        self._pictures = SeriesPictures(self._database, self)
        self._tile = SeriesTile(self._pictures, self)
        self._build_body()
        self._build_bottom()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 6, 6, 6)
        layout.addLayout(self._arrangement.top)
        layout.addWidget(self._tasks)
        layout.addWidget(self._parts, 1)
        layout.addLayout(self._bottom)

    def _build_buttons(self) -> None:
        self._build_servers(self)
        self.importButton = QPushButton(icon("DICOMImport"), _("Import"), self)
        self.importButton.setToolTip(_("Add DICOM files to the database"))
        self.closeButton = QPushButton(_("Close"), self)
        self.closeButton.setToolTip(_("Hide the browser; what is being retrieved goes on"))
        self._buttons = QGridLayout()
        self._buttons.addWidget(self.queryButton, 0, 0)
        self._buttons.addWidget(self.closeButton, 0, 1)
        self._buttons.addWidget(self.importButton, 0, 2)
        self._buttons.addWidget(self.stopButton, 1, 0)
        self._buttons.addWidget(self.networkButton, 1, 1, 1, 2)

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
        splitter = QSplitter(Qt.Horizontal, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.patientList)
        self.patientPage = PatientPage(self.patientList, self._scroll)
        self.patientPage.serversButton.setSource(self._database, self._query_servers)
        self.patientPage.serversButton.allowed.connect(lambda _name: self._ask_allowed())
        self.patientPage.selectAllRequested.connect(self.selectAllOfPatient)
        splitter.addWidget(self.patientPage)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([240, 700])
        self._arrangement = Arrangement(
            self.filterBar, self._buttons, SplitterState(splitter, "VisualBrowser")
        )
        self._stack = PageStack(self)
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
        self.closeButton.clicked.connect(lambda _checked=False: self._close())
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
        self._follow_database()
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
        found = self._found if self._scheduler is not None else ()
        self._patients = read_cards(self._database, found) if usable else []
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
            self._show_emptiness()
            self._stack.setCurrentWidget(self._empty)
        self._follow_selection()

    def _show_emptiness(self) -> None:
        """Say why there is nothing, and what to do."""
        outcome = self._query_state.outcome
        if outcome is Outcome.ASKING:
            text = _("Query in progress…")
        elif self._patients:
            text = _("No results found in the database.\nChange the filters, or press Reset.")
        elif outcome is Outcome.ANSWERED:
            text = _("The servers have nothing that matches the filters.")
        else:
            text = _("No patients yet.\nPress Import, or drop files or folders with DICOM files here.")
        self._empty.setText(text)

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
            if self._scheduler is not None:
                card.showState(self._study_jobs.state(study.uid))
            if self._page_layout.indexOf(card) != place:
                self._page_layout.insertWidget(place, card)
        self._follow_selection()

    def _new_card(self, place: int) -> StudyCardWidget:
        card = StudyCardWidget(self._tile, self._page)
        card.setOpen(place < self._opened_studies)
        card.selectionChanged.connect(self._follow_selection)
        card.loadRequested.connect(lambda uid: self.load_series([uid]))
        card.menuRequested.connect(lambda level, at, card=card: self._show_menu(card, level, at))
        card.statusClicked.connect(
            lambda card=card: self.clickStatus(card.study.uid) if card.study is not None else None
        )
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

    def _read_again(self) -> None:
        self.refreshBrowser()

    def _on_imported(self) -> None:
        self._pictures.forget()
        super()._on_imported()

    def _import(self, paths: Sequence[str], mode: int) -> None:
        self.resetItemsAddedDuringImportCounters()
        super()._import(paths, mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stand in one column where it is narrow."""
        super().resizeEvent(event)
        self._arrangement.follow(event.size().width())

    def _close(self) -> None:
        """Close the window, or ask whatever the browser is a part of to hide it."""
        self.closeRequested.emit()
        if self.isWindow():
            self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop asking servers and retrieving, for nobody would see it any more."""
        self._pictures.forget()  # what is seen again is asked for again
        if self._scheduler is not None:
            self.onStop(True)
        super().closeEvent(event)

    def onClose(self) -> None:
        """Stop making pictures and asking servers."""
        self._pictures.stop()
        if self._scheduler is not None:
            self.onStop(True)
        if self._network_panel is not None:
            self._network_panel.stop()
