"""A plugin of an extension: images of one series at several trigger times become a sequence of volumes.

It has settings of its own, a progress dialog, and a sequence browser; it brings only `examine`, as plugins
of older extensions do.
"""

import logging
from collections import defaultdict

import ctk
import qt
import slicer
import vtk
from slicer.i18n import tr as _
from slicer.ScriptedLoadableModule import *

from DICOMLib import DICOMLoadable, DICOMPlugin, DICOMUtils


class DICOMTimePointsPluginClass(DICOMPlugin):
    SETTING = "DICOM/TimePoints/Tag"

    def __init__(self):
        super().__init__()
        self.loadType = _("Time points")
        self.tags["triggerTime"] = "0018,1060"
        self.tags["acquisitionTime"] = "0008,0032"

    @staticmethod
    def settingsPanelEntry(panel, parent):
        formLayout = qt.QFormLayout(parent)
        tagComboBox = ctk.ctkComboBox()
        tagComboBox.toolTip = _("By which time the images are grouped")
        tagComboBox.addItem(_("Trigger time"), "triggerTime")
        tagComboBox.addItem(_("Acquisition time"), "acquisitionTime")
        tagComboBox.currentIndex = 0
        formLayout.addRow(_("Group by:"), tagComboBox)
        panel.registerProperty(
            DICOMTimePointsPluginClass.SETTING,
            tagComboBox,
            "currentUserDataAsString",
            str(qt.SIGNAL("currentIndexChanged(int)")),
        )

    def timeTag(self):
        return self.tags[qt.QSettings().value(self.SETTING, "triggerTime")]

    def examine(self, fileLists):
        loadables = []
        for files in fileLists:
            filesByTime = defaultdict(list)
            for file in files:
                filesByTime[slicer.dicomDatabase.fileValue(file, self.timeTag())].append(file)
            if len(filesByTime) < 2 or "" in filesByTime:
                continue
            sizes = {len(group) for group in filesByTime.values()}
            loadable = DICOMLoadable()
            loadable.files = files
            loadable.filesByTime = dict(filesByTime)
            seriesUID = slicer.dicomDatabase.fileValue(files[0], self.tags["seriesInstanceUID"])
            loadable.name = self.defaultSeriesNodeName(seriesUID) + " - %d time points" % len(filesByTime)
            loadable.tooltip = loadable.name
            loadable.warning = "" if len(sizes) == 1 else "The time points have different numbers of images"
            loadable.confidence = 1.0 if len(sizes) == 1 else 0.4
            loadable.selected = True
            loadable.multivolume = self.describeFrames(filesByTime)
            loadables.append(loadable)
        return loadables

    def describeFrames(self, filesByTime):
        """Keeps the facts of the frames as importers of multi-volumes do, in a node outside of the scene."""
        mvNode = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMultiVolumeNode")
        mvNode.UnRegister(None)
        labelsArray = vtk.vtkDoubleArray()
        labelsArray.SetNumberOfComponents(1)
        for time in sorted(filesByTime, key=float):
            labelsArray.InsertNextValue(float(time))
        mvNode.SetLabelArray(labelsArray)
        mvNode.SetLabelName("ms")
        mvNode.SetNumberOfFrames(len(filesByTime))
        mvNode.SetAttribute("MultiVolume.FrameLabels", ",".join(sorted(filesByTime, key=float)))
        mvNode.SetAttribute("MultiVolume.FrameIdentifyingDICOMTagUnits", "ms")
        return mvNode

    def load(self, loadable):
        mvNode = loadable.multivolume
        times = mvNode.GetAttribute("MultiVolume.FrameLabels").split(",")
        if mvNode.GetNumberOfFrames() != len(times):
            return False
        progressDialog = None
        if slicer.util.mainWindow():
            progressDialog = slicer.util.createProgressDialog(
                parent=slicer.util.mainWindow(),
                labelText="Loading time points",
                value=0,
                maximum=len(times),
                windowModality=qt.Qt.WindowModal,
            )
        sequenceNode = slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLSequenceNode", slicer.mrmlScene.GenerateUniqueName(loadable.name)
        )
        sequenceNode.SetIndexName("TriggerTime")
        sequenceNode.SetIndexUnit(mvNode.GetLabelName())
        storageNode = slicer.vtkMRMLVolumeArchetypeStorageNode()
        volumesLogic = slicer.modules.volumes.logic()
        try:
            for index, time in enumerate(times):
                if progressDialog:
                    progressDialog.value = index
                    if progressDialog.wasCanceled:
                        return False
                sortedFiles, distances, warning = DICOMUtils.getSortedImageFiles(loadable.filesByTime[time])
                fileList = vtk.vtkStringArray()
                for file in sortedFiles:
                    fileList.InsertNextValue(slicer.util.longPath(file))
                if index == 0:  # the two ways in which plugins let Slicer read
                    volumeNode = volumesLogic.AddArchetypeScalarVolume(sortedFiles[0], "frame", 0, fileList)
                else:
                    volumeNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "frame")
                    storageNode.ResetFileNameList()
                    storageNode.SetFileName(sortedFiles[0])
                    for file in sortedFiles:
                        storageNode.AddFileName(file)
                    storageNode.SetSingleFile(0)
                    if not storageNode.ReadData(volumeNode):
                        return False
                sequenceNode.SetDataNodeAtValue(volumeNode, time)
                slicer.mrmlScene.RemoveNode(volumeNode)
                slicer.app.processEvents()
        finally:
            if progressDialog:
                progressDialog.close()
        self.showSequence(loadable, sequenceNode)
        slicer.util.showStatusMessage("%d time points loaded" % len(times), 1000)
        logging.debug("loaded %d time points", len(times))
        return sequenceNode

    def showSequence(self, loadable, sequenceNode):
        browserNode = slicer.mrmlScene.AddNewNodeByClass(
            "vtkMRMLSequenceBrowserNode", sequenceNode.GetName() + " browser"
        )
        browserNode.SetAndObserveMasterSequenceNodeID(sequenceNode.GetID())
        browserNode.SetPlaybackRateFps(4)
        slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browserNode)
        proxyNode = browserNode.GetProxyNode(sequenceNode)
        slicer.modules.sequences.setToolBarActiveBrowserNode(browserNode)
        slicer.modules.sequences.showSequenceBrowser(browserNode)
        self.addSeriesInSubjectHierarchy(loadable, sequenceNode)
        appLogic = slicer.app.applicationLogic()
        appLogic.GetSelectionNode().SetReferenceActiveVolumeID(proxyNode.GetID())
        appLogic.PropagateVolumeSelection()


class DICOMTimePointsPlugin(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "DICOM time points plugin"
        parent.categories = ["Developer Tools.DICOM Plugins"]
        parent.dependencies = ["Sequences"]
        parent.hidden = True
        if not hasattr(slicer.modules, "dicomPlugins"):
            slicer.modules.dicomPlugins = {}
        slicer.modules.dicomPlugins["DICOMTimePointsPlugin"] = DICOMTimePointsPluginClass
