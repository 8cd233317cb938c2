"""The faults that a user can meet. Each text is fit for a dialog and holds no patient data."""

from __future__ import annotations

import os


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


class PluginError(DICOMError):
    """A plugin failed; the text names the plugin."""


class ExportError(DICOMError):
    """Something cannot be written as DICOM; the text says what and what to do."""
