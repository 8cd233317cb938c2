"""A database of an older program is brought to this schema: at once for scripts, as a job for windows."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import DatabaseError
from DICOMLib.core.events import Signal
from DICOMLib.core.jobs import Job, JobCancelled, Progress, run
from DICOMLib.database import Database
from DICOMLib.database.schema import DATABASE_NAME, DEFAULT_SCRIPT

log = logging.getLogger(__name__)


@dataclass(slots=True)
class SchemaUpdate:
    """What became of an update.

    Parameters
    ----------
    updated
        Whether the database has the new schema.
    error
        Why it has not.
    files
        Number of files that the database refers to.
    gone
        Paths of those that are not there; their rows are kept.
    cancelled
        Whether some files were not read; the database can be used, and their tags are read when asked for.
    """

    updated: bool = False
    error: str = ""
    files: int = 0
    gone: list[str] | None = None
    cancelled: bool = False


class DatabaseUpdate:
    """Mixin of ctkDICOMDatabase."""

    core: Database
    _last_error: str
    _has_column_table: bool
    schemaUpdateStarted: Signal
    schemaUpdateProgress: Signal
    schemaUpdateProgressFile: Signal
    schemaUpdated: Signal
    displayedFieldsUpdateStarted: Signal

    # what ctkDICOMDatabase has
    allFiles: Any
    cacheTagsOfFile: Any
    openDatabase: Any
    schemaVersion: Any
    schemaVersionLoaded: Any
    updateDisplayedFields: Any

    def updateSchema(self, schemaFile: Any = DEFAULT_SCRIPT, newDatabaseDir: Any = None) -> bool:
        """Bring an older database to the schema of a script, keeping every row, and a copy of the file.

        With `newDatabaseDir`, a copy of the database there is updated and opened, whose files stay where
        they are; the old one is left alone.
        """
        return run(self.schema_update(schemaFile, newDatabaseDir)).updated

    def updateSchemaIfNeeded(self, schemaFile: Any = DEFAULT_SCRIPT, newDatabaseDir: Any = None) -> bool:
        """Update the schema if it is not the wanted one, where it is; whether that was done."""
        if self.schemaVersionLoaded() == self.schemaVersion():
            self.schemaUpdateStarted(0)
            self.schemaUpdated()
            return False
        return self.updateSchema(schemaFile)

    def schema_update(self, schema_file: Any = DEFAULT_SCRIPT, folder: Any = None) -> Job[SchemaUpdate]:
        """`updateSchema` as a job; once the rows have been taken over it can be cancelled."""
        report = SchemaUpdate(gone=[])
        if self.core is None:
            return report
        yield Progress(step="Updating the database")
        try:
            if folder:
                self._moveTo(os.fsdecode(folder))
            self.core.update_schema(os.fsdecode(schema_file))
        except (DatabaseError, OSError) as error:
            self._last_error = report.error = str(error)
            log.error("The database was not updated: %s", error)  # noqa: TRY400
            return report
        report.updated = self._has_column_table = True
        try:
            yield from self._read_files(report)
        except JobCancelled:
            report.cancelled = True
        self.displayedFieldsUpdateStarted()
        self.updateDisplayedFields()
        self.schemaUpdated()
        return report

    def _moveTo(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        filename = str(Path(folder) / DATABASE_NAME)
        self.core.copy_into(folder)
        if not self.openDatabase(filename):
            raise DatabaseError(self._last_error)

    def _read_files(self, report: SchemaUpdate) -> Job[None]:
        """Read what older programs did not cache; a file that is gone keeps its row."""
        files = [path for path in self.allFiles() if path]
        report.files = len(files)
        self.schemaUpdateStarted(len(files))
        gone: list[str] = []
        report.gone = gone
        for number, path in enumerate(files):
            yield Progress(number, len(files), "Reading the files of the database", path)
            self.schemaUpdateProgress(number)
            self.schemaUpdateProgressFile(path)
            if self.core is None:
                break
            if Path(path).is_file():
                self.cacheTagsOfFile(path)
            else:
                gone.append(path)
