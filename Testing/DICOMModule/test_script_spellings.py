"""Other ways in which scripts of users write the tasks of the script repository, and what forums pass on."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from Testing import factories
from Testing.orthanc import AE_TITLE

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SERIES = str(factories.uid("ct"))


@pytest.fixture
def folder(tmp_path):
    """A CT of three slices."""
    factories.write(factories.ct_series(3, "ct"), tmp_path / "ct")
    return str(tmp_path / "ct")


@pytest.fixture
def loaded(dicom, folder, scene):
    """The CT, imported and loaded."""
    import slicer

    from DICOMLib import DICOMUtils

    assert DICOMUtils.importDicom(folder)
    (node_id,) = DICOMUtils.loadSeriesByUID([SERIES])
    return slicer.mrmlScene.GetNodeByID(node_id)


def test_import_by_the_indexer(dicom, folder):
    import ctk
    import slicer

    indexer = ctk.ctkDICOMIndexer()
    indexer.addDirectory(slicer.dicomDatabase, folder, None)
    indexer.waitForImportFinished()
    assert len(slicer.dicomDatabase.filesForSeries(SERIES)) == 3


def test_functions_without_their_module(dicom, folder, scene):
    from DICOMLib import DICOMUtils
    from DICOMLib.DICOMUtils import TemporaryDICOMDatabase, importDicom, loadSeriesByUID

    with TemporaryDICOMDatabase() as db:
        assert importDicom(folder, db)
        found = [
            loadSeriesByUID([series])
            for patient in db.patients()
            for study in db.studiesForPatient(patient)
            for series in db.seriesForStudy(study)
        ]
    assert len(found) == 1
    assert DICOMUtils.loadSeriesByUID is loadSeriesByUID


@pytest.mark.network
def test_query_and_retrieve_as_it_was_written_first(dicom, orthanc, folder, tmp_path):
    """`filters` as a property, `preferCGET`, and whole studies."""
    import ctk
    import slicer

    orthanc.upload(list((tmp_path / "ct").glob("*.dcm")))
    dicomQuery = ctk.ctkDICOMQuery()
    dicomQuery.callingAETitle, dicomQuery.calledAETitle = "SLICER", AE_TITLE
    dicomQuery.host, dicomQuery.port = "localhost", orthanc.dicom_port
    dicomQuery.preferCGET = True
    dicomQuery.filters = {"Name": "Doe", "Modalities": "CT"}
    tempDb = ctk.ctkDICOMDatabase()
    tempDb.openDatabase("")
    dicomQuery.query(tempDb)
    dicomRetrieve = ctk.ctkDICOMRetrieve()
    dicomRetrieve.callingAETitle, dicomRetrieve.calledAETitle = "SLICER", AE_TITLE
    dicomRetrieve.host, dicomRetrieve.port = dicomQuery.host, dicomQuery.port
    dicomRetrieve.setMoveDestinationAETitle("SLICER")
    dicomRetrieve.setDatabase(slicer.dicomDatabase)
    for study in dicomQuery.studyInstanceUIDQueried:
        slicer.app.processEvents()
        assert dicomRetrieve.getStudy(study) if dicomQuery.preferCGET else dicomRetrieve.moveStudy(study)
    slicer.dicomDatabase.updateDisplayedFields()
    assert len(slicer.dicomDatabase.filesForSeries(SERIES)) == 3
    tempDb.closeDatabase()


def test_a_plugin_by_hand(loaded):
    import slicer

    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    lists = [slicer.dicomDatabase.filesForSeries(SERIES)]
    (loadable,) = plugin.examine(lists)
    node = plugin.load(loadable)
    assert np.array_equal(slicer.util.arrayFromVolume(node), slicer.util.arrayFromVolume(loaded))


def test_export_by_each_plugin_that_can(loaded, tmp_path):
    import slicer

    item = slicer.mrmlScene.GetSubjectHierarchyNode().GetItemByDataNode(loaded)
    wrote = {}
    for name, kind in slicer.modules.dicomPlugins.items():
        plugin = kind()
        for exportable in plugin.examineForExport(item):
            assert exportable.pluginClass == name
            exportable.directory = str(tmp_path / name)
            assert plugin.export([exportable]) in ("", None)
            wrote[name] = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
    assert len(wrote["DICOMScalarVolumePlugin"]) == 3
    assert len(wrote["DICOMSlicerDataBundlePlugin"]) == 1
    assert all(pydicom.dcmread(path).PatientID == "P1" for path in wrote["DICOMScalarVolumePlugin"])


def test_the_browser_driven_by_a_script(loaded, scene, qtbot):
    import slicer

    scene.Clear(0)
    browser = slicer.modules.DICOMWidget.browserWidget
    tables = browser.dicomBrowser.dicomTableManager()
    tables.updateTableViews()
    tables.setCurrentPatientsSelection([slicer.dicomDatabase.patients()[0]])
    assert tables.currentSeriesSelection() == [SERIES]
    browser.onSeriesSelected(tables.currentSeriesSelection())
    browser.examineForLoading()
    browser.loadCheckedLoadables()
    qtbot.waitUntil(lambda: len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 1, timeout=20_000)


def test_a_file_without_the_database(loaded):
    import slicer

    file = slicer.dicomDatabase.filesForSeries(SERIES)[0]
    assert slicer.util.loadVolume(file).GetImageData().GetDimensions() == (8, 8, 3)
    alone = slicer.util.loadVolume(file, {"singleFile": True})
    assert alone.GetImageData().GetDimensions() == (8, 8, 1)


def test_numpy_support_needs_no_import(host):
    import vtk

    array = vtk.vtkFloatArray()
    array.InsertNextValue(2.5)
    assert vtk.util.numpy_support.vtk_to_numpy(array).tolist() == [2.5]
