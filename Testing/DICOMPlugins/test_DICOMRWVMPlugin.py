"""Real World Value Mapping objects: offers, and values against pydicom, highdicom and a hand calculation."""

from __future__ import annotations

import highdicom
import numpy as np
import pydicom
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.plugins import registry
from DICOMLib.plugins.explain import explain
from Testing.DICOMPlugins.loading import import_files, load_series, offers, series_with, study_uid_of
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMRWVMPlugin"
IMAGES, MAPPING = "1.2.8.1", "1.2.8.2"
RWVM = "1.2.840.10008.5.1.4.1.1.67"
SUV = highdicom.sr.CodedConcept("126400", "DCM", "Standardized Uptake Value")


def mapping(label="SUVbw", unit="{SUVbw}g/ml", last=32767, first=0, explanation=None, **scale):
    """An item by highdicom, which checks it."""
    return highdicom.pm.RealWorldValueMapping(
        lut_label=label,
        lut_explanation=explanation or f"{label} explained",
        unit=highdicom.sr.CodedConcept(unit, "UCUM", unit),
        value_range=(first, last),
        quantity_definition=SUV,
        **scale,
    )


def mapping_object(*entries):
    """A mapping object of pairs: the images, and the mappings of all of them."""
    items = []
    for images, mappings in entries:
        item = pydicom.Dataset()
        item.ReferencedImageSequence = [reference(*one) for one in images]
        item.RealWorldValueMappingSequence = list(mappings)
        items.append(item)
    return image(
        SeriesInstanceUID=MAPPING, SOPClassUID=RWVM, Modality="RWV", SeriesDescription="Factors",
        SOPInstanceUID="1.2.8.2.1", PixelData=None, ReferencedImageRealWorldValueMappingSequence=items,
    )  # fmt: skip


def reference(one, *frames):
    item = pydicom.Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = one.SOPClassUID, one.SOPInstanceUID
    if frames:
        item.ReferencedFrameNumber = list(frames)
    return item


def pet():
    """Three PET images, each with another rescale slope, the first of them in the middle."""
    images = stack(
        heights(3, 0, 6), SeriesInstanceUID=IMAGES, Modality="PT", SeriesDescription="WB", Units="BQML",
        SOPClassUID="1.2.840.10008.5.1.4.1.1.128", WindowCenter="1000", WindowWidth="2000",
    )  # fmt: skip
    for one, slope in zip(images, (2.5, 1.25, 4.0), strict=True):
        one.RescaleSlope, one.RescaleIntercept = slope, 0
    return images


def voxels(node):
    import slicer

    return slicer.util.arrayFromVolume(node)


def matrix_of(node):
    import slicer
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


@pytest.fixture
def bring(database, tmp_path):
    """Imports datasets."""

    def make(*data):
        write(data, tmp_path / "made")
        return import_files(tmp_path / "files", tmp_path / "made")

    return make


def test_stored_values_are_mapped_image_by_image(bring):
    """Value = stored value x slope of the mapping; the rescale slope of the image has no part in it."""
    images = pet()
    factors = (0.002, 0.001, 0.0032)
    bring(
        *images,
        mapping_object(
            *(
                ([(one,)], [mapping(slope=factor, intercept=0.5)])
                for one, factor in zip(images, factors, strict=True)
            )
        ),
    )
    (node,) = load_series(MAPPING)

    by_height = [images[index].pixel_array * factors[index] + 0.5 for index in (1, 0, 2)]
    assert np.allclose(voxels(node), by_height, rtol=1e-12)
    assert voxels(node).dtype == np.float64
    # LPS (0, 0, 0), columns 0.5 mm apart, rows 2 mm, slices 3 mm
    assert np.allclose(matrix_of(node), np.diag([-0.5, -2, 3, 1]))
    assert node.GetVoxelValueUnits().GetCodeValue() == "{SUVbw}g/ml"
    assert node.GetVoxelValueQuantity().GetCodeMeaning() == "Standardized Uptake Value"
    assert node.GetAttribute("DICOM.RWV.instanceUID") == "1.2.8.2.1"
    assert node.GetAttribute("DICOM.instanceUIDs").split() == [images[k].SOPInstanceUID for k in (1, 0, 2)]
    assert node.GetAttribute("DICOM.SUVbwFactor") is None
    assert node.GetName() == "7: WB SUVbw explained"
    assert study_uid_of(node) == "1.2.3"


