"""What other jobs got into the database, one job at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from DICOMLib.compat.ctkAbstractJob import JobFailed
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.compat.database_inserts import InsertResult


class ctkDICOMInserterJob(ctkDICOMJob):
    """Inserts what was found or retrieved; of what is in the database already it only tells.

    Attributes
    ----------
    databaseFilename
        Kept for scripts: answers go into the database of the scheduler.
    """

    PROPERTIES = (*ctkDICOMJob.PROPERTIES, ("databaseFilename", ""))
    databaseFilename: str

    def __init__(
        self, database: Any = None, sets: Sequence[ctkDICOMJobResponseSet] = (), **values: Any
    ) -> None:
        super().__init__(**values)
        self.maximumConcurrentJobsPerType = 1
        self.maximumNumberOfRetry = 0
        self.database = database
        self._sets = list(sets)

    @property
    def jobType(self) -> JobType:
        """See `ctkDICOMJob`."""
        return JobType.Inserter

    def execute(self, tell: Callable[[Any], None]) -> None:
        """See `ctkAbstractJob`."""
        answers = [one for one in self._sets if one.numberOfDataSets]
        if answers and self.database is not None:
            if self.database.insert(answers) == InsertResult.Failed:
                raise JobFailed("The database could not be written.")
            self.database.updateDisplayedFields()
        for one in self._sets:
            tell(_detail(one, self.jobUID))


def _detail(one: ctkDICOMJobResponseSet, inserter: str) -> ctkDICOMJobDetail:
    """What is told of a set that is in the database."""
    detail = ctkDICOMJobDetail(
        jobType=one.jobType,
        patientID=one.patientID,
        studyInstanceUID=one.studyInstanceUID,
        seriesInstanceUID=one.seriesInstanceUID,
        sopInstanceUID=one.sopInstanceUID,
        connectionName=one.connectionName,
        JobUID=one.jobUID,
        jobClass="ctkDICOMInserterJob",
        referenceInserterJobUID=inserter,
        numberOfDataSets=one.numberOfDataSets,
    )
    named: dict[JobType, Any] = {
        JobType.QueryPatients: detail.setQueriedPatientIDs,
        JobType.QueryStudies: detail.setQueriedStudyInstanceUIDs,
        JobType.QuerySeries: detail.setQueriedSeriesInstanceUIDs,
        JobType.QueryInstances: detail.setQueriedSOPInstanceUIDs,
    }
    if JobType(one.jobType) in named:
        named[JobType(one.jobType)](tuple(one.datasets()))
    return detail
