"""Copies the files of series into folders that people can read."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import Job, JobCancelled, Progress


@dataclass(slots=True)
class FolderExportReport:
    """What was written.

    Parameters
    ----------
    copies
        (file, copy) of each file.
    series
        Number of series of which all files were copied.
    problem
        Why the export was halted; "" if it was not.
    cancelled
        Whether the user stopped it.
    """

    copies: list[tuple[str, str]] = field(default_factory=list)
    series: int = 0
    problem: str = ""
    cancelled: bool = False


def export_series(database: Any, series_uids: Sequence[str], folder: Path) -> Job[FolderExportReport]:
    """Copy the files of these series to `folder`, ordered by patient, study and series.

    Parameters
    ----------
    database
        A ctkDICOMDatabase.
    series_uids
        The series; those without a file of their own are left out.
    folder
        An existing folder. Below it come `<PatientID>[-<Name>]/<StudyDate>[-<Description>]/
        <SeriesNumber>[-<Description>]/000000.dcm`. A file that is missing, or one that would be overwritten,
        halts the export; what was written stays.
    """
    report = FolderExportReport()
    plan = [(uid, [path for path in database.filesForSeries(uid) if path]) for uid in series_uids]
    total = sum(len(paths) for _uid, paths in plan)
    try:
        for uid, paths in plan:
            if not paths:
                continue
            target = folder / series_folder(database, uid)
            for number, path in enumerate(paths):
                copy = target / f"{number:06d}.dcm"
                _copy(Path(path), copy)
                report.copies.append((path, str(copy)))
                yield Progress(len(report.copies), total, "Exporting files", target.name)
            report.series += 1
    except DICOMError as error:
        report.problem = str(error)
    except JobCancelled:
        report.cancelled = True
    return report


def series_folder(database: Any, series_uid: str) -> Path:
    """Folder of a series below the folder of an export."""
    study = database.studyForSeries(series_uid)
    patient = database.patientForStudy(study)
    return Path(
        _name(
            database.fieldForPatient("PatientID", patient), database.fieldForPatient("PatientsName", patient)
        ),
        _name(
            database.fieldForStudy("StudyDate", study).replace("-", ""),
            database.fieldForStudy("StudyDescription", study),
        ),
        _name(
            database.fieldForSeries("SeriesNumber", series_uid),
            database.fieldForSeries("SeriesDescription", series_uid),
        ),
    )


def _name(first: str, second: str) -> str:
    """Join two texts by a hyphen and replace what some file system does not take."""
    text = f"{first}-{second}" if second else first
    safe = re.sub(r'[^\x20-\x7e]|[/\\<>:"|?*]', "_", text).rstrip(". ")
    return safe or "_"


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        raise DICOMError(f"{target} exists already; nothing is overwritten. Choose an empty folder.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    except FileNotFoundError as error:
        raise DICOMError(f"The file {source} is missing; repair the database or import it again.") from error
    except OSError as error:
        raise DICOMError(f"{target} could not be written: {error.strerror}.") from error
