"""Volumes of probabilities as fractional segmentations: fractions by highdicom, and round trips."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pydicom
import pytest
import slicer
from pydicom.uid import SegmentationStorage

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.mrml import export_placement
from DICOMLib.plugins.export import examine_for_export, export
from DICOMLib.plugins.export_preview import preview_notes
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, offered, volume_node
from Testing.DICOMPlugins.loading import import_files, load_series, of_class
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMSegmentationPlugin"
SHAPE = (3, 4, 5)
MATRIX = np.array([[-0.5, 0, 0, 0], [0, -2.0, 0, 0], [0, 0, 3.0, 0], [0, 0, 0, 1.0]])
FRACTIONS = np.random.default_rng(7).random(SHAPE)


@pytest.fixture
def item(database):
    """Item of a volume of probabilities below a patient and a study."""
    return below_study(volume_node(FRACTIONS.astype(np.float32), MATRIX, "Tumour probability"))


@pytest.fixture
def ct(database, tmp_path):
    """A CT in the database with the geometry of the fractions."""
    write(stack(heights(0, 3, 6), StudyInstanceUID="1.2.99"), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    return [pydicom.dcmread(path) for path in sorted((tmp_path / "source").iterdir())]


def by_highdicom(path):
    """Fractions of the one segment, from low to high slices."""
    read = hd.seg.segread(path).get_volume(combine_segments=False, rescale_fractional=True, dtype=np.float64)
    order = 1 if read.affine[2, 0] > 0 else -1
    return read.array[::order, :, :, 0]


def loaded_fractions(series_uid):
    """Fractions of the one segment of a loaded series, by the range that the label map tells."""
    from vtkmodules.util import numpy_support

    DICOMUtils.loadSeriesByUID([series_uid])
    node = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    image = node.GetSegmentation().GetNthSegment(0).GetRepresentation("Fractional labelmap")
    low, high = (image.GetFieldData().GetArray("ScalarRange").GetValue(end) for end in (0, 1))
    values = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    return node, (values.reshape(tuple(reversed(image.GetDimensions()))) - low) / (high - low)


def test_offer(item):
    (exportable,) = offered(item, PLUGIN)
    assert (exportable.name, exportable.confidence) == ("Fractional Segmentation", 0.4)
    assert exportable.tags == {
        "Modality": "SEG",
        "SeriesDescription": "Tumour probability",
        "SeriesNumber": "100",
        "ContentCreatorName": "Slicer",
        "SegmentationFractionalType": "PROBABILITY",
        "MaximumFractionalValue": "255",
        "SegmentLabel": "Tumour probability",
        "SegmentAlgorithmType": "AUTOMATIC",
        "SegmentAlgorithmName": "Unspecified",
    }
    best = run(examine_for_export([item])).types[0]
    assert best.plugin == "DICOMScalarVolumePlugin"  # a volume is written as images unless told otherwise


def test_fractions_and_header(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dataset.SOPClassUID == SegmentationStorage
    assert dciodvfy_errors(report.files) == []
    assert report.notes == []
    assert (dataset.SegmentationType, dataset.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    assert dataset.MaximumFractionalValue == 255
    assert np.abs(by_highdicom(report.files[0]) - FRACTIONS).max() <= 0.5 / 255 + 1e-6
    (segment,) = dataset.SegmentSequence
    assert (segment.SegmentLabel, segment.SegmentAlgorithmType) == ("Tumour probability", "AUTOMATIC")
    assert (dataset.PatientID, dataset.StudyInstanceUID) == ("P1", "1.2.3.4")
    # there are no images that it could refer to
    assert "ReferencedSeriesSequence" not in dataset


def test_occupancy_label_and_steps_as_the_user_wants_them(item, tmp_path):
    (dataset,) = datasets(
        exported(
            item, PLUGIN, tmp_path, SegmentationFractionalType="OCCUPANCY", MaximumFractionalValue="100",
            SegmentLabel="Tumour", SegmentAlgorithmType="SEMIAUTOMATIC", SegmentAlgorithmName="Net 1",
        )
    )  # fmt: skip
    assert (dataset.SegmentationFractionalType, dataset.MaximumFractionalValue) == ("OCCUPANCY", 100)
    (segment,) = dataset.SegmentSequence
    assert segment.SegmentLabel == "Tumour"
    assert (segment.SegmentAlgorithmType, segment.SegmentAlgorithmName) == ("SEMIAUTOMATIC", "Net 1")
    assert "SegmentLabel" not in dataset


def test_round_trip_over_the_images(item, ct, tmp_path):
    export_placement.place_with_series(item, ct[0].SeriesInstanceUID)
    (exportable,) = offered(item, PLUGIN)
    exportable.referenceSeriesUID = ct[0].SeriesInstanceUID
    exportable.setTag("SegmentationFractionalType", "OCCUPANCY")
    report = run(export([exportable], tmp_path / "out"))
    assert report.failed == []
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    (series,) = dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == ct[0].SeriesInstanceUID
    named = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    assert named == {one.SOPInstanceUID for one in ct}
    assert dataset.FrameOfReferenceUID == "1.2.3.5"

    assert DICOMUtils.importDicom(tmp_path / "out")
    slicer.mrmlScene.Clear(0)
    DICOMUtils.loadSeriesByUID([ct[0].SeriesInstanceUID])
    node, again = loaded_fractions(dataset.SeriesInstanceUID)
    assert np.abs(again - FRACTIONS).max() <= 0.5 / 255 + 1e-6
    assert node.GetAttribute("DICOM.SegmentationFractionalType") == "OCCUPANCY"
    # and out again, without loss: the same stored values
    second = datasets(exported(hierarchy().GetItemByDataNode(node), PLUGIN, tmp_path / "again"))[0]
    assert second.SegmentationFractionalType == "OCCUPANCY"
    assert np.array_equal(second.pixel_array, dataset.pixel_array)


@pytest.mark.parametrize(("largest", "steps"), [(100, 100), (93, 100), (255, 255), (140, 255)])
def test_whole_numbers_are_stored_as_they_are(database, tmp_path, largest, steps):
    voxels = np.random.default_rng(2).integers(0, largest, SHAPE).astype(np.uint8)
    voxels[0, 0, 0] = largest
    item = below_study(volume_node(voxels, MATRIX, "Percent"))
    assert offered(item, PLUGIN)[0].confidence == 0.05
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)
    assert dataset.MaximumFractionalValue == steps
    assert report.notes == [f"The voxel value {steps} is written as the fraction 1."]
    heights_mm = [
        group.PlanePositionSequence[0].ImagePositionPatient[2]
        for group in dataset.PerFrameFunctionalGroupsSequence
    ]
    assert np.array_equal(dataset.pixel_array[np.argsort(heights_mm)], voxels)


def test_larger_voxels_are_parts_of_the_largest(database, tmp_path):
    voxels = (FRACTIONS * 4000).astype(np.uint16)
    report = exported(below_study(volume_node(voxels, MATRIX, "Counts")), PLUGIN, tmp_path)
    assert report.notes == [f"The voxel value {voxels.max()} is written as the fraction 1."]
    assert np.abs(by_highdicom(report.files[0]) - voxels / voxels.max()).max() <= 0.5 / 255 + 1e-6


def test_voxels_below_zero_are_no_fractions(database, tmp_path):
    item = below_study(volume_node((FRACTIONS - 0.5).astype(np.float32), MATRIX))
    assert offered(item, PLUGIN) == []


@pytest.mark.parametrize(
    ("tag", "value", "reason"),
    [
        ("SegmentationFractionalType", "CERTAINTY", "must be PROBABILITY or OCCUPANCY"),
        ("MaximumFractionalValue", "256", "whole number from 1 to 255"),
        ("SegmentAlgorithmType", "MAGIC", "MANUAL, SEMIAUTOMATIC or AUTOMATIC"),
    ],
)
def test_tags_that_are_not_valid(item, tmp_path, tag, value, reason):
    (exportable,) = offered(item, PLUGIN)
    exportable.setTag(tag, value)
    report = run(export([exportable], tmp_path))
    assert reason in report.failed[0][1]
    assert report.files == []


def test_label_maps_and_colours_are_not_offered(database):
    labels = volume_node(np.ones(SHAPE, np.uint8), MATRIX, "Labels")
    map_node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Map")
    slicer.util.updateVolumeFromArray(map_node, np.ones(SHAPE, np.uint8))
    colours = volume_node(np.ones((*SHAPE, 3), np.uint8), MATRIX, "Colours")
    assert len(offered(below_study(labels), PLUGIN)) == 1
    assert offered(below_study(map_node, "1.2.5"), PLUGIN) == []
    assert offered(below_study(colours, "1.2.6"), PLUGIN) == []


@pytest.mark.parametrize(
    "path",
    [
        "synthetic/enhanced_us_volume.dcm",  # before a transducer
        "highdicom/data/test_files/seg_image_cr_binary.dcm",  # nowhere
        "highdicom/data/test_files/seg_image_sm_control.dcm",  # on a slide
    ],
)
def test_frames_that_do_not_lie_in_the_patient_are_not_referred_to(database, tmp_path, shared_data, path):
    """They were refused when the export was under way, and the preview said nothing."""
    (node,) = of_class(
        load_series(*import_files(tmp_path / "in", shared_data / path)), "vtkMRMLScalarVolumeNode"
    )
    exportables = offered(int(hierarchy().GetItemByDataNode(node)), PLUGIN)
    told = preview_notes(exportables)
    assert any("do not lie in the patient" in note for note in told)
    report = run(export(exportables, tmp_path / "out"))
    assert report.failed == []
    (dataset,) = datasets(report)
    assert "ReferencedSeriesSequence" not in dataset
