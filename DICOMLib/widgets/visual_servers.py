"""The visual browser's servers: asked for what the filters say; series are retrieved to be loaded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.filter_bar import FilterBar
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual_filters import ANY, Filters

if TYPE_CHECKING:
    from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
    from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer


def query_keys(filters: Filters, today: date) -> dict[str, Any]:
    """What the filters ask servers for, in the words of `ctkDICOMQuery`."""
    keys: dict[str, Any] = {
        "ID": filters.patient_id,
        "Name": filters.patient_name,
        "Study": filters.study_description,
        "Series": filters.series_description,
    }
    if ANY not in filters.modalities:
        keys["Modalities"] = list(filters.modalities)
    dates = filters.dates(today)
    if dates is not None:
        keys["StartDate"], keys["EndDate"] = (day.strftime("%Y%m%d") for day in dates)
    return {name: value for name, value in keys.items() if value}


class VisualServers:
    """Methods of the visual browser about servers; a scheduler, made when first needed, does the work."""

    _database: Any
    _tasks: TaskPanel
    filterBar: FilterBar
    _scheduler: ctkDICOMScheduler | None = None
    _may_query = True

    def scheduler(self) -> ctkDICOMScheduler:
        """What does the queries and retrieves; its servers are those of the browser."""
        if self._scheduler is None:
            from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler

            self.setScheduler(ctkDICOMScheduler())
        assert self._scheduler is not None
        return self._scheduler

    def setScheduler(self, scheduler: ctkDICOMScheduler) -> None:
        """Use another one; what it finds goes into the database of the browser."""
        self._wanted: list[str] = []
        self._found: set[str] = set()
        self._news = GuiDelivery()
        self._scheduler = scheduler
        scheduler.setDicomDatabase(self._database)
        scheduler.progressJobDetail.connect(lambda details: self._news.post(lambda: self._go_on(details)))
        scheduler.jobFinished.connect(lambda _details: self._news.post(self._on_finished))
        scheduler.jobFailed.connect(lambda details: self._news.post(lambda: self._on_failed(details)))

    # Servers

    def serversCount(self) -> int:
        """How many servers there are."""
        return self.scheduler().serversCount()

    def server(self, key: int | str) -> ctkDICOMServer | None:
        """The server at a place or of a name; None if there is none."""
        return self.scheduler().server(key)

    def addServer(self, server: ctkDICOMServer) -> int:
        """Add a server; its place, or -1 for one without a name or with one that is taken."""
        name = server.connectionName
        if not name or self.scheduler().server(name) is not None:
            return -1
        self.scheduler().addServer(server)
        return self.serversCount() - 1

    def removeServer(self, key: int | str) -> None:
        """Remove the server at a place or of a name."""
        self.scheduler().removeServer(key)

    def removeAllServers(self) -> None:
        """Remove all servers."""
        self.scheduler().removeAllServers()

    def getServerNameFromIndex(self, index: int) -> str:
        """Name of the server at a place, "" if there is none."""
        return self.scheduler().getServerNameFromIndex(index)

    def getServerIndexFromName(self, name: str) -> int:
        """Place of a server, -1 if there is none of that name."""
        return self.scheduler().getServerIndexFromName(name)

    # Asking

    def onQueryRetrieveOptionToggled(self, toggled: bool = True) -> None:
        """Whether servers are asked at all; scripts written for older versions of CTK call it."""
        self._may_query = bool(toggled)

    def onQueryPatients(self) -> None:
        """Ask the enabled servers for what the filters say; answers appear as they come."""
        if not self._may_query or not self.scheduler().queryRetrieveServersCount():
            self._tasks.tell(
                _("No server is enabled for queries. Add one, or enable one of those there are.")
            )
            return
        keys = query_keys(self.filterBar.filters(), date.today())
        if not keys and not self._database.patients():
            self._tasks.tell(_("Fill in a filter: without one, servers would answer with all they have."))
            return
        self._found = set()
        self.scheduler().setFilters(keys)
        if "ID" in keys or "Name" in keys or not keys:
            self.scheduler().queryPatients()
        else:
            self.scheduler().queryStudies("")

    def onStop(self, stopPersistent: bool = False, removeJobs: bool = False) -> None:
        """Stop asking and retrieving."""
        self._wanted = []
        self.scheduler().stopAllJobs(stopPersistent, removeJobs)

    def _go_on(self, details: Sequence[Any]) -> None:
        """Ask for the studies of patients that were found, and for the series of those."""
        for detail in details:
            if detail.jobType() == JobType.QueryPatients:
                for patient_id in self._new(detail.queriedPatientIDs()):
                    self.scheduler().queryStudies(patient_id)
            elif detail.jobType() == JobType.QueryStudies:
                for study in self._new(detail.queriedStudyInstanceUIDs()):
                    self.scheduler().querySeries(self._patient_id(study), study)

    def _new(self, uids: Sequence[str]) -> list[str]:
        """Those that have not been gone on with; a second server may find the same."""
        new = [uid for uid in dict.fromkeys(uids) if uid not in self._found]
        self._found.update(new)
        return new

    def _patient_id(self, study: str) -> str:
        return str(self._database.fieldForPatient("PatientID", self._database.patientForStudy(study)))

    def _on_finished(self) -> None:
        self.refreshBrowser()  # type: ignore[attr-defined]
        wanted = self._wanted
        if wanted and not self.scheduler().numberOfJobs and not self._without_files(wanted):
            self._wanted = []
            self.seriesRetrieved.emit(wanted)  # type: ignore[attr-defined]

    def _on_failed(self, details: Sequence[Any]) -> None:
        self._wanted = []
        names = ", ".join(sorted({str(detail.connectionName()) for detail in details}))
        self._tasks.tell(_("A server did not answer as it should: {names}").format(names=names))

    # Retrieving

    def _without_files(self, series: Sequence[str]) -> list[str]:
        return [uid for uid in series if not any(self._database.filesForSeries(uid))]

    def _retrieve_and_load(self, series: Sequence[str]) -> bool:
        """Get what is only known from a query, and load all when it has come; whether that is needed."""
        missing = self._without_files(series)
        if not missing or not self.scheduler().queryRetrieveServersCount():
            return False
        self._wanted = list(series)
        for uid in missing:
            study = self._database.studyForSeries(uid)
            self.scheduler().retrieveSeries(self._patient_id(study), study, uid)
        self._tasks.tell(_("{count} series are being retrieved…").format(count=len(missing)))
        return True
