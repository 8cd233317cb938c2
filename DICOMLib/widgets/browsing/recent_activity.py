"""Series that came into the database of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import slicer
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from DICOMLib.widgets.browsing.removal import name_of_patient
from DICOMLib.widgets.translation import _, by_number

PERIODS = (
    (timedelta(days=1), "Today"),
    (timedelta(days=7), "Past Week"),
    (timedelta(days=30), "Past Month"),
)


@dataclass(frozen=True, slots=True)
class RecentSeries:
    """A series and when it came."""

    series_uid: str
    inserted: datetime
    text: str


class DICOMRecentActivityWidget(QWidget):
    """Lists the series of the past month, newest first; choosing one selects it in the browser."""

    def __init__(
        self, parent: QWidget | None = None, dicomDatabase: Any = None, browserWidget: Any = None
    ) -> None:
        super().__init__(parent)
        self.dicomDatabase = dicomDatabase if dicomDatabase is not None else slicer.dicomDatabase
        self.browserWidget = browserWidget
        self.recentSeries: list[RecentSeries] = []
        self.listWidget = QListWidget(self)
        self.listWidget.setObjectName("RecentActivityListWidget")
        self.listWidget.itemActivated.connect(self.onActivated)
        self.statusLabel = QLabel(self)
        self.refreshButton = QPushButton(_("Refresh"), self)
        self.refreshButton.clicked.connect(lambda _checked=False: self.update())
        layout = QVBoxLayout(self)
        for widget in (self.statusLabel, self.listWidget, self.refreshButton):
            layout.addWidget(widget)
        self.update()

    def recentSeriesList(self) -> list[RecentSeries]:
        """The series of the past month, newest first."""
        now = datetime.now()
        found = []
        rows = self.dicomDatabase.core.rows("series") if self.dicomDatabase.isOpen else []
        for row in rows:
            inserted = datetime.fromisoformat(row["InsertTimestamp"])
            period = next((name for limit, name in PERIODS if now - inserted < limit), None)
            if period is not None:
                found.append(RecentSeries(row["SeriesInstanceUID"], inserted, self._text(period, row)))
        return sorted(found, key=lambda series: series.inserted, reverse=True)

    def _text(self, period: str, row: dict[str, Any]) -> str:
        patient = self.dicomDatabase.patientForStudy(row["StudyInstanceUID"])
        name = name_of_patient(self.dicomDatabase, patient)
        description = row["SeriesDescription"] or _("Unnamed series")
        return _("{when}: {what} for {whom}").format(when=_(period), what=description, whom=name)

    def update(self) -> None:
        """Read the list again."""
        self.recentSeries = self.recentSeriesList()
        self.listWidget.clear()
        for series in self.recentSeries:
            item = QListWidgetItem(series.text)
            item.setData(Qt.UserRole, series.series_uid)
            self.listWidget.addItem(item)
        last_hour = sum(datetime.now() - one.inserted < timedelta(hours=1) for one in self.recentSeries)
        one = _("1 series was added within the last hour.")
        several = _("{n} series were added within the last hour.")
        self.statusLabel.setText(by_number(last_hour, one, several))

    def onActivated(self, item: QListWidgetItem) -> None:
        """Select the series in the browser."""
        if self.browserWidget is not None:
            browser = getattr(self.browserWidget, "dicomBrowser", self.browserWidget)
            browser.setSelectedItems(3, [item.data(Qt.UserRole)])  # ctkDICOMModel.SeriesType
