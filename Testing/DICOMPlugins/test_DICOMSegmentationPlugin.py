"""Segmentations: voxels against highdicom and dcmqi's own label maps; names, colours, codes, references."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.jobs import run
from DICOMLib.mrml.segmentation.segment_masks import read_masks
from DICOMLib.plugins import registry
from DICOMLib.plugins.explain import explain
from Testing.DICOMPlugins.loading import (
    import_files,
    load_series,
    masks_in_world,
    of_class,
    offers,
    points_of,
    series_with,
    study_uid_of,
)
from Testing.nrrd import read_nrrd

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMSegmentationPlugin"
SEGMENTATIONS = "dcmqi/data/segmentations"
LIVER_COLOUR = (221, 130, 101)  # Slicer's colour of the liver, as dcmqi was given it


@pytest.fixture
def load(database, shared_data, tmp_path):
    """Imports files of the shared data and loads their SEG series."""

    def load_files(*paths):
        import_files(tmp_path / "files", *(shared_data / path for path in paths))
        nodes = load_series(*series_with("SEG"))
        return of_class(nodes, "vtkMRMLSegmentationNode")

    return load_files


def segments_of(node):
    segmentation = node.GetSegmentation()
    return [segmentation.GetNthSegment(number) for number in range(segmentation.GetNumberOfSegments())]


def reference_points(nrrd_path, label=None):
    voxels, matrix = read_nrrd(nrrd_path)
    return points_of(voxels != 0 if label is None else voxels == label, matrix)


def highdicom_points(path):
    """RAS coordinates of the voxels of each segment, by highdicom."""
    import highdicom

    dataset = highdicom.seg.segread(path)
    volume = dataset.get_volume(combine_segments=False, rescale_fractional=True, dtype=np.float32)
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    result = {}
    for number in dataset.segment_numbers:
        channel = list(dataset.segment_numbers).index(number)
        indices = np.argwhere(volume.array[..., channel] >= 0.5)
        world = np.column_stack([indices, np.ones(len(indices))]) @ to_ras.T
        result[dataset.get_segment_description(number).SegmentLabel] = set(
            map(tuple, world[:, :3].round(2) + 0.0)
        )
    return result


def test_offer(database, shared_data, tmp_path):
    path = shared_data / SEGMENTATIONS / "liver.dcm"
    import_files(tmp_path / "files", path, shared_data / SEGMENTATIONS / "ct-3slice")
    (uid,) = series_with("SEG")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name == "Liver Segmentation"
    assert loadable.tooltip == "Liver Segmentation - as a DICOM SEG object"
    assert (loadable.confidence, loadable.warning) == (0.95, "")
    assert loadable.referencedSeriesUID == pydicom.dcmread(path).ReferencedSeriesSequence[0].SeriesInstanceUID
    assert len(loadable.referencedInstanceUIDs) == 3
    (ct,) = series_with("CT")
    assert offers(PLUGIN, ct) == []


def test_liver_against_the_label_map_it_was_made_from(load, shared_data):
    (node,) = load(f"{SEGMENTATIONS}/liver.dcm")
    voxels, matrix = masks_in_world(node)["Liver"]
    assert voxels.sum() == 107098
    expected = reference_points(shared_data / "dcmqi/_ref/data/segmentations/liver_seg.nrrd")
    assert points_of(voxels, matrix) == expected
    (segment,) = segments_of(node)
    assert tuple(round(255 * part) for part in segment.GetColor()) == LIVER_COLOUR
    tags = {"DICOM.SegmentAlgorithmType": "SEMIAUTOMATIC", "DICOM.SegmentNumber": "1"}
    for name, value in tags.items():
        assert tag_of(segment, name) == value
    assert tag_of(segment, "TerminologyEntry").split("~")[1:3] == [
        "SRT^T-D0050^Tissue",
        "SRT^T-62000^Liver",
    ]
    assert node.GetSegmentation().ContainsRepresentation("Closed surface")


def tag_of(segment, name):
    import vtk

    value = vtk.reference("")
    assert segment.GetTag(name, value), name
    return str(value)


ENCODINGS = ["liver_deflate", "liver_expb", "liver_j2k", "liver_rle"]


@pytest.mark.parametrize("name", [f"pydicom-data/{name}.dcm" for name in ENCODINGS])
def test_every_encoding_of_the_liver_has_the_same_voxels(shared_data, name):
    # The uncompressed file is read by highdicom; of the others it reads only one.
    from DICOMLib.mrml.images.image_header import read_dataset
    from DICOMLib.mrml.segmentation.segment_masks import read_masks

    expected = highdicom_points(shared_data / "pydicom-data/liver.dcm")["Liver"]
    masks = read_masks(read_dataset(str(shared_data / name)))
    assert points_of(masks.mask(1), masks.grid.ijk_to_ras) == expected


@pytest.mark.parametrize("suffix", ["", "_deflate", "_j2k", "_rle"])
def test_frames_that_do_not_begin_with_a_byte(shared_data, suffix):
    from DICOMLib.mrml.images.image_header import read_dataset
    from DICOMLib.mrml.segmentation.segment_masks import read_masks

    expected = highdicom_points(shared_data / "pydicom-data/liver_nonbyte_aligned.dcm")["Liver"]
    masks = read_masks(read_dataset(str(shared_data / f"pydicom-data/liver_nonbyte_aligned{suffix}.dcm")))
    assert points_of(masks.mask(1), masks.grid.ijk_to_ras) == expected


@pytest.mark.parametrize(
    "path",
    [
        "dcmqi/data/sr-example/seg.dcm",
        f"{SEGMENTATIONS}/partial_overlaps.dcm",
        f"{SEGMENTATIONS}/23x38x3/seg/label.seg",
        "highdicom/data/test_files/seg_image_ct_binary.dcm",
        "highdicom/data/test_files/seg_image_ct_binary_overlap.dcm",
        "highdicom/data/test_files/seg_image_ct_binary_single_frame.dcm",
        "highdicom/data/test_files/seg_image_ct_binary_fractional.dcm",
        "highdicom/data/test_files/seg_image_ct_true_fractional.dcm",
        "ibsi-digital-phantom/ibsi_1_digital_phantom/dicom_deprecated/mask/mask.deprecated",
    ],
)
def test_voxels_and_geometry_against_highdicom(load, shared_data, path):
    (node,) = load(path)
    found = {name: points_of(*pair) for name, pair in masks_in_world(node).items()}
    assert found == highdicom_points(shared_data / path)


def test_overlapping_segments(load, shared_data):
    (node,) = load(f"{SEGMENTATIONS}/partial_overlaps.dcm", f"{SEGMENTATIONS}/ct-3slice")
    counts = {name: int(voxels.sum()) for name, (voxels, _) in masks_in_world(node).items()}
    assert counts == {"GREEN": 9602, "ORANGE": 11888, "PURPLE": 10743, "LIGHT_BLUE": 6693, "DARK_BLUE": 4713}
    # RGB of the JSON from which dcmqi made the object
    expected = {
        "GREEN": (128, 174, 128),
        "ORANGE": (216, 101, 79),
        "PURPLE": (183, 156, 220),
        "LIGHT_BLUE": (140, 224, 228),
        "DARK_BLUE": (0, 151, 206),
    }
    colours = {
        segment.GetName(): tuple(round(255 * part) for part in segment.GetColor())
        for segment in segments_of(node)
    }
    assert colours == expected
    images = {
        segment.GetRepresentation("Binary labelmap").GetAddressAsString("") for segment in segments_of(node)
    }
    assert len(images) == 3  # dcmqi, too, keeps them in three label maps


@pytest.mark.parametrize("name", ["sparse-labelmap-ppv5", "sparse-labelmap-noppv"])
def test_label_map_segmentation(load, shared_data, name):
    path = f"{SEGMENTATIONS}/{name}.dcm"
    assert pydicom.dcmread(shared_data / path).SOPClassUID == "1.2.840.10008.5.1.4.1.1.66.7"
    (node,) = load(path)
    (pair,) = masks_in_world(node).items()
    reference = name.replace("-", "_") + "_seg.nrrd"
    assert pair[0] == "Liver"
    assert points_of(*pair[1]) == reference_points(
        shared_data / "dcmqi/_ref/data/segmentations" / reference, 1
    )


def test_fractions_are_kept(load, shared_data):
    import highdicom
    from vtkmodules.util import numpy_support

    path = "highdicom/data/test_files/seg_image_ct_true_fractional.dcm"
    (node,) = load(path)
    (segment,) = segments_of(node)
    image = segment.GetRepresentation("Fractional labelmap")
    stored = numpy_support.vtk_to_numpy(image.GetPointData().GetScalars())
    dataset = highdicom.seg.segread(shared_data / path)
    fractions = dataset.get_volume(combine_segments=False, rescale_fractional=True, dtype=np.float64).array
    steps = pydicom.dcmread(shared_data / path).MaximumFractionalValue
    assert image.GetFieldData().GetArray("ScalarRange").GetValue(1) == steps
    assert sorted(stored) == sorted(np.rint(steps * fractions).astype(int).reshape(-1))
    (uid,) = series_with("SEG")
    assert "one half" in offers(PLUGIN, uid)[0].warning


def test_reference_volume_and_place_in_the_study(load, shared_data):
    import slicer

    from DICOMLib import DICOMUtils

    (first,) = load(f"{SEGMENTATIONS}/liver.dcm", f"{SEGMENTATIONS}/ct-3slice")
    role = "referenceImageGeometryRef"
    assert first.GetNodeReference(role) is None
    DICOMUtils.loadSeriesByUID(series_with("CT"))
    (volume,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    (node,) = of_class(load_series(*series_with("SEG")), "vtkMRMLSegmentationNode")
    assert node.GetNodeReference(role) is volume
    dataset = pydicom.dcmread(shared_data / SEGMENTATIONS / "liver.dcm", stop_before_pixels=True)
    assert study_uid_of(node) == dataset.StudyInstanceUID
    assert node.GetAttribute("DICOM.instanceUIDs") == dataset.SOPInstanceUID
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = tree.GetItemByDataNode(node)
    assert tree.GetItemUID(item, "DICOM") == dataset.SeriesInstanceUID
    assert len(tree.GetItemAttribute(item, "DICOM.ReferencedInstanceUIDs").split()) == 3
    assert tree.GetItemParent(item) == tree.GetItemParent(tree.GetItemByDataNode(volume))


def test_segmentation_of_a_tilted_series_in_two_blocks(database, shared_data, tmp_path):
    """Each voxel lies where the Image Position of its slice says, by the equation of PS3.3 C.7.6.2.1.1."""
    import highdicom
    import vtk

    ct = [pydicom.dcmread(path) for path in sorted((shared_data / "dcm_qa_ct_tilt/In/GE").glob("*.dcm"))]
    for image in ct:
        image.PatientName = ""
        for keyword in ("PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber"):
            setattr(image, keyword, image.get(keyword, ""))
        for keyword in ("StudyID", "StudyDate", "StudyTime", "ReferringPhysicianName"):
            setattr(image, keyword, image.get(keyword, ""))
    mask = np.zeros((len(ct), 512, 512), np.uint8)
    chosen = {3: (100, 200), 14: (250, 300), 27: (400, 80)}
    for number, (row, column) in chosen.items():
        mask[number, row, column] = 1
    description = highdicom.seg.SegmentDescription(
        1,
        "Dots",
        highdicom.sr.CodedConcept("85756007", "SCT", "Tissue"),
        highdicom.sr.CodedConcept("85756007", "SCT", "Tissue"),
        "MANUAL",
    )
    dataset = highdicom.seg.Segmentation(
        ct, mask, "BINARY", [description], "1.2.3.9", 9, "1.2.3.9.1", 1, "Maker", "Model", "1", "Serial"
    )
    dataset.save_as(tmp_path / "seg.dcm")
    import_files(tmp_path / "files", shared_data / "dcm_qa_ct_tilt/In/GE", tmp_path / "seg.dcm")
    load_series(*series_with("CT"))
    (node,) = of_class(load_series("1.2.3.9"), "vtkMRMLSegmentationNode")
    transform = vtk.vtkGeneralTransform()
    if node.GetParentTransformNode():
        node.GetParentTransformNode().GetTransformToWorld(transform)
    (pair,) = masks_in_world(node).values()
    found = [transform.TransformPoint(point) for point in sorted(points_of(*pair), key=lambda ras: ras[2])]
    expected = []
    for number, (row, column) in chosen.items():
        along_row, along_column = np.array(ct[number].ImageOrientationPatient).reshape(2, 3)
        down, right = map(float, ct[number].PixelSpacing)
        place = np.array(ct[number].ImagePositionPatient, float)
        expected.append((place + along_row * right * column + along_column * down * row) * (-1, -1, 1))
    expected.sort(key=lambda ras: ras[2])
    assert len(found) == 3
    assert np.allclose(found, expected, atol=0.1)


def test_label_maps_are_as_large_as_what_is_in_them(load):
    """The tumour has 795 voxels among 13 x 128 x 128."""
    (node,) = load("dcmqi/data/sr-example/seg.dcm")
    ((voxels, _),) = masks_in_world(node).values()
    assert voxels.sum() == 795
    for axes in ((1, 2), (0, 2), (0, 1)):
        filled = voxels.any(axis=axes)
        assert filled[0]
        assert filled[-1]
    assert voxels.size < 13 * 128 * 128 / 10


SLIDE = "The segmentation is of a microscopy slide, which is no volume."
PLACELESS = "The segmentation is of an image without a place in the patient."


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("seg_image_sm_numbers", SLIDE),  # says nothing of tiles but the places of its frames
        ("seg_image_sm_control_labelmap", SLIDE),  # TILED_SPARSE
        ("seg_image_sm_dots_tiled_full", SLIDE),
        ("seg_image_cr_binary", PLACELESS),
    ],
)
def test_what_is_no_volume_is_not_offered(database, shared_data, tmp_path, name, reason):
    path = shared_data / f"highdicom/data/test_files/{name}.dcm"
    import_files(tmp_path / "files", path)
    (uid,) = series_with("SEG")
    assert offers(PLUGIN, uid) == []
    answers = {answer.plugin: answer for answer in run(explain(uid, registry.instances()[0])).answers}
    assert (answers[PLUGIN].confidence, answers[PLUGIN].reason) == (None, reason)
    told = "tiles of a microscopy slide" in answers["DICOMScalarVolumePlugin"].reason
    assert told == (reason == SLIDE)
    with pytest.raises(InvalidDICOM, match=reason[4:-1]):  # as a script that asks nobody is told
        read_masks(pydicom.dcmread(path), str(path))
