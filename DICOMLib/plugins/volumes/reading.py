"""How the scalar volume plugin reads image files: by our own reader and by those of ITK; their comparison."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import slicer
import vtk

from DICOMLib.core.errors import DICOMError, log_failure, reason_for_user, reason_of
from DICOMLib.mrml.images import itk_reader
from DICOMLib.mrml.volumes import volume

log = logging.getLogger(__name__)

READER_APPROACH = "DICOM/ScalarVolume/ReaderApproach"


class ScalarVolumeReading:
    """Reads sorted files into a volume node, in the way that the settings or the caller choose."""

    readingFault = ""
    _prepared: tuple[list[str], volume.Volume] | None = None

    @staticmethod
    def readerApproaches() -> list[str]:
        """The ways to read files, in the order of the setting."""
        return ["GDCM with DCMTK fallback", "DCMTK", "GDCM", "Archetype"]

    def chosenApproach(self) -> str:
        """The way that is chosen in the settings."""
        number: int = slicer.util.settingsValue(READER_APPROACH, 0, converter=int)
        return self.readerApproaches()[number]

    def windowPresets(self, path: str) -> list[tuple[float, float]]:
        """Pairs (width, center) of a file."""
        raise NotImplementedError

    def setVolumeNodeProperties(self, volumeNode: Any, loadable: Any) -> None:
        """Give a new volume what it needs besides its voxels."""
        raise NotImplementedError

    def prepareLoad(self, loadable: Any) -> None:
        """Read the images, in whatever thread this is called; `load` takes them from here then."""
        if self.chosenApproach() == self.readerApproaches()[0]:
            itk_reader.check_spacing(loadable.files[0])
            self._prepared = (list(loadable.files), volume.read_volume(loadable.files))

    def takePrepared(self, files: Sequence[str]) -> volume.Volume | None:
        """What `prepareLoad` read of these files, once; None if it was not asked to."""
        prepared, self._prepared = self._prepared, None
        return prepared[1] if prepared is not None and prepared[0] == list(files) else None

    def readFiles(self, files: Sequence[str], name: str, readerApproach: str, grayscale: bool = True) -> Any:
        """Add a volume node by one of the `readerApproaches`; None if it cannot read the files."""
        try:
            itk_reader.check_spacing(files[0])
        except DICOMError as error:
            log_failure(log, "The images make no volume", error)
            self.noteFault(error)
            return None
        if readerApproach == "Archetype":
            return self.loadFilesWithArchetype(files, name)
        if readerApproach != "GDCM with DCMTK fallback":
            return self.loadFilesWithSeriesReader(readerApproach, files, name, grayscale)
        node = self.loadFilesDirectly(files, name)
        if node is None:
            node = self.loadFilesWithSeriesReader("GDCM", files, name, grayscale)
        if node is None:
            node = self.loadFilesWithSeriesReader("DCMTK", files, name, grayscale)
        return node

    def noteFault(self, error: BaseException) -> None:
        """Remember why files are not read: what the first reader says, which knows most of DICOM."""
        self.readingFault = self.readingFault or reason_for_user(error)

    def loadFilesDirectly(self, files: Sequence[str], name: str) -> Any:
        """Read without ITK; None if the files need more than that."""
        try:
            return self.addVolumeNode(self.takePrepared(files) or volume.read_volume(files), files, name)
        except (DICOMError, OSError) as error:
            log.info("Images are not read directly but by ITK (%s).", reason_of(error))
            self.noteFault(error)
            return None

    def loadFilesWithArchetype(self, files: Sequence[str], name: str) -> Any:
        """Read with the archetype reader of the Volumes module."""
        fileList = vtk.vtkStringArray()
        for path in files:
            fileList.InsertNextValue(slicer.util.longPath(path))
        return slicer.modules.volumes.logic().AddArchetypeScalarVolume(files[0], name, 0, fileList)

    def loadFilesWithSeriesReader(
        self, imageIOName: str, files: Sequence[str], name: str, grayscale: bool = True
    ) -> Any:
        """Read with an ITK reader, "GDCM" or "DCMTK"; scripts find it in `slicer.modules` afterwards."""
        try:
            paths = [slicer.util.longPath(path) for path in files]
            reading = itk_reader.read_with_itk(paths, imageIOName, grayscale=grayscale)
        except DICOMError as error:
            log_failure(log, "The images are not read", error, logging.INFO)
            self.noteFault(error)
            return None
        node = self.addVolumeNode(reading.volume, files, name)
        slicer.vtkMRMLVolumeArchetypeStorageNode.SetMetaDataDictionaryFromReader(node, reading.reader)
        slicer.modules.reader = reading.reader
        if hasattr(slicer.modules, "DICOMInstance"):
            slicer.modules.DICOMInstance.reader = reading.reader
            slicer.modules.DICOMInstance.imageChangeInformation = reading.change_information
        return node

    def addVolumeNode(self, readVolume: volume.Volume, files: Sequence[str], name: str) -> Any:
        """Add a node; the window of its voxels is not computed if the files tell one."""
        auto = not self.windowPresets(files[len(files) // 2])
        return volume.add_volume_node(slicer.mrmlScene, readVolume, name, auto_window=auto)

    # -- comparison of readers

    def loadWithMultipleLoaders(self, loadable: Any) -> list[Any]:
        """Load copies with each reader, to compare them."""
        nodes = []
        for suffix, approach in (("archetype", "Archetype"), ("gdcm", "GDCM"), ("dcmtk", "DCMTK")):
            grayscale = getattr(loadable, "grayscale", True)
            node = self.readFiles(loadable.files, f"{loadable.name}-{suffix}", approach, grayscale)
            if node is not None:
                self.setVolumeNodeProperties(node, loadable)
            nodes.append(node)
        return nodes

    @staticmethod
    def compareVolumeNodes(volumeNode1: Any, volumeNode2: Any) -> str:
        """Say in which way two volumes differ; empty if they do not."""
        differences = []
        first, second = (volume.ijk_to_ras_of(node) for node in (volumeNode1, volumeNode2))
        if not np.allclose(first, second, atol=1e-4):
            differences.append("IJKToRAS mismatch")
        arrays = [slicer.util.arrayFromVolume(node) for node in (volumeNode1, volumeNode2)]
        if arrays[0].shape != arrays[1].shape:
            differences.append("dimensions mismatch")
        elif not np.array_equal(*arrays):
            differences.append("voxel mismatch")
        return ", ".join(differences)
