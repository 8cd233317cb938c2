"""Copies of imported files in the database folder: whole, never over another one, never twice."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM, is_disk_full, is_file_too_large
from DICOMLib.database import FileRecord, storage
from DICOMLib.database.second_files import is_same_content
from DICOMLib.indexing import reasons
from DICOMLib.indexing.read import IDENTIFIER_TAGS


def copied(
    record: FileRecord, folder: Path, *, short_paths: bool = True, hard_link: bool = False
) -> FileRecord:
    """The record of a copy inside the database folder.

    A copy that is there already and has the same content is used again. One with other content stays as it
    is, and the new one gets a name of its own.

    Parameters
    ----------
    record
        Of the source.
    folder
        The database folder; a source that is a copy in it stays where it is.
    short_paths
        Whether copies are named by digests of their UIDs.
    hard_link
        Whether the copy may be a second name of the source, where the file system can do that.

    Raises
    ------
    InvalidDICOM
        If it could not be copied; nothing is left behind.
    """
    if record.path.startswith(f"{storage.clean(str(folder))}/{storage.COPIES}/"):
        return record
    study, series, sop = (record.values[tag] for tag in IDENTIFIER_TAGS)
    name = storage.copy_name(study, series, sop, short=short_paths)
    try:
        there = os.path.exists(f"{folder}/{name}")
        if there and not is_same_content(f"{folder}/{name}", record.path):
            name = name_by_content(name, record.path)
            there = os.path.exists(f"{folder}/{name}")
        # A hard link may have been changed through its other name.
        kept = there and not os.path.samefile(f"{folder}/{name}", record.path)
        if not there:
            storage.copy_in(folder, record.path, name, hard_link=hard_link)
    except OSError as error:
        raise InvalidDICOM(record.path, _reason(error)) from error
    return record.stored_at(record.path, name, kept)


def _reason(error: OSError) -> str:
    """Why there is no copy."""
    if is_file_too_large(error):
        return reasons.TOO_LARGE_TO_COPY
    return reasons.NO_SPACE if is_disk_full(error) else reasons.NOT_COPIED


def name_by_content(name: str, source: str) -> str:
    """A name beside `name` for a file with other content; the same content gives the same name."""
    digest = hashlib.blake2b(digest_size=8)
    with Path(source).open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    stem, suffix = os.path.splitext(name)
    return f"{stem}-{digest.hexdigest()}{suffix}"
