"""The visual browser asks servers for what the filters say: for patients, their studies, and their series."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.widgets.task_panel import TaskPanel
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.allowed_servers import allowed_names
from DICOMLib.widgets.visual.filter_bar import FilterBar
from DICOMLib.widgets.visual.filters import ANY, Filters
from DICOMLib.widgets.visual.patient_list import PatientList
from DICOMLib.widgets.visual.query_state import PARTS_OF_A_QUERY, QueryState

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


class VisualQueries:
    """Methods of the visual browser that ask servers; its scheduler does the work."""

    _database: Any
    _tasks: TaskPanel
    filterBar: FilterBar
    patientList: PatientList
    _scheduler: ctkDICOMScheduler | None = None
    _query_state: QueryState
    _may_query = True
    _found: set[str]  # IDs of patients and UIDs of studies that servers have told
    _origins: dict[str, list[str]]  # names of the servers that have told of a series

    def scheduler(self) -> ctkDICOMScheduler:
        """What does the queries and retrieves."""
        raise NotImplementedError

    def openServerSettingsSection(self) -> None:
        """Show the list of servers."""
        raise NotImplementedError

    def refreshBrowser(self, isImport: bool = False) -> None:
        """Read the database again."""
        raise NotImplementedError

    def _query_servers(self) -> list[ctkDICOMServer]:
        """The servers that are enabled for queries."""
        scheduler = self.scheduler()
        servers = [scheduler.server(place) for place in range(scheduler.serversCount())]
        return [one for one in servers if one is not None and one.queryRetrieveEnabled]

    def _busy_jobs(self) -> int:
        """How many jobs will end by themselves."""
        return self.scheduler().numberOfJobs - self.scheduler().numberOfPersistentJobs

    def _query_goes_on(self) -> bool:
        """Whether servers are still asked, or what they told is not in the database yet."""
        return self.scheduler().has_unfinished(PARTS_OF_A_QUERY)

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
        patient = self.patientList.current_or_first()
        if not keys and patient is None:
            self._tasks.tell(_("Fill in a filter: without one, servers would answer with all they have."))
            return
        self._found = set()
        self._query_state.begin()
        self.scheduler().setFilters(keys)
        if patient is not None and not keys:
            self._query_studies(patient.patient_id)
        elif "ID" in keys or "Name" in keys:
            self.scheduler().queryPatients()
        elif "Series" in keys and not keys.keys() & {"Study", "StartDate"}:
            self.scheduler().querySeries("", "")
        else:  # servers that take hierarchical queries only know the modalities of studies, too
            self.scheduler().queryStudies("")

    def _query_studies(self, patient_id: str) -> None:
        """Ask for the studies of a patient whom servers may be asked about."""
        self.scheduler().queryStudies(patient_id, allowed=self._allowed_for(patient_id))

    def _ask_allowed(self) -> None:
        """A server that has just told of the current patient may be asked for more."""
        patient = self.patientList.current_or_first()
        if patient is not None and patient.patient_id in self._found:
            self._query_studies(patient.patient_id)

    def _allowed_for(self, patient_id: str) -> list[str]:
        """Names of the servers that the user allowed for a patient."""
        rows = self._database.core.rows("patients", PatientID=patient_id) if self._database.isOpen else []
        return [name for row in rows for name in allowed_names(self._database, str(row["UID"]))]

    def _go_on(self, details: Sequence[Any]) -> None:
        """Ask for the studies of patients that were found, and for the series of those."""
        for detail in details:
            if detail.jobType() == JobType.QueryPatients:
                patients = self._new(detail.queriedPatientIDs())
                for patient_id in patients:
                    self._query_studies(patient_id)
                if patients:  # they are shown also if no server may be asked for their studies
                    self.refreshBrowser()
            elif detail.jobType() == JobType.QueryStudies:
                for study in self._new(detail.queriedStudyInstanceUIDs()):
                    patient_id = self._patient_id(study)
                    self.scheduler().querySeries(patient_id, study, allowed=self._allowed_for(patient_id))
            elif detail.jobType() == JobType.QuerySeries:
                for series in detail.queriedSeriesInstanceUIDs():
                    names = self._origins.setdefault(series, [])
                    if detail.connectionName() not in names:
                        names.append(detail.connectionName())

    def _new(self, uids: Sequence[str]) -> list[str]:
        """Those that have not been gone on with; a second server may find the same."""
        new = [uid for uid in dict.fromkeys(uids) if uid not in self._found]
        self._found.update(new)
        return new

    def _patient_id(self, study: str) -> str:
        return str(self._database.fieldForPatient("PatientID", self._database.patientForStudy(study)))
