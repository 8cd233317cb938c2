"""Where a sub-command writes: found out before its work begins, with words that say what to do."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from DICOMLib.core.errors import DICOMError, reason_of
from DICOMLib.core.folders import missing_folders, remove_folders


def writable_folder(folder: str | os.PathLike[str]) -> Path:
    """The folder, made where it is missing.

    Raises
    ------
    DICOMError
        If nothing can be written there.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise DICOMError(
            f"Nothing can be written to {path} ({reason_of(error)}). Choose another folder."
        ) from None


@contextmanager
def folder_to_fill(folder: str | os.PathLike[str]) -> Iterator[Path]:
    """A folder that takes what comes; what was made of it for nothing is removed again."""
    path = Path(folder).absolute()
    missing = missing_folders(path)
    try:
        yield path
    finally:
        remove_folders(missing)


def writable_file(file: str | os.PathLike[str]) -> Path:
    """The path of a file that can be written; its folder is made where it is missing.

    Raises
    ------
    DICOMError
        If it cannot be.
    """
    path = Path(file)
    if path.is_dir():
        raise DICOMError(f"{path} is a folder. Give the name of a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise DICOMError(f"{path} is write-protected. Choose another file.")
    writable_folder(path.parent)
    return path
