"""Export of the scene as a data bundle: header, private elements, picture, round trip."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pydicom
import pytest
import slicer
from PIL import Image

from DICOMLib import DICOMUtils
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, offered, volume_node
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMSlicerDataBundlePlugin"
MATRIX = np.diag([-0.5, -0.7, 2.5, 1.0])
VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


@pytest.fixture
def item(database):
    return below_study(volume_node(VOXELS, MATRIX, "Scanned"))


def archive_of(dataset):
    """The scene by the elements that Slicer's readers look at."""
    size = int(dataset[0xCADB, 0x0010].value.split()[2])
    assert dataset[0xCADB, 0x1008].value == size
    return zipfile.ZipFile(io.BytesIO(dataset[0xCADB, 0x1010].value[:size]))


def test_offered_for_any_item(database):
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    (exportable,) = offered(hierarchy().GetItemByDataNode(node), PLUGIN)
    assert (exportable.confidence, exportable.tags) == (0.1, {})


def test_a_scene_in_a_secondary_capture(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert report.files[0].endswith("SlicerDataBundle.dcm")
    assert dataset.SOPClassUID.name == "Secondary Capture Image Storage"
    assert (dataset.PatientName, dataset.StudyInstanceUID) == ("Doe^Jane", "1.2.3.4")
    assert dataset.SeriesDescription == "Slicer Data Bundle"
    assert dataset.SpecificCharacterSet == "ISO_IR 192"
    names = archive_of(dataset).namelist()
    assert any(name.endswith(".mrml") for name in names)
    assert any(name.endswith("Scanned.nrrd") for name in names)


def test_round_trip(item, tmp_path):
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    slicer.mrmlScene.Clear(0)
    DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    node = slicer.mrmlScene.GetFirstNodeByName("Scanned")
    assert np.array_equal(slicer.util.arrayFromVolume(node), VOXELS)


def test_a_script_of_slicer(database, tmp_path):
    from DICOMLib import DICOMExportScene

    (reference, *_) = write(stack(heights(0, 3), StudyInstanceUID="1.2.99"), tmp_path / "source")
    pixels = np.full((16, 24, 3), (200, 30, 60), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "picture.jpg", quality=100)
    volume_node(VOXELS, MATRIX)
    exporter = DICOMExportScene(reference, str(tmp_path / "out"))
    exporter.imageFile = str(tmp_path / "picture.jpg")
    exporter.seriesDescription = "My scene"
    exporter.optionalTags = {"SeriesNumber": "77"}

    assert exporter.export()
    dataset = pydicom.dcmread(exporter.sdbFile)
    assert exporter.sdbFile == str(tmp_path / "out" / "SlicerDataBundle.dcm")
    assert (dataset.PatientName, dataset.StudyInstanceUID) == ("Doe^Jane", "1.2.99")
    assert (dataset.SeriesDescription, dataset.SeriesNumber) == ("My scene", 77)
    assert dataset.SeriesInstanceUID != "1.2.3.4"
    assert np.abs(dataset.pixel_array.astype(int) - pixels).max() < 5
    assert not list(tmp_path.glob("**/.writing-*"))


@pytest.mark.gui
def test_without_a_picture_that_of_the_window_is_taken(main_window, database, tmp_path):
    node = volume_node(VOXELS, MATRIX, "Scanned")
    (dataset,) = datasets(exported(below_study(node), PLUGIN, tmp_path / "out"))
    shown = main_window.grab().toImage()
    assert (dataset.Rows, dataset.Columns) == (shown.height(), shown.width())
    bar = [shown.pixelColor(column, 4) for column in range(shown.width())]  # of the menus
    expected = np.array([[one.red(), one.green(), one.blue()] for one in bar])
    assert np.array_equal(dataset.pixel_array[4], expected)


def test_a_picture_that_is_none(database, tmp_path):
    from DICOMLib import DICOMExportScene

    exporter = DICOMExportScene(saveDirectoryPath=str(tmp_path / "out"))
    exporter.imageFile = str(tmp_path / "no.jpg")
    assert not exporter.export()
    assert exporter.sdbFile is None


def test_study_of_the_database(database, tmp_path):
    write(stack(heights(0, 3), StudyInstanceUID="1.2.99", AccessionNumber="A7"), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    item = hierarchy().GetItemByDataNode(slicer.util.getNode(node_id))
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert (dataset.AccessionNumber, dataset.StudyInstanceUID) == ("A7", "1.2.99")
    assert dataset.SeriesInstanceUID != "1.2.3.4"