def test_offer(bring):
    images = pet()
    uids = bring(*images, mapping_object(([(one,) for one in images], [mapping(slope=0.5, intercept=0)])))
    assert sorted(uids) == sorted([IMAGES, MAPPING])
    (loadable,) = offers(PLUGIN, MAPPING)
    assert loadable.name == "7: WB SUVbw explained"
    assert loadable.tooltip == "3 images as SUVbw explained, by a Real World Value Mapping object"
    assert (loadable.confidence, loadable.selected, loadable.warning) == (0.85, True, "")
    assert loadable.referencedInstanceUIDs == [one.SOPInstanceUID for one in images]
    assert loadable.referencedSeriesUID == IMAGES
    assert offers(PLUGIN, IMAGES) == []
    assert offers("DICOMScalarVolumePlugin", MAPPING)[0].confidence == 0.2  # it has no pixels


def test_each_kind_of_values_is_a_volume(bring):
    """Two mappings of the same images with other labels and units."""
    images = pet()
    both = [
        mapping(slope=0.002, intercept=0),
        mapping("SUVlbm", "{SUVlbm}g/ml", slope=0.0015, intercept=0),
    ]
    bring(*images, mapping_object(([(one,) for one in images], both)))
    assert [one.name for one in offers(PLUGIN, MAPPING)] == [
        "7: WB SUVbw explained",
        "7: WB SUVlbm explained",
    ]
    first, second = load_series(MAPPING)
    assert np.allclose(voxels(second), voxels(first) * 0.75)
    assert second.GetVoxelValueUnits().GetCodeValue() == "{SUVlbm}g/ml"


def test_a_table_of_values(bring):
    """Stored values 2 to 21 become their squares; what lies before takes the first of the table."""
    images = stack(heights(0), SeriesInstanceUID=IMAGES)
    squares = [float(value**2) for value in range(2, 22)]
    bring(*images, mapping_object(([(images[0],)], [mapping(first=2, last=21, lut_data=squares)])))
    (node,) = load_series(MAPPING)
    expected = [4, 4, *(value**2 for value in range(2, 20))]
    assert voxels(node).ravel().tolist() == expected


def test_ranges_with_mappings_of_their_own(bring, caplog):
    """Up to 9 halves, up to 15 ten times the value; 16 to 19 are told, and follow the first line."""
    images = stack(heights(0), SeriesInstanceUID=IMAGES)
    both = [
        mapping(last=9, slope=0.5, intercept=0),
        mapping(first=10, last=15, slope=10, intercept=0),
    ]
    bring(*images, mapping_object(([(images[0],)], both)))
    (node,) = load_series(MAPPING)
    expected = [0.5 * value if value < 10 or value > 15 else 10 * value for value in range(20)]
    assert voxels(node).ravel().tolist() == expected
    assert "4 voxels have stored values that the real-world value mapping is not for" in caplog.text


def test_frames_of_an_enhanced_image(database, shared_data, tmp_path):
    """Two ranges of frames with slopes of their own, against pydicom."""
    path = shared_data / "dcmqi/data/segmentations/24x38x3/multiframe/mf.dcm"
    source = pydicom.dcmread(path)
    made = mapping_object(
        ([(source, 1)], [mapping(slope=2.0, intercept=1)]),
        ([(source, 2, 3)], [mapping(slope=3.0, intercept=1)]),
    )
    write([made], tmp_path / "made")
    import_files(tmp_path / "files", path.parent, tmp_path / "made")
    (node,) = load_series(MAPPING)
    expected = source.pixel_array * np.array([2.0, 3, 3])[:, None, None] + 1
    places = [
        float(group.PlanePositionSequence[0].ImagePositionPatient[2])
        for group in source.PerFrameFunctionalGroupsSequence
    ]
    order = np.argsort(places)
    if matrix_of(node)[2, 2] < 0:
        order = order[::-1]
    assert np.array_equal(voxels(node), expected[order])


