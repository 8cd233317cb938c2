"""The database that a sub-command works on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from DICOMLib.core.errors import DatabaseUnavailable
from DICOMLib.database import Database
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


def require_database(folder: str | os.PathLike[str]) -> None:
    """Raise `DatabaseUnavailable` if a folder holds no database."""
    if not (Path(folder) / DATABASE_NAME).is_file():
        raise DatabaseUnavailable(
            f"There is no DICOM database in {folder}. "
            f"Make one with: slicer-dicom import PATH --database {folder}"
        )
