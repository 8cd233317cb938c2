"""Removal of series, studies and patients, and of rows that have nothing below them."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.database import second_files, storage

log = logging.getLogger(__name__)

# Table → its identifier, the table below it, and the column there that refers to it.
CHILDREN = {
    "Series": ("SeriesInstanceUID", "Images", "SeriesInstanceUID"),
    "Studies": ("StudyInstanceUID", "Series", "StudyInstanceUID"),
    "Patients": ("UID", "Studies", "PatientsUID"),
}


@dataclass(slots=True)
class Removed:
    """What is left to do on the disk once the rows are gone.

    Parameters
    ----------
    sops
        SOP Instance UIDs of the rows.
    files
        Stored paths of the copies; links to files of the user are not among them.
    thumbnails
        (study, series, SOP) UIDs of the pictures that may be there.
    """

    sops: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thumbnails: list[tuple[str, str, str]] = field(default_factory=list)


def remove_images(connection: sqlite3.Connection, series: Sequence[str]) -> Removed:
    """Delete the instances of some series."""
    removed = Removed()
    query = (
        "SELECT i.SOPInstanceUID, i.Filename, s.StudyInstanceUID FROM Images AS i"
        " LEFT JOIN Series AS s ON s.SeriesInstanceUID = i.SeriesInstanceUID WHERE i.SeriesInstanceUID = ?"
    )
    for uid in series:
        for sop, filename, study in connection.execute(query, (uid,)):
            removed.sops.append(sop)
            removed.thumbnails.append((study or "", uid, sop))
            if filename and storage.is_copy(filename):
                removed.files.append(filename)
        connection.execute("DELETE FROM Images WHERE SeriesInstanceUID = ?", (uid,))
    second = second_files.of_series(connection, list(series))
    second_files.forget(connection, second)
    removed.files += filter(storage.is_copy, second)
    return removed


def remove_empty(connection: sqlite3.Connection, table: str, uid: str) -> bool:
    """Delete the row `uid` if nothing is below it; False if something is."""
    key, below, reference = CHILDREN[table]
    if connection.execute(f"SELECT 1 FROM {below} WHERE {reference} = ? LIMIT 1", (uid,)).fetchone():
        return False
    connection.execute(f"DELETE FROM {table} WHERE {key} = ?", (uid,))
    return True


def remove_all_empty(connection: sqlite3.Connection) -> None:
    """Delete all series, then studies, then patients that have nothing below them."""
    for table, (key, below, reference) in CHILDREN.items():
        connection.execute(
            f"DELETE FROM {table} WHERE NOT EXISTS (SELECT 1 FROM {below} WHERE {reference} = {table}.{key})"
        )


def delete_from_disk(folder: str, removed: Removed, short_paths: bool = True) -> None:
    """Delete the copies and thumbnails; one that cannot be deleted is logged and left behind."""
    paths = [f"{folder}/{name}" for name in removed.files]
    if Path(folder, storage.THUMBNAILS).is_dir():
        paths += [storage.thumbnail_path(folder, *uids, short=short_paths) for uids in removed.thumbnails]
    failed = 0
    for path in paths:
        try:
            storage.remove_file(path, folder)
        except OSError:
            failed += 1
    if failed:
        log.warning("%d files of removed instances could not be deleted from the database folder", failed)
