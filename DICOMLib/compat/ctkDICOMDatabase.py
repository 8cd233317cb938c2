"""The database as Slicer's scripts know it, over `DICOMLib.database`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from DICOMLib.compat.database_answers import answers
from DICOMLib.compat.database_inserts import DatabaseInserts, InsertResult
from DICOMLib.compat.database_lookups import DatabaseLookups
from DICOMLib.compat.database_removal import DatabaseRemoval
from DICOMLib.compat.database_update import DatabaseUpdate
from DICOMLib.compat.database_values import DatabaseValues
from DICOMLib.core.errors import DatabaseError
from DICOMLib.core.events import Emitter, Signal
from DICOMLib.database import Changes, Database
from DICOMLib.database.columns import TABLE as COLUMN_TABLE
from DICOMLib.database.schema import DATABASE_NAME, DEFAULT_SCRIPT, SCHEMA_VERSION
from DICOMLib.fields.generator import DisplayedFieldGenerator

log = logging.getLogger(__name__)

PIXEL_DATA = "7FE0,0010"
# Methods that need it ask first, or are guarded by `answers`.
_CLOSED = cast(Database, None)


class ctkDICOMDatabase(
    DatabaseInserts, DatabaseLookups, DatabaseRemoval, DatabaseUpdate, DatabaseValues, Emitter
):
    """Patients, studies, series and instances, with the names, answers and signals of CTK.

    No method raises for a fault of the database: it is logged, and the answer is empty or False.
    `databaseChanged` may come from any thread, for it also tells of changes made through other objects.

    Parameters
    ----------
    file
        A database file to open; anything else is taken for a parent and not looked at.

    Attributes
    ----------
    core
        The `DICOMLib.database.Database` that is open, None while none is.
    generator
        The rules of the displayed fields.
    """

    SIGNALS = (
        "opened",
        "aboutToClose",
        "closed",
        "databaseChanged",
        "patientAdded",
        "connectionNameAdded",
        "studyAdded",
        "seriesAdded",
        "instanceAdded",
        "patientRemoved",
        "studyRemoved",
        "seriesRemoved",
        "tagsToPrecacheChanged",
        "tagsToExcludeFromStorageChanged",
        "schemaUpdateStarted",
        "schemaUpdateProgress",
        "schemaUpdated",
        "displayedFieldsUpdateStarted",
        "displayedFieldsUpdateProgress",
        "displayedFieldsUpdated",
        "loadedSeriesInstanceUIDsChanged",
    )
    opened: Signal
    aboutToClose: Signal
    closed: Signal
    databaseChanged: Signal
    patientAdded: Signal
    connectionNameAdded: Signal
    studyAdded: Signal
    seriesAdded: Signal
    instanceAdded: Signal
    patientRemoved: Signal
    studyRemoved: Signal
    seriesRemoved: Signal
    tagsToPrecacheChanged: Signal
    tagsToExcludeFromStorageChanged: Signal
    schemaUpdateStarted: Signal
    schemaUpdateProgress: Signal
    schemaUpdated: Signal
    displayedFieldsUpdateStarted: Signal
    displayedFieldsUpdateProgress: Signal
    displayedFieldsUpdated: Signal
    loadedSeriesInstanceUIDsChanged: Signal

    InsertResult = InsertResult
    Failed = InsertResult.Failed
    NotInserted = InsertResult.NotInserted
    Inserted = InsertResult.Inserted

    def __init__(self, file: Any = None) -> None:
        super().__init__()
        # As `schemaUpdateProgress`, but with the path of the file: CTK has two signals of the same name.
        self.schemaUpdateProgressFile = Signal("schemaUpdateProgressFile")
        self.core = _CLOSED
        self.generator = DisplayedFieldGenerator()
        self.useShortStoragePath = True
        self.useSystemFileCopy = False
        self._filename = ""
        self._last_error = ""
        self._schema_version = SCHEMA_VERSION
        self._tags_to_precache: list[str] = []
        self._tags_to_exclude = [PIXEL_DATA]
        self._tags_at_opening: frozenset[str] = frozenset()
        self._loaded_series: list[str] = []
        self._has_column_table = False
        self._stamp: tuple[tuple[int, int], ...] = ()
        self._holding = 0
        self._held_back = False
        self.isBatch = False
        if isinstance(file, (str, os.PathLike)):
            self.openDatabase(file)

    @classmethod
    def over(cls, core: Database) -> ctkDICOMDatabase:
        """The face of a database that is open already; whoever opened it closes it."""
        face = cls()
        face.core, face._filename, face._has_column_table = core, core.filename, True
        return face

    def connect(self, signature: str, receiver: Any, slot: str | None = None) -> bool:
        """Connect a function, or a method by its name, to a signal such as "opened()"."""
        return super().connect(self._own_name(signature), receiver, slot)

    def disconnect(self, signature: str, receiver: Any = None, slot: str | None = None) -> bool:
        """Undo `connect`."""
        return super().disconnect(self._own_name(signature), receiver, slot)

    @staticmethod
    def _own_name(signature: str) -> str:
        path_wanted = "schemaUpdateProgress" in signature and "QString" in signature
        return "schemaUpdateProgressFile(QString)" if path_wanted else signature

    # Life

    def openDatabase(self, databaseFile: str | os.PathLike[str], connectionName: str = "") -> bool:
        """Open a database file, which is made if it is missing; False, with `lastError`, if that fails.

        A database with an older schema is opened as it is, see `updateSchema`.
        """
        self.closeDatabase()
        if os.fspath(databaseFile) != self._filename:
            self.loadedSeriesInstanceUIDs = []  # those of the other database
        self._filename = os.fspath(databaseFile)
        self._last_error = ""
        database = Database(self._filename)
        try:
            database.start(create=True)
            self._has_column_table = bool(database.field_names(COLUMN_TABLE))
        except DatabaseError as error:
            self._last_error = str(error)
            database.close()
            return False
        self.core, self._stamp = database, database.stamp()
        database.changed.connect(self._onChanged)
        required = self.generator.required_tags(database)
        self._tags_at_opening = frozenset(required)
        self.tagsToPrecache = list(dict.fromkeys([*self._tags_to_precache, *required]))
        self.opened()
        return True

    def closeDatabase(self) -> None:
        """Close the files; `aboutToClose` comes before, `closed` after it, if they were open."""
        if self.core is None:
            return
        self.aboutToClose()
        database, self.core = self.core, _CLOSED
        database.changed.disconnect(self._onChanged)
        database.close()
        self.closed()

    def noticeChangesByOthers(self) -> bool:
        """Emit `databaseChanged` if another program has written to the file; whether it has.

        CTK watches the file; here, whoever has an event loop asks from time to time.
        """
        stamp = self.core.stamp() if self.core is not None else self._stamp
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        self.databaseChanged()
        return True

    def _onChanged(self, _changes: Changes) -> None:
        if self.core is not None:
            self._stamp = self.core.stamp()
        if self._holding:
            self._held_back = True
        else:
            self.databaseChanged()

    @contextmanager
    def _changedLast(self) -> Iterator[None]:
        """Emit `databaseChanged` once, after the signals that say what was changed."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
            if not self._holding and self._held_back:
                self._held_back = False
                self.databaseChanged()

    @contextmanager
    def asBatch(self) -> Iterator[None]:
        """Let what is inserted meanwhile leave searches and selection of the tables as they are.

        A new instance takes them away otherwise, as in CTK, so that it is seen.
        """
        before, self.isBatch = self.isBatch, True
        try:
            yield
        finally:
            self.isBatch = before

    @property
    def isOpen(self) -> bool:
        """Whether a database is open."""
        return self.core is not None

    @property
    def isInMemory(self) -> bool:
        """Whether it leaves nothing behind."""
        return self._filename == ":memory:"

    @property
    def lastError(self) -> str:
        """Why opening or initializing failed."""
        return self._last_error

    @property
    def databaseFilename(self) -> str:
        """The file as it was given."""
        return self._filename

    @property
    def databaseDirectory(self) -> str:
        """Absolute folder of the file; "" for a database in memory."""
        if self.isInMemory:
            return ""
        return Path(self._filename or DATABASE_NAME).absolute().parent.as_posix()

    # Lists of tags and series

    @property
    def tagsToPrecache(self) -> list[str]:
        """Tags whose values are cached when a file is inserted."""
        return list(self._tags_to_precache)

    @tagsToPrecache.setter
    def tagsToPrecache(self, tags: Sequence[str]) -> None:
        if list(tags) != self._tags_to_precache:
            self._tags_to_precache = list(tags)
            self.tagsToPrecacheChanged()

    def setTagsToPrecache(self, tags: Sequence[str]) -> None:
        """Set `tagsToPrecache`."""
        self.tagsToPrecache = tags

    @property
    def tagsToExcludeFromStorage(self) -> list[str]:
        """Tags whose values are never cached."""
        return list(self._tags_to_exclude)

    @tagsToExcludeFromStorage.setter
    def tagsToExcludeFromStorage(self, tags: Sequence[str]) -> None:
        upper = [tag.upper() for tag in tags]
        if upper != self._tags_to_exclude:
            self._tags_to_exclude = upper
            self.tagsToExcludeFromStorageChanged()

    def setTagsToExcludeFromStorage(self, tags: Sequence[str]) -> None:
        """Set `tagsToExcludeFromStorage`."""
        self.tagsToExcludeFromStorage = tags

    @property
    def loadedSeriesInstanceUIDs(self) -> list[str]:
        """Series that are in the scene, as far as somebody said so."""
        return list(self._loaded_series)

    @loadedSeriesInstanceUIDs.setter
    def loadedSeriesInstanceUIDs(self, uids: Sequence[str]) -> None:
        if list(uids) != self._loaded_series:
            self._loaded_series = list(uids)
            self.loadedSeriesInstanceUIDsChanged(list(uids))

    def setLoadedSeriesInstanceUIDs(self, uids: Sequence[str]) -> None:
        """Set `loadedSeriesInstanceUIDs`."""
        self.loadedSeriesInstanceUIDs = uids

    # Schema

    def schemaVersion(self) -> str:
        """Version of the schema that is wanted."""
        return self._schema_version

    def setSchemaVersion(self, schemaVersion: str) -> None:
        """Set the version that is wanted; nothing is changed in the file."""
        self._schema_version = schemaVersion

    @answers(str)
    def schemaVersionLoaded(self) -> str:
        """Version of the schema of the file, "" if it names none."""
        return self.core.schema_version_loaded

    @answers(bool)
    def isDisplayedFieldsTableAvailable(self) -> bool:
        """Whether the file had the table of column properties when it was opened."""
        return self._has_column_table

    def initializeDatabase(self, schemaFile: Any = DEFAULT_SCRIPT) -> bool:
        """Drop all tables and make them anew; the tag cache and files on disk are kept."""
        if self.core is None:
            return False
        try:
            self.core.initialize(os.fsdecode(schemaFile))
        except (DatabaseError, OSError) as error:
            self._last_error = f"Unable to initialize DICOM database! {error}"
            log.error("%s", self._last_error)  # noqa: TRY400
            self.databaseChanged()
            return False
        return True

    def prepareInsert(self) -> None:
        """Nothing is remembered from one insertion to the next, so there is nothing to forget."""

    @staticmethod
    def compositePatientID(patientID: str, patientsName: str, patientsBirthDate: str) -> str:
        """The text by which displayed fields tell patients apart."""
        return f"{patientID}~{patientsBirthDate}~{patientsName}"
