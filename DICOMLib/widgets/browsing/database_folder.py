"""Folders that hold a database: what is wrong with one, and where a new one can be made."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path

from qtpy.QtCore import QCoreApplication, QSettings, QStandardPaths

from DICOMLib.database.schema import DATABASE_NAME, SCHEMA_VERSION

DATABASE_FILE = DATABASE_NAME
SETTINGS_KEY = f"DatabaseDirectory_{SCHEMA_VERSION}"
DEFAULT_NAME = "ctkDICOM-Database"
TRIES = 100


class FolderState(Enum):
    """What a folder can be to a database."""

    DATABASE = "it holds a database"
    EMPTY = "it is empty: a database can be made in it"
    MISSING = "it does not exist"
    OTHER = "it holds other files and no database"


def default_database_directory() -> str:
    """Folder of the user's database: of the settings, else in the documents."""
    stored = str(QSettings().value(SETTINGS_KEY, "") or "")
    if stored:
        return stored
    documents = QStandardPaths.writableLocation(QStandardPaths.DocumentsLocation)
    return str(Path(documents) / f"{QCoreApplication.applicationName()}DICOMDatabase")


def folder_state(folder: Path) -> FolderState:
    """Tell what `folder` is; one that cannot be listed counts as holding other files."""
    if (folder / DATABASE_FILE).is_file():
        return FolderState.DATABASE
    if not folder.is_dir():
        return FolderState.MISSING
    try:
        return FolderState.OTHER if any(folder.iterdir()) else FolderState.EMPTY
    except OSError:
        return FolderState.OTHER


def make_database_folder(current: Path | None) -> Path | None:
    """Make (or find empty) a folder for a new database near `current`; None if none of the names is free.

    A database's own folder gives "name_1", "name_2", …; a folder of other files gives a folder within it.
    """
    base = current if current is not None else Path(DEFAULT_NAME)
    if folder_state(base) is FolderState.OTHER:
        base = base / DEFAULT_NAME
    numbered = re.fullmatch(r"(.+)_(\d+)", base.name)
    name, start = (numbered[1], int(numbered[2])) if numbered else (base.name, 0)
    for number in range(start, start + TRIES):
        folder = base.with_name(f"{name}_{number}" if number else name)
        if folder_state(folder) is FolderState.EMPTY:
            return folder
        if folder_state(folder) is FolderState.MISSING and _make(folder):
            return folder
    return None


def _make(folder: Path) -> bool:
    try:
        folder.mkdir(parents=True)
    except OSError:
        return False
    return True
