"""A plugin of a reporting extension: lesions on a series become segments, a table and fiducials, and go back.

It finds the series that it belongs to by walking the database, asks the user in a dialog of its own which
lesions to load, uses the logics of many modules, and exports what it has loaded.
"""

import os

import numpy
import pydicom
import qt
import slicer
import vtk
import vtkSegmentationCorePython as vtkSegmentationCore
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import *
from slicer.util import VTKObservationMixin

import DICOMLib
from DICOMLib import DICOMLoadable, DICOMPlugin


class DICOMLesionMapPluginClass(DICOMPlugin, VTKObservationMixin):
    CREATOR = "LESION MAPS"

    def __init__(self):
        DICOMPlugin.__init__(self)
        VTKObservationMixin.__init__(self)
        self.loadType = _("Lesion map")
        self.tags["manufacturer"] = "0008,0070"
        self.tags["studyInstanceUID"] = "0020,000D"
        self.chosenLesions = None

    def examineFiles(self, files):
        loadables = []
        for filePath in files:
            if slicer.dicomDatabase.fileValue(filePath, self.tags["manufacturer"]) != self.CREATOR:
                continue
            uid = slicer.dicomDatabase.instanceForFile(filePath)
            loadable = DICOMLoadable()
            loadable.files = [filePath]
            loadable.name = slicer.dicomDatabase.descriptionForSeries(
                slicer.dicomDatabase.seriesForFile(filePath)
            )
            loadable.tooltip = loadable.name + _(" - as lesions")
            loadable.uid = uid
            loadable.confidence = 0.95
            loadable.selected = True
            loadable.referencedInstanceUIDs = []
            self.addReferences(loadable)
            loadables.append(loadable)
        return loadables

    def referencedFiles(self, seriesUID):
        """Files of a series of any patient, as plugins look for what they belong to."""
        database = slicer.dicomDatabase
        for patient in database.patients():
            for study in database.studiesForPatient(patient):
                if seriesUID in database.seriesForStudy(study):
                    self.patientID = database.fieldForPatient("PatientID", database.patientForStudy(study))
                    return [database.fileForInstance(i) for i in database.instancesForSeries(seriesUID)]
        return []

    def chooseLesions(self, names):
        dialog = qt.QDialog(slicer.util.mainWindow())
        dialog.setWindowTitle(_("Lesions"))
        layout = qt.QGridLayout(dialog)
        label = qt.QLabel(_("Which lesions?"))
        label.alignment = qt.Qt.AlignCenter
        layout.addWidget(label, 0, 0)
        listWidget = qt.QListWidget()
        listWidget.selectionMode = qt.QAbstractItemView.ExtendedSelection
        listWidget.addItems(names)
        listWidget.selectAll()
        layout.addWidget(listWidget, 1, 0)
        okButton = qt.QPushButton(_("OK"))
        okButton.connect("clicked(bool)", lambda checked: dialog.accept())
        layout.addWidget(okButton, 2, 0)
        if slicer.app.testingEnabled():
            qt.QTimer.singleShot(0, okButton.click)
        dialog.exec_()
        return [item.text() for item in listWidget.selectedItems()]

    def load(self, loadable):
        ds = pydicom.dcmread(loadable.files[0])
        element = lambda number: ds[self.findPrivateTag(ds, 0x0071, number, self.CREATOR)].value
        names = list(element(0x10).split("|"))
        imageFiles = self.referencedFiles(loadable.referencedSeriesUID)
        if len(imageFiles) == 0:
            slicer.util.errorDisplay(_("The images of this map are not in the database."))
            return False
        if slicer.util.mainWindow():
            self.chosenLesions = self.chooseLesions(names)
        qt.QApplication.setOverrideCursor(qt.Qt.WaitCursor)
        try:
            return self.loadLesions(loadable, names, element(0x11), imageFiles)
        finally:
            qt.QApplication.restoreOverrideCursor()

    def loadLesions(self, loadable, names, data, imageFiles):
        volumeNode = self.loadImages(imageFiles)
        self.tempDir = slicer.util.tempDirectory()
        labelPath = os.path.join(self.tempDir, "labels.nrrd")
        labels = numpy.frombuffer(data, numpy.uint8).reshape(slicer.util.arrayFromVolume(volumeNode).shape)
        writtenNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "written")
        slicer.util.updateVolumeFromArray(writtenNode, labels.copy())
        matrix = vtk.vtkMatrix4x4()
        volumeNode.GetIJKToRASMatrix(matrix)
        writtenNode.SetIJKToRASMatrix(matrix)
        slicer.util.saveNode(writtenNode, labelPath)
        slicer.mrmlScene.RemoveNode(writtenNode)
        labelNode = slicer.util.loadLabelVolume(labelPath, properties={"name": "labels"})
        segmentationNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", loadable.name)
        segmentationNode.CreateDefaultDisplayNodes()
        segmentationNode.SetReferenceImageGeometryParameterFromVolumeNode(volumeNode)
        slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(labelNode, segmentationNode)
        slicer.mrmlScene.RemoveNode(labelNode)
        self.describeSegments(segmentationNode, names)
        self.addTable(loadable, segmentationNode)
        self.addFiducials(segmentationNode)
        self.addSeriesInSubjectHierarchy(loadable, segmentationNode)
        segmentationNode.SetAttribute("LesionMap.uid", loadable.uid)
        slicer.util.delayDisplay(_("Lesions loaded"), 1)
        return segmentationNode

    def loadImages(self, imageFiles):
        plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
        loadables = plugin.examineForImport([imageFiles])
        volumeNode = plugin.load(loadables[0])
        grey = slicer.modules.colors.logic().GetColorTableNodeID(slicer.vtkMRMLColorTableNode.Grey)
        volumeNode.GetDisplayNode().SetAndObserveColorNodeID(grey)
        slicer.modules.transforms.logic().hardenTransform(volumeNode)
        return volumeNode

    def describeSegments(self, segmentationNode, names):
        terminologies = slicer.modules.terminologies.logic()
        segmentation = segmentationNode.GetSegmentation()
        representation = vtkSegmentationCore.vtkSegmentationConverter
        assert segmentation.ContainsRepresentation(
            representation.GetSegmentationBinaryLabelmapRepresentationName()
        )
        for index, name in enumerate(names):
            segment = segmentation.GetNthSegment(index)
            segment.SetName(name)
            entry = slicer.vtkSlicerTerminologyEntry()
            entry.SetTerminologyContextName("Lesions")
            entry.GetCategoryObject().SetCodeValue("49755003")
            entry.GetCategoryObject().SetCodingSchemeDesignator("SCT")
            entry.GetCategoryObject().SetCodeMeaning("Morphologically Altered Structure")
            entry.GetTypeObject().SetCodeValue("4147007")
            entry.GetTypeObject().SetCodingSchemeDesignator("SCT")
            entry.GetTypeObject().SetCodeMeaning("Mass")
            tagName = slicer.vtkSegment.GetTerminologyEntryTagName()
            segment.SetTag(tagName, terminologies.SerializeTerminologyEntry(entry))
            if self.chosenLesions is not None and name not in self.chosenLesions:
                segmentation.RemoveSegment(segment)

    def addTable(self, loadable, segmentationNode):
        tableNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLTableNode", loadable.name + " table")
        nameColumn = vtk.vtkStringArray()
        nameColumn.SetName("Lesion")
        sizeColumn = vtk.vtkDoubleArray()
        sizeColumn.SetName("Voxels")
        segmentation = segmentationNode.GetSegmentation()
        for segmentID in segmentation.GetSegmentIDs():
            nameColumn.InsertNextValue(segmentation.GetSegment(segmentID).GetName())
            mask = slicer.util.arrayFromSegmentBinaryLabelmap(segmentationNode, segmentID)
            sizeColumn.InsertNextValue(float(numpy.sum(mask)))
        tableNode.AddColumn(nameColumn)
        tableNode.AddColumn(sizeColumn)
        tableNode.SetColumnUnitLabel("Voxels", "{voxels}")
        tableNode.SetUseColumnNameAsColumnHeader(True)
        slicer.modules.tables.logic()
        layout = slicer.app.layoutManager()
        if layout:
            slicer.app.applicationLogic().GetSelectionNode().SetReferenceActiveTableID(tableNode.GetID())
            slicer.app.applicationLogic().PropagateTableSelection()

    def addFiducials(self, segmentationNode):
        fiducials = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Lesion centers")
        fiducials.CreateDefaultDisplayNodes()
        for segmentID in segmentationNode.GetSegmentation().GetSegmentIDs():
            center = segmentationNode.GetSegmentCenterRAS(segmentID)
            fiducials.AddControlPoint(vtk.vtkVector3d(center))
            last = fiducials.GetNumberOfControlPoints() - 1
            name = segmentationNode.GetSegmentation().GetSegment(segmentID).GetName()
            fiducials.SetNthControlPointLabel(last, name)
            slicer.modules.markups.logic().JumpSlicesToLocation(*center, True)

    def examineForExport(self, subjectHierarchyItemID):
        shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
        node = shNode.GetItemDataNode(subjectHierarchyItemID)
        if node is None or not node.GetAttribute("LesionMap.uid"):
            return []
        exportable = slicer.qSlicerDICOMExportable()
        exportable.confidence = 1.0
        exportable.pluginClass = self.__module__
        exportable.name = self.loadType
        exportable.tooltip = _("Lesions with the images that they lie on")
        exportable.subjectHierarchyItemID = subjectHierarchyItemID
        exportable.setTag("SeriesDescription", node.GetName())
        exportable.setTag("SeriesNumber", "900")
        return [exportable]

    def export(self, exportables):
        shNode = slicer.mrmlScene.GetSubjectHierarchyNode()
        for exportable in exportables:
            node = shNode.GetItemDataNode(exportable.subjectHierarchyItemID)
            source = slicer.dicomDatabase.fileForInstance(node.GetAttribute("LesionMap.uid"))
            ds = pydicom.dcmread(source)
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
            ds.SeriesInstanceUID = pydicom.uid.generate_uid()
            ds.SeriesDescription = exportable.tag("SeriesDescription")
            ds.SeriesNumber = int(exportable.tag("SeriesNumber"))
            segmentation = node.GetSegmentation()
            kept = [segmentation.GetNthSegment(i).GetName() for i in range(segmentation.GetNumberOfSegments())]
            block = ds.private_block(0x0071, self.CREATOR)
            ds[block.get_tag(0x10)].value = "|".join(kept)
            target = os.path.join(exportable.directory, "lesions.dcm")
            ds.save_as(target)
            slicer.dicomDatabase.insert(target, False, False)
            DICOMLib.DICOMUtils.refreshDICOMWidget()
        return ""


class DICOMLesionMapPlugin(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        self.parent.title = "DICOM lesion map plugin"
        self.parent.categories = ["Developer Tools.DICOM Plugins"]
        self.parent.dependencies = ["DICOM", "Colors"]
        self.parent.contributors = ["A third party"]
        try:
            slicer.modules.dicomPlugins
        except AttributeError:
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMLesionMapPlugin"] = DICOMLesionMapPluginClass
