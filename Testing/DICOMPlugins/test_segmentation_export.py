"""Export of segmentations: voxels, codes and references against highdicom and pydicom, and round trips."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pydicom
import pytest
import slicer
from pydicom.uid import SegmentationStorage

from DICOMLib import DICOMUtils
from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from DICOMLib.plugins.export_preview import preview, preview_notes, summary_of
from Testing.DICOMPlugins.exporting import below_study, datasets, exported, hierarchy, offered, volume_node
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMSegmentationPlugin"
LIVER = "Terms~SCT^123037004^Anatomical Structure~SCT^10200004^Liver~SCT^7771000^Left~Regions~~"
SHAPE = (3, 4, 5)


def masks():
    """Two segments that overlap in one voxel."""
    first, second = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint8)
    first[0, 1:3, 1:4] = 1
    first[2, 0, 0] = 1
    second[0, 2:4, 3:5] = 1
    return first, second


def segmentation_of(volume, arrays, names=("Liver", "Lesion")):
    """A segmentation of a volume with one segment for each array."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Organs")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for name, array in zip(names, arrays, strict=True):
        segment_id = node.GetSegmentation().AddEmptySegment(name, name, [1.0, 128 / 255, 0.0])
        slicer.util.updateSegmentBinaryLabelmapFromArray(array, node, segment_id, volume)
    return node


