"""ctkDICOMDatabase: insertion of files and of answers of peers, displayed fields, thumbnails."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from DICOMLib.compat.database_answers import answers
from DICOMLib.compat.headers import record_of_dataset, record_of_file
from DICOMLib.core.errors import DatabaseError, InvalidDICOM
from DICOMLib.core.events import Signal
from DICOMLib.database import Database, Event, FileRecord, InsertReport, storage
from DICOMLib.database.stored_values import (
    COLUMN_TAGS,
    PATIENT_ID,
    PATIENT_NAME,
    SERIES_INSTANCE_UID,
    SOP_INSTANCE_UID,
    STUDY_INSTANCE_UID,
)
from DICOMLib.indexing.copying import copied

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

log = logging.getLogger(__name__)

_NO_THUMBNAILS = frozenset(("SEG",))
MODALITY = "0008,0060"
_QUERIES = ("QueryPatients", "QueryStudies", "QuerySeries", "QueryInstances")
_NAMED_IN_QUERY = (
    (PATIENT_ID, "patientID"),
    (STUDY_INSTANCE_UID, "studyInstanceUID"),
    (SERIES_INSTANCE_UID, "seriesInstanceUID"),
    (SOP_INSTANCE_UID, "sopInstanceUID"),
)


class InsertResult(IntEnum):
    """What became of an insertion."""

    Failed = -1
    NotInserted = 0
    Inserted = 1


class DatabaseInserts:
    """What can be put into the database."""

    core: Database
    tagsToPrecache: list[str]
    tagsToExcludeFromStorage: list[str]
    useShortStoragePath: bool
    useSystemFileCopy: bool
    patientAdded: Signal
    connectionNameAdded: Signal
    studyAdded: Signal
    seriesAdded: Signal
    instanceAdded: Signal
    _changedLast: Any
    _held_back: bool
    displayedFieldsUpdateProgress: Signal
    displayedFieldsUpdated: Signal
    generator: Any
    requestedTags: Any
    patientForStudy: Any
    fieldForPatient: Any
    fileForInstance: Any

    def __init__(self) -> None:
        super().__init__()
        self._thumbnail_generator: Any = None

    def insert(self, item: Any, *arguments: Any, **keywords: Any) -> Any:
        """Insert a file (path), a dataset (ctkDICOMItem), or a list of results of an indexer or of peers.

        For a file: `insert(filePath, storeFile=True, generateThumbnail=True, createHierarchy=True,
        destinationDirectoryName="")`; it is copied into the database folder if `storeFile`. The last
        two are not looked at.
        """
        if self.core is None:
            return None
        if isinstance(item, (str, os.PathLike)):
            return self._insertFile(os.fspath(item), *arguments, **keywords)
        if isinstance(item, (list, tuple)):
            return self._insertResults(item)
        if item is None:
            return None
        return self._insertDataset(item, *arguments, **keywords)

    # One file, one dataset

    @answers(lambda: None)
    def _insertFile(
        self,
        filePath: str,
        storeFile: bool = True,
        generateThumbnail: bool = True,
        _createHierarchy: bool = True,
        _destinationDirectoryName: str = "",
    ) -> None:
        path = os.path.abspath(filePath)  # noqa: PTH100  links must not be followed
        record = self._recordOfFile(path)
        if record is None:
            return
        if storeFile and self.core.directory is not None:
            record = replace(record, stored_path=self._copyIn(record))
        self._store([record])
        if generateThumbnail:
            self._makeThumbnail(record)

    def _recordOfFile(self, path: str) -> FileRecord | None:
        try:
            return record_of_file(path, self._wantedTags(), self.tagsToExcludeFromStorage)
        except InvalidDICOM as error:
            log.warning("A file was not inserted: %s", error.reason)
            log.debug("not inserted: %s", path)
            return None

    def _wantedTags(self) -> list[str]:
        return sorted({*self.requestedTags(), *COLUMN_TAGS})

    def _copyIn(self, record: FileRecord) -> str:
        """Copy the file of a record into the database folder; its stored path, "" if that failed."""
        uids = [
            record.values.get(tag, "") for tag in (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID)
        ]
        if not all(uids):
            return ""
        folder = Path(self.core.folder)
        try:
            name = copied(record, folder, short_paths=self.useShortStoragePath).stored_path
            if self.useSystemFileCopy:
                shutil.copystat(record.path, folder / name)
        except (InvalidDICOM, OSError) as error:
            reason = error.reason if isinstance(error, InvalidDICOM) else error.strerror
            log.error("A file was not copied into the database: %s", reason)  # noqa: TRY400
            return ""
        return name

    @answers(lambda: None)
    def _insertDataset(self, item: Any, storeFile: bool = True, generateThumbnail: bool = True) -> None:
        """Insert a dataset that has no file; its instance gets a row only if it is stored as one."""
        from pydicom.dataset import Dataset

        dataset = getattr(item, "dataset", item)
        if not isinstance(dataset, Dataset):
            return
        record = record_of_dataset(dataset, self._wantedTags(), self.tagsToExcludeFromStorage)
        if storeFile and self.core.directory is not None:
            record = replace(record, stored_path=self._save(dataset, record))
        self._store([record])
        if generateThumbnail:
            self._makeThumbnail(record)

    def _save(self, dataset: Dataset, record: FileRecord) -> str:
        """Write a dataset to its place in the database folder; its stored path, "" if that failed."""
        uids = [
            record.values.get(tag, "") for tag in (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID)
        ]
        if not all(uids):
            return ""
        name = storage.copy_name(*uids, short=self.useShortStoragePath)
        target = Path(self.core.folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        ctkDICOMItem(dataset).SaveToFile(str(target))
        return name

    def _store(self, records: Sequence[FileRecord], **options: Any) -> InsertReport:
        with self._changedLast():
            report = self.core.insert_records(records, self.requestedTags(), **options)
            for _path, reason in report.rejected:
                log.error("A dataset was not inserted: %s", reason)
            if report.set_aside:
                log.warning("%d second files of instances were set aside.", len(report.set_aside))
            for event in report.events:
                self._tell(event)
        return report

    def _tell(self, event: Event) -> None:
        if event.kind in ("patient", "connection"):
            signal = self.patientAdded if event.kind == "patient" else self.connectionNameAdded
            signal(int(event.uid), *event.details)
        else:
            signals = {"study": self.studyAdded, "series": self.seriesAdded, "instance": self.instanceAdded}
            signals[event.kind](event.uid)

    # Lists

    def _insertResults(self, results: Iterable[Any]) -> InsertResult:
        """Insert what an indexer read, or what peers answered."""
        added = False
        try:
            for result in results:
                report = (
                    self._insertAnswers(result) if hasattr(result, "datasets") else self._insertResult(result)
                )
                added = added or bool(report.events)
        except DatabaseError as error:
            log.error("insert: %s", error)  # noqa: TRY400
            return InsertResult.Failed
        return InsertResult.Inserted if added else InsertResult.NotInserted

    def _insertResult(self, result: Any) -> InsertReport:
        """Insert one file that an indexer read: filePath, dataset, copyFile, overwriteExistingDataset."""
        path = str(_asked(result, "filePath") or "")
        item = _asked(result, "dataset")
        if item is None:
            record = self._recordOfFile(path)
            if record is None:
                return InsertReport()
        else:
            dataset = getattr(item, "dataset", item)
            record = record_of_dataset(dataset, self._wantedTags(), self.tagsToExcludeFromStorage)
            modified = Path(path).stat().st_mtime if path and Path(path).exists() else 0.0
            record = replace(record, path=path, stored_path=path, modified=modified)
        if _asked(result, "copyFile") and path and self.core.directory is not None:
            record = replace(record, stored_path=self._copyIn(record))
        return self._store([record], overwrite=bool(_asked(result, "overwriteExistingDataset")))

    def _insertAnswers(self, answer: Any) -> InsertReport:
        """Insert the datasets that a peer sent in answer to a query or a retrieval."""
        job = getattr(_asked(answer, "jobType"), "name", "")
        if job not in _QUERIES:
            return self._insertRetrieved(answer)
        connection = str(_asked(answer, "connectionName") or "")
        records = [
            self._recordOfAnswer(answer, item, job, connection)
            for item in _asked(answer, "datasets").values()
        ]
        patients_only = job == "QueryPatients"
        return self._store(records, connection_name=connection, patients_only=patients_only)

    def _insertRetrieved(self, answer: Any) -> InsertReport:
        """Insert the file of an answer, unless it is there already, or datasets that have none."""
        path = str(_asked(answer, "filePath") or "")
        if path and path == self.fileForInstance(str(_asked(answer, "sopInstanceUID") or "")):
            return InsertReport()
        if path and os.path.isfile(path):  # noqa: PTH113  as often as there are instances
            record = self._recordOfFile(path)
            records = [] if record is None else [record]
        else:
            datasets = [getattr(item, "dataset", item) for item in _asked(answer, "datasets").values()]
            records = [self._recordOfRetrieved(dataset, path) for dataset in datasets]
        if path and _asked(answer, "copyFile") and self.core.directory is not None:
            records = [replace(record, stored_path=self._copyIn(record)) for record in records]
        connection = str(_asked(answer, "connectionName") or "")
        return self._store(records, overwrite=True, connection_name=connection)

    def _recordOfRetrieved(self, dataset: Dataset, path: str) -> FileRecord:
        """A record of a dataset that lies at a path, or else is written into the database folder."""
        record = record_of_dataset(dataset, self._wantedTags(), self.tagsToExcludeFromStorage)
        if path:
            return replace(record, path=path, stored_path=path)
        if self.core.directory is None:
            return record
        return replace(record, stored_path=self._save(dataset, record))

    def _recordOfAnswer(self, answer: Any, item: Any, job: str, connection: str) -> FileRecord:
        """A record of what a peer told, with identifiers that it left out since we had named them."""
        record = record_of_dataset(getattr(item, "dataset", item), self._wantedTags())
        values = dict(record.values)
        for tag, name in _NAMED_IN_QUERY:
            if not values.get(tag) and _asked(answer, name):
                values[tag] = str(_asked(answer, name))
        study = values.get(STUDY_INSTANCE_UID, "")
        patient = self.patientForStudy(study) if study else ""
        if patient:
            values[PATIENT_ID] = self.fieldForPatient("PatientID", patient)
            values[PATIENT_NAME] = self.fieldForPatient("PatientsName", patient)
        url = ""
        if job == "QueryInstances":
            uids = (study, values.get(SERIES_INSTANCE_UID, ""), values.get(SOP_INSTANCE_UID, ""))
            url = "/".join(("dimse+ctk:/", connection, *uids))
        return replace(record, values=values, url=url)

    # Displayed fields

    def updateDisplayedFields(self) -> None:
        """Fill the columns that are shown, for what was inserted since the last time."""
        with self._changedLast():
            self._held_back = True
            self._updateDisplayedFields()

    @answers(lambda: None)
    def _updateDisplayedFields(self) -> None:
        self.displayedFieldsUpdateProgress(1)
        self.generator.update(self.core)
        self.displayedFieldsUpdateProgress(2)
        self.displayedFieldsUpdateProgress(3)
        self.displayedFieldsUpdated()

    # Thumbnails

    def setThumbnailGenerator(self, generator: Any) -> None:
        """Set what makes pictures: an object with `generateThumbnail(path, picture path)`."""
        self._thumbnail_generator = generator

    def thumbnailGenerator(self) -> Any:
        """What makes pictures, None if nothing does."""
        return self._thumbnail_generator

    def thumbnailPathForInstance(
        self, studyInstanceUID: str, seriesInstanceUID: str, sopInstanceUID: str
    ) -> str:
        """Path of the picture of an instance, "" if there is none."""
        path = self._thumbnailPath(studyInstanceUID, seriesInstanceUID, sopInstanceUID)
        return path if path and Path(path).is_file() else ""

    def _thumbnailPath(self, *uids: str) -> str:
        if self.core is None or not self.core.folder:
            return ""
        return storage.thumbnail_path(self.core.folder, *uids, short=self.useShortStoragePath)

    def storeThumbnailFile(
        self,
        originalFilePath: str,
        studyInstanceUID: str,
        seriesInstanceUID: str,
        sopInstanceUID: str,
        modality: str = "",
    ) -> bool:
        """Make the picture of an instance, unless there is one that is newer than the file."""
        target = self._thumbnailPath(studyInstanceUID, seriesInstanceUID, sopInstanceUID)
        if self._thumbnail_generator is None or modality in _NO_THUMBNAILS or not target:
            return False
        picture, original = Path(target), Path(originalFilePath)
        try:
            if picture.is_file() and original.stat().st_mtime < picture.stat().st_mtime:
                return True
            picture.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            log.error("A thumbnail could not be stored: %s", error.strerror)  # noqa: TRY400
            return False
        return bool(self._thumbnail_generator.generateThumbnail(str(original), target))

    def _makeThumbnail(self, record: FileRecord) -> None:
        path = self.core.absolute_path(record.stored_path)
        if self._thumbnail_generator is not None and path:
            tags = (STUDY_INSTANCE_UID, SERIES_INSTANCE_UID, SOP_INSTANCE_UID, MODALITY)
            self.storeThumbnailFile(path, *(record.values.get(tag, "") for tag in tags))


def _asked(source: Any, name: str) -> Any:
    """An attribute, or what a method of that name gives; None if there is neither."""
    value = getattr(source, name, None)
    return value() if callable(value) else value
