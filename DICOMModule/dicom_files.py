"""How files and folders that are opened or dropped anywhere come to the DICOM module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import slicer
from slicer.i18n import tr as _


class DICOMFileDialog:
    """Takes folders that are dropped on the main window: they are imported, and the browser shows them."""

    def __init__(self, qSlicerFileDialog: Any) -> None:
        self.qSlicerFileDialog = qSlicerFileDialog
        qSlicerFileDialog.fileType = "DICOM Directory"
        qSlicerFileDialog.description = _("Load directory into DICOM database")
        qSlicerFileDialog.action = slicer.qSlicerFileDialog.Read
        self.directoriesToAdd: list[str] = []

    def execDialog(self) -> bool:
        """There is no dialog; dropping is all."""
        return False

    def isMimeDataAccepted(self) -> None:
        """Take the drop if there is a folder in it."""
        self.directoriesToAdd, _files = self.pathsFromMimeData(self.qSlicerFileDialog.mimeData())
        self.qSlicerFileDialog.acceptMimeData(bool(self.directoriesToAdd))

    @staticmethod
    def pathsFromMimeData(mimeData: Any) -> tuple[list[str], list[str]]:
        """Folders and files of what is dropped."""
        paths = [url.toLocalFile() for url in mimeData.urls()] if mimeData.hasUrls() else []
        folders = [path for path in paths if Path(path).is_dir()]
        return folders, [path for path in paths if Path(path).is_file()]

    @staticmethod
    def isAscii(s: str) -> bool:
        """Whether a text has no other than ASCII characters."""
        return s.isascii()

    @staticmethod
    def validDirectories(directories: list[str]) -> bool:
        """Whether all names below these folders can be read with the system's code page."""
        if slicer.app.isCodePageUtf8():
            return True
        return all(
            str(path).isascii() for folder in directories for path in (Path(folder), *Path(folder).rglob("*"))
        )

    @staticmethod
    def createDefaultDatabase() -> bool:
        """Open the database, or make one; False if neither can be."""
        if slicer.dicomDatabase.isOpen:
            return True
        browser = slicer.modules.DICOMInstance.browser()
        browser.createNewDatabaseDirectory()
        if not slicer.dicomDatabase.isOpen:
            slicer.util.warningDisplay(_("A DICOM database could not be made; choose a folder for it."))
        return bool(slicer.dicomDatabase.isOpen)

    def dropEvent(self) -> None:
        """Import the folders."""
        event = self.qSlicerFileDialog.dropEvent()
        self.directoriesToAdd, _files = self.pathsFromMimeData(event.mimeData())
        if not self.validDirectories(self.directoriesToAdd):
            text = _("Folders whose names have other than ASCII characters cannot be read on this system.")
            slicer.util.warningDisplay(text)
            return
        if self.createDefaultDatabase():
            slicer.util.selectModule("DICOM")
            slicer.modules.DICOMInstance.browser().importDirectories(self.directoriesToAdd)


class DICOMFileReader:
    """Reads a DICOM file by importing its folder; it loads no node."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent

    def description(self) -> str:
        """For people."""
        return _("DICOM import")

    def fileType(self) -> str:
        """For the IO manager."""
        return "DICOMFileImport"

    def extensions(self) -> list[str]:
        """For the file dialog."""
        return ["DICOM (*.dcm)", "DICOM (*)"]

    def canLoadFileConfidence(self, filePath: str) -> float:
        """Give 0.6 for a file that says it is DICOM, else 0."""
        try:
            from pydicom.misc import is_dicom

            return 0.6 if is_dicom(filePath) else 0.0
        except OSError:
            return 0.0

    def load(self, properties: dict[str, Any]) -> bool:
        """Import the folder of the file; into the database that is open where there is no window."""
        folder = str(Path(properties["fileName"]).parent)
        if slicer.util.mainWindow() is None:
            from DICOMLib import DICOMUtils

            return bool(slicer.dicomDatabase.isOpen and DICOMUtils.importDicom(folder))
        if not DICOMFileDialog.createDefaultDatabase():
            return False
        slicer.modules.DICOMInstance.browser().importDirectory(folder)
        return True
