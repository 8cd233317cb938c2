"""The visual browser asks servers for what the filters say, retrieves series, and shows where each is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QPushButton

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.filters import ANY, Filters
from DICOMLib.widgets.visual.series_pictures import SeriesPictures
from DICOMLib.widgets.visual.series_tiles import FAILED, SeriesTile

if TYPE_CHECKING:
    from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler


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


class VisualRetrieval:
    """Methods of the visual browser that ask servers; its scheduler does the work."""

    _database: Any
    _tasks: TaskPanel
    _pictures: SeriesPictures
    _tile: SeriesTile
    _news: GuiDelivery
    filterBar: FilterBar
    stopButton: QPushButton
    _scheduler: ctkDICOMScheduler | None = None
    _may_query = True

    def scheduler(self) -> ctkDICOMScheduler:
        """What does the queries and retrieves."""
        raise NotImplementedError

    def openServerSettingsSection(self) -> None:
        """Show the list of servers."""
        raise NotImplementedError

    def _follow_jobs(self, scheduler: ctkDICOMScheduler) -> None:
        """Go on when jobs of this scheduler tell how they are."""
        self._wanted: list[str] = []
        self._found: set[str] = set()

        def follow(signal: Any, slot: Any) -> None:
            signal.connect(lambda details: self._news.post(lambda: slot(details)))

        follow(scheduler.progressJobDetail, self._on_progress)
        follow(scheduler.jobQueued, lambda _detail: self._follow_work())
        follow(scheduler.jobFinished, self._on_finished)
        follow(scheduler.jobFailed, self._on_failed)
        follow(scheduler.jobUserStopped, self._on_stopped)
        self._pictures.webServers = self._picture_servers

    def _picture_servers(self) -> list[OriginServer]:
        """Who can render pictures of what is not here."""
        scheduler = self.scheduler()
        targets = [scheduler.server(place) for place in range(scheduler.serversCount())]
        return [one.web for one in targets if one is not None and one.web and one.queryRetrieveEnabled]

    def _on_scrolled(self) -> None:
        """What is no longer seen needs no picture from a server."""
        if self._pictures.forgetWaiting():
            self._repaint_tiles()

    def _busy_jobs(self) -> int:
        """How many jobs will end by themselves."""
        return self.scheduler().numberOfJobs - self.scheduler().numberOfPersistentJobs

    def _follow_work(self) -> None:
        self.stopButton.setEnabled(self._busy_jobs() > 0)

    # Asking

    def onQueryRetrieveOptionToggled(self, toggled: bool = True) -> None:
        """Whether servers are asked at all; scripts written for older versions of CTK call it."""
        self._may_query = bool(toggled)

    def onQueryPatients(self) -> None:
        """Ask the enabled servers for what the filters say; answers appear as they come."""
        if not self._may_query or not self.scheduler().queryRetrieveServersCount():
            self._tasks.tell(
                _("No server is enabled for queries. Add one, or enable one of those there are."),
                _("Servers…"),
                self.openServerSettingsSection,
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
        self._follow_work()

    def _on_progress(self, details: Sequence[Any]) -> None:
        self._go_on(details)
        for detail in details:
            for uid in self._series_of(detail):
                if uid in self._tile.states:  # news of its end may have come before
                    self._tile.states[uid] = detail.percent()
        self._repaint_tiles()

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

    def _on_finished(self, details: Sequence[Any]) -> None:
        self._forget_states(details)
        self._follow_work()
        self.refreshBrowser()  # type: ignore[attr-defined]
        wanted = self._wanted
        if wanted and not self._busy_jobs() and not self._without_files(wanted):
            self._wanted = []
            self.seriesRetrieved.emit(wanted)  # type: ignore[attr-defined]

    def _on_failed(self, details: Sequence[Any]) -> None:
        self._wanted = []
        for detail in details:
            for uid in self._series_of(detail):
                self._tile.states[uid] = FAILED
        self._follow_work()
        self._repaint_tiles()
        names = ", ".join(sorted({str(detail.connectionName()) for detail in details}))
        self._tasks.tell(
            _("A server did not answer as it should: {names}").format(names=names),
            _("Jobs…"),
            self.openJobsSection,
        )

    def _on_stopped(self, details: Sequence[Any]) -> None:
        self._forget_states(details)
        self._follow_work()
        self._repaint_tiles()

    def openJobsSection(self) -> None:
        """Show the list of jobs."""
        raise NotImplementedError

    # Retrieving

    @staticmethod
    def _series_of(detail: Any) -> list[str]:
        """The series that a job retrieves."""
        return [detail.seriesInstanceUID()] if detail.jobType() == JobType.RetrieveSeries else []

    def _forget_states(self, details: Iterable[Any]) -> None:
        for detail in details:
            for uid in self._series_of(detail):
                self._tile.states.pop(uid, None)

    def _repaint_tiles(self) -> None:
        raise NotImplementedError

    def _without_files(self, series: Sequence[str]) -> list[str]:
        return [uid for uid in series if not any(self._database.filesForSeries(uid))]

    def retrieve(self, series: Sequence[str]) -> bool:
        """Get these series from the servers, in the background; whether there is a server to ask."""
        if not self.scheduler().queryRetrieveServersCount():
            self._tasks.tell(
                _("No server is enabled for queries. Add one, or enable one of those there are."),
                _("Servers…"),
                self.openServerSettingsSection,
            )
            return False
        for uid in series:
            study = self._database.studyForSeries(uid)
            self._tile.states[uid] = 0
            self.scheduler().retrieveSeries(self._patient_id(study), study, uid)
        text = (
            _("1 series is being retrieved…")
            if len(series) == 1
            else _("{count} series are being retrieved…")
        )
        self._tasks.tell(text.format(count=len(series)))
        self._repaint_tiles()
        return True

    def load_series(self, series: Sequence[str]) -> None:
        """Have series loaded; what is only known from a query is retrieved first."""
        missing = self._without_files(series)
        if not missing:
            self.seriesRetrieved.emit(list(series))  # type: ignore[attr-defined]
        elif self.retrieve(missing):
            self._wanted = list(series)
