"""The files to import: folders walked safely, DICOMDIRs obeyed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.indexing import reasons
from DICOMLib.indexing.dicomdir import FILE_NAME, dicomdir_in, listed_files


@dataclass(frozen=True, slots=True)
class WalkOptions:
    """How folders are walked.

    Parameters
    ----------
    follow_symlinks
        Whether links to folders are entered; a loop of links is entered once.
    include_hidden
        Whether names that begin with a dot count.
    """

    follow_symlinks: bool = True
    include_hidden: bool = True


class FoundFile(NamedTuple):
    """A candidate.

    Parameters
    ----------
    path
        Absolute.
    modified
        Time of its last change, seconds since the epoch.
    problem
        Why it cannot be opened, "" if it can.
    shown
        What the user knows it by, "" for its path.
    """

    path: str
    modified: float = 0.0
    problem: str = ""
    shown: str = ""

    @property
    def is_text(self) -> bool:
        """Whether the path can be stored; on Linux, names are bytes that need not be UTF-8."""
        try:
            self.path.encode()
        except UnicodeEncodeError:
            return False
        return True


def count_files(paths: Iterable[str | os.PathLike[str]]) -> int:
    """About how many candidates there are: for progress, and quickly."""
    count = 0
    for path in paths:
        if not os.path.isdir(path):
            count += 1
            continue
        for _folder, _folders, files in os.walk(path, followlinks=False):
            count += len(files)
    return count


def absolute_paths(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """The paths without "." and "..", each once."""
    return list(dict.fromkeys(os.path.abspath(os.fspath(path)) for path in paths))


def found_files(
    paths: Iterable[str | os.PathLike[str]], options: WalkOptions = WalkOptions()
) -> Iterator[FoundFile]:
    """All candidates below `paths`, each file once, folders in the order of their names.

    A folder that holds a DICOMDIR stands for the files which that lists, and so does a DICOMDIR itself; this
    is so for the given folders only, not for those below them.
    """
    given = absolute_paths(paths)
    if len(given) == 1:
        yield from _found(given[0], options)
        return
    seen: set[str] = set()
    for path in given:
        for found in _found(path, options):
            if found.path not in seen:
                seen.add(found.path)
                yield found


def _found(path: str, options: WalkOptions) -> Iterator[FoundFile]:
    if os.path.isdir(path):
        dicomdir = dicomdir_in(Path(path))
    elif os.path.basename(path).upper() == FILE_NAME:
        dicomdir, path = Path(path), os.path.dirname(path)
    else:
        yield _candidate(path)
        return
    if dicomdir is None:
        yield from _walk(path, options, set())
        return
    try:
        files, _complete = listed_files(dicomdir)
    except InvalidDICOM as error:
        yield FoundFile(error.path, problem=error.reason)
        yield from _walk(path, options, set())
        return
    for file in files:
        yield _candidate(file)


def _candidate(path: str) -> FoundFile:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return FoundFile(path, problem=reasons.NOT_FOUND)
    except OSError:
        return FoundFile(path, problem=reasons.UNREADABLE)
    return _checked(path, status)


def _checked(path: str, status: os.stat_result) -> FoundFile:
    if not stat.S_ISREG(status.st_mode):
        return FoundFile(path, problem=reasons.NOT_A_FILE)
    if not status.st_size:
        return FoundFile(path, problem=reasons.EMPTY)
    return FoundFile(path, status.st_mtime)


def _walk(folder: str, options: WalkOptions, entered: set[tuple[int, int]]) -> Iterator[FoundFile]:
    """Files of a folder, then those of its folders; `entered` are the folders on the way and before."""
    try:
        status = os.stat(folder)
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield FoundFile(folder, problem=reasons.UNREADABLE)
        return
    identity = (status.st_dev, status.st_ino)
    if identity in entered:
        return
    entered.add(identity)
    folders = []
    for entry in entries:
        if entry.name.startswith(".") and not options.include_hidden:
            continue
        if _is_folder(entry, options):
            folders.append(entry.path)
        elif not (entry.is_symlink() and not options.follow_symlinks and os.path.isdir(entry.path)):
            yield _listed(entry)
    for path in folders:
        yield from _walk(path, options, entered)


def _is_folder(entry: os.DirEntry[str], options: WalkOptions) -> bool:
    try:
        return entry.is_dir(follow_symlinks=options.follow_symlinks)
    except OSError:  # a link to itself, or to where nobody may look
        return False


def _listed(entry: os.DirEntry[str]) -> FoundFile:
    """As `_candidate`; on some systems the listing knows already what the file is."""
    try:
        return _checked(entry.path, entry.stat())
    except FileNotFoundError:
        return FoundFile(entry.path, problem=reasons.NOT_FOUND)
    except OSError:
        return FoundFile(entry.path, problem=reasons.UNREADABLE)
