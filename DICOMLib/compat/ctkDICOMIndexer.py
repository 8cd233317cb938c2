"""The indexer as Slicer's scripts know it: imports on a thread of its own, told by signals."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.events import Emitter, Signal, main_thread
from DICOMLib.core.jobs import Progress, run
from DICOMLib.indexing.dicomdir import dicomdir_in, listed_files
from DICOMLib.indexing.importer import STEP_DISPLAYED, STEP_PARSING, ImportOptions, import_paths
from DICOMLib.indexing.report import ImportReport
from DICOMLib.indexing.walk import WalkOptions

log = logging.getLogger(__name__)

# Progress beyond this is that of the displayed fields.
PARSED_PERCENT = 95
WAIT_STEP_S = 0.05


@dataclass(frozen=True, slots=True)
class _Request:
    database: ctkDICOMDatabase | None
    paths: tuple[str, ...]
    copy: bool
    include_hidden: bool = True


class ctkDICOMIndexer(Emitter):
    """Imports files and folders into a `ctkDICOMDatabase`.

    An import that is waited for runs in the thread of the caller, and so do its signals; one in the
    background has a thread of its own. Files that were not taken are in `report`.

    Attributes
    ----------
    backgroundImportEnabled
        Whether the methods that add something return at once; else they return when all is imported.
    followSymlinks
        Whether links to folders are entered.
    report
        The account of the last import; None before the first.
    error
        Why the last import did not come to its end, such as a full disk; None if it did.
    """

    SIGNALS = ("progressStep", "progressDetail", "progress", "indexingComplete", "updatingDatabase")
    progressStep: Signal
    progressDetail: Signal
    progress: Signal
    indexingComplete: Signal
    updatingDatabase: Signal

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self.backgroundImportEnabled = False
        self.followSymlinks = True
        self.report: ImportReport | None = None
        self.error: Exception | None = None
        self._database: ctkDICOMDatabase | None = None
        self._requests: deque[_Request] = deque()
        self._homeless: list[_Request] = []
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._cancelled = False

    @property
    def importing(self) -> bool:
        """Whether an import is under way."""
        return self._worker is not None

    def setDatabase(self, database: ctkDICOMDatabase) -> None:
        """Import into this database unless told otherwise, also what was added while there was none."""
        self._database = database
        if database is None or not self._homeless:
            return
        with self._lock:
            self._requests += [replace(request, database=database) for request in self._homeless]
            self._homeless.clear()
        self._start()
        if not self.backgroundImportEnabled:
            self.waitForImportFinished()

    def database(self) -> ctkDICOMDatabase | None:
        """The database that was set."""
        return self._database

    def addDirectory(self, *arguments: Any, **options: Any) -> None:
        """Import a folder: `addDirectory([database,] directory, copyFile=False, includeHidden=True)`."""
        database, path, copy, hidden = self._arguments(arguments, options, "ctkDICOMIndexer.addDirectory")
        self._add(database, [path], copy, hidden)

    def addListOfFiles(self, *arguments: Any, **options: Any) -> None:
        """Import files: `addListOfFiles([database,] files, copyFile=False)`."""
        database, files, copy, _ = self._arguments(arguments, options, "ctkDICOMIndexer.addListOfFiles")
        self._add(database, files, copy)

    def addFile(self, *arguments: Any, **options: Any) -> None:
        """Import a file: `addFile([database,] path, copyFile=False)`."""
        database, path, copy, _ = self._arguments(arguments, options, "ctkDICOMIndexer.addFile")
        self._add(database, [path], copy)

    def addDicomdir(self, *arguments: Any, **options: Any) -> bool:
        """Import what the DICOMDIR of a folder lists: `addDicomdir([database,] directory, copyFile=False)`.

        Returns whether all its records were complete.
        """
        database, folder, copy, _ = self._arguments(arguments, options, "ctkDICOMIndexer.addDicomdir")
        dicomdir = dicomdir_in(Path(folder))
        if dicomdir is None:
            return False
        try:
            files, complete = listed_files(dicomdir)
        except InvalidDICOM as error:
            log.warning("A DICOMDIR is not read: %s", error.reason)
            return False
        self._add(database, files, copy)
        return complete

    def _arguments(
        self, arguments: Sequence[Any], options: dict[str, Any], name: str
    ) -> tuple[ctkDICOMDatabase | None, Any, bool, bool]:
        given = list(arguments)
        database = self._database
        if given and isinstance(given[0], ctkDICOMDatabase):
            database = given.pop(0)
        if not given:
            raise TypeError(f"{name}() needs a path")
        copy = given[1] if len(given) > 1 else options.get("copyFile", False)
        hidden = given[2] if len(given) > 2 else options.get("includeHidden", True)
        return database, given[0], bool(copy), bool(hidden)

    def _add(
        self,
        database: ctkDICOMDatabase | None,
        paths: Sequence[str | os.PathLike[str]],
        copy: bool,
        include_hidden: bool = True,
    ) -> None:
        request = _Request(database, tuple(os.fspath(path) for path in paths), copy, include_hidden)
        if database is None:
            log.warning("No database has been set; what was added waits for one.")
            self._homeless.append(request)
            return
        if database.core is None:
            log.warning("The database is not open, so that nothing can be imported.")
            return
        with self._lock:
            self._requests.append(request)
        self._start()
        if not self.backgroundImportEnabled:
            self.waitForImportFinished()

    def _start(self) -> None:
        """Import, here or in a thread, unless that is being done."""
        with self._lock:
            if self._worker is not None:
                return
            self._cancelled = False
            if self.backgroundImportEnabled:
                self._worker = threading.Thread(target=self._work, name="dicom-indexer", daemon=True)
                self._worker.start()
                return
            self._worker = threading.current_thread()
        self._work()

    def waitForImportFinished(self, msecTimeout: int = -1) -> None:
        """Wait until all that was added is imported, for so many milliseconds at most (-1: any time)."""
        worker, here = self._worker, threading.current_thread()
        until = None if msecTimeout < 0 else time.monotonic() + msecTimeout / 1000
        deliver = main_thread.deliver if here is threading.main_thread() else lambda: None
        while worker not in (None, here) and (until is None or time.monotonic() < until):
            worker.join(WAIT_STEP_S if until is None else min(WAIT_STEP_S, max(0, until - time.monotonic())))
            deliver()  # signals come while the caller waits
            if not worker.is_alive():
                worker = self._worker  # what was added at the very end has a thread of its own
        deliver()

    def cancel(self) -> None:
        """Stop: what has been read is kept, what waits is dropped. Without an import it does nothing."""
        with self._lock:
            if self._worker is not None:
                self._cancelled = True
                self._requests.clear()

    def _work(self) -> None:
        """Import until nothing waits; a request that comes before the end is part of the same import."""
        self.report, self.error = ImportReport(), None
        self.updatingDatabase(True)
        self.progressStep(STEP_PARSING)
        self.progress(0)
        try:
            while (request := self._next()) is not None:
                self._import(request, self.report)
        except Exception as error:  # the end of a job: whatever failed is told
            self.error = error
            reason = getattr(error, "reason", type(error).__name__)
            log.error("The import failed: %s", reason)  # noqa: TRY400 (texts of errors hold paths)
            log.debug("Why the import failed", exc_info=True)
        finally:
            self._end(self.report)

    def _end(self, total: ImportReport) -> None:
        """Tell the end, whatever it was, and begin with what has been added meanwhile."""
        self.updatingDatabase(False)
        self.progress(100)
        self.progressStep("Indexing complete")
        self.indexingComplete(total.patients, total.studies, total.series, total.instances)
        with self._lock:
            self._worker = None
            waiting = bool(self._requests)
        if waiting:
            self._start()

    def _next(self) -> _Request | None:
        with self._lock:
            return self._requests.popleft() if self._requests else None

    def _import(self, request: _Request, total: ImportReport) -> None:
        database = request.database
        if database is None or database.core is None:  # closed in the meantime
            return
        options = ImportOptions(
            copy=request.copy,
            tags=tuple(database.tagsToPrecache),
            unstored=frozenset(database.tagsToExcludeFromStorage),
            walk=WalkOptions(self.followSymlinks, request.include_hidden),
            short_paths=database.useShortStoragePath,
            generator=database.generator,
        )
        job = import_paths(database.core, request.paths, options)
        total.add(run(job, self._show, lambda: self._cancelled))

    def _show(self, progress: Progress) -> None:
        if progress.step != STEP_PARSING:
            self.progressStep(progress.step)
            if progress.step == STEP_DISPLAYED:
                self.progress(PARSED_PERCENT)
        elif progress.detail:
            self.progress(progress.percent * PARSED_PERCENT // 100)
            self.progressDetail(progress.detail)
