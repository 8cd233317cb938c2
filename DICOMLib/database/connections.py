"""SQLite connections: how they are set up, and their faults in words for a user."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.core.errors import DatabaseError, DatabaseUnavailable
from DICOMLib.database.file_systems import is_local

log = logging.getLogger(__name__)

# Databases that live with their one connection: in memory, and SQLite's private temporary file.
PRIVATE_NAMES = (":memory:", "")

_PAGE_SIZE = 8192
# Of each file, as far as it is that large; SQLite's own 2 MB are little for a million instances.
_CACHE_KB = 16384
_CACHED_STATEMENTS = 256

_REASONS = (
    ("disk is full", "The disk is full"),
    ("readonly", "It cannot be written: the file or its folder is read-only, or the file was removed"),
    ("unable to open", "The file cannot be opened: its folder is missing or may not be written"),
    ("locked", "Another program is writing to it and did not finish in time"),
    ("disk i/o", "The disk could not be read or written"),
    ("closed database", "It has been closed"),
)
_DAMAGED = ("malformed", "not a database")


@dataclass(slots=True)
class Connections:
    """The two files as one thread sees them."""

    main: sqlite3.Connection
    cache: sqlite3.Connection
    # Times and sizes of a file that is read as one that nobody changes; None for all others.
    fixed_at: object = None
    # Held while they are used, so that another thread can close them in between.
    guard: threading.RLock = field(default_factory=threading.RLock)

    def close(self) -> None:
        """Close both."""
        self.cache.close()
        self.main.close()

    def rollback(self) -> None:
        """Give up what is open on either."""
        for connection in (self.cache, self.main):
            if connection.in_transaction:
                connection.execute("ROLLBACK")


class ThreadSlot:
    """Keeps the connections of a thread, and closes them when the thread is gone."""

    def __init__(self, connections: Connections) -> None:
        self.connections = connections

    def __del__(self) -> None:
        self.connections.close()


@contextmanager
def reported(filename: str) -> Iterator[None]:
    """Turn SQLite's faults into `DatabaseUnavailable` or `DatabaseError` with a text for a dialog."""
    try:
        yield
    except sqlite3.Error as error:
        raise _fault(error, filename) from error


def _fault(error: sqlite3.Error, filename: str) -> DatabaseError:
    text = str(error).lower()
    for fragment, reason in _REASONS:
        if fragment in text:
            return DatabaseUnavailable(f"The database {filename} cannot be used. {reason}.")
    if any(fragment in text for fragment in _DAMAGED):
        return DatabaseUnavailable(f"The database {filename} is damaged or is no database ({error}).")
    return DatabaseError(f"The database {filename} could not do what was asked ({error}).")


def opened(name: str, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection to a file that is named by a URI, or to a private database."""
    connection = sqlite3.connect(
        name,
        timeout=busy_timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=_CACHED_STATEMENTS,
        uri=name.startswith("file:"),
    )
    try:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KB}")  # SQLite opens the file only now
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def connect(filename: str, busy_timeout_s: float, create: bool = False) -> sqlite3.Connection:
    """Open one SQLite file, in WAL mode where that is safe.

    WAL needs memory shared by all users of the file, so on network drives the rollback journal is kept,
    and written through (https://www.sqlite.org/wal.html).
    """
    private = filename in PRIVATE_NAMES
    name = filename if private else f"{Path(filename).absolute().as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = opened(name, busy_timeout_s)
    try:
        connection.execute(f"PRAGMA page_size = {_PAGE_SIZE}")
        if not private:
            _set_journal(connection, filename)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _set_journal(connection: sqlite3.Connection, filename: str) -> None:
    wanted = "WAL" if is_local(str(Path(filename).parent)) else "DELETE"
    try:
        (mode,) = connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()
    except sqlite3.OperationalError as error:
        if "locked" not in str(error):
            raise
        # Another program has it open, and its journal stays as it is.
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")
