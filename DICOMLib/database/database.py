"""The database of DICOM files: two SQLite files and a folder of copies."""

from __future__ import annotations

import os
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

from DICOMLib.core.errors import DatabaseTooNew, DatabaseUnavailable
from DICOMLib.core.events import Signal
from DICOMLib.database import queries, schema, storage, tag_cache, writer
from DICOMLib.database.connections import PRIVATE_NAMES, Connections, ThreadSlot, connect, reported
from DICOMLib.database.records import Changes, FileRecord, InsertReport, Row

Result = TypeVar("Result")

_open_databases: weakref.WeakSet[Database] = weakref.WeakSet()
_registry_lock = threading.Lock()


class Database:
    """Patients, studies, series and instances, and the cached values of their elements.

    It may be used from any thread: each has its own connection. One writer at a time, in this process
    or another, others wait for it.

    Attributes
    ----------
    changed
        Emitted with a `Changes` after each commit of any `Database` of this process on the same file, in
        the thread of the writer.
    """

    def __init__(self, filename: str, busy_timeout_s: float = 30.0) -> None:
        self.filename = filename
        self.changed = Signal("changed")
        self.private = filename in PRIVATE_NAMES
        self.in_memory = filename == ":memory:"
        self._folder = "" if self.private else storage.clean(str(Path(filename).absolute().parent))
        self._busy_timeout_s = busy_timeout_s
        self._local = threading.local()
        self._slots: weakref.WeakSet[ThreadSlot] = weakref.WeakSet()
        self._lock = threading.RLock()
        self._shared: Connections | None = None
        self._identity: tuple[int, int] = (0, 0)
        self._closed = True
        self._store: tag_cache.TagStore = tag_cache.CompactStore()

    # Life

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], create: bool = True, *, busy_timeout_s: float = 30.0
    ) -> Database:
        """Open a database, and make it where there is none.

        Parameters
        ----------
        path
            The database file, or the folder that holds ctkDICOM.sql; ":memory:" for one that leaves
            nothing behind.
        create
            Whether a missing one is made; a missing folder, too.
        busy_timeout_s
            How long to wait for another writer, seconds.

        Raises
        ------
        DatabaseUnavailable
            If it cannot be opened or written; the text says why.
        DatabaseTooNew
            If a later version of the schema wrote it.
        """
        database = cls(_database_file(os.fspath(path), create), busy_timeout_s)
        database._open(create)
        return database

    def _open(self, create: bool) -> None:
        if not self.private:
            self._check_folder(create)
        self._closed = False
        try:
            with reported(self.filename):
                self._prepare(self._connect(create=True))
        except BaseException:
            self.close()
            raise
        with _registry_lock:
            _open_databases.add(self)

    def _check_folder(self, create: bool) -> None:
        folder = self._folder
        if not Path(folder).is_dir():
            raise DatabaseUnavailable(f"There is no folder {folder} for the database.")
        if not os.access(folder, os.W_OK):
            raise DatabaseUnavailable(f"The folder {folder} of the database is read-only.")
        if not Path(self.filename).exists():
            if not create:
                raise DatabaseUnavailable(f"There is no database {self.filename}.")
        elif not os.access(self.filename, os.W_OK):
            raise DatabaseUnavailable(f"The database {self.filename} is read-only.")

    def _prepare(self, connections: Connections) -> None:
        """Make what is missing in new files; nothing is changed in others."""
        with self._writing(connections):
            if not schema.table_names(connections.main):
                schema.create_tables(connections.main, schema.script(":/dicom/dicom-schema.sql"))
            version = schema.loaded_version(connections.main)
            if schema.is_newer(version):
                raise DatabaseTooNew(version, schema.SCHEMA_VERSION)
            if not tag_cache.is_there(connections.cache):
                tag_cache.create(connections.cache)
        self._store = tag_cache.store_of(connections.cache)
        if not self.private:
            self._identity = _file_identity(self.filename)

    def close(self) -> None:
        """Close the files; closing twice does no harm."""
        with _registry_lock:
            _open_databases.discard(self)
        self._closed = True
        for slot in list(self._slots):
            slot.connections.close()
        self._local = threading.local()
        self._shared = None

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return not self._closed

    @property
    def directory(self) -> Path | None:
        """Folder of the database; None for one that is not on disk."""
        return Path(self._folder) if self._folder else None

    @property
    def schema_version_loaded(self) -> str:
        """Schema version of the file, "" if it names none."""
        return self.read(schema.loaded_version)

    # Connections and transactions

    def _connect(self, create: bool = False) -> Connections:
        main = connect(self.filename, self._busy_timeout_s, create)
        try:
            cache_name = self.filename if self.private else f"{self._folder}/{schema.TAG_CACHE_NAME}"
            connections = Connections(main, connect(cache_name, self._busy_timeout_s, create))
        except BaseException:
            main.close()
            raise
        slot = ThreadSlot(connections)
        self._slots.add(slot)
        self._local.slot = slot
        if self.private:
            self._shared, self._shared_slot = connections, slot
        return connections

    def _connections(self) -> Connections:
        """The connections of this thread."""
        if self._closed:
            raise DatabaseUnavailable("The database has been closed.")
        if self._shared is not None:
            return self._shared
        slot = getattr(self._local, "slot", None)
        return slot.connections if slot is not None else self._connect()

    def _reading(self) -> Any:
        # A private database has one connection, which must not be read in the middle of a transaction.
        return self._lock if self.private else nullcontext()

    def read(self, question: Callable[..., Result], *arguments: Any) -> Result:
        """Call `question(connection to the main file, *arguments)`, with SQLite's faults in words."""
        with reported(self.filename), self._reading():
            return question(self._connections().main, *arguments)

    def read_tags(self, question: Callable[..., Result], *arguments: Any) -> Result:
        """As `read`, on the tag cache."""
        with reported(self.filename), self._reading():
            return question(self._connections().cache, *arguments)

    @contextmanager
    def _writing(self, connections: Connections) -> Iterator[None]:
        """A transaction on both files, all or nothing.

        The tag cache is committed first: should the machine stop between the two, it knows values of
        instances that are not there, which nobody asks for.
        """
        with self._lock:
            try:
                connections.main.execute("BEGIN IMMEDIATE")
                connections.cache.execute("BEGIN IMMEDIATE")
                yield
                connections.cache.execute("COMMIT")
                connections.main.execute("COMMIT")
            except BaseException:
                connections.rollback()
                raise

    @contextmanager
    def transaction(self, changes: Changes | None = None) -> Iterator[Connections]:
        """Write to both files; afterwards `changed` is emitted with what `changes` holds by then.

        Raises
        ------
        DatabaseUnavailable
            If the disk is full, the file locked for too long, read-only or gone. Nothing was written.
        """
        with reported(self.filename):
            connections = self._connections()
            self._check_in_place()
            with self._writing(connections):
                yield connections
        self._announce(changes or Changes())

    def _check_in_place(self) -> None:
        if not self.private and _file_identity(self.filename) != self._identity:
            raise DatabaseUnavailable(
                f"The database {self.filename} was removed or replaced while it was open."
            )

    def _announce(self, changes: Changes) -> None:
        with _registry_lock:
            others = [
                other for other in _open_databases if not self.private and other._identity == self._identity
            ]
        for database in others or [self]:
            database.changed.emit(changes)

    # Writing

    def insert_records(
        self, records: Sequence[FileRecord], requested_tags: Sequence[str], *, overwrite: bool = False
    ) -> InsertReport:
        """Insert files in one transaction, all or nothing.

        Parameters
        ----------
        records
            The files; later ones win where they hold the same instance.
        requested_tags
            Tags whose values are cached, also when they are absent.
        overwrite
            Whether a file that is linked already and unchanged is written again.

        Raises
        ------
        DatabaseUnavailable
            If nothing could be written.
        """
        changes = Changes()
        options = writer.InsertOptions(requested_tags, overwrite)
        with self.transaction(changes) as connections:
            report = writer.insert_records(connections, self._store, self._folder, records, options)
            changes.patients |= report.changed_patients
            changes.studies |= report.changed_studies
            changes.series |= report.changed_series
        return report

    # Questions

    def patients(self) -> list[int]:
        """Numbers of the patients, in the order in which they came."""
        return [row["UID"] for row in self.rows("patients")]

    def studies(self, patient: int | str) -> list[str]:
        """UIDs of the studies of a patient."""
        query = "SELECT StudyInstanceUID FROM Studies WHERE PatientsUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (patient,))

    def series(self, study: str) -> list[str]:
        """UIDs of the series of a study."""
        query = "SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (study,))

    def instances(self, series: str) -> list[str]:
        """SOP Instance UIDs of a series."""
        query = "SELECT SOPInstanceUID FROM Images WHERE SeriesInstanceUID = ? ORDER BY rowid"
        return self.read(queries.first_column, query, (series,))

    def files(self, series: str) -> list[str]:
        """Absolute paths of the instances of a series; "" for one without a file."""
        query = "SELECT Filename FROM Images WHERE SeriesInstanceUID = ? ORDER BY rowid"
        return [self.absolute_path(name) for name in self.read(queries.first_column, query, (series,))]

    def rows(self, level: str, **where: object) -> list[Row]:
        """All columns of the rows of "patients", "studies", "series" or "instances".

        `where` names columns: `rows("series", StudyInstanceUID=uid)`; a list stands for any of its items.
        """
        return self.read(queries.rows, level, where)

    def counts(self) -> tuple[int, int, int, int]:
        """Numbers of patients, studies, series and instances."""
        return self.read(queries.counts)

    def known_files(self) -> dict[str, float]:
        """Absolute path (with forward slashes) → time of insertion, seconds since the epoch."""
        return self.read(queries.known_files, self._folder)

    def sop_of_file(self, path: str) -> str:
        """SOP Instance UID of a file or URL, "" if it is not in the database."""
        return self.read(queries.sop_of_file, self._folder, path)

    def absolute_path(self, stored: str) -> str:
        """Path of the file that is remembered as `stored`."""
        return storage.absolute_path(self._folder, stored)

    # Cached values

    def cached_tag(self, sop: str, tag: str) -> str | None:
        """The cached text, which may be a sentinel; None if nothing is known."""
        return self.read_tags(tag_cache.cached, sop, tag.upper())

    def value(self, file_or_sop: str, tag: str) -> str:
        """The cached value of an element, "" if it is absent or not cached."""
        is_path = "/" in file_or_sop or "\\" in file_or_sop
        sop = self.sop_of_file(file_or_sop) if is_path else file_or_sop
        text = self.cached_tag(sop, tag)
        return "" if text is None or text in tag_cache.SENTINELS else text

    def values(self, sops: Iterable[str], tags: Iterable[str]) -> Mapping[str, dict[str, str]]:
        """SOP Instance UID → tag → value of what is cached and not empty, by one query."""

        def ask(connection: Any) -> Mapping[str, dict[str, str]]:
            found: defaultdict[str, dict[str, str]] = defaultdict(dict)
            for sop, tag, text in tag_cache.cached_many(connection, sops, tags):
                if text not in tag_cache.SENTINELS:
                    found[sop][tag] = text
            return found

        return self.read_tags(ask)


def _database_file(path: str, create: bool) -> str:
    """The file that is meant by a path to it or to its folder."""
    if path in PRIVATE_NAMES:
        return path
    target = Path(path)
    if create and not target.suffix and not target.exists():
        with reported(path):
            _make_folder(target)
    return str(target / schema.DATABASE_NAME) if target.is_dir() else path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatabaseUnavailable(
            f"The folder {folder} for the database cannot be made ({error.strerror})."
        ) from error


def _file_identity(filename: str) -> tuple[int, int]:
    try:
        status = Path(filename).stat()
    except OSError:
        return (0, 0)
    return status.st_dev, status.st_ino
