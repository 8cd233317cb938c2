"""Export of volumes as Parametric Maps: values by pydicom and highdicom, codes, round trip."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import pytest
import slicer

from DICOMLib import DICOMUtils
from Testing.DICOMPlugins.exporting import (
    below_study,
    datasets,
    exported,
    hierarchy,
    ijk_to_ras,
    offered,
    volume_node,
)
from Testing.image_series import heights, stack, write
from Testing.validation import dciodvfy_errors

PLUGIN = "DICOMParametricMapPlugin"
MATRIX = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])
VALUES = np.random.default_rng(1).normal(0, 1e-3, (3, 6, 8)).astype(np.float32)


def coded(value, scheme, meaning):
    entry = slicer.vtkCodedEntry()
    entry.SetValueSchemeMeaning(value, scheme, meaning)
    return entry


def by_height(dataset, values):
    """Frames in the order of their places along z."""
    frames = values.reshape(dataset.NumberOfFrames, dataset.Rows, dataset.Columns)
    groups = dataset.PerFrameFunctionalGroupsSequence
    heights_mm = [float(group.PlanePositionSequence[0].ImagePositionPatient[2]) for group in groups]
    return frames[np.argsort(heights_mm)]


@pytest.fixture
def item(database):
    """Item of a diffusion map, below patient and study."""
    node = volume_node(VALUES, MATRIX, "ADC")
    node.SetVoxelValueQuantity(coded("113041", "DCM", "Apparent Diffusion Coefficient"))
    node.SetVoxelValueUnits(coded("mm2/s", "UCUM", "mm2/s"))
    return below_study(node)


def test_values_codes_and_identity(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert dataset.SOPClassUID.name == "Parametric Map Storage"
    assert (dataset.PatientID, dataset.StudyInstanceUID) == ("P1", "1.2.3.4")
    assert np.array_equal(by_height(dataset, np.frombuffer(dataset.FloatPixelData, "<f4")), VALUES)
    (mapping,) = dataset.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence
    assert mapping.MeasurementUnitsCodeSequence[0].CodeValue == "mm2/s"
    (quantity,) = mapping.QuantityDefinitionSequence
    assert quantity.ConceptCodeSequence[0].CodeValue == "113041"


def test_it_refers_to_no_image_that_does_not_exist(item, tmp_path):
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path))
    assert not [one for one in dataset.iterall() if one.keyword == "ReferencedSOPInstanceUID"]


def test_highdicom_reads_the_places(item, tmp_path):
    report = exported(item, PLUGIN, tmp_path)
    dataset = hd.imread(report.files[0])
    volume = dataset.get_volume()
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0]) @ volume.affine
    for index in ((0, 0, 0), (2, 3, 5)):
        world = to_ras @ [*index, 1]
        slice_, row, column = (round(part) for part in (np.linalg.inv(MATRIX) @ world)[2::-1])
        assert volume.array[index] == VALUES[slice_, row, column]


def test_round_trip(item, tmp_path):
    (dataset,) = datasets(exported(item, PLUGIN, tmp_path / "out"))
    assert DICOMUtils.importDicom(tmp_path / "out")
    (node_id, *_) = DICOMUtils.loadSeriesByUID([dataset.SeriesInstanceUID])
    node = slicer.util.getNode(node_id)
    assert np.array_equal(slicer.util.arrayFromVolume(node), VALUES)
    assert np.abs(ijk_to_ras(node) - MATRIX).max() < 1e-4
    assert node.GetVoxelValueQuantity().GetCodeValue() == "113041"
    assert node.GetVoxelValueUnits().GetCodeValue() == "mm2/s"


def test_of_images_of_the_database(database, tmp_path):
    write(stack(heights(0, 3, 6), StudyInstanceUID="1.2.99"), tmp_path / "source")
    assert DICOMUtils.importDicom(tmp_path / "source")
    node = slicer.util.getNode(DICOMUtils.loadSeriesByUID(["1.2.3.4"])[0])
    slicer.util.updateVolumeFromArray(node, slicer.util.arrayFromVolume(node) / 3.0)
    expected = slicer.util.arrayFromVolume(node).copy()
    report = exported(hierarchy().GetItemByDataNode(node), PLUGIN, tmp_path / "out")
    (dataset,) = datasets(report)

    assert dciodvfy_errors(report.files) == []
    assert np.array_equal(by_height(dataset, np.frombuffer(dataset.DoubleFloatPixelData, "<f8")), expected)
    assert dataset.ReferencedSeriesSequence[0].SeriesInstanceUID == "1.2.3.4"
    assert dataset.FrameOfReferenceUID == "1.2.3.5"


def test_whole_numbers_are_not_offered(database):
    item = below_study(volume_node(np.zeros((2, 3, 4), np.int16), MATRIX))
    assert offered(item, PLUGIN) == []


def test_unknown_quantities_are_offered_with_less_confidence(database, item):
    unknown = hierarchy().GetItemByDataNode(volume_node(VALUES, MATRIX, "Unknown"))
    assert offered(unknown, PLUGIN)[0].confidence < 0.5 < offered(item, PLUGIN)[0].confidence
