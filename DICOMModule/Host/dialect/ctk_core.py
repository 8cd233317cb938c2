"""What CTK has beside its widgets: levels of the log, and paths below a folder."""

from __future__ import annotations

import logging
from pathlib import Path

from qtpy import QtCore


class ctkErrorLogLevel:
    """Levels of the error log."""

    Unknown, Trace, Debug, Info, Warning, Error, Critical, Fatal = 0, 1, 2, 4, 8, 16, 32, 64


class ctkCoreUtils:
    """Paths below a folder, kept relative to it."""

    @staticmethod
    def internalPathFromAbsolute(path: str, base: str) -> str:
        """The path relative to `base` if it lies below it, else as it is."""
        if not path or not base or not Path(path).is_relative_to(base):
            return path
        return Path(path).relative_to(base).as_posix()

    @staticmethod
    def absolutePathFromInternal(path: str, base: str) -> str:
        """The path, a relative one being below `base`; "" stays so."""
        return QtCore.QDir.cleanPath(str(Path(base) / path)) if path else ""


class _LogSettings:
    """The functions of the C++ namespace `ctk`, reached as `ctk.ctk`."""

    @staticmethod
    def setDICOMLogLevel(level: int) -> None:
        """How much is logged of the DICOM library."""
        debug = level <= ctkErrorLogLevel.Debug
        logging.getLogger("DICOMLib").setLevel(logging.DEBUG if debug else logging.INFO)

    @staticmethod
    def setDICOMDetailedLogging(enabled: bool) -> None:
        """Log everything, or only what matters."""
        logging.getLogger("DICOMLib").setLevel(logging.DEBUG if enabled else logging.INFO)

    @staticmethod
    def dicomLogLevel() -> int:
        """How much is logged."""
        debug = logging.getLogger("DICOMLib").isEnabledFor(logging.DEBUG)
        return ctkErrorLogLevel.Debug if debug else ctkErrorLogLevel.Info

    @staticmethod
    def dicomLogLevelAsString() -> str:
        """How much is logged, in a word."""
        return "Debug" if _LogSettings.dicomLogLevel() == ctkErrorLogLevel.Debug else "Info"


ctk = _LogSettings