def test_the_object_of_a_pet_study(database, shared_data, tmp_path):
    """Real data: its images are not here, which is said; the factor is that of dcmqi's example."""
    (uid,) = import_files(tmp_path / "files", shared_data / "dcmqi/data/sr-example/rwvm.dcm")
    (loadable,) = offers(PLUGIN, uid)
    assert loadable.name == "Unnamed Reference Standardized Uptake Value body weight"
    assert loadable.warning == "None of the images that the mapping is for is in the database."
    assert len(loadable.referencedInstanceUIDs) > 100
    plugins, _failed = registry.instances([PLUGIN])
    text = run(explain(uid, plugins)).as_text()
    assert "Real World Value Mapping (DICOMRWVMPlugin): 85%." in text
    assert "None of the images" in text


def test_the_object_of_a_pet_study_with_its_images(database, shared_data, tmp_path):
    """The same object; images are made with the instance UIDs that it names."""
    path = shared_data / "dcmqi/data/sr-example/rwvm.dcm"
    dataset = pydicom.dcmread(path)
    item = dataset.ReferencedImageRealWorldValueMappingSequence[0]
    images = pet()
    uids = [one.ReferencedSOPInstanceUID for one in item.ReferencedImageSequence][:3]
    for one, uid in zip(images, uids, strict=True):
        one.SOPInstanceUID = one.file_meta.MediaStorageSOPInstanceUID = uid
    write(images, tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made", path)
    (loadable,) = offers(PLUGIN, dataset.SeriesInstanceUID)
    missing = len(item.ReferencedImageSequence) - 3
    assert loadable.warning == (
        f"{missing} of the {missing + 3} images that the mapping is for are not in the database."
    )
    (node,) = load_series(dataset.SeriesInstanceUID)
    expected = [images[index].pixel_array * 0.000375125 for index in (1, 0, 2)]
    assert np.allclose(voxels(node), expected, rtol=1e-12)
    assert node.GetVoxelValueUnits().GetCodeValue() == "{SUVbw}g/ml"
    assert node.GetVoxelValueQuantity().GetCodeValue() == "126400"


def test_images_that_are_loaded_stay_as_they_are(bring):
    import slicer

    images = pet()
    bring(*images, mapping_object(([(one,) for one in images], [mapping(slope=0.5, intercept=0)])))
    (original,) = load_series(IMAGES)
    before = voxels(original).copy()
    (mapped,) = load_series(MAPPING)
    assert np.array_equal(voxels(original), before)
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    items = [tree.GetItemByDataNode(node) for node in (original, mapped)]
    assert tree.GetItemParent(items[0]) == tree.GetItemParent(items[1])
    assert mapped.GetDisplayNode().GetNumberOfWindowLevelPresets() == 0
    assert original.GetDisplayNode().GetNumberOfWindowLevelPresets() == 1


def test_other_objects_are_declined(bring, shared_data, tmp_path):
    import_files(tmp_path / "ct", shared_data / "dcmqi/data/segmentations/ct-3slice")
    (uid,) = series_with("CT")
    assert offers(PLUGIN, uid) == []
    plugins, _failed = registry.instances([PLUGIN])
    assert "It is no Real World Value Mapping." in run(explain(uid, plugins)).as_text()


def test_without_its_images_loading_says_why(bring):
    from DICOMLib.plugins.load import load_series as load_job

    images = pet()
    bring(mapping_object(([(one,) for one in images], [mapping(slope=0.5, intercept=0)])))
    report = run(load_job([MAPPING], [PLUGIN]))
    assert "are not in the database" in report.failed[0].reason
