"""ctkDICOMDatabase: patients, studies, series, instances, files and the columns of their tables."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from DICOMLib.compat.database_answers import answers, path_text
from DICOMLib.compat.date_time import date_time
from DICOMLib.database import Database
from DICOMLib.database.stored_values import seconds_since_epoch

log = logging.getLogger(__name__)

_PATIENT = ("Patients", "UID")
_STUDY = ("Studies", "StudyInstanceUID")
_SERIES = ("Series", "SeriesInstanceUID")
_INSTANCE = ("Images", "SOPInstanceUID")

_UNKNOWN_WEIGHT = 2**31 - 1


def _first(items: Sequence[str], hits: int) -> list[str]:
    return list(items[:hits] if hits > 0 else items)


class DatabaseLookups:
    """What can be asked of the main file."""

    core: Database

    # Lists

    @answers(list)
    def patients(self) -> list[str]:
        """Numbers of the patients as texts."""
        return [str(uid) for uid in self.core.patients()]

    @answers(list)
    def studiesForPatient(self, patientUID: str | int) -> list[str]:
        """Study Instance UIDs of a patient."""
        return self.core.studies(patientUID)

    @answers(list)
    def seriesForStudy(self, studyUID: str) -> list[str]:
        """Series Instance UIDs of a study."""
        return self.core.series(studyUID)

    @answers(list)
    def instancesForSeries(self, seriesUID: str, hits: int = -1) -> list[str]:
        """SOP Instance UIDs of a series, at most `hits` if that is positive."""
        return _first(self.core.instances(seriesUID), hits)

    @answers(list)
    def filesForSeries(self, seriesUID: str, hits: int = -1) -> list[str]:
        """Absolute paths of a series; "" for an instance without a file."""
        return _first(self.core.files(seriesUID), hits)

    @answers(list)
    def urlsForSeries(self, seriesUID: str, hits: int = -1) -> list[str]:
        """URLs of a series; "" for an instance without one."""
        return _first(
            [row["URL"] or "" for row in self.core.rows("instances", SeriesInstanceUID=seriesUID)], hits
        )

    @answers(list)
    def allFiles(self) -> list[str]:
        """Absolute paths of all instances."""
        rows = self.core.select("SELECT Filename FROM Images ORDER BY rowid")
        return [self.core.absolute_path(name or "") for (name,) in rows]

    @answers(int)
    def patientsCount(self) -> int:
        """Number of patients."""
        return self.core.counts()[0]

    @answers(int)
    def studiesCount(self) -> int:
        """Number of studies."""
        return self.core.counts()[1]

    @answers(int)
    def seriesCount(self) -> int:
        """Number of series."""
        return self.core.counts()[2]

    @answers(int)
    def imagesCount(self) -> int:
        """Number of instances."""
        return self.core.counts()[3]

    # From one to another

    @answers(str)
    def studyForSeries(self, seriesUID: str) -> str:
        """Study Instance UID, "" if the series is unknown."""
        return self.core.field("Series", "StudyInstanceUID", "SeriesInstanceUID", seriesUID)

    @answers(str)
    def patientForStudy(self, studyUID: str) -> str:
        """Number of the patient as text, "" if the study is unknown."""
        return self.core.field("Studies", "PatientsUID", "StudyInstanceUID", studyUID)

    @answers(str)
    def seriesForFile(self, path: str | os.PathLike[str]) -> str:
        """Series Instance UID, "" if the file is not in the database."""
        return self.core.field(
            *_INSTANCE[:1], "SeriesInstanceUID", _INSTANCE[1], self.core.sop_of_file(path_text(path))
        )

    @answers(str)
    def instanceForFile(self, path: str | os.PathLike[str]) -> str:
        """SOP Instance UID, "" if the file is not in the database."""
        return self.core.sop_of_file(path_text(path))

    @answers(str)
    def instanceForURL(self, url: str) -> str:
        """SOP Instance UID, "" if nothing has this URL."""
        return self.core.field("Images", "SOPInstanceUID", "URL", url) if url else ""

    @answers(str)
    def fileForInstance(self, sopInstanceUID: str) -> str:
        """Absolute path, "" if there is no file."""
        return self.core.absolute_path(
            self.core.field("Images", "Filename", "SOPInstanceUID", sopInstanceUID)
        )

    @answers(str)
    def urlForInstance(self, sopInstanceUID: str) -> str:
        """URL, "" if there is none."""
        return self.core.field("Images", "URL", "SOPInstanceUID", sopInstanceUID)

    @answers(bool)
    def fileExistsAndUpToDate(self, path: str | os.PathLike[str]) -> bool:
        """Whether the file is in the database and has not been changed since."""
        sop = self.core.sop_of_file(path_text(path))
        if not sop or not Path(path).exists():
            return False
        return Path(path).stat().st_mtime < seconds_since_epoch(
            self.core.field("Images", "InsertTimestamp", "SOPInstanceUID", sop)
        )

    # Fields

    def _field(self, table: str, key: str, column: str, value: object) -> str:
        try:
            return self.core.field(table, column, key, value)
        except ValueError as error:
            log.error("%s", error)  # noqa: TRY400
            return ""

    @answers(str)
    def fieldForPatient(self, field: str, patientUID: str | int) -> str:
        """A column of a patient as text."""
        return self._field(*_PATIENT, field, patientUID)

    @answers(str)
    def fieldForStudy(self, field: str, studyInstanceUID: str) -> str:
        """A column of a study as text."""
        return self._field(*_STUDY, field, studyInstanceUID)

    @answers(str)
    def fieldForSeries(self, field: str, seriesInstanceUID: str) -> str:
        """A column of a series as text."""
        return self._field(*_SERIES, field, seriesInstanceUID)

    @answers(str)
    def descriptionForSeries(self, seriesUID: str) -> str:
        """Series description."""
        return self._field(*_SERIES, "SeriesDescription", seriesUID)

    @answers(str)
    def descriptionForStudy(self, studyUID: str) -> str:
        """Study description."""
        return self._field(*_STUDY, "StudyDescription", studyUID)

    @answers(str)
    def nameForPatient(self, patientUID: str | int) -> str:
        """Name as in the files."""
        return self._field(*_PATIENT, "PatientsName", patientUID)

    @answers(str)
    def displayedNameForPatient(self, patientUID: str | int) -> str:
        """Name as it is shown."""
        return self._field(*_PATIENT, "DisplayedPatientsName", patientUID)

    @answers(dict)
    def descriptionsForFile(self, path: str | os.PathLike[str]) -> dict[str, str]:
        """SeriesDescription, StudyDescription and PatientsName of a file, as far as there are rows."""
        sop = self.core.sop_of_file(path_text(path))
        query = (
            "SELECT s.SeriesInstanceUID, s.SeriesDescription, t.StudyInstanceUID, t.StudyDescription,"
            " p.UID, p.PatientsName FROM Images AS i"
            " JOIN Series AS s ON s.SeriesInstanceUID = i.SeriesInstanceUID"
            " LEFT JOIN Studies AS t ON t.StudyInstanceUID = s.StudyInstanceUID"
            " LEFT JOIN Patients AS p ON p.UID = t.PatientsUID WHERE i.SOPInstanceUID = ?"
        )
        found = self.core.select(query, (sop,))
        if not found:
            return {}
        keys = ("SeriesDescription", "StudyDescription", "PatientsName")
        pairs = zip(found[0][::2], found[0][1::2], strict=True)
        return {key: text or "" for key, (uid, text) in zip(keys, pairs, strict=True) if uid is not None}

    def insertDateTimeForPatient(self, patientUID: str | int) -> Any:
        """When a patient was inserted: a QDateTime, invalid for an unknown one."""
        return date_time(self.fieldForPatient("InsertTimestamp", patientUID))

    def insertDateTimeForStudy(self, studyInstanceUID: str) -> Any:
        """When a study was inserted."""
        return date_time(self.fieldForStudy("InsertTimestamp", studyInstanceUID))

    def insertDateTimeForSeries(self, seriesInstanceUID: str) -> Any:
        """When a series was inserted."""
        return date_time(self.fieldForSeries("InsertTimestamp", seriesInstanceUID))

    @answers(lambda: date_time(""))
    def insertDateTimeForInstance(self, sopInstanceUID: str) -> Any:
        """When an instance was inserted."""
        return date_time(self._field(*_INSTANCE, "InsertTimestamp", sopInstanceUID))

    @answers(dict)
    def connectionsInformationForPatient(self, patientUID: str | int) -> dict[str, list[str]]:
        """Names of the peers that may ("allow") and may not ("deny") be asked for a patient."""
        try:
            found = json.loads(self._field(*_PATIENT, "Connections", patientUID) or "{}")
        except json.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}

    @answers(bool)
    def updateConnectionsForPatient(
        self, patientUID: str | int, allow: Sequence[str], deny: Sequence[str]
    ) -> bool:
        """Set these names; whether there is such a patient."""
        text = json.dumps(
            {"allow": list(allow), "deny": list(deny)}, separators=(",", ":"), ensure_ascii=False
        )
        return self.core.set_patient_connections(patientUID, text)

    # How columns are shown

    @property
    def patientFieldNames(self) -> list[str]:
        """Columns of the table of patients."""
        return self._fieldNames("Patients")

    @property
    def studyFieldNames(self) -> list[str]:
        """Columns of the table of studies."""
        return self._fieldNames("Studies")

    @property
    def seriesFieldNames(self) -> list[str]:
        """Columns of the table of series."""
        return self._fieldNames("Series")

    @answers(list)
    def _fieldNames(self, table: str) -> list[str]:
        return self.core.field_names(table)

    def _property(self, table: str, field: str, column: str) -> Any:
        found = self.core.select(
            f"SELECT {column} FROM ColumnDisplayProperties WHERE TableName = ? AND FieldName = ?",  # noqa: S608
            (table, field),
        )
        return found[0][0] if found else None

    @answers(str)
    def displayedNameForField(self, table: str, field: str) -> str:
        """Heading of a column."""
        return self._property(table, field, "DisplayedName") or ""

    @answers(bool)
    def visibilityForField(self, table: str, field: str) -> bool:
        """Whether a column is shown."""
        return bool(self._property(table, field, "Visibility"))

    @answers(lambda: _UNKNOWN_WEIGHT)
    def weightForField(self, table: str, field: str) -> int:
        """Place of a column; the smallest is at the left."""
        return int(self._property(table, field, "Weight") or 0)

    @answers(str)
    def formatForField(self, table: str, field: str) -> str:
        """JSON text of how a column is sized and sorted."""
        return self._property(table, field, "Format") or ""

    def setDisplayedNameForField(self, table: str, field: str, displayedName: str) -> None:
        """Set the heading of a column."""
        self._setProperty(table, field, DisplayedName=displayedName)

    def setVisibilityForField(self, table: str, field: str, visibility: bool) -> None:
        """Show or hide a column."""
        self._setProperty(table, field, Visibility=int(visibility))

    def setWeightForField(self, table: str, field: str, weight: int) -> None:
        """Set the place of a column."""
        self._setProperty(table, field, Weight=weight)

    def setFormatForField(self, table: str, field: str, format: str) -> None:  # noqa: A002  Slicer's name
        """Set how a column is sized and sorted."""
        self._setProperty(table, field, Format=format)

    def _setProperty(self, table: str, field: str, **properties: object) -> None:
        if self.core is None:
            log.warning("Columns cannot be changed while the database is closed.")
            return
        self._storeProperty(table, field, properties)

    @answers(lambda: None)
    def _storeProperty(self, table: str, field: str, properties: dict[str, object]) -> None:
        self.core.set_column(table, field, **properties)
