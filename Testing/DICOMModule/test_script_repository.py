"""The tasks of Slicer's script repository on DICOM: files, tags, nodes, columns.

Each test is a script in Slicer's dialect with the names that the repository uses; those that need a network
are in test_script_repository_network.py.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from qtpy.QtCore import Qt

from Testing import factories

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SLICES = 3
VALUES = np.stack([np.full((8, 8), 100 * number, np.int16) for number in range(SLICES)])


@pytest.fixture
def ct_folder(tmp_path) -> Path:
    """Two patients with a CT of three slices each; the voxels of a slice are a hundred times its number."""
    folder = tmp_path / "ct"
    for patient in ("P1", "P2"):
        slices = factories.ct_series(
            SLICES,
            f"series of {patient}",
            PatientID=patient,
            PatientName=f"Doe^{patient}",
            StudyInstanceUID=factories.uid("study", patient),
            RescaleIntercept=0,
            RescaleSlope=1,
        )
        for number, dataset in enumerate(slices):
            dataset.PixelData = VALUES[number].tobytes()
        factories.write(slices, folder / patient)
    return folder


@pytest.fixture
def imported(dicom, ct_folder):
    """The folder, imported into the database of the application."""
    from DICOMLib import DICOMUtils

    assert DICOMUtils.importDicom(str(ct_folder))
    return ct_folder


@pytest.fixture
def volume(imported, scene):
    """The CT of the first patient, loaded."""
    import slicer

    from DICOMLib import DICOMUtils

    (node_id,) = DICOMUtils.loadPatientByPatientID("P1")
    return slicer.util.getNode(node_id)


def test_01_load_a_folder_by_a_temporary_database(dicom, ct_folder, scene):
    import slicer

    from DICOMLib import DICOMUtils

    main_database = slicer.dicomDatabase.databaseFilename
    loadedNodeIDs = []
    with DICOMUtils.TemporaryDICOMDatabase() as db:
        DICOMUtils.importDicom(str(ct_folder), db)
        for patientUID in db.patients():
            loadedNodeIDs.extend(DICOMUtils.loadPatientByUID(patientUID))
    assert len(loadedNodeIDs) == 2
    for nodeID in loadedNodeIDs:
        assert np.array_equal(slicer.util.arrayFromVolume(slicer.mrmlScene.GetNodeByID(nodeID)), VALUES)
    assert slicer.dicomDatabase.databaseFilename == main_database
    assert slicer.dicomDatabase.patients() == []


def test_02_import_into_the_database_of_the_application(dicom, ct_folder):
    import slicer

    slicer.util.selectModule("DICOM")
    dicomBrowser = slicer.modules.DICOMWidget.browserWidget.dicomBrowser
    dicomBrowser.importDirectory(str(ct_folder), dicomBrowser.ImportDirectoryAddLink)
    dicomBrowser.waitForImportFinished()
    assert len(slicer.dicomDatabase.patients()) == 2
    paths = {Path(path) for path in slicer.dicomDatabase.allFiles()}
    assert paths == set(ct_folder.rglob("*.dcm"))  # links, no copies


def test_07_top_level_tags(imported):
    import slicer

    db = slicer.dicomDatabase
    patientList = db.patients()
    studyList = db.studiesForPatient(patientList[0])
    seriesList = db.seriesForStudy(studyList[0])
    fileList = db.filesForSeries(seriesList[0])
    assert db.fileValue(fileList[0], "0020,0032").split("\\")[:2] == ["-100.0", "-100.0"]
    tagName = str(pydicom.tag.Tag("StudyDate"))[1:-1].replace(" ", "")
    assert tagName == "0008,0020"
    assert db.fileValue(fileList[0], tagName) == "20240115"


def test_08_nested_tags(dicom, tmp_path):
    import slicer

    from DICOMLib import DICOMUtils

    (dataset,) = factories.ct_series(1)
    exposure = pydicom.Dataset()
    exposure.ExposureModulationType = "ANGULAR"
    dataset.CTExposureSequence = [exposure]
    factories.write([dataset], tmp_path / "nested")
    DICOMUtils.importDicom(str(tmp_path / "nested"))
    db = slicer.dicomDatabase
    seriesUID = db.seriesForStudy(db.studiesForPatient(db.patients()[0])[0])[0]
    ds = pydicom.dcmread(db.filesForSeries(seriesUID)[0], stop_before_pixels=True)
    assert ds.CTExposureSequence[0].ExposureModulationType == "ANGULAR"


def test_09_a_tag_of_a_loaded_volume(volume):
    import slicer

    volumeNode = slicer.util.getNode(volume.GetName())
    instUids = volumeNode.GetAttribute("DICOM.instanceUIDs").split()
    filename = slicer.dicomDatabase.fileForInstance(instUids[0])
    assert len(instUids) == SLICES
    assert slicer.dicomDatabase.fileValue(filename, "0010,0030") == "19700203"


def test_10_a_tag_by_the_series_in_the_subject_hierarchy(volume):
    import slicer

    shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    volumeItemId = shNode.GetItemByDataNode(slicer.util.getNode(volume.GetName()))
    seriesInstanceUID = shNode.GetItemUID(volumeItemId, "DICOM")
    instUids = slicer.dicomDatabase.instancesForSeries(seriesInstanceUID)
    assert len(instUids) == SLICES
    assert slicer.dicomDatabase.instanceValue(instUids[0], "0010,0020") == "P1"


def test_11_a_tag_of_what_is_referenced(dicom, shared_data, scene):
    import slicer

    from DICOMLib import DICOMUtils

    DICOMUtils.importDicom(str(shared_data / "dcmqi" / "data" / "segmentations"))
    db = slicer.dicomDatabase
    of_modality = {}
    for series in DICOMUtils.allSeriesUIDsInDatabase():
        of_modality.setdefault(db.fileValue(db.filesForSeries(series)[0], "0008,0060"), []).append(series)
    if "CT" not in of_modality:
        DICOMUtils.importDicom(str(shared_data / "dcmqi" / "data"))
    DICOMUtils.loadSeriesByUID([of_modality["SEG"][0]])
    (segmentationNode,) = slicer.util.getNodesByClass("vtkMRMLSegmentationNode")
    shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    itemId = shNode.GetItemByDataNode(segmentationNode)
    referencedInstanceUids = shNode.GetItemAttribute(itemId, "DICOM.ReferencedInstanceUIDs").split()
    filename = slicer.dicomDatabase.fileForInstance(referencedInstanceUids[0])
    segmentationFile = db.filesForSeries(of_modality["SEG"][0])[0]
    assert db.fileValue(filename, "0020,000D") == db.fileValue(segmentationFile, "0020,000D")
    assert db.fileValue(filename, "0008,0060") != "SEG"


def test_12_the_file_of_a_node(volume, imported):
    import slicer

    node = slicer.util.getNode(volume.GetName())
    storageNode = node.GetStorageNode()
    if storageNode is not None:
        filepath = storageNode.GetFullNameFromFileName()
    else:
        instanceUIDs = node.GetAttribute("DICOM.instanceUIDs").split()
        filepath = slicer.dicomDatabase.fileForInstance(instanceUIDs[0])
    assert Path(filepath).parent == imported / "P1"


def test_13_export_a_volume(dicom, scene, tmp_path):
    import DICOMScalarVolumePlugin
    import slicer

    volumeNode = slicer.util.addVolumeFromArray(VALUES, ijkToRAS=np.diag([-1.0, -1, 2, 1]), name="Made")
    shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    patientItemID = shNode.CreateSubjectItem(shNode.GetSceneItemID(), "test patient")
    studyItemID = shNode.CreateStudyItem(patientItemID, "test study")
    volumeShItemID = shNode.GetItemByDataNode(volumeNode)
    shNode.SetItemParent(volumeShItemID, studyItemID)
    outputFolder = tmp_path / "exported"
    outputFolder.mkdir()
    exporter = DICOMScalarVolumePlugin.DICOMScalarVolumePluginClass()
    exportables = exporter.examineForExport(volumeShItemID)
    for exp in exportables:
        exp.directory = str(outputFolder)
        exp.setTag("PatientName", "Export^Test")
        exp.setTag("StudyID", "77")
    assert exporter.export(exportables) == ""
    datasets = [pydicom.dcmread(path) for path in outputFolder.rglob("*") if path.is_file()]
    datasets.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    assert {(str(dataset.PatientName), dataset.StudyID) for dataset in datasets} == {("Export^Test", "77")}
    pixels = np.stack(
        [dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept for dataset in datasets]
    )
    assert np.array_equal(pixels, VALUES)


def test_14_export_a_segmentation(volume, tmp_path):
    import DICOMSegmentationPlugin
    import slicer

    segmentationNode = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Made")
    segmentationNode.CreateDefaultDisplayNodes()
    segmentationNode.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    segmentId = segmentationNode.GetSegmentation().AddEmptySegment("bright")
    mask = (VALUES > 100).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentationNode, segmentId, volume)
    shNode = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    studyItemID = shNode.GetItemParent(shNode.GetItemByDataNode(volume))
    segmentationShItemID = shNode.GetItemByDataNode(segmentationNode)
    shNode.SetItemParent(segmentationShItemID, studyItemID)
    exporter = DICOMSegmentationPlugin.DICOMSegmentationPluginClass()
    exportables = exporter.examineForExport(segmentationShItemID)
    for exp in exportables:
        exp.directory = str(tmp_path)
        exp.setTag("SeriesDescription", "Exported")
    assert exporter.export(exportables) == ""
    (path,) = tmp_path.glob("*.dcm")
    dataset = pydicom.dcmread(path)
    assert (dataset.Modality, dataset.PatientID, dataset.SeriesDescription) == ("SEG", "P1", "Exported")
    assert int(dataset.pixel_array.sum()) == int(mask.sum())


def test_15_the_whole_database_as_files(imported, scene, tmp_path):
    import slicer

    from DICOMLib import DICOMUtils

    outputFolder = tmp_path / "converted"
    outputFolder.mkdir()
    for patientUID in slicer.dicomDatabase.patients():
        slicer.mrmlScene.Clear()
        for loadedNodeID in DICOMUtils.loadPatientByUID(patientUID):
            node = slicer.mrmlScene.GetNodeByID(loadedNodeID)
            shNode = slicer.mrmlScene.GetSubjectHierarchyNode()
            seriesItem = shNode.GetItemByDataNode(node)
            studyItem = shNode.GetItemParent(seriesItem)
            patientItem = shNode.GetItemParent(studyItem)
            parts = (
                shNode.GetItemAttribute(patientItem, "DICOM.PatientID"),
                shNode.GetItemAttribute(studyItem, "DICOM.StudyDate"),
                shNode.GetItemAttribute(seriesItem, "DICOM.SeriesNumber"),
                shNode.GetItemAttribute(seriesItem, "DICOM.Modality"),
            )
            filename = slicer.app.ioManager().forceFileNameValidCharacters("_".join(parts) + ".nrrd")
            assert slicer.util.saveNode(node, str(outputFolder / filename))
    written = sorted(path.name for path in outputFolder.iterdir())
    assert written == ["P1_20240115_1_CT.nrrd", "P2_20240115_1_CT.nrrd"]
    assert np.array_equal(
        slicer.util.arrayFromVolume(slicer.util.loadVolume(str(outputFolder / written[1]), {})), VALUES
    )


def shown_titles(table) -> list[str]:
    """Titles of the columns that are seen, from left to right."""
    view = table.tableView()
    header = view.horizontalHeader()
    columns = [header.logicalIndex(place) for place in range(header.count())]
    return [view.model().headerData(one, Qt.Horizontal) for one in columns if not header.isSectionHidden(one)]


def test_16_columns_of_the_browser(qtbot, imported, dicom):
    import qt
    import slicer

    browserWidget = slicer.modules.dicom.widgetRepresentation().self().browserWidget
    dicomBrowser = browserWidget.dicomBrowser
    dicomTableManager = dicomBrowser.dicomTableManager()
    before = dicomTableManager.selectionMode
    dicomTableManager.selectionMode = qt.QAbstractItemView.SingleSelection
    assert dicomTableManager.selectionMode == qt.QAbstractItemView.SingleSelection
    dicomTableManager.selectionMode = before
    dicomDatabase = dicomBrowser.database()
    assert "PatientsBirthDate" in dicomDatabase.patientFieldNames
    assert "StudyDate" in dicomDatabase.studyFieldNames
    assert "SeriesDescription" in dicomDatabase.seriesFieldNames
    for field in dicomDatabase.seriesFieldNames:
        dicomDatabase.setVisibilityForField("Series", field, field in ("SeriesDescription", "DisplayedCount"))
    dicomDatabase.setDisplayedNameForField("Series", "DisplayedCount", "Number of images")
    dicomDatabase.setWeightForField("Series", "DisplayedCount", 7)
    dicomDatabase.setWeightForField("Series", "SeriesDescription", 8)
    dicomDatabase.setFormatForField("Series", "SeriesDescription", '{"resizeMode":"stretch"}')
    databaseFilename = dicomDatabase.databaseFilename
    dicomDatabase.closeDatabase()
    dicomDatabase.openDatabase(databaseFilename)
    assert dicomDatabase.visibilityForField("Series", "SeriesNumber") is False
    assert dicomDatabase.displayedNameForField("Series", "DisplayedCount") == "Number of images"
    wanted = ["Number of images", "Series description"]
    qtbot.waitUntil(lambda: shown_titles(dicom.tables.seriesTable()) == wanted)
