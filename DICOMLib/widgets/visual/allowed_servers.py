"""Which servers may be asked about a patient: a button with a list to check, kept with the patient."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

from DICOMLib.widgets.translation import _


class AllowedServers(QToolButton):
    """Lists the servers that are enabled for queries; those that are trusted may always be asked.

    `allowed(name)` tells that a server may be asked about the patient from now on.
    """

    allowed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setText(_("Servers"))
        self.setToolTip(_("Choose which servers may be asked about this patient"))
        self.setAutoRaise(True)
        self.setPopupMode(QToolButton.InstantPopup)
        self.setMenu(QMenu(self))
        self.menu().aboutToShow.connect(self._fill)
        self._database: Any = None
        self._servers: Callable[[], Sequence[Any]] = list
        self._patient = ""

    def setSource(self, database: Any, servers: Callable[[], Sequence[Any]]) -> None:
        """Keep the choice in this ctkDICOMDatabase; `servers` gives each `ctkDICOMServer` that is enabled."""
        self._database, self._servers = database, servers

    def setPatient(self, uid: str) -> None:
        """Choose for this patient."""
        self._patient = uid
        self.setEnabled(bool(uid))

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        chosen = allowed_names(self._database, self._patient)
        servers = self._servers()
        for server in servers:
            action = menu.addAction(server.connectionName)
            action.setCheckable(True)
            action.setChecked(server.trustedEnabled or server.connectionName in chosen)
            action.setEnabled(not server.trustedEnabled)
            if server.trustedEnabled:
                action.setText(_("{server} (trusted)").format(server=server.connectionName))
            action.toggled.connect(lambda on, name=server.connectionName: self._choose(name, on))
        if not servers:
            menu.addAction(_("No server is enabled for queries.")).setEnabled(False)

    def _choose(self, name: str, on: bool) -> None:
        chosen = set(_names(self._database, self._patient, "allow"))
        (chosen.add if on else chosen.discard)(name)
        trusted = {one.connectionName: one.trustedEnabled for one in self._servers()}
        allow = [one for one in trusted if trusted[one] or one in chosen]
        deny = [one for one in trusted if one not in allow]
        for kept, key in (
            (allow, "allow"),
            (deny, "deny"),
        ):  # this computer, and servers that are not enabled
            kept += [one for one in _names(self._database, self._patient, key) if one not in trusted]
        self._database.updateConnectionsForPatient(self._patient, allow, deny)
        if on:
            self.allowed.emit(name)


def allowed_names(database: Any, patient: str) -> list[str]:
    """Names of the servers that may be asked about a patient, given by the UID of the database.

    The database adds each server that tells of the patient, unless it was denied.
    """
    return _names(database, patient, "allow")


def _names(database: Any, patient: str, key: str) -> list[str]:
    return list(database.connectionsInformationForPatient(patient).get(key, ())) if patient else []
