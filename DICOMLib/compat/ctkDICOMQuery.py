"""C-FIND and QIDO-RS as Slicer's scripts know it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.compat import query_filters
from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.compat.network_face import Conversing
from DICOMLib.core import jobs
from DICOMLib.core.errors import NetworkError, PeerStatus
from DICOMLib.core.jobs import Progress
from DICOMLib.web.exchange import find

# How far a query is, in percent, when a step of it begins.
_STEPS = {"Connecting": 20, "Querying": 30}


class ctkDICOMQuery(Conversing):
    """Asks a server what it has; answers are in `jobResponseSets()`, or in a database (`query`).

    Attributes
    ----------
    maximumPatientsQuery
        Most answers to take; 0 for all.
    studyAndSeriesInstanceUIDQueried
        (study, series) of all that `query` found.
    """

    PROPERTIES = (
        ("connectionName", ""),
        ("callingAETitle", ""),
        ("calledAETitle", ""),
        ("host", ""),
        ("port", 0),
        ("connectionTimeout", 10),
        ("jobUID", ""),
        ("maximumPatientsQuery", 0),
    )
    jobUID: str
    maximumPatientsQuery: int

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._filters: dict[str, Any] = {}
        self._percent = 0
        self._sets: list[ctkDICOMJobResponseSet] = []
        self.studyAndSeriesInstanceUIDQueried: list[tuple[str, str]] = []

    @property
    def studyInstanceUIDQueried(self) -> list[str]:
        """The studies of all that `query` found, as older versions of CTK told them."""
        return list(dict.fromkeys(study for study, _series in self.studyAndSeriesInstanceUIDQueried))

    def setFilters(self, filters: Mapping[str, Any]) -> None:
        """What to look for: Name, ID, Study, AccessionNumber, Series, Modalities, StartDate, EndDate."""
        self._filters = dict(filters)

    def filters(self) -> dict[str, Any]:
        """What is looked for."""
        return dict(self._filters)

    def jobResponseSets(self) -> list[ctkDICOMJobResponseSet]:
        """The answers to the methods that ask for one level."""
        return list(self._sets)

    def query(self, database: Any) -> bool:
        """Put the studies that match, with their series, into a database; there are no files then."""
        if not getattr(database, "isOpen", False):
            self.warn("The database is not open; what is found will not be kept.")
        self._begin()
        studies = self._ask("STUDY", query_filters.study_keys(self._filters), query_filters.STUDY_KEYS)
        if studies is None:
            self.done(False)
            return False
        self._reach(50)
        for number, study in enumerate(studies):
            database.insert(ctkDICOMItem(study), False, False)
            if not self._query_series(database, study):
                self.done(False)
                return False
            self._reach(50 + (25 * (number + 1)) // len(studies))
        self._reach(100)
        self.done(True)
        return True

    def _begin(self) -> None:
        self._percent = 0
        self._reach(10)

    def _reach(self, percent: int) -> None:
        """Tell how far it is, up to half of it in steps of ten, of which none is left out."""
        steps = {*range(self._percent // 10 * 10 + 10, min(percent, 50) + 1, 10), percent}
        for step in sorted(steps):
            if step > self._percent:
                self._percent = step
                self.progress(step)

    def _tell(self, progress: Progress) -> None:
        """The first steps: the server is called, and it answers."""
        super()._tell(progress)
        self._reach(_STEPS.get(progress.step, 0))

    def _query_series(self, database: Any, study: Dataset) -> bool:
        uid = str(study.get("StudyInstanceUID", ""))
        found = self._ask(
            "SERIES",
            {"StudyInstanceUID": uid, **query_filters.series_keys(self._filters)},
            query_filters.SERIES_KEYS,
        )
        for series in found or ():
            if not query_filters.is_wanted(series, self._filters):
                continue
            _complete(series, study, ("StudyInstanceUID", "PatientID", "PatientName"))
            database.insert(ctkDICOMItem(series), False, False)
            self.studyAndSeriesInstanceUIDQueried.append((uid, str(series.get("SeriesInstanceUID", ""))))
        return found is not None

    def queryPatients(self) -> bool:
        """Ask for patients, by name and ID."""
        keys = query_filters.patient_keys(self._filters)
        return self._answer(JobType.QueryPatients, "PATIENT", keys, query_filters.PATIENT_KEYS, "PatientID")

    def queryStudies(self, patientID: str) -> bool:
        """Ask for the studies of a patient; "" for those of all."""
        keys = {**query_filters.study_keys(self._filters), "PatientID": patientID}
        return self._answer(
            JobType.QueryStudies, "STUDY", keys, query_filters.STUDY_KEYS, "StudyInstanceUID", patientID
        )

    def querySeries(self, patientID: str, studyInstanceUID: str) -> bool:
        """Ask for the series of a study."""
        keys = {
            **query_filters.series_keys(self._filters),
            "PatientID": patientID,
            "StudyInstanceUID": studyInstanceUID,
        }
        returned = (*query_filters.PATIENT_KEYS, *query_filters.SERIES_KEYS)
        return self._answer(
            JobType.QuerySeries, "SERIES", keys, returned, "SeriesInstanceUID", patientID, studyInstanceUID
        )

    def _completed(self, series: Sequence[Dataset]) -> list[Dataset]:
        """Series with what their studies tell; of a study that a server does not name with them, it is asked.

        A series whose patient stays unknown has no place in a database, and is left out.
        """
        studies: dict[str, Dataset] = {}
        complete = []
        for one in series:
            uid = str(one.get("StudyInstanceUID", "") or "")
            if uid and not (one.get("PatientID") and one.get("PatientName")):
                if uid not in studies:
                    keys = {"StudyInstanceUID": uid}
                    studies[uid] = next(
                        iter(self._ask("STUDY", keys, query_filters.STUDY_KEYS) or ()), Dataset()
                    )
                _complete(one, studies[uid], query_filters.STUDY_KEYS)
            if uid and one.get("PatientID") and one.get("SeriesInstanceUID"):
                complete.append(one)
            else:
                self.warn("A series is left out: the server does not tell its patient, study or UID.")
        return complete

    def queryInstances(self, patientID: str, studyInstanceUID: str, seriesInstanceUID: str) -> bool:
        """Ask for the instances of a series."""
        keys = {
            "PatientID": patientID,
            "StudyInstanceUID": studyInstanceUID,
            "SeriesInstanceUID": seriesInstanceUID,
        }
        uids = (patientID, studyInstanceUID, seriesInstanceUID)
        return self._answer(
            JobType.QueryInstances, "IMAGE", keys, query_filters.INSTANCE_KEYS, "SOPInstanceUID", *uids
        )

    def _answer(
        self,
        kind: JobType,
        level: str,
        keys: Mapping[str, Any],
        returned: Sequence[str],
        key: str,
        *uids: str,
    ) -> bool:
        """Ask, and keep what comes as a response set; False if the server was not reached."""
        self._begin()
        found = self._ask(level, keys, returned)
        if found is None:
            self.done(False)
            return False
        self._reach(40)
        names = ("patientID", "studyInstanceUID", "seriesInstanceUID")
        answers = ctkDICOMJobResponseSet(jobType=kind, jobUID=self.jobUID, connectionName=self.connectionName)
        for name, uid in zip(names, uids, strict=False):
            setattr(answers, name, uid)
        if level in ("SERIES", "IMAGE"):
            found = [match for match in found if query_filters.is_wanted(match, self._filters)]
        for match in found:
            _fill(match, {"PatientID": answers.patientID, "StudyInstanceUID": answers.studyInstanceUID})
        if level == "SERIES":
            found = self._completed(found)
        answers.setDatasets({str(match.get(key, "")): match for match in found if match.get(key)})
        self._sets.append(answers)
        self._reach(100)
        self.done(True)
        return True

    def _ask(self, level: str, keys: Mapping[str, Any], returned: Sequence[str]) -> list[Dataset] | None:
        """The matches; those until then if the query fails, None if the server is not reached."""
        if self._canceled:
            return None
        matches: list[Dataset] = []
        job = find(self.target(), level, keys, returned, matches.append, self.maximumPatientsQuery)
        try:
            report = jobs.run(job, self._tell, self.wasCanceled)
        except PeerStatus as error:
            self._fail(error)
            return matches
        except (NetworkError, jobs.JobCancelled) as error:
            self._fail(error)
            return None
        if report.limited:
            self.warn("There may be more matches: the limit was reached.")
        return None if self._canceled else matches


def _complete(target: Dataset, source: Dataset, keywords: Sequence[str]) -> None:
    """Copy elements that a server leaves out at lower levels."""
    for keyword in keywords:
        if not target.get(keyword) and source.get(keyword):
            setattr(target, keyword, source.get(keyword))


def _fill(match: Dataset, values: Mapping[str, str]) -> None:
    for keyword, value in values.items():
        if value and not match.get(keyword):
            setattr(match, keyword, value)
