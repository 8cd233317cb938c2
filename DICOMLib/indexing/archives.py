"""Zip archives: their DICOM files are taken out a few at a time, for a database that keeps copies.

Names inside an archive are shown but never used as paths, so none can lead out of the folder. Members that
do not begin like DICOM are not taken out, and what is taken out has a limit, so that a small archive cannot
fill the disk.
"""

from __future__ import annotations

import os
import shutil
import time
import zipfile
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.indexing import reasons
from DICOMLib.indexing.walk import FoundFile
from DICOMLib.standard.part10 import START_BYTES, starts_like_dicom

# What an archive may become: images of one colour shrink by a factor of a thousand, but not whole studies.
MAX_GROWTH = 200
MIN_LIMIT_BYTES = 1 << 30
# What must stay free on the disk.
RESERVE_BYTES = 64 << 20
_BLOCK_BYTES = 1 << 20
_LOCAL_HEADER = b"PK\x03\x04"
_ENCRYPTED = 1
_FAULTS = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


def is_archive(path: str) -> bool:
    """Whether a file is a zip archive, by its content."""
    try:
        if not Path(path).is_file():  # a pipe would wait for ever
            return False
        with Path(path).open("rb") as file:
            start = file.read(START_BYTES)
    except OSError:
        return False
    return start.startswith(_LOCAL_HEADER) and start[128:132] != b"DICM"


def member_count(path: str) -> int:
    """Number of members, 0 if it cannot be read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return len(archive.infolist())
    except _FAULTS:
        return 0


def members(path: str, scratch: Path, size: int) -> Iterator[list[FoundFile]]:
    """The files of an archive, `size` at a time; they are deleted when the next ones are asked for.

    Parameters
    ----------
    path
        Of the archive.
    scratch
        An empty folder for files that are taken out.
    size
        How many files lie there at once.
    """
    with closing(_taken_out(path, scratch)) as files:
        while chunk := list(islice(files, size)):
            yield chunk
            for found in chunk:
                if not found.problem:
                    Path(found.path).unlink(missing_ok=True)


def _taken_out(path: str, scratch: Path) -> Generator[FoundFile, None, None]:
    try:
        with zipfile.ZipFile(path) as archive:
            limit = max(MIN_LIMIT_BYTES, MAX_GROWTH * Path(path).stat().st_size)
            for number, member in enumerate(archive.infolist()):
                if member.is_dir():
                    continue
                shown = f"{path}/{''.join(c if c.isprintable() else '?' for c in member.filename)}"
                try:
                    found = _extracted(archive, member, scratch / f"{number}.dcm", limit)
                except InvalidDICOM as error:
                    yield FoundFile(shown, problem=error.reason)
                    continue
                limit -= member.file_size
                yield FoundFile(str(found), found.stat().st_mtime, shown=shown)
    except _FAULTS:
        yield FoundFile(path, problem=reasons.BAD_ARCHIVE)


def _extracted(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, limit: int) -> Path:
    """Write one member to `target`.

    Raises
    ------
    InvalidDICOM
        If it is none, or cannot or must not be taken out.
    """
    if member.flag_bits & _ENCRYPTED:
        raise InvalidDICOM(member.filename, reasons.ENCRYPTED)
    if not member.file_size:
        raise InvalidDICOM(member.filename, reasons.EMPTY)
    try:
        with archive.open(member) as source:
            start = source.read(START_BYTES)
            if not starts_like_dicom(start):
                raise InvalidDICOM(member.filename, reasons.NO_DICOM)
            if member.file_size > limit:
                raise InvalidDICOM(member.filename, reasons.BOMB)
            if member.file_size + RESERVE_BYTES > shutil.disk_usage(target.parent).free:
                raise InvalidDICOM(member.filename, reasons.NO_SPACE)
            with target.open("xb") as file:
                file.write(start)
                shutil.copyfileobj(source, file, _BLOCK_BYTES)
    except _FAULTS as error:
        target.unlink(missing_ok=True)
        raise InvalidDICOM(member.filename, reasons.BAD_ARCHIVE) from error
    moment = _modified(member)
    os.utime(target, (moment, moment))
    return target


def _modified(member: zipfile.ZipInfo) -> float:
    """When a member was changed, as the archive tells in local time."""
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0
