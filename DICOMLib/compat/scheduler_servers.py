"""ctkDICOMScheduler: its servers."""

from __future__ import annotations

from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.core.events import Signal


class SchedulerServers:
    """The servers that jobs are sent to, by their place or their name."""

    serverModified: Signal

    def __init__(self) -> None:
        super().__init__()
        self._servers: list[ctkDICOMServer] = []

    def serversCount(self) -> int:
        """How many there are."""
        return len(self._servers)

    def queryRetrieveServersCount(self) -> int:
        """How many of them are asked."""
        return sum(bool(server.queryRetrieveEnabled) for server in self._servers)

    def storageServersCount(self) -> int:
        """How many of them are sent to."""
        return sum(bool(server.storageEnabled) for server in self._servers)

    def server(self, key: int | str) -> ctkDICOMServer | None:
        """The server at a place or of a name; also a proxy, by its name. None if there is none."""
        if isinstance(key, str):
            for server in (*self._servers, *filter(None, (one.proxyServer() for one in self._servers))):
                if server.connectionName == key:
                    return server
            return None
        return self._servers[key] if 0 <= key < len(self._servers) else None

    def addServer(self, server: ctkDICOMServer) -> None:
        """Add a server; names are not checked."""
        self._servers.append(server)
        server.serverModified.connect(self.serverModified.emit)
        self.serverModified(server.connectionName)

    def removeServer(self, key: int | str) -> None:
        """Remove the server at a place or of a name; an unknown one is ignored."""
        index = self.getServerIndexFromName(key) if isinstance(key, str) else key
        if 0 <= index < len(self._servers):
            server = self._servers.pop(index)
            server.serverModified.disconnect(self.serverModified.emit)

    def removeAllServers(self) -> None:
        """Remove all."""
        while self._servers:
            self.removeServer(0)

    def getServerNameFromIndex(self, id: int) -> str:  # noqa: A002  as in CTK
        """Name of the server at a place, "" if there is none."""
        server = self.server(int(id))
        return server.connectionName if server is not None else ""

    def getServerIndexFromName(self, connectionName: str) -> int:
        """Place of a server, -1 if there is none of that name."""
        names = self.getAllServersConnectionNames()
        return names.index(connectionName) if connectionName in names else -1

    def getAllServersConnectionNames(self) -> list[str]:
        """Names of all servers."""
        return [server.connectionName for server in self._servers]

    def getConnectionNamesForActiveServers(self) -> list[str]:
        """Names of those that are asked or sent to."""
        return [
            server.connectionName
            for server in self._servers
            if server.queryRetrieveEnabled or server.storageEnabled
        ]

    def serverHasProxy(self, connectionName: str) -> bool:
        """Whether a server has a proxy."""
        server = self.server(connectionName)
        return server is not None and server.proxyServer() is not None
