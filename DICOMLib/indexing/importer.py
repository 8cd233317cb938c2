"""Import: files and folders into the database, as a job that ends in an account."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.database import Database, FileRecord, varying_values
from DICOMLib.database.schema import TAG_CACHE_NAME
from DICOMLib.database.stored_values import COLUMN_TAGS
from DICOMLib.fields.generator import DisplayedFieldGenerator
from DICOMLib.indexing import reasons
from DICOMLib.indexing.archives import is_archive, member_count, members
from DICOMLib.indexing.copying import copied
from DICOMLib.indexing.read import NEEDED_TAGS, Outcome, read_all
from DICOMLib.indexing.report import ImportReport
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import FoundFile, WalkOptions, absolute_paths, count_files, found_files
from DICOMLib.indexing.workers import ScanWorkers, suitable_number

BATCH_SIZE = 1000
CHUNK_SIZE = 1000
PROGRESS_EVERY = 100
# Folders in the database folder for what is taken out of archives.
SCRATCH_PREFIX = ".import-"
UNSTORED_TAGS = frozenset(("7FE0,0010",))

STEP_PARSING = "Parsing DICOM files"
STEP_WRITING = "Updating database fields"
STEP_DISPLAYED = "Updating database displayed fields"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How to import.

    Parameters
    ----------
    copy
        Whether files are copied into the database folder; else it only remembers where they lie.
    tags
        Tags whose values are cached, beside those that the displayed fields need.
    unstored
        Those of the tags of which only the presence is noted.
    walk
        How folders are walked.
    short_paths
        Whether copies are named by digests of their UIDs.
    generator
        The rules of the displayed fields.
    hard_links
        Whether copies may be hard links: instantly made, but a program that changes the source in place
        changes the copy, too.
    workers
        Processes that read headers; by default as many as the number of files is worth, 0 for none.
    """

    copy: bool = False
    tags: tuple[str, ...] = ()
    unstored: frozenset[str] = UNSTORED_TAGS
    walk: WalkOptions = field(default_factory=WalkOptions)
    short_paths: bool = True
    generator: DisplayedFieldGenerator | None = None
    hard_links: bool = False
    workers: int | None = None


Read = Callable[[Iterable[list[FoundFile]]], Iterable[tuple[list[FoundFile], list[Outcome]]]]


def import_paths(
    database: Database,
    paths: Iterable[str | os.PathLike[str]],
    options: ImportOptions = ImportOptions(),
) -> Generator[Progress, None, ImportReport]:
    """Index files and folders; a file that cannot be taken is a result, not an error.

    The database is written in batches, each of them all or nothing. Cancelling writes what has been read
    so far and returns the report; importing again completes the rest.

    Parameters
    ----------
    database
        Open.
    paths
        Files and folders.
    options
        How to import them.

    Raises
    ------
    DatabaseUnavailable
        If the database cannot be written; the batches before are in it.
    """
    return _Import(database, options).job(absolute_paths(paths))


