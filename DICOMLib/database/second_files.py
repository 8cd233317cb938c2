"""Second files: living files whose SOP Instance UID is known already from another file with other content.

The first file stays what the instance is. The second is neither forgotten nor does it silently take the
place of the first: it is set aside in a table of its own, which is made when it is first needed, so that
the tables of Slicer and CTK stay as they are.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from DICOMLib.database import schema, storage

TABLE = "SecondFiles"
_CREATE = (
    f"CREATE TABLE IF NOT EXISTS {TABLE} (Filename VARCHAR(1024) NOT NULL PRIMARY KEY,"
    " SOPInstanceUID VARCHAR(64) NOT NULL, SeriesInstanceUID VARCHAR(64) NOT NULL,"
    " InsertTimestamp VARCHAR(20) NOT NULL)"
)
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class SecondFile:
    """A file that was set aside.

    Parameters
    ----------
    stored_path
        As the database remembers it, see `FileRecord.stored_path`.
    sop, series
        UIDs that it names.
    inserted
        When it was set aside, local time.
    """

    stored_path: str
    sop: str
    series: str
    inserted: str


def add(connection: sqlite3.Connection, files: Sequence[SecondFile]) -> None:
    """Set files aside, inside the open transaction."""
    if not files:
        return
    connection.execute(_CREATE)
    connection.executemany(
        f"INSERT OR REPLACE INTO {TABLE} VALUES (?, ?, ?, ?)",
        [(one.stored_path, one.sop, one.series, one.inserted) for one in files],
    )


def is_there(connection: sqlite3.Connection) -> bool:
    """Whether any file was ever set aside."""
    return TABLE in schema.table_names(connection)


def all_files(connection: sqlite3.Connection) -> list[SecondFile]:
    """All files that are set aside, in their order."""
    if not is_there(connection):
        return []
    query = f"SELECT Filename, SOPInstanceUID, SeriesInstanceUID, InsertTimestamp FROM {TABLE} ORDER BY rowid"
    return [SecondFile(*row) for row in connection.execute(query)]


def forget(connection: sqlite3.Connection, stored_paths: Iterable[str]) -> None:
    """Forget files, inside the open transaction; they stay on the disk."""
    if is_there(connection):
        connection.executemany(f"DELETE FROM {TABLE} WHERE Filename = ?", [(path,) for path in stored_paths])


def of_series(connection: sqlite3.Connection, series: Sequence[str]) -> list[str]:
    """Stored paths of the files that are set aside for some series."""
    if not is_there(connection):
        return []
    query = f"SELECT Filename FROM {TABLE} WHERE SeriesInstanceUID IN (SELECT value FROM json_each(?))"
    return [path for (path,) in connection.execute(query, (json.dumps(list(series)),))]


class Known(Enum):
    """What is to be done with the file of an instance that the database knows already."""

    WRITE = auto()
    UNCHANGED = auto()
    SECOND = auto()


def other_file(directory: str, first: str, second: str) -> Known:
    """What `second` is if `first` is known; both as they are stored.

    A file that is gone has moved, of two equal ones the latest counts; but a copy is not given up for a link.
    """
    paths = (storage.absolute_path(directory, path) for path in (first, second))
    try:
        same = is_same_content(*paths)
    except OSError:
        return Known.WRITE
    if not same:
        return Known.SECOND
    given_up = storage.is_copy(first) and not storage.is_copy(second)
    return Known.UNCHANGED if given_up else Known.WRITE


def is_same_content(first: str, second: str) -> bool:
    """Whether two files hold the same dataset; what programs write about themselves before it is no part.

    Raises
    ------
    OSError
        If one cannot be read.
    """
    with open(first, "rb") as one, open(second, "rb") as other:
        status, other_status = os.fstat(one.fileno()), os.fstat(other.fileno())
        if os.path.samestat(status, other_status):
            return True
        if _has_same_time(status, other_status):
            return True
        start, syntax = _dataset_start(one.read(_BLOCK_BYTES))
        other_start, other_syntax = _dataset_start(other.read(_BLOCK_BYTES))
        if syntax != other_syntax or status.st_size - start != other_status.st_size - other_start:
            return False
        one.seek(start)
        other.seek(other_start)
        while block := one.read(_BLOCK_BYTES):
            if block != other.read(_BLOCK_BYTES):
                return False
    return True


def _has_same_time(status: os.stat_result, other: os.stat_result) -> bool:
    """Whether one is a copy of the other by size and time; whole seconds, as in archives, tell nothing."""
    alike = (status.st_size, status.st_mtime_ns) == (other.st_size, other.st_mtime_ns)
    return alike and status.st_mtime_ns % 1_000_000_000 != 0


def _dataset_start(begin: bytes) -> tuple[int, bytes]:
    """Where the dataset begins behind the file meta information (PS3.10 section 7.1), and its syntax."""
    if begin[128:140] != b"DICM\x02\x00\x00\x00UL\x04\x00":
        return 0, b""
    end = 144 + int.from_bytes(begin[140:144], "little")
    element = begin.find(b"\x02\x00\x10\x00UI", 144, end)
    if element < 0 or end > len(begin):
        return 0, b""
    length = int.from_bytes(begin[element + 6 : element + 8], "little")
    return end, begin[element + 8 : element + 8 + length]
