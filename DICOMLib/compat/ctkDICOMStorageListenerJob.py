"""The listener as a job that goes on until it is stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.compat.ctkDICOMStorageListener import ctkDICOMStorageListener
from DICOMLib.core.events import Signal
from DICOMLib.network.tls import TLSOptions


class ctkDICOMStorageListenerJob(ctkDICOMJob):
    """Takes what servers send into the database of the scheduler.

    Attributes
    ----------
    listening
        Emitted with the port once it listens, from the thread of the job.
    isListening
        Whether it has begun to listen; its status is Running before that, too.
    problem
        Why it could not listen; else empty.
    """

    SIGNALS = ("listening",)
    listening: Signal

    PROPERTIES = (
        *ctkDICOMJob.PROPERTIES,
        ("AETitle", "CTKSTORE"),
        ("port", 11112),
        ("connectionTimeout", 1),
        ("tls", None),
    )
    AETitle: str
    port: int
    connectionTimeout: int
    tls: TLSOptions | None

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)
        self.persistent = True
        self.maximumNumberOfRetry = 0
        self.database: Any = None
        self.isListening = False
        self.problem = ""
        self._listener: ctkDICOMStorageListener | None = None

    @property
    def jobType(self) -> JobType:
        """See `ctkDICOMJob`."""
        return JobType.StoreSOPInstance

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        self.isListening, self.problem = False, ""
        listener = self._listener = ctkDICOMStorageListener()
        listener.AETitle, listener.port, listener.tls = self.AETitle, self.port, self.tls
        listener.jobUID = self.jobUID
        listener.setDatabase(self.database)
        listener.listening.connect(self._tell_listening)
        listener.stored.connect(lambda stored: tell(_detail(stored)))
        if self.wasCanceled():
            listener.cancel()
        if not listener.listen():
            self.problem = listener.lastError
            raise JobFailed(self.problem)

    def _tell_listening(self, port: int) -> None:
        self.isListening = True
        self.listening(port)

    def cancel(self) -> None:
        """See `ctkAbstractJob`."""
        super().cancel()
        if self._listener is not None:
            self._listener.cancel()


def _detail(stored: ctkDICOMJobResponseSet) -> ctkDICOMJobDetail:
    return ctkDICOMJobDetail(
        jobType=stored.jobType,
        JobUID=stored.jobUID,
        jobClass="ctkDICOMStorageListenerJob",
        sopInstanceUID=stored.sopInstanceUID,
        connectionName=stored.connectionName,
        numberOfDataSets=1,
    )
