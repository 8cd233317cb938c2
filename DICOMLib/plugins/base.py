"""The base of all DICOM plugins, as Slicer's plugins know it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import slicer

from DICOMLib.mrml import subject_hierarchy
from DICOMLib.mrml.images.image_header import read_dataset
from DICOMLib.plugins import preferences
from DICOMLib.plugins.loadable import DICOMLoadable

log = logging.getLogger(__name__)

UNNAMED_SERIES = "Unnamed Series"

_MODALITY_OF_SOP_CLASS = {
    "1.2.840.10008.5.1.4.1.1.4": "MR",
    "1.2.840.10008.5.1.4.1.1.4.1": "MR",
    "1.2.840.10008.5.1.4.1.1.4.4": "MR",
    "1.2.840.10008.5.1.4.1.1.2": "CT",
    "1.2.840.10008.5.1.4.1.1.2.1": "CT",
    "1.2.840.10008.5.1.4.1.1.2.2": "CT",
    "1.2.840.10008.5.1.4.1.1.128": "PT",
    "1.2.840.10008.5.1.4.1.1.128.1": "PT",
    "1.2.840.10008.5.1.4.1.1.130": "PT",
}

# (code value, coding scheme, meaning) of the quantity and of its unit, PS3.16.
_QUANTITY_AND_UNITS = {
    "MR": (("110852", "DCM", "MR signal intensity"), ("1", "UCUM", "no units")),
    "CT": (("112031", "DCM", "Attenuation Coefficient"), ("[hnsf'U]", "UCUM", "Hounsfield unit")),
}


class DICOMPlugin:
    """Reads or writes one kind of DICOM data.

    A plugin looks at the files of a series (`examineFiles`), offers loadables, and makes nodes of those
    that the user wants (`load`); or it looks at an item of the scene (`examineForExport`) and writes
    files (`export`). Examination reads the database only, so each tag that it asks for belongs into
    `tags`: those are cached when files are imported.
    """

    # Whether all that is loaded is made of pixels: then files without any, or none that can be decoded, are
    # not even tried.
    showsPixels = False
    # There also for plugins whose `__init__` does not call this one.
    loadType = "Generic DICOM"
    tempDir: str | None = None

    def __init__(self) -> None:
        self.loadableCache: dict[str, list[DICOMLoadable]] = {}
        self.tags = {
            "seriesDescription": "0008,103E",
            "seriesNumber": "0020,0011",
            "frameOfReferenceUID": "0020,0052",
            "seriesInstanceUID": "0020,000E",
            "modality": "0008,0060",
            "instanceUID": "0008,0018",
            "sopClassUID": "0008,0016",
        }

    @cached_property
    def currentDateTime(self) -> str:
        """When this plugin was first asked, as a text fit for file names."""
        return datetime.now().strftime("%Y-%m-%d_%H%M%S")

    @property
    def examinesEachSeries(self) -> bool:
        """Whether a series is examined without regard to the others, so that they may be asked one by one."""
        return type(self).examineForImport is DICOMPlugin.examineForImport and (
            type(self).examine is DICOMPlugin.examine
        )

    def value(self, path: str, tagName: str) -> str:
        """Value of a file for a name in `tags`; "" if it is absent."""
        return str(slicer.dicomDatabase.fileValue(path, self.tags[tagName]))

    # -- what a plugin overrides

    def examineForImport(self, fileLists: Sequence[Sequence[str]]) -> list[DICOMLoadable]:
        """Offer what can be loaded from lists of files, one list for each series."""
        loadables: list[DICOMLoadable] = []
        for files in fileLists:
            cached = self.getCachedLoadables(files)
            if cached is None:
                cached = self.examineFiles(files)
                self.cacheLoadables(files, cached)
            loadables += cached
        return loadables

    def examineFiles(self, files: Sequence[str]) -> list[DICOMLoadable]:
        """Offer what can be loaded from the files of one series."""
        return []

    def examine(self, fileLists: Sequence[Sequence[str]]) -> list[DICOMLoadable]:
        """The older name of `examineForImport`."""
        return self.examineForImport(fileLists)

    def load(self, loadable: DICOMLoadable) -> Any:
        """Make the nodes and return the main one, or something false when that was not possible."""
        return True

    def examineForExport(self, subjectHierarchyItemID: int) -> list[Any]:
        """Offer how the item can be written as DICOM."""
        return []

    def export(self, exportables: Sequence[Any]) -> str:
        """Write the exportables; the text that is returned says what went wrong, empty when nothing did."""
        return ""

    def cleanup(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self.tempDir:
            shutil.rmtree(self.tempDir, ignore_errors=True)
            self.tempDir = None

    # -- what was already examined

    def hashFiles(self, files: Sequence[str]) -> str:
        """A key for a list of files; another order gives another key."""
        text = "".join(files).encode("utf-8", "surrogatepass")
        return hashlib.md5(text, usedforsecurity=False).hexdigest()

    def getCachedLoadables(self, files: Sequence[str]) -> list[DICOMLoadable] | None:
        """What was offered for these files before; None if they have not been examined yet."""
        return self.loadableCache.get(self.hashFiles(files))

    def cacheLoadables(self, files: Sequence[str], loadables: list[DICOMLoadable]) -> None:
        """Remember what was offered for these files."""
        self.loadableCache[self.hashFiles(files)] = loadables

    # -- the scene

    def addSeriesInSubjectHierarchy(self, loadable: DICOMLoadable, dataNode: Any) -> None:
        """Put `dataNode` below its patient and study, with the facts of `loadable.files[0]`."""
        if not getattr(loadable, "files", None) or not isinstance(dataNode, slicer.vtkMRMLNode):
            log.error("Only a node that was loaded from files can be put into the subject hierarchy.")
            return
        referenced = getattr(loadable, "referencedInstanceUIDs", ())
        subject_hierarchy.add_series(slicer.dicomDatabase, loadable.files, dataNode, referenced)

    def defaultSeriesNodeName(self, seriesUID: str) -> str:
        """Number and description of a series ("3: Axial T1"), as far as they are known."""
        files = slicer.dicomDatabase.filesForSeries(seriesUID)
        if not files:
            return UNNAMED_SERIES
        description = slicer.dicomDatabase.fileValue(files[0], self.tags["seriesDescription"])
        number = slicer.dicomDatabase.fileValue(files[0], self.tags["seriesNumber"])
        name = description or UNNAMED_SERIES
        return f"{number}: {name}" if number else name

    # -- references

    def addReferences(self, loadable: Any) -> None:
        """Note which instances the first file of `loadable` refers to, and the series they belong to.

        Sets `referencedInstanceUIDs`, and `referencedSeriesUID` if a series is named.
        """
        wanted = ("ReferencedSeriesSequence", "ReferencedImageSequence")
        dataset = read_dataset(loadable.files[0], only=wanted)
        uids: list[str] = []
        series = dataset.get("ReferencedSeriesSequence")
        if series:
            loadable.referencedSeriesUID = str(series[0].SeriesInstanceUID)
            for path in slicer.dicomDatabase.filesForSeries(loadable.referencedSeriesUID):
                uids.append(slicer.dicomDatabase.fileValue(path, self.tags["instanceUID"]))
        for image in dataset.get("ReferencedImageSequence") or ():
            uids.append(str(image.ReferencedSOPInstanceUID))
        loadable.referencedInstanceUIDs = list(dict.fromkeys(uids))

    def findPrivateTag(self, ds: Any, group: int, element: int, privateCreator: str) -> Any:
        """The tag of a private element under its creator (PS3.5 7.8.1), None if the creator has no block."""
        try:
            return ds.private_block(group, privateCreator).get_tag(element)
        except KeyError:
            return None

    # -- what all plugins need to know

    @staticmethod
    def _dcmqi_binary(name: str) -> str:
        """Path of one of dcmqi's programs.

        Raises
        ------
        RuntimeError
            If the Python package dcmqi is not installed or has no such program.
        """
        suffix = ".exe" if sys.platform == "win32" else ""
        try:
            distribution = importlib.metadata.distribution("dcmqi")
        except importlib.metadata.PackageNotFoundError:
            raise RuntimeError("The Python package dcmqi is not installed.") from None
        path = Path(str(distribution.locate_file(f"dcmqi/bin/{name}{suffix}")))
        if not path.is_file():
            raise RuntimeError(f"The Python package dcmqi has no program {name!r}.")
        return str(path)

    @staticmethod
    def isDetailedLogging() -> bool:
        """Whether the user has asked for detailed logs."""
        return preferences.flag("DICOM/detailedLogging")

    def mapSOPClassUIDToModality(self, sopClassUID: str) -> str | None:
        """The modality of an MR, CT or PET image class, otherwise None."""
        return _MODALITY_OF_SOP_CLASS.get(sopClassUID)

    def mapSOPClassUIDToDICOMQuantityAndUnits(self, sopClassUID: str) -> tuple[Any, Any]:
        """What the voxels of a class measure and in which unit, as two vtkCodedEntry or two None."""
        codes = _QUANTITY_AND_UNITS.get(self.mapSOPClassUIDToModality(sopClassUID) or "")
        if codes is None:
            return (None, None)
        quantity, units = (_coded_entry(*code) for code in codes)
        return (quantity, units)


def _coded_entry(value: str, scheme: str, meaning: str) -> Any:
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(value, scheme, meaning)
    return entry
