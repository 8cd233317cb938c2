"""The faults that a user can meet. Each text is fit for a dialog and holds no patient data."""

from __future__ import annotations

import errno
import logging
import os
import traceback

# What code of others may raise: a plugin that calls sys.exit must not end the program.
FAULTS_OF_OTHERS = (Exception, SystemExit)


class DICOMError(Exception):
    """Root of all faults of the environment: files, databases, peers, plugins."""


class InvalidDICOM(DICOMError):
    """A file that cannot be taken, and why.

    Parameters
    ----------
    path
        The file, as it was given.
    reason
        A short, constant phrase ("truncated", "no DICOM file"), so that equal faults can be grouped.
    """

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(path, reason)
        self.path = os.fspath(path)
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class UnusableData(DICOMError):
    """Data that cannot be used as they are. The text is a constant phrase, without values or paths."""

    @property
    def reason(self) -> str:
        """The phrase."""
        return str(self)


class DatabaseError(DICOMError):
    """The database could not do what was asked; nothing was half-written."""


class DatabaseTooNew(DatabaseError):
    """The file was written with a schema that this program does not know."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(
            f"The database has schema version {found}; this program knows up to {known}. "
            "Open it with the program that wrote it, or choose another folder."
        )
        self.found = found
        self.known = known


class DatabaseUnavailable(DatabaseError):
    """The database file cannot be opened, read or written: missing, locked, read-only, disk full."""


class DatabaseReadOnly(DatabaseUnavailable):
    """The database may be read, but not written."""

    reason = "the database is read-only"

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"The database {filename} is read-only: nothing can be added to it or changed in it. "
            "Get the right to write to its folder and files, or choose another database."
        )


class NetworkError(DICOMError):
    """A peer could not be reached or did not do what was asked."""


class AssociationRefused(NetworkError):
    """The peer answered, but did not accept the association."""


class PeerAborted(NetworkError):
    """The connection ended before the answer was complete."""


class PeerStatus(NetworkError):
    """The peer answered with a DIMSE status that is no success (PS3.7 annex C)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{text} (status 0x{code:04X})")
        self.code = code


class WebStatus(NetworkError):
    """The server answered with an HTTP status that is no success (PS3.18 section 8.5)."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class PluginError(DICOMError):
    """A plugin failed; the text names the plugin."""


class FolderError(DICOMError):
    """A folder that cannot be made; the text says which and why, and `reason` only why."""

    def __init__(self, path: str | os.PathLike[str], reason: str) -> None:
        super().__init__(f"The folder {os.fspath(path)} cannot be made: {reason}.")
        self.reason = reason


class ExportError(DICOMError):
    """Something cannot be written as DICOM; the text says what and what to do."""


def reason_of(error: BaseException) -> str:
    """Why something failed, as a constant phrase or the type of the exception.

    It is never the text of the exception, which may hold a path, and so the name of a patient.
    """
    reason = getattr(error, "reason", None) or getattr(error, "strerror", None)
    return reason if isinstance(reason, str) else type(error).__name__


def reason_for_user(error: BaseException) -> str:
    """Faults of the environment in plain words, without a path; those of code in one line with their type."""
    if isinstance(error, InvalidDICOM):
        return error.reason
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, DICOMError):
        return str(error)
    lines = str(error).strip().splitlines()  # pydicom's go on with a traceback
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


LIMITS_OF_SIZE = "A disk with FAT32 holds files of up to 4 GB, and the system may have a limit of its own."


def is_disk_full(error: OSError) -> bool:
    """Whether a disk is full, or the quota of the user is used up."""
    return error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


def is_file_too_large(error: OSError) -> bool:
    """Whether a file may not be so large, by its file system (FAT32: 4 GB) or a limit of the process."""
    return error.errno == errno.EFBIG


def log_failure(log: logging.Logger, what: str, error: BaseException, level: int = logging.ERROR) -> None:
    """Log what failed, and why, so that nothing names a patient; the whole exception is logged at DEBUG.

    What is no fault of the environment may be one of the code, so it is told where it happened. A lower
    `level` is for what the user is told in another way.
    """
    is_told = isinstance(error, DICOMError | OSError)
    where = "" if is_told else "\n" + "".join(traceback.format_tb(error.__traceback__)).rstrip()
    log.log(level, "%s (%s)%s", what, reason_of(error), where)
    log.debug("%s", what, exc_info=error)
