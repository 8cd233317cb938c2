"""Segmentations of tilted, uneven and multi-frame images come back the same as SEG and RT Structure Set."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib import DICOMUtils
from Testing.DICOMLib.mrml.images.test_frames import enhanced
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy
from Testing.DICOMPlugins.test_straightened_volumes import tilted
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

SEGMENTATION, STRUCTURES = "DICOMSegmentationPlugin", "DicomRtImportExportPlugin"
REAL = {
    "legacy converted CT": "dcmqi/data/segmentations/24x38x3/multiframe/mf.dcm",
    "enhanced MR": "dcm_qa_enh/In/Siemens/XA10/6_1.dcm",
}


def made(kind):
    """Images of a synthetic series."""
    if kind == "tilted":
        return list(tilted(lambda places: places[..., 2] + 50))
    if kind == "uneven":
        return stack(heights(0, 3, 7, 10, 14))
    if kind == "missing":
        return stack(heights(0, 3, 9, 12))
    return [enhanced([0, 3, 6, 9], StudyTime="1200", AccessionNumber="", StudyID="", Manufacturer="")]


@pytest.fixture(params=["tilted", "uneven", "missing", "enhanced CT", *REAL])
def source(request, database, tmp_path):
    """Kind, datasets of the images and the loaded volume."""
    if request.param in REAL:
        shared_data = request.getfixturevalue("shared_data")
        images = [pydicom.dcmread(shared_data / REAL[request.param])]
    else:
        images = made(request.param)
    write(images, tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    (node_id, *_) = DICOMUtils.loadSeriesByUID([images[0].SeriesInstanceUID])
    return request.param, images, slicer.util.getNode(node_id)


def blob(shape):
    """An irregular mask that has voxels in all slices and a hole."""
    random = np.random.default_rng(5)
    mask = (random.random(shape) < 0.4).astype(np.uint8)
    mask[:, 0, 0] = 1
    return mask


def segmentation_of(volume, mask):
    """Item of a segmentation under the transform of its volume, in the same study."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Organs")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    node.SetAndObserveTransformNodeID(volume.GetTransformNodeID())
    segment_id = node.GetSegmentation().AddEmptySegment("Blob", "Blob")
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, node, segment_id, volume)
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return int(item)


def places_of(images):
    """Position of the first pixel of each frame or image (LPS)."""
    places = []
    for image in images:
        if "PerFrameFunctionalGroupsSequence" in image:
            groups = image.PerFrameFunctionalGroupsSequence
            places += [group.PlanePositionSequence[0].ImagePositionPatient for group in groups]
        else:
            places.append(image.ImagePositionPatient)
    return np.array(places, float)


def loaded_again(images, written):
    """Source and what was written, loaded into an empty scene: the segmentation and the volume."""
    slicer.mrmlScene.Clear(0)
    (volume_id, *_) = DICOMUtils.loadSeriesByUID([images[0].SeriesInstanceUID])
    DICOMUtils.loadSeriesByUID([written.SeriesInstanceUID])
    return slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode"), slicer.util.getNode(volume_id)


def voxels_in(node, volume):
    """Voxels of the only segment in the volume."""
    (name,) = node.GetSegmentation().GetSegmentIDs()
    return slicer.util.arrayFromSegmentBinaryLabelmap(node, name, volume) != 0


def test_segmentation_comes_back(source, tmp_path):
    _kind, images, volume = source
    mask = blob(slicer.util.arrayFromVolume(volume).shape)
    report = exported(segmentation_of(volume, mask), SEGMENTATION, tmp_path / "out")
    (written,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert report.notes == []
    there = places_of(images)
    for place in places_of([written]):
        assert np.abs(there - place).max(axis=1).min() < 1e-4
    (series,) = written.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
    assert DICOMUtils.importDicom(tmp_path / "out")
    node, again = loaded_again(images, written)
    assert np.array_equal(voxels_in(node, again), mask != 0)


def test_structures_come_back(source, tmp_path):
    _kind, images, volume = source
    mask = blob(slicer.util.arrayFromVolume(volume).shape)
    report = exported(segmentation_of(volume, mask), STRUCTURES, tmp_path / "out")
    (written,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    (roi,) = written.ROIContourSequence
    for contour in roi.ContourSequence:
        assert contour.ContourImageSequence[0].ReferencedSOPInstanceUID in {
            image.SOPInstanceUID for image in images
        }
    assert DICOMUtils.importDicom(tmp_path / "out")
    node, again = loaded_again(images, written)
    assert np.array_equal(voxels_in(node, again), mask != 0)
    report = exported(hierarchy().GetItemByDataNode(node), STRUCTURES, tmp_path / "again")
    (second,) = datasets(report)
    (same,) = second.ROIContourSequence
    for before, after in zip(roi.ContourSequence, same.ContourSequence, strict=True):
        difference = np.array(before.ContourData, float) - np.array(after.ContourData, float)
        assert np.abs(difference).max() < 1e-4
