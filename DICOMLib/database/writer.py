"""Insertion of a batch of records: who they belong to, the rows, the cached values."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

from DICOMLib.database import second_files, storage
from DICOMLib.database.connections import Connections
from DICOMLib.database.records import Event, FileRecord, InsertReport
from DICOMLib.database.second_files import Known, SecondFile
from DICOMLib.database.stored_values import (
    NOT_STORED,
    PATIENT_BIRTH_DATE,
    PATIENT_COLUMNS,
    PATIENT_ID,
    PATIENT_NAME,
    SERIES_COLUMNS,
    SERIES_INSTANCE_UID,
    SOP_INSTANCE_UID,
    STUDY_COLUMNS,
    STUDY_INSTANCE_UID,
    seconds_since_epoch,
    stored_row,
    timestamp,
)
from DICOMLib.database.tag_cache import Answers, TagStore


def patient_identity(record: FileRecord) -> tuple[str, str]:
    """(Patient ID, name) by which a patient is known; what is missing is replaced.

    Without an ID the study stands for the patient, and without a name the ID.
    """
    values = record.values
    patient_id = values.get(PATIENT_ID) or values.get(STUDY_INSTANCE_UID, "")
    return patient_id, values.get(PATIENT_NAME) or patient_id


def insert_records(
    connections: Connections,
    store: TagStore,
    directory: str,
    records: Sequence[FileRecord],
    options: InsertOptions,
) -> InsertReport:
    """Insert a batch inside the transaction that is open on `connections`."""
    return _Batch(connections, store, directory, options).insert(records)


class InsertOptions:
    """What to cache, whether to write again what is up to date, who sent it, and how deep it goes."""

    def __init__(
        self,
        requested_tags: Sequence[str],
        overwrite: bool = False,
        connection_name: str = "",
        patients_only: bool = False,
    ) -> None:
        self.tags = tuple(sorted({tag.upper() for tag in requested_tags}))
        self.overwrite = overwrite
        self.connection_name = connection_name
        self.patients_only = patients_only


class _Batch:
    """One insertion; it knows what it has already seen, since nobody else can write meanwhile."""

    def __init__(
        self, connections: Connections, store: TagStore, directory: str, options: InsertOptions
    ) -> None:
        self._connections = connections
        self._main = connections.main
        self._store = store
        self._directory = directory
        self._options = options
        self._now = datetime.now()
        self._now_text = timestamp(self._now)
        self._now_seconds = self._now.timestamp()
        self._report = InsertReport()
        self._patients: dict[tuple[str, str], int] = {}
        self._hierarchies: set[tuple[str | None, ...]] = set()
        self._images: dict[str, tuple[str, str, str, str, str]] = {}
        self._second_files: list[SecondFile] = []
        self._answers: dict[str, dict[str, Answers]] = {}
        self._places = {tag: place for place, tag in enumerate(options.tags)}
        self._base: Mapping[str, str] | None = None
        self._base_answers: list[str | None] = []
        self._existing: dict[str, tuple[str, str, str]] = {}

    def insert(self, records: Sequence[FileRecord]) -> InsertReport:
        self._existing = self._known_images(records)
        for record in records:
            self._insert_record(record)
        self._main.executemany(
            "INSERT OR REPLACE INTO Images"
            " (SOPInstanceUID, Filename, URL, SeriesInstanceUID, InsertTimestamp) VALUES (?, ?, ?, ?, ?)",
            self._images.values(),
        )
        second_files.add(self._main, self._second_files)
        if self._images and second_files.is_there(self._main):
            second_files.forget(self._main, [stored for _sop, stored, *_ in self._images.values()])
        if self._options.tags:
            batch = {series: list(answers.items()) for series, answers in self._answers.items()}
            self._store.write(self._connections.cache, self._options.tags, batch)
        return self._report

    def _known_images(self, records: Sequence[FileRecord]) -> dict[str, tuple[str, str, str]]:
        """SOP Instance UID → (stored path, insert time, series) of the instances that are already there."""
        query = (
            "SELECT SOPInstanceUID, Filename, InsertTimestamp, SeriesInstanceUID FROM Images"
            " WHERE SOPInstanceUID IN (SELECT value FROM json_each(?))"
        )
        sops = [record.values.get(SOP_INSTANCE_UID, "") for record in records]
        return {
            row[0]: (row[1] or "", row[2], row[3]) for row in self._main.execute(query, (json.dumps(sops),))
        }

    def _insert_record(self, record: FileRecord) -> None:
        values = record.values
        sop, series = values.get(SOP_INSTANCE_UID, ""), values.get(SERIES_INSTANCE_UID, "")
        stored = self._stored_path(record)
        known = self._known_as(record, sop, stored) if sop in self._existing else Known.WRITE
        if known is Known.UNCHANGED:
            self._report.unchanged += 1
            return
        if known is Known.SECOND:
            self._second_files.append(SecondFile(stored, sop, series, self._now_text))
            self._report.set_aside.append(record.path)
            return
        study = values.get(STUDY_INSTANCE_UID, "")
        hierarchy = (study, series, values.get(PATIENT_ID), values.get(PATIENT_NAME))
        if hierarchy not in self._hierarchies:
            missing = self._missing_identifier(record, study)
            if missing:
                self._report.rejected.append((record.path, missing))
                return
            self._add_hierarchy(record, study, series)
            self._hierarchies.add(hierarchy)
        if sop and series and (stored or record.url) and not self._options.patients_only:
            self._add_image(record, sop, series, stored)

    def _known_as(self, record: FileRecord, sop: str, stored: str) -> Known:
        filename, inserted, _series = self._existing[sop]
        if not filename:
            return Known.WRITE
        if not stored:
            return Known.UNCHANGED  # a peer has, too, what is here already
        if filename != stored and self._options.overwrite:
            return Known.WRITE
        if filename != stored:
            return second_files.other_file(self._directory, filename, stored)
        if self._options.overwrite:
            return Known.WRITE
        # Of a copy, only who made it knows whether it is up to date: it has the time of its source.
        linked = not storage.is_copy(filename)
        up_to_date = record.kept or (linked and record.modified < seconds_since_epoch(inserted))
        return Known.UNCHANGED if up_to_date else Known.WRITE

    def _missing_identifier(self, record: FileRecord, study: str) -> str:
        if self._options.patients_only:
            return "" if record.values.get(PATIENT_ID) else "no Patient ID"
        return "" if study else "no Study Instance UID"

    def _stored_path(self, record: FileRecord) -> str:
        stored = record.stored_path
        if os.sep != "/":
            stored = stored.replace(os.sep, "/")
        return (
            storage.internal_path(self._directory, stored) if stored.startswith(self._directory) else stored
        )

    def _add_hierarchy(self, record: FileRecord, study: str, series: str) -> None:
        patient = self._patient(record)
        self._report.changed_patients.add(patient)
        if self._options.patients_only:
            return
        there = self._study(record, study, patient)
        self._report.changed_studies.add(study)
        if series:
            there = self._series(record, series, study) and there
            self._report.changed_series.add(series)
        if not there:
            self._report.elsewhere.append(record.path)

    def _patient(self, record: FileRecord) -> int:
        identity = patient_identity(record)
        number = self._patients.get(identity)
        if number is None:
            query = "SELECT UID, Connections FROM Patients WHERE PatientID = ? AND PatientsName = ?"
            row = self._main.execute(query, identity).fetchone()
            details = (*identity, record.values.get(PATIENT_BIRTH_DATE, ""))
            number = int(row[0]) if row else self._new_patient(record, details)
            self._allow_connection(number, row[1] if row else None, details)
            self._patients[identity] = number
        return number

    def _new_patient(self, record: FileRecord, details: tuple[str, ...]) -> int:
        row = {"PatientID": details[0], "PatientsName": details[1], **stored_row(record, PATIENT_COLUMNS)}
        number = _insert(self._main, "Patients", {**row, "InsertTimestamp": self._now_text})
        self._report.patients += 1
        self._report.events.append(Event("patient", str(number), details))
        return number

    def _allow_connection(self, patient: int, stored: str | None, details: tuple[str, ...]) -> None:
        """Remember that the peer, or this computer (""), knows the patient."""
        name = self._options.connection_name
        known = _connections(stored)
        if name in known["allow"] or name in known["deny"]:
            return
        known["allow"].append(name)
        text = json.dumps(known, separators=(",", ":"), ensure_ascii=False)
        self._main.execute("UPDATE Patients SET Connections = ? WHERE UID = ?", (text, patient))
        self._report.events.append(Event("connection", str(patient), (*details, name)))

    def _study(self, record: FileRecord, study: str, patient: int) -> bool:
        """Add the study if it is new; False if it is known of another patient."""
        owner = self._owner("Studies", "StudyInstanceUID", study, "PatientsUID")
        if owner is not None:
            return owner == patient
        row = {"StudyInstanceUID": study, "PatientsUID": patient, **stored_row(record, STUDY_COLUMNS)}
        _insert(self._main, "Studies", {**row, "InsertTimestamp": self._now_text})
        self._report.studies += 1
        self._report.events.append(Event("study", study))
        return True

    def _series(self, record: FileRecord, series: str, study: str) -> bool:
        """Add the series if it is new; False if it is known of another study."""
        owner = self._owner("Series", "SeriesInstanceUID", series, "StudyInstanceUID")
        if owner is not None:
            return owner == study
        row = {"SeriesInstanceUID": series, "StudyInstanceUID": study, **stored_row(record, SERIES_COLUMNS)}
        _insert(self._main, "Series", {**row, "InsertTimestamp": self._now_text})
        self._report.series += 1
        self._report.events.append(Event("series", series))
        return True

    def _owner(self, table: str, key: str, uid: str, owner: str) -> object:
        """To what a row belongs; None if there is no such row."""
        row = self._main.execute(f"SELECT {owner} FROM {table} WHERE {key} = ?", (uid,)).fetchone()
        return None if row is None else row[0]

    def _add_image(self, record: FileRecord, sop: str, series: str, stored: str) -> None:
        report = self._report
        previous = self._existing.get(sop)
        if previous is None:
            report.instances += 1
            report.events.append(Event("instance", sop))
        else:
            report.replaced += 1
            report.changed_series.add(previous[2])
            self._answers.get(previous[2], {}).pop(sop, None)
        self._existing[sop] = (stored, self._now_text, series)
        self._images[sop] = (sop, stored, "" if stored else record.url, series, self._now_text)
        self._answers.setdefault(series, {})[sop] = self._answers_of(record)

    def _answers_of(self, record: FileRecord) -> Answers:
        """The values to cache; those of the records of a series are nearly alike."""
        value, places = record.values.get, self._places
        if record.base is None:
            answers = list(map(value, self._options.tags))
        else:
            if record.base is not self._base:
                self._base = record.base
                self._base_answers = list(map(record.base.get, self._options.tags))
            answers = self._base_answers.copy()
            for tag in record.changed:
                if tag in places:
                    answers[places[tag]] = value(tag)
        for tag in record.unstored:
            if tag in places:
                answers[places[tag]] = NOT_STORED
        return answers


def _connections(stored: str | None) -> dict[str, list[str]]:
    """The peers that may ("allow") and may not ("deny") be asked for a patient."""
    try:
        found = json.loads(stored or "{}")
    except json.JSONDecodeError:
        found = {}
    return {key: list(found.get(key) or []) for key in ("allow", "deny")}


def _insert(connection: sqlite3.Connection, table: str, row: dict[str, str | int | None]) -> int:
    """Insert a row and give its number; names of columns come from this file."""
    query = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
    return connection.execute(query, tuple(row.values())).lastrowid or 0