@pytest.fixture
def volume(database, tmp_path):
    """A volume that was loaded from the database."""
    of_study = {"AccessionNumber": "A1", "ReferringPhysicianName": "Roe^Richard", "PatientAge": "053Y"}
    write(stack(heights(0, 3, 6), StudyInstanceUID="1.2.99", **of_study), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    return slicer.util.getNode(DICOMUtils.loadSeriesByUID(["1.2.3.4"])[0])


@pytest.fixture
def item(volume):
    """Item of a segmentation of the volume, in its study."""
    tree = hierarchy()
    node = segmentation_of(volume, masks())
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return int(item)


def frames_of(dataset, number):
    """Voxels of a segment by pydicom: each frame at the place of its slice, in slices of 3 mm from 0."""
    result = np.zeros(SHAPE, np.uint8)
    pixels = dataset.pixel_array.reshape(-1, *SHAPE[1:])
    for frame, groups in zip(pixels, dataset.PerFrameFunctionalGroupsSequence, strict=True):
        if groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number:
            place = float(groups.PlanePositionSequence[0].ImagePositionPatient[2])
            result[round(place / 3)] = frame
    return result


def test_voxels_of_overlapping_segments(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert dataset.SegmentationType == "BINARY"
    for number, expected in enumerate(masks(), start=1):
        assert np.array_equal(frames_of(dataset, number), expected)


def test_highdicom_reads_the_same(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    read = hd.seg.segread(report.files[0]).get_volume(combine_segments=False)

    # highdicom's slices run against the order of ours
    order = 1 if read.affine[2, 0] > 0 else -1
    for number, expected in enumerate(masks()):
        assert np.array_equal(read.array[::order, :, :, number], expected[: read.array.shape[0]])


def test_identity_and_references(item, volume, tmp_path):
    sources = [pydicom.dcmread(path) for path in sorted((tmp_path / "source").iterdir())]
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))

    assert dataset.SOPClassUID == SegmentationStorage
    assert dataset.StudyInstanceUID == "1.2.99"
    assert dataset.FrameOfReferenceUID == "1.2.3.5"
    assert dataset.SeriesInstanceUID != "1.2.3.4"
    assert (dataset.PatientName, dataset.PatientID, dataset.Modality) == ("Doe^Jane", "P1", "SEG")
    assert (dataset.SeriesNumber, dataset.SeriesDescription) == (100, "Organs")
    assert (dataset.ContentCreatorName, dataset.ContentDescription) == ("Slicer", "Organs")
    (series,) = dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == "1.2.3.4"
    named = {one.ReferencedSOPInstanceUID for one in series.ReferencedInstanceSequence}
    assert named == {one.SOPInstanceUID for one in sources}


def test_edited_tags_go_over_what_the_images_say(item, tmp_path):
    report = exported(
        item, PLUGIN, tmp_path, AccessionNumber="A9", StudyDescription="Second", PatientName="Roe^Jane",
        PatientBirthDate="", ContentCreatorName="Anna Maria Weiss",
    )  # fmt: skip
    (dataset,) = datasets(report)
    assert dciodvfy_errors(report.files) == []
    assert (dataset.AccessionNumber, dataset.StudyDescription) == ("A9", "Second")
    assert (dataset.PatientName, dataset.PatientBirthDate) == ("Roe^Jane", "")
    assert dataset.ContentCreatorName == "Weiss^Maria^Anna"


def test_nothing_of_another_study_or_patient_is_kept(item, tmp_path):
    """The accession number of the images is one of their study, which this object does not belong to."""
    (own,) = datasets(exported(item, PLUGIN, tmp_path / "own"))
    (other_study,) = datasets(exported(item, PLUGIN, tmp_path / "study", StudyInstanceUID="1.2.77"))
    (other_patient,) = datasets(exported(item, PLUGIN, tmp_path / "patient", PatientID="P2"))
    assert (own.AccessionNumber, own.ReferringPhysicianName) == ("A1", "Roe^Richard")
    assert (other_study.AccessionNumber, other_study.ReferringPhysicianName) == ("", "")
    assert other_study.PatientAge == "053Y"
    assert "PatientAge" not in other_patient


def test_names_codes_colours_and_algorithms(item, tmp_path):
    segment = hierarchy().GetItemDataNode(item).GetSegmentation().GetSegment("Liver")
    segment.SetTag("TerminologyEntry", LIVER)
    segment.SetTag("DICOM.SegmentAlgorithmType", "AUTOMATIC")
    segment.SetTag("DICOM.SegmentAlgorithmName", "Net 1")
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path))

    first, second = dataset.SegmentSequence
    assert (first.SegmentLabel, second.SegmentLabel) == ("Liver", "Lesion")
    assert (first.SegmentAlgorithmType, first.SegmentAlgorithmName) == ("AUTOMATIC", "Net 1")
    assert second.SegmentAlgorithmType == "MANUAL"
    kind = first.SegmentedPropertyTypeCodeSequence[0]
    assert (kind.CodeValue, kind.CodeMeaning) == ("10200004", "Liver")
    assert kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning == "Left"
    # sRGB (255, 128, 0) is L* 67.05, a* 42.8, b* 74.0 (D65)
    lab = np.array(first.RecommendedDisplayCIELabValue) / 65535 * [100, 255, 255] - [0, 128, 128]
    assert lab == pytest.approx([67.05, 42.83, 74.03], abs=0.1)


def test_empty_segments_are_left_out_and_told(item, tmp_path):
    node = hierarchy().GetItemDataNode(item)
    node.GetSegmentation().AddEmptySegment("Nothing", "Nothing")
    report = exported(item, PLUGIN, tmp_path)

    assert len(datasets(report)[0].SegmentSequence) == 2
    assert "'Nothing' is empty" in report.notes[0]


def test_preview(item, tmp_path):
    node = hierarchy().GetItemDataNode(item)
    node.GetSegmentation().AddEmptySegment("Nothing", "Nothing")
    exportables = offered(item, PLUGIN)
    exportables[0].setTag("PatientID", "P2")
    notes = preview_notes(exportables)
    assert notes[0] == "Binary segments (Liver, Lesion) in 3 frames, made of the 3 images of '7: Axial'."
    assert notes[1:] == ["Segment 'Nothing' is empty and is left out."]
    ((name, changes),) = preview(exportables)
    assert name == "Organs"
    assert [(change.name, change.after) for change in changes] == [
        ("Patient ID", "P2"), ("Patient's Age", "")
    ]  # fmt: skip
    assert summary_of(exportables[0]) == f"Organs: Segmentation ({PLUGIN}), series 100 'Organs'"


