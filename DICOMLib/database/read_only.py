"""Databases that can be read but not written: on a medium, a share, or in the folder of somebody else."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from DICOMLib.core.errors import DatabaseUnavailable
from DICOMLib.database import schema, tag_cache
from DICOMLib.database.connections import Connections, opened


def is_read_only(filename: str, folder: str, create: bool) -> bool:
    """Whether the files of a database may be read only.

    Raises
    ------
    DatabaseUnavailable
        If it cannot be used at all: the folder or the file is missing and may not be made, or the file may
        not be read.
    """
    if not Path(folder).is_dir():
        raise DatabaseUnavailable(f"There is no folder {folder} for the database.")
    is_writable = os.access(folder, os.W_OK)
    if not Path(filename).exists():
        if not create:
            raise DatabaseUnavailable(f"There is no database {filename}.")
        if not is_writable:
            raise DatabaseUnavailable(f"The folder {folder} is read-only: no database can be made in it.")
        return False
    files = [name for name in (filename, f"{folder}/{schema.TAG_CACHE_NAME}") if Path(name).exists()]
    if not all(os.access(name, os.R_OK) for name in files):
        raise DatabaseUnavailable(f"The database {filename} may not be read by this user.")
    return not (is_writable and all(os.access(name, os.W_OK) for name in files))


def connect(filename: str, folder: str, busy_timeout_s: float, stamp: Callable[[], object]) -> Connections:
    """Open both files to be read.

    Parameters
    ----------
    filename, folder
        The main file, and the folder in which the tag cache lies.
    busy_timeout_s
        How long to wait for a writer, seconds.
    stamp
        Tells times and sizes of the main file.
    """
    before = stamp()
    main, is_fixed = _connect(filename, busy_timeout_s)
    try:
        return Connections(main, _tag_cache(folder, busy_timeout_s), before if is_fixed else None)
    except BaseException:
        main.close()
        raise


def _connect(filename: str, busy_timeout_s: float) -> tuple[sqlite3.Connection, bool]:
    """One file, and whether it is read as one that nobody changes.

    In WAL mode a file needs two more beside it, which readers would make. Where no program has them open,
    none writes now, so the file can be read alone (https://www.sqlite.org/wal.html#readonly).
    """
    uri = f"{Path(filename).absolute().as_uri()}?mode=ro"
    journal = Path(f"{filename}-wal")
    is_waiting = journal.exists() and journal.stat().st_size > 0
    if _has_journal_beside(filename) and not is_waiting and not Path(f"{filename}-shm").exists():
        return opened(f"{uri}&immutable=1", busy_timeout_s), True
    try:
        return opened(uri, busy_timeout_s), False
    except sqlite3.OperationalError as error:
        if not is_waiting or "unable to open" not in str(error):
            raise
        raise DatabaseUnavailable(
            f"The database {filename} is read-only, and the program that wrote it last did not close it. "
            "Open it once with the right to write, or copy its folder."
        ) from error


def _has_journal_beside(filename: str) -> bool:
    """Whether it is in WAL mode (https://www.sqlite.org/fileformat.html, bytes 18 and 19)."""
    with Path(filename).open("rb") as file:
        return file.read(20)[18:] == b"\x02\x02"


def _tag_cache(folder: str, busy_timeout_s: float) -> sqlite3.Connection:
    """The tag cache; where it is missing or lacks what searches need, a complete one in memory."""
    filename = f"{folder}/{schema.TAG_CACHE_NAME}"
    if not Path(filename).exists():
        memory = opened(":memory:", busy_timeout_s)
        tag_cache.create(memory)
        return memory
    connection, _is_fixed = _connect(filename, busy_timeout_s)
    if tag_cache.is_complete(connection):
        return connection
    memory = opened(":memory:", busy_timeout_s)
    connection.backup(memory)
    connection.close()
    if not tag_cache.is_there(memory):
        tag_cache.create(memory)
    tag_cache.complete(memory)
    return memory
