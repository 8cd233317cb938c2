"""The filters of the visual browser: texts, modalities and dates."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from qtpy.QtCore import QDate, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QDateEdit,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from DICOMLib.widgets.translation import _, translatable
from DICOMLib.widgets.visual.filters import ANY, COMMON_MODALITIES, OTHER_MODALITIES, DateType, Filters, Shown

WARNING_STYLE = "QLineEdit, QToolButton, QComboBox { background: #b58900; color: black; }"
DATE_TEXTS = {
    DateType.Any: translatable("Any date"),
    DateType.Today: translatable("Today"),
    DateType.Yesterday: translatable("Yesterday"),
    DateType.LastWeek: translatable("Last week"),
    DateType.LastMonth: translatable("Last month"),
    DateType.LastYear: translatable("Last year"),
    DateType.CustomRange: translatable("Custom range…"),
}


class FilterBar(QWidget):
    """Tells at each change what shall be shown."""

    changed = Signal()
    submitted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("SearchPatientsCollapsibleGroupBox")
        self.patientID = self._edit(_("Patient ID"))
        self.patientName = self._edit(_("Patient name"))
        self.studyDescription = self._edit(_("Study description"))
        self.seriesDescription = self._edit(_("Series description"))
        self._build_modalities()
        self._build_dates()
        self.resetButton = QPushButton(_("Reset"), self)
        self.resetButton.setToolTip(_("Show everything again"))
        self.resetButton.clicked.connect(lambda _checked=False: self.reset())
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.setColumns(4)

    def setColumns(self, columns: int) -> None:
        """Let the filters stand in so many columns."""
        texts = (self.patientID, self.patientName, self.studyDescription, self.seriesDescription)
        for place, widget in enumerate(
            (*texts, self.modalityButton, self.dateBox, self.range, self.resetButton)
        ):
            self._grid.removeWidget(widget)
            self._grid.addWidget(widget, *divmod(place, columns))
        for column in range(len(texts)):
            self._grid.setColumnStretch(column, int(column < columns))

    def _edit(self, name: str) -> QLineEdit:
        edit = QLineEdit(self)
        edit.setPlaceholderText(name)
        edit.setToolTip(_("Show only what contains this text: {name}").format(name=name))
        edit.setClearButtonEnabled(True)
        edit.setAcceptDrops(False)
        edit.textChanged.connect(lambda _text: self.changed.emit())
        edit.returnPressed.connect(self.submitted)
        return edit

    def _build_modalities(self) -> None:
        self.modalityButton = QToolButton(self)
        self.modalityButton.setPopupMode(QToolButton.InstantPopup)
        self.modalityButton.setToolTip(_("Choose the modalities that are shown"))
        menu = QMenu(self.modalityButton)
        menu.setStyleSheet("QMenu { menu-scrollable: 1; }")
        self.modalityActions = {}
        for modality in (ANY, *COMMON_MODALITIES, *OTHER_MODALITIES):
            if modality in (COMMON_MODALITIES[0], OTHER_MODALITIES[0]):
                menu.addSeparator()
            action = menu.addAction(_("Any modality") if modality == ANY else modality)
            action.setCheckable(True)
            action.triggered.connect(lambda checked, modality=modality: self._choose(modality, checked))
            self.modalityActions[modality] = action
        self.modalityButton.setMenu(menu)
        self.modalities: list[str] = [ANY, *COMMON_MODALITIES, *OTHER_MODALITIES]
        self._show_modalities()

    def _build_dates(self) -> None:
        self.dateBox = QComboBox(self)
        for kind, text in DATE_TEXTS.items():
            self.dateBox.addItem(_(text), int(kind))
        self.dateBox.setToolTip(_("Show only studies of these days; those without a date are always shown"))
        self.firstDay, self.lastDay = (QDateEdit(QDate.currentDate(), self) for _ in range(2))
        self.range = QWidget(self)
        row = QHBoxLayout(self.range)
        row.setContentsMargins(0, 0, 0, 0)
        for edit in (self.firstDay, self.lastDay):
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.dateChanged.connect(lambda _day: self.changed.emit())
            row.addWidget(edit)
        self.firstDay.setDate(QDate.currentDate().addYears(-1))
        self.range.hide()
        self.dateBox.currentIndexChanged.connect(self._follow_date)

    def _follow_date(self, _index: int) -> None:
        self.range.setVisible(self.dateBox.currentData() == DateType.CustomRange)
        self.changed.emit()

    # Modalities

    def setModalities(self, modalities: Sequence[str]) -> None:
        """Show these modalities; `ANY` among them means all."""
        self.modalities = list(modalities)
        self._show_modalities()
        self.changed.emit()

    def _choose(self, modality: str, checked: bool) -> None:
        """Any stands for all; unchecking it leaves the common ones; the first one chosen is chosen alone."""
        everything = [ANY, *COMMON_MODALITIES, *OTHER_MODALITIES]
        if modality == ANY:
            chosen = everything if checked else list(COMMON_MODALITIES)
        elif (not checked and ANY in self.modalities) or (
            not checked and set(self.modalities) == set(COMMON_MODALITIES)
        ):
            chosen = [modality]
        elif checked:
            chosen = [*self.modalities, modality]
        else:
            chosen = [one for one in self.modalities if one != modality] or everything
        self.setModalities(chosen)

    def _show_modalities(self) -> None:
        for modality, action in self.modalityActions.items():
            action.setChecked(ANY in self.modalities or modality in self.modalities)
        text = _("Any modality") if ANY in self.modalities else ", ".join(self.modalities[:4])
        self.modalityButton.setText(
            text + (", …" if ANY not in self.modalities and len(self.modalities) > 4 else "")
        )

    # All

    def filters(self) -> Filters:
        """What shall be shown."""
        return Filters(
            self.patientID.text().strip(),
            self.patientName.text().strip(),
            self.studyDescription.text().strip(),
            self.seriesDescription.text().strip(),
            tuple(self.modalities),
            DateType(self.dateBox.currentData()),
            _python_date(self.firstDay.date()),
            _python_date(self.lastDay.date()),
        )

    def setDate(self, kind: int) -> None:
        """Choose which study dates are shown."""
        self.dateBox.setCurrentIndex(self.dateBox.findData(int(kind)))

    def reset(self) -> None:
        """Show everything again."""
        self.blockSignals(True)
        for edit in (self.patientID, self.patientName, self.studyDescription, self.seriesDescription):
            edit.clear()
        self.setDate(DateType.Any)
        self.setModalities([ANY, *COMMON_MODALITIES, *OTHER_MODALITIES])
        self.blockSignals(False)
        self.changed.emit()

    def showResult(self, shown: Shown) -> None:
        """Colour the filters that let nothing pass."""
        for widgets, nothing in (
            ((self.patientID, self.patientName), shown.no_patient),
            ((self.studyDescription, self.dateBox), shown.no_study),
            ((self.seriesDescription, self.modalityButton), shown.no_series),
        ):
            for widget in widgets:
                widget.setStyleSheet(WARNING_STYLE if nothing else "")


def _python_date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())
