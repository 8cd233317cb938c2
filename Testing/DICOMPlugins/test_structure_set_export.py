"""Export of segmentations as RT Structure Sets: voxels by plastimatch, references, round trip."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest
import slicer
from pydicom.uid import RTStructureSetStorage

from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, offered, volume_node
from Testing.nrrd import read_nrrd
from Testing.validation import dciodvfy_errors

PLUGIN = "DicomRtImportExportPlugin"
SHAPE = (4, 14, 16)
MATRIX = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 3.0, -5], [0, 0, 0, 1.0]])


def masks():
    """A block with a hole that holds an island, and an irregular blob."""
    block = np.zeros(SHAPE, np.uint8)
    block[0:3, 2:12, 2:13] = 1
    block[1, 4:10, 4:11] = 0
    block[1, 6:8, 6:9] = 1
    blob = (np.random.default_rng(3).random(SHAPE) < 0.5).astype(np.uint8)
    blob[3] = 0
    return block, blob


@pytest.fixture
def item(database):
    """Item of a segmentation of a volume that is not in the database."""
    volume = volume_node(np.arange(np.prod(SHAPE), dtype=np.int16).reshape(SHAPE), MATRIX)
    below_study(volume)
    tree = hierarchy()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Organs")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name, array, colour in zip(("Block", "Blob"), masks(), ((1, 0, 0), (0, 0.6, 0.2)), strict=True):
        segment_id = node.GetSegmentation().AddEmptySegment(name, name, colour)
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, volume)
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return int(item)


@pytest.fixture
def written(item, tmp_path):
    """What was written: the structure set, the images, and the report."""
    report = exported(item, PLUGIN, tmp_path / "out")
    found = datasets(report)
    (structures,) = [one for one in found if one.Modality == "RTSTRUCT"]
    return structures, [one for one in found if one.Modality == "CT"], report


def test_valid_and_of_the_study(written):
    structures, images, report = written

    assert dciodvfy_errors(report.files) == []
    assert structures.SOPClassUID == RTStructureSetStorage
    assert structures.StudyInstanceUID == images[0].StudyInstanceUID == "1.2.3.4"
    assert (structures.PatientName, structures.PatientID) == ("Doe^Jane", "P1")
    assert structures.StructureSetLabel == "Organs"
    assert structures.SeriesNumber == 1000


def test_structures_and_references(written):
    structures, images, _ = written

    assert [roi.ROIName for roi in structures.StructureSetROISequence] == ["Block", "Blob"]
    assert [list(roi.ROIDisplayColor) for roi in structures.ROIContourSequence] == [[255, 0, 0], [0, 153, 51]]
    frame = structures.ReferencedFrameOfReferenceSequence[0]
    assert frame.FrameOfReferenceUID == images[0].FrameOfReferenceUID
    series = frame.RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == images[0].SeriesInstanceUID
    assert len(series.ContourImageSequence) == SHAPE[0]
    place_of = {one.SOPInstanceUID: float(one.ImagePositionPatient[2]) for one in images}
    for roi in structures.ROIContourSequence:
        for contour in roi.ContourSequence:
            assert contour.ContourGeometricType == "CLOSED_PLANAR"
            uid = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
            heights = {float(height) for height in contour.ContourData[2::3]}
            assert heights == {place_of[uid]}


def test_plastimatch_fills_the_same_voxels(written, tmp_path):
    if shutil.which("plastimatch") is None:
        pytest.skip("plastimatch is not installed")
    (structures,) = (tmp_path / "out").glob("RTSTRUCT*")
    (images,) = (path for path in (tmp_path / "out").iterdir() if path.is_dir())
    command = ["plastimatch", "convert", "--input", structures, "--referenced-ct", images]
    command += ["--output-prefix", tmp_path / "filled", "--prefix-format", "nrrd"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)

    for name, expected in zip(("Block", "Blob"), masks(), strict=True):
        voxels, _ = read_nrrd(tmp_path / "filled" / f"{name}.nrrd")
        assert np.array_equal(voxels, expected), name


def test_empty_segments_are_told(item, tmp_path):
    hierarchy().GetItemDataNode(item).GetSegmentation().AddEmptySegment("Nothing", "Nothing")
    before = preview_notes(offered(item, PLUGIN))
    report = exported(item, PLUGIN, tmp_path)

    assert "'Nothing' is empty" in report.notes[0]
    assert before == report.notes
    (structures,) = [one for one in datasets(report) if one.Modality == "RTSTRUCT"]
    assert len(structures.StructureSetROISequence) == 2


def test_nothing_to_write(item, tmp_path):
    hierarchy().GetItemDataNode(item).GetSegmentation().RemoveAllSegments()
    with pytest.raises(ExportError, match="are empty"):
        preview_notes(offered(item, PLUGIN))
    report = run(export(offered(item, PLUGIN), tmp_path))

    assert "are empty" in report.failed[0][1]
    assert report.files == []


def test_drawn_contours_are_written_as_they_were_loaded(written, tmp_path):
    from DICOMLib import DICOMUtils

    structures, _, _ = written
    assert DICOMUtils.importDicom(tmp_path / "out")
    slicer.mrmlScene.Clear(0)
    image_series = structures.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    uid = image_series.RTReferencedSeriesSequence[0].SeriesInstanceUID
    DICOMUtils.loadSeriesByUID([uid])
    DICOMUtils.loadSeriesByUID([structures.SeriesInstanceUID])
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    report = exported(hierarchy().GetItemByDataNode(node), PLUGIN, tmp_path / "again")

    (again,) = datasets(report)
    for before, after in zip(structures.ROIContourSequence, again.ROIContourSequence, strict=True):
        assert len(before.ContourSequence) == len(after.ContourSequence)
        for one, other in zip(before.ContourSequence, after.ContourSequence, strict=True):
            difference = np.array(one.ContourData, float) - np.array(other.ContourData, float)
            assert np.abs(difference).max() < 1e-4


def test_loaded_back_the_voxels_are_the_same(written, tmp_path):
    from DICOMLib import DICOMUtils

    structures, images, _ = written
    assert DICOMUtils.importDicom(tmp_path / "out")
    slicer.mrmlScene.Clear(0)
    (volume_id, *_) = DICOMUtils.loadSeriesByUID([images[0].SeriesInstanceUID])
    DICOMUtils.loadSeriesByUID([structures.SeriesInstanceUID])
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    volume = slicer.util.getNode(volume_id)
    for name, expected in zip(("Block", "Blob"), masks(), strict=True):
        segment_id = node.GetSegmentation().GetSegmentIdBySegmentName(name)
        array = slicer.util.arrayFromSegmentBinaryLabelmap(node, segment_id, volume)
        assert np.array_equal(array != 0, expected != 0), name
