"""A job of the scheduler: its state, its log, how often it is tried."""

from __future__ import annotations

import copy
import logging
import threading
import uuid
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from typing import Any

from DICOMLib.compat.network_face import NetworkFace
from DICOMLib.core.events import Emitter, Signal

LOW_PRIORITY, HIGH_PRIORITY, HIGHEST_PRIORITY = 2, 4, 5  # QThread.Priority


class JobStatus(IntEnum):
    """Where a job stands."""

    Initialized = 0
    Queued = 1
    Running = 2
    UserStopped = 3
    AttemptFailed = 4
    Failed = 5
    Finished = 6


_Status = JobStatus  # within the class of jobs its name is that of an attribute
ENDED = frozenset((JobStatus.UserStopped, JobStatus.AttemptFailed, JobStatus.Failed, JobStatus.Finished))


class JobFailed(Exception):
    """Says why a job failed."""


class ctkAbstractJob(NetworkFace, Emitter):
    """Base of the jobs; a derived class does its work in `execute`.

    Attributes
    ----------
    jobUID
        A UUID without braces.
    status, log
        Where it stands, and what there is to read about it.
    persistent
        Whether it goes on until it is stopped.
    retryCounter, maximumNumberOfRetry, retryDelay
        How often it was, and may be, tried again; the delay in milliseconds is kept for scripts.
    maximumConcurrentJobsPerType
        How many of its class may run at once.
    priority
        As QThread.Priority.
    """

    SIGNALS: tuple[str, ...] = ("started", "userStopped", "attemptFailed", "failed", "finished")
    started: Signal
    userStopped: Signal
    attemptFailed: Signal
    failed: Signal
    finished: Signal

    JobStatus = JobStatus
    Initialized, Queued, Running = JobStatus.Initialized, JobStatus.Queued, JobStatus.Running
    UserStopped, AttemptFailed = JobStatus.UserStopped, JobStatus.AttemptFailed
    Failed, Finished = JobStatus.Failed, JobStatus.Finished

    PROPERTIES: tuple[tuple[str, Any], ...] = (
        ("jobUID", ""),
        ("status", JobStatus.Initialized),
        ("persistent", False),
        ("retryCounter", 0),
        ("maximumNumberOfRetry", 3),
        ("retryDelay", 100),
        ("maximumConcurrentJobsPerType", 20),
        ("priority", LOW_PRIORITY),
        ("startDateTime", None),
        ("completionDateTime", None),
        ("runningThreadID", ""),
        ("log", ""),
        ("destroyAfterUse", True),
    )
    jobUID: str
    status: _Status
    persistent: bool
    retryCounter: int
    maximumNumberOfRetry: int
    maximumConcurrentJobsPerType: int
    priority: int
    startDateTime: datetime | None
    completionDateTime: datetime | None
    runningThreadID: str
    log: str

    def __init__(self) -> None:
        super().__init__()
        self._set_defaults()
        self.jobUID = str(uuid.uuid4())
        self.creationDateTime = datetime.now()
        self._canceled = threading.Event()

    @property
    def className(self) -> str:  # type: ignore[override]  # a property in CTK
        """Name of the class."""
        return type(self).__name__

    def cancel(self) -> None:
        """Ask it to stop."""
        self._canceled.set()

    def wasCanceled(self) -> bool:
        """Whether it was asked to stop."""
        return self._canceled.is_set()

    def execute(self, tell: Callable[[Any], None]) -> None:
        """Do the work in the thread of the job; `tell` takes details of what happens.

        Raises
        ------
        JobFailed
            If it failed.
        """
        raise NotImplementedError

    def clone(self) -> ctkAbstractJob:
        """A new job that does the same."""
        twin = copy.copy(self)
        Emitter.__init__(twin)
        twin.__dict__.update({name: Signal(name) for name in ctkAbstractJob.SIGNALS})
        twin.jobUID, twin.status, twin.log = str(uuid.uuid4()), JobStatus.Initialized, ""
        twin.creationDateTime, twin.startDateTime, twin.completionDateTime = datetime.now(), None, None
        twin._canceled = threading.Event()
        return twin

    def toVariant(self) -> Any:
        """What scheduler signals tell of it."""
        raise NotImplementedError

    def loggerReport(self, status: str) -> str:
        """A line about the job; without UIDs of patients, it may go into logs."""
        return f"{self.className}: {status}"


class LogCapture(logging.Handler):
    """Keeps what is logged in one thread, for the log of its job."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record of this thread."""
        if record.thread == self._thread:
            self.lines.append(f"{record.levelname}: {record.getMessage()}")
