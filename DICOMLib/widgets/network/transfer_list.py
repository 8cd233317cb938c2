"""The list of transfers with their receipts: retry, cancel, remove, save."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.widgets.empty_text import EmptyText
from DICOMLib.widgets.lists import push_button, show_as_list
from DICOMLib.widgets.network.receipt_view import ReceiptView
from DICOMLib.widgets.network.transfer_model import OUTCOME, TRANSFER_ROLE, TransferModel
from DICOMLib.widgets.network.transfers import AT_WORK, State, Transfer, transfers_of
from DICOMLib.widgets.translation import _


class TransferList(QWidget):
    """What was sent and retrieved, and what is still to be, for one ctkDICOMDatabase."""

    def __init__(
        self,
        database: Any,
        parent: QWidget | None = None,
        orientation: Qt.Orientation = Qt.Vertical,
    ) -> None:
        super().__init__(parent)
        self._database = database
        self.transfers = transfers_of(database)
        self.model = TransferModel(self.transfers, self)
        self._build_table()
        self._build_buttons()
        self.receiptView = ReceiptView(self, self._series_name)
        self.faultLabel = QLabel(self)
        self.faultLabel.setWordWrap(True)
        self.faultLabel.setTextInteractionFlags(Qt.TextSelectableByMouse)
        lower = QWidget(self)
        inner = QVBoxLayout(lower)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.faultLabel)
        inner.addWidget(self.receiptView, 1)
        splitter = QSplitter(orientation, self)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(self.table)
        splitter.addWidget(lower)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(splitter, 1)
        layout.addLayout(self._buttons)
        self._follow()

    def _build_table(self) -> None:
        self.table = QTableView(self)
        self.table.setModel(self.model)
        self.table.setAccessibleName(_("Transfers"))
        show_as_list(self.table)
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.setSectionResizeMode(OUTCOME, QHeaderView.Stretch)
        EmptyText(self.table, _("No transfers. What is retrieved and sent is listed here, with its receipt."))
        self.table.selectionModel().selectionChanged.connect(lambda *_change: self._follow())
        self.model.dataChanged.connect(lambda *_change: self._follow())
        self.model.modelReset.connect(self._follow)
        self.model.rowsInserted.connect(lambda *_change: self._follow())

    def _build_buttons(self) -> None:
        self.retryButton = push_button(
            self,
            _("Retry"),
            self.retry,
            _("Do what is missing of the chosen transfers, also of an earlier day"),
        )
        self.cancelButton = push_button(
            self, _("Cancel"), self.cancel, _("Stop the chosen transfers; the rest can be done later")
        )
        self.removeButton = push_button(
            self, _("Remove"), self.remove, _("Take the chosen transfers off the list, done or not")
        )
        self.clearButton = push_button(
            self, _("Clear done"), self.clearDone, _("Take transfers that are done off the list")
        )
        self.saveButton = push_button(
            self,
            _("Save receipt…"),
            lambda: self.receiptView.chooseFile(),
            _("Save what was asked for and transferred, as text or JSON"),
        )
        self._buttons = QHBoxLayout()
        for button in (self.retryButton, self.cancelButton, self.removeButton):
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        for button in (self.saveButton, self.clearButton):
            self._buttons.addWidget(button)

    # Selection

    def chosen(self) -> list[Transfer]:
        """The chosen transfers, from the top down."""
        return [index.data(TRANSFER_ROLE) for index in self.table.selectionModel().selectedRows()]

    def choose(self, transfer: Transfer) -> None:
        """Choose one, so that its receipt is shown."""
        self.table.selectRow(self.model.row_of(transfer))

    def _follow(self) -> None:
        chosen = self.chosen()
        states = [one.state for one in chosen]
        ended = (State.LEFT, State.FAILED, State.STOPPED)
        self.retryButton.setEnabled(any(state in ended for state in states))
        self.cancelButton.setEnabled(any(state in AT_WORK for state in states))
        self.removeButton.setEnabled(any(state not in AT_WORK for state in states))
        self.clearButton.setEnabled(any(one.state is State.DONE for one in self.transfers.transfers()))
        one = chosen[0] if len(chosen) == 1 else None
        receipt = one.receipt if one is not None else None
        self.receiptView.tell_to_choose(one is None and bool(self.transfers.transfers()))
        if receipt is not self.receiptView.receipt:
            self.receiptView.show_receipt(receipt)
        self.faultLabel.setText(one.fault if one is not None else "")
        self.faultLabel.setVisible(bool(self.faultLabel.text()))
        self.saveButton.setEnabled(receipt is not None)

    def _series_name(self, uid: str) -> str:
        """Description of a series that is here."""
        if not self._database.isOpen:
            return ""
        rows = self._database.core.rows("series", SeriesInstanceUID=uid)
        texts = (rows[0]["Modality"], rows[0]["SeriesDescription"]) if rows else ()
        return " ".join(str(text) for text in texts if text)

    # Actions

    def retry(self) -> None:
        """Do the rest of the chosen transfers."""
        for transfer in self.chosen():
            self.transfers.retry(transfer)

    def cancel(self) -> None:
        """Stop the chosen transfers."""
        for transfer in self.chosen():
            self.transfers.cancel(transfer)

    def remove(self) -> None:
        """Take the chosen transfers off the list."""
        for transfer in self.chosen():
            self.transfers.remove(transfer)

    def clearDone(self) -> None:
        """Take what is done off the list."""
        for transfer in self.transfers.transfers():
            if transfer.state is State.DONE:
                self.transfers.remove(transfer)


class TransfersWindow(QDialog):
    """The list of transfers in a window of its own; closing it stops nothing."""

    def __init__(self, database: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("TransfersWindow")
        self.setWindowTitle(_("Transfers"))
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.list = TransferList(database, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.addWidget(self.list)
        self.resize(860, 520)


def show_transfers(database: Any, parent: QWidget, transfer: Transfer | None = None) -> TransfersWindow:
    """Open the list of transfers, with one of them chosen."""
    window = TransfersWindow(database, parent)
    if transfer is not None:
        window.list.choose(transfer)
    window.show()
    return window
