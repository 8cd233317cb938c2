"""Folders that are made for what may come to nothing."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def missing_folders(path: Path) -> list[Path]:
    """Which folders of an absolute path are not there, the innermost first."""
    return [folder for folder in (path, *path.parents) if not folder.exists()]


def remove_folders(folders: Iterable[Path]) -> None:
    """Remove folders, the innermost first, as far as they are there and nothing is in them."""
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
