"""Slicer's temporary databases: in place of the application's one, or beside it."""

from __future__ import annotations

import logging
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.plugins import preferences

log = logging.getLogger(__name__)

DATABASE_FILE = "ctkDICOM.sql"

# Folders that were made here, and are removed with their database.
_made_folders: set[Path] = set()
# What the settings said before the first temporary database was opened.
_setting_before: list[Any] = []


def openDatabase(databaseDir: str) -> bool:
    """Open the database of a folder as the application's one.

    Returns
    -------
    bool
        False if the folder is missing or the database cannot be opened.
    """
    folder = Path(databaseDir)
    if not folder.is_dir():
        log.error("The database folder does not exist.")
        return False
    slicer.dicomDatabase.openDatabase(str(folder / DATABASE_FILE))
    return bool(slicer.dicomDatabase.isOpen)


def openTemporaryDatabase(directory: str | None = None) -> str | None:
    """Open an empty database in place of the application's one.

    Parameters
    ----------
    directory
        Its folder; a relative one lies in the temporary folder of the application. Whatever database is
        there loses its content. By default a new folder.

    Returns
    -------
    str or None
        The folder of the database that was open before.
    """
    original = slicer.dicomDatabase.databaseDirectory if slicer.dicomDatabase.isOpen else None
    folder = _folder(directory)
    if not _setting_before:
        _setting_before.append(_read_setting())
    _write_setting(str(folder))
    openDatabase(str(folder))
    slicer.dicomDatabase.initializeDatabase()
    return original


def closeTemporaryDatabase(originalDatabaseDir: str | None, cleanup: bool = True) -> bool:
    """Close the temporary database and open the one that was there before.

    Parameters
    ----------
    originalDatabaseDir
        What `openTemporaryDatabase` gave.
    cleanup
        Whether the content of the temporary database is removed, and its folder if it was made for it.

    Returns
    -------
    bool
        False if there was no open database to close.
    """
    if not slicer.dicomDatabase.isOpen:
        log.error("The temporary database is not open.")
        return False
    folder = Path(slicer.dicomDatabase.databaseDirectory)
    if cleanup:
        slicer.dicomDatabase.initializeDatabase()
    slicer.dicomDatabase.closeDatabase()
    if cleanup and folder in _made_folders:
        shutil.rmtree(folder, ignore_errors=True)
        _made_folders.discard(folder)
    before = _setting_before.pop() if _setting_before else None
    _write_setting(originalDatabaseDir or before)
    if originalDatabaseDir and Path(originalDatabaseDir).is_dir():
        return openDatabase(originalDatabaseDir)
    return True


def createTemporaryDatabase(directory: str | None = None) -> Any:
    """A new database object beside the application's one; its content, if any, is kept.

    Returns
    -------
    ctkDICOMDatabase or None
        None if it cannot be opened or has another schema version.
    """
    database = type(slicer.dicomDatabase)()
    database.openDatabase(str(_folder(directory) / DATABASE_FILE))
    if database.isOpen and database.schemaVersionLoaded() == database.schemaVersion():
        return database
    database.closeDatabase()
    return None


def deleteTemporaryDatabase(dicomDatabase: Any, cleanup: bool = True) -> bool:
    """Close a database that `createTemporaryDatabase` gave, and remove its folder."""
    folder = Path(dicomDatabase.databaseFilename).parent
    dicomDatabase.closeDatabase()
    if cleanup:
        shutil.rmtree(folder, ignore_errors=True)
        _made_folders.discard(folder)
    return True


class TemporaryDICOMDatabase:
    """`with TemporaryDICOMDatabase() as database:` an empty database in place of the application's one."""

    def __init__(self, directory: str | None = None) -> None:
        self.temporaryDatabaseDir = directory
        self.originalDatabaseDir: str | None = None

    def __enter__(self) -> Any:
        self.originalDatabaseDir = openTemporaryDatabase(self.temporaryDatabaseDir)
        return slicer.dicomDatabase

    def __exit__(self, *_exception: object) -> None:
        closeTemporaryDatabase(self.originalDatabaseDir)


def _folder(directory: str | None) -> Path:
    """The folder of a temporary database; it is made if it is not there."""
    name = directory or f"{datetime.now(timezone.utc):%Y%m%d_%H%M%S}_TempDICOMDatabase"
    folder = Path(slicer.app.temporaryPath) / name  # an absolute name stands for itself
    if not folder.exists():
        folder.mkdir(parents=True)
        _made_folders.add(folder)
    return folder


def _read_setting() -> Any:
    key = getattr(slicer, "dicomDatabaseDirectorySettingsKey", None)
    return preferences.value(key, None) if key else None


def _write_setting(folder: str | None) -> None:
    """Store the folder of the application's database; None forgets it."""
    key = getattr(slicer, "dicomDatabaseDirectorySettingsKey", None)
    store = preferences.settings()
    if not key or store is None:
        return
    if folder is None:
        store.remove(key)
    else:
        store.setValue(key, folder)
