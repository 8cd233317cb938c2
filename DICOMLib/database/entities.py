"""Patients, studies, series and instances with the rows above them, for those who ask what is here.

Only what has a file counts: a peer that is told of something will want to have it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from DICOMLib.database import queries, storage
from DICOMLib.database.records import Row
from DICOMLib.database.session import Session

# Query level, and its table.
TABLES = {"PATIENT": "Patients", "STUDY": "Studies", "SERIES": "Series", "IMAGE": "Images"}
LEVELS = tuple(TABLES)
# Table, what `queries.rows` calls it, its key, and the column that names what is above.
_TABLES = {
    "PATIENT": ("Patients", "patients", "UID", ""),
    "STUDY": ("Studies", "studies", "StudyInstanceUID", "PatientsUID"),
    "SERIES": ("Series", "series", "SeriesInstanceUID", "StudyInstanceUID"),
    "IMAGE": ("Images", "instances", "SOPInstanceUID", "SeriesInstanceUID"),
}


@dataclass(frozen=True, slots=True)
class Entity:
    """A patient, study, series or instance.

    Parameters
    ----------
    key
        UID; of a patient its number, as text.
    rows
        Its row, and those above it, by table.
    sop, file
        The instance, or one that stands for all that are below; its absolute path.
    """

    key: str
    rows: Mapping[str, Row]
    sop: str
    file: str


_WITH_FILE = "i.Filename IS NOT NULL AND i.Filename <> ''"
# Number of a first instance of what is called k.value.
_FIRST_INSTANCE = {
    "PATIENT": "SELECT i.rowid FROM Studies AS t"
    " CROSS JOIN Series AS s ON s.StudyInstanceUID = t.StudyInstanceUID"
    " CROSS JOIN Images AS i ON i.SeriesInstanceUID = s.SeriesInstanceUID"
    f" WHERE t.PatientsUID = k.value AND {_WITH_FILE} LIMIT 1",
    "STUDY": "SELECT i.rowid FROM Series AS s"
    " CROSS JOIN Images AS i ON i.SeriesInstanceUID = s.SeriesInstanceUID"
    f" WHERE s.StudyInstanceUID = k.value AND {_WITH_FILE} LIMIT 1",
    "SERIES": f"SELECT i.rowid FROM Images AS i WHERE i.SeriesInstanceUID = k.value AND {_WITH_FILE} LIMIT 1",
    "IMAGE": f"SELECT i.rowid FROM Images AS i WHERE i.SOPInstanceUID = k.value AND {_WITH_FILE}",
}
# Numbers of studies, series and instances with files that are below k.value.
_BELOW = (
    " CROSS JOIN Images AS i ON i.SeriesInstanceUID = s.SeriesInstanceUID"
    f" WHERE {_WITH_FILE} GROUP BY k.value"
)
_COUNTS = {
    "PATIENT": "SELECT k.value, count(DISTINCT s.StudyInstanceUID), count(DISTINCT s.SeriesInstanceUID),"
    " count(*) FROM json_each(?) AS k CROSS JOIN Studies AS t ON t.PatientsUID = k.value"
    " CROSS JOIN Series AS s ON s.StudyInstanceUID = t.StudyInstanceUID" + _BELOW,
    "STUDY": "SELECT k.value, 1, count(DISTINCT s.SeriesInstanceUID), count(*)"
    " FROM json_each(?) AS k CROSS JOIN Series AS s ON s.StudyInstanceUID = k.value" + _BELOW,
    "SERIES": "SELECT k.value, 1, 1, count(*)"
    " FROM json_each(?) AS k CROSS JOIN Series AS s ON s.SeriesInstanceUID = k.value" + _BELOW,
}
# Column of Images, and how its values are found from the keys.
_SERIES_BELOW = "SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID IN"
_INSTANCES_BELOW = {
    "PATIENT": (
        "i.SeriesInstanceUID",
        f"{_SERIES_BELOW} (SELECT StudyInstanceUID FROM Studies WHERE PatientsUID IN",
    ),
    "STUDY": ("i.SeriesInstanceUID", _SERIES_BELOW),
    "SERIES": ("i.SeriesInstanceUID", ""),
    "IMAGE": ("i.SOPInstanceUID", ""),
}


def entities(session: Session, level: str, keys: Sequence[str]) -> list[Entity]:
    """Those of the keys that have a file, in their order; see `Entity`."""
    query = (
        "SELECT k.value, i.SOPInstanceUID, i.Filename FROM json_each(?) AS k"
        f" CROSS JOIN Images AS i ON i.rowid = ({_FIRST_INSTANCE[level]})"
    )
    listed = _json_keys(level, keys)
    found = session.read(lambda connection: connection.execute(query, (listed,)).fetchall())
    names = {
        str(key): (str(sop), storage.absolute_path(session.folder, str(name))) for key, sop, name in found
    }
    return [
        Entity(key, rows, *names[key])
        for key, rows in _rows_with_parents(session, level, list(names)).items()
    ]


def _rows_with_parents(session: Session, level: str, keys: Sequence[str]) -> dict[str, dict[str, Row]]:
    """Rows of each key and of all above it, by table."""
    found: dict[str, dict[str, Row]] = {key: {} for key in keys}
    wanted: dict[str, object] = {key: int(key) if level == "PATIENT" else key for key in keys}
    for query_level in LEVELS[LEVELS.index(level) :: -1]:
        table, name, own, parent = _TABLES[query_level]
        where: dict[str, object] = {own: list(dict.fromkeys(wanted.values()))}
        rows = {row[own]: row for row in session.read(queries.rows, name, where)}
        for key, identifier in list(wanted.items()):
            row = rows.get(identifier)
            if row is None:  # removed since it was found, or without what should be above it
                del wanted[key], found[key]
                continue
            found[key][table] = row
            wanted[key] = row.get(parent)
    return found


def related_counts(
    connection: sqlite3.Connection, level: str, keys: Sequence[str]
) -> dict[str, tuple[int, ...]]:
    """Numbers of studies, series and instances with a file below each key."""
    rows = connection.execute(_COUNTS[level], (_json_keys(level, keys),))
    return {str(key): tuple(counts) for key, *counts in rows}


def modalities(connection: sqlite3.Connection, studies: Sequence[str]) -> dict[str, list[str]]:
    """Modalities of the series of each study, sorted."""
    query = (
        "SELECT DISTINCT StudyInstanceUID, Modality FROM Series WHERE Modality <> ''"
        " AND StudyInstanceUID IN (SELECT value FROM json_each(?)) ORDER BY Modality"
    )
    found: dict[str, list[str]] = {}
    for study, modality in connection.execute(query, (json.dumps(list(studies)),)):
        found.setdefault(str(study), []).append(str(modality))
    return found


def instances_of(connection: sqlite3.Connection, level: str, keys: Sequence[str]) -> list[tuple[str, str]]:
    """SOP Instance UID and file, as it is stored, of all instances at or below some keys that have one."""
    column, below = _INSTANCES_BELOW[level]
    keyed = "(SELECT value FROM json_each(?))"  # in more parentheses it would be its first value alone
    condition = (
        f"{column} IN ({below} {keyed}{')' * (1 + below.count('('))}" if below else f"{column} IN {keyed}"
    )
    query = (
        f"SELECT i.SOPInstanceUID, i.Filename FROM Images AS i WHERE {_WITH_FILE} AND {condition}"
        " ORDER BY i.rowid"
    )
    return [(str(sop), str(name)) for sop, name in connection.execute(query, (_json_keys(level, keys),))]


def all_instances(connection: sqlite3.Connection) -> list[str]:
    """SOP Instance UIDs of everything that has a file."""
    query = f"SELECT i.SOPInstanceUID FROM Images AS i WHERE {_WITH_FILE} ORDER BY i.rowid"
    return queries.first_column(connection, query)


def _json_keys(level: str, keys: Sequence[str]) -> str:
    """Patients are numbered, and must be compared as numbers."""
    return json.dumps([int(key) for key in keys] if level == "PATIENT" else list(keys))
