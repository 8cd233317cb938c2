"""All that can be said of one server: addresses, how it knows us, certificates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.exchange import Target
from DICOMLib.widgets.file_questions import ask_file
from DICOMLib.widgets.translation import _

NO_LOGIN, PASSWORD, TOKEN = "none", "password", "token"


class ServerDialog(QDialog):
    """Edits one server; `edited(server)` comes when it is accepted and can be called."""

    edited = Signal(object)

    def __init__(self, target: Target, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ServerDialog")
        self.setWindowTitle(_("Server"))
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setMinimumWidth(560)
        self._target = target
        self.form = QFormLayout()
        self._choose_buttons: list[QToolButton] = []
        self.form.setFieldGrowthPolicy(QFormLayout.AllNonFixedFieldsGrow)
        self.nameEdit = self._row(_("Name:"), target.name, _("How the server is called in lists"))
        if isinstance(target, OriginServer):
            self._build_web(target)
        else:
            self._build_dimse(target)
        self.faultLabel = QLabel(self)
        self.faultLabel.setWordWrap(True)
        self.faultLabel.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.Ok | QDialogButtonBox.Cancel, self)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(self.form)
        layout.addWidget(self.faultLabel)
        layout.addWidget(self.buttons)

    # Building

    def _row(self, title: str, text: str, tip: str) -> QLineEdit:
        edit = QLineEdit(text, self)
        edit.setToolTip(tip)
        self.form.addRow(title, edit)
        return edit

    def _file_row(self, title: str, path: str, tip: str) -> QLineEdit:
        """A row for a PEM file, with a button that asks for it."""
        edit = QLineEdit(path, self)
        edit.setToolTip(tip)
        button = QToolButton(self)
        button.setText("…")
        button.setToolTip(_("Choose a file"))
        button.setAccessibleName(_("Choose a file"))
        button.clicked.connect(lambda _checked=False: self._choose_file(edit))
        self._choose_buttons.append(button)
        line = QHBoxLayout()
        line.addWidget(edit)
        line.addWidget(button)
        self.form.addRow(title, line)
        self.form.labelForField(line).setBuddy(edit)
        return edit

    def _choose_file(self, edit: QLineEdit) -> QFileDialog:
        filters = [_("PEM files (*.pem *.crt *.cer *.key)"), _("All files (*)")]
        return ask_file(self, _("Choose a certificate or key"), edit.setText, edit.text(), filters)

    def _build_certificates(self, ca_file: str, certificate: str, key: str, verify: bool) -> None:
        self.caEdit = self._file_row(
            _("Trusted certificates:"), ca_file, _("Empty: those that the operating system trusts")
        )
        self.certificateEdit = self._file_row(
            _("Our certificate:"), certificate, _("Shown to servers that ask for one")
        )
        self.keyEdit = self._file_row(_("Our key:"), key, _("The private key of our certificate"))
        self.verifyBox = QCheckBox(_("Check the certificate of the server"), self)
        self.verifyBox.setToolTip(_("Without the check, anybody on the way can read and change what is sent"))
        self.verifyBox.setChecked(verify)
        self.form.addRow("", self.verifyBox)

    def _build_dimse(self, peer: Peer) -> None:
        self.addressEdit = self._row(_("Address:"), peer.host, _("Name or address of the computer"))
        self.portEdit = self._row(_("Port:"), str(peer.port), _("TCP port; usually 104 or 11112"))
        self.calledEdit = self._row(_("AE title:"), peer.called_ae, _("AE title of the server"))
        self.callingEdit = self._row(
            _("Our AE title:"), peer.calling_ae, _("AE title by which it knows this program")
        )
        self.destinationEdit = self._row(
            _("Move to:"), peer.move_destination, _("AE title to which C-MOVE sends; empty: to this program")
        )
        self.tlsBox = QCheckBox(_("Secure the connection by TLS"), self)
        self.tlsBox.setToolTip(_("Encrypts what is sent, by the profile of PS3.15 B.12"))
        self.tlsBox.setChecked(peer.tls is not None)
        self.form.addRow("", self.tlsBox)
        tls = peer.tls or TLSOptions()
        self._build_certificates(tls.ca_file, tls.certificate, tls.key, tls.verify)
        edits = (self.caEdit, self.certificateEdit, self.keyEdit)
        for widget in (*edits, *self._choose_buttons, self.verifyBox):
            widget.setEnabled(self.tlsBox.isChecked())
            self.tlsBox.toggled.connect(widget.setEnabled)

    def _build_web(self, server: OriginServer) -> None:
        self.urlEdit = self._row(_("URL:"), server.url, _("Root of the DICOMweb services"))
        self.urlEdit.setPlaceholderText("https://pacs.example/dicom-web")
        tip = _("Only where it differs from the URL above")
        self.qidoEdit = self._row(_("Search (QIDO-RS):"), server.qido_url, tip)
        self.wadoEdit = self._row(_("Retrieve (WADO-RS):"), server.wado_url, tip)
        self.stowEdit = self._row(_("Store (STOW-RS):"), server.stow_url, tip)
        self.loginBox = QComboBox(self)
        self.loginBox.setToolTip(_("How the server knows us"))
        for value, text in (
            (NO_LOGIN, _("none")),
            (PASSWORD, _("user and password")),
            (TOKEN, _("token (bearer)")),
        ):
            self.loginBox.addItem(text, value)
        self.form.addRow(_("Login:"), self.loginBox)
        self.userEdit = self._row(_("User:"), server.user, _("User of basic authentication"))
        kept = _("Kept in the keyring of the system")
        self.passwordEdit = self._row(_("Password:"), server.password, kept)
        self.tokenEdit = self._row(_("Token:"), server.token, kept)
        for edit in (self.passwordEdit, self.tokenEdit):
            edit.setEchoMode(QLineEdit.Password)
        self.headersEdit = QPlainTextEdit(self)
        self.headersEdit.setPlainText("\n".join(f"{name}: {value}" for name, value in server.headers.items()))
        self.headersEdit.setPlaceholderText(_("Name: value"))
        self.headersEdit.setToolTip(_("Further headers of each request, one a line; kept in the keyring"))
        self.headersEdit.setTabChangesFocus(True)
        self.headersEdit.setFixedHeight(3 * self.fontMetrics().height() + 12)
        self.form.addRow(_("Headers:"), self.headersEdit)
        self._build_certificates(server.ca_file, server.certificate, server.key, server.verify)
        self.loginBox.currentIndexChanged.connect(lambda _row: self._follow_login())
        login = TOKEN if server.token else PASSWORD if server.user else NO_LOGIN
        self.loginBox.setCurrentIndex(self.loginBox.findData(login))
        self._follow_login()

    def _follow_login(self) -> None:
        login = self.loginBox.currentData()
        for edit in (self.userEdit, self.passwordEdit):
            edit.setEnabled(login == PASSWORD)
        self.tokenEdit.setEnabled(login == TOKEN)

    # Reading

    def target(self) -> Target:
        """The server as it was entered.

        Raises
        ------
        NetworkError
            If it cannot be called so.
        """
        target: Target
        if isinstance(self._target, OriginServer):
            target = self._web(self._target)
        else:
            target = self._dimse(self._target)
        target.check()
        return target

    def _dimse(self, peer: Peer) -> Peer:
        port = _text(self.portEdit)
        if not port.isdecimal():
            raise NetworkError(_("{port} is no TCP port; ports are 1 to 65535.").format(port=port or "–"))  # noqa: RUF001
        tls = replace(peer.tls or TLSOptions(), **self._certificates()) if self.tlsBox.isChecked() else None
        return replace(
            peer,
            name=_text(self.nameEdit),
            host=_text(self.addressEdit),
            port=int(port),
            called_ae=_text(self.calledEdit),
            calling_ae=_text(self.callingEdit),
            move_destination=_text(self.destinationEdit),
            tls=tls,
        )

    def _web(self, server: OriginServer) -> OriginServer:
        login = self.loginBox.currentData()
        by_password = login == PASSWORD
        return replace(
            server,
            name=_text(self.nameEdit),
            url=_text(self.urlEdit),
            qido_url=_text(self.qidoEdit),
            wado_url=_text(self.wadoEdit),
            stow_url=_text(self.stowEdit),
            user=_text(self.userEdit) if by_password else "",
            password=self.passwordEdit.text() if by_password else "",
            token=_text(self.tokenEdit) if login == TOKEN else "",
            headers=self._headers(),
            **self._certificates(),
        )

    def _certificates(self) -> dict[str, Any]:
        return {
            "ca_file": _text(self.caEdit),
            "certificate": _text(self.certificateEdit),
            "key": _text(self.keyEdit),
            "verify": self.verifyBox.isChecked(),
        }

    def _headers(self) -> dict[str, str]:
        headers = {}
        for line in self.headersEdit.toPlainText().splitlines():
            name, colon, value = (part.strip() for part in line.partition(":"))
            if name and colon:
                headers[name] = value
            elif name:
                raise NetworkError(_("Each header is written as Name: value."))
        return headers

    def accept(self) -> None:
        """Close, unless the server cannot be called so: then it is said, and can be mended."""
        try:
            target = self.target()
        except NetworkError as error:
            self.faultLabel.setText(str(error))
            self.faultLabel.show()
            return
        super().accept()
        self.edited.emit(target)


def _text(edit: QLineEdit) -> str:
    return str(edit.text().strip())
