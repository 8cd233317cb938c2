"""The part of the visual browser about servers: jobs, transfers, and settings of servers, each on a page."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QTabWidget, QWidget

from DICOMLib.widgets.network.job_list import ctkDICOMJobListWidget
from DICOMLib.widgets.network.server_settings import ctkDICOMServerNodeWidget2
from DICOMLib.widgets.network.transfer_list import TransferList
from DICOMLib.widgets.translation import _


class NetworkPanel(QTabWidget):
    """Pages *Jobs* and *Servers* of one scheduler, and *Transfers* of its database."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.jobs = ctkDICOMJobListWidget(self)
        self.settings = ctkDICOMServerNodeWidget2(self)
        self.transfers: TransferList | None = None
        self.addTab(self.jobs, _("Jobs"))
        self.addTab(self.settings, _("Servers"))
        self.setMinimumHeight(200)
        self.hide()

    def setScheduler(self, scheduler: Any) -> None:
        """Show this scheduler."""
        if self.transfers is None and scheduler.dicomDatabase() is not None:
            self.transfers = TransferList(scheduler.dicomDatabase(), self, Qt.Horizontal)
            self.insertTab(1, self.transfers, _("Transfers"))
        self.jobs.setScheduler(scheduler)
        self.settings.setScheduler(scheduler)

    def stop(self) -> None:
        """The window goes away."""
        self.settings.stop()
