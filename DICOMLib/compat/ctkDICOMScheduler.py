"""The scheduler of background jobs as Slicer's scripts know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from DICOMLib.compat.ctkAbstractJob import (
    ENDED,
    HIGH_PRIORITY,
    LOW_PRIORITY,
    JobStatus,
)
from DICOMLib.compat.ctkDICOMEchoJob import ctkDICOMEchoJob
from DICOMLib.compat.ctkDICOMJob import DICOMLevels, ctkDICOMJob
from DICOMLib.compat.ctkDICOMQueryJob import ctkDICOMQueryJob
from DICOMLib.compat.ctkDICOMRetrieveJob import ctkDICOMRetrieveJob
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.ctkDICOMStorageListenerJob import ctkDICOMStorageListenerJob
from DICOMLib.compat.ctkDICOMThumbnailGeneratorJob import ctkDICOMThumbnailGeneratorJob
from DICOMLib.compat.job_news import JobNews
from DICOMLib.compat.job_queue import JobQueue
from DICOMLib.compat.scheduler_jobs import SchedulerJobs
from DICOMLib.compat.scheduler_servers import SchedulerServers
from DICOMLib.core.events import Emitter, Signal

_SIGNALS = {
    "initialized": "jobInitialized",
    "queued": "jobQueued",
    "started": "jobStarted",
    "progress": "progressJobDetail",
    "finished": "jobFinished",
    "attemptFailed": "jobAttemptFailed",
    "failed": "jobFailed",
    "userStopped": "jobUserStopped",
}
_WITHOUT_PICTURE = frozenset(
    [
        "SEG",
        "SR",
        "RTSTRUCT",
        "RTPLAN",
        "RTDOSE",
        "RTRECORD",
        "PR",
        "DOC",
        "REG",
        "PLAN",
        "FID",
        "KO",
        "RWV",
        "AU",
        "ECG",
        "EPS",
        "HD",
        "RESP",
    ]
)


class ctkDICOMScheduler(SchedulerServers, SchedulerJobs, Emitter):
    """Queries and retrieves in the background; what comes goes into the database that was set.

    Signals come in the GUI thread where there is one, see `DICOMLib.core.events.main_thread`.
    """

    SIGNALS = (*_SIGNALS.values(), "serverModified")
    jobInitialized: Signal
    jobQueued: Signal
    jobStarted: Signal
    jobFinished: Signal
    jobAttemptFailed: Signal
    jobFailed: Signal
    jobUserStopped: Signal
    progressJobDetail: Signal
    serverModified: Signal

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self._database: Any = None
        self._filters: dict[str, Any] = {}
        self._news = JobNews(lambda name, details: getattr(self, name)(details), _SIGNALS.values())
        self._queue = JobQueue(self._tell)
        self.maximumNumberOfRetry = 3
        self.retryDelay = 100
        self.maximumPatientsQuery = 0

    def _tell(self, name: str, detail: Any) -> None:
        if name in ("initialized", "queued"):
            signal = getattr(self, _SIGNALS[name])
            signal(detail)
        else:
            self._news.add(_SIGNALS[name], detail)

    # Settings

    def setDicomDatabase(self, database: Any) -> None:
        """Let what comes go into this `ctkDICOMDatabase`."""
        self._database = database

    def dicomDatabase(self) -> Any:
        """The database that was set."""
        return self._database

    def setFilters(self, filters: Mapping[str, Any]) -> None:
        """What queries look for, see `ctkDICOMQuery`."""
        self._filters = dict(filters)

    def filters(self) -> dict[str, Any]:
        """What queries look for."""
        return dict(self._filters)

    @property
    def maximumThreadCount(self) -> int:
        """How many jobs may run at once."""
        return self._queue.maximum_threads

    @maximumThreadCount.setter
    def maximumThreadCount(self, count: int) -> None:
        self._queue.maximum_threads = count
        self._queue.start_waiting()

    @property
    def freezeJobsScheduling(self) -> bool:
        """Whether no job is started for the moment."""
        return self._queue.frozen

    @freezeJobsScheduling.setter
    def freezeJobsScheduling(self, frozen: bool) -> None:
        self._queue.frozen = frozen
        self._queue.start_waiting()

    # Jobs to be done

    def queryPatients(self, priority: int = LOW_PRIORITY) -> None:
        """Ask each server that is enabled for patients."""
        for server in self._servers:
            if server.queryRetrieveEnabled:
                self._query(server, DICOMLevels.Patients, priority)

    def queryStudies(self, patientID: str, priority: int = LOW_PRIORITY, allowed: Sequence[str] = ()) -> None:
        """Ask the servers that may know the patient for studies."""
        for server in self._allowed(allowed, top=not patientID):
            self._query(server, DICOMLevels.Studies, priority, patientID)

    def querySeries(
        self,
        patientID: str,
        studyInstanceUID: str,
        priority: int = LOW_PRIORITY,
        allowed: Sequence[str] = (),
    ) -> None:
        """Ask for the series of a study."""
        for server in self._allowed(allowed, top=not patientID and not studyInstanceUID):
            self._query(server, DICOMLevels.Series, priority, patientID, studyInstanceUID)

    def queryInstances(
        self,
        patientID: str,
        studyInstanceUID: str,
        seriesInstanceUID: str,
        priority: int = LOW_PRIORITY,
        allowed: Sequence[str] = (),
    ) -> None:
        """Ask for the instances of a series."""
        uids = (patientID, studyInstanceUID, seriesInstanceUID)
        for server in self._allowed(allowed):
            self._query(server, DICOMLevels.Instances, priority, *uids)

    def retrieveStudy(
        self,
        patientID: str,
        studyInstanceUID: str,
        priority: int = LOW_PRIORITY,
        allowed: Sequence[str] = (),
    ) -> None:
        """Retrieve a study from the servers that may have it."""
        self._retrieve(DICOMLevels.Studies, priority, allowed, patientID, studyInstanceUID)

    def retrieveSeries(
        self,
        patientID: str,
        studyInstanceUID: str,
        seriesInstanceUID: str,
        priority: int = LOW_PRIORITY,
        allowed: Sequence[str] = (),
    ) -> None:
        """Retrieve a series."""
        uids = (patientID, studyInstanceUID, seriesInstanceUID)
        self._retrieve(DICOMLevels.Series, priority, allowed, *uids)

    def retrieveSOPInstance(
        self,
        patientID: str,
        studyInstanceUID: str,
        seriesInstanceUID: str,
        SOPInstanceUID: str,
        priority: int = LOW_PRIORITY,
        allowed: Sequence[str] = (),
    ) -> None:
        """Retrieve an instance."""
        uids = (patientID, studyInstanceUID, seriesInstanceUID, SOPInstanceUID)
        self._retrieve(DICOMLevels.Instances, priority, allowed, *uids)

    def _allowed(self, allowed: Sequence[str], top: bool = False) -> list[ctkDICOMServer]:
        """Servers that may be asked; a query that names nobody may go to all."""
        return [
            server
            for server in self._servers
            if server.queryRetrieveEnabled
            and ((top and not allowed) or server.trustedEnabled or server.connectionName in allowed)
        ]

    def _query(self, server: ctkDICOMServer, level: DICOMLevels, priority: int, *uids: str) -> None:
        job = ctkDICOMQueryJob(server, self._filters, **_named(uids), dicomLevel=level, priority=priority)
        job.maximumPatientsQuery = self.maximumPatientsQuery
        self._add(job)

    def _retrieve(self, level: DICOMLevels, priority: int, allowed: Sequence[str], *uids: str) -> None:
        for server in self._allowed(allowed):
            self._add(ctkDICOMRetrieveJob(server, **_named(uids), dicomLevel=level, priority=priority))

    def startListener(self, port: int, AETitle: str, priority: int = LOW_PRIORITY) -> None:
        """Take what servers send, until the job is stopped."""
        self._add(ctkDICOMStorageListenerJob(port=port, AETitle=AETitle, priority=priority))

    def listenerJob(self) -> ctkDICOMStorageListenerJob | None:
        """The job of the listener, None if there is none."""
        for job in self._queue.jobs():
            if isinstance(job, ctkDICOMStorageListenerJob) and job.status not in ENDED:
                return job
        return None

    def isStorageListenerActive(self) -> bool:
        """Whether the listener runs."""
        job = self.listenerJob()
        return job is not None and job.status == JobStatus.Running

    def echo(self, server: ctkDICOMServer | str, priority: int = LOW_PRIORITY) -> None:
        """Ask a server, given or named, whether it is there; an unknown name is ignored."""
        found = self.server(server) if isinstance(server, str) else server
        if found is not None:
            self._add(ctkDICOMEchoJob(found, priority=priority))

    def generateThumbnail(  # noqa: PLR0913, PLR0917  as in CTK
        self,
        originalFilePath: str,
        patientID: str,
        studyInstanceUID: str,
        seriesInstanceUID: str,
        sopInstanceUID: str,
        modality: str,
        backgroundColor: Any = None,
        priority: int = HIGH_PRIORITY,
    ) -> None:
        """Make the picture of an instance; modalities without pictures are ignored."""
        if modality in _WITHOUT_PICTURE:
            return
        uids = _named((patientID, studyInstanceUID, seriesInstanceUID, sopInstanceUID))
        job = ctkDICOMThumbnailGeneratorJob(
            **uids, dicomFilePath=originalFilePath, modality=modality, priority=priority
        )
        job.dicomLevel = DICOMLevels.Instances
        self._add(job)

    def _add(self, job: ctkDICOMJob) -> None:
        if not isinstance(job, (ctkDICOMStorageListenerJob, ctkDICOMEchoJob, ctkDICOMThumbnailGeneratorJob)):
            job.maximumNumberOfRetry = self.maximumNumberOfRetry
        self.addJob(job)

    def addJob(self, job: ctkDICOMJob) -> None:
        """Add a job of your own."""
        if getattr(job, "database", False) is None:
            job.database = self._database
        self._queue.add(job)


def _named(uids: Sequence[str]) -> dict[str, str]:
    """UIDs, from the patient downwards, by the attributes of jobs."""
    names = ("patientID", "studyInstanceUID", "seriesInstanceUID", "sopInstanceUID")
    return dict(zip(names, uids, strict=False))
