"""Plugins of others, in pure Slicer dialect: what each of them asks of Slicer, and what it makes."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
import vtk

from Testing.third_party_files import (
    FOLDER,
    IMAGES,
    LABELS,
    LESIONS,
    MAPPING,
    PLUGINS,
    PROBE,
    PROBE_VOXELS,
    STORED,
    TIMES,
    write_all,
)

pytestmark = pytest.mark.mrml


@pytest.fixture
def installed(host, database, tmp_path):
    """The plugins, found in their folder; the files, imported after that."""
    import slicer

    from DICOMLib import DICOMUtils

    path, failed = list(sys.path), list(host.modules.failed)
    host.modules.discover([FOLDER])
    assert host.modules.failed == failed
    assert set(PLUGINS) <= set(slicer.modules.dicomPlugins)
    assert DICOMUtils.importDicom(str(write_all(tmp_path / "data")))
    yield slicer
    for name in PLUGINS:
        slicer.modules.dicomPlugins.pop(name)
        host.modules._modules.pop(name)
        sys.modules.pop(name)
        slicer.selfTests.pop(name, None)
        for attribute in (name.lower(), f"{name}Instance"):
            delattr(slicer.modules, attribute)
    sys.path[:] = path


def loaded(series_uid):
    """The nodes of a series, chosen as a user gets them."""
    import slicer

    from DICOMLib import DICOMUtils

    messages: list[str] = []
    ids = DICOMUtils.loadSeriesByUID([series_uid], messages)
    assert messages == []
    return [slicer.mrmlScene.GetNodeByID(node_id) for node_id in ids]


def test_a_plugin_that_calls_another_one(installed):
    (node,) = loaded(MAPPING)
    assert np.array_equal(installed.util.arrayFromVolume(node), 0.25 * STORED + 10)
    assert node.GetVoxelValueUnits().GetCodeValue() == "g/ml"
    assert len(node.GetAttribute("DICOM.instanceUIDs").split()) == 3
    hierarchy = installed.mrmlScene.GetSubjectHierarchyNode()
    assert hierarchy.GetItemUID(hierarchy.GetItemByDataNode(node), "DICOM") == MAPPING


@pytest.mark.gui
def test_a_plugin_with_settings_and_a_sequence(installed, main_window):
    import ctk

    nodes = loaded(TIMES)
    (sequence,) = (node for node in nodes if node.IsA("vtkMRMLSequenceNode"))
    (browser,) = (node for node in nodes if node.IsA("vtkMRMLSequenceBrowserNode"))
    assert sequence.GetName() == "7: Cine - 2 time points"
    assert [sequence.GetNthIndexValue(number) for number in range(2)] == ["0", "40"]
    browser.SetSelectedItemNumber(1)
    shown = installed.util.arrayFromVolume(browser.GetProxyNode(sequence))
    assert np.array_equal(shown, np.full((2, 4, 5), 1000) + np.arange(2).reshape(2, 1, 1))
    panel = ctk.ctkSettingsPanel()
    plugin = installed.modules.dicomPlugins["DICOMTimePointsPlugin"]
    plugin.settingsPanelEntry(panel, ctk.ctkCollapsibleGroupBox(panel))
    box = panel.findChild(ctk.ctkComboBox)
    try:
        box.currentIndex = 1
        assert plugin().timeTag() == "0008,0032"
        assert plugin().examine([installed.dicomDatabase.filesForSeries(TIMES)]) == []
    finally:
        installed.app.settings().remove(plugin.SETTING)


def test_a_plugin_for_private_elements(installed):
    (node,) = loaded(PROBE)  # the more confident of the two that it offers
    assert np.array_equal(installed.util.arrayFromVolume(node), PROBE_VOXELS)
    assert node.GetSpacing() == (0.5, 0.75, 2)
    bounds = [0.0] * 6
    node.GetRASBounds(bounds)
    assert np.allclose(np.add(bounds[::2], bounds[1::2]), 0)  # centred


@pytest.mark.gui
def test_a_plugin_with_a_dialog_many_logics_and_an_export(installed, main_window, database, tmp_path):
    plugin = installed.modules.dicomPlugins["DICOMLesionMapPlugin"]()
    (loadable,) = plugin.examine([database.filesForSeries(LESIONS)])
    assert set(loadable.referencedInstanceUIDs) == set(database.instancesForSeries(IMAGES))
    node = plugin.load(loadable)
    segmentation = node.GetSegmentation()
    ids = segmentation.GetSegmentIDs()
    assert [segmentation.GetSegment(one).GetName() for one in ids] == ["Liver lesion", "Node"]
    (volume,) = installed.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    for number, one in enumerate(ids, start=1):
        mask = installed.util.arrayFromSegmentBinaryLabelmap(node, one, volume)
        assert np.array_equal(mask, number == LABELS)
    entry = vtk.mutable("")
    segmentation.GetSegment(ids[0]).GetTag("TerminologyEntry", entry)
    assert "4147007^Mass" in str(entry)
    (table,) = installed.util.getNodesByClass("vtkMRMLTableNode")
    assert [table.GetCellText(row, 1) for row in range(2)] == ["4", "1"]
    (points,) = installed.util.getNodesByClass("vtkMRMLMarkupsFiducialNode")
    assert points.GetNthControlPointLabel(1) == "Node"
    temporary = Path(plugin.tempDir)
    plugin.cleanup()
    assert not temporary.exists()

    hierarchy = installed.mrmlScene.GetSubjectHierarchyNode()
    (exportable,) = plugin.examineForExport(hierarchy.GetItemByDataNode(node))
    exportable.directory = str(tmp_path)
    exportable.setTag("SeriesDescription", "Exported lesions")
    assert plugin.export([exportable]) == ""
    written = pydicom.dcmread(tmp_path / "lesions.dcm")
    assert (written.SeriesDescription, written.SeriesNumber) == ("Exported lesions", 900)
    assert database.seriesForFile(str(tmp_path / "lesions.dcm")) == written.SeriesInstanceUID


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_plugin_that_runs_a_program(installed):
    plugin = installed.modules.dicomPlugins["DicomProbeVolumePlugin"]()
    _plain, inverted = plugin.examineForImport([installed.dicomDatabase.filesForSeries(PROBE)])
    node = plugin.load(inverted)
    assert np.array_equal(installed.util.arrayFromVolume(node), 255 - PROBE_VOXELS)
    folder = Path(plugin.tempDir)
    assert folder.is_dir()
    plugin.cleanup()
    assert not folder.exists()


def test_a_plugin_that_makes_a_series_by_a_command_line_module(installed, database):
    from DICOMLib import DICOMUtils

    before = set(DICOMUtils.allSeriesUIDsInDatabase(database))
    (node_id,) = DICOMUtils.loadSeriesByUID([IMAGES], enabledPluginClassNames=["DICOMDoubledPETPlugin"])
    node = installed.mrmlScene.GetNodeByID(node_id)
    assert np.array_equal(installed.util.arrayFromVolume(node), 2 * STORED)
    assert node.GetName() == "7: PET doubled"
    assert node.GetDisplayNode().GetColorNodeID() == "vtkMRMLPETProceduralColorNodePET-Heat"
    (series,) = set(DICOMUtils.allSeriesUIDsInDatabase(database)) - before  # what was derived is indexed
    files = database.filesForSeries(series)
    pixels = [pydicom.dcmread(path) for path in files]
    pixels.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    values = [dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept for dataset in pixels]
    assert np.array_equal(values, 2 * STORED)
    assert node.GetAttribute("DICOM.instanceUIDs").split() == [
        database.instanceForFile(path) for path in sorted(files)
    ]
    assert list(Path(installed.app.temporaryPath).glob("doubled*")) == []  # removed when all was loaded