def test_a_node_of_empty_segments_is_refused(item, tmp_path):
    node = hierarchy().GetItemDataNode(item)
    node.GetSegmentation().RemoveAllSegments()
    report = run(export(offered(item, PLUGIN), tmp_path))

    assert "are empty" in report.failed[0][1]
    assert report.files == []


def test_a_missing_reference_volume_is_told(item, volume, tmp_path):
    slicer.mrmlScene.RemoveNode(volume)
    report = run(export(offered(item, PLUGIN), tmp_path))

    assert "no reference volume" in report.failed[0][1]


def test_the_volume_is_written_where_it_is_not_dicom(database, tmp_path):
    matrix = np.array([[-0.5, 0, 0, 10], [0, -2.0, 0, 20], [0, 0, 3.0, 0], [0, 0, 0, 1.0]])
    made = volume_node(np.arange(60, dtype=np.int16).reshape(SHAPE), matrix)
    below_study(made)
    tree = hierarchy()
    segmentation = tree.GetItemByDataNode(segmentation_of(made, masks()))
    tree.SetItemParent(segmentation, tree.GetItemParent(tree.GetItemByDataNode(made)))
    report = exported(segmentation, PLUGIN, tmp_path)

    assert "is not in the database" in report.notes[0]
    written = datasets(report)
    (seg,) = [one for one in written if one.Modality == "SEG"]
    images = [one for one in written if one.Modality == "CT"]
    assert len(images) == 3
    assert {one.StudyInstanceUID for one in written} == {"1.2.3.4"}
    assert seg.ReferencedSeriesSequence[0].SeriesInstanceUID == images[0].SeriesInstanceUID
    assert np.array_equal(frames_of(seg, 1), masks()[0])
    assert dciodvfy_errors(report.files) == []


def test_round_trip(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path / "out")
    assert DICOMUtils.importDicom(tmp_path / "out")
    DICOMUtils.loadSeriesByUID([datasets(report)[0].SeriesInstanceUID])
    back = slicer.mrmlScene.GetNthNodeByClass(1, "vtkMRMLSegmentationNode")
    reference = back.GetNodeReference(back.GetReferenceImageGeometryReferenceRole())

    assert reference.GetAttribute("DICOM.instanceUIDs")
    for name, expected in zip(("Liver", "Lesion"), masks(), strict=True):
        segment_id = back.GetSegmentation().GetSegmentIdBySegmentName(name)
        array = slicer.util.arrayFromSegmentBinaryLabelmap(back, segment_id, reference)
        assert np.array_equal(array != 0, expected != 0)
        assert back.GetSegmentation().GetSegment(segment_id).GetColor() == pytest.approx(
            (1, 128 / 255, 0), abs=1e-3
        )


def test_a_script_of_slicer(item, tmp_path):
    import DICOMSegmentationPlugin

    exporter = DICOMSegmentationPlugin.DICOMSegmentationPluginClass()
    exportables = exporter.examineForExport(item)
    for exportable in exportables:
        exportable.directory = str(tmp_path / "out")
    assert exporter.export(exportables) == ""
    (path,) = (tmp_path / "out").iterdir()
    assert path.name.startswith("subject_hierarchy_export.SEG")
    uid = pydicom.dcmread(path).SeriesInstanceUID
    assert list(slicer.dicomDatabase.filesForSeries(uid)) == [str(path)]


def test_the_exporter_of_scripts(item, tmp_path):
    from DICOMSegmentationPlugin import DICOMSegmentationExporter

    node = hierarchy().GetItemDataNode(item)
    exporter = DICOMSegmentationExporter(node, "Anna Maria Weiss")
    path = exporter.export(str(tmp_path), "a.dcm", {"SeriesDescription": "Mine"}, ["Lesion"])
    dataset = pydicom.dcmread(path)
    assert [one.SegmentLabel for one in dataset.SegmentSequence] == ["Lesion"]
    assert dataset.ContentCreatorName == "Weiss^Maria^Anna"
    # the images are series 7
    assert (dataset.SeriesDescription, dataset.SeriesNumber) == ("Mine", 107)

    node.GetSegmentation().AddEmptySegment("Nothing", "Nothing")
    with pytest.raises(exporter.EmptySegmentsFoundError, match="Nothing"):
        exporter.export(str(tmp_path), "b.dcm", {})
    with pytest.raises(exporter.NoNonEmptySegmentsFoundError):
        exporter.export(str(tmp_path), "b.dcm", {}, ["Nothing"])
    node.GetSegmentation().GetSegment("Liver").SetTag("DICOM.SegmentAlgorithmType", "MAGIC")
    with pytest.raises(ValueError, match="MAGIC"):
        exporter.export(str(tmp_path), "b.dcm", {}, skipEmpty=True)


