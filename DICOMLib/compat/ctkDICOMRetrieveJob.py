"""A retrieval in the background; what comes goes into the database as it comes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMJob import DICOMLevels, ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.ctkDICOMRetrieve import ctkDICOMRetrieve
from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.compat.server_job import ServerJob
from DICOMLib.core.jobs import Progress
from DICOMLib.network.receipt import Receipt

_TYPES = {
    DICOMLevels.Studies: JobType.RetrieveStudy,
    DICOMLevels.Series: JobType.RetrieveSeries,
    DICOMLevels.Instances: JobType.RetrieveSOPInstance,
}


class ctkDICOMRetrieveJob(ServerJob):
    """Retrieves a study, a series or an instance from one server, or from its proxy."""

    def __init__(self, server: ctkDICOMServer | None = None, **values: Any) -> None:
        self._retrieve: ctkDICOMRetrieve | None = None
        super().__init__(server, **values)

    @property
    def jobType(self) -> JobType:
        """Which level it retrieves."""
        return _TYPES.get(self.dicomLevel, JobType.None_)

    @property
    def receipt(self) -> Receipt | None:
        """What was asked against what came; None while nothing has been asked, and if that failed."""
        return self._retrieve.receipt if self._retrieve is not None else None

    @property
    def received(self) -> Progress | None:
        """How far it is; None before anything came."""
        return self._retrieve.received if self._retrieve is not None else None

    @property
    def problem(self) -> str:
        """Why it failed, "" if it did not."""
        return self._retrieve.lastError if self._retrieve is not None else ""

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        retrieve, server = self._ask_by(ctkDICOMRetrieve()), self._server
        assert server is not None
        self._retrieve = retrieve
        retrieve.moveDestinationAETitle = server.moveDestinationAETitle
        retrieve.jobUID = self.jobUID
        retrieve.setDatabase(self.database)
        retrieve.progress.connect_directly(lambda percent: self._tell_progress(percent, tell))
        if not self._ask(retrieve, _moves(server)):
            raise JobFailed(retrieve.lastError or "The server has sent no images.")
        self._sets = retrieve.jobResponseSets()
        if retrieve.receipt is not None:
            self.log = f"{self.log}{retrieve.receipt.as_text()}"

    def _tell_progress(self, percent: int, tell: Callable[[Any], None]) -> None:
        self.percent = percent
        tell(self.toVariant())

    def _ask(self, retrieve: ctkDICOMRetrieve, move: bool) -> bool:
        patient, study, series, sop = self.uids()
        if self.dicomLevel == DICOMLevels.Studies:
            return (retrieve.moveStudy if move else retrieve.getStudy)(study, patient)
        if self.dicomLevel == DICOMLevels.Series:
            return (retrieve.moveSeries if move else retrieve.getSeries)(study, series, patient)
        return (retrieve.moveSOPInstance if move else retrieve.getSOPInstance)(study, series, sop, patient)

    def followers(self) -> list[ctkDICOMJob]:
        """The same at the proxy, where there is one; else the job that tells of what came."""
        if self._server is None:
            return []
        proxy = self._server.proxyServer()
        if proxy is not None and proxy.queryRetrieveEnabled:
            follower = ctkDICOMRetrieveJob(proxy, priority=self.priority, **self._about())
            follower.database = self.database
            return [follower]
        if _moves(self._server) or not self._sets:
            return []
        return [self._inserter()]


def _moves(server: ctkDICOMServer) -> bool:
    """Whether what is retrieved goes elsewhere; over DICOMweb it always comes here."""
    return server.web is None and server.retrieveProtocol == ctkDICOMServer.CMOVE
