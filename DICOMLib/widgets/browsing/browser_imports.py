"""Imports into a browser by script, and what they added."""

from __future__ import annotations

from collections.abc import Sequence

from DICOMLib.widgets.files.import_dialog import ImportDirectoryMode
from DICOMLib.widgets.files.import_panel import Imports


class BrowserImports:
    """Mixin of the browsers."""

    _imports: Imports

    def _import(self, paths: Sequence[str], mode: int) -> None:
        """Start the import of files and folders."""
        raise NotImplementedError

    def importDirectory(self, directory: str, mode: int = ImportDirectoryMode.ImportDirectoryAddLink) -> None:
        """Import a folder in the background."""
        self.importDirectories([directory], mode)

    def importDirectories(
        self, directories: Sequence[str], mode: int = ImportDirectoryMode.ImportDirectoryAddLink
    ) -> None:
        """Import folders in the background; those that do not exist are left out."""
        self._import(directories, mode)

    def importFiles(
        self, files: Sequence[str], mode: int = ImportDirectoryMode.ImportDirectoryAddLink
    ) -> None:
        """Import files in the background."""
        self._import(files, mode)

    def onImportDirectory(
        self, directory: str, mode: int = ImportDirectoryMode.ImportDirectoryAddLink
    ) -> None:
        """The old name of `importDirectory`."""
        self.importDirectory(directory, mode)

    def patientsAddedDuringImport(self) -> int:
        """Number of patients that the imports of this browser added."""
        return self._imports.added["patients"]

    def studiesAddedDuringImport(self) -> int:
        """Number of studies that the imports of this browser added."""
        return self._imports.added["studies"]

    def seriesAddedDuringImport(self) -> int:
        """Number of series that the imports of this browser added."""
        return self._imports.added["series"]

    def instancesAddedDuringImport(self) -> int:
        """Number of images that the imports of this browser added."""
        return self._imports.added["instances"]

    def resetItemsAddedDuringImportCounters(self) -> None:
        """Count from zero."""
        self._imports.resetCounters()
