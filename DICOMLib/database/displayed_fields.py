"""The SQL of displayed fields: which instances wait for them, and how they are written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from DICOMLib.core.errors import DatabaseError
from DICOMLib.database.schema import column_names
from DICOMLib.database.stored_values import SENTINELS
from DICOMLib.database.tag_cache import CompactStore, TagStore

KEYS = {"Patients": "UID", "Studies": "StudyInstanceUID", "Series": "SeriesInstanceUID"}


@dataclass(frozen=True, slots=True)
class WaitingSeries:
    """A series with instances whose displayed fields were never made."""

    patient: int
    study: str
    series: str


def waiting_series(connection: sqlite3.Connection) -> list[WaitingSeries]:
    """All of them, those of a study and of a patient together."""
    query = (
        "SELECT DISTINCT Studies.PatientsUID, Series.StudyInstanceUID, Series.SeriesInstanceUID FROM Images "
        "JOIN Series USING (SeriesInstanceUID) JOIN Studies USING (StudyInstanceUID) "
        "WHERE Images.DisplayedFieldsUpdatedTimestamp IS NULL "
        "ORDER BY Studies.PatientsUID, Studies.rowid, Series.rowid"
    )
    return [
        WaitingSeries(int(patient), study, series) for patient, study, series in connection.execute(query)
    ]


def waiting_instances(connection: sqlite3.Connection, series: str) -> list[str]:
    """SOP Instance UIDs of a series that were never processed."""
    query = (
        "SELECT SOPInstanceUID FROM Images WHERE SeriesInstanceUID = ? "
        "AND DisplayedFieldsUpdatedTimestamp IS NULL ORDER BY rowid"
    )
    return [sop for (sop,) in connection.execute(query, (series,))]


def distinct_values(
    cache: sqlite3.Connection, store: TagStore, sops: Sequence[str], tags: Iterable[str]
) -> list[dict[str, str]]:
    """Values of some tags among instances, each combination once, in the order of its first instance.

    Most instances of a series agree. Values that are absent or empty are left out.
    """
    query = _COMPACT_VALUES if isinstance(store, CompactStore) else _PLAIN_VALUES
    found: dict[str, tuple[int | None, list[tuple[str, str]]]] = {}
    parameters = (json.dumps(list(tags)), json.dumps(list(sops)))
    for sop, default, tag, value in cache.execute(query, parameters):
        entry = found.setdefault(sop, (default, []))
        if tag is not None:
            entry[1].append((tag, value))
    combinations = dict.fromkeys(
        (found[sop][0], tuple(sorted(found[sop][1], key=str))) for sop in sops if sop in found
    )
    defaults = {number: _default_values(cache, number, parameters[0]) for number, _ in combinations}
    return [
        {tag: value for tag, value in {**defaults[number], **dict(pairs)}.items() if _is_value(value)}
        for number, pairs in combinations
    ]


_PLAIN_VALUES = (
    "SELECT SOPInstanceUID, NULL, Tag, Value FROM TagCache "
    "WHERE Tag IN (SELECT value FROM json_each(?)) AND SOPInstanceUID IN (SELECT value FROM json_each(?))"
)
# The tag is looked at last: an instance has few differences, so that they are faster read than looked up.
_COMPACT_VALUES = (
    "SELECT i.SOPInstanceUID, i.DefaultId, d.Tag, d.Value FROM TagInstances AS i "
    "LEFT JOIN TagDifferences AS d ON d.InstanceId = i.Id AND +d.Tag IN (SELECT value FROM json_each(?)) "
    "WHERE i.SOPInstanceUID IN (SELECT value FROM json_each(?))"
)


def _default_values(cache: sqlite3.Connection, number: int | None, tags: str) -> dict[str, str | None]:
    """Values that instances of a series share; none if `number` is None."""
    if number is None:
        return {}
    query = (
        "SELECT Tag, Value FROM TagDefaultValues "
        "WHERE DefaultId = ? AND Tag IN (SELECT value FROM json_each(?))"
    )
    return dict(cache.execute(query, (number, tags)))


def _is_value(value: str | None) -> TypeGuard[str]:
    return value is not None and value != "" and value not in SENTINELS


def patient_number(connection: sqlite3.Connection, patient_id: str, name: str) -> int | None:
    """UID of the patient with this ID and name."""
    query = "SELECT UID FROM Patients WHERE PatientID = ? AND PatientsName = ?"
    row = connection.execute(query, (patient_id, name)).fetchone()
    return int(row[0]) if row else None


def forget_processed(connection: sqlite3.Connection) -> None:
    """Let all instances wait again."""
    connection.execute("UPDATE Images SET DisplayedFieldsUpdatedTimestamp = NULL")


def row_of(connection: sqlite3.Connection, table: str, key: object) -> dict[str, str]:
    """The columns of a row as text; NULL is "", a missing row is empty."""
    cursor = connection.execute(f"SELECT * FROM {_checked(table)} WHERE {KEYS[table]} = ?", (key,))
    row = cursor.fetchone()
    if row is None:
        return {}
    names = [column[0] for column in cursor.description]
    return {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}


def ensure_columns(connection: sqlite3.Connection, table: str, titles: Mapping[str, str]) -> None:
    """Add the columns that a table lacks, and show them under these headings."""
    known = set(column_names(connection, table))
    for name, title in titles.items():
        if name in known:
            continue
        if not name.isidentifier():
            raise DatabaseError(f"{name!r} cannot be the name of a column.")
        connection.execute(f'ALTER TABLE {_checked(table)} ADD COLUMN "{name}" VARCHAR(255) NULL')
        connection.execute(
            "INSERT OR IGNORE INTO ColumnDisplayProperties "
            "SELECT ?, ?, ?, 1, 1 + MAX(Weight), '' FROM ColumnDisplayProperties WHERE TableName = ?",
            (table, name, title, table),
        )


def write_fields(connection: sqlite3.Connection, table: str, key: object, fields: Mapping[str, str]) -> None:
    """Write columns of one row and note the time."""
    names = [name for name in fields if name != KEYS[table]]
    sets = "".join(f'"{name}" = ?, ' for name in names)
    connection.execute(
        f"UPDATE {_checked(table)} SET {sets}DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP "
        f"WHERE {KEYS[table]} = ?",
        [*(fields[name] for name in names), key],
    )


def newest_instance(connection: sqlite3.Connection) -> int:
    """A number that all instances inserted later exceed."""
    return int(connection.execute("SELECT IFNULL(MAX(rowid), 0) FROM Images").fetchone()[0])


def mark_processed(connection: sqlite3.Connection, series: Iterable[str], newest: int) -> None:
    """Note that all instances of some series, up to `newest_instance` of some time, have been processed."""
    connection.executemany(
        "UPDATE Images SET DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP "
        "WHERE SeriesInstanceUID = ? AND DisplayedFieldsUpdatedTimestamp IS NULL AND rowid <= ?",
        ((uid, newest) for uid in series),
    )


def count_images(connection: sqlite3.Connection, series: Sequence[str]) -> None:
    """Series.DisplayedCount: the instances of each series."""
    _count(connection, "Series", "DisplayedCount", ("Images", "SeriesInstanceUID"), series)


def count_series(connection: sqlite3.Connection, studies: Sequence[str]) -> None:
    """Studies.DisplayedNumberOfSeries: the series of each study."""
    _count(connection, "Studies", "DisplayedNumberOfSeries", ("Series", "StudyInstanceUID"), studies)


def count_studies(connection: sqlite3.Connection, patients: Sequence[int]) -> None:
    """Patients.DisplayedNumberOfStudies: the studies of each patient."""
    _count(connection, "Patients", "DisplayedNumberOfStudies", ("Studies", "PatientsUID"), patients)


def _count(
    connection: sqlite3.Connection, table: str, column: str, child: tuple[str, str], keys: Sequence[object]
) -> None:
    connection.executemany(
        f"UPDATE {_checked(table)} SET {column} = (SELECT COUNT(*) FROM {child[0]} WHERE {child[1]} = ?1) "
        f"WHERE {KEYS[table]} = ?1",
        [(key,) for key in keys],
    )


def set_last_study_dates(connection: sqlite3.Connection, patients: Sequence[int]) -> None:
    """Patients.DisplayedLastStudyDate: the latest date, whether it is stored as 20110203 or 2011-02-03."""
    connection.executemany(
        "UPDATE Patients SET DisplayedLastStudyDate = IFNULL((SELECT MAX(day) FROM "
        "(SELECT substr(digits, 1, 4) || '-' || substr(digits, 5, 2) || '-' || substr(digits, 7, 2) AS day "
        "FROM (SELECT REPLACE(StudyDate, '-', '') AS digits FROM Studies WHERE PatientsUID = ?1) "
        # with a modifier, SQLite makes a day of March out of the 30th of February
        "WHERE length(digits) = 8) WHERE date(day, '+0 days') = day), '') WHERE UID = ?1",
        [(patient,) for patient in patients],
    )


def enabled_rules(connection: sqlite3.Connection, names: Iterable[str]) -> list[str]:
    """Those of the rules that are not switched off in this database."""
    query = "SELECT Name FROM DisplayedFieldGeneratorRules WHERE Enabled = 0"
    try:
        disabled = {name for (name,) in connection.execute(query)}
    except sqlite3.OperationalError:  # schemas before 0.6 have no such table
        disabled = set()
    return [name for name in names if name not in disabled]


def set_rule_enabled(connection: sqlite3.Connection, name: str, enabled: bool) -> None:
    """Switch a rule on or off in this database."""
    connection.execute(
        "INSERT INTO DisplayedFieldGeneratorRules (Name, Enabled) VALUES (?, ?) "
        "ON CONFLICT (Name) DO UPDATE SET Enabled = excluded.Enabled",
        (name, int(enabled)),
    )


def _checked(table: str) -> str:
    """A table name, which goes into the text of a statement."""
    if table not in KEYS:
        raise DatabaseError(f"There is no table {table!r} with displayed fields.")
    return table
