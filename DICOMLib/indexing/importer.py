"""Import: files and folders into the database, as a job that ends in an account."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.database import Database, FileRecord, storage
from DICOMLib.database.writer import COLUMN_TAGS
from DICOMLib.fields.generator import DisplayedFieldGenerator
from DICOMLib.indexing import reasons
from DICOMLib.indexing.read import IDENTIFIER_TAGS, NEEDED_TAGS, read_record
from DICOMLib.indexing.report import ImportReport
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import FoundFile, WalkOptions, found_files

BATCH_SIZE = 1000
PROGRESS_EVERY = 100
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
    """

    copy: bool = False
    tags: tuple[str, ...] = ()
    unstored: frozenset[str] = UNSTORED_TAGS
    walk: WalkOptions = field(default_factory=WalkOptions)
    short_paths: bool = True
    generator: DisplayedFieldGenerator | None = None


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
    return _Import(database, options).job(list(paths))


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
        self._report = ImportReport()

    def job(self, paths: Sequence[str | os.PathLike[str]]) -> Generator[Progress, None, ImportReport]:
        """The job itself."""
        batch: list[FileRecord] = []
        total = done = 0
        try:
            yield Progress(0, 0, STEP_PARSING)
            candidates = self._changed(found_files(paths, self._options.walk))
            total = len(candidates)
            for chunk in _chunks(candidates, PROGRESS_EVERY):
                batch += [record for found in chunk if (record := self._read(found)) is not None]
                done += len(chunk)
                if len(batch) >= BATCH_SIZE:
                    self._insert(batch)
                    batch = []
                yield Progress(done, total, STEP_PARSING, chunk[-1].path)
        except JobCancelled:
            self._report.cancelled = True
        yield Progress(done, total, STEP_WRITING)
        self._insert(batch)
        yield Progress(done, total, STEP_DISPLAYED)
        self._generator.update(self._database)
        return self._report

    def _changed(self, found: Iterable[FoundFile]) -> list[FoundFile]:
        """Candidates that the database does not know, or that changed since it took them."""
        known = self._database.known_files()
        candidates = []
        for file in found:
            inserted = known.get(file.path)
            if inserted is not None and not file.problem and inserted >= file.modified:
                self._report.unchanged += 1
            else:
                candidates.append(file)
        return candidates

    def _read(self, found: FoundFile) -> FileRecord | None:
        """The record of a file; None if it is left out, which the report then says."""
        if found.problem:
            self._report.leave_out(found.path, found.problem)
            return None
        try:
            record, note = read_record(found.path, self._wanted, found.modified, self._options.unstored)
            if self._options.copy:
                record = self._copied(record)
        except InvalidDICOM as error:
            self._report.leave_out(error.path, error.reason)
            return None
        if note:
            self._report.notes.append((found.path, note))
        return record

    def _copied(self, record: FileRecord) -> FileRecord:
        """The record of a copy inside the database folder; databases in memory take no copies."""
        folder = self._database.directory
        if folder is None or self._lies_inside(folder, record.path):
            return record
        study, series, sop = (record.values[tag] for tag in IDENTIFIER_TAGS)
        name = storage.copy_name(study, series, sop, short=self._options.short_paths)
        try:
            storage.copy_in(folder, record.path, name)
        except OSError as error:
            full = error.errno in (28, 122)  # ENOSPC, EDQUOT
            reason = reasons.NO_SPACE if full else reasons.NOT_COPIED
            raise InvalidDICOM(record.path, reason) from error
        return replace(record, stored_path=name)

    @staticmethod
    def _lies_inside(folder: Path, path: str) -> bool:
        return Path(path).is_relative_to(folder / storage.COPIES)

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
        for path, reason in inserted.rejected:
            report.leave_out(path, reason)


def _chunks(items: Iterable[FoundFile], size: int) -> Iterable[list[FoundFile]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk
