"""A node as a file: complete, or not there at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import LIMITS_OF_SIZE, is_disk_full, is_file_too_large, reason_of

PROBE = bytes(64 * 1024)  # more than the last part of a file that a full disk may still take
TOO_LARGE = f"files as large as this are not allowed there. {LIMITS_OF_SIZE} Choose another output folder"
NO_ROOM = "there is no room left on the disk. Make room, or choose another output folder"
NOT_IN_THIS_FORMAT = "it cannot be written in this format"


def save_node(node: Any, path: Path) -> str:
    """Save a node with the files that belong to it, under their names when all is on the disk.

    Returns
    -------
    str
        Why it could not be saved, then nothing of it is left; empty if it was.
    """
    import slicer

    return _save(lambda target: bool(slicer.util.saveNode(node, str(target))), path)


def save_copy(source: Path, path: Path) -> str:
    """Save a copy of a file; as `save_node`."""
    return _save(lambda target: shutil.copyfile(source, target) == target, path)


def _save(write: Callable[[Path], bool], path: Path) -> str:
    try:
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=".saving-") as temporary:
            folder = Path(temporary)
            saved = write(folder / path.name)
            _probe(folder)
            if not saved:
                return NOT_IN_THIS_FORMAT
            for made in folder.iterdir():
                _move(made, path.parent / made.name)
    except OSError as error:
        return TOO_LARGE if is_file_too_large(error) else NO_ROOM if is_disk_full(error) else reason_of(error)
    return ""


def _probe(folder: Path) -> None:
    """Raise what the disk has against more: writers of some formats do not tell that it is full."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(PROBE)
        file.flush()
        os.fsync(file.fileno())


def _move(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        source.replace(target)
