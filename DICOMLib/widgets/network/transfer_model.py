"""The transfers of a database as rows of a table."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from DICOMLib.network.transfer_queue import SEND
from DICOMLib.widgets.network.transfers import State, Transfer, Transfers
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.translation import _, by_number

KIND, SERVER, STATE, PROGRESS, STARTED, OUTCOME = range(6)
TRANSFER_ROLE = int(Qt.UserRole)
OUTCOMES = {
    State.DONE: OutcomeColor.GOOD,
    State.FAILED: OutcomeColor.BAD,
    State.RUNNING: OutcomeColor.RUNNING,
}


def state_text(state: State) -> str:
    """A state in the user's words."""
    return {
        State.LEFT: _("interrupted"),
        State.WAITING: _("waits"),
        State.RUNNING: _("runs"),
        State.DONE: _("done"),
        State.FAILED: _("failed"),
        State.STOPPED: _("stopped"),
    }[state]


class TransferModel(QAbstractTableModel):
    """Kind, server, state, progress, start and outcome of each transfer."""

    def __init__(self, transfers: Transfers, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source = transfers
        self._rows = transfers.transfers()
        transfers.listed.connect(self._read)
        transfers.changed.connect(self._on_changed)

    def _read(self) -> None:
        now = self._source.transfers()
        if now[: len(self._rows)] == self._rows:
            if len(now) > len(self._rows):
                self.beginInsertRows(QModelIndex(), len(self._rows), len(now) - 1)
                self._rows = now
                self.endInsertRows()
            return
        self.beginResetModel()
        self._rows = now
        self.endResetModel()

    def _on_changed(self, transfer: Transfer) -> None:
        if transfer in self._rows:
            row = self._rows.index(transfer)
            self.dataChanged.emit(self.index(row, 0), self.index(row, OUTCOME))

    def row_of(self, transfer: Transfer) -> int:
        """Row of a transfer, -1 if it is not listed."""
        return self._rows.index(transfer) if transfer in self._rows else -1

    # Qt

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of transfers."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of columns."""
        return 0 if parent.isValid() else 6

    def headerData(self, section: int, orientation: Any, role: int = Qt.DisplayRole) -> Any:
        """Titles of columns."""
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            titles = (_("Transfer"), _("Server"), _("State"), _("Progress"), _("Started"), _("Outcome"))
            return titles[section]
        return super().headerData(section, orientation, role)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text and colour of a cell; the transfer itself."""
        if not index.isValid():
            return None
        transfer = self._rows[index.row()]
        if role == TRANSFER_ROLE:
            return transfer
        if role == Qt.ForegroundRole and index.column() == STATE:
            outcome = OUTCOMES.get(transfer.state)
            return outcome and outcome.color
        if role in (Qt.DisplayRole, Qt.ToolTipRole):
            return _text(transfer, index.column())
        return None


def _text(transfer: Transfer, column: int) -> str:
    if column == KIND:
        return _kind_text(transfer)
    if column == SERVER:
        return transfer.order.peer.label
    if column == STATE:
        return state_text(transfer.state)
    if column == PROGRESS:
        return _progress_text(transfer)
    if column == STARTED:
        return transfer.started.strftime("%Y-%m-%d %H:%M:%S") if transfer.started else ""
    return transfer.fault or (transfer.receipt.summary() if transfer.receipt is not None else "")


def _kind_text(transfer: Transfer) -> str:
    order = transfer.order
    if order.kind == SEND:
        return by_number(len(order.paths), _("Send 1 file"), _("Send {n} files"))
    series = sum(bool(one.series) for one in order.wanted)
    studies = len(order.wanted) - series
    if not studies:
        return by_number(series, _("Retrieve 1 series"), _("Retrieve {n} series"))
    if not series:
        return by_number(studies, _("Retrieve 1 study"), _("Retrieve {n} studies"))
    one, several = _("Retrieve 1 study, {series} series"), _("Retrieve {n} studies, {series} series")
    return by_number(studies, one, several, series=series)


def _progress_text(transfer: Transfer) -> str:
    receipt, progress = transfer.receipt, transfer.progress
    if transfer.state is State.RUNNING:
        return f"{progress.done} / {progress.total}" if progress.total else _("connecting…")
    if receipt is not None and receipt.asked:
        return f"{receipt.done} / {receipt.asked}"
    if transfer.order.done:
        return by_number(len(transfer.order.done), _("1 was done"), _("{n} were done"))
    return ""
