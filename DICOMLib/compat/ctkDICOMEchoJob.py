"""A C-ECHO in the background."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMEcho import ctkDICOMEcho
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.server_job import ServerJob


class ctkDICOMEchoJob(ServerJob):
    """Asks one server whether it is there; it is tried once."""

    def __init__(self, server: ctkDICOMServer | None = None, **values: Any) -> None:
        super().__init__(server, **values)
        self.maximumNumberOfRetry = 0

    @property
    def jobType(self) -> JobType:
        """See `ctkDICOMJob`."""
        return JobType.Echo

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        echo = self._ask_by(ctkDICOMEcho())
        if not echo.echo():
            raise JobFailed(echo.lastError)
