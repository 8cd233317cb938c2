"""Sending files to another DICOM system: where to, how far it is, and the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.web.exchange import Target, load_targets
from DICOMLib.widgets.network.receipt_view import ReceiptView
from DICOMLib.widgets.network.transfers import AT_WORK, State, Transfer, Transfers, transfers_of
from DICOMLib.widgets.progress import ProgressPanel
from DICOMLib.widgets.translation import _, by_number

PROTOCOL_KEY, AE_TITLE_KEY, ADDRESS_KEY = "DICOM/Send/Protocol", "DICOM/Send/AETitle", "DICOM/Send/URL"
DIMSE, WEB = "DIMSE", "DICOMweb"  # as the settings name them
WEB_SCHEMES = ("http://", "https://")
DEFAULT_PORT = 104


class DICOMSendDialog(QDialog):
    """Asks for the destination, sends in the background and shows the receipt."""

    sent = Signal(object)

    def __init__(self, files: Sequence[str], parent: Any = "mainWindow") -> None:
        super().__init__(_main_window() if parent == "mainWindow" else parent)
        self.files = [str(path) for path in files]
        self.receipt: Receipt | None = None
        database = _open_database()
        self._goes_on = database is not None  # without one, nobody could see what is sent in the background
        self._transfers = transfers_of(database) if database is not None else Transfers()
        self._transfer: Transfer | None = None
        self._transfers.changed.connect(self._follow_transfer)
        self._build()
        self.open()

    def _build(self) -> None:
        self.setObjectName("DICOMSendDialog")
        self.setWindowTitle(_("Send DICOM Study"))
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        settings = QSettings()
        self._servers = [server for server in load_targets(settings) if server.storage]
        self.serverBox = QComboBox(self)
        self.serverBox.addItem(_("Other server"))
        self.serverBox.addItems([server.label for server in self._servers])
        self.serverBox.setToolTip(_("Servers of the list that have the box Storage checked"))
        self.protocolBox = QComboBox(self)
        for protocol in (DIMSE, WEB):
            self.protocolBox.addItem(_(protocol), protocol)
        self._choose_protocol(str(settings.value(PROTOCOL_KEY, DIMSE)))
        self.protocolBox.setToolTip(
            _("DIMSE for host:port, DICOMweb for a URL; it follows what is typed below")
        )
        self.aeTitleEdit = QLineEdit(str(settings.value(AE_TITLE_KEY, "CTK")), self)
        self.aeTitleEdit.setMaxLength(16)
        self.aeTitleEdit.setToolTip(_("AE title by which the destination knows itself"))
        self.addressEdit = QLineEdit(str(settings.value(ADDRESS_KEY, "")), self)
        self.addressEdit.setPlaceholderText(_("host:port, or the URL of a DICOMweb server"))
        self.addressEdit.setToolTip(
            _("Name or address of the destination, and its port; or the URL of DICOMweb")
        )
        self.form = QFormLayout()
        self.form.addRow(_("Server:"), self.serverBox)
        self.form.addRow(_("Protocol:"), self.protocolBox)
        self.form.addRow(_("AE title:"), self.aeTitleEdit)
        self.form.addRow(_("Destination address:"), self.addressEdit)
        text = by_number(len(self.files), _("1 file will be sent."), _("{n} files will be sent."))
        self.textLabel = QLabel(text, self)
        self.textLabel.setWordWrap(True)
        self.progress = ProgressPanel(self)
        self.receiptView = ReceiptView(self)
        self.receiptView.hide()
        self._build_buttons()
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        for widget in (self.textLabel, self.progress, self.receiptView, self.buttons):
            layout.addWidget(widget)
        self.serverBox.currentIndexChanged.connect(self._follow_server)
        self.protocolBox.currentIndexChanged.connect(lambda _row: self._enable_edits())
        self.addressEdit.textChanged.connect(self._follow_address)
        self.progress.cancelRequested.connect(self.cancel)
        self._follow_server(0)

    def _build_buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        self.buttons.rejected.connect(self.reject)
        self.sendButton = self.buttons.addButton(_("Send"), QDialogButtonBox.AcceptRole)
        self.sendButton.setToolTip(_("Send the files to this destination"))
        self.sendButton.setEnabled(bool(self.files))
        self.saveButton = self.buttons.addButton(_("Save receipt…"), QDialogButtonBox.ActionRole)
        self.saveButton.setToolTip(_("Save what arrived, and why the rest did not"))
        self.saveButton.hide()
        self.buttons.accepted.connect(self.start)
        self.saveButton.clicked.connect(lambda _checked=False: self.receiptView.chooseFile())

    def _follow_server(self, index: int) -> None:
        """A server of the list needs no address."""
        if index > 0:
            server = self._servers[index - 1]
            if isinstance(server, OriginServer):
                self.aeTitleEdit.clear()
                self.addressEdit.setText(server.service("stow"))
            else:
                self.aeTitleEdit.setText(server.called_ae)
                self.addressEdit.setText(f"{server.host}:{server.port}")
        self._enable_edits()

    def _follow_address(self, text: str) -> None:
        """A URL is of DICOMweb, host:port of DIMSE; the first letters of a scheme tell nothing yet."""
        address = text.strip()
        if address.startswith(WEB_SCHEMES):
            self._choose_protocol(WEB)
        elif not any(scheme.startswith(address) for scheme in WEB_SCHEMES):
            self._choose_protocol(DIMSE)

    def _choose_protocol(self, protocol: str) -> None:
        self.protocolBox.setCurrentIndex(max(0, self.protocolBox.findData(protocol)))

    def _enable_edits(self, busy: bool = False) -> None:
        """A server of the list is known already, and DICOMweb knows no AE titles."""
        free = not busy and self.serverBox.currentIndex() == 0
        for widget in (self.protocolBox, self.addressEdit):
            widget.setEnabled(free)
        self.aeTitleEdit.setEnabled(free and not self._is_web())

    def _is_web(self) -> bool:
        return bool(self.protocolBox.currentData() == WEB)

    def target(self) -> Target:
        """The destination as it was entered.

        Raises
        ------
        NetworkError
            If the address or the AE title cannot be used.
        """
        index = self.serverBox.currentIndex()
        if index > 0:
            return self._servers[index - 1]
        address = self.addressEdit.text().strip()
        if self._is_web():
            server = OriginServer(address)
            server.check()
            return server
        host, _colon, port = address.rpartition(":")
        if not host:
            host, port = port, str(DEFAULT_PORT)
        if not port.isdecimal():
            raise NetworkError(_("{port} is no TCP port. Write host:port.").format(port=port))
        peer = Peer(host, int(port), self.aeTitleEdit.text().strip(), "SLICER")
        peer.check()
        return peer

    # Sending

    def start(self) -> None:
        """Send; what is wrong with the destination is said, and can be mended."""
        try:
            target = self.target()
        except NetworkError as error:
            self.textLabel.setText(str(error))
            return
        if self.serverBox.currentIndex() == 0:
            settings = QSettings()
            settings.setValue(PROTOCOL_KEY, self.protocolBox.currentData())
            settings.setValue(AE_TITLE_KEY, self.aeTitleEdit.text())
            settings.setValue(ADDRESS_KEY, self.addressEdit.text())
        self._show_busy(True)
        self.progress.begin(_("Sending"))
        self._transfer = self._transfers.send(target, self.files)

    def cancel(self) -> None:
        """Stop after the file at work."""
        if self._transfer is not None:
            self._transfers.cancel(self._transfer)

    def _show_busy(self, busy: bool) -> None:
        for widget in (self.serverBox, self.sendButton):
            widget.setEnabled(not busy)
        self._enable_edits(busy)
        if not busy:
            self.progress.end()

    def _follow_transfer(self, transfer: Transfer) -> None:
        if transfer is not self._transfer:
            return
        if transfer.state not in AT_WORK:
            self._tell(transfer)
        elif transfer.state is State.RUNNING and transfer.progress.step:
            self.progress.showProgress(transfer.progress)

    def _tell(self, transfer: Transfer) -> None:
        self._transfer = None
        self._show_busy(False)
        receipt = transfer.receipt
        self.receipt = receipt
        self.receiptView.show_receipt(receipt)
        self.receiptView.setVisible(receipt is not None)
        self.saveButton.setVisible(receipt is not None)
        if receipt is None:
            self.textLabel.setText(transfer.fault or _("Cancelled."))
            return
        self.textLabel.setText(receipt.summary())
        self.sendButton.setText(_("Send again"))
        self.sent.emit(receipt)

    def done(self, result: int) -> None:
        """Close; what is being sent goes on in the background, and is in the list of transfers."""
        self._leave()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """As the button Close."""
        self._leave()
        super().closeEvent(event)

    def _leave(self) -> None:
        self._transfer = None
        if not self._goes_on:
            self._transfers.stop()


def _main_window() -> QWidget | None:
    import slicer

    window: QWidget | None = slicer.util.mainWindow()
    return window


def _open_database() -> Any:
    """The database of the application, where there is one; its folder keeps the transfers."""
    import slicer

    database = getattr(slicer, "dicomDatabase", None)
    return database if database is not None and database.isOpen else None
