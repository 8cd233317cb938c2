"""What is written of volumes with uneven slices lies where the scene has it, straightened or not."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
import vtk

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.mrml.segmentation.segment_grid import OWN_VOXELS
from DICOMLib.plugins.export import export
from DICOMLib.writing.image_series import UNEVEN_IMAGES
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, ijk_to_ras, loaded_back, offered
from Testing.DICOMPlugins.test_irregular_exports import places_of, segmentation_of
from Testing.image_series import heights, image, stack, write
from Testing.validation import dciodvfy_errors

VOLUMES, SEGMENTATION, STRUCTURES = (
    "DICOMScalarVolumePlugin",
    "DICOMSegmentationPlugin",
    "DicomRtImportExportPlugin",
)
HEIGHTS = (0, 3, 7, 10, 14)  # mm; even ones are 0, 3.5, 7, 10.5, 14
TIMES = ("100000", "100001", "100002", "100003", "100004")


@pytest.fixture
def images(tmp_path, database):
    """Images whose pixels are 100 times their height; each tells when it was acquired."""
    made = [
        image((0, 0, height), InstanceNumber=number + 1, AcquisitionTime=TIMES[number],
              pixels=np.full((4, 5), 100 * height, np.int16))
        for number, height in enumerate(HEIGHTS)
    ]  # fmt: skip
    write(made, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    return made


@pytest.fixture
def volume(images):
    """The volume of the images, under its acquisition transform."""
    (node_id, *_) = DICOMUtils.loadSeriesByUID([images[0].SeriesInstanceUID])
    return slicer.util.getNode(node_id)


def item_of(node):
    return hierarchy().GetItemByDataNode(node)


def under_shift(node, x=0.0, z=0.0):
    """Put a node under a new translation (RAS, mm)."""
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, x)
    matrix.SetElement(2, 3, z)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Shift")
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def values_by_height(written):
    """The value of the slice at each height (LPS z, mm)."""
    values = {}
    for one in written:
        (value,) = np.unique(one.pixel_array * float(one.RescaleSlope) + float(one.RescaleIntercept))
        values[round(float(one.ImagePositionPatient[2]), 4)] = float(value)
    return values


def test_a_volume_under_its_acquisition_transform_has_the_places_of_its_images(volume, tmp_path):
    report = exported(item_of(volume), VOLUMES, tmp_path / "out")
    written = datasets(report)
    assert report.notes == []
    assert values_by_height(written) == {height: 100 * height for height in HEIGHTS}
    assert {one.AcquisitionTime for one in written} == set(TIMES)


def test_a_straightened_volume_is_written_where_it_lies(images, volume, tmp_path):
    """Pixels tell the height: linear between slices, as the resampling is."""
    volume.HardenTransform()
    report = exported(item_of(volume), VOLUMES, tmp_path / "out")
    written = datasets(report)
    assert values_by_height(written) == {0: 0, 3.5: 350, 7: 700, 10.5: 1050, 14: 1400}
    assert report.notes == [UNEVEN_IMAGES.format(away=0.5)]
    for one in written:
        assert (one.PatientID, one.StudyInstanceUID) == (images[0].PatientID, images[0].StudyInstanceUID)
        assert one.FrameOfReferenceUID == images[0].FrameOfReferenceUID
        assert "AcquisitionTime" not in one
        assert one.ImageType[:2] == ["DERIVED", "SECONDARY"]
    assert dciodvfy_errors(report.files) == []
    again = loaded_back(tmp_path / "out", written[0].SeriesInstanceUID)
    assert again.GetParentTransformNode() is None
    assert np.abs(ijk_to_ras(again) - ijk_to_ras(volume)).max() < 1e-4
    assert np.array_equal(slicer.util.arrayFromVolume(again), slicer.util.arrayFromVolume(volume))


def test_a_shift_above_the_acquisition_transform_is_applied(volume, tmp_path):
    under_shift(volume.GetParentTransformNode(), x=-2, z=5)
    report = exported(item_of(volume), VOLUMES, tmp_path / "out")
    written = datasets(report)
    assert values_by_height(written) == {height + 5: 100 * height for height in HEIGHTS}
    assert {float(one.ImagePositionPatient[0]) for one in written} == {2.0}


def test_slices_that_are_turned_against_each_other(database, tmp_path):
    """The rows of each slice are turned by 2 degrees more about the axis of the first pixels."""
    turned = []
    for number in range(4):
        cosine, sine = np.cos(np.radians(2 * number)), np.sin(np.radians(2 * number))
        orientation = [round(float(part), 8) for part in (cosine, sine, 0, -sine, cosine, 0)]
        turned.append(
            image((0, 0, 3 * number), InstanceNumber=number + 1, ImageOrientationPatient=orientation)
        )
    write(turned, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID([turned[0].SeriesInstanceUID])
    node = slicer.util.getNode(node_id)
    written = datasets(exported(item_of(node), VOLUMES, tmp_path / "out"))
    assert len(written) == 4
    for one in written:
        (same,) = [old for old in turned if old.ImagePositionPatient == one.ImagePositionPatient]
        assert np.allclose(one.ImageOrientationPatient, same.ImageOrientationPatient, atol=1e-7)
    (exportable,) = offered(segmentation_of(node, np.ones((4, 4, 5), np.uint8)), SEGMENTATION)
    report = run(export([exportable], tmp_path / "segments"))
    assert "turned against each other" in report.failed[0][1]


def segment_between_images(volume, straightened):
    """Item of a segment in even slices, of a volume that is bent to its images or is not."""
    mask = np.zeros((5, 4, 5), np.uint8)
    mask[1:4, 1:3, 2:4] = 1
    transform = volume.GetTransformNodeID()
    volume.SetAndObserveTransformNodeID(None)
    item = segmentation_of(volume, mask)
    volume.SetAndObserveTransformNodeID(transform)
    if straightened:
        volume.HardenTransform()
    return item


@pytest.mark.parametrize("straightened", [False, True], ids=["apart from the transform", "straightened"])
def test_segments_between_uneven_images_keep_their_own_places(images, volume, tmp_path, straightened):
    """Even slices at 3.5 and 10.5 mm, which are half a millimetre from any image, and at 7 mm."""
    item = segment_between_images(volume, straightened)
    report = exported(item, SEGMENTATION, tmp_path / "out")
    (written,) = datasets(report)
    assert sorted(place[2] for place in places_of([written])) == [3.5, 7, 10.5]
    assert dciodvfy_errors(report.files) == []
    own = OWN_VOXELS.format(volume=volume.GetName(), name="Organs")
    assert report.notes == ([] if straightened else [own])
    (series,) = written.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
    assert written.FrameOfReferenceUID == images[0].FrameOfReferenceUID
    # by hand: which points (LPS) the pixels that are set lie at; pixels are 0.5 x 2 mm
    shared = written.SharedFunctionalGroupsSequence[0]
    between_rows, between_columns = shared.PixelMeasuresSequence[0].PixelSpacing
    points = set()
    for place, frame in zip(places_of([written]), written.pixel_array, strict=True):
        for row, column in np.argwhere(frame):
            x, y = place[0] + between_columns * column, place[1] + between_rows * row
            points.add((float(x), float(y), float(place[2])))
    assert points == {(x, y, z) for x in (1.0, 1.5) for y in (2.0, 4.0) for z in (3.5, 7.0, 10.5)}


@pytest.mark.parametrize("straightened", [False, True], ids=["apart from the transform", "straightened"])
def test_contours_between_uneven_images_keep_their_own_places(images, volume, tmp_path, straightened):
    item = segment_between_images(volume, straightened)
    report = exported(item, STRUCTURES, tmp_path / "out")
    (written,) = datasets(report)
    assert dciodvfy_errors(report.files) == []
    (roi,) = written.ROIContourSequence
    heights_of = {}
    for contour in roi.ContourSequence:
        points = np.array(contour.ContourData, float).reshape(-1, 3)
        assert np.ptp(points[:, 2]) == 0
        assert (points[:, 0].min(), points[:, 0].max()) == (0.75, 1.75)
        heights_of[float(points[0, 2])] = contour.get("ContourImageSequence")
    assert sorted(heights_of) == [3.5, 7, 10.5]
    (referenced,) = heights_of[7]
    assert referenced.ReferencedSOPInstanceUID == images[2].SOPInstanceUID
    assert not heights_of[3.5]
    assert not heights_of[10.5]


def test_segments_under_a_copy_of_the_acquisition_transform_are_in_the_images(images, volume, tmp_path):
    """As one that was read from a file: another node that moves slices alike."""
    mask = np.zeros((5, 4, 5), np.uint8)
    mask[1:3] = 1
    item = segmentation_of(volume, mask)
    copy = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLGridTransformNode", "From a file")
    copy.SetAndObserveTransformToParent(volume.GetParentTransformNode().GetTransformToParent())
    hierarchy().GetItemDataNode(item).SetAndObserveTransformNodeID(copy.GetID())
    report = exported(item, SEGMENTATION, tmp_path / "out")
    (written,) = datasets(report)
    assert report.notes == []
    assert sorted(place[2] for place in places_of([written])) == [3, 7]
    assert (written.Rows, written.Columns) == (4, 5)
    named = {
        frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
        for frame in written.PerFrameFunctionalGroupsSequence
    }
    assert named == {images[1].SOPInstanceUID, images[2].SOPInstanceUID}


def test_even_images_need_no_word(database, tmp_path):
    write(stack(heights(0, 3, 6)), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    assert exported(item_of(slicer.util.getNode(node_id)), VOLUMES, tmp_path / "out").notes == []
