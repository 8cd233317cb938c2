"""What a job got from a server, on its way into the database."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from DICOMLib.compat.network_face import NetworkFace


class JobType(IntEnum):
    """What a job does."""

    None_ = 0
    QueryPatients = 1
    QueryStudies = 2
    QuerySeries = 3
    QueryInstances = 4
    RetrieveStudy = 5
    RetrieveSeries = 6
    RetrieveSOPInstance = 7
    StoreSOPInstance = 8
    Inserter = 9
    Echo = 10
    ThumbnailGenerator = 11


class ctkDICOMJobResponseSet(NetworkFace):
    """Datasets by their UID (of the level that was asked for), or a file, and what they are the answer to.

    The dataset of a file is read each time that it is asked for, so that the answers to the retrieval of a
    study do not keep it in memory.
    """

    JobType = JobType
    None_ = JobType.None_
    QueryPatients = JobType.QueryPatients
    QueryStudies = JobType.QueryStudies
    QuerySeries = JobType.QuerySeries
    QueryInstances = JobType.QueryInstances
    RetrieveStudy = JobType.RetrieveStudy
    RetrieveSeries = JobType.RetrieveSeries
    RetrieveSOPInstance = JobType.RetrieveSOPInstance
    StoreSOPInstance = JobType.StoreSOPInstance
    Inserter = JobType.Inserter
    Echo = JobType.Echo
    ThumbnailGenerator = JobType.ThumbnailGenerator

    PROPERTIES = (
        ("filePath", ""),
        ("copyFile", False),
        ("overwriteExistingDataset", False),
        ("jobType", JobType.None_),
        ("jobUID", ""),
        ("patientID", ""),
        ("studyInstanceUID", ""),
        ("seriesInstanceUID", ""),
        ("sopInstanceUID", ""),
        ("connectionName", ""),
    )

    filePath: str
    sopInstanceUID: str

    def __init__(self, **values: Any) -> None:
        self._datasets: dict[str, ctkDICOMItem] = {}
        self._set_defaults()
        for name, value in values.items():
            setattr(self, name, value)

    def datasets(self) -> dict[str, ctkDICOMItem]:
        """All datasets by their UID; empty also where there is no such file."""
        if self._datasets or not self.filePath:
            return dict(self._datasets)
        item = ctkDICOMItem()
        item.InitializeFromFile(self.filePath)
        if not item.IsInitialized():
            return {}
        return {self.sopInstanceUID or item.GetElementAsString("0008,0018"): item}

    @property
    def numberOfDataSets(self) -> int:
        """How many there are; the file is not read."""
        return len(self._datasets) or int(bool(self.filePath))

    def dataset(self) -> ctkDICOMItem | None:
        """The first dataset."""
        return next(iter(self.datasets().values()), None)

    def setDatasets(self, datasets: Mapping[str, Any]) -> None:
        """Replace the datasets; pydicom datasets are taken, too."""
        self._datasets = {
            key: item if isinstance(item, ctkDICOMItem) else ctkDICOMItem(item)
            for key, item in datasets.items()
        }

    def setDataset(self, dataset: Any) -> None:
        """Set one dataset."""
        self.setDatasets({self.sopInstanceUID: dataset})

    def jobTypeString(self) -> str:
        """Name of the job type."""
        return str(JobType(self.jobType).name).rstrip("_")

    def clone(self) -> ctkDICOMJobResponseSet:
        """A copy; the datasets are shared."""
        copy = ctkDICOMJobResponseSet(**{name: getattr(self, name) for name, _default in self.PROPERTIES})
        copy.setDatasets(self._datasets)
        return copy

    def toVariant(self) -> ctkDICOMJobResponseSet:
        """Itself: Python needs no QVariant."""
        return self
