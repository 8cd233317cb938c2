"""The visual browser retrieves series from servers, and shows where each is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QPushButton

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.translation import _, by_number
from DICOMLib.widgets.visual.queries import VisualQueries
from DICOMLib.widgets.visual.query_state import Outcome
from DICOMLib.widgets.visual.series_pictures import SeriesPictures
from DICOMLib.widgets.visual.series_tiles import DONE, FAILED, SeriesTile
from DICOMLib.widgets.visual.study_card import StudyCardWidget
from DICOMLib.widgets.visual.study_jobs import StudyJobs, StudyState

if TYPE_CHECKING:
    from DICOMLib.compat.ctkDICOMScheduler import ctkDICOMScheduler
    from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
    from DICOMLib.web.exchange import Target
    from DICOMLib.widgets.network.transfers import Transfer


class VisualRetrieval(VisualQueries):
    """Methods of the visual browser that follow the jobs of its scheduler, and retrieve."""

    _pictures: SeriesPictures
    _tile: SeriesTile
    _news: GuiDelivery
    _cards: dict[str, StudyCardWidget]
    stopButton: QPushButton

    def openJobsSection(self) -> None:
        """Show the list of jobs."""
        raise NotImplementedError

    def _repaint_tiles(self) -> None:
        raise NotImplementedError

    def _follow_jobs(self, scheduler: ctkDICOMScheduler) -> None:
        """Go on when jobs of this scheduler tell how they are."""
        from DICOMLib.widgets.network.job_transfers import JobTransfers  # they need the whole network
        from DICOMLib.widgets.network.transfers import transfers_of

        self._wanted: list[str] = []
        self._coming: set[str] = set()
        self._arrived = 0
        self._found = set()
        self._origins = {}
        self._study_jobs = StudyJobs()

        def follow(signal: Any, slot: Any) -> None:
            signal.connect(lambda details: self._news.post(lambda: slot(details)))

        transfers = transfers_of(self._database)
        self._job_transfers = JobTransfers(scheduler, transfers, self._news)
        transfers.changed.connect(self._on_transfer)
        follow(scheduler.progressJobDetail, self._on_progress)
        follow(scheduler.jobQueued, self._on_queued)
        follow(scheduler.jobAttemptFailed, self._on_attempt_failed)
        follow(scheduler.jobFinished, self._on_finished)
        follow(scheduler.jobFailed, self._on_failed)
        follow(scheduler.jobUserStopped, self._on_stopped)
        self._pictures.serversOf = self._picture_servers

    # Jobs

    def _picture_servers(self, series: str) -> list[Target]:
        """Who can give a picture of a series that is not here: who renders it, or who has told of it."""
        web: list[Target] = [one.web for one in self._query_servers() if one.web]
        return web + [one.target() for one in self._known_origins(series) if not one.web]

    def _on_scrolled(self) -> None:
        """What is no longer seen needs no picture from a server."""
        if self._pictures.forgetWaiting():
            self._repaint_tiles()

    def _follow_work(self) -> None:
        self.stopButton.setEnabled(self._busy_jobs() > 0)
        for uid, card in self._cards.items():
            card.showState(self._study_jobs.state(uid))

    def _on_queued(self, detail: Any) -> None:
        self._note([detail], StudyState.WORKING)
        self._query_state.note_queued(detail)
        self._follow_work()

    def _on_attempt_failed(self, details: Sequence[Any]) -> None:
        self._note(details, StudyState.IDLE)
        self._query_state.note_ended(details)  # it is tried again

    def _note(self, details: Iterable[Any], state: StudyState) -> None:
        for detail in details:
            self._study_jobs.note(detail, state)

    def clickStatus(self, study: str) -> None:
        """Stop what is asked about a study, try again what failed, or retrieve what is only at servers."""
        state = self._study_jobs.state(study)
        if state is StudyState.WORKING:
            self._wanted = []
            self.scheduler().stopJobsByJobUIDs(self._study_jobs.of_state(study, state))
        elif state is not StudyState.IDLE:
            self.scheduler().retryJobs(self._study_jobs.take_ended(study))
        else:
            self.retrieve(self._without_files(self._database.seriesForStudy(study)))

    def onStop(self, stopPersistent: bool = False, removeJobs: bool = False) -> None:
        """Stop asking and retrieving."""
        self._wanted = []
        self.scheduler().stopAllJobs(stopPersistent, removeJobs)
        self._follow_work()

    def _on_progress(self, details: Sequence[Any]) -> None:
        self._go_on(details)
        for detail in details:
            for uid in self._series_of(detail):
                if self._tile.states.get(uid, DONE) != DONE:  # news of its end may have come before
                    self._tile.states[uid] = detail.percent()
        self._repaint_tiles()

    def _on_finished(self, details: Sequence[Any]) -> None:
        self._note(details, StudyState.IDLE)
        self._query_state.note_ended(details)
        self._set_states(details, DONE)
        self._follow_work()
        self.refreshBrowser()
        self._tell_arrived(details)
        wanted = self._wanted
        if wanted and not self._busy_jobs() and not self._without_files(wanted):
            self._wanted = []
            self.seriesRetrieved.emit(wanted)  # type: ignore[attr-defined]

    def _on_failed(self, details: Sequence[Any]) -> None:
        details = [detail for detail in details if not self._asked_another(detail)]
        if not details:
            return
        self._wanted = []
        self._coming.clear()
        self._note(details, StudyState.FAILED)
        self._query_state.note_ended(details, Outcome.FAILED)
        self._set_states(details, FAILED)
        self._follow_work()
        self._repaint_tiles()
        names = ", ".join(sorted({str(detail.connectionName()) for detail in details}))
        self._tasks.tell(
            _("A server did not answer as it should: {names}").format(names=names),
            _("Jobs…"),
            self.openJobsSection,
        )

    def _on_stopped(self, details: Sequence[Any]) -> None:
        self._note(details, StudyState.STOPPED)
        self._query_state.note_ended(details, Outcome.NONE)
        self._set_states(details, None)
        if self._coming:
            self._coming.clear()
            self._tasks.tell(_("Retrieving was stopped."))
        self._follow_work()
        self._repaint_tiles()

    # Retrieving

    @staticmethod
    def _series_of(detail: Any) -> list[str]:
        """The series that a job retrieves."""
        return [detail.seriesInstanceUID()] if detail.jobType() == JobType.RetrieveSeries else []

    def _set_states(self, details: Iterable[Any], state: int | None) -> None:
        """Mark the series of jobs; None for no mark."""
        for detail in details:
            for uid in self._series_of(detail):
                if state is None:
                    self._tile.states.pop(uid, None)
                else:
                    self._tile.states[uid] = state

    def _tell_arrived(self, details: Iterable[Any]) -> None:
        """Say that all series that were asked for are here, in the place of the button that stops it."""
        arrived = self._coming.intersection(uid for detail in details for uid in self._series_of(detail))
        self._coming -= arrived
        self._arrived += len(arrived)
        if arrived and not self._coming:
            one, several = _("1 series was retrieved."), _("{n} series were retrieved.")
            self._tasks.tell(by_number(self._arrived, one, several))

    def _on_transfer(self, transfer: Transfer) -> None:
        """What failed here may be done from the list of transfers."""
        if transfer.receipt is not None and transfer.receipt.complete:
            for one in transfer.order.wanted:
                if self._tile.states.get(one.series) == FAILED:
                    self._tile.states[one.series] = DONE

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
            self._tile.states[uid] = 0
            self._retrieve_from(uid, self._known_origins(uid))
        self._coming.update(series)
        self._arrived = 0
        one, several = _("1 series is being retrieved…"), _("{n} series are being retrieved…")
        self._tasks.tell(by_number(len(self._coming), one, several), _("Cancel"), self.onStop)
        self._repaint_tiles()
        return True

    def _known_origins(self, series: str) -> list[ctkDICOMServer]:
        """The servers that have told of a series and may be asked for it."""
        study = self._database.studyForSeries(series)
        allowed = self._allowed_for(self._patient_id(study))
        servers = [self.scheduler().server(name) for name in self._origins.get(series, ())]
        return [
            one
            for one in servers
            if one is not None
            and one.queryRetrieveEnabled
            and (one.trustedEnabled or one.connectionName in allowed)
        ]

    def _retrieve_from(self, series: str, origins: Sequence[ctkDICOMServer]) -> None:
        """Get a series from the first of these servers; from all that may be asked if none has told of it."""
        study = self._database.studyForSeries(series)
        patient_id = self._patient_id(study)
        if not origins:
            allowed = self._allowed_for(patient_id)
            self.scheduler().retrieveSeries(patient_id, study, series, allowed=allowed)
            return
        from DICOMLib.compat.ctkDICOMJob import DICOMLevels
        from DICOMLib.compat.ctkDICOMRetrieveJob import ctkDICOMRetrieveJob

        values = {"patientID": patient_id, "studyInstanceUID": study, "seriesInstanceUID": series}
        job = ctkDICOMRetrieveJob(origins[0], **values, dicomLevel=DICOMLevels.Series)
        job.maximumNumberOfRetry = self.scheduler().maximumNumberOfRetry
        self.scheduler().addJob(job)

    def _asked_another(self, detail: Any) -> bool:
        """Whether another server has the series that one did not give, and is asked now."""
        for uid in self._series_of(detail):
            names = self._origins.get(uid, [])
            if detail.connectionName() in names:
                names.remove(detail.connectionName())
                others = self._known_origins(uid)
                if others:
                    self._study_jobs.note(detail, StudyState.IDLE)
                    self._retrieve_from(uid, others)
                    return True
        return False

    def load_series(self, series: Sequence[str]) -> None:
        """Have series loaded; what is only known from a query is retrieved first."""
        missing = self._without_files(series)
        if not missing:
            self.seriesRetrieved.emit(list(series))  # type: ignore[attr-defined]
        elif self.retrieve(missing):
            self._wanted = list(series)
