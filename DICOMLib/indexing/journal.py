"""Journals of files that are stored, but not yet in the database, so that a killed program loses none."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from itertools import count
from pathlib import Path
from typing import IO

from DICOMLib.core.durable import sync_descriptor

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class Journal:
    """The journal of one receiver: a lock that says it lives, and pages of names.

    Parameters
    ----------
    folder
        Where it and files that are still arriving lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._id = uuid.uuid4().hex
        self._numbers = count()
        self._lock_path = folder / f"{self._id}.lock"
        self._lock_file = self._lock_path.open("w")
        _lock(self._lock_file)
        self._page: FileIO | None = None
        self._written: list[Path] = []

    def new_part(self) -> Path:
        """Name for a file that is still arriving."""
        return self._folder / f"{self._id}.{next(self._numbers)}.part"

    def note(self, name: str) -> None:
        """Write down a name that is about to be used; it survives the end of this process."""
        if self._page is None:
            path = self._folder / f"{self._id}.{next(self._numbers)}.journal"
            self._page = FileIO(path, "w")
            self._written.append(path)
        rest = f"\n{name}\n".encode()  # a full disk may have cut off the line before
        while rest:
            rest = rest[self._page.write(rest) :]

    def copy_of_page(self) -> int:
        """A descriptor of the page, for `sync_descriptor`; the caller closes it."""
        assert self._page is not None
        return os.dup(self._page.fileno())

    def turn(self, durable: bool = False) -> list[Path]:
        """Begin a new page; those that were written, and whose content is on the disk if asked for."""
        pages, self._written = self._written, []
        if self._page is not None:
            if durable:
                sync_descriptor(self._page.fileno())
            self._page.close()
            self._page = None
        return pages

    def take_back(self, pages: list[Path]) -> None:
        """Pages that are still needed."""
        self._written = pages + self._written

    @staticmethod
    def done(pages: list[Path]) -> None:
        """Pages whose names are all in the database."""
        for page in pages:
            page.unlink(missing_ok=True)

    def close(self) -> None:
        """End in peace."""
        self.turn()
        self._lock_file.close()
        self._lock_path.unlink(missing_ok=True)


@dataclass(slots=True)
class DeadJournal:
    """What a killed receiver left: the names in its journal, and its files."""

    names: list[str]
    files: list[Path]

    def remove(self) -> None:
        """Forget it, with the files that never arrived whole."""
        for path in self.files:
            path.unlink(missing_ok=True)


def journals_of_the_dead(folder: Path) -> Iterator[DeadJournal]:
    """Journals whose receivers are no more."""
    for lock_path in sorted(folder.glob("*.lock")):
        with lock_path.open("r+") as lock_file:
            if not _lock(lock_file):
                continue
            pages = sorted(folder.glob(f"{lock_path.stem}.*.journal"))
            names = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines() if line]
            parts = list(folder.glob(f"{lock_path.stem}.*.part"))
        yield DeadJournal(names, [*pages, *parts, lock_path])


def _lock(file: IO[str]) -> bool:
    """Lock a file until it is closed; False if another process has."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
