"""What jobs that ask one server have in common."""

from __future__ import annotations

from typing import Any, TypeVar

from DICOMLib.compat.ctkAbstractJob import HIGH_PRIORITY, JobFailed
from DICOMLib.compat.ctkDICOMInserterJob import ctkDICOMInserterJob
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.network_face import Conversing

Asking = TypeVar("Asking", bound=Conversing)

_HOW_TO_CALL = (
    "connectionName",
    "callingAETitle",
    "calledAETitle",
    "host",
    "port",
    "connectionTimeout",
    "tls",
    "web",
)


class ServerJob(ctkDICOMJob):
    """A job that asks a copy of the server that it was given."""

    def __init__(self, server: ctkDICOMServer | None = None, **values: Any) -> None:
        super().__init__(**values)
        self._server: ctkDICOMServer | None = None
        self._asking: Conversing | None = None
        self.database: Any = None
        if server is not None:
            self.setServer(server)

    def server(self) -> ctkDICOMServer | None:
        """Whom it asks."""
        return self._server

    def setServer(self, server: ctkDICOMServer) -> None:
        """Ask a copy of this server."""
        self._server = server.clone()
        self.connectionName = server.connectionName

    def cancel(self) -> None:
        """See `ctkAbstractJob`."""
        super().cancel()
        if self._asking is not None:
            self._asking.cancel()

    def _ask_by(self, asking: Asking) -> Asking:
        """Let a query, retrieval or echo call the server; what cancels the job cancels it, too.

        Raises
        ------
        JobFailed
            If the job has no server.
        """
        if self._server is None:
            raise JobFailed("The job has no server.")
        call_as(asking, self._server)
        self._asking = asking
        if self.wasCanceled():
            asking.cancel()
        return asking

    def _about(self) -> dict[str, Any]:
        """What it is about, for a job that follows."""
        patient, study, series, sop = self.uids()
        return {
            "patientID": patient,
            "studyInstanceUID": study,
            "seriesInstanceUID": series,
            "sopInstanceUID": sop,
            "dicomLevel": self.dicomLevel,
        }

    def _inserter(self) -> ctkDICOMInserterJob:
        """The job that puts what it got into the database."""
        inserter = ctkDICOMInserterJob(
            self.database,
            self._sets,
            connectionName=self.connectionName,
            priority=HIGH_PRIORITY,
            **self._about(),
        )
        self.referenceInserterJobUID = inserter.jobUID
        return inserter


def call_as(asking: Conversing, server: ctkDICOMServer) -> None:
    """Let a query, retrieval or echo call a server."""
    for name in _HOW_TO_CALL:
        setattr(asking, name, getattr(server, name))
