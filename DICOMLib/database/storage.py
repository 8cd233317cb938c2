"""Where the files of a database lie, and how their paths are remembered.

Paths are texts here: they come by the hundred thousand, and `pathlib` would be the slowest part.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import uuid
from contextlib import suppress
from functools import lru_cache
from itertools import count
from pathlib import Path

# Folders of a database into which files are written: by an import, by a receiver, over DICOMweb.
COPIES = "dicom"
INCOMING = "incoming"
WEB = "DICOMweb"
THUMBNAILS = "thumbs"
# Copies that are being made by this process have names of their own.
_PROCESS = uuid.uuid4().hex
_numbers = count()
# Names of copies, see `instance_path`: digests or UIDs, the last perhaps with a digest of the content.
_COPY = re.compile(r"(([0-9a-f]{8}|[0-9a-f]{32}|[0-9.]+)/){2}([0-9a-f]{32}|[0-9.]+)(-[0-9a-f]{16})?(\.dcm)?")
_UID = re.compile("[0-9][0-9.]{0,127}")
# How the names of copies end that are not finished.
UNFINISHED = ".part"


def clean(path: str) -> str:
    """The path with forward slashes and without "." and ".."."""
    return os.path.normpath(path).replace(os.sep, "/") if path else ""


def internal_path(directory: str, path: str) -> str:
    """The path as it is remembered: relative if it lies inside `directory`, else as it is.

    `directory` is clean; a relative or empty path is left alone.
    """
    if not path or not directory or not os.path.isabs(path):
        return path
    cleaned = clean(path)
    inside = cleaned.startswith(directory.rstrip("/") + "/")
    return cleaned[len(directory.rstrip("/")) + 1 :] if inside else path


def absolute_path(directory: str, stored: str) -> str:
    """The path of a file that is remembered as `stored`; "" stays ""."""
    if not stored or not directory or os.path.isabs(stored):
        return stored
    return clean(os.path.join(directory, stored))


def is_copy(stored: str) -> bool:
    """Whether a stored path is that of a copy: relative, in a folder and with a name as we and CTK give.

    A file of the user that lies inside the database folder is remembered by a relative path, too.
    """
    folder, _slash, name = clean(stored).partition("/")
    if folder == COPIES:
        return _COPY.fullmatch(name) is not None
    return folder in (INCOMING, WEB) and name != ""


def instance_path(study_uid: str, series_uid: str, sop_uid: str, *, short: bool = True) -> str:
    """The three components below "dicom" and "thumbs", without an extension.

    If `short` they are digests of the UIDs, for operating systems that allow no long paths. What is no UID
    becomes a digest in any case: files may name anything there.
    """
    if not short:
        return "/".join(
            uid if _UID.fullmatch(uid) else _digest(uid) for uid in (study_uid, series_uid, sop_uid)
        )
    return f"{_short_folder(study_uid, series_uid)}/{_digest(sop_uid)}"


@lru_cache(maxsize=64)
def _short_folder(study_uid: str, series_uid: str) -> str:
    return f"{_digest(study_uid)[:8]}/{_digest(series_uid)[:8]}"


def _digest(uid: str) -> str:
    return hashlib.md5(uid.encode(), usedforsecurity=False).hexdigest()


def copy_name(study_uid: str, series_uid: str, sop_uid: str, *, short: bool = True) -> str:
    """Path of the copy of an instance, relative to the database folder."""
    return f"{COPIES}/{instance_path(study_uid, series_uid, sop_uid, short=short)}.dcm"


def thumbnail_path(
    directory: str, study_uid: str, series_uid: str, sop_uid: str, *, short: bool = True
) -> str:
    """Absolute path of the thumbnail of an instance, whether it is there or not."""
    return f"{directory}/{THUMBNAILS}/{instance_path(study_uid, series_uid, sop_uid, short=short)}.png"


def copy_in(directory: Path | str, source: str, relative: str, *, hard_link: bool = False) -> str:
    """Copy `source` to `directory / relative`, whole or not at all, and return `relative`.

    The copy has the time of the last change of its source. With `hard_link` it is a second name of it, where
    both lie on one file system that knows such.

    Raises
    ------
    OSError
        If the source cannot be read or the copy not be written.
    """
    target = f"{directory}/{relative}"
    if os.path.exists(target) and os.path.samefile(source, target):
        return relative
    try:
        _place(source, target, hard_link)
    except FileNotFoundError:  # as a rule the folder, which most files find there
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _place(source, target, hard_link)
    return relative


def _place(source: str, target: str, hard_link: bool) -> None:
    if hard_link and _linked(source, target):
        return
    temporary = f"{os.path.dirname(target)}/.{_PROCESS}-{os.getpid()}-{next(_numbers)}{UNFINISHED}"
    try:
        if not (hard_link and _linked(source, temporary)):
            copy_data(source, temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def _linked(source: str, target: str) -> bool:
    """Give a file a second name; False if its file system cannot, or another file has it."""
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True


def copy_data(source: str, target: str) -> None:
    """Copy a file with the time of its last change, inside the kernel where it can do that."""
    with open(source, "rb", buffering=0) as reader, open(target, "wb", buffering=0) as writer:
        status = os.fstat(reader.fileno())
        if not _copy_in_kernel(reader.fileno(), writer.fileno(), status.st_size):
            shutil.copyfileobj(reader, writer, 1 << 20)
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))


def _copy_in_kernel(source: int, target: int, size: int) -> bool:
    """Copy `size` bytes; False if this kernel or file system cannot, with nothing written."""
    copy_range = getattr(os, "copy_file_range", None)
    if copy_range is None:
        return False
    copied = 0
    try:
        while copied < size and (count := copy_range(source, target, size - copied)):
            copied += count
    except OSError:
        if copied:
            raise
        return False
    # Some virtual file systems answer 0 although there is something to read, or know no sizes.
    return 0 < copied == size


def remove_file(path: str, stop_at: str) -> None:
    """Delete a file, if it is there, and the folders that it leaves empty, up to `stop_at`.

    Raises
    ------
    OSError
        If the file is there and cannot be deleted.
    """
    Path(path).unlink(missing_ok=True)
    folder = Path(path).parent
    top = Path(stop_at)
    while top in folder.parents:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
