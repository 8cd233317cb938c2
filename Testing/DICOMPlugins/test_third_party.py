"""Plugins of others, in pure Slicer dialect: from an outside folder, and from an installed package."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pydicom
import pytest
import vtk

from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.image_series import heights, image, stack, write
from Testing.nrrd import read_nrrd

pytestmark = pytest.mark.mrml

FOLDER = Path(__file__).resolve().parent.parent / "third_party"
PLUGINS = (
    "DICOMDoubledPETPlugin",
    "DICOMLesionMapPlugin",
    "DICOMMappedValuesPlugin",
    "DICOMTimePointsPlugin",
    "DicomProbeVolumePlugin",
)
IMAGES, MAPPING, TIMES, PROBE, LESIONS = "1.2.8.1", "1.2.8.2", "1.2.8.3", "1.2.8.4", "1.2.8.5"
PROBE_VOXELS = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)  # slices, rows, columns


def mapped_images() -> list[pydicom.Dataset]:
    """Three PET images, and the mapping of their values: 0.25 times the value, plus 10."""
    images = stack(heights(0, 3, 6), SeriesInstanceUID=IMAGES, Modality="PT", SeriesDescription="PET")
    unit = pydicom.Dataset()
    unit.CodeValue, unit.CodingSchemeDesignator, unit.CodeMeaning = "g/ml", "UCUM", "SUV body weight"
    mapping = pydicom.Dataset()
    mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept = 0.25, 10.0
    mapping.MeasurementUnitsCodeSequence = [unit]
    references = []
    for one in images:
        reference = pydicom.Dataset()
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = (
            one.SOPClassUID,
            one.SOPInstanceUID,
        )
        references.append(reference)
    item = pydicom.Dataset()
    item.ReferencedImageSequence, item.RealWorldValueMappingSequence = references, [mapping]
    dataset = image(
        SeriesInstanceUID=MAPPING,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.67",
        Modality="RWV",
        SeriesDescription="SUV",
        PixelData=None,
        ReferencedImageRealWorldValueMappingSequence=[item],
    )
    return [*images, dataset]


def time_points() -> list[pydicom.Dataset]:
    """Two images at each of two trigger times; the values of the second time are 1000 more."""
    return [
        image(
            (0, 0, 3 * slice_number),
            SeriesInstanceUID=TIMES,
            SeriesDescription="Cine",
            InstanceNumber=2 * time + slice_number + 1,
            TriggerTime=str(40 * time),
            pixels=np.full((4, 5), 1000 * time + slice_number, np.int16),
        )
        for time in range(2)
        for slice_number in range(2)
    ]


def probe() -> pydicom.Dataset:
    """An ultrasound file with its volume in private elements."""
    dataset = image(
        SeriesInstanceUID=PROBE,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66",
        Modality="US",
        Manufacturer="PROBE MAKER",
        SeriesDescription="Probe",
        PixelData=None,
    )
    block = dataset.private_block(0x7FE1, "PROBE MAKER", create=True)
    block.add_new(0x10, "US", list(PROBE_VOXELS.shape[::-1]))
    block.add_new(0x11, "DS", ["0.5", "0.75", "2"])
    block.add_new(0x12, "OB", PROBE_VOXELS.tobytes())
    return dataset


LABELS = np.zeros((3, 4, 5), np.uint8)  # of the lesions on the PET images
LABELS[0, 1:3, 1:3], LABELS[2, 3, 4] = 1, 2


def lesions() -> pydicom.Dataset:
    """Two lesions on the PET images, in private elements."""
    series = pydicom.Dataset()
    series.SeriesInstanceUID = IMAGES
    dataset = image(
        SeriesInstanceUID=LESIONS,
        SOPClassUID="1.2.840.10008.5.1.4.1.1.66",
        Modality="OT",
        Manufacturer="LESION MAPS",
        SeriesDescription="Lesions",
        PixelData=None,
        ReferencedSeriesSequence=[series],
    )
    block = dataset.private_block(0x0071, "LESION MAPS", create=True)
    block.add_new(0x10, "LO", "Liver lesion|Node")
    block.add_new(0x11, "OB", LABELS.tobytes())
    return dataset


@pytest.fixture
def data(tmp_path) -> Path:
    """Files for the five plugins."""
    write([*mapped_images(), *time_points(), probe(), lesions()], tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def installed(host, database, data):
    """The plugins, found in their folder; the files, imported after that."""
    import slicer

    from DICOMLib import DICOMUtils

    path, failed = list(sys.path), list(host.modules.failed)
    host.modules.discover([FOLDER])
    assert host.modules.failed == failed
    assert set(PLUGINS) <= set(slicer.modules.dicomPlugins)
    assert DICOMUtils.importDicom(str(data))
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
    stored = np.stack([np.arange(20).reshape(4, 5) + 100 * number for number in range(3)])
    assert np.array_equal(installed.util.arrayFromVolume(node), 0.25 * stored + 10)
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
    stored = np.stack([np.arange(20).reshape(4, 5) + 100 * number for number in range(3)])
    assert np.array_equal(installed.util.arrayFromVolume(node), 2 * stored)
    assert node.GetName() == "7: PET doubled"
    assert node.GetDisplayNode().GetColorNodeID() == "vtkMRMLPETProceduralColorNodePET-Heat"
    (series,) = set(DICOMUtils.allSeriesUIDsInDatabase(database)) - before  # what was derived is indexed
    files = database.filesForSeries(series)
    pixels = [pydicom.dcmread(path) for path in files]
    pixels.sort(key=lambda dataset: dataset.ImagePositionPatient[2])
    values = [dataset.pixel_array * dataset.RescaleSlope + dataset.RescaleIntercept for dataset in pixels]
    assert np.array_equal(values, 2 * stored)
    assert node.GetAttribute("DICOM.instanceUIDs").split() == [
        database.instanceForFile(path) for path in sorted(files)
    ]
    assert list(Path(installed.app.temporaryPath).glob("doubled*")) == []  # removed when all was loaded


def check_what_the_command_loads(folder: Path, *options: object) -> None:
    """Import and load by the command, in a process of its own."""
    result = slicer_dicom("import", folder / "data", "--database", folder / "db", folder=folder)
    assert result.returncode == 0, result.stderr
    series = ("--series", MAPPING, PROBE, LESIONS)
    arguments = ("load", "--database", folder / "db", *series, "--output", folder / "out", "--json", *options)
    result = slicer_dicom(*arguments, folder=folder)
    assert result.returncode == 0, result.stderr
    entries = {entry["series"]: entry for entry in json.loads(result.stdout)}
    assert entries[MAPPING]["plugin"] == "DICOMMappedValuesPlugin"
    assert entries[LESIONS]["plugin"] == "DICOMLesionMapPlugin"
    assert entries[PROBE]["plugin"] == "DicomProbeVolumePlugin"
    voxels, _matrix = read_nrrd(entries[PROBE]["file"])
    assert np.array_equal(voxels, PROBE_VOXELS)


def test_from_an_outside_folder(data, tmp_path):
    check_what_the_command_loads(tmp_path, "--additional-module-paths", FOLDER)


PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "third-party-plugins"
version = "1.0"
[project.entry-points."slicer_dicom.plugins"]
DICOMDoubledPETPlugin = "DICOMDoubledPETPlugin:DICOMDoubledPETPluginClass"
DICOMLesionMapPlugin = "DICOMLesionMapPlugin:DICOMLesionMapPluginClass"
DICOMMappedValuesPlugin = "DICOMMappedValuesPlugin:DICOMMappedValuesPluginClass"
DICOMTimePointsPlugin = "DICOMTimePointsPlugin:DICOMTimePointsPluginClass"
DicomProbeVolumePlugin = "DicomProbeVolumePlugin:DicomProbeVolumePluginClass"
[tool.hatch.build.targets.wheel]
include = ["*.py"]
"""


def test_from_an_installed_package(data, tmp_path, monkeypatch):
    project = tmp_path / "project"
    shutil.copytree(FOLDER, project, ignore=shutil.ignore_patterns("__pycache__"))
    (project / "pyproject.toml").write_text(PROJECT)
    target = tmp_path / "site"
    offline = ["--no-deps", "--no-index", "--no-build-isolation", "--quiet", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", target, project]
    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=120)
    root = FOLDER.parent.parent
    monkeypatch.setenv("PYTHONPATH", f"{target}:{root}")
    check_what_the_command_loads(tmp_path)
