"""The list of servers: edited in place, kept in the settings, verified by C-ECHO."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.echo import EchoReport, echo
from DICOMLib.network.peers import C_GET, C_MOVE, Peer, load_peers, save_peers
from DICOMLib.widgets.progress import WorkerJobs
from DICOMLib.widgets.translation import _

NAME, QUERY, STORAGE, TRUSTED, CALLED, ADDRESS, PORT, CALLING, TIMEOUT, PROTOCOL, PROXY, VERIFICATION = range(
    12
)
LONGEST_TIMEOUT_S = 3600
GOOD, BAD = QColor(46, 160, 67), QColor(207, 34, 46)


class ServersTable(QWidget):
    """Edits the peers of the settings.

    Every change is kept at once, unless `keeps_at_once` is False: then the owner calls `keep` or `discard`.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, keeps_at_once: bool = True) -> None:
        super().__init__(parent)
        self._keeps_at_once = keeps_at_once
        self._jobs = WorkerJobs()
        self._peers: list[Peer] = []
        self._build_table()
        self.addButton = self._button(_("Add server"), self.add)
        self.removeButton = self._button(_("Remove server"), self.removeCurrent)
        self.verifyButton = self._button(_("Verify"), self.verifyCurrent)
        self.verifyButton.setToolTip(_("Ask the chosen server whether it is there and knows us (C-ECHO)"))
        self.upButton = self._button(_("Up"), lambda: self.moveCurrent(-1))
        self.downButton = self._button(_("Down"), lambda: self.moveCurrent(1))
        for button in (self.upButton, self.downButton):
            button.setToolTip(_("Servers are asked in the order of the list"))
        self.buttons = QHBoxLayout()
        for button in (
            self.addButton,
            self.removeButton,
            self.verifyButton,
            self.upButton,
            self.downButton,
        ):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(self.buttons)
        self.table.itemSelectionChanged.connect(self._follow)
        self.discard()

    def _build_table(self) -> None:
        titles = {
            NAME: _("Name"),
            QUERY: _("Query"),
            STORAGE: _("Storage"),
            TRUSTED: _("Trusted"),
            CALLED: _("AE title"),
            ADDRESS: _("Address"),
            PORT: _("Port"),
            CALLING: _("Our AE title"),
            TIMEOUT: _("Timeout (s)"),
            PROTOCOL: _("Retrieve by"),
            PROXY: _("Retrieve from"),
            VERIFICATION: _("Verification"),
        }
        self.table = QTableWidget(0, len(titles), self)
        self.table.setAccessibleName(_("Servers"))
        self.table.setHorizontalHeaderLabels(list(titles.values()))
        for column, text in (
            (TRUSTED, _("May be asked for any patient")),
            (TIMEOUT, _("How long to wait for the connection")),
            (PROXY, _("Another server of the list from which its images are retrieved")),
        ):
            self.table.horizontalHeaderItem(column).setToolTip(text)
        self.table.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(VERIFICATION, QHeaderView.Stretch)
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self.table.itemChanged.connect(lambda _item: self._store())

    def _button(self, text: str, slot: Any) -> QPushButton:
        button = QPushButton(text, self)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _checked=False: slot())
        return button

    def peers(self) -> list[Peer]:
        """The servers as they are in the table."""
        return list(self._peers)

    def queried(self) -> list[Peer]:
        """Those that are asked."""
        return [peer for peer in self._peers if peer.query]

    def show_peers(self, peers: Sequence[Peer]) -> None:
        """Show these servers."""
        self._peers = list(peers)
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._peers))
        for row, peer in enumerate(self._peers):
            self._fill(row, peer)
        self.table.blockSignals(False)

    def _fill(self, row: int, peer: Peer) -> None:
        texts = {
            NAME: peer.name,
            CALLED: peer.called_ae,
            ADDRESS: peer.host,
            PORT: str(peer.port),
            CALLING: peer.calling_ae,
            TIMEOUT: str(round(peer.timeout_s)),
        }
        for column, text in texts.items():
            self.table.setItem(row, column, QTableWidgetItem(text))
        for column, checked in ((QUERY, peer.query), (STORAGE, peer.storage), (TRUSTED, peer.trusted)):
            item = QTableWidgetItem()
            item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable | Qt.ItemIsSelectable)
            item.setCheckState(Qt.Checked if checked else Qt.Unchecked)
            self.table.setItem(row, column, item)
        self.table.setItem(row, VERIFICATION, _fixed_item(""))
        self._fill_box(row, PROTOCOL, {C_GET: "C-GET", C_MOVE: "C-MOVE"}, peer.protocol)
        others = {one.name: one.name for one in self._peers if one.name not in ("", peer.name)}
        self._fill_box(row, PROXY, {"": _("itself"), **others}, peer.proxy)

    def _fill_box(self, row: int, column: int, texts: Mapping[str, str], chosen: str) -> None:
        box = QComboBox(self.table)
        box.setAccessibleName(_("How series are retrieved"))
        for value, text in texts.items():
            box.addItem(text, value)
        box.setCurrentIndex(max(0, box.findData(chosen)))
        box.currentIndexChanged.connect(lambda _index: self._store())
        self.table.setCellWidget(row, column, box)

    def _store(self) -> None:
        """Take over what the table says."""
        names = [peer.name for peer in self._peers]
        self._peers = [self._read(row, peer) for row, peer in enumerate(self._peers)]
        if names != [peer.name for peer in self._peers]:
            self.show_peers(self._peers)
        if self._keeps_at_once:
            self.keep()
        self.changed.emit()

    def keep(self) -> None:
        """Write the list into the settings."""
        save_peers(QSettings(), self._peers)

    def discard(self) -> None:
        """Show the list of the settings again."""
        self.show_peers(load_peers(QSettings()))
        self._follow()

    def _follow(self) -> None:
        """Offer what can be done with the chosen server."""
        row = self.table.currentRow()
        chosen = 0 <= row < len(self._peers)
        for button in (self.removeButton, self.verifyButton):
            button.setEnabled(chosen)
        self.upButton.setEnabled(chosen and row > 0)
        self.downButton.setEnabled(chosen and row < len(self._peers) - 1)

    def _read(self, row: int, peer: Peer) -> Peer:
        def text(column: int) -> str:
            return self.table.item(row, column).text().strip()

        def is_checked(column: int) -> bool:
            return self.table.item(row, column).checkState() == Qt.Checked

        port, timeout = text(PORT), text(TIMEOUT)
        usable = timeout.isdigit() and 0 < int(timeout) <= LONGEST_TIMEOUT_S
        return replace(
            peer,
            name=text(NAME),
            called_ae=text(CALLED),
            calling_ae=text(CALLING),
            host=text(ADDRESS),
            port=int(port) if port.isdigit() else peer.port,
            query=is_checked(QUERY),
            storage=is_checked(STORAGE),
            trusted=is_checked(TRUSTED),
            timeout_s=float(timeout) if usable else peer.timeout_s,
            protocol=self.table.cellWidget(row, PROTOCOL).currentData(),
            proxy=self.table.cellWidget(row, PROXY).currentData(),
        )

    # Buttons

    def add(self) -> None:
        """Add a row to be filled in."""
        peer = Peer("localhost", 104, "ANYAE", "SLICER", _("server"), trusted=False)
        self.show_peers([*self._peers, peer])
        self._store()
        self.table.setCurrentCell(len(self._peers) - 1, NAME)
        self.table.editItem(self.table.item(len(self._peers) - 1, NAME))

    def removeCurrent(self) -> None:
        """Remove the chosen server."""
        row = self.table.currentRow()
        if 0 <= row < len(self._peers):
            self.show_peers([peer for i, peer in enumerate(self._peers) if i != row])
            self._store()

    def moveCurrent(self, step: int) -> None:
        """Move the chosen server up (-1) or down (1)."""
        row = self.table.currentRow()
        if not (0 <= row < len(self._peers) and 0 <= row + step < len(self._peers)):
            return
        peers = list(self._peers)
        peers.insert(row + step, peers.pop(row))
        self.show_peers(peers)
        self._store()
        self.table.setCurrentCell(row + step, NAME)
        self._follow()

    def verifyCurrent(self) -> None:
        """Ask the chosen server whether it is there."""
        row = self.table.currentRow()
        if not 0 <= row < len(self._peers):
            return
        peer = self._peers[row]
        try:
            peer.check()
        except NetworkError as error:
            self._tell(row, str(error), BAD)
            return
        self._tell(row, _("asking…"), None)
        self._jobs.start(
            echo(peer),
            on_done=lambda report: self._tell_answer(row, report),
            on_error=lambda error: self._tell(row, str(error), BAD),
        )

    def _tell_answer(self, row: int, report: EchoReport) -> None:
        self._tell(row, _("answers in {ms:.0f} ms").format(ms=report.seconds * 1000), GOOD)

    def _tell(self, row: int, text: str, color: QColor | None) -> None:
        if row >= self.table.rowCount():
            return
        item = _fixed_item(text)
        item.setToolTip(text)
        if color is not None:
            item.setForeground(color)
        self.table.blockSignals(True)
        self.table.setItem(row, VERIFICATION, item)
        self.table.blockSignals(False)

    def stop(self) -> None:
        """The window goes away."""
        self._jobs.stop()


def _fixed_item(text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
    return item
