"""Volumes that were made of objects that are no images, labels and measured values as series of images."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from pydicom.uid import SecondaryCaptureImageStorage

from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    loaded_back,
    offered,
    volume_node,
)
from Testing.DICOMPlugins.loading import import_files, load_series, of_class
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMScalarVolumePlugin"
MATRIX = np.diag([-0.5, -0.7, 2.5, 1.0])
VOXELS = np.arange(60, dtype=np.int16).reshape(3, 4, 5)


@pytest.mark.parametrize("modality", ["SEG", "RTDOSE"])
def test_volumes_of_objects_that_are_no_images(database, tmp_path, modality):
    """Images of modality SEG were taken for segmentations without a place, and not even loaded."""
    item = below_study(volume_node(VOXELS, MATRIX))
    hierarchy().SetItemAttribute(item, "DICOM.Modality", modality)
    report = exported(item, PLUGIN, tmp_path)
    written = datasets(report)
    assert {(one.Modality, one.SOPClassUID) for one in written} == {("OT", SecondaryCaptureImageStorage)}
    assert dciodvfy_errors(report.files) == []
    again = loaded_back(tmp_path, written[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(again), VOXELS)
    assert again.GetVoxelValueQuantity() is None


def test_a_modality_that_images_have_not_is_told(database, tmp_path):
    (exportable,) = offered(below_study(volume_node(VOXELS - 1, MATRIX)), PLUGIN)
    exportable.setTag("Modality", "SEG")
    (note,) = preview_notes([exportable])
    assert "modality SEG" in note


def test_segmentation_without_a_place(database, tmp_path, shared_data):
    """It is loaded as a volume; of its header nothing stays that tells of segments."""
    path = shared_data / "highdicom/data/test_files/seg_image_cr_binary.dcm"
    (node,) = of_class(load_series(*import_files(tmp_path / "in", path)), "vtkMRMLScalarVolumeNode")
    report = exported(int(hierarchy().GetItemByDataNode(node)), PLUGIN, tmp_path / "out")
    (written,) = datasets(report)
    assert (written.Modality, "SegmentSequence" in written) == ("OT", False)
    again = loaded_back(tmp_path / "out", written.SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(again), slicer.util.arrayFromVolume(node))


def test_label_map(database, tmp_path):
    node = slicer.util.addVolumeFromArray(VOXELS, MATRIX, "Labels", "vtkMRMLLabelMapVolumeNode")
    item = below_study(node)
    (note,) = preview_notes(offered(item, PLUGIN))
    assert "segmentation" in note
    written = datasets(exported(item, PLUGIN, tmp_path))
    assert {one.Modality for one in written} == {"OT"}
    again = loaded_back(tmp_path, written[0].SeriesInstanceUID)
    assert again.GetVoxelValueUnits() is None  # labels are no Hounsfield units


@pytest.mark.parametrize(
    ("code", "modality", "is_told"),
    [
        (("113041", "DCM", "Apparent Diffusion Coefficient"), "MR", True),
        (("112031", "DCM", "Attenuation Coefficient"), "CT", False),
        (("126401", "DCM", "SUVbw"), "PT", False),
    ],
)
def test_a_quantity_that_is_not_kept_is_told(database, code, modality, is_told):
    node = volume_node(VOXELS, MATRIX)
    quantity = slicer.vtkCodedEntry()
    quantity.SetValueSchemeMeaning(*code)
    node.SetVoxelValueQuantity(quantity)
    (exportable,) = [one for one in offered(below_study(node), PLUGIN) if one.pluginClass == PLUGIN]
    exportable.setTag("Modality", modality)
    assert any(code[2] in note for note in preview_notes([exportable])) is is_told


@pytest.mark.parametrize("kind", [np.uint8, np.int16])
def test_volume_of_ultrasound_comes_back_as_it_was(database, tmp_path, kind):
    """Its slices came back as pictures, each of its own."""
    voxels = VOXELS.astype(kind)
    item = below_study(volume_node(voxels, MATRIX))
    hierarchy().SetItemAttribute(item, "DICOM.Modality", "US")
    written = datasets(exported(item, PLUGIN, tmp_path))
    again = loaded_back(tmp_path, written[0].SeriesInstanceUID)
    assert again.IsA("vtkMRMLScalarVolumeNode")
    assert np.array_equal(slicer.util.arrayFromVolume(again), voxels)
    assert np.abs(ijk_to_ras(again) - MATRIX).max() < 1e-4
    assert hierarchy().GetItemAttribute(hierarchy().GetItemByDataNode(again), "DICOM.Modality") == "US"


def test_enhanced_ultrasound_comes_back_as_a_volume(database, tmp_path, shared_data):
    path = shared_data / "synthetic" / "enhanced_us_volume.dcm"
    (node,) = of_class(load_series(*import_files(tmp_path / "in", path)), "vtkMRMLScalarVolumeNode")
    report = exported(int(hierarchy().GetItemByDataNode(node)), PLUGIN, tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    again = loaded_back(tmp_path / "out", datasets(report)[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(again), slicer.util.arrayFromVolume(node))
    assert np.abs(ijk_to_ras(again) - ijk_to_ras(node)).max() < 1e-4
