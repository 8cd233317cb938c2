"""Folders that are made for what may come to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from DICOMLib.core.errors import FolderError


def missing_folders(path: Path) -> list[Path]:
    """Which folders of an absolute path are not there, the innermost first."""
    return [folder for folder in (path, *path.parents) if not folder.exists()]


def make_folders(path: Path) -> list[Path]:
    """Make the folder of an absolute path; gives those that were not there, the innermost first.

    Raises
    ------
    FolderError
        If it cannot be made, or a file has its name.
    """
    missing: list[Path] = []
    try:
        missing = missing_folders(path)
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remove_folders(missing)
        raise FolderError(path, error.strerror or type(error).__name__) from error
    return missing


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove folders, the innermost first, as far as they are there and nothing is in them."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
