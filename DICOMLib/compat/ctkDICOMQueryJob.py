"""A query in the background; what it finds goes into the database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMJob import DICOMLevels, ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.ctkDICOMQuery import ctkDICOMQuery
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.server_job import ServerJob

_TYPES = {
    DICOMLevels.Patients: JobType.QueryPatients,
    DICOMLevels.Studies: JobType.QueryStudies,
    DICOMLevels.Series: JobType.QuerySeries,
    DICOMLevels.Instances: JobType.QueryInstances,
}


class ctkDICOMQueryJob(ServerJob):
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
        super().__init__(server, **values)
        self.filters = dict(filters or {})

    @property
    def jobType(self) -> JobType:
        """Which level it asks for."""
        return _TYPES.get(self.dicomLevel, JobType.None_)

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        query = self._ask_by(ctkDICOMQuery())
        query.jobUID, query.maximumPatientsQuery = self.jobUID, self.maximumPatientsQuery
        query.setFilters(self.filters)
        query.progress.connect_directly(lambda percent: setattr(self, "percent", percent))
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

    def followers(self) -> list[ctkDICOMJob]:
        """The job that puts the answers into the database."""
        if not any(one.datasets() for one in self._sets):
            return []
        return [self._inserter()]
