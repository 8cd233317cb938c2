"""The current patient of the visual browser: a tab for each while they are few, details, and the studies."""

from __future__ import annotations

from qtpy.QtCore import QPoint, Qt, Signal
from qtpy.QtGui import QPalette
from qtpy.QtWidgets import QHBoxLayout, QTabBar, QToolButton, QVBoxLayout, QWidget

from DICOMLib.widgets.empty_text import WeakLabel
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.allowed_servers import AllowedServers
from DICOMLib.widgets.visual.cards import PatientCard
from DICOMLib.widgets.visual.patient_list import DisplayMode, PatientList


class PatientTabs(QTabBar):
    """The patients of a list as tabs; choosing one chooses it in the list, and the reverse."""

    def __init__(self, patients: PatientList, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._list = patients
        self.setAccessibleName(_("Patients"))
        self.setDocumentMode(True)
        self.setExpanding(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.ElideRight)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.currentChanged.connect(self._choose)
        self.customContextMenuRequested.connect(lambda at: patients.menuRequested.emit(self.mapToGlobal(at)))
        patients.patientChanged.connect(lambda _uid: self.follow())
        self.follow()

    def follow(self) -> None:
        """Show the patients of the list, and which is the current one."""
        cards = self._list.patients()
        self.blockSignals(True)
        for place, card in enumerate(cards):
            if place >= self.count():
                self.addTab("")
            self.setTabText(place, (card.name or card.patient_id or _("No name")).replace("&", "&&"))
            self.setTabData(place, card.uid)
            self.setTabToolTip(place, "\n".join(text for text in (card.name, details(card)) if text))
        while self.count() > len(cards):
            self.removeTab(self.count() - 1)
        current = self._list.current()
        self.setCurrentIndex(next((i for i, card in enumerate(cards) if card.uid == current), -1))
        self.blockSignals(False)

    def _choose(self, place: int) -> None:
        if place >= 0:
            self._list.choose(str(self.tabData(place)))


class PatientPage(QWidget):
    """Tabs, or the button that brings them back; below them the current patient, and what is given to it."""

    selectAllRequested = Signal()

    def __init__(self, patients: PatientList, content: QWidget) -> None:
        super().__init__()
        self._list = patients
        self.tabs = PatientTabs(patients, self)
        self.detailLabel = ElidedLabel(self)
        self.detailLabel.setForegroundRole(QPalette.PlaceholderText)
        self.modeButton = QToolButton(self)
        self.modeButton.setAutoRaise(True)
        self.modeButton.clicked.connect(lambda _checked=False: self._toggle())
        self.hintLabel = WeakLabel(self)
        self.hintLabel.setWordWrap(True)
        self._build_buttons()
        head = QHBoxLayout()
        head.addWidget(self.detailLabel, 1)
        for button in (self.serversButton, self.selectButton, self.menuButton, self.modeButton):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.tabs)
        layout.addLayout(head)
        layout.addWidget(self.hintLabel)
        layout.addWidget(content, 1)
        patients.patientChanged.connect(lambda _uid: self._follow())
        patients.displayModeChanged.connect(self._follow)
        self._follow()

    def _build_buttons(self) -> None:
        """What can be done with the current patient."""
        self.serversButton = AllowedServers(self)
        self.selectButton = QToolButton(self)
        self.selectButton.setText(_("Select all"))
        self.selectButton.setToolTip(_("Choose all series of the patient, or none"))
        self.menuButton = QToolButton(self)
        self.menuButton.setText("⋮")
        self.menuButton.setToolTip(_("What can be done with the patient"))
        for button in (self.selectButton, self.menuButton):
            button.setAutoRaise(True)
        self.selectButton.clicked.connect(lambda _checked=False: self.selectAllRequested.emit())
        self.menuButton.clicked.connect(self._show_menu)

    def _show_menu(self, _checked: bool = False) -> None:
        self._list.menuRequested.emit(self.menuButton.mapToGlobal(QPoint(0, self.menuButton.height())))

    def _toggle(self) -> None:
        tabs = self._list.displayMode is DisplayMode.TabMode
        self._list.displayMode = DisplayMode.ListMode if tabs else DisplayMode.TabMode

    def _follow(self) -> None:
        tabs = self._list.displayMode is DisplayMode.TabMode
        self._list.setVisible(not tabs)
        self.tabs.setVisible(tabs)
        self.modeButton.setText(_("As list") if tabs else _("As tabs"))
        self.modeButton.setToolTip(
            _("Show the patients as a list") if tabs else _("Show the patients as tabs")
        )
        card = next((one for one in self._list.patients() if one.uid == self._list.current()), None)
        self.detailLabel.setText(details(card) if card is not None else "")
        self.serversButton.setPatient(card.uid if card is not None else "")
        for button in (self.selectButton, self.menuButton):
            button.setEnabled(card is not None)
        unknown = card is not None and not card.number_of_studies
        self.hintLabel.setVisible(unknown)
        self.hintLabel.setText(_nothing_known() if unknown else "")


def _nothing_known() -> str:
    return _(
        "No study of this patient is known. A server that is not trusted is asked for studies once it is "
        "checked under Servers."
    )


def details(card: PatientCard) -> str:
    """ID, birth date, sex, number of studies, and when the patient was added."""
    added = _("added {time}").format(time=card.added) if card.added else ""
    texts = (card.patient_id, card.birth_date, card.sex, card.count_of_studies, added)
    return " · ".join(text for text in texts if text)
