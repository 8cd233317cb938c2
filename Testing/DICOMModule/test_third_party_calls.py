"""What plugins of Slicer's extensions call beside reading files: a test for each of them, named after it.

Where C++ libraries of their extension do the work of a plugin, the test holds what it does before and after,
and what it is told of the library.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from Testing import factories

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SERIES = str(factories.uid("ct"))
TISSUE = (
    "Segmentation category and type - DICOM master list~SCT^85756007^Tissue~SCT^49755003^Morphologically "
    "Altered Structure~^^~Anatomic codes - DICOM master list~^^~^^"
)


@pytest.fixture
def slicer(dicom, scene, tmp_path):
    """`slicer` with a CT of three slices in its database, and its names where older plugins look for them."""
    import slicer

    from DICOMLib import DICOMUtils

    factories.write(factories.ct_series(3, "ct"), tmp_path / "ct")
    assert DICOMUtils.importDicom(str(tmp_path / "ct"))
    return slicer


def loaded_volume(slicer):
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (loadable,) = plugin.examineFiles(slicer.dicomDatabase.filesForSeries(SERIES))
    return plugin.load(loadable)


def test_multi_volume_importer_asks(slicer):
    from __main__ import ctk, qt

    for progress in (
        slicer.util.createProgressDialog(parent=slicer.util.mainWindow(), value=0, maximum=100),
        qt.QProgressDialog(slicer.util.mainWindow()),
    ):
        progress.modal = True
        progress.minimumDuration = 0
        progress.labelText = "Reading"
        progress.setWindowModality(qt.Qt.WindowModal)
        progress.value = 5
        slicer.app.processEvents()
        assert (progress.value, progress.wasCanceled, progress.labelText) == (5, False, "Reading")
        progress.close()
    box = ctk.ctkComboBox()
    box.addItem("default", "default")
    box.addItem("sequence", "volumeSequence")
    panel = ctk.ctkSettingsPanel()
    signal = str(qt.SIGNAL("currentIndexChanged(int)"))
    key = "DICOM/PreferredMultiVolumeImportFormat"
    requires = ctk.ctkSettingsPanel.OptionRequireRestart
    panel.registerProperty(key, box, "currentUserDataAsString", signal, "Preferred format", requires)
    box.currentIndex = 1
    try:
        assert slicer.util.settingsValue(key, "default") == "volumeSequence"
    finally:
        slicer.app.settings().remove(key)


def test_multi_volume_importer_loads(slicer):
    from __main__ import vtk

    frames = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMultiVolumeNode")
    frames.UnRegister(None)
    frames.SetScene(slicer.mrmlScene)
    frames.SetAttribute("MultiVolume.FrameLabels", "1,2")
    frames.SetNumberOfFrames(2)
    frames.SetLabelArray(vtk.vtkDoubleArray())
    frames.SetLabelName("s")
    assert (frames.GetNumberOfFrames(), frames.GetLabelName()) == (2, "s")

    storage = slicer.vtkMRMLVolumeArchetypeStorageNode()
    files = slicer.dicomDatabase.filesForSeries(SERIES)
    storage.ResetFileNameList()
    storage.SetFileName(files[0])
    for file in files:
        storage.AddFileName(file)
    storage.SetSingleFile(0)
    volume = slicer.vtkMRMLScalarVolumeNode()
    assert storage.ReadData(volume)
    name = slicer.mrmlScene.GenerateUniqueName("Frames")
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", name)
    sequence.SetIndexName("time")
    sequence.SetIndexUnit("s")
    sequence.SetIndexType(slicer.vtkMRMLSequenceNode.NumericIndex)
    sequence.SetDataNodeAtValue(volume, "0")
    browser = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode")
    browser.SetAndObserveMasterSequenceNodeID(sequence.GetID())
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    browser.SetOverwriteProxyName(sequence, True)
    browser.SetSaveChanges(sequence, False)
    slicer.modules.sequences.setToolBarActiveBrowserNode(browser)
    assert slicer.modules.sequences.showSequenceBrowser(browser)
    proxy = browser.GetProxyNode(sequence)
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetReferenceActiveVolumeID(proxy.GetID())
    logic.PropagateVolumeSelection(0)
    assert slicer.util.arrayFromVolume(proxy).shape == (3, 8, 8)
    background = slicer.app.layoutManager().sliceWidget("Red").sliceLogic().GetBackgroundLayer()
    assert background.GetVolumeNode() is proxy


def test_real_world_values_and_pet_suv(slicer):
    import vtk

    assert (slicer.app.majorVersion, slicer.app.minorVersion) >= (5, 0)
    node = loaded_volume(slicer)
    before = slicer.util.arrayFromVolume(node).copy()
    multiply = vtk.vtkImageMathematics()
    multiply.SetInput1Data(node.GetImageData())
    multiply.SetOperationToMultiplyByK()
    multiply.SetConstantK(2.0)
    multiply.Update()
    node.SetAndObserveImageData(multiply.GetOutput())
    assert np.array_equal(slicer.util.arrayFromVolume(node), 2 * before)
    quantity = slicer.vtkCodedEntry()
    quantity.SetValueSchemeMeaning("126400", "DCM", "Standardized Uptake Value")
    node.SetVoxelValueQuantity(quantity)
    assert node.GetVoxelValueQuantity().GetCodeMeaning() == "Standardized Uptake Value"
    colors = slicer.modules.colors.logic()
    heat = colors.GetPETColorNodeID(slicer.vtkMRMLPETProceduralColorNode.PETheat)
    node.GetDisplayNode().SetAndObserveColorNodeID(heat)
    assert node.GetDisplayNode().GetColorNode() is not None
    assert slicer.dicomDatabase.fileForInstance("1.2.nothing") == ""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    item = hierarchy.GetItemByDataNode(node)
    attribute = constants.GetDICOMReferencedInstanceUIDsAttributeName()
    hierarchy.SetItemUID(item, constants.GetDICOMUIDName(), SERIES)
    hierarchy.SetItemAttribute(item, attribute, "1.2 1.3")
    assert hierarchy.GetItemByUID("DICOM", SERIES) == item
    assert hierarchy.GetItemAttribute(item, "DICOM.ReferencedInstanceUIDs") == "1.2 1.3"
    with pytest.raises(AttributeError, match=r"suvfactorcalculator .* factor to SUV"):
        slicer.modules.suvfactorcalculator  # noqa: B018


def test_ultrasound(slicer, tmp_path):
    import qt
    import vtk

    slicer.app.setOverrideCursor(qt.Qt.WaitCursor)
    slicer.app.restoreOverrideCursor()
    qt.QApplication.setOverrideCursor(qt.Qt.BusyCursor)
    qt.QApplication.restoreOverrideCursor()
    assert qt.QApplication.overrideCursor() is None
    raw = tmp_path / "raw"
    raw.write_bytes(b"head" + bytes(range(6)))
    reader = vtk.vtkImageReader()
    reader.SetFileName(str(raw))
    reader.SetDataExtent(0, 2, 0, 1, 0, 0)
    reader.SetDataScalarTypeToUnsignedChar()
    reader.SetFileDimensionality(3)
    reader.SetHeaderSize(4)
    reader.FileLowerLeftOn()
    reader.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    node.SetAndObserveImageData(reader.GetOutput())
    node.CreateDefaultDisplayNodes()
    node.GetDisplayNode().SetAutoWindowLevel(True)
    assert slicer.util.arrayFromVolume(node).tolist() == [[[0, 1, 2], [3, 4, 5]]]
    sequence = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode")
    sequence.SetDataNodeAtValue(node, "0")
    storage = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLVolumeSequenceStorageNode")
    sequence.SetAndObserveStorageNodeID(storage.GetID())
    assert slicer.util.saveNode(sequence, str(tmp_path / "loop.seq.nrrd"))
    assert slicer.util.loadSequence(str(tmp_path / "loop.seq.nrrd")).GetNumberOfDataNodes() == 1
    assert slicer.util.saveNode(node, str(tmp_path / "us.nrrd"))
    again = slicer.util.loadNodeFromFile(str(tmp_path / "us.nrrd"), "VolumeFile", {})
    display = slicer.modules.volumerendering.logic().CreateDefaultVolumeRenderingNodes(again)
    assert display.GetVolumeNode() is again
    for reader_of_cpp in ("kretzfilereader", "geusmoviereader"):
        assert not hasattr(slicer.modules, reader_of_cpp)


def test_dcm2niix(slicer, capsys):
    from DICOMScalarVolumePlugin import DICOMScalarVolumePluginClass

    process = slicer.util.launchConsoleProcess([sys.executable, "-c", "print('converted')"])
    slicer.util.logProcessOutput(process)
    process.stdout.close()
    assert "converted" in capsys.readouterr().out
    folder = Path(slicer.util.tempDirectory("out", includeDateTime=True))
    assert folder.is_relative_to(slicer.app.temporaryPath)
    assert slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"] is DICOMScalarVolumePluginClass
    with pytest.raises(AttributeError, match=r"dcm2niixgui .* dcm2niix"):
        slicer.modules.dcm2niixgui.path  # noqa: B018


def test_diffusion(slicer):
    factory = slicer.qMRMLNodeFactory()
    factory.setMRMLScene(slicer.mrmlScene)
    made = factory.createNode("vtkMRMLDiffusionWeightedVolumeNode")
    assert made.GetScene() is slicer.mrmlScene
    assert slicer.mrmlScene.AddNewNodeByClass("vtkMRMLDiffusionTensorVolumeNode").IsA("vtkMRMLVolumeNode")
    with pytest.raises(AttributeError, match=r"dwiconvert .* DICOMDiffusionSequencePlugin"):
        slicer.modules.dwiconvert  # noqa: B018
    with pytest.raises(AttributeError, match=r"vtkMRMLFiberBundleNode .* vtkMRMLModelNode"):
        slicer.vtkMRMLFiberBundleNode  # noqa: B018


def test_quantitative_reporting_segmentations(slicer, tmp_path):
    import vtkSegmentationCorePython as vtkSegmentationCore
    from vtkSegmentationCorePython import vtkSegmentationConverter

    terminologies = slicer.modules.terminologies.logic()
    entry = slicer.vtkSlicerTerminologyEntry()
    terminologies.DeserializeTerminologyEntry(TISSUE, entry)
    assert entry.GetCategoryObject().GetCodeMeaning() == "Tissue"
    assert terminologies.SerializeTerminologyEntry(entry) == TISSUE
    labels = np.ones((4, 5, 6), np.uint8)
    label_node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    slicer.util.updateVolumeFromArray(label_node, labels)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Segmentation")
    node.CreateDefaultDisplayNodes()
    logic = slicer.modules.segmentations.logic()
    assert logic.ImportLabelmapToSegmentationNode(label_node, node)
    segment = node.GetSegmentation().GetNthSegment(0)
    assert isinstance(segment, vtkSegmentationCore.vtkSegment)
    segment.SetColor(1, 0, 0)
    segment.SetTag(segment.GetTerminologyEntryTagName(), TISSUE)
    surface = vtkSegmentationConverter.GetSegmentationClosedSurfaceRepresentationName()
    assert node.GetSegmentation().CreateRepresentation(surface, True)
    exported = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode")
    assert logic.ExportVisibleSegmentsToLabelmapNode(node, exported)
    assert slicer.util.arrayFromVolume(exported).sum() == labels.size
    assert slicer.util.saveNode(label_node, str(tmp_path / "labels.nrrd"))
    again = slicer.util.loadLabelVolume(str(tmp_path / "labels.nrrd"))
    assert again.IsA("vtkMRMLLabelMapVolumeNode")
    slicer.util.delayDisplay("Loaded", 10)
    exportable = slicer.qSlicerDICOMExportable()
    exportable.confidence = 1.0
    exportable.pluginClass = "DICOMSegmentationPlugin"
    exportable.subjectHierarchyItemID = 4
    exportable.setTag("Modality", "SEG")
    assert (exportable.tag("Modality"), exportable.confidence) == ("SEG", 1.0)


def test_quantitative_reporting_measurements(slicer):
    import vtk

    db = slicer.dicomDatabase
    (patient,) = db.patients()
    (study,) = db.studiesForPatient(patient)
    assert db.seriesForStudy(study) == [SERIES] or tuple(db.seriesForStudy(study)) == (SERIES,)
    assert str(db.patientForStudy(study)) == str(patient)
    table = slicer.mrmlScene.AddNode(slicer.vtkMRMLTableNode())
    table.AddColumn().SetName("Volume")
    table.SetUseColumnNameAsColumnHeader(True)
    table.SetColumnUnitLabel("Volume", "mm3")
    table.SetColumnLongName("Volume", "Volume of the segment")
    table.SetColumnDescription("Volume", "118565006, SCT")
    table.AddEmptyRow()
    table.SetCellText(0, 0, "12.5")
    table.SetLocked(True)
    assert (table.GetCellText(0, 0), table.GetColumnUnitLabel("Volume")) == ("12.5", "mm3")
    layout = slicer.app.layoutManager()
    layout.setLayout(slicer.modules.tables.logic().GetLayoutWithTable(layout.layout))
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetReferenceActiveTableID(table.GetID())
    logic.PropagateTableSelection()
    assert layout.tableWidget(0).tableView().mrmlTableNode() is table
    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode")
    points.AddControlPoint(vtk.vtkVector3d(1, 2, 3), "Finding")
    points.SetNthControlPointLocked(0, True)
    assert points.GetNthControlPointLabel(0) == "Finding"
    line = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode")
    slicer.util.updateMarkupsControlPointsFromArray(line, np.array([[0.0, 0, 0], [3, 4, 0]]))
    assert line.GetMeasurement("length").GetValue() == pytest.approx(5)


def test_slicer_rt(slicer):
    import vtk

    from DICOMLib import DICOMLoadable

    files = vtk.vtkStringArray()
    for file in slicer.dicomDatabase.filesForSeries(SERIES):
        files.InsertNextValue(file)
    found = slicer.vtkSlicerDICOMLoadable()
    found.SetName("RTDOSE")
    found.SetConfidence(0.75)
    found.SetSelected(True)
    found.AddFile(files.GetValue(0))
    found.AddReferencedInstanceUID("1.2")
    loadable = slicer.qSlicerDICOMLoadable()
    loadable.copyFromVtkLoadable(found)
    ours = DICOMLoadable(loadable)
    assert (ours.name, ours.confidence, ours.selected) == ("RTDOSE", 0.75, True)
    assert list(loadable.referencedInstanceUIDs) == ["1.2"]
    assert list(ours.files) == [files.GetValue(0)]
    back = slicer.vtkSlicerDICOMLoadable()
    loadable.copyToVtkLoadable(back)
    assert (back.GetName(), back.GetFiles().GetNumberOfValues()) == ("RTDOSE", 1)
    offered = slicer.vtkSlicerDICOMExportable()
    offered.SetName("RT")
    offered.SetTag("Modality", "RTSTRUCT")
    offered.SetConfidence(0.25)
    exportable = slicer.qSlicerDICOMExportable()
    exportable.copyFromVtkExportable(offered)
    assert (exportable.name, exportable.tag("Modality"), exportable.confidence) == ("RT", "RTSTRUCT", 0.25)
    exportable.name = "Changed"
    exportable.copyToVtkExportable(offered)
    assert offered.GetName() == "Changed"


def test_longitudinal_pet_ct(slicer):
    import qt

    dialog = qt.QDialog(slicer.util.mainWindow())
    grid = qt.QGridLayout(dialog)
    studies = qt.QListWidget()
    studies.addItem("2024-01-15")
    studies.setSelectionMode(qt.QAbstractItemView.ExtendedSelection)
    grid.addWidget(studies, 0, 0, 1, 2, qt.Qt.AlignCenter)
    button = qt.QPushButton("Load")
    button.connect("clicked()", dialog, "accept()")
    grid.addWidget(button, 1, 0)
    studies.setCurrentRow(0)
    qt.QTimer.singleShot(0, button.click)
    assert dialog.exec_() == 1
    assert [item.text() for item in studies.selectedItems()] == ["2024-01-15"]
    assert slicer.modules.colors.logic().GetDefaultVolumeColorNodeID() == "vtkMRMLColorTableNodeGrey"
    with pytest.raises(AttributeError, match=r"vtkMRMLLongitudinalPETCTStudyNode is not available"):
        slicer.vtkMRMLLongitudinalPETCTStudyNode  # noqa: B018


def test_what_others_ask_of_the_database(slicer, tmp_path):
    import ctk
    import vtk

    from DICOMLib import DICOMUtils

    shift = vtk.vtkImageShiftScale()
    shift.SetInputData(vtk.vtkImageData())
    shift.SetOutputScalarTypeToFloat()
    db = slicer.dicomDatabase
    file = db.filesForSeries(SERIES)[0]
    indexer = ctk.ctkDICOMIndexer()
    indexer.addFile(db, file, False)
    indexer.waitForImportFinished()
    assert len(db.allFiles()) == 3
    assert db.seriesForFile(file) == SERIES
    assert db.fileForInstance(db.instanceForFile(file)) == file
    assert db.studyForSeries(SERIES) == str(factories.uid("study"))
    assert db.descriptionForSeries(SERIES) == db.fileValue(file, "0008,103E")
    assert db.removeSeries(SERIES)
    assert list(db.allFiles()) == []
    assert DICOMUtils.importDicom(str(tmp_path / "ct"))
    assert len(db.filesForSeries(SERIES)) == 3
