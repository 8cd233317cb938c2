"""Query and retrieve: servers, what to look for, what they have, and bringing it here."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QDialog, QHBoxLayout, QMessageBox, QPushButton, QSplitter, QVBoxLayout, QWidget

from DICOMLib.network.peers import Peer
from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.network.query_form import QueryForm
from DICOMLib.widgets.network.query_jobs import QueryReport, RetrieveReport, query, retrieve_all
from DICOMLib.widgets.network.query_results import QueryResults
from DICOMLib.widgets.network.servers_table import ServersTable
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _

DEFAULT_PORT = 11112
PORT_KEY = "StoragePort"


class ctkDICOMQueryRetrieveWidget(NamedSignals, QWidget):
    """Asks the checked servers, shows what they have, and retrieves what is chosen into the database."""

    studiesRetrieved = Signal(list)
    canceled = Signal()
    queried = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._database: Any = None
        self.servers = ServersTable(self)
        self.form = QueryForm(self)
        self.results = QueryResults(self)
        self.results.setAccessibleName(_("What was found"))
        self.tasks = TaskPanel(self)
        self.retrieveButton = QPushButton(_("Retrieve"), self)
        self.retrieveButton.setMinimumWidth(140)
        self.retrieveButton.setToolTip(_("Bring the chosen studies and series into the database"))
        upper = QWidget(self)
        inner = QVBoxLayout(upper)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.servers)
        inner.addWidget(self.form)
        splitter = QSplitter(Qt.Vertical, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(upper)
        splitter.addWidget(self.results)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([240, 380])
        bottom = QHBoxLayout()
        bottom.addStretch(1)
        bottom.addWidget(self.retrieveButton)
        layout = QVBoxLayout(self)
        layout.addWidget(splitter, 1)
        layout.addWidget(self.tasks)
        layout.addLayout(bottom)
        self.form.submitted.connect(self.query)
        self.retrieveButton.clicked.connect(lambda _checked=False: self.retrieve())
        self.results.itemSelectionChanged.connect(self._follow)
        self.results.seriesWanted.connect(self._ask_series)
        self._follow()

    def setRetrieveDatabase(self, database: Any) -> None:
        """Say which ctkDICOMDatabase takes what is retrieved."""
        self._database = database
        self._follow()

    def retrieveDatabase(self) -> Any:
        """The ctkDICOMDatabase that takes what is retrieved."""
        return self._database

    def _follow(self) -> None:
        usable = self._database is not None and self._database.isOpen
        self.retrieveButton.setEnabled(usable and bool(self.results.selectedItems()))

    # Query

    def query(self) -> None:
        """Ask the checked servers."""
        peers = self.servers.queried()
        if not peers:
            self.tasks.tell(_("No server is checked. Add one, and check the box Query."))
            return
        self.results.clear()
        self.tasks.start(query(peers, "STUDY", self.form.keys()), _("Asking the servers"), self._show)

    def _show(self, report: QueryReport) -> None:
        self.results.show_studies(report.matches)
        count = len(report.matches)
        texts = [_("1 study was found.") if count == 1 else _("{n} studies were found.").format(n=count)]
        texts += [
            _("{server} may have more; ask for less.").format(server=peer.label) for peer in report.limited
        ]
        texts += [f"{peer.label}: {reason}" for peer, reason in report.failed]
        if report.cancelled:
            texts.append(_("Cancelled."))
        self.tasks.tell(" ".join(texts))
        self._follow()
        self.queried.emit(report)

    def _ask_series(self, item: Any) -> None:
        peer, match = item.data(0, int(Qt.UserRole))
        keys = {"StudyInstanceUID": match.StudyInstanceUID}

        def done(report: QueryReport) -> None:
            self.results.show_series(item, report.matches)
            for _peer, reason in report.failed:
                self.tasks.tell(reason)

        self.tasks.start(query([peer], "SERIES", keys), _("Asking for the series"), done)

    # Retrieve

    def retrieve(self) -> None:
        """Bring what is chosen into the database."""
        wanted = self.results.wanted()
        if not wanted or self._database is None or not self._database.isOpen:
            return
        job = retrieve_all(self._database.core, wanted, _listener_port())
        self.tasks.start(job, _("Retrieving"), lambda report: self._tell_retrieved(wanted, report))

    def _tell_retrieved(self, wanted: dict[Peer, Any], report: RetrieveReport) -> None:
        complete = not report.failed and all(receipt.complete for receipt in report.receipts)
        if complete:
            self.tasks.tell(report.summary())
        else:
            self.tasks.tell(report.summary(), _("Show receipt…"), lambda: self._show_receipt(report))
        if report.cancelled:
            self.canceled.emit()
        self.studiesRetrieved.emit([one.study for items in wanted.values() for one in items])

    def _show_receipt(self, report: RetrieveReport) -> None:
        box = QMessageBox(QMessageBox.Information, _("Receipt"), report.summary(), QMessageBox.Close, self)
        box.setDetailedText(report.as_text())
        box.setAttribute(Qt.WA_DeleteOnClose)
        box.open()

    def cancel(self) -> None:
        """Stop what is going on."""
        self.tasks.cancel()

    def stop(self) -> None:
        """The window goes away."""
        self.tasks.stop()
        self.servers.stop()


def _listener_port() -> int:
    text = str(QSettings().value(PORT_KEY, DEFAULT_PORT))
    return int(text) if text.isdigit() else DEFAULT_PORT


class QueryRetrieveWindow(QDialog):
    """The query widget as a window of its own; closing stops what is going on."""

    def __init__(self, database: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("QueryRetrieveWindow")
        self.setWindowTitle(_("Query and retrieve"))
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.resize(1000, 720)
        self.widget = ctkDICOMQueryRetrieveWidget(self)
        self.widget.setRetrieveDatabase(database)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.widget)

    def done(self, result: int) -> None:
        """Stop what is going on, and hide."""
        self.widget.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """As Escape."""
        self.widget.stop()
        super().closeEvent(event)
