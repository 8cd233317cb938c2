"""Scalar volumes, what scripts and plugins of Slicer rely on: names, tags, order, readers, attributes."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import numpy as np
import pytest
import vtk

from DICOMLib.plugins import choose
from Testing.DICOMPlugins.conftest import SETTING
from Testing.DICOMPlugins.exporting import below_study, hierarchy, offered, volume_node
from Testing.image_series import heights, image, stack

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMScalarVolumePlugin"
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
TAGS = {
    "sopClassUID": "0008,0016", "photometricInterpretation": "0028,0004", "seriesDescription": "0008,103E",
    "seriesUID": "0020,000E", "seriesInstanceUID": "0020,000E", "seriesNumber": "0020,0011",
    "position": "0020,0032", "pixelData": "7FE0,0010", "acquisitionNumber": "0020,0012",
    "imageType": "0008,0008", "contentTime": "0008,0033", "triggerTime": "0018,1060",
    "diffusionGradientOrientation": "0018,9089", "imageOrientationPatient": "0020,0037",
    "orientation": "0020,0037", "numberOfFrames": "0028,0008", "instanceUID": "0008,0018",
    "windowCenter": "0028,1050", "windowWidth": "0028,1051", "rows": "0028,0010", "columns": "0028,0011",
}  # fmt: skip


def test_defaults(host):
    import slicer

    plugin = slicer.modules.dicomPlugins[PLUGIN]()
    assert (plugin.spacingEpsilon, plugin.orientationEpsilon) == (1e-2, 1e-6)
    assert plugin.acquisitionModeling is None
    assert plugin.defaultStudyID == "SLICER10001"
    assert {name: plugin.tags[name].upper() for name in TAGS} == TAGS
    modeling = plugin.AcquisitionModeling()
    assert (modeling.cornerEpsilon, modeling.zeroEpsilon) == (1e-3, 1e-6)
    assert plugin.acquisitionGeometryRegularization() == "default"
    assert plugin.acquisitionGeometryRegularizationEnabled()
    assert not plugin.allowLoadingByTime()


@pytest.mark.parametrize(
    ("keyword", "values", "labels"),
    [
        ("SeriesInstanceUID", ["1.2.3.4", "1.2.3.9"], ["seriesInstanceUID 1", "seriesInstanceUID 2"]),
        (
            "DiffusionGradientOrientation",
            [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]],
            ["diffusionGradientOrientation 1", "diffusionGradientOrientation 2"],
        ),
        ("TriggerTime", ["10", "20"], ["triggerTime 10", "triggerTime 20"]),
    ],
)
def test_names_of_parts(series, settings, keyword, values, labels):
    settings.setValue(SETTING + "AllowLoadingByTime", 1)
    datasets = stack(heights(0, 3))
    for dataset, value in zip(datasets, values, strict=True):
        setattr(dataset, keyword, value)
    plugin, files = series(datasets)
    names = [loadable.name for loadable in plugin.examineFiles(files)]
    assert names == ["7: Axial", *(f"7: Axial - {label}" for label in labels)]


def test_preferred_parts_stay_selected_together(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 6))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
    plugin, files = series(datasets)
    loadables = {plugin: plugin.examineForImport([files])}
    choose.select_most_confident(loadables)
    assert [one.selected for one in loadables[plugin]] == [False, True, True]


def test_names_without_number_keep_their_order(series):
    descriptions = ("b", "a", "c")
    datasets = [
        image(SeriesInstanceUID=f"1.2.3.{n}", SeriesNumber=None, SeriesDescription=text)
        for n, text in enumerate(descriptions)
    ]
    plugin, files = series(datasets)
    assert tuple(one.name for one in plugin.examineForImport([[path] for path in files])) == descriptions


def test_segmentations_are_offered_but_less_confident_than_by_their_plugin(series):
    plugin, files = series([image(Modality="SEG", SOPClassUID="1.2.840.10008.5.1.4.1.1.66.4")])
    (loadable,) = plugin.examineFiles(files)
    assert loadable.confidence == 0.5


def test_without_a_plugin_for_structure_sets_the_log_names_the_extension(series, caplog, monkeypatch):
    import slicer

    plugin, files = series([image(SOPClassUID=RT_STRUCTURE_SET)])
    with caplog.at_level(logging.INFO):
        assert plugin.examineFiles(files) == []
        assert "SlicerRT" not in caplog.text
        monkeypatch.delitem(slicer.modules.dicomPlugins, "DicomRtImportExportPlugin")
        assert plugin.examineFiles(files) == []
    assert "SlicerRT" in caplog.text


@pytest.mark.parametrize("approach", ["GDCM with DCMTK fallback", "GDCM", "DCMTK"])
@pytest.mark.parametrize("count", [1, 2])
def test_colours_by_each_reader(series, approach, count):
    import slicer

    pixels = np.arange(60, dtype=np.uint8)
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    datasets = [
        image((0, 0, 3 * n), PixelData=bytes(pixels + n), pixels=np.zeros((4, 5), np.uint8), **attributes)
        for n in range(count)
    ]
    plugin, files = series(datasets)
    node = plugin.load(plugin.examineFiles(files)[0], approach)
    assert node.GetClassName() == "vtkMRMLVectorVolumeNode"
    expected = np.stack([pixels + n for n in range(count)]).reshape(count, 4, 5, 3)
    assert np.array_equal(slicer.util.arrayFromVolume(node), expected)


def test_the_reader_of_itk_is_there_for_scripts(series):
    import slicer

    plugin, files = series(stack(heights(0, 3)))
    assert plugin.load(plugin.examineFiles(files)[0], "GDCM")
    reader = slicer.modules.reader
    assert reader.IsA("vtkITKArchetypeImageSeriesReader")
    assert [reader.GetFileName(n) for n in range(reader.GetNumberOfFileNames())] == files


def test_left_handed_order_of_files_is_reversed(series):
    import slicer

    plugin, files = series(stack(heights(0, 3, 6)))
    (loadable,) = plugin.examineFiles(files)
    expected = plugin.load(loadable)
    loadable.files = list(reversed(loadable.files))
    node = plugin.load(loadable)
    assert plugin.compareVolumeNodes(node, expected) == ""
    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    assert matrix.Determinant() > 0
    assert node.GetAttribute("DICOM.instanceNumbers") == "1 2 3"
    assert node.GetAttribute("DICOM.instanceUIDs") == expected.GetAttribute("DICOM.instanceUIDs")
    assert slicer.util.arrayFromVolume(node)[:, 0, 0].tolist() == [0, 100, 200]


def test_instance_numbers_that_are_not_told(series):
    datasets = stack(heights(0, 3))
    del datasets[1].InstanceNumber
    plugin, files = series(datasets)
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetAttribute("DICOM.instanceNumbers") == "1 ?"


def test_the_window_is_that_of_the_file_in_the_middle(series):
    datasets = stack(heights(0, 3, 6))
    for number, dataset in enumerate(datasets, start=1):
        dataset.WindowCenter, dataset.WindowWidth = str(10 * number), str(100 * number)
    plugin, files = series(datasets)
    display = plugin.load(plugin.examineFiles(files)[0]).GetDisplayNode()
    assert (display.GetLevel(), display.GetWindow()) == (20, 200)


def test_copies_by_all_readers(series):
    plugin, files = series(stack(heights(0, 3)))
    (loadable,) = plugin.examineFiles(files)
    nodes = plugin.loadWithMultipleLoaders(loadable)
    assert [node.GetName() for node in nodes] == ["7: Axial-archetype", "7: Axial-gdcm", "7: Axial-dcmtk"]
    assert [plugin.compareVolumeNodes(nodes[0], node) for node in nodes] == ["", "", ""]


def test_the_grid_of_the_acquisition_transform(series):
    plugin, files = series(stack(heights(0, 3, 9)))
    node = plugin.load(plugin.examineFiles(files)[0])
    grid = node.GetParentTransformNode().GetTransformToParent().GetDisplacementGrid()
    assert grid.GetDimensions() == (2, 2, 3)
    # 5 columns of 0.5 mm, 4 rows of 2 mm, slices 4.5 mm apart on the average
    assert grid.GetSpacing() == pytest.approx((2.5, 8, 4.5))
    assert grid.GetOrigin() == pytest.approx(node.GetOrigin())
    displacement = [grid.GetScalarComponentAsDouble(0, 0, k, 2) for k in range(3)]
    assert displacement == pytest.approx([0, -1.5, 0])


@pytest.mark.parametrize("what", ["frames", "spacing"])
def test_no_acquisition_transform_without_the_place_of_each_slice(series, what):
    if what == "frames":
        pixels = np.zeros((3, 4, 5), np.int16)
        datasets = [image(NumberOfFrames=3, pixels=pixels)]
    else:
        datasets = stack(heights(0, 3, 9), PixelSpacing=None)
    plugin, files = series(datasets)
    node = plugin.load(plugin.examineFiles(files)[0])
    assert plugin.acquisitionModeling.targetCorners is None
    assert node.GetParentTransformNode() is None


def test_small_differences_are_in_the_detailed_log(series, caplog):
    plugin, files = series(stack(heights(0, 3.0005, 6)))
    with caplog.at_level(logging.DEBUG):
        plugin.load(plugin.examineFiles(files)[0])
    assert "Slices are up to 0.0005 mm" in caplog.text
    assert not [one for one in caplog.records if one.levelno > logging.INFO and "Slices are" in one.message]


@pytest.mark.parametrize("kind", ["vtkMRMLLabelMapVolumeNode", "vtkMRMLVectorVolumeNode"])
def test_kinds_of_volumes_that_are_exported(database, kind):
    import slicer

    shape = (2, 3, 4, 3) if "Vector" in kind else (2, 3, 4)
    node = slicer.util.addVolumeFromArray(np.zeros(shape, np.uint8), np.eye(4), "Made", kind)
    (exportable,) = offered(below_study(node), PLUGIN)
    assert exportable.tooltip.endswith(".")


def test_a_script_exports_to_the_folder_only_and_long_uids_are_shortened(database, tmp_path):
    import slicer

    item = below_study(volume_node(np.zeros((2, 3, 4), np.int16), np.eye(4)))
    plugin = slicer.modules.dicomPlugins[PLUGIN]()
    uid = "1.2.826.0.1.3680043.8.498.123456789"
    for folder, text in (("a", ""), ("b", "1.2.826.0.1.3680043....")):
        (exportable,) = plugin.examineForExport(item)
        exportable.directory = str(tmp_path / folder)
        exportable.setTag("SeriesInstanceUID", uid)
        told = plugin.export([exportable])
        assert text in told
        assert bool(told) == bool(text)
        assert uid not in told
        assert not list(database.patients()) or folder == "b"
        for path in (tmp_path / "a").rglob("*.dcm"):
            database.insert(str(path), False)
    assert hierarchy().GetItemDataNode(item)


def test_readers_of_itk_are_left_at_the_module(series, monkeypatch):
    """Scripts find the reader, and the filter that takes spacing and origin away, at the DICOM module."""
    import slicer

    module = SimpleNamespace()
    monkeypatch.setattr(slicer.modules, "DICOMInstance", module, raising=False)
    plugin, files = series(stack(heights(0, 3)))
    node = plugin.load(plugin.examineFiles(files)[0], "DCMTK")
    assert module.reader is slicer.modules.reader
    assert module.imageChangeInformation.IsA("vtkImageChangeInformation")
    image_data = module.imageChangeInformation.GetOutput()
    assert (image_data.GetSpacing(), image_data.GetOrigin()) == ((1, 1, 1), (0, 0, 0))
    assert image_data.GetDimensions() == node.GetImageData().GetDimensions() == (5, 4, 2)


def test_the_meta_data_of_the_reader_goes_to_the_node(series, monkeypatch):
    """Python cannot read the dictionary of a node: the call that copies it is looked at."""
    import slicer

    copied = []
    real = slicer.vtkMRMLVolumeArchetypeStorageNode

    class Storage:
        @staticmethod
        def SetMetaDataDictionaryFromReader(node, reader):
            copied.append((node, reader))
            return real.SetMetaDataDictionaryFromReader(node, reader)

    monkeypatch.setattr(slicer, "vtkMRMLVolumeArchetypeStorageNode", Storage)
    plugin, files = series(stack(heights(0, 3)))
    node = plugin.load(plugin.examineFiles(files)[0], "GDCM")
    assert copied == [(node, slicer.modules.reader)]


def test_dcmtk_reads_what_gdcm_refuses(series, caplog):
    """12 bits allocated, one pixel after the other without gaps, and more bytes than that takes."""
    import slicer

    values = np.arange(20) * 100
    bits = (values[:, None] >> np.arange(12)) & 1
    packed = np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()
    attributes = {"BitsAllocated": 12, "BitsStored": 12, "HighBit": 11, "PixelRepresentation": 0}
    plugin, files = series([image(PixelData=packed + bytes(10), **attributes)])
    with caplog.at_level(logging.INFO):
        node = plugin.load(plugin.examineFiles(files)[0])
    assert slicer.util.arrayFromVolume(node).ravel().tolist() == values.tolist()
    assert caplog.text.count("The images are not read (The GDCM reader cannot read the files") == 1
    assert "The DCMTK reader cannot" not in caplog.text


def test_instances_without_uid_are_unknown(series, tmp_path):
    """Files that are not in the database may lack it."""
    plugin, files = series(stack(heights(0, 3)))
    (loadable,) = plugin.examineFiles(files)
    dataset = image((0, 0, 6))
    del dataset.SOPInstanceUID
    path = tmp_path / "without.dcm"
    dataset.save_as(path, enforce_file_format=True)
    loadable.files = [*loadable.files, str(path)]
    uids = plugin.load(loadable).GetAttribute("DICOM.instanceUIDs").split()
    assert uids[2] == "Unknown"
    assert len(uids) == 3


@pytest.mark.parametrize("frames", [0, 1])
def test_number_of_frames_of_a_single_image(series, frames):
    import slicer

    plugin, files = series([image(NumberOfFrames=frames)])
    node = plugin.load(plugin.examineFiles(files)[0])
    assert slicer.util.arrayFromVolume(node).ravel().tolist() == list(range(20))
