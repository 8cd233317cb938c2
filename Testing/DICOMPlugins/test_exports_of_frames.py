"""Segmentations and maps of images whose class has frames but no functional groups."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
from pydicom.dataset import Dataset
from pydicom.uid import NuclearMedicineImageStorage, RTDoseStorage

from DICOMLib import DICOMUtils
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras, loaded_back
from Testing.DICOMPlugins.test_segmentation_export import segmentation_of
from Testing.image_series import AXIAL, image, write
from Testing.validation import dciodvfy_errors

FIRST_MM = -30.0
PIXELS = np.arange(3 * 20, dtype=np.uint16).reshape(3, 4, 5)


def dose(offsets):
    """A dose whose frames lie at these distances from the first one."""
    return image(
        (-1, -2, FIRST_MM),
        pixels=PIXELS,
        SOPClassUID=RTDoseStorage,
        Modality="RTDOSE",
        NumberOfFrames=3,
        GridFrameOffsetVector=offsets,
        DoseGridScaling="0.25",
        DoseUnits="GY",
        DoseType="PHYSICAL",
        DoseSummationType="PLAN",
    )


def emission():
    """A reconstructed tomography, which tells the place of its first frame for the detector."""
    detector = Dataset()
    detector.ImagePositionPatient, detector.ImageOrientationPatient = [-1, -2, FIRST_MM], list(AXIAL)
    return image(
        pixels=PIXELS,
        SOPClassUID=NuclearMedicineImageStorage,
        Modality="NM",
        ImageType=["ORIGINAL", "PRIMARY", "RECON TOMO", "EMISSION"],
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        DetectorInformationSequence=[detector],
        NumberOfFrames=3,
        SpacingBetweenSlices=2.5,
    )


@pytest.fixture(params=["dose upwards", "dose downwards", "emission"])
def frames(request, database, tmp_path):
    """A volume of frames, and the height of each frame by hand."""
    steps = [0, -2.5, -5] if request.param == "dose downwards" else [0, 2.5, 5]
    made = emission() if request.param == "emission" else dose(steps)
    write([made], tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    nodes = [slicer.util.getNode(one) for one in DICOMUtils.loadSeriesByUID(["1.2.3.4"])]
    (volume,) = (node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode"))
    return volume, [FIRST_MM + step for step in steps]


def test_a_segmentation_refers_to_the_frames_that_were_segmented(frames, tmp_path):
    volume, heights_mm = frames
    voxels = slicer.util.arrayFromVolume(volume)
    # the second half of all voxels: half of frame 2, all of frame 3
    mask = (voxels >= voxels.max() * 30 / 59).astype(np.uint8)
    assert mask.sum() == 30
    tree = hierarchy()
    item = tree.GetItemByDataNode(segmentation_of(volume, [mask], ["Hot"]))
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    report = exported(item, "DICOMSegmentationPlugin", tmp_path / "out")
    (dataset,) = datasets(report)
    assert dciodvfy_errors(report.files) == []
    found = {}
    pixels = np.atleast_3d(dataset.pixel_array)
    for frame, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        source = groups.DerivationImageSequence[0].SourceImageSequence[0]
        height = float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
        assert height == pytest.approx(heights_mm[source.ReferencedFrameNumber - 1])
        found[int(source.ReferencedFrameNumber)] = frame
    assert found.keys() == {2, 3}
    assert np.array_equal(found[2], PIXELS[1] >= 30)
    assert found[3].all()


def test_a_map_of_frames_has_their_values(frames, tmp_path):
    volume, heights_mm = frames
    values = slicer.util.arrayFromVolume(volume).astype(np.float32) / 3
    slicer.util.updateVolumeFromArray(volume, values)
    item = hierarchy().GetItemByDataNode(volume)
    report = exported(item, "DICOMParametricMapPlugin", tmp_path / "out")
    (dataset,) = datasets(report)
    places = [
        float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
        for groups in dataset.PerFrameFunctionalGroupsSequence
    ]
    assert sorted(places) == pytest.approx(sorted(heights_mm))
    written = np.frombuffer(dataset.FloatPixelData, np.float32).reshape(3, 4, 5)
    order = np.argsort(places)
    heights_of_slices = slicer.util.arrayFromVolume(volume)
    assert np.array_equal(written[order], heights_of_slices)


@pytest.fixture
def two_loops(database, tmp_path):
    """A volume of two loops of three frames each, one behind the other."""
    import pydicom

    loops = [emission(), emission()]
    for number, loop in enumerate(loops):
        loop.SOPInstanceUID = f"1.2.3.4.{number + 1}"
        loop.InstanceNumber = number + 1
        loop.DetectorInformationSequence[0].ImagePositionPatient = [-1, -2, FIRST_MM + 7.5 * number]
    write(loops, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    assert len(list((tmp_path / "source").iterdir())) == 2
    nodes = [slicer.util.getNode(one) for one in DICOMUtils.loadSeriesByUID(["1.2.3.4"])]
    (volume,) = (node for node in nodes if node.IsA("vtkMRMLScalarVolumeNode"))
    assert pydicom.dcmread(next((tmp_path / "source").iterdir())).NumberOfFrames == 3
    return volume


def test_fractions_of_several_loops_refer_to_none(two_loops, tmp_path):
    item = hierarchy().GetItemByDataNode(two_loops)
    report = exported(item, "DICOMSegmentationPlugin", tmp_path / "out")
    (dataset,) = datasets(report)
    assert any("was made of 2 images with frames" in note for note in report.notes)
    assert "ReferencedSeriesSequence" not in dataset
    assert dciodvfy_errors(report.files) == []
    # the largest voxel is 59, so that the voxels are stored as parts of 100
    stored = dataset.pixel_array.ravel()
    assert np.array_equal(np.sort(stored), np.repeat(np.arange(60), 2))


def test_a_segmentation_of_several_loops_comes_with_their_volume(two_loops, tmp_path):
    tree = hierarchy()
    mask = np.zeros(slicer.util.arrayFromVolume(two_loops).shape, np.uint8)
    mask[1] = 1
    item = tree.GetItemByDataNode(segmentation_of(two_loops, [mask], ["Plane"]))
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(two_loops)))
    report = exported(item, "DICOMSegmentationPlugin", tmp_path / "out")
    assert any("was made of 2 images with frames. It is written too" in note for note in report.notes)
    written = datasets(report)
    (segmentation,) = (one for one in written if one.Modality == "SEG")
    images = {one.SOPInstanceUID for one in written} - {segmentation.SOPInstanceUID}
    (series,) = segmentation.ReferencedSeriesSequence
    assert {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence} <= images
    assert segmentation.pixel_array.sum() == mask.sum()


def test_a_volume_of_frames_becomes_images_that_are_read_as_they_were_written(frames, tmp_path):
    """What scales a dose, and what counts frames, is true of the source only."""
    volume, _heights = frames
    voxels = slicer.util.arrayFromVolume(volume).copy()
    item = int(hierarchy().GetItemByDataNode(volume))
    report = exported(item, "DICOMScalarVolumePlugin", tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    written = datasets(report)
    pixels = [one.pixel_array * float(one.get("RescaleSlope", 1)) for one in written]
    assert sorted(one.max() for one in pixels) == sorted(one.max() for one in voxels)
    assert not any("rounded" in note for note in report.notes)
    back = loaded_back(tmp_path / "out", written[0].SeriesInstanceUID)
    assert np.array_equal(slicer.util.arrayFromVolume(back), voxels)
    assert np.allclose(ijk_to_ras(back), ijk_to_ras(volume), atol=1e-4)
