"""Slicer's script functions that fill and empty a database."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import slicer

from DICOMLib.plugins.scripting.load import loadSeriesWithVerification

log = logging.getLogger(__name__)


def importDicom(
    dicomDataDir: str | os.PathLike[str], dicomDatabase: Any = None, copyFiles: bool = False
) -> bool:
    """Index a folder; returns whether that went through."""
    from DICOMLib.compat.ctkDICOMIndexer import ctkDICOMIndexer

    database = slicer.dicomDatabase if dicomDatabase is None else dicomDatabase
    if not database.isOpen:
        log.error("DICOM files cannot be imported: the database is not open.")
        return False
    indexer = ctkDICOMIndexer()
    indexer.addDirectory(database, str(dicomDataDir), copyFiles)
    indexer.waitForImportFinished()
    return indexer.error is None


def clearDatabase(dicomDatabase: Any = None) -> None:
    """Remove all patients, with the files that were copied into the database folder."""
    database = slicer.dicomDatabase if dicomDatabase is None else dicomDatabase
    for patient in database.patients():
        database.removePatient(patient)
    if database.databaseDirectory:
        removeEmptyDirs(os.path.join(database.databaseDirectory, "dicom"))  # noqa: PTH118
    database.databaseChanged()


def removeEmptyDirs(path: str | os.PathLike[str]) -> None:
    """Remove `path` and the folders below it, as far as they hold no files."""
    for folder, _folders, _files in os.walk(path, topdown=False):
        if not any(Path(folder).iterdir()):
            try:
                Path(folder).rmdir()
            except OSError as error:
                log.error("An empty folder could not be removed: %s", error.strerror)  # noqa: TRY400


def allSeriesUIDsInDatabase(database: Any = None) -> list[str]:
    """Series Instance UIDs of all series."""
    database = slicer.dicomDatabase if database is None else database
    return [
        series
        for patient in database.patients()
        for study in database.studiesForPatient(patient)
        for series in database.seriesForStudy(study)
    ]


def seriesUIDsForFiles(files: Iterable[str]) -> set[str]:
    """Set of the Series Instance UIDs of files; those that the database does not know are left out."""
    return {uid for path in files if (uid := slicer.dicomDatabase.seriesForFile(path))}


class LoadDICOMFilesToDatabase:
    """Download an archive, import it and load it with verification; `with` gives whether all went well.

    Nothing is removed at the end.
    """

    def __init__(  # noqa: PLR0913, PLR0917 Slicer's arguments
        self,
        url: str,
        archiveFilePath: str | None = None,
        dicomDataDir: str | None = None,
        expectedNumberOfFiles: int | None = None,
        selectedPlugins: Mapping[str, int] | None = None,
        loadedNodes: Mapping[str, int] | None = None,
        checksum: str | None = None,
    ) -> None:
        folder = Path(slicer.app.temporaryPath)
        self.url = url
        self.archiveFilePath = archiveFilePath or str(folder / Path(urlparse(url).path).name)
        self.dicomDataDir = dicomDataDir or str(folder / Path(self.archiveFilePath).stem)
        self.expectedNumberOfExtractedFiles = expectedNumberOfFiles
        self.selectedPlugins = selectedPlugins
        self.loadedNodes = loadedNodes
        self.checksum = checksum

    def __enter__(self) -> bool:
        if not slicer.util.downloadAndExtractArchive(
            self.url,
            self.archiveFilePath,
            self.dicomDataDir,
            self.expectedNumberOfExtractedFiles,
            checksum=self.checksum,
        ):
            return False
        files = slicer.util.getFilesInDirectory(self.dicomDataDir)
        if not importDicom(self.dicomDataDir):
            return False
        return loadSeriesWithVerification(seriesUIDsForFiles(files), self.selectedPlugins, self.loadedNodes)

    def __exit__(self, *_exception: object) -> None:
        return None
