"""Update of a database with an older schema: every row is kept, and a copy of the file is made first.

Programs have added columns and tables over the years (0.5 had no displayed fields, 0.6 no URLs, 0.7 no
connections) but never changed the meaning of one. So there is one way for all versions: make the tables
anew and fill each column that was there before.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from DICOMLib.core.errors import DatabaseError, DatabaseUnavailable
from DICOMLib.database import schema, second_files, storage
from DICOMLib.database.columns import TABLE as COLUMN_PROPERTIES
from DICOMLib.database.connections import reported
from DICOMLib.database.displayed_fields import forget_processed
from DICOMLib.database.session import Session
from DICOMLib.database.stored_values import timestamp

log = logging.getLogger(__name__)

GENERATOR_RULES = "DisplayedFieldGeneratorRules"
_KEPT_TABLES = ("Images", "Patients", "Studies", "Series", "Directories", COLUMN_PROPERTIES, GENERATOR_RULES)
# What tells a DICOM database of any age from other SQLite files.
_DICOM_TABLES = frozenset(("Images", "Patients", "Studies", "Series"))
# Where a row has no time of insertion, it came with the first of the rows below it.
_OLDEST_BELOW = {
    "Series": "SELECT min(InsertTimestamp) FROM Images WHERE SeriesInstanceUID = Series.SeriesInstanceUID",
    "Studies": "SELECT min(InsertTimestamp) FROM Series WHERE StudyInstanceUID = Studies.StudyInstanceUID",
    "Patients": "SELECT min(InsertTimestamp) FROM Studies WHERE PatientsUID = Patients.UID",
}


def is_dicom_database(connection: sqlite3.Connection) -> bool:
    """Whether the file has the tables of a DICOM database of any version."""
    return schema.table_names(connection) >= _DICOM_TABLES


def update_schema(session: Session, script: str = schema.DEFAULT_SCRIPT) -> Path | None:
    """Bring a database to the schema of `script`, in one transaction.

    Returns
    -------
    pathlib.Path or None
        The copy of the file as it was, beside it; None for a database that is not on disk.

    Raises
    ------
    DatabaseError
        If it is no DICOM database, or the update failed; it is as it was then.
    """
    if not session.read(is_dicom_database):
        raise DatabaseError(f"{session.filename} is no DICOM database.")
    before = session.read(schema.loaded_version)
    text = schema.script(script)
    copy = None if session.private else backup_name(session.filename, before)
    try:
        with session.transaction() as connections, closing(_copy_of(session, copy)) as source:
            _rebuild(connections.main, source, text)
    except BaseException:
        if copy is not None:
            copy.unlink(missing_ok=True)
        raise
    log.info("updated the database from schema %s to %s", before or "without version", schema.SCHEMA_VERSION)
    return copy


def _copy_of(session: Session, copy: Path | None) -> sqlite3.Connection:
    """The database as it is, in a file beside it or in memory; the write lock is held.

    A copy gets its name when it is whole. A connection that writes cannot copy its own file.
    """
    with reported(session.filename):
        if copy is None:
            memory = sqlite3.connect(":memory:")
            memory.executescript("\n".join(session.read(sqlite3.Connection.iterdump)))
            return memory
        unfinished = copy.with_name(copy.name + storage.UNFINISHED)
        unfinished.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(session.filename)) as reader,
            closing(sqlite3.connect(unfinished)) as target,
        ):
            reader.backup(target)
        unfinished.replace(copy)
        return sqlite3.connect(copy)


def _rebuild(target: sqlite3.Connection, source: sqlite3.Connection, text: str) -> None:
    schema.create_tables(target, text)
    for table in _KEPT_TABLES:
        _fill(target, source, table)
    # The rules of today have not seen any of them; columns that rules own are made anew with that.
    forget_processed(target)
    for table, oldest in _OLDEST_BELOW.items():
        target.execute(
            f"UPDATE {table} SET InsertTimestamp = coalesce(({oldest}), ?) WHERE InsertTimestamp = ''",
            (timestamp(datetime.now()),),
        )


def _fill(target: sqlite3.Connection, source: sqlite3.Connection, table: str) -> None:
    """Copy all rows of a table in the columns that both have."""
    there = schema.column_names(source, table)
    names = [name for name in schema.column_names(target, table) if name in there]
    if not names:
        return
    needs_time = "InsertTimestamp" in schema.column_names(target, table) and "InsertTimestamp" not in there
    columns = ", ".join([*names, "InsertTimestamp"] if needs_time else names)
    marks = ", ".join(["?"] * len(names) + (["''"] if needs_time else []))
    rows: Iterator[tuple[object, ...]] = source.execute(
        f"SELECT {', '.join(names)} FROM {table} ORDER BY rowid"
    )
    target.executemany(f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({marks})", rows)


def copy_into(session: Session, folder: Path) -> None:
    """Copy both files to another folder, with paths of copied DICOM files made absolute.

    Raises
    ------
    DatabaseUnavailable
        If there is a database already, or it cannot be written.
    """
    main, cache = folder / schema.DATABASE_NAME, folder / schema.TAG_CACHE_NAME
    if main.exists():
        raise DatabaseUnavailable(f"There is a database in {folder} already.")
    with (
        reported(str(main)),
        closing(sqlite3.connect(main)) as target,
        closing(sqlite3.connect(cache)) as tags,
    ):
        session.read(sqlite3.Connection.backup, target)
        session.read_tags(sqlite3.Connection.backup, tags)
        for table in ("Images", *([second_files.TABLE] if second_files.is_there(target) else [])):
            names = target.execute(f"SELECT Filename FROM {table} WHERE Filename <> ''").fetchall()
            moved = [(storage.absolute_path(session.folder, name), name) for (name,) in names]
            target.executemany(f"UPDATE {table} SET Filename = ? WHERE Filename = ?", moved)
        target.commit()


def backup_name(filename: str, version: str) -> Path:
    """A free name for the copy of a database, telling its version."""
    path = Path(filename)
    for number in range(1, 10_000):
        suffix = f"-{number}" if number > 1 else ""
        copy = path.with_name(f"{path.stem}-{version or 'unversioned'}{suffix}.backup{path.suffix}")
        if not copy.exists():
            return copy
    raise DatabaseUnavailable(f"There are too many copies of {filename} beside it.")