class _Import:
    """One import on its way."""

    def __init__(self, database: Database, options: ImportOptions) -> None:
        self._database = database
        self._options = options
        self._generator = options.generator or DisplayedFieldGenerator()
        self._requested = sorted(
            {tag.upper() for tag in (*options.tags, *self._generator.required_tags(database))}
        )
        self._wanted = WantedTags({*self._requested, *COLUMN_TAGS, *NEEDED_TAGS, *options.unstored})
        self._folder = database.directory
        self._own_files = _own_files(database)
        self._report = ImportReport()
        self._known = 0
        self._inner: list[str] = []  # zip archives that lie in the folders

    def job(self, paths: Sequence[str]) -> Generator[Progress, None, ImportReport]:
        """The job itself."""
        self._database.require_writable()
        batch: list[FileRecord] = []
        total = done = 0
        try:
            yield Progress(0, 0, STEP_PARSING)
            archives = [path for path in paths if is_archive(path)]
            others = [path for path in paths if path not in archives]
            total = count_files(others) + sum(map(member_count, archives))
            with self._reader(total) as read:
                walked = read(self._candidates(others))
                for chunk, outcomes in chain(walked, self._members(archives), self._members(self._inner)):
                    batch += self._records(chunk, outcomes)
                    done += len(chunk)
                    if len(batch) >= BATCH_SIZE:
                        self._insert(batch)
                        batch = []
                    yield Progress(
                        min(done + self._known, total), total, STEP_PARSING, chunk[-1].shown or chunk[-1].path
                    )
        except JobCancelled:
            self._report.cancelled = True
        self._report.unchanged += self._known
        done = min(done + self._known, total)
        yield Progress(done, total, STEP_WRITING)
        self._insert(batch)
        yield Progress(done, total, STEP_DISPLAYED)
        self._report.failed_rules = self._generator.update(self._database).failed_rules
        with suppress(JobCancelled):  # searches take longer then; the next import goes on with it
            for _ in varying_values.collect(self._database):
                yield Progress(done, total, STEP_DISPLAYED)
        return self._report

    @contextmanager
    def _reader(self, files: int) -> Iterator[Read]:
        """What reads the headers: this process, or workers if there are many files."""
        unstored = self._options.unstored
        number = self._options.workers
        if number is None:
            number = suitable_number(files)
        if not number:
            yield lambda chunks: ((chunk, read_all(chunk, self._wanted, unstored)) for chunk in chunks)
            return
        with ScanWorkers(number, self._wanted, unstored) as workers:
            yield workers.read

    def _candidates(self, paths: Sequence[str]) -> Iterator[list[FoundFile]]:
        """Files that the database does not know, or that changed since it took them."""
        given = set(paths)
        files = (
            file
            for file in found_files(paths, self._options.walk)
            if file.path not in self._own_files or file.path in given
        )
        for found in _chunks(files, CHUNK_SIZE):
            times = self._database.insertion_times([file.path for file in found if file.is_text])
            candidates = [
                file for file in found if file.problem or times.get(file.path, -1.0) < file.modified
            ]
            self._known += len(found) - len(candidates)
            for first in range(0, len(candidates), PROGRESS_EVERY):
                yield candidates[first : first + PROGRESS_EVERY]

    def _members(self, archives: Iterable[str]) -> Iterator[tuple[list[FoundFile], list[Outcome]]]:
        """Files of zip archives, with what was read of them; each lies there until the next is asked for."""
        folder = self._folder
        for archive in archives:
            if folder is None:
                yield [FoundFile(archive)], [(None, reasons.ARCHIVE_IN_MEMORY)]
                continue
            with TemporaryDirectory(prefix=SCRATCH_PREFIX, dir=folder) as scratch:
                for chunk in members(archive, Path(scratch), PROGRESS_EVERY):
                    yield chunk, read_all(chunk, self._wanted, self._options.unstored)

    def _records(self, chunk: Iterable[FoundFile], outcomes: Iterable[Outcome]) -> Iterator[FileRecord]:
        """The records of a chunk; what is left out, the report says."""
        for found, (record, note) in zip(chunk, outcomes, strict=True):
            try:
                if record is None:
                    raise InvalidDICOM(found.path, note)  # noqa: TRY301  told as the other faults
                record = self._placed(record, found)
            except InvalidDICOM as error:
                if self._is_inner_archive(found, error.reason):
                    self._inner.append(found.path)
                    continue
                self._report.leave_out(found.shown or error.path, error.reason)
                continue
            if note:
                self._report.notes.append((found.shown or found.path, note))
            yield record

    def _is_inner_archive(self, found: FoundFile, reason: str) -> bool:
        """Whether a file is an archive to look into, by its name: there are many kinds of zipped files."""
        named = found.path.lower().endswith(".zip")
        return named and reason == reasons.ARCHIVE and not found.shown and self._folder is not None

    def _placed(self, record: FileRecord, found: FoundFile) -> FileRecord:
        """The record of the file where it shall lie; databases in memory take no copies."""
        folder, options = self._folder, self._options
        if folder is not None and found.shown:  # its own name goes, so that a second one is no risk
            record = copied(record, folder, short_paths=options.short_paths, hard_link=True)
            return replace(record, path=found.shown)
        if options.copy and folder is not None:
            return copied(record, folder, short_paths=options.short_paths, hard_link=options.hard_links)
        if not found.is_text:
            raise InvalidDICOM(record.path, reasons.BAD_NAME)
        return record

    def _insert(self, batch: Sequence[FileRecord]) -> None:
        if not batch:
            return
        inserted = self._database.insert_records(batch, self._requested)
        report = self._report
        report.patients += inserted.patients
        report.studies += inserted.studies
        report.series += inserted.series
        report.instances += inserted.instances
        report.replaced += inserted.replaced
        report.unchanged += inserted.unchanged
        report.notes += [(path, reasons.SECOND_FILE) for path in inserted.set_aside]
        report.notes += [(path, reasons.ELSEWHERE) for path in inserted.elsewhere]
        for path, reason in inserted.rejected:
            report.leave_out(path, reason)


def _own_files(database: Database) -> frozenset[str]:
    """Paths of the files that a database is made of, with those that SQLite has beside them."""
    folder = database.directory
    if folder is None:
        return frozenset()
    names = [
        f"{name}{ending}"
        for name in (Path(database.filename).name, TAG_CACHE_NAME)
        for ending in ("", "-wal", "-shm", "-journal")
    ]
    return frozenset(str(place / name) for place in (folder, folder.resolve()) for name in names)


def _chunks(items: Iterable[FoundFile], size: int) -> Iterable[list[FoundFile]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
