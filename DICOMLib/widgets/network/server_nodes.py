"""What scripts ask CTK's older list of servers: names and values of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from qtpy.QtCore import QSettings

from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.web.exchange import Target

DEFAULT_TITLE, DEFAULT_PORT = "CTKSTORE", 11112


class ServerNodes:
    """Methods of the table of servers; a checked row is a server that is asked."""

    def servers(self) -> list[Target]:
        """The servers as they are in the table."""
        raise NotImplementedError

    def replaceServers(self, servers: list[Target]) -> None:
        """Show these servers, and keep them."""
        raise NotImplementedError

    def serverNodes(self) -> list[str]:
        """Names of the servers."""
        return [one.name for one in self.servers()]

    def selectedServerNodes(self) -> list[str]:
        """Names of those that are asked."""
        return [one.name for one in self.servers() if one.query]

    def serverNodeParameters(self, key: int | str) -> dict[str, Any]:
        """Name, CheckState (0 or 2), AETitle, Address, Port and CGET of a row, by its place or name."""
        row = self.serverNodes().index(key) if isinstance(key, str) and key in self.serverNodes() else key
        if isinstance(row, str) or not 0 <= row < len(self.servers()):
            return {}
        one = self.servers()[row]
        values: dict[str, Any] = {"Name": one.name, "CheckState": 2 if one.query else 0}
        if isinstance(one, OriginServer):
            return {**values, "AETitle": "", "Address": one.url, "Port": 0, "CGET": False}
        return {
            **values,
            "AETitle": one.called_ae,
            "Address": one.host,
            "Port": one.port,
            "CGET": one.protocol == C_GET,
        }

    def addServerNode(self, values: Mapping[str, Any] | None = None) -> int:
        """Add a server with such values; its place."""
        values = values or {}
        peer = replace(
            Peer(str(values.get("Address", "localhost")), int(values.get("Port", 80)), calling_ae="SLICER"),
            called_ae=str(values.get("AETitle", "ANYAE")),
            name=str(values.get("Name", "server")),
            query=bool(values.get("CheckState", 0)),
            protocol=C_GET if values.get("CGET", True) else C_MOVE,
        )
        self.replaceServers([*self.servers(), peer])
        return self.servers().index(peer)

    def callingAETitle(self) -> str:
        """AE title under which this program asks."""
        return str(QSettings().value("CallingAETitle", DEFAULT_TITLE))

    def storageAETitle(self) -> str:
        """AE title under which it takes what is sent."""
        return str(QSettings().value("StorageAETitle", DEFAULT_TITLE))

    def storagePort(self) -> int:
        """TCP port at which it does."""
        text = str(QSettings().value("StoragePort", DEFAULT_PORT))
        return int(text) if text.isdecimal() else DEFAULT_PORT

    def parameters(self) -> dict[str, Any]:
        """The three by their names in the settings."""
        return {
            "CallingAETitle": self.callingAETitle(),
            "StorageAETitle": self.storageAETitle(),
            "StoragePort": self.storagePort(),
        }
