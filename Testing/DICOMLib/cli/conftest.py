"""A small database for the sub-commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A CT of three slices and a report of patient Doe^Jane, and a text file."""
    folder = tmp_path / "files"
    factories.write(factories.ct_series(3, "ct"), folder, prefix="ct")
    factories.write([factories.text_report()], folder, prefix="sr")
    (folder / "readme.txt").write_text("no DICOM")
    return folder


@pytest.fixture
def database(files: Path, tmp_path: Path) -> Path:
    """Folder of a database with these files."""
    folder = tmp_path / "database"
    with Database.open(folder) as database:
        run(import_paths(database, [files]))
    return folder
