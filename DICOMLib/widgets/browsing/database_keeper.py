"""The folder of the browser's database: opened by Slicer's rules, remembered in the settings, made anew."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any

from qtpy.QtCore import QObject, QSettings, Signal

from DICOMLib.widgets.browsing.database_folder import (
    DATABASE_FILE,
    FolderState,
    folder_state,
    make_database_folder,
)


class DatabaseState(Enum):
    """Whether the database can be used, and if not, why."""

    OPEN = "open"
    CLOSED = "no folder was given"
    MISSING = "the folder does not exist"
    OTHER = "the folder holds no database"
    VERSION = "the database has another version"
    UNAVAILABLE = "the database cannot be opened"


class DatabaseKeeper(QObject):
    """Opens the database of a folder and tells in which state it is."""

    directoryChanged = Signal(str)
    stateChanged = Signal()

    def __init__(self, database: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.database = database
        self.settingsKey = ""
        self.base = ""
        self.updating = False
        self.directory = database.databaseDirectory if database.isOpen else ""
        self.state = DatabaseState.OPEN if database.isOpen else DatabaseState.CLOSED

    def setSettingsKey(self, key: str) -> None:
        """Open at once the folder that the settings have under `key`; make it if it does not exist yet."""
        self.settingsKey = key
        stored = str(QSettings().value(key, "") or "")
        if not stored:
            return
        folder = self.absolute(stored)
        if folder_state(folder) is FolderState.MISSING:
            try:
                folder.mkdir(parents=True)
            except OSError:
                self.open(stored)
                return
        self.open(stored)

    def absolute(self, directory: str) -> Path:
        """Folder of a stored text, which may be relative to the base."""
        return Path(self.base) / directory if self.base else Path(directory).absolute()

    def stored(self, directory: Path) -> str:
        """Text of a folder for the settings: relative to the base where it lies within it."""
        if self.base and directory.is_relative_to(self.base):
            return directory.relative_to(self.base).as_posix()
        return str(directory)

    def open(self, directory: str) -> None:
        """Close what is open and open the database of `directory`; the state tells what came of it."""
        folder = self.absolute(directory)
        self.database.closeDatabase()
        self.directory = str(folder)
        self.state = self._open(folder)
        if self.settingsKey:
            QSettings().setValue(self.settingsKey, self.stored(folder))
        self.stateChanged.emit()
        self.directoryChanged.emit(self.directory)

    def _open(self, folder: Path) -> DatabaseState:
        found = folder_state(folder)
        if found is FolderState.MISSING:
            return DatabaseState.MISSING
        if found is FolderState.OTHER:
            return DatabaseState.OTHER
        opened = self.database.openDatabase(str(folder / DATABASE_FILE))
        version = self.database.schemaVersionLoaded() if opened else ""
        if not opened or not version:
            return DatabaseState.UNAVAILABLE if self.database.lastError else DatabaseState.OTHER
        if version != self.database.schemaVersion():
            return DatabaseState.VERSION
        return DatabaseState.OPEN

    def followDatabase(self) -> None:
        """Take over what somebody else did to the shared database; not in the middle of an update."""
        if self.updating:
            return
        if self.database.isOpen:
            self.directory = self.database.databaseDirectory or self.directory
            same = self.database.schemaVersionLoaded() == self.database.schemaVersion()
            self.state = DatabaseState.OPEN if same else DatabaseState.VERSION
        elif self.state in (DatabaseState.OPEN, DatabaseState.VERSION):
            self.state = DatabaseState.CLOSED
        self.stateChanged.emit()

    def createNew(self) -> bool:
        """Make a folder for a new database near the present one and open it; False if that cannot be done."""
        folder = make_database_folder(Path(self.directory) if self.directory else None)
        if folder is None:
            return False
        self.open(str(folder))
        return self.state is DatabaseState.OPEN
