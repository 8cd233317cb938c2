"""What arrives from peers into the database: stored at once by atomic rename, indexed in batches."""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from DICOMLib.core.durable import make_folder, rename_new, sync_descriptor, sync_file, sync_folder
from DICOMLib.core.errors import DatabaseError, InvalidDICOM
from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord, InsertReport, storage
from DICOMLib.database.stored_values import COLUMN_TAGS
from DICOMLib.fields.generator import DisplayedFieldGenerator
from DICOMLib.indexing.copying import name_by_content
from DICOMLib.indexing.importer import ImportOptions, import_paths
from DICOMLib.indexing.journal import Journal, journals_of_the_dead
from DICOMLib.indexing.read import NEEDED_TAGS, identifiers_of, read_header, record_of
from DICOMLib.indexing.scan import Header, WantedTags
from DICOMLib.network import statuses
from DICOMLib.network.arrival import ANOTHER_INSTANCE, Arrival, NotTaken, same_data_set

log = logging.getLogger(__name__)

BATCH_SIZE = 2000
_PLAIN_UID = re.compile(r"\.*[0-9][0-9.]*")
# How long an instance may wait until the database tells of it, and until its displayed fields are made.
BATCH_S = 0.5
FIELDS_S = 3.0
# Its header, its path below the folder of the database, and when it came (seconds since the epoch).
_Taken = tuple[Header, str, float]


