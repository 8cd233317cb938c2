"""Export of volumes as Real World Value Mappings: read by pydicom and highdicom, and back into the scene."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pydicom
import pytest
import slicer

from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import examine_for_export, export
from Testing.DICOMPlugins.exporting import datasets, exported, hierarchy, loaded_back, offered
from Testing.DICOMPlugins.loading import import_files, load_series
from Testing.DICOMPlugins.test_DICOMRWVMPlugin import IMAGES, pet, voxels
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PLUGIN = "DICOMRWVMPlugin"
FACTOR = 0.000375125


def coded(value, scheme, meaning):
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(value, scheme, meaning)
    return entry


def in_suv(node):
    """Multiply a volume by a factor, and say what that gives; returns its item."""
    slicer.util.updateVolumeFromArray(node, voxels(node).astype(np.float64) * FACTOR)
    node.SetVoxelValueQuantity(coded("126400", "DCM", "Standardized Uptake Value"))
    node.SetVoxelValueUnits(coded("{SUVbw}g/ml", "UCUM", "SUV body weight"))
    node.SetName("SUV")
    return int(hierarchy().GetItemByDataNode(node))


@pytest.fixture
def item(database, tmp_path):
    """Three PET images, each with a rescale slope of its own (2.5, 1.25 and 4), as a volume in SUV."""
    write(pet(), tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    (node,) = load_series(IMAGES)
    return in_suv(node)


def sources(tmp_path):
    """The images, from the lowest to the highest slice."""
    images = [pydicom.dcmread(path) for path in (tmp_path / "made").iterdir()]
    return sorted(images, key=lambda one: one.ImagePositionPatient[2])


def test_offer(item):
    (exportable,) = offered(item, PLUGIN)
    assert (exportable.name, exportable.confidence) == ("Real World Value Mapping", 0.4)
    assert (exportable.tag("Modality"), exportable.tag("SeriesDescription")) == ("RWV", "SUV")
    # a volume is written as images or as a map unless told otherwise
    assert run(examine_for_export([item])).types[0].plugin != PLUGIN


def test_lines_of_the_images(item, tmp_path):
    """Each image has its line: the factor times its own slope, on the stored values."""
    report = exported(item, PLUGIN, tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    assert dataset.SOPClassUID == "1.2.840.10008.5.1.4.1.1.67"
    assert (dataset.Modality, dataset.SeriesDescription) == ("RWV", "SUV")
    assert (dataset.PatientID, dataset.StudyInstanceUID) == (sources(tmp_path)[0].PatientID, "1.2.3")
    slopes = {
        one.ReferencedImageSequence[0].ReferencedSOPInstanceUID: one.RealWorldValueMappingSequence[0]
        for one in dataset.ReferencedImageRealWorldValueMappingSequence
    }
    for image in sources(tmp_path):
        mapping = slopes[image.SOPInstanceUID]
        assert mapping.RealWorldValueSlope == pytest.approx(FACTOR * image.RescaleSlope, rel=1e-9)
        assert mapping.RealWorldValueIntercept == pytest.approx(0, abs=1e-12)
        assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "{SUVbw}g/ml"
        assert mapping.QuantityDefinitionSequence[0].ConceptCodeSequence[0].CodeValue == "126400"
    (series,) = dataset.ReferencedSeriesSequence
    assert series.SeriesInstanceUID == IMAGES
    assert len(series.ReferencedInstanceSequence) == 3


def test_highdicom_applies_it(item, tmp_path):
    """highdicom makes the voxels of the volume of the images, once these hold the mapping."""
    expected = voxels(hierarchy().GetItemDataNode(item))
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    for number, image in enumerate(sources(tmp_path)):
        (mapping,) = (
            one.RealWorldValueMappingSequence[0]
            for one in dataset.ReferencedImageRealWorldValueMappingSequence
            if one.ReferencedImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
        )
        image.RealWorldValueMappingSequence = [mapping]
        read = hd.Image.from_dataset(image).get_frame(1, apply_real_world_transform=True)
        assert np.allclose(read, expected[number], rtol=1e-9)


def test_round_trip(item, tmp_path):
    before = voxels(hierarchy().GetItemDataNode(item)).copy()
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    node = loaded_back(tmp_path / "out", dataset.SeriesInstanceUID)
    assert np.allclose(voxels(node), before, rtol=1e-9)
    assert node.GetVoxelValueUnits().GetCodeValue() == "{SUVbw}g/ml"
    assert node.GetVoxelValueQuantity().GetCodeValue() == "126400"


def test_one_line_for_images_of_one_scaling(database, tmp_path):
    """All images in one item; single precision is good enough."""
    write(stack(heights(0, 3, 6), SeriesInstanceUID=IMAGES), tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    (node,) = load_series(IMAGES)
    item = in_suv(node)
    slicer.util.updateVolumeFromArray(node, voxels(node).astype(np.float32))
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    (one,) = dataset.ReferencedImageRealWorldValueMappingSequence
    assert len(one.ReferencedImageSequence) == 3
    assert one.RealWorldValueMappingSequence[0].RealWorldValueSlope == pytest.approx(FACTOR, rel=1e-5)


def test_frames_of_an_enhanced_image(database, shared_data, tmp_path):
    path = shared_data / "dcmqi/data/segmentations/24x38x3/multiframe/mf.dcm"
    source = pydicom.dcmread(path)
    import_files(tmp_path / "files", path.parent)
    (node,) = load_series(source.SeriesInstanceUID)
    item = in_suv(node)
    before = voxels(node).copy()
    report = exported(item, PLUGIN, tmp_path / "out")
    assert dciodvfy_errors(report.files) == []
    (dataset,) = datasets(report)
    named = [
        number
        for one in dataset.ReferencedImageRealWorldValueMappingSequence
        for number in np.atleast_1d(one.ReferencedImageSequence[0].ReferencedFrameNumber)
    ]
    assert sorted(named) == [1, 2, 3]
    back = loaded_back(tmp_path / "out", dataset.SeriesInstanceUID)
    assert np.allclose(voxels(back), before, rtol=1e-6)


def test_other_values_are_refused(item, tmp_path):
    node = hierarchy().GetItemDataNode(item)
    slicer.util.updateVolumeFromArray(node, voxels(node) ** 2)
    report = run(export(offered(item, PLUGIN), tmp_path / "out"))
    assert "Export it as a Parametric Map" in report.failed[0][1]
    assert report.files == []


def test_volumes_that_say_nothing_are_not_offered(database, tmp_path):
    """Without quantity and unit, and without images in the database."""
    write(stack(heights(0, 3, 6), SeriesInstanceUID=IMAGES), tmp_path / "made")
    import_files(tmp_path / "files", tmp_path / "made")
    (node,) = load_series(IMAGES)
    item = int(hierarchy().GetItemByDataNode(node))
    node.SetVoxelValueQuantity(None)
    node.SetVoxelValueUnits(None)
    assert offered(item, PLUGIN) == []
    in_suv(node)
    assert len(offered(item, PLUGIN)) == 1
    node.SetAttribute("DICOM.instanceUIDs", "1.2.3.99")
    assert offered(item, PLUGIN) == []
