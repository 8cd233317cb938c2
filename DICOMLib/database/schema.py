"""The tables: their version, the scripts that make them, and what a file at hand has."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from DICOMLib.core.resources import resource

SCHEMA_VERSION = "0.8.1"
DATABASE_NAME = "ctkDICOM.sql"
TAG_CACHE_NAME = "ctkDICOMTagCache.sql"
DEFAULT_SCRIPT = ":/dicom/dicom-schema.sql"

# What callers name a level, and its table.
TABLES = {"patients": "Patients", "studies": "Studies", "series": "Series", "instances": "Images"}

_RESOURCE_PREFIX = ":/dicom/"


def script(name: str) -> str:
    """Text of a schema script: a path, or Slicer's name of a built-in one (":/dicom/dicom-schema.sql").

    Raises
    ------
    FileNotFoundError
        If there is no such script.
    """
    if name.startswith(_RESOURCE_PREFIX):
        return resource("SQL/" + name.removeprefix(_RESOURCE_PREFIX)).read_text(encoding="utf-8")
    return Path(name).read_text(encoding="utf-8")


def statements(text: str) -> Iterator[str]:
    """The complete statements of a script, one by one; an unfinished last one is left out."""
    pending = ""
    for part in text.replace("\r", "").split(";")[:-1]:
        pending += part + ";"
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def create_tables(connection: sqlite3.Connection, text: str) -> None:
    """Run a schema script inside the transaction that is open on `connection`."""
    connection.execute("DROP TABLE IF EXISTS SchemaInfo")
    for statement in statements(text):
        connection.execute(statement)


def table_names(connection: sqlite3.Connection) -> set[str]:
    """Names of the tables and views, without SQLite's own."""
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
    return {name for (name,) in connection.execute(query) if not name.startswith("sqlite_")}


def column_names(connection: sqlite3.Connection, table: str) -> list[str]:
    """Names of the columns in their order; empty for an unknown table."""
    return [name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def loaded_version(connection: sqlite3.Connection) -> str:
    """Schema version that the file names, "" if it names none."""
    if "SchemaInfo" not in table_names(connection):
        return ""
    row = connection.execute("SELECT Version FROM SchemaInfo").fetchone()
    return str(row[0]) if row else ""


def version_key(version: str) -> tuple[int, ...]:
    """Versions in their order; a part that is no number counts as 0."""
    return tuple(int(part) if part.isdigit() else 0 for part in version.split("."))


def is_newer(version: str) -> bool:
    """Whether `version` is beyond what this program knows."""
    return version_key(version) > version_key(SCHEMA_VERSION)