class Receiver:
    """Takes instances into the folder of a database and indexes them on a thread of its own.

    An instance is safe once `take` returns: its file lies under its final name, and a journal tells of it
    until it is in the database. The next receiver finishes what a killed one left.

    Parameters
    ----------
    database
        Open, on disk.
    options
        As for an import; its `copy` and `walk` mean nothing here.
    on_indexed
        Called for each batch that is in the database, in the thread of the indexer.
    connection_name
        The peer that knows the patients.
    durable
        Whether an instance that was taken outlives a power failure, too, and not only the end of this
        program; on slow disks that takes most of the time.

    Raises
    ------
    DatabaseError
        If the database is not on disk, or cannot be written.
    """

    def __init__(
        self,
        database: Database,
        options: ImportOptions | None = None,
        on_indexed: Callable[[InsertReport], None] = lambda report: None,
        connection_name: str = "",
        durable: bool = True,
    ) -> None:
        if database.directory is None:
            raise DatabaseError("Only a database that lies on disk can receive files.")
        database.require_writable()
        self._database = database
        self._folder = database.directory
        self._options = options = options or ImportOptions()
        self._on_indexed = on_indexed
        self._connection_name = connection_name
        self._durable = durable
        self._generator = options.generator or DisplayedFieldGenerator()
        self._requested = sorted(
            {tag.upper() for tag in (*options.tags, *self._generator.required_tags(database))}
        )
        self._wanted = WantedTags({*self._requested, *COLUMN_TAGS, *NEEDED_TAGS, *options.unstored})
        incoming = self._folder / storage.INCOMING
        incoming.mkdir(exist_ok=True)
        self.recovered = self._recover(incoming)
        self._journal = Journal(incoming)
        self._lock = threading.Lock()
        self._indexing = threading.Lock()
        self._taken: list[_Taken] = []
        self._hurry = threading.Event()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="dicom-receiver", daemon=True)
        self._thread.start()

    def __enter__(self) -> Receiver:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _recover(self, incoming: Path) -> int:
        """Index what a receiver that did not end in peace had stored; the number of instances."""
        count = 0
        for dead in journals_of_the_dead(incoming):
            paths = [self._folder / name for name in dead.names if (self._folder / name).is_file()]
            if paths:
                options = replace(self._options, copy=True)
                count += run(import_paths(self._database, paths, options)).instances
            dead.remove()
        if count:
            log.info("%d instances that had been received were not indexed yet", count)
        return count

    # As `DICOMLib.network.arrival.Receiver`

    def temporary(self) -> Path:
        """Name for a new file."""
        return self._journal.new_part()

    def take(self, arrival: Arrival) -> None:
        """Store a file under its final name; when this returns it is safe.

        Raises
        ------
        NotTaken
            If it is no instance, or another one than the peer said.
        OSError
            If it cannot be stored.
        """
        path = str(arrival.path)
        try:
            header = read_header(path, self._wanted, arrival.start, arrival.size)
            study, series, sop = identifiers_of(path, header)
        except InvalidDICOM as error:
            raise NotTaken(statuses.CANNOT_UNDERSTAND, error.reason) from error
        if sop != arrival.sop_instance:
            raise NotTaken(statuses.NOT_OUR_CLASS, ANOTHER_INSTANCE)
        name = self._name(study, series, sop)
        if self._durable:
            sync_file(arrival.path)
        with self._lock:
            name = self._place(arrival.path, name)
            page = self._journal.copy_of_page() if self._durable else None
            self._taken.append((header, name, time.time()))
            if len(self._taken) >= BATCH_SIZE:
                self._hurry.set()
        if page is not None:
            try:
                sync_descriptor(page)
            finally:
                os.close(page)
            sync_folder((self._folder / name).parent)

    def _place(self, arrived: Path, name: str) -> str:
        """Move a file to its place; one with another data set that lies there stays, and it gets another."""
        if self._moved(arrived, name):
            return name
        if not same_data_set(self._folder / name, arrived):
            name = name_by_content(name, str(arrived))
            if self._moved(arrived, name):
                return name
        arrived.unlink()
        return name

    def _moved(self, arrived: Path, name: str) -> bool:
        """Give a file its name, which the journal knows by then; False if another has it."""
        self._journal.note(name)
        source, target = str(arrived), f"{self._folder}/{name}"
        try:
            try:
                rename_new(source, target)
            except FileNotFoundError:  # as a rule the folder, which most files find there
                make_folder(Path(target).parent)
                rename_new(source, target)
        except FileExistsError:
            return False
        return True

    def _name(self, study: str, series: str, sop: str) -> str:
        """Path of the copy; UIDs that peers make up ("../../x") never become names of folders."""
        short = self._options.short_paths or not all(map(_PLAIN_UID.fullmatch, (study, series, sop)))
        return storage.copy_name(study, series, sop, short=short)

    # Indexing

    def settle(self) -> None:
        """Put into the database what has been stored so far."""
        self._index()

    def flush(self) -> None:
        """Put into the database what has been stored so far, with its displayed fields."""
        self._index()
        self._generator.update(self._database)

    def close(self) -> None:
        """Index the rest and end; twice does no harm."""
        if self._closed:
            return
        self._closed = True
        self._hurry.set()
        self._thread.join()
        self.flush()
        self._journal.close()

    def _work(self) -> None:
        stale_since = 0.0
        while not self._closed:
            self._hurry.wait(BATCH_S)
            self._hurry.clear()
            try:
                if self._index() and not stale_since:
                    stale_since = time.monotonic()
                if stale_since and time.monotonic() - stale_since > FIELDS_S:
                    self._generator.update(self._database)
                    stale_since = 0.0
            except DatabaseError:
                log.exception("Received files could not be indexed yet; it is tried again.")

    def _index(self) -> int:
        """Insert the batch; if that fails it waits for the next time, and the journal still tells of it."""
        with self._indexing:  # who comes second returns when that of the first is in the database, too
            return self._index_batch()

    def _records(self, taken: Iterable[_Taken]) -> Iterator[FileRecord]:
        """What the database shall know; to decode takes longer than to see what a file is: no peer waits."""
        for header, name, now in taken:
            path = f"{self._folder}/{name}"
            try:
                record, _note = record_of(path, header, self._wanted, now, self._options.unstored)
            except InvalidDICOM as error:  # its identifiers are sound, so that this should not be
                log.warning("A received file is not in the database: %s", error.reason)
            else:
                yield record.stored_at(path, name)

    def _index_batch(self) -> int:
        with self._lock:
            taken, self._taken = self._taken, []
            pages = self._journal.turn(self._durable)
        batch = list(self._records(taken))
        if not batch:
            return 0
        try:
            report = self._database.insert_records(
                batch, self._requested, connection_name=self._connection_name
            )
        except DatabaseError:
            with self._lock:
                self._taken = taken + self._taken
                self._journal.take_back(pages)
            raise
        if self._durable:
            self._database.make_durable()
        self._journal.done(pages)
        for path, reason in report.rejected:
            log.warning("A received file is not in the database: %s", reason)
            log.debug("not in the database: %s", path)
        self._on_indexed(report)
        return len(batch)