def test_missing_files_are_counted(item, volume, tmp_path):
    volume.SetAttribute("DICOM.instanceUIDs", volume.GetAttribute("DICOM.instanceUIDs") + " 9.9.9")
    report = run(export(offered(item, PLUGIN), tmp_path))
    assert "missing 1 files out of 4" in report.failed[0][1]


def test_not_offered_where_referenced_instances_are_not_there(item):
    hierarchy().SetItemAttribute(item, "DICOM.ReferencedInstanceUIDs", "9.9.9")
    assert offered(item, PLUGIN) == []


def with_fractions(volume, arrays):
    """Item of a segmentation with fractional label maps in percent, and their halves as voxels."""
    from DICOMLib.mrml.segmentation.segmentation import FRACTIONAL_LABELMAP, fractional_image

    node = segmentation_of(volume, [(array >= 50).astype(np.uint8) for array in arrays])
    matrix = slicer.util.arrayFromVTKMatrix(matrix_of(volume))
    for name, array in zip(node.GetSegmentation().GetSegmentIDs(), arrays, strict=True):
        segment = node.GetSegmentation().GetSegment(name)
        segment.AddRepresentation(FRACTIONAL_LABELMAP, fractional_image(array / 100, matrix))
    tree = hierarchy()
    item = tree.GetItemByDataNode(node)
    tree.SetItemParent(item, tree.GetItemParent(tree.GetItemByDataNode(volume)))
    return node, int(item)


def matrix_of(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix


def percents():
    """Fractions of two segments, in percent."""
    random = np.random.default_rng(4)
    return random.integers(0, 101, SHAPE), random.integers(0, 101, SHAPE)


def test_fractions_by_highdicom(volume, tmp_path):
    _node, item = with_fractions(volume, percents())
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert (dataset.SegmentationType, dataset.SegmentationFractionalType) == ("FRACTIONAL", "PROBABILITY")
    assert dataset.MaximumFractionalValue == 100
    read = hd.seg.segread(report.files[0])
    found = read.get_volume(combine_segments=False, rescale_fractional=True, dtype=np.float64)
    order = 1 if found.affine[2, 0] > 0 else -1
    for number, expected in enumerate(percents()):
        assert found.array[::order, :, :, number] == pytest.approx(expected / 100, abs=1e-9)


def test_fractions_come_back(volume, tmp_path):
    from vtkmodules.util import numpy_support

    _node, item = with_fractions(volume, percents())
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    slicer.mrmlScene.Clear(0)
    DICOMUtils.loadSeriesByUID(["1.2.3.4"])
    DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    again = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLSegmentationNode")
    for name, expected in zip(again.GetSegmentation().GetSegmentIDs(), percents(), strict=True):
        image = again.GetSegmentation().GetSegment(name).GetRepresentation("Fractional labelmap")
        values = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars()).reshape(SHAPE)
        assert np.array_equal(values, expected)


def test_edited_voxels_go_over_old_fractions(volume, tmp_path):
    node, item = with_fractions(volume, percents())
    first, _ = node.GetSegmentation().GetSegmentIDs()
    edited = np.zeros(SHAPE, np.uint8)
    edited[1, 1, 1] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(edited, node, first, volume)
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path))
    assert dataset.SegmentationType == "BINARY"
    assert np.array_equal(frames_of(dataset, 1), edited)
