"""Sending files to another DICOM system: where to, how far it is, and the receipt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QCloseEvent
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import JobHandle
from DICOMLib.network.peers import Peer, load_peers
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.send import send
from DICOMLib.widgets.progress import ProgressPanel, WorkerJobs
from DICOMLib.widgets.translation import _

AE_TITLE_KEY, ADDRESS_KEY = "DICOM/Send/AETitle", "DICOM/Send/URL"
DEFAULT_PORT = 104


class DICOMSendDialog(QDialog):
    """Asks for the destination, sends in the background and shows the receipt."""

    sent = Signal(object)

    def __init__(self, files: Sequence[str], parent: Any = "mainWindow") -> None:
        super().__init__(_main_window() if parent == "mainWindow" else parent)
        self.files = [str(path) for path in files]
        self.receipt: Receipt | None = None
        self._jobs = WorkerJobs()
        self._handle: JobHandle | None = None
        self._build()
        self.open()

    def _build(self) -> None:
        self.setObjectName("DICOMSendDialog")
        self.setWindowTitle(_("Send DICOM Study"))
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setMinimumWidth(520)
        settings = QSettings()
        self._peers = [peer for peer in load_peers(settings) if peer.storage]
        self.serverBox = QComboBox(self)
        self.serverBox.addItem(_("Other server"))
        self.serverBox.addItems([peer.label for peer in self._peers])
        self.serverBox.setToolTip(_("Servers of the list that have the box Storage checked"))
        self.aeTitleEdit = QLineEdit(str(settings.value(AE_TITLE_KEY, "CTK")), self)
        self.aeTitleEdit.setMaxLength(16)
        self.aeTitleEdit.setToolTip(_("AE title by which the destination knows itself"))
        self.addressEdit = QLineEdit(str(settings.value(ADDRESS_KEY, "")), self)
        self.addressEdit.setPlaceholderText(_("host:port"))
        self.addressEdit.setToolTip(_("Name or address of the destination, and its port"))
        self.form = QFormLayout()
        self.form.addRow(_("Server:"), self.serverBox)
        self.form.addRow(_("AE title:"), self.aeTitleEdit)
        self.form.addRow(_("Destination address:"), self.addressEdit)
        self.textLabel = QLabel(_("{n} files will be sent.").format(n=len(self.files)), self)
        self.textLabel.setWordWrap(True)
        self.progress = ProgressPanel(self)
        self.receiptText = QPlainTextEdit(self)
        self.receiptText.setReadOnly(True)
        self.receiptText.hide()
        self._build_buttons()
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        for widget in (self.textLabel, self.progress, self.receiptText, self.buttons):
            layout.addWidget(widget)
        self.serverBox.currentIndexChanged.connect(self._follow_server)
        self.progress.cancelRequested.connect(self.cancel)
        self._follow_server(0)

    def _build_buttons(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.Close, self)
        self.buttons.rejected.connect(self.reject)
        self.sendButton = self.buttons.addButton(_("Send"), QDialogButtonBox.AcceptRole)
        self.sendButton.setEnabled(bool(self.files))
        self.saveButton = self.buttons.addButton(_("Save receipt…"), QDialogButtonBox.ActionRole)
        self.saveButton.hide()
        self.buttons.accepted.connect(self.start)
        self.saveButton.clicked.connect(lambda _checked=False: self.chooseReceiptFile())

    def _follow_server(self, index: int) -> None:
        """A server of the list needs no address."""
        known = index > 0
        if known:
            peer = self._peers[index - 1]
            self.aeTitleEdit.setText(peer.called_ae)
            self.addressEdit.setText(f"{peer.host}:{peer.port}")
        for edit in (self.aeTitleEdit, self.addressEdit):
            edit.setEnabled(not known)

    def peer(self) -> Peer:
        """The destination as it was entered.

        Raises
        ------
        NetworkError
            If the address or the AE title cannot be used.
        """
        index = self.serverBox.currentIndex()
        if index > 0:
            return self._peers[index - 1]
        host, _colon, port = self.addressEdit.text().strip().rpartition(":")
        if not host:
            host, port = port, str(DEFAULT_PORT)
        if not port.isdigit():
            raise NetworkError(_("{port} is no TCP port. Write host:port.").format(port=port))
        peer = Peer(host, int(port), self.aeTitleEdit.text().strip(), "SLICER")
        peer.check()
        return peer

    # Sending

    def start(self) -> None:
        """Send; what is wrong with the destination is said, and can be mended."""
        try:
            peer = self.peer()
        except NetworkError as error:
            self.textLabel.setText(str(error))
            return
        settings = QSettings()
        settings.setValue(AE_TITLE_KEY, self.aeTitleEdit.text())
        settings.setValue(ADDRESS_KEY, self.addressEdit.text())
        self._show_busy(True)
        self.progress.begin(_("Sending"))
        self._handle = self._jobs.start(
            send(peer, self.files), self.progress.showProgress, self._tell, self._tell_error
        )

    def cancel(self) -> None:
        """Stop after the file at work."""
        if self._handle is not None:
            self._handle.cancel()

    def _show_busy(self, busy: bool) -> None:
        for widget in (self.serverBox, self.sendButton):
            widget.setEnabled(not busy)
        for edit in (self.aeTitleEdit, self.addressEdit):
            edit.setEnabled(not busy and self.serverBox.currentIndex() == 0)
        if not busy:
            self.progress.end()
            self._handle = None

    def _tell(self, receipt: Receipt) -> None:
        self._show_busy(False)
        self.receipt = receipt
        self.textLabel.setText(receipt.summary())
        if not receipt.complete:
            self.receiptText.setPlainText(receipt.as_text())
            self.receiptText.show()
            self.saveButton.show()
        self.sendButton.setText(_("Send again"))
        self.sent.emit(receipt)

    def _tell_error(self, error: Exception) -> None:
        self._show_busy(False)
        self.textLabel.setText(str(error) or type(error).__name__)

    def done(self, result: int) -> None:
        """Close; what is being sent is stopped at the next file."""
        self._jobs.stop()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """As the button Close."""
        self._jobs.stop()
        super().closeEvent(event)

    # Receipt

    def chooseReceiptFile(self) -> QFileDialog:
        """Ask where to save the receipt."""
        dialog = QFileDialog(self, _("Save the receipt"))
        dialog.setAcceptMode(QFileDialog.AcceptSave)
        dialog.setNameFilters([_("Text (*.txt)"), _("JSON (*.json)")])
        dialog.selectFile("receipt.txt")
        dialog.setAttribute(Qt.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.saveReceipt)
        dialog.open()
        return dialog

    def saveReceipt(self, path: str) -> None:
        """Write the receipt; the suffix tells the format."""
        if self.receipt is None:
            return
        as_json = Path(path).suffix.lower() == ".json"
        text = self.receipt.as_json() if as_json else self.receipt.as_text()
        try:
            Path(path).write_text(text, encoding="utf-8")
        except OSError as error:
            box = QMessageBox(QMessageBox.Warning, _("Save the receipt"), str(error), QMessageBox.Ok, self)
            box.setAttribute(Qt.WA_DeleteOnClose)
            box.open()


def _main_window() -> QWidget | None:
    import slicer

    window: QWidget | None = slicer.util.mainWindow()
    return window
