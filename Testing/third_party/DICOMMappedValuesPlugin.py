"""A plugin in the style of Slicer 4: images scaled by a Real World Value Mapping object (PS3.3 A.46).

It takes its names from __main__, calls another plugin, and follows references through the database.
"""

import pydicom as dicom
from __main__ import ctk, qt, slicer, vtk
from DICOMLib import DICOMLoadable, DICOMPlugin
from slicer.ScriptedLoadableModule import *


class DICOMMappedValuesPluginClass(DICOMPlugin):
    SOP_CLASS = "1.2.840.10008.5.1.4.1.1.67"

    def __init__(self, epsilon=0.01):
        super(DICOMMappedValuesPluginClass, self).__init__()
        self.loadType = "Mapped values"
        self.tags["sopClassUID"] = "0008,0016"
        self.tags["seriesDescription"] = "0008,103E"

    def examine(self, fileLists):
        loadables = []
        for files in fileLists:
            cachedLoadables = self.getCachedLoadables(files)
            if cachedLoadables:
                loadables += cachedLoadables
            else:
                loadablesForFiles = self.examineFiles(files)
                loadables += loadablesForFiles
                self.cacheLoadables(files, loadablesForFiles)
        return loadables

    def examineFiles(self, files):
        loadables = []
        for file in files:
            if slicer.dicomDatabase.fileValue(file, self.tags["sopClassUID"]) != self.SOP_CLASS:
                continue
            dcm = dicom.dcmread(file)
            item = dcm.ReferencedImageRealWorldValueMappingSequence[0]
            loadable = DICOMLoadable()
            loadable.files = [file]
            loadable.referencedInstanceUIDs = [
                image.ReferencedSOPInstanceUID for image in item.ReferencedImageSequence
            ]
            loadable.imageFiles = [
                slicer.dicomDatabase.fileForInstance(uid) for uid in loadable.referencedInstanceUIDs
            ]
            mapping = item.RealWorldValueMappingSequence[0]
            loadable.slope = mapping.RealWorldValueSlope
            loadable.intercept = mapping.RealWorldValueIntercept
            loadable.units = mapping.MeasurementUnitsCodeSequence[0]
            loadable.name = slicer.dicomDatabase.fileValue(file, self.tags["seriesDescription"])
            loadable.tooltip = "Images with %s" % loadable.units.CodeMeaning
            loadable.confidence = 0.9
            loadable.selected = True
            loadables.append(loadable)
        return loadables

    def load(self, loadable):
        scalarVolumePlugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
        imageLoadables = scalarVolumePlugin.examine([loadable.imageFiles])
        if not imageLoadables:
            return False
        volumeNode = scalarVolumePlugin.load(imageLoadables[0])
        volumeNode.SetName(loadable.name)

        multiply = vtk.vtkImageMathematics()
        multiply.SetOperationToMultiplyByK()
        multiply.SetConstantK(float(loadable.slope))
        cast = vtk.vtkImageCast()
        cast.SetOutputScalarTypeToDouble()
        cast.SetInputData(volumeNode.GetImageData())
        multiply.SetInputConnection(cast.GetOutputPort())
        add = vtk.vtkImageMathematics()
        add.SetOperationToAddConstant()
        add.SetConstantC(float(loadable.intercept))
        add.SetInputConnection(multiply.GetOutputPort())
        add.Update()
        volumeNode.SetAndObserveImageData(add.GetOutput())

        units = slicer.vtkCodedEntry()
        units.SetValueSchemeMeaning(
            str(loadable.units.CodeValue),
            str(loadable.units.CodingSchemeDesignator),
            str(loadable.units.CodeMeaning),
        )
        volumeNode.SetVoxelValueUnits(units)
        volumeNode.SetAttribute("DICOM.instanceUIDs", " ".join(loadable.referencedInstanceUIDs))
        self.addSeriesInSubjectHierarchy(loadable, volumeNode)
        selectionNode = slicer.app.applicationLogic().GetSelectionNode()
        selectionNode.SetReferenceActiveVolumeID(volumeNode.GetID())
        slicer.app.applicationLogic().PropagateVolumeSelection(0)
        return volumeNode


class DICOMMappedValuesPlugin:
    def __init__(self, parent):
        parent.title = "DICOM mapped values plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.contributors = ["A third party"]
        parent.helpText = ""
        parent.acknowledgementText = ""
        self.parent = parent
        try:
            slicer.modules.dicomPlugins
        except AttributeError:
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMMappedValuesPlugin"] = DICOMMappedValuesPluginClass
