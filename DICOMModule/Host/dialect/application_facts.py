"""What scripts ask the application about itself: its version, files and folders."""

from __future__ import annotations

import sys
from pathlib import Path

from qtpy import QtCore

from DICOMLib import __version__

# The version of Slicer whose interface is offered.
SLICER_VERSION = (5, 13)


class ApplicationFacts:
    """Attributes and functions of `slicer.app` that only tell something."""

    os = {"linux": "linux", "darwin": "macosx", "win32": "win"}.get(sys.platform, sys.platform)
    arch = "amd64" if sys.maxsize > 2**32 else "i386"
    platform = f"{os}-{arch}"
    applicationVersion = __version__
    majorVersion, minorVersion = SLICER_VERSION
    mainApplicationName = "Slicer"
    mainApplicationDisplayName = "Slicer DICOM"
    mainApplicationMajorVersion, mainApplicationMinorVersion = SLICER_VERSION
    intDir = "."
    revision = repositoryRevision = mainApplicationRevision = mainApplicationRepositoryRevision = ""
    releaseType = "Stable"
    isInstalled = True
    launcherExecutableFilePath = sys.executable
    launcherSettingsFilePath = ""
    extensionsInstallPath = ""

    slicerHome: str
    temporaryPath: str
    _settings: QtCore.QSettings

    def isRelease(self) -> bool:
        """Whether this is no preview."""
        return True

    @property
    def slicerSharePath(self) -> str:
        """Folder of resources, below `slicerHome`."""
        return "Resources"

    @property
    def slicerUserSettingsFilePath(self) -> str:
        """File of the user's settings."""
        return self._settings.fileName()

    slicerRevisionUserSettingsFilePath = slicerUserSettingsFilePath

    @property
    def cachePath(self) -> str:
        """The user's folder for what can be made again."""
        place = QtCore.QStandardPaths.writableLocation(QtCore.QStandardPaths.CacheLocation)
        return place or self.temporaryPath

    @property
    def documentsLocation(self) -> str:
        """The user's folder for documents."""
        location = QtCore.QStandardPaths.DocumentsLocation
        return QtCore.QStandardPaths.writableLocation(location) or str(Path.home())

    def toSlicerHomeAbsolutePath(self, path: str) -> str:
        """An absolute path, relative ones being below `slicerHome`."""
        return path if not path or Path(path).is_absolute() else str(Path(self.slicerHome) / path)

    def toSlicerHomeRelativePath(self, path: str) -> str:
        """A path below `slicerHome` made relative to it, others as they are."""
        home = Path(self.slicerHome)
        return str(Path(path).relative_to(home)) if Path(path).is_relative_to(home) else path

    def arguments(self) -> list[str]:
        """The command line."""
        return list(sys.argv)
