"""Series of scanners through every plugin that offers to write them, and what their odd headers need."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras, loaded_back
from Testing.DICOMPlugins.loading import import_files, load_series, masks_in_world, points_of
from Testing.DICOMPlugins.test_segmentation_export import segmentation_of
from Testing.DICOMPlugins.test_value_mapping_export import coded
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

CT = "dcmqi/data/segmentations/ct-3slice"  # signed pixels; Specific Character Set is there, and empty
NAME = "Größe"


def item_of(node):
    return int(hierarchy().GetItemByDataNode(node))


def loaded_volume(folder, imported):
    """The one volume of a folder that is copied to another and imported; it says what its voxels measure."""
    (uid,) = import_files(imported, folder)
    (node,) = (one for one in load_series(uid) if one.IsA("vtkMRMLScalarVolumeNode"))
    node.SetVoxelValueQuantity(
        node.GetVoxelValueQuantity() or coded("112031", "DCM", "Attenuation Coefficient")
    )
    node.SetVoxelValueUnits(node.GetVoxelValueUnits() or coded("[hnsf'U]", "UCUM", "Hounsfield unit"))
    return node


def segmented(node):
    """A quarter of the first slice as a segment, in the study of the volume."""
    mask = np.zeros(slicer.util.arrayFromVolume(node).shape[:3], np.uint8)
    mask[0, : mask.shape[1] // 2, : mask.shape[2] // 2] = 1
    segmentation = segmentation_of(node, [mask], [NAME])
    tree = hierarchy()
    tree.SetItemParent(item_of(segmentation), tree.GetItemParent(item_of(node)))
    return segmentation, mask


@pytest.fixture
def ct(database, shared_data, tmp_path):
    """Its volume."""
    return loaded_volume(shared_data / CT, tmp_path / "imported")


# -- an empty Specific Character Set, and signed pixels


def test_segmentation_of_images_without_character_set(ct, tmp_path):
    segmentation, mask = segmented(ct)
    report = exported(item_of(segmentation), "DICOMSegmentationPlugin", tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    assert (dataset.PatientID, dataset.PatientSex, dataset.StudyDate) == ("99000", "M", "20030417")
    assert (dataset.SpecificCharacterSet, dataset.SegmentSequence[0].SegmentLabel) == ("ISO_IR 192", NAME)
    frames = hd.seg.segread(report.files[0]).pixel_array
    assert np.array_equal(np.atleast_3d(frames).reshape(-1, *mask.shape[1:])[0], mask[0])
    back = loaded_back(tmp_path / "out", dataset.SeriesInstanceUID)
    ((name, (voxels, _matrix)),) = masks_in_world(back).items()
    assert (name, voxels.sum()) == (NAME, mask.sum())


def test_parametric_map_of_images_without_character_set(ct, tmp_path):
    voxels, matrix = slicer.util.arrayFromVolume(ct).astype(np.float32), ijk_to_ras(ct)
    slicer.util.updateVolumeFromArray(ct, voxels)
    report = exported(item_of(ct), "DICOMParametricMapPlugin", tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    assert (dataset.PatientID, dataset.SpecificCharacterSet) == ("99000", "ISO_IR 192")
    back = loaded_back(tmp_path / "out", dataset.SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), voxels)
    assert np.abs(ijk_to_ras(back) - matrix).max() < 1e-4


def test_value_mapping_of_signed_pixels(ct, shared_data, tmp_path):
    stored = [pydicom.dcmread(path).pixel_array for path in (shared_data / CT).iterdir()]
    voxels = slicer.util.arrayFromVolume(ct).copy()
    report = exported(item_of(ct), "DICOMRWVMPlugin", tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    (mapping,) = dataset.ReferencedImageRealWorldValueMappingSequence[0].RealWorldValueMappingSequence
    first, last = mapping["RealWorldValueFirstValueMapped"], mapping["RealWorldValueLastValueMapped"]
    assert (first.VR, first.value, last.VR, last.value) == ("SS", np.min(stored), "SS", np.max(stored))
    assert first.value < 0
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, -1024)
    back = loaded_back(tmp_path / "out", dataset.SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), voxels)


# -- every plugin

PET = "ibsi-sts-001/ibsi_validation/dicom/STS_001/PET/image"  # Study ID of more than 16 characters
DX = "highdicom/data/test_files/dx_image.dcm"  # no Frame of Reference
MOSAICS = "dcm_qa_uih/In/DTI_132225"
ADC = "dcmqi/data/paramaps/pm-example-dcm.zip.d/701-ADCb500"  # orientations differ in the last digit


@pytest.mark.filterwarnings("ignore:.*:UserWarning:pydicom")  # its remarks on values of the images
@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        pytest.param(CT, {"DICOMScalarVolumePlugin"}, id="CT"),
        pytest.param(DX, {"DICOMScalarVolumePlugin"}, id="DX, of a class that is not written"),
        pytest.param(ADC, {"DICOMScalarVolumePlugin"}, id="MR with rounded orientations"),
        pytest.param(PET, {"DICOMScalarVolumePlugin", "DICOMParametricMapPlugin"}, id="PT"),
    ],
)
def test_every_plugin_that_offers_itself_writes(database, shared_data, tmp_path, folder, expected):
    """And the validator finds nothing in it that it does not find in the images."""
    node = loaded_volume(shared_data / folder, tmp_path / "imported")
    image = next(path for path in (tmp_path / "imported").rglob("*") if path.is_file())
    known = faults([image])
    segmentation, _mask = segmented(node)
    kinds = set()
    for item in (item_of(node), item_of(segmentation)):
        types = run(examine_for_export([item]))
        assert types.failed == []
        for number, kind in enumerate(types.types):
            report = run(export(kind.exportables, tmp_path / f"{item}-{number}"))
            assert report.failed == [], kind.text
            assert report.files, kind.text
            assert faults([report.files[0], report.files[-1]]) <= known, kind.text
            kinds.add(kind.plugin)
    others = {
        "DICOMSegmentationPlugin",
        "DicomRtImportExportPlugin",
        "DICOMSlicerDataBundlePlugin",
        "DICOMRWVMPlugin",
    }
    assert kinds >= expected | others


def faults(paths):
    """What the validator calls an error, without the name of the file."""
    return {line.split(": ", 1)[1] for line in dciodvfy_errors(paths)}


def test_frame_of_reference_of_images_that_tell_none(database, shared_data, tmp_path):
    """Mosaics, without positions: one frame for all of a series; the segment lies where the volume does."""
    node = loaded_volume(shared_data / MOSAICS, tmp_path / "imported")
    segmentation, mask = segmented(node)
    item = item_of(segmentation)
    first, second = (
        datasets(exported(item, "DICOMSegmentationPlugin", tmp_path / name))[0] for name in ("one", "two")
    )
    assert first.FrameOfReferenceUID == second.FrameOfReferenceUID != ""
    assert first.SOPInstanceUID != second.SOPInstanceUID
    (structures,) = datasets(exported(item, "DicomRtImportExportPlugin", tmp_path / "structures"))
    frames = [structures, *structures.ReferencedFrameOfReferenceSequence]
    assert {one.FrameOfReferenceUID for one in frames} == {first.FrameOfReferenceUID}
    assert structures.StructureSetROISequence[0].ReferencedFrameOfReferenceUID == first.FrameOfReferenceUID
    expected = np.array(sorted(points_of(mask, ijk_to_ras(node))))
    back = loaded_back(tmp_path / "one", first.SeriesInstanceUID)
    ((_name, segment),) = masks_in_world(back).items()
    found = np.array(sorted(points_of(*segment)))
    assert found.shape == (len(expected), 3)
    assert np.allclose(found.min(axis=0), np.min(expected, axis=0), atol=0.02)
    assert np.allclose(found.max(axis=0), np.max(expected, axis=0), atol=0.02)


def test_invalid_values_of_a_user_are_told(ct, tmp_path):
    """What the images say against the Standard is mended, what a user types is not."""
    (kind,) = run(examine_for_export([item_of(ct)], ["DICOMScalarVolumePlugin"])).types
    kind.exportables[0].setTag("StudyID", "longer than 16 characters")
    ((_name, reason),) = run(export(kind.exportables, tmp_path / "out")).failed
    assert reason == "The value of StudyID is not valid: at most 16 characters."
