"""Rows of the list of servers: what is shown of each, and how it is read back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import QComboBox, QTableWidget, QTableWidgetItem

from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.web.exchange import Target
from DICOMLib.widgets.translation import _

(
    NAME,
    KIND,
    QUERY,
    STORAGE,
    TRUSTED,
    CALLED,
    ADDRESS,
    PORT,
    CALLING,
    TIMEOUT,
    PROTOCOL,
    PROXY,
    ACCESS,
    VERIFICATION,
) = range(14)
LONGEST_TIMEOUT_S = 3600
CHANGED = QBrush(QColor("#b58900"))  # ground of a cell that has not been applied
ATTRIBUTES = {
    NAME: ("name",),
    QUERY: ("query",),
    STORAGE: ("storage",),
    TRUSTED: ("trusted",),
    CALLED: ("called_ae",),
    ADDRESS: ("host", "url"),
    PORT: ("port",),
    CALLING: ("calling_ae",),
    TIMEOUT: ("timeout_s",),
    PROTOCOL: ("protocol",),
    PROXY: ("proxy",),
}


def titles() -> dict[int, str]:
    """Titles of the columns."""
    return {
        NAME: _("Name"),
        KIND: _("Kind"),
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
        ACCESS: _("Access"),
        VERIFICATION: _("Verification"),
    }


def tips() -> dict[int, str]:
    """What the titles alone do not tell."""
    return {
        KIND: _("How the server is spoken to: DIMSE over its own port, or DICOMweb over HTTP"),
        TRUSTED: _("May be asked for any patient"),
        ADDRESS: _("Name or address of the computer; of a DICOMweb server its URL"),
        TIMEOUT: _("How long to wait for the connection"),
        PROXY: _("Another server of the list from which its images are retrieved"),
        ACCESS: _("How the server knows us and the connection is secured; Edit… changes it"),
    }


def access_text(target: Target) -> str:
    """How a server knows us, in a word."""
    if not isinstance(target, OriginServer):
        return "TLS" if target.tls is not None else ""
    if target.token:
        return _("token")
    if target.user:
        return _("user {name}").format(name=target.user)
    if target.certificate:
        return _("certificate")
    return _("headers") if target.headers else ""


def fixed_item(text: str) -> QTableWidgetItem:
    """A cell that cannot be edited."""
    item = QTableWidgetItem(text)
    item.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
    return item


def fill(
    table: QTableWidget, row: int, target: Target, names: Sequence[str], store: Callable[[], None]
) -> None:
    """Show a server in a row; `names` are those of the DIMSE servers, `store` is called by its boxes."""
    texts = {NAME: target.name, TIMEOUT: str(round(target.timeout_s))}
    fixed = {KIND: "DICOMweb", ACCESS: access_text(target), VERIFICATION: ""}
    if isinstance(target, OriginServer):
        texts[ADDRESS] = target.url
        fixed.update(dict.fromkeys((CALLED, PORT, CALLING, PROXY), ""))
        fixed[PROTOCOL] = "WADO-RS"
    else:
        fixed[KIND] = "DIMSE"
        texts.update({CALLED: target.called_ae, ADDRESS: target.host, PORT: str(target.port)})
        texts[CALLING] = target.calling_ae
    for column, text in texts.items():
        table.setItem(row, column, QTableWidgetItem(text))
    for column, text in fixed.items():
        table.setItem(row, column, fixed_item(text))
    for column, checked in ((QUERY, target.query), (STORAGE, target.storage), (TRUSTED, target.trusted)):
        item = fixed_item("")
        item.setFlags(item.flags() | Qt.ItemIsUserCheckable)
        item.setCheckState(Qt.Checked if checked else Qt.Unchecked)
        table.setItem(row, column, item)
    if isinstance(target, OriginServer):
        for column in (PROTOCOL, PROXY):
            table.removeCellWidget(row, column)
        return
    protocols = {C_GET: "C-GET", C_MOVE: "C-MOVE"}
    _fill_box(table, (row, PROTOCOL), protocols, target.protocol, store)
    others = {name: name for name in names if name not in ("", target.name)}
    _fill_box(table, (row, PROXY), {"": _("itself"), **others}, target.proxy, store)


def _fill_box(
    table: QTableWidget,
    cell: tuple[int, int],
    texts: Mapping[str, str],
    chosen: str,
    store: Callable[[], None],
) -> None:
    box = QComboBox(table)
    box.setAccessibleName(titles()[cell[1]])
    box.setToolTip(_("How series are retrieved"))
    for value, text in texts.items():
        box.addItem(text, value)
    box.setCurrentIndex(max(0, box.findData(chosen)))
    box.currentIndexChanged.connect(lambda _index: store())
    before = table.cellWidget(*cell)
    if before is not None:
        before.hide()  # it is deleted later, and would be seen until then
    table.setCellWidget(*cell, box)


def mark_changes(table: QTableWidget, row: int, target: Target, kept: Target | None) -> None:
    """Colour the cells of a row that say something else than what is kept; all of a server that is not."""
    for column, names in ATTRIBUTES.items():
        changed = any(getattr(target, name, None) != getattr(kept, name, None) for name in names)
        item, box = table.item(row, column), table.cellWidget(row, column)
        if box is not None:
            box.setStyleSheet(f"QComboBox {{ background: {CHANGED.color().name()}; }}" if changed else "")
        elif item is not None:
            item.setBackground(CHANGED if changed else QBrush())


def read(table: QTableWidget, row: int, target: Target) -> Target:
    """The server as its row says; what cannot be read stays as it was."""

    def text(column: int) -> str:
        return str(table.item(row, column).text().strip())

    def is_checked(column: int) -> bool:
        return bool(table.item(row, column).checkState() == Qt.Checked)

    timeout = text(TIMEOUT)
    usable = timeout.isdecimal() and 0 < int(timeout) <= LONGEST_TIMEOUT_S
    timeout_s = float(timeout) if usable else target.timeout_s
    uses: dict[str, Any] = {
        "query": is_checked(QUERY),
        "storage": is_checked(STORAGE),
        "trusted": is_checked(TRUSTED),
    }
    if isinstance(target, OriginServer):
        return replace(target, name=text(NAME), url=text(ADDRESS), timeout_s=timeout_s, **uses)
    return _read_peer(table, row, replace(target, name=text(NAME), timeout_s=timeout_s, **uses))


def _read_peer(table: QTableWidget, row: int, peer: Peer) -> Peer:
    port = table.item(row, PORT).text().strip()
    return replace(
        peer,
        called_ae=table.item(row, CALLED).text().strip(),
        calling_ae=table.item(row, CALLING).text().strip(),
        host=table.item(row, ADDRESS).text().strip(),
        port=int(port) if port.isdecimal() else peer.port,
        protocol=table.cellWidget(row, PROTOCOL).currentData(),
        proxy=table.cellWidget(row, PROXY).currentData(),
    )
