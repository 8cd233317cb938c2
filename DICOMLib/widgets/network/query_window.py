"""Query and retrieve: servers, what to look for, what they have, and bringing it here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import QDialog, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from DICOMLib.widgets.named_signals import NamedSignals
from DICOMLib.widgets.network.query_form import QueryForm
from DICOMLib.widgets.network.query_jobs import QueryReport, query
from DICOMLib.widgets.network.query_results import MATCH_ROLE, QueryResults
from DICOMLib.widgets.network.query_tables import QueryTables, series_of
from DICOMLib.widgets.network.servers_table import ServersTable
from DICOMLib.widgets.network.transfer_list import TransfersWindow, show_transfers
from DICOMLib.widgets.network.transfers import AT_WORK, State, Transfer, Transfers, transfers_of
from DICOMLib.widgets.progress import ProgressPanel
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _, by_number, translatable

NO_SERVER = translatable("No server is checked. Add one, and check the box Query.")


class ctkDICOMQueryRetrieveWidget(NamedSignals, QWidget):
    """Asks the checked servers, shows what they have, and retrieves what is chosen into the database."""

    studiesRetrieved = Signal(list)
    canceled = Signal()
    queried = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._database: Any = None
        self._transfers: Transfers | None = None
        self._retrieved: list[Transfer] = []
        self._tables: QueryTables | None = None
        self._last_report = QueryReport()
        self._series_keys: dict[str, Any] = {}  # what the last query asked of series
        self.servers = ServersTable(self)
        self.form = QueryForm(self)
        self.results = QueryResults(self)
        self.results.setAccessibleName(_("What was found"))
        self.tasks = TaskPanel(self)
        self.transferProgress = ProgressPanel(self)
        self.transferProgress.cancelRequested.connect(self.cancel)
        self.transfersButton = QPushButton(_("Transfers…"), self)
        self.transfersButton.setToolTip(_("Show what is being retrieved and sent, and what is left to do"))
        self.transfersButton.clicked.connect(lambda _checked=False: self.showTransfers())
        self.retrieveButton = QPushButton(_("Retrieve"), self)
        self.retrieveButton.setMinimumWidth(140)
        self.retrieveButton.setToolTip(_("Bring the chosen studies and series into the database"))
        for button in (self.retrieveButton, self.transfersButton):
            button.setAutoDefault(False)
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
        bottom.addWidget(self.transfersButton)
        bottom.addStretch(1)
        bottom.addWidget(self.retrieveButton)
        layout = QVBoxLayout(self)
        layout.addWidget(splitter, 1)
        layout.addWidget(self.tasks)
        layout.addWidget(self.transferProgress)
        layout.addLayout(bottom)
        self.servers.changed.connect(self._follow_servers)
        self.form.submitted.connect(self.query)
        self.retrieveButton.clicked.connect(lambda _checked=False: self.retrieve())
        self.results.itemSelectionChanged.connect(self._follow)
        self.results.seriesWanted.connect(self._ask_series)
        self._follow()

    def getServerParameters(self) -> dict[str, Any]:
        """AE titles and port of this program, see `ServerNodes.parameters`."""
        return self.servers.parameters()

    def useProgressDialog(self, use: bool) -> None:
        """Whether a panel shows how far a query or retrieval is; it is no dialog, so nothing waits for it."""
        for panel in (self.tasks.progress, self.transferProgress):
            panel.quiet = not use

    def setRetrieveDatabase(self, database: Any) -> None:
        """Say which ctkDICOMDatabase takes what is retrieved."""
        if self._transfers is not None:
            self._transfers.changed.disconnect(self._on_transfer)
        self._database = database
        self._transfers = transfers_of(database) if database is not None else None
        if self._transfers is not None:
            self._transfers.changed.connect(self._on_transfer)
            if self._transfers.left():
                self.tasks.tell(_("Some transfers were interrupted."), _("Show…"), self.showTransfers)
        self._follow()

    def retrieveDatabase(self) -> Any:
        """The ctkDICOMDatabase that takes what is retrieved."""
        return self._database

    def _follow(self) -> None:
        usable = self._database is not None and self._database.isOpen
        self.transfersButton.setEnabled(usable)
        self.retrieveButton.setEnabled(usable and bool(self._wanted()))

    def _wanted(self) -> list[Any]:
        """What is chosen in the tables of a script, or in the tree."""
        return (self._tables.wanted() if self._tables is not None else []) or self.results.wanted()

    @property
    def dicomTableManager(self) -> Any:
        """What was found as tables of patients, studies and series; their series are retrieved if chosen.

        From the first use on, each query asks for the series of all studies, too.
        """
        if self._tables is None:
            self._tables = QueryTables(self)
            self.destroyed.connect(self._tables.close)
            self._tables.manager.seriesSelectionChanged[list].connect(lambda _uids: self._follow())
            if self._last_report.matches:
                self._fill_tables(self._tables, self._last_report)
        return self._tables.manager

    # Query

    def query(self) -> None:
        """Ask the checked servers; what they have appears as it comes."""
        servers = self.servers.queried()
        if not servers:
            self.tasks.tell(_(NO_SERVER))
            return
        self.tasks.cancel()
        self.results.begin()
        self._series_keys = self.form.seriesKeys()
        job = query(servers, "STUDY", self.form.keys(), self.results.take)
        self.tasks.start(job, _("Asking the servers"), self._show)

    def _follow_servers(self) -> None:
        """What was said of servers that cannot be asked holds no longer when one can be."""
        line = self.tasks.information
        if line.label.text() == _(NO_SERVER) and self.servers.queried():
            line.hide()

    def _show(self, report: QueryReport) -> None:
        self.results.flush()
        self._last_report = report
        if self._tables is not None:
            self._fill_tables(self._tables, report)
        else:
            self._tell_found(report)

    def _fill_tables(self, tables: QueryTables, report: QueryReport) -> None:
        def done(series: QueryReport) -> None:
            tables.show(report.matches, series.matches)
            self._tell_found(report)

        self.tasks.start(series_of(report.matches, self._series_keys), _("Asking for the series"), done)

    def _tell_found(self, report: QueryReport) -> None:
        texts = [by_number(len(report.matches), _("1 study was found."), _("{n} studies were found."))]
        texts += [
            _("{server} may have more; ask for less.").format(server=server.label)
            for server in report.limited
        ]
        texts += [f"{server.label}: {reason}" for server, reason in report.failed]
        if report.cancelled:
            texts.append(_("Cancelled."))
        self.tasks.tell(" ".join(texts))
        self._follow()
        self.queried.emit(report)

    def _ask_series(self, item: Any) -> None:
        server, match = item.data(0, MATCH_ROLE)
        keys = {"StudyInstanceUID": match.StudyInstanceUID, **self._series_keys}

        def done(report: QueryReport) -> None:
            if item.treeWidget() is not None:  # another query may have taken it away
                self.results.show_series(item, report.matches)
            for _server, reason in report.failed:
                self.tasks.tell(reason)

        self.tasks.start(query([server], "SERIES", keys), _("Asking for the series"), done)

    # Retrieve

    def retrieve(self) -> None:
        """Bring what is chosen into the database."""
        wanted = self._wanted()
        if self._transfers is None or not wanted or not self._database.isOpen:
            return
        self._retrieved = [self._transfers.retrieve(server, items) for server, items in wanted]
        self.transferProgress.begin(_("Retrieving"))

    def _on_transfer(self, transfer: Transfer) -> None:
        if transfer not in self._retrieved:
            return
        if transfer.state is State.RUNNING and transfer.progress.step:
            self.transferProgress.showProgress(transfer.progress)
        if not any(one.state in AT_WORK for one in self._retrieved):
            retrieved, self._retrieved = self._retrieved, []
            self.transferProgress.end()
            self._tell_retrieved(retrieved)

    def _tell_retrieved(self, transfers: Sequence[Transfer]) -> None:
        texts = [one.fault or (one.receipt.summary() if one.receipt else "") for one in transfers]
        failed = [one for one in transfers if one.state is not State.DONE]
        shown = failed[0] if failed else transfers[0]
        self.tasks.tell(" ".join(texts), _("Show receipt…"), lambda: self.showTransfers(shown))
        if any(one.state is State.STOPPED for one in transfers):
            self.canceled.emit()
        self.studiesRetrieved.emit([one.study for transfer in transfers for one in transfer.order.wanted])

    def showTransfers(self, transfer: Transfer | None = None) -> TransfersWindow | None:
        """Open the list of transfers."""
        return show_transfers(self._database, self, transfer) if self._transfers is not None else None

    def cancel(self) -> None:
        """Stop what is going on."""
        self.tasks.cancel()
        for transfer in self._retrieved:
            if self._transfers is not None:
                self._transfers.cancel(transfer)

    def stop(self) -> None:
        """The window goes away: no more questions; what is being retrieved goes on in the background."""
        self.tasks.stop()
        self.servers.stop()


class QueryRetrieveWindow(QDialog):
    """The query widget as a window of its own; closing it stops asking, what is retrieved goes on."""

    def __init__(self, database: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("QueryRetrieveWindow")
        self.setWindowTitle(_("Query and retrieve"))
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.resize(1240, 720)
        self.widget = ctkDICOMQueryRetrieveWidget(self)
        self.widget.setRetrieveDatabase(database)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.widget)

    def done(self, result: int) -> None:
        """Stop asking, and hide."""
        self.widget.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """As Escape."""
        self.widget.stop()
        super().closeEvent(event)
