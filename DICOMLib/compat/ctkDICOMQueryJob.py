"""A query in the background; what it finds goes into the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from DICOMLib.compat.ctkAbstractJob import HIGH_PRIORITY, JobFailed
from DICOMLib.compat.ctkDICOMInserterJob import ctkDICOMInserterJob
from DICOMLib.compat.ctkDICOMJob import DICOMLevels, ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.ctkDICOMQuery import ctkDICOMQuery
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer

_TYPES = {
    DICOMLevels.Patients: JobType.QueryPatients,
    DICOMLevels.Studies: JobType.QueryStudies,
    DICOMLevels.Series: JobType.QuerySeries,
    DICOMLevels.Instances: JobType.QueryInstances,
}


class ctkDICOMQueryJob(ctkDICOMJob):
    """Asks one server for one level.

    Attributes
    ----------
    filters
        As of `ctkDICOMQuery`.
    maximumPatientsQuery
        Most answers to take; 0 for all.
    """

    PROPERTIES = (*ctkDICOMJob.PROPERTIES, ("maximumPatientsQuery", 0))
    maximumPatientsQuery: int

    def __init__(
        self, server: ctkDICOMServer | None = None, filters: Mapping[str, Any] | None = None, **values: Any
    ) -> None:
        super().__init__(**values)
        self.filters = dict(filters or {})
        self._server = server.clone() if server is not None else None
        self._query: ctkDICOMQuery | None = None
        self.database: Any = None
        if server is not None:
            self.connectionName = server.connectionName

    @property
    def jobType(self) -> JobType:
        """Which level it asks for."""
        return _TYPES.get(self.dicomLevel, JobType.None_)

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
        query = self._query = query_of(self._server)
        query.jobUID, query.maximumPatientsQuery = self.jobUID, self.maximumPatientsQuery
        query.setFilters(self.filters)
        if self.wasCanceled():
            query.cancel()
        patient, study, series, _sop = self.uids()
        ask: dict[Any, Callable[[], bool]] = {
            DICOMLevels.Patients: query.queryPatients,
            DICOMLevels.Studies: lambda: query.queryStudies(patient),
            DICOMLevels.Series: lambda: query.querySeries(patient, study),
            DICOMLevels.Instances: lambda: query.queryInstances(patient, study, series),
        }
        if not ask[self.dicomLevel]() or (query.lastError and not query.wasCanceled()):
            raise JobFailed(query.lastError)
        self._sets = query.jobResponseSets()

    def cancel(self) -> None:
        """See `ctkAbstractJob`."""
        super().cancel()
        if self._query is not None:
            self._query.cancel()

    def followers(self) -> list[ctkDICOMJob]:
        """The job that puts the answers into the database."""
        if not any(one.datasets() for one in self._sets):
            return []
        patient, study, series, sop = self.uids()
        inserter = ctkDICOMInserterJob(
            self.database,
            self._sets,
            patientID=patient,
            studyInstanceUID=study,
            seriesInstanceUID=series,
            sopInstanceUID=sop,
            dicomLevel=self.dicomLevel,
            connectionName=self.connectionName,
            priority=HIGH_PRIORITY,
        )
        self.referenceInserterJobUID = inserter.jobUID
        return [inserter]


def query_of(server: ctkDICOMServer) -> ctkDICOMQuery:
    """A query that asks a server."""
    query = ctkDICOMQuery()
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
        setattr(query, name, getattr(server, name))
    return query
