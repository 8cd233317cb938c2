"""Questions to the main file; each answers for many at once."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Sequence
from datetime import datetime

from DICOMLib.database import schema, second_files, storage
from DICOMLib.database.records import Row


def rows(connection: sqlite3.Connection, level: str, where: dict[str, object]) -> list[Row]:
    """All columns of the rows of a level for which each column of `where` has the value, or one of the list.

    Raises
    ------
    ValueError
        For an unknown level or column.
    """
    table = schema.TABLES.get(level)
    if table is None:
        raise ValueError(f"{level!r} is no level of the database")
    unknown = set(where) - set(schema.column_names(connection, table)) if where else set()
    if unknown:
        raise ValueError(f"{table} has no column {', '.join(sorted(unknown))}")
    conditions, parameters = [], []
    for column, value in where.items():
        several = isinstance(value, (list, tuple, set, frozenset))
        conditions.append(f"{column} IN (SELECT value FROM json_each(?))" if several else f"{column} = ?")
        parameters.append(
            json.dumps(list(value)) if isinstance(value, (list, tuple, set, frozenset)) else value
        )
    query = f"SELECT * FROM {table}" + (" WHERE " + " AND ".join(conditions) if conditions else "")
    cursor = connection.execute(query + " ORDER BY rowid", parameters)
    names = [description[0] for description in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def first_column(connection: sqlite3.Connection, query: str, parameters: Sequence[object] = ()) -> list[str]:
    """The first column of the answer as texts, NULL as ""."""
    return ["" if row[0] is None else str(row[0]) for row in connection.execute(query, tuple(parameters))]


def field(connection: sqlite3.Connection, table: str, column: str, key: str, value: object) -> str:
    """A column of the row in which `key` is `value`, as text; "" if there is none or it is NULL.

    Raises
    ------
    ValueError
        If the table has no such columns.
    """
    if not {column, key} <= set(schema.column_names(connection, table)):
        raise ValueError(f"{table} has no column {column!r}")
    found = connection.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (value,)).fetchone()
    return "" if found is None or found[0] is None else str(found[0])


def counts(connection: sqlite3.Connection) -> tuple[int, int, int, int]:
    """Numbers of patients, studies, series and instances."""
    row = connection.execute(
        "SELECT (SELECT count(*) FROM Patients), (SELECT count(*) FROM Studies),"
        " (SELECT count(*) FROM Series), (SELECT count(*) FROM Images)"
    ).fetchone()
    return row[0], row[1], row[2], row[3]


def insertion_times(connection: sqlite3.Connection, directory: str, paths: Sequence[str]) -> dict[str, float]:
    """Absolute path → time of insertion, seconds since the epoch, of those of the files that are known.

    `paths` are absolute and without "." and "..".
    """
    minutes: dict[str, float] = {}
    times: dict[str, float] = {}
    prefix = directory.rstrip("/") + "/"
    cleaned = paths if os.sep == "/" else [path.replace(os.sep, "/") for path in paths]
    stored = {path.removeprefix(prefix): given for path, given in zip(cleaned, paths, strict=True)}
    query = "SELECT Filename, InsertTimestamp FROM Images WHERE Filename IN (SELECT value FROM json_each(?1))"
    if second_files.is_there(connection):
        query += " UNION ALL " + query.replace("Images", second_files.TABLE)
    for filename, inserted in connection.execute(query, (json.dumps(list(stored)),)):
        minute = inserted[:16]
        start = minutes.get(minute)
        if start is None:
            start = minutes[minute] = _seconds(minute)
        times[stored[filename]] = start + float(inserted[17:] or 0)
    return times


def _seconds(minute: str) -> float:
    return datetime.fromisoformat(minute).timestamp()


def sop_of_file(connection: sqlite3.Connection, directory: str, path: str) -> str:
    """SOP Instance UID of the instance in a file, or with an URL; "" if it is not in the database."""
    column = "URL" if "://" in path else "Filename"
    stored = path if column == "URL" else storage.internal_path(directory, storage.clean(path))
    row = connection.execute(f"SELECT SOPInstanceUID FROM Images WHERE {column} = ?", (stored,)).fetchone()
    return str(row[0]) if row else ""


def sops_of_files(connection: sqlite3.Connection, directory: str, paths: Sequence[str]) -> dict[str, str]:
    """Path → SOP Instance UID of those files that are in the database."""
    query = "SELECT Filename, SOPInstanceUID FROM Images WHERE Filename IN (SELECT value FROM json_each(?))"
    found = {str(name): str(sop) for name, sop in connection.execute(query, (json.dumps(list(paths)),))}
    # Most are stored as they are given; the others lie in the database folder, or are written otherwise.
    stored = {
        storage.internal_path(directory, storage.clean(path)): path for path in paths if path not in found
    }
    rest = connection.execute(query, (json.dumps(list(stored)),)) if stored else ()
    return {**found, **{stored[name]: str(sop) for name, sop in rest}}
