"""What shall outlive a power failure: files and folders are on the disk, not only with the system."""

from __future__ import annotations

import errno
import os
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)  # Windows
_FOLDERS = os.name == "posix"  # elsewhere a folder cannot be opened, and NTFS keeps names by itself


def sync_file(path: str | os.PathLike[str]) -> None:
    """Return when the content of a file is on the disk.

    Raises
    ------
    OSError
        If it cannot be written there.
    """
    descriptor = os.open(path, (os.O_RDONLY if _FOLDERS else os.O_RDWR) | _BINARY)
    try:
        sync_descriptor(descriptor)
    finally:
        os.close(descriptor)


def sync_descriptor(descriptor: int) -> None:
    """As `sync_file`, of an open file; its times may come later."""
    getattr(os, "fdatasync", os.fsync)(descriptor)


def sync_folder(path: str | os.PathLike[str]) -> None:
    """Return when the names in a folder are on the disk. Raises as `sync_file`."""
    if not _FOLDERS:
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folder(path: Path) -> None:
    """Make a folder with all above it, so that it outlives a power failure. Raises as `sync_file`."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(exist_ok=True)
    sync_folder(path.parent)


def rename_new(source: str, target: str) -> None:
    """Rename a file; unlike `os.replace`, a file that has the new name already stays.

    Raises
    ------
    FileExistsError
        If there is one.
    FileNotFoundError
        If the folder of the target is missing.
    OSError
        If it cannot be renamed.
    """
    try:
        os.link(source, target)  # which looks and names in one step
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:  # a file system without links: nothing looks and names at once
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), target) from None
        os.replace(source, target)  # noqa: PTH105
    else:
        os.unlink(source)  # noqa: PTH108
