"""The list of servers, of DIMSE and DICOMweb: edited in place, kept in the settings, verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSettings, Qt, Signal
from qtpy.QtGui import QResizeEvent, QShowEvent
from qtpy.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.echo import EchoReport
from DICOMLib.network.origin_servers import OriginServer, save_origin_servers
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.network.secrets import KeyringSecrets
from DICOMLib.web.exchange import Target, echo, load_targets
from DICOMLib.widgets.lists import push_button, show_as_list
from DICOMLib.widgets.network.server_nodes import ServerNodes
from DICOMLib.widgets.network.server_rows import (
    KIND,
    NAME,
    PROTOCOL,
    VERIFICATION,
    fill,
    mark_changes,
    read,
    tips,
    titles,
)
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.progress import WorkerJobs
from DICOMLib.widgets.translation import _


class _Answer(QTableWidgetItem):
    """What a server answered, in the colour that can be read now, also after a change of colours."""

    def __init__(self, text: str, outcome: OutcomeColor | None) -> None:
        super().__init__(text)
        self._outcome = outcome
        self.setFlags(Qt.ItemIsEnabled | Qt.ItemIsSelectable)
        self.setToolTip(text)

    def data(self, role: int) -> Any:
        """Text and colour."""
        if role == Qt.ForegroundRole and self._outcome is not None:
            return self._outcome.color
        return super().data(role)


class ServersTable(ServerNodes, QWidget):
    """Edits the servers of the settings: those of DIMSE, then those of DICOMweb.

    Every change is kept at once, unless `keeps_at_once` is False: then the owner calls `keep` or `discard`.
    Secrets go into the keyring of the system.
    """

    changed = Signal()

    def __init__(self, parent: QWidget | None = None, *, keeps_at_once: bool = True) -> None:
        super().__init__(parent)
        self._keeps_at_once = keeps_at_once
        self._jobs = WorkerJobs()
        self._secrets = KeyringSecrets()
        self._servers: list[Target] = []
        self._kept: list[Target] = []
        self._build_table()
        self._build_buttons()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table)
        layout.addLayout(self.buttons)
        self.table.itemSelectionChanged.connect(self._follow)
        self.table.cellDoubleClicked.connect(self._on_double_click)
        self.discard()

    def _build_table(self) -> None:
        names = titles()
        self.table = QTableWidget(0, len(names), self)
        self.table.setAccessibleName(_("Servers"))
        self.table.setHorizontalHeaderLabels(list(names.values()))
        for column, text in tips().items():
            self.table.horizontalHeaderItem(column).setToolTip(text)
        show_as_list(self.table)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeToContents)
        header.sectionResized.connect(lambda *_sizes: self._fit_verification())
        self.table.itemChanged.connect(lambda _item: self._store())

    def _fit_verification(self) -> None:
        """Let the last column take what is left, but never less than can be read: then the table scrolls."""
        header = self.table.horizontalHeader()
        others = header.length() - header.sectionSize(VERIFICATION)
        wanted = max(self.table.sizeHintForColumn(VERIFICATION), header.sectionSizeHint(VERIFICATION))
        room = self.table.viewport().width() - others >= wanted
        mode = QHeaderView.Stretch if room else QHeaderView.ResizeToContents
        if header.sectionResizeMode(VERIFICATION) != mode:
            header.setSectionResizeMode(VERIFICATION, mode)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        self._fit_verification()

    def showEvent(self, event: QShowEvent) -> None:
        """The widths of columns are known from now on."""
        super().showEvent(event)
        self._fit_verification()

    def _build_buttons(self) -> None:
        self.addButton = push_button(self, _("Add server"), self.add, _("Add a server that speaks DIMSE"))
        self.addWebButton = push_button(
            self, _("Add DICOMweb…"), self.addWeb, _("Add a server that speaks DICOMweb")
        )
        self.editButton = push_button(
            self, _("Edit…"), self.editCurrent, _("Show all that can be set: login, certificates, addresses")
        )
        self.removeButton = push_button(
            self, _("Remove server"), self.removeCurrent, _("Take the chosen server off the list")
        )
        self.verifyButton = push_button(
            self, _("Verify"), self.verifyCurrent, _("Ask the chosen server whether it is there and knows us")
        )
        self.diagnoseButton = push_button(
            self,
            _("Diagnose…"),
            self.diagnoseCurrent,
            _("Try each step of the way to it, and say which one fails"),
        )
        order = _("Servers are asked in the order of the list")
        self.upButton = push_button(self, _("Up"), lambda: self.moveCurrent(-1), order)
        self.downButton = push_button(self, _("Down"), lambda: self.moveCurrent(1), order)
        self.buttons = QHBoxLayout()
        for button in (self.addButton, self.addWebButton, self.editButton, self.removeButton):
            self.buttons.addWidget(button)
        for button in (self.verifyButton, self.diagnoseButton, self.upButton, self.downButton):
            self.buttons.addWidget(button)
        self.buttons.addStretch(1)

    # Servers

    def servers(self) -> list[Target]:
        """The servers as they are in the table."""
        return list(self._servers)

    def peers(self) -> list[Peer]:
        """Those of DIMSE."""
        return [one for one in self._servers if not isinstance(one, OriginServer)]

    def webServers(self) -> list[OriginServer]:
        """Those of DICOMweb."""
        return _web(self._servers)

    def queried(self) -> list[Target]:
        """Those that are asked."""
        return [one for one in self._servers if one.query]

    def show_servers(self, servers: Sequence[Target]) -> None:
        """Show these servers, those of DIMSE first."""
        self._servers = sorted(servers, key=lambda one: isinstance(one, OriginServer))
        names = [peer.name for peer in self.peers()]
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._servers))
        for row, server in enumerate(self._servers):
            fill(self.table, row, server, names, self._store)
        self.table.blockSignals(False)
        self._follow()

    def _store(self) -> None:
        """Take over what the table says."""
        names = [one.name for one in self._servers]
        self._servers = [read(self.table, row, one) for row, one in enumerate(self._servers)]
        if names != [one.name for one in self._servers]:
            self.show_servers(self._servers)
        self._changed()

    def _changed(self) -> None:
        if self._keeps_at_once:
            self.keep()
        else:
            self._mark_changes()
        self.changed.emit()

    def _mark_changes(self) -> None:
        """Colour what has not been kept yet."""
        self.table.blockSignals(True)
        for row, server in enumerate(self._servers):
            kept = self._kept[row] if row < len(self._kept) else None
            mark_changes(self.table, row, server, kept)
        self.table.blockSignals(False)

    def keep(self) -> None:
        """Write the list into the settings, its secrets into the keyring."""
        save_peers(QSettings(), self.peers())
        web = self.webServers()
        if web != _web(self._kept):  # the keyring is left alone where nothing has changed
            save_origin_servers(QSettings(), self._secrets, web)
        self._kept = self.servers()
        self._mark_changes()

    def discard(self) -> None:
        """Show the list of the settings again."""
        self.show_servers(load_targets(QSettings(), self._secrets))
        self._kept = self.servers()
        self._mark_changes()

    def replaceServers(self, servers: list[Target]) -> None:
        """Show these servers, as if the user had put them there."""
        self.show_servers(servers)
        self._changed()

    def readSettings(self) -> None:
        """The same as `discard`, by CTK's name."""
        self.discard()

    def saveSettings(self) -> None:
        """The same as `keep`, by CTK's name."""
        self.keep()

    def removeCurrentServerNode(self) -> None:
        """The same as `removeCurrent`, by CTK's name."""
        self.removeCurrent()

    def current(self) -> Target | None:
        """The chosen server."""
        row = self.table.currentRow()
        return self._servers[row] if 0 <= row < len(self._servers) else None

    def _follow(self) -> None:
        """Offer what can be done with the chosen server."""
        row, chosen = self.table.currentRow(), self.current() is not None
        for button in (self.editButton, self.removeButton, self.verifyButton, self.diagnoseButton):
            button.setEnabled(chosen)
        self.upButton.setEnabled(chosen and self._can_swap(row, row - 1))
        self.downButton.setEnabled(chosen and self._can_swap(row, row + 1))

    def _can_swap(self, row: int, other: int) -> bool:
        """Servers are kept in two lists, one for each kind."""
        inside = 0 <= row < len(self._servers) and 0 <= other < len(self._servers)
        return inside and isinstance(self._servers[row], type(self._servers[other]))

    # Buttons

    def add(self) -> None:
        """Add a row to be filled in."""
        peer = Peer("localhost", 104, "ANYAE", "SLICER", _("server"), trusted=False)
        self.show_servers([*self._servers, peer])
        self._changed()
        row = self._servers.index(peer)
        self.table.setCurrentCell(row, NAME)
        self.table.editItem(self.table.item(row, NAME))

    def addWeb(self) -> Any:
        """Ask for a DICOMweb server and add it."""
        dialog = self._dialog(OriginServer("", trusted=False))
        dialog.edited.connect(lambda server: self._replace(len(self._servers), server))
        return dialog

    def editCurrent(self) -> Any:
        """Show all that can be set of the chosen server."""
        row, server = self.table.currentRow(), self.current()
        if server is None:
            return None
        dialog = self._dialog(server)
        dialog.edited.connect(lambda edited: self._replace(row, edited))
        return dialog

    def _dialog(self, server: Target) -> Any:
        from DICOMLib.widgets.network.server_dialog import ServerDialog

        dialog = ServerDialog(server, self)
        dialog.open()
        return dialog

    def _replace(self, row: int, server: Target) -> None:
        if not server.name:
            server = replace(server, name=_("server"))
        self.show_servers([*self._servers[:row], server, *self._servers[row + 1 :]])
        self._changed()
        self.table.setCurrentCell(row, NAME)

    def _on_double_click(self, row: int, column: int) -> None:
        """What cannot be edited in place is edited in the dialog."""
        if column == KIND or (column > PROTOCOL and self.table.cellWidget(row, column) is None):
            self.editCurrent()

    def removeCurrent(self) -> None:
        """Remove the chosen server."""
        row = self.table.currentRow()
        if self.current() is not None:
            self.show_servers([one for i, one in enumerate(self._servers) if i != row])
            self._changed()

    def moveCurrent(self, step: int) -> None:
        """Move the chosen server up (-1) or down (1) among those of its kind."""
        row = self.table.currentRow()
        if self._can_swap(row, row + step):
            servers = self.servers()
            servers.insert(row + step, servers.pop(row))
            self.show_servers(servers)
            self._changed()
            self.table.setCurrentCell(row + step, NAME)

    # Asking

    def verifyCurrent(self) -> None:
        """Ask the chosen server whether it is there."""
        row, server = self.table.currentRow(), self.current()
        if server is None:
            return
        try:
            server.check()
        except NetworkError as error:
            self._tell(row, str(error), OutcomeColor.BAD)
            return
        self._tell(row, _("asking…"), None)
        self._jobs.start(
            echo(server),
            on_done=lambda report: self._tell_answer(row, report),
            on_error=lambda error: self._tell(row, str(error), OutcomeColor.BAD),
        )

    def diagnoseCurrent(self) -> Any:
        """Try each step of the way to the chosen server, in a window of its own."""
        from DICOMLib.widgets.network.diagnosis_dialog import DiagnosisDialog

        server = self.current()
        if server is None:
            return None
        dialog = DiagnosisDialog(server, self)
        dialog.open()
        return dialog

    def _tell_answer(self, row: int, report: EchoReport) -> None:
        self._tell(row, _("answers in {ms:.0f} ms").format(ms=report.seconds * 1000), OutcomeColor.GOOD)

    def _tell(self, row: int, text: str, outcome: OutcomeColor | None) -> None:
        if row >= self.table.rowCount():
            return
        self.table.blockSignals(True)
        self.table.setItem(row, VERIFICATION, _Answer(text, outcome))
        self.table.blockSignals(False)

    def stop(self) -> None:
        """The window goes away."""
        self._jobs.stop()


def _web(servers: Sequence[Target]) -> list[OriginServer]:
    return [one for one in servers if isinstance(one, OriginServer)]


ctkDICOMServerNodeWidget = ServersTable
