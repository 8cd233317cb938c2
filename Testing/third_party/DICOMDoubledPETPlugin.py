"""A plugin of an extension for PET: it makes a new series by a command line module, and loads that.

The series goes into the database with what was loaded (derived items); the images are read by vtkITK's readers.
"""

import glob
import logging
import os

import pydicom
import qt
import slicer
import vtk
import vtkITK
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import *

from DICOMLib import DICOMLoadable, DICOMPlugin, DICOMUtils


class DICOMDoubledPETPluginClass(DICOMPlugin):
    def __init__(self):
        super().__init__()
        self.loadType = _("Doubled PET")
        self.tags["patientID"] = "0010,0020"
        self.tags["patientName"] = "0010,0010"
        self.tags["studyInstanceUID"] = "0020,000D"
        self.tags["rescaleSlope"] = "0028,1053"

    def examineForImport(self, fileLists):
        loadables = []
        for files in fileLists:
            loadables += self.examineFiles(files)
        return loadables

    def examineFiles(self, files):
        cachedLoadables = self.getCachedLoadables(files)
        if cachedLoadables:
            return cachedLoadables
        sortedFiles, distances, warning = DICOMUtils.getSortedImageFiles(files, 1e-2)
        modality = slicer.dicomDatabase.fileValue(sortedFiles[0], self.tags["modality"])
        if modality != "PT" or not distances:
            return []
        if not slicer.dicomDatabase.fileValueExists(sortedFiles[0], self.tags["seriesInstanceUID"]):
            return []
        loadable = DICOMLoadable()
        loadable.files = sortedFiles
        seriesUID = slicer.dicomDatabase.seriesForFile(sortedFiles[0])
        loadable.name = self.defaultSeriesNodeName(seriesUID) + " doubled"
        loadable.tooltip = loadable.name
        loadable.warning = warning
        loadable.selected = False
        loadable.confidence = 0.3
        self.cacheLoadables(files, [loadable])
        return [loadable]

    def readWithITK(self, files):
        reader = vtkITK.vtkITKArchetypeImageSeriesScalarReader()
        reader.SetArchetype(files[0])
        for file in files:
            reader.AddFileName(slicer.util.longPath(file))
        reader.SetSingleFile(0)
        reader.SetOutputScalarTypeToNative()
        reader.SetDesiredCoordinateOrientationToNative()
        reader.SetUseNativeOriginOn()
        reader.SetDICOMImageIOApproachToGDCM()
        logging.info("Loading with imageIOApproach: %s" % reader.GetDICOMImageIOApproach())
        reader.Update()
        slicer.modules.reader = reader
        if reader.GetErrorCode() != vtk.vtkErrorCode.NoError:
            raise RuntimeError(vtk.vtkErrorCode.GetStringFromErrorCode(reader.GetErrorCode()))
        change = vtk.vtkImageChangeInformation()
        change.SetInputConnection(reader.GetOutputPort())
        change.SetOutputSpacing(1, 1, 1)
        change.SetOutputOrigin(0, 0, 0)
        change.Update()
        name = slicer.mrmlScene.GenerateUniqueName("PET")
        volumeNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
        volumeNode.SetAndObserveImageData(change.GetOutputDataObject(0))
        slicer.vtkMRMLVolumeArchetypeStorageNode.SetMetaDataDictionaryFromReader(volumeNode, reader)
        volumeNode.SetRASToIJKMatrix(reader.GetRasToIjkMatrix())
        volumeNode.CreateDefaultDisplayNodes()
        slicer.modules.DICOMInstance.reader = reader
        slicer.modules.DICOMInstance.imageChangeInformation = change
        return volumeNode

    def load(self, loadable):
        volumeNode = self.readWithITK(loadable.files)
        slicer.util.updateVolumeFromArray(volumeNode, 2 * slicer.util.arrayFromVolume(volumeNode))
        self.tempDir = os.path.join(slicer.app.temporaryPath, "doubled" + self.currentDateTime)
        qt.QDir().mkpath(self.tempDir)
        firstFile = loadable.files[0]
        cliparameters = {
            "inputVolume": volumeNode,
            "dicomDirectory": self.tempDir,
            "patientID": slicer.dicomDatabase.fileValue(firstFile, self.tags["patientID"]),
            "patientName": slicer.dicomDatabase.fileValue(firstFile, self.tags["patientName"]),
            "studyInstanceUID": slicer.dicomDatabase.fileValue(firstFile, self.tags["studyInstanceUID"]),
            "seriesInstanceUID": pydicom.uid.generate_uid(),
            "frameOfReferenceUID": slicer.dicomDatabase.fileValue(firstFile, self.tags["frameOfReferenceUID"]),
            "seriesDescription": loadable.name,
            "modality": "PT",
        }
        cliNode = None
        cliNode = slicer.cli.run(
            slicer.modules.createdicomseries, cliNode, cliparameters, wait_for_completion=True
        )
        succeeded = cliNode.GetStatusString() == "Completed"
        if not succeeded:
            logging.error(cliNode.GetErrorText())
        slicer.mrmlScene.RemoveNode(cliNode)
        if not succeeded:
            return False
        target = os.path.join(os.path.dirname(slicer.dicomDatabase.databaseFilename), "doubled")
        qt.QDir().mkpath(target)
        loadable.derivedItems = []
        for path in sorted(glob.glob(os.path.join(self.tempDir, "*.dcm"))):
            derived = os.path.join(target, os.path.basename(path))
            qt.QFile.rename(path, derived)
            loadable.derivedItems.append(derived)
        units = slicer.vtkCodedEntry()
        units.SetValueSchemeMeaning("{SUVbw}g/ml", "UCUM", "Standardized Uptake Value body weight")
        volumeNode.SetVoxelValueUnits(units)
        colorID = slicer.modules.colors.logic().GetPETColorNodeID(slicer.vtkMRMLPETProceduralColorNode.PETheat)
        volumeDisplayNode = volumeNode.GetVolumeDisplayNode()
        volumeDisplayNode.SetAndObserveColorNodeID(colorID)
        volumeDisplayNode.SetAutoWindowLevel(False)
        volumeDisplayNode.SetWindowLevel(6, 3)
        volumeNode.SetName(loadable.name)
        uids = [str(pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID) for path in loadable.derivedItems]
        volumeNode.SetAttribute("DICOM.instanceUIDs", " ".join(uids))
        self.addSeriesInSubjectHierarchy(loadable, volumeNode)
        shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        shNode.SetItemAttribute(shNode.GetItemByDataNode(volumeNode), "Doubled", "1")
        return volumeNode


class DICOMDoubledPETPlugin(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = _("DICOM doubled PET plugin")
        self.parent.categories = [translate("qSlicerAbstractCoreModule", "Developer Tools.DICOM Plugins")]
        self.parent.contributors = ["A third party"]
        self.parent.hidden = True
        try:
            slicer.modules.dicomPlugins
        except AttributeError:
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMDoubledPETPlugin"] = DICOMDoubledPETPluginClass
