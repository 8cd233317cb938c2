"""The list of servers: edited in place, kept in the settings, verified by C-ECHO."""

from __future__ import annotations

from collections.abc import Sequence
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

NAME, QUERY, STORAGE, CALLED, ADDRESS, PORT, CALLING, PROTOCOL, VERIFICATION = range(9)
GOOD, BAD = QColor(46, 160, 67), QColor(207, 34, 46)


class ServersTable(QWidget):
    """Edits the peers of the settings; every change is kept at once."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs = WorkerJobs()
        self._peers: list[Peer] = []
        self.table = QTableWidget(0, 9, self)
        self.table.setHorizontalHeaderLabels(
            [
                _("Name"),
                _("Query"),
                _("Storage"),
                _("AE title"),
                _("Address"),
                _("Port"),
                _("Our AE title"),
                _("Retrieve by"),
                _("Verification"),
            ]
        )
        self.table.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.table.verticalHeader().hide()
        self.table.setShowGrid(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(VERIFICATION, QHeaderView.Stretch)
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self.table.itemChanged.connect(lambda _item: self._store())
        self.addButton = self._button(_("Add server"), self.add)
        self.removeButton = self._button(_("Remove server"), self.removeCurrent)
        self.verifyButton = self._button(_("Verify"), self.verifyCurrent)
        self.verifyButton.setToolTip(_("Ask the chosen server whether it is there and knows us (C-ECHO)"))
        buttons = QHBoxLayout()
        for button in (self.addButton, self.removeButton, self.verifyButton):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(buttons)
        self.show_peers(load_peers(QSettings()))

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
        }
        for column, text in texts.items():
            self.table.setItem(row, column, QTableWidgetItem(text))
        for column, checked in ((QUERY, peer.query), (STORAGE, peer.storage)):
            item = QTableWidgetItem()
            item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsUserCheckable | Qt.ItemIsSelectable)
            item.setCheckState(Qt.Checked if checked else Qt.Unchecked)
            self.table.setItem(row, column, item)
        self.table.setItem(row, VERIFICATION, _fixed_item(""))
        box = QComboBox(self.table)
        box.addItem("C-GET", C_GET)
        box.addItem("C-MOVE", C_MOVE)
        box.setCurrentIndex(box.findData(peer.protocol))
        box.currentIndexChanged.connect(lambda _index: self._store())
        self.table.setCellWidget(row, PROTOCOL, box)

    def _store(self) -> None:
        """Take over what the table says and keep it."""
        self._peers = [self._read(row, peer) for row, peer in enumerate(self._peers)]
        save_peers(QSettings(), self._peers)
        self.changed.emit()

    def _read(self, row: int, peer: Peer) -> Peer:
        def text(column: int) -> str:
            return self.table.item(row, column).text().strip()

        port = text(PORT)
        return replace(
            peer,
            name=text(NAME),
            called_ae=text(CALLED),
            calling_ae=text(CALLING),
            host=text(ADDRESS),
            port=int(port) if port.isdigit() else peer.port,
            query=self.table.item(row, QUERY).checkState() == Qt.Checked,
            storage=self.table.item(row, STORAGE).checkState() == Qt.Checked,
            protocol=self.table.cellWidget(row, PROTOCOL).currentData(),
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
