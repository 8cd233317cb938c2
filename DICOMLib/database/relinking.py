"""Files of instances: which are remembered, where they are now, and rows whose files are given up."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from DICOMLib.database import removal, second_files

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class KnownFile:
    """The file of an instance.

    Parameters
    ----------
    sop, series
        UIDs.
    stored_path
        As it is remembered: relative to the database folder for a copy.
    """

    sop: str
    series: str
    stored_path: str


def next_files(connection: sqlite3.Connection, after: int) -> tuple[list[KnownFile], int]:
    """A thousand of the files of instances, and the number to ask for the next with; none at the end."""
    query = (
        "SELECT rowid, SOPInstanceUID, SeriesInstanceUID, Filename FROM Images"
        f" WHERE rowid > ? AND Filename <> '' ORDER BY rowid LIMIT {_BATCH}"
    )
    rows = connection.execute(query, (after,)).fetchall()
    files = [KnownFile(sop, series, filename) for _rowid, sop, series, filename in rows]
    return files, rows[-1][0] if rows else after


def referenced_names(connection: sqlite3.Connection, names: Sequence[str]) -> set[str]:
    """Those of the stored paths that belong to an instance, or to a second file of one."""
    query = "SELECT Filename FROM Images WHERE Filename IN (SELECT value FROM json_each(?))"
    found = {name for (name,) in connection.execute(query, (json.dumps(list(names)),))}
    return found | {one.stored_path for one in second_files.all_files(connection)}


def relink(connection: sqlite3.Connection, paths: Mapping[str, str]) -> None:
    """Give instances new files: SOP Instance UID → stored path; inside the open transaction."""
    connection.executemany(
        "UPDATE Images SET Filename = ? WHERE SOPInstanceUID = ?",
        [(path, sop) for sop, path in paths.items()],
    )
    second_files.forget(connection, paths.values())


def drop(connection: sqlite3.Connection, sops: Sequence[str]) -> None:
    """Forget instances, and the rows above that have nothing below them then; inside the open transaction."""
    query = (
        "SELECT DISTINCT i.SeriesInstanceUID, s.StudyInstanceUID, t.PatientsUID FROM Images AS i"
        " LEFT JOIN Series AS s ON s.SeriesInstanceUID = i.SeriesInstanceUID"
        " LEFT JOIN Studies AS t ON t.StudyInstanceUID = s.StudyInstanceUID"
        " WHERE i.SOPInstanceUID IN (SELECT value FROM json_each(?))"
    )
    above = connection.execute(query, (json.dumps(list(sops)),)).fetchall()
    connection.executemany("DELETE FROM Images WHERE SOPInstanceUID = ?", [(sop,) for sop in sops])
    for place, table in enumerate(("Series", "Studies", "Patients")):
        for uid in {row[place] for row in above} - {None}:
            removal.remove_empty(connection, table, uid)
