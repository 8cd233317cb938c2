"""A job that has to do with patients, studies, series or instances."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from DICOMLib.compat.ctkAbstractJob import ctkAbstractJob
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail, time_text
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType, ctkDICOMJobResponseSet
from DICOMLib.core.events import Signal


class DICOMLevels(IntEnum):
    """What a job is about."""

    None_ = 0
    Patients = 1
    Studies = 2
    Series = 3
    Instances = 4


class ctkDICOMJob(ctkAbstractJob):
    """A job with the UIDs that it is about."""

    SIGNALS = ("progressJobDetail",)
    progressJobDetail: Signal

    DICOMLevels = DICOMLevels
    None_ = DICOMLevels.None_
    Patients, Studies = DICOMLevels.Patients, DICOMLevels.Studies
    Series, Instances = DICOMLevels.Series, DICOMLevels.Instances

    PROPERTIES = (
        *ctkAbstractJob.PROPERTIES,
        ("patientID", ""),
        ("studyInstanceUID", ""),
        ("seriesInstanceUID", ""),
        ("sopInstanceUID", ""),
        ("dicomLevel", DICOMLevels.None_),
        ("referenceInserterJobUID", ""),
        ("connectionName", ""),
    )
    patientID: str
    studyInstanceUID: str
    seriesInstanceUID: str
    sopInstanceUID: str
    dicomLevel: Any
    referenceInserterJobUID: str
    connectionName: str

    def __init__(self, **values: Any) -> None:
        super().__init__()
        self._sets: list[ctkDICOMJobResponseSet] = []
        self.percent = 0
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def jobType(self) -> JobType:
        """What it does."""
        return JobType.None_

    def jobResponseSets(self) -> list[ctkDICOMJobResponseSet]:
        """What it got."""
        return list(self._sets)

    def uids(self) -> tuple[str, str, str, str]:
        """Patient ID, study, series and SOP Instance UID."""
        return self.patientID, self.studyInstanceUID, self.seriesInstanceUID, self.sopInstanceUID

    def followers(self) -> list[ctkDICOMJob]:
        """Jobs that come after it, once it has finished."""
        return []

    def toVariant(self) -> ctkDICOMJobDetail:
        """What scheduler signals tell of it."""
        return ctkDICOMJobDetail(
            jobType=self.jobType,
            DICOMLevel=self.dicomLevel,
            patientID=self.patientID,
            studyInstanceUID=self.studyInstanceUID,
            seriesInstanceUID=self.seriesInstanceUID,
            sopInstanceUID=self.sopInstanceUID,
            referenceInserterJobUID=self.referenceInserterJobUID,
            connectionName=self.connectionName,
            jobClass=self.className,
            JobUID=self.jobUID,
            creationDateTime=time_text(self.creationDateTime),
            startDateTime=time_text(self.startDateTime),
            completionDateTime=time_text(self.completionDateTime),
            runningThreadID=self.runningThreadID,
            logging=self.log,
            percent=self.percent,
            **self._queried(),
        )

    def _queried(self) -> dict[str, Any]:
        """UIDs of what the sets hold, by level."""
        found: dict[str, Any] = {"numberOfDataSets": sum(one.numberOfDataSets for one in self._sets)}
        names = {
            JobType.QueryPatients: "queriedPatientIDs",
            JobType.QueryStudies: "queriedStudyInstanceUIDs",
            JobType.QuerySeries: "queriedSeriesInstanceUIDs",
            JobType.QueryInstances: "queriedSOPInstanceUIDs",
        }
        for one in self._sets:
            name = names.get(JobType(one.jobType))
            if name:
                found[name] = (*found.get(name, ()), *one.datasets())
        return found
