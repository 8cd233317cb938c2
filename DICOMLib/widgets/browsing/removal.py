"""Removing patients, studies and series from the database, and finding series whose files are gone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.standard.person_names import displayed_person_name
from DICOMLib.widgets.tables.columns import shown_text
from DICOMLib.widgets.translation import _

REMOVERS = {"Patients": "removePatient", "Studies": "removeStudy", "Series": "removeSeries"}


@dataclass(slots=True)
class RemovalReport:
    """Names of what was removed, and of what could not be."""

    removed: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    cancelled: bool = False


@dataclass(slots=True)
class MissingFiles:
    """A series of which files are gone."""

    series_uid: str
    description: str
    missing: list[str]
    total: int


@dataclass(slots=True)
class MissingReport:
    """Series of which files are gone."""

    series: list[MissingFiles] = field(default_factory=list)
    checked: int = 0
    cancelled: bool = False


def remove(database: Any, table: str, uids: Sequence[str]) -> Job[RemovalReport]:
    """Remove rows with all below them; only files that are the database's copies are deleted."""
    if database.isOpen:
        database.core.require_writable()
    report = RemovalReport()
    remover = getattr(database, REMOVERS[table])
    try:
        for uid in uids:
            name = _name_of(database, table, uid)
            (report.removed if remover(uid) else report.failed).append(name)
            done = len(report.removed) + len(report.failed)
            yield Progress(done, len(uids), "Removing from the database")
    except JobCancelled:
        report.cancelled = True
    database.cleanup()  # studies and patients of which nothing is left
    return report


def find_missing_files(database: Any) -> Job[MissingReport]:
    """Look for the files of all series."""
    report = MissingReport()
    series_uids = [
        series
        for patient in database.patients()
        for study in database.studiesForPatient(patient)
        for series in database.seriesForStudy(study)
    ]
    try:
        for uid in series_uids:
            paths = [path for path in database.filesForSeries(uid) if path]
            missing = [path for path in paths if not Path(path).is_file()]
            if missing:
                description = database.descriptionForSeries(uid) or uid
                report.series.append(MissingFiles(uid, description, missing, len(paths)))
            report.checked += 1
            yield Progress(report.checked, len(series_uids), "Looking for the files of all series")
    except JobCancelled:
        report.cancelled = True
    if not report.cancelled and database.isOpen and not database.core.read_only:
        database.updateDisplayedFields()  # of what was inserted by a program that did not come so far
    return report


def names_of(database: Any, table: str, uids: Sequence[str], limit: int = 10) -> tuple[list[str], int]:
    """Names for a question: patient, study, series with its number, else UID; and how many more there are."""
    return [_name_of(database, table, uid) for uid in uids[:limit]], max(0, len(uids) - limit)


def _name_of(database: Any, table: str, uid: str) -> str:
    if table == "Patients":
        return name_of_patient(database, uid) or uid
    study = uid if table == "Studies" else database.studyForSeries(uid)
    patient = database.patientForStudy(study)
    day = shown_text("StudyDate", database.fieldForStudy("StudyDate", study))
    parts = [name_of_patient(database, patient), database.descriptionForStudy(study) or day]
    if table == "Series":
        number = database.fieldForSeries("SeriesNumber", uid)
        modality = database.fieldForSeries("Modality", uid)
        parts += [database.descriptionForSeries(uid), modality]
        parts.append(_("series {number}").format(number=number) if number else "")
    return " · ".join(part for part in parts if part) or uid


def name_of_patient(database: Any, uid: str) -> str:
    """Name, else ID; a name of nothing but separators is none."""
    name = database.displayedNameForPatient(uid) or displayed_person_name(database.nameForPatient(uid))
    return str(name or database.fieldForPatient("PatientID", uid))
