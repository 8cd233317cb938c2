"""The database that a sub-command works on."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from DICOMLib.core.errors import DatabaseUnavailable
from DICOMLib.core.folders import missing_folders, remove_folders
from DICOMLib.core.wording import counted
from DICOMLib.database import Database, storage
from DICOMLib.database.schema import DATABASE_NAME


def add_database_argument(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """The option --database DIR."""
    parser.add_argument(
        "--database",
        metavar="DIR",
        required=required,
        help=f"folder of the database (it holds {DATABASE_NAME})",
    )


def existing_database(folder: str | os.PathLike[str]) -> Database:
    """Open a database that is there.

    Raises
    ------
    DatabaseUnavailable
        If there is none.
    """
    require_database(folder)
    return Database.open(folder, create=False)


@contextmanager
def database_to_fill(folder: str | os.PathLike[str]) -> Iterator[Database]:
    """A database that takes what comes; one that was made for nothing is removed again, with its folders.

    Raises
    ------
    DatabaseUnavailable
        If it cannot be made, opened or written.
    """
    path = Path(folder).absolute()
    missing = missing_folders(path)
    is_new, is_empty = not has_database(folder), False
    try:
        with Database.open(folder) as database:
            database.require_writable()
            try:
                yield database
            finally:
                is_empty = not any(database.counts())
    finally:
        if is_new and is_empty:
            for file in path.glob("ctkDICOM*"):
                file.unlink()
            remove_folders([path / storage.INCOMING, *missing])


def has_database(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a database."""
    return (Path(folder) / DATABASE_NAME).is_file()


def require_writable(folder: str | os.PathLike[str]) -> None:
    """Raise `DatabaseReadOnly` if a folder holds a database that cannot be written."""
    if has_database(folder):
        with Database.open(folder, create=False, update=False) as database:
            database.require_writable()


def require_database(folder: str | os.PathLike[str]) -> None:
    """Raise `DatabaseUnavailable` if a folder holds no database."""
    if not has_database(folder):
        raise DatabaseUnavailable(
            f"There is no DICOM database in {folder}. "
            f"Make one with: slicer-dicom import PATH --database {folder}"
        )


def unknown_series(folder: str | os.PathLike[str], uids: Iterable[str]) -> list[str]:
    """A sentence for each series that a database does not have; asked before a host is booted.

    Raises
    ------
    DatabaseUnavailable
        If there is no database.
    """
    wanted = list(uids)
    with existing_database(folder) as database:
        known = {row["SeriesInstanceUID"] for row in database.rows("series", SeriesInstanceUID=wanted)}
    advice = f"See which there are with: slicer-dicom list series --database {folder}"
    return [f"Series {uid} is not in the database. {advice}" for uid in wanted if uid not in known]


def moved_files(uid: str, files: Sequence[str]) -> tuple[bool, str]:
    """Whether none of the files of a series is where it was, and a sentence if some are not."""
    gone = sum(not Path(path).is_file() for path in files)
    if not gone:
        return False, ""
    text = f"Series {uid}: {gone} of {counted(len(files), 'file')} moved or gone. "
    return gone == len(files), f"{text}Find what was moved with: slicer-dicom repair --help"
