"""A C-ECHO in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMEcho import ctkDICOMEcho
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer


class ctkDICOMEchoJob(ctkDICOMJob):
    """Asks one server whether it is there; it is tried once."""

    def __init__(self, server: ctkDICOMServer | None = None, **values: Any) -> None:
        super().__init__(**values)
        self.maximumNumberOfRetry = 0
        self._server = server.clone() if server is not None else None
        self._echo: ctkDICOMEcho | None = None
        if server is not None:
            self.connectionName = server.connectionName

    @property
    def jobType(self) -> JobType:
        """See `ctkDICOMJob`."""
        return JobType.Echo

    def server(self) -> ctkDICOMServer | None:
        """Whom it asks."""
        return self._server

    def setServer(self, server: ctkDICOMServer) -> None:
        """Ask a copy of this server."""
        self._server = server.clone()
        self.connectionName = server.connectionName

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        if self._server is None:
            raise JobFailed("The job has no server.")
        echo = self._echo = ctkDICOMEcho()
        for name in (
            "connectionName",
            "callingAETitle",
            "calledAETitle",
            "host",
            "port",
            "connectionTimeout",
            "tls",
            "web",
        ):
            setattr(echo, name, getattr(self._server, name))
        if self.wasCanceled():
            echo.cancel()
        if not echo.echo():
            raise JobFailed(echo.lastError)

    def cancel(self) -> None:
        """See `ctkAbstractJob`."""
        super().cancel()
        if self._echo is not None:
            self._echo.cancel()
