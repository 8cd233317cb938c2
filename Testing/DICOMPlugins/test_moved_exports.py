"""What is moved by transforms in the scene is written where it is seen, and what is cut off is told."""

from __future__ import annotations

import numpy as np
import pytest
import slicer
import vtk

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, offered
from Testing.DICOMPlugins.test_irregular_exports import places_of, segmentation_of
from Testing.DICOMPlugins.test_volume_sequence_export import FRAMES, TIMES
from Testing.DICOMPlugins.test_volume_sequence_export import item as _item
from Testing.image_series import heights, image, stack, write

SEGMENTATION, STRUCTURES, SEQUENCES = (
    "DICOMSegmentationPlugin",
    "DicomRtImportExportPlugin",
    "DICOMVolumeSequencePlugin",
)
MASK = np.zeros((4, 4, 5), np.uint8)
MASK[:2, 1:3, 1:3] = 1  # slices at 0 and 3 mm
sequence_item = _item


@pytest.fixture
def volume(database, tmp_path):
    """A volume with slices at 0, 3, 6 and 9 mm, of images in the database."""
    write(stack(heights(0, 3, 6, 9)), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    return slicer.util.getNode(node_id)


def moved(node, z):
    """Put a node under a new translation along S (mm)."""
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(2, 3, z)
    transform = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Shift")
    transform.SetMatrixTransformToParent(matrix)
    node.SetAndObserveTransformNodeID(transform.GetID())
    return transform


def frame_heights(segmentation):
    return sorted(place[2] for place in places_of([segmentation]))


@pytest.mark.parametrize("hardened", [False, True])
def test_moved_segments(volume, tmp_path, hardened):
    item = segmentation_of(volume, MASK)
    node = hierarchy().GetItemDataNode(item)
    moved(node, 6)
    if hardened:
        node.HardenTransform()
    report = exported(item, SEGMENTATION, tmp_path / "out")
    assert frame_heights(datasets(report)[0]) == [6, 9]
    assert report.notes == []


@pytest.mark.parametrize("plugin", [SEGMENTATION, STRUCTURES])
def test_what_lies_outside_of_the_images_is_told(volume, tmp_path, plugin):
    """Of two slices with as many voxels, the upper one comes to 12 mm."""
    item = segmentation_of(volume, MASK)
    node = hierarchy().GetItemDataNode(item)
    moved(node, 9)
    told = (
        f"50.0% of segment 'Blob' lies outside of {volume.GetName()!r}, which was segmented, and is left out."
    )
    assert told in preview_notes(offered(item, plugin))
    assert told in exported(item, plugin, tmp_path / "out").notes
    moved(node, 30)
    report = run(export(offered(item, plugin), tmp_path / "nothing"))
    ((_name, reason),) = report.failed
    assert "All of segment 'Blob' lies outside" in reason


def test_segments_of_a_moved_volume_stay_in_its_images(volume, tmp_path):
    """Both are under one transform, which is not the images'."""
    item = segmentation_of(volume, MASK)
    transform = moved(volume, 50)
    hierarchy().GetItemDataNode(item).SetAndObserveTransformNodeID(transform.GetID())
    report = exported(item, SEGMENTATION, tmp_path / "out")
    assert frame_heights(datasets(report)[0]) == [0, 3]


@pytest.mark.parametrize("with_volume", [False, True])
def test_drawn_contours_that_are_moved(volume, tmp_path, with_volume):
    """From the images at 0 and 3 mm to those at 3 and 6; with their volume they stay in its images."""
    exported(segmentation_of(volume, MASK), STRUCTURES, tmp_path / "first")
    slicer.mrmlScene.Clear(0)
    assert DICOMUtils.importDicom(tmp_path / "first")
    (volume_id, *_) = DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    (structures,) = [
        uid for uid in DICOMUtils.allSeriesUIDsInDatabase(slicer.dicomDatabase) if uid != "1.2.3.4"
    ]
    DICOMUtils.loadSeriesByUID([structures])
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    transform = moved(node, 3)
    if with_volume:
        slicer.util.getNode(volume_id).SetAndObserveTransformNodeID(transform.GetID())
    report = exported(hierarchy().GetItemByDataNode(node), STRUCTURES, tmp_path / "second")
    contours = datasets(report)[0].ROIContourSequence[0].ContourSequence
    found = {float(contour.ContourData[2]) for contour in contours}
    assert found == ({0.0, 3.0} if with_volume else {3.0, 6.0})
    assert all("ContourImageSequence" in contour for contour in contours)


def test_a_moved_sequence(sequence_item, tmp_path):
    """Its volumes begin at -30 mm along S; what moves is the node that shows them."""
    moved(hierarchy().GetItemDataNode(sequence_item), 7)
    report = exported(sequence_item, SEQUENCES, tmp_path / "out")
    written = datasets(report)
    assert len(written) == len(TIMES) * len(FRAMES[0])
    assert {float(one.ImagePositionPatient[2]) for one in written} == {-23.0, -20.5}
    assert "The linear transform of the volume is applied to the position of its slices." in report.notes


def test_frames_of_a_few_pixels(database, tmp_path):
    """Two by three pixels in four slices: 24 bits without gaps (PS3.5 8.1.1)."""
    pixels = np.arange(6, dtype=np.int16).reshape(2, 3)
    write([image((0, 0, 3 * k), InstanceNumber=k + 1, pixels=pixels) for k in range(4)], tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    mask = np.array(
        [[1, 0, 1, 0, 1, 1], [0, 1, 0, 0, 1, 0], [1, 1, 1, 0, 0, 1], [0, 0, 1, 1, 0, 1]], np.uint8
    )
    item = segmentation_of(slicer.util.getNode(node_id), mask.reshape(4, 2, 3))
    (written,) = datasets(exported(item, SEGMENTATION, tmp_path / "out"))
    bits = [int(byte) >> bit & 1 for byte in written.PixelData for bit in range(8)]
    order = [round(place[2] / 3) for place in places_of([written])]
    assert bits[:24] == mask[order].reshape(-1).tolist()
    assert len(written.PixelData) == 4  # 3, and one to make it even
