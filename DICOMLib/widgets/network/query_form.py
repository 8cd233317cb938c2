"""What a query asks for: names, IDs, descriptions, modality, dates."""

from __future__ import annotations

import datetime
from typing import Any

from qtpy.QtCore import QDate, QTimer, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDateEdit,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from DICOMLib.network.query import Range
from DICOMLib.widgets.translation import _

PAUSE_MS = 500  # without a change, until it is told


class QueryForm(QWidget):
    """Fields of a query at study level; Enter asks."""

    submitted = Signal()
    returnPressed = Signal()
    parameterChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.nameEdit = self._edit(_("* and ? are wildcards; a family name finds all that begin with it"))
        self.idEdit = self._edit(_("Patient ID"))
        self.descriptionEdit = self._edit(_("Study description; * and ? are wildcards"))
        self.seriesEdit = self._edit(_("Series description, of the series of studies that are opened"))
        self.accessionEdit = self._edit(_("Accession number"))
        self.modalityEdit = self._edit(_("Modalities, for example CT or CT, MR"))
        self.queryButton = QPushButton(_("Query"), self)
        self.queryButton.setToolTip(_("Ask the servers that are checked"))
        self.queryButton.setAutoDefault(False)  # Enter in a field asks already
        self.queryButton.clicked.connect(lambda _checked=False: self.submitted.emit())
        self._build_dates()
        self._lay_out()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.parameterChanged)
        for box in (self.firstDay, self.lastDay):
            box.dateChanged.connect(lambda _day: self._pause.start())
        self.dateBox.toggled.connect(lambda _on: self._pause.start())

    def _edit(self, tip: str) -> QLineEdit:
        edit = QLineEdit(self)
        edit.setClearButtonEnabled(True)
        edit.setToolTip(tip)
        edit.returnPressed.connect(self.returnPressed)
        edit.returnPressed.connect(self.submitted)
        edit.textChanged.connect(lambda _text: self._pause.start())
        return edit

    def _build_dates(self) -> None:
        self.dateBox = QCheckBox(_("Study date from"), self)
        self.dateBox.setToolTip(_("Look only for studies of these days"))
        today = QDate.currentDate()
        self.firstDay, self.lastDay = QDateEdit(today.addMonths(-1), self), QDateEdit(today, self)
        for edit, name in ((self.firstDay, _("First study date")), (self.lastDay, _("Last study date"))):
            edit.setAccessibleName(name)
            edit.setToolTip(name)
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setEnabled(False)
            self.dateBox.toggled.connect(edit.setEnabled)

    def _lay_out(self) -> None:
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        fields = (
            (_("Patient name:"), self.nameEdit),
            (_("Patient ID:"), self.idEdit),
            (_("Accession:"), self.accessionEdit),
            (_("Modality:"), self.modalityEdit),
            (_("Study:"), self.descriptionEdit),
            (_("Series:"), self.seriesEdit),
        )
        for place, (text, edit) in enumerate(fields):
            row, column = divmod(place, 4)
            label = QLabel(text, self)
            label.setBuddy(edit)
            layout.addWidget(label, row, 2 * column)
            layout.addWidget(edit, row, 2 * column + 1)
            layout.setColumnStretch(2 * column + 1, 1)
        dates = QHBoxLayout()
        dates.addWidget(self.dateBox)
        dates.addWidget(self.firstDay)
        dates.addWidget(QLabel(_("to"), self))
        dates.addWidget(self.lastDay)
        dates.addStretch(1)
        dates.addWidget(self.queryButton)
        layout.addLayout(dates, 1, 4, 1, 4)

    def parameters(self) -> dict[str, Any]:
        """The same in the words of `ctkDICOMQuery`, as scripts ask CTK's form for it."""
        values: dict[str, Any] = {
            "Name": self.nameEdit.text().strip(),
            "Study": self.descriptionEdit.text().strip(),
            "Series": self.seriesEdit.text().strip(),
            "ID": self.idEdit.text().strip(),
        }
        if self._modalities():
            values["Modalities"] = self._modalities()
        if self.dateBox.isChecked():
            values["StartDate"] = self.firstDay.date().toString("yyyyMMdd")
            values["EndDate"] = self.lastDay.date().toString("yyyyMMdd")
        return values

    def _modalities(self) -> list[str]:
        return [one.strip().upper() for one in self.modalityEdit.text().split(",") if one.strip()]

    def keys(self) -> dict[str, Any]:
        """What to match, by keyword; as people type it: a family name stands for all that begin with it."""
        name = self.nameEdit.text().strip()
        if name and not any(sign in name for sign in "*?^"):
            name += "*"
        keys: dict[str, Any] = {
            "PatientName": name,
            "PatientID": self.idEdit.text().strip(),
            "StudyDescription": _within(self.descriptionEdit.text().strip()),
            "AccessionNumber": self.accessionEdit.text().strip(),
            "ModalitiesInStudy": self._modalities(),
        }
        if self.dateBox.isChecked():
            keys["StudyDate"] = Range(_python_date(self.firstDay.date()), _python_date(self.lastDay.date()))
        return {keyword: value for keyword, value in keys.items() if value}

    def seriesKeys(self) -> dict[str, Any]:
        """What to match among the series of a study, by keyword."""
        description = _within(self.seriesEdit.text().strip())
        return {"SeriesDescription": description} if description else {}


def _within(text: str) -> str:
    """A pattern for what contains a text, unless the text has wildcards of its own."""
    return f"*{text}*" if text and not any(sign in text for sign in "*?") else text


def _python_date(day: QDate) -> datetime.date:
    return datetime.date(day.year(), day.month(), day.day())


ctkDICOMQueryWidget = QueryForm
