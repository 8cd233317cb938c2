"""What jobs of a scheduler have to do with each study: whether they run, failed, or were stopped."""

from __future__ import annotations

from enum import Enum
from typing import Any

from DICOMLib.compat.ctkDICOMJobResponseSet import JobType

_TYPES = (
    JobType.QuerySeries,
    JobType.QueryInstances,
    JobType.RetrieveStudy,
    JobType.RetrieveSeries,
    JobType.RetrieveSOPInstance,
)


class StudyState(Enum):
    """Where the jobs about a study stand."""

    IDLE = "nothing is asked"
    WORKING = "something is asked or retrieved"
    FAILED = "something failed"
    STOPPED = "something was stopped"


_WORST = (StudyState.WORKING, StudyState.FAILED, StudyState.STOPPED)


class StudyJobs:
    """Notes the jobs about studies as the scheduler tells of them."""

    def __init__(self) -> None:
        self._studies: dict[str, dict[str, StudyState]] = {}

    def note(self, detail: Any, state: StudyState) -> None:
        """Note where a job stands; `StudyState.IDLE` for one that has ended well, or is done by another."""
        study = detail.studyInstanceUID()
        if not study or detail.jobType() not in _TYPES:
            return
        jobs = self._studies.setdefault(study, {})
        if state is StudyState.IDLE:
            jobs.pop(detail.JobUID(), None)
        else:
            jobs[detail.JobUID()] = state

    def state(self, study: str) -> StudyState:
        """What is told of a study."""
        states = set(self._studies.get(study, {}).values())
        return next((state for state in _WORST if state in states), StudyState.IDLE)

    def of_state(self, study: str, state: StudyState) -> list[str]:
        """UIDs of the jobs about a study that stand there."""
        return [uid for uid, one in self._studies.get(study, {}).items() if one is state]

    def take_ended(self, study: str) -> list[str]:
        """UIDs of the jobs that failed or were stopped, which are forgotten: they are tried again."""
        jobs = self._studies.get(study, {})
        ended = [uid for uid, state in jobs.items() if state is not StudyState.WORKING]
        for uid in ended:
            del jobs[uid]
        return ended
