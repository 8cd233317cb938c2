"""The servers of a scheduler, as scripts ask the widgets that show them."""

from __future__ import annotations

from typing import Any


class ServersOfScheduler:
    """Methods of a widget that has a `ctkDICOMScheduler`, or none yet."""

    def scheduler(self) -> Any:
        """The scheduler; None for none."""
        raise NotImplementedError

    def server(self, key: int | str) -> Any:
        """The `ctkDICOMServer` at a place or of a name; None if there is none."""
        scheduler = self.scheduler()
        return scheduler.server(key) if scheduler is not None else None

    def addServer(self, server: Any) -> int:
        """Add a server; its place, or -1 for one without a name or with one that is taken."""
        scheduler, name = self.scheduler(), server.connectionName
        if scheduler is None or not name or scheduler.server(name) is not None:
            return -1
        scheduler.addServer(server)
        return int(scheduler.serversCount()) - 1

    def removeServer(self, key: int | str) -> None:
        """Remove the server at a place or of a name."""
        if self.scheduler() is not None:
            self.scheduler().removeServer(key)

    def removeAllServers(self) -> None:
        """Remove all servers."""
        if self.scheduler() is not None:
            self.scheduler().removeAllServers()

    def getServerNameFromIndex(self, index: int) -> str:
        """Name of the server at a place, "" if there is none."""
        return str(self.scheduler().getServerNameFromIndex(index)) if self.scheduler() is not None else ""

    def getServerIndexFromName(self, name: str) -> int:
        """Place of a server, -1 if there is none of that name."""
        return int(self.scheduler().getServerIndexFromName(name)) if self.scheduler() is not None else -1
