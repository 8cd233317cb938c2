"""Life of an open database: connections of each thread, transactions, news to all who have it open."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from DICOMLib.core.durable import sync_file
from DICOMLib.core.errors import DatabaseReadOnly, DatabaseTooNew, DatabaseUnavailable
from DICOMLib.core.events import Signal
from DICOMLib.database import read_only as access
from DICOMLib.database import schema, storage, tag_cache
from DICOMLib.database.connections import (
    PRIVATE_NAMES,
    Connections,
    ThreadSlot,
    connect,
    reported,
)
from DICOMLib.database.records import Changes
from DICOMLib.database.search_words import ShownTexts

Result = TypeVar("Result")

_open_sessions: weakref.WeakSet[Session] = weakref.WeakSet()
_registry_lock = threading.Lock()


class Session:
    """The two files of a database, open for any number of threads.

    Attributes
    ----------
    changed
        Emitted with a `Changes` after each commit of any session of this process on the same file, in
        the thread of the writer.
    read_only
        Whether it can only be read; what would write raises `DatabaseReadOnly`.
    """

    def __init__(self, filename: str, busy_timeout_s: float = 30.0) -> None:
        self.filename = filename
        self.changed = Signal("changed")
        self.private = filename in PRIVATE_NAMES
        self.in_memory = filename == ":memory:"
        self.folder = "" if self.private else storage.clean(str(Path(filename).absolute().parent))
        self._busy_timeout_s = busy_timeout_s
        self._local = threading.local()
        self._slots: weakref.WeakSet[ThreadSlot] = weakref.WeakSet()
        self._shared: ThreadSlot | None = None
        self._write_lock = threading.RLock()
        self._identity: tuple[int, int] = (0, 0)
        self._closed = True
        self.read_only = False
        self._outdated: list[ThreadSlot] = []  # somebody may still read by them
        self.shown_texts = ShownTexts()
        self.store: tag_cache.TagStore = tag_cache.CompactStore()

    def start(self, create: bool, read_only: bool | None = None) -> None:
        """Open the files, and make them where they are missing.

        Where the file or its folder may not be written, or if that is said, they are opened to be read.
        """
        if not self.private:
            protected = access.is_read_only(self.filename, self.folder, create and not read_only)
            self.read_only = protected or bool(read_only)
        self._closed = False
        try:
            with reported(self.filename):
                self._prepare(self._connect(create=True))
        except BaseException:
            self.close()
            raise
        with _registry_lock:
            _open_sessions.add(self)

    def _prepare(self, connections: Connections) -> None:
        """Make what is missing in new files; nothing is changed in others."""
        version = schema.loaded_version(connections.main)
        if schema.is_newer(version):
            raise DatabaseTooNew(version, schema.SCHEMA_VERSION)
        if self.read_only:
            if not schema.table_names(connections.main):
                raise DatabaseUnavailable(f"The database {self.filename} is empty, and read-only.")
        else:
            self._complete(connections)
        self.store = tag_cache.store_of(connections.cache)
        if not self.private:
            self._identity = _file_identity(self.filename)

    def _complete(self, connections: Connections) -> None:
        """Make the tables that are missing."""
        with self._writing(connections):
            if not schema.table_names(connections.main):
                schema.create_tables(connections.main, schema.script(schema.DEFAULT_SCRIPT))
            if not tag_cache.is_there(connections.cache):
                tag_cache.create(connections.cache)
            tag_cache.complete(connections.cache)

    def close(self) -> None:
        """Close the files, once what other threads are asking has been answered; twice does no harm."""
        with _registry_lock:
            _open_sessions.discard(self)
        self._closed = True
        for slot in list(self._slots):
            with slot.connections.guard:
                slot.connections.close()
        self._outdated.clear()
        self._local = threading.local()
        self._shared = None

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return not self._closed

    def require_writable(self) -> None:
        """Raise `DatabaseReadOnly` if nothing can be written."""
        if self.read_only:
            raise DatabaseReadOnly(self.filename)

    def _connect(self, create: bool = False) -> Connections:
        connections = self._connect_to_read() if self.read_only else self._connect_to_write(create)
        slot = ThreadSlot(connections)
        self._slots.add(slot)
        if self.private:
            self._shared = slot
        else:
            self._local.slot = slot
        return connections

    def _connect_to_read(self) -> Connections:
        return access.connect(self.filename, self.folder, self._busy_timeout_s, self.stamp)

    def _connect_to_write(self, create: bool) -> Connections:
        main = connect(self.filename, self._busy_timeout_s, create)
        try:
            cache_name = self.filename if self.private else f"{self.folder}/{schema.TAG_CACHE_NAME}"
            return Connections(main, connect(cache_name, self._busy_timeout_s, create))
        except BaseException:
            main.close()
            raise

    def _connections(self) -> Connections:
        """The connections of this thread; private files have only one pair."""
        if self._closed:
            raise DatabaseUnavailable("The database has been closed.")
        slot = self._shared or getattr(self._local, "slot", None)
        if slot is None:
            return self._connect()
        fixed_at = slot.connections.fixed_at
        if fixed_at is not None and fixed_at != self.stamp():  # somebody who may has written after all
            self._outdated.append(slot)
            return self._connect()
        return slot.connections

    def read(self, question: Callable[..., Result], *arguments: object) -> Result:
        """Call `question(connection to the main file, *arguments)`; it returns when it has read all.

        Raises
        ------
        DatabaseUnavailable
            If the file cannot be read.
        """
        with reported(self.filename):
            connections = self._connections()
            with connections.guard:
                return question(connections.main, *arguments)

    def read_tags(self, question: Callable[..., Result], *arguments: object) -> Result:
        """As `read`, on the tag cache."""
        with reported(self.filename):
            connections = self._connections()
            with connections.guard:
                return question(connections.cache, *arguments)

    @contextmanager
    def _writing(self, connections: Connections, removing: bool = False) -> Iterator[None]:
        """A transaction on both files, all or nothing.

        The tag cache is committed first, or last if something is removed: should the machine stop between
        the two, it knows values of instances that are not there, which nobody asks for.
        """
        files = [connections.cache, connections.main]
        with self._write_lock, connections.guard:
            try:
                connections.main.execute("BEGIN IMMEDIATE")
                connections.cache.execute("BEGIN IMMEDIATE")
                yield
                for file in reversed(files) if removing else files:
                    file.execute("COMMIT")
            except BaseException:
                connections.rollback()
                raise

    @contextmanager
    def transaction(self, changes: Changes | None = None, removing: bool = False) -> Iterator[Connections]:
        """Write to both files; afterwards `changed` is emitted with what `changes` holds by then.

        `removing` tells that instances are taken away from them.

        Raises
        ------
        DatabaseUnavailable
            If the disk is full, the file locked for too long, read-only or gone. Nothing was written.
        """
        self.require_writable()
        with reported(self.filename):
            connections = self._connections()
            self._check_in_place()
            with self._writing(connections, removing):
                yield connections
        self.announce(changes or Changes())

    @contextmanager
    def tag_transaction(self) -> Iterator[Connections]:
        """Write to the tag cache alone; nobody is told."""
        self.require_writable()
        with reported(self.filename):
            connections = self._connections()
            self._check_in_place()
            with self._write_lock, connections.guard:
                try:
                    connections.cache.execute("BEGIN IMMEDIATE")
                    yield connections
                    connections.cache.execute("COMMIT")
                except BaseException:
                    connections.rollback()
                    raise

    def stamp(self) -> tuple[tuple[int, int], ...]:
        """Times and sizes of the main file and its journal, which differ once any program has written."""
        if self.private:
            return ()
        return tuple(_written(name) for name in (self.filename, f"{self.filename}-wal"))

    def make_durable(self) -> None:
        """Return when all that was committed outlives a power failure, too; a kill it survives anyway."""
        if self.private:
            return
        for name in (self.filename, f"{self.folder}/{schema.TAG_CACHE_NAME}"):
            with reported(self.filename), contextlib.suppress(FileNotFoundError):
                sync_file(f"{name}-wal")

    def _check_in_place(self) -> None:
        if not self.private and _file_identity(self.filename) != self._identity:
            raise DatabaseUnavailable(
                f"The database {self.filename} was removed or replaced while it was open."
            )

    def announce(self, changes: Changes) -> None:
        """Emit `changed` of all sessions of this process on the same file."""
        with _registry_lock:
            sessions = (
                [] if self.private else [one for one in _open_sessions if one._identity == self._identity]
            )
        for session in sessions or [self]:
            session.changed.emit(changes)


def _written(filename: str) -> tuple[int, int]:
    try:
        status = Path(filename).stat()
    except OSError:
        return (0, 0)
    return status.st_mtime_ns, status.st_size


def _file_identity(filename: str) -> tuple[int, int]:
    try:
        status = Path(filename).stat()
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino
