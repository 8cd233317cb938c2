"""Enhanced US volumes and GE ABUS: voxels against pydicom, geometry worked out by hand."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
import vtk
from pydicom.pixels import pixel_array

from Testing.image_series import image, write

pytestmark = pytest.mark.mrml


@pytest.fixture
def loaded(database, scene, shared_data):
    """Imports one of the synthetic files and loads what is most confident."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(name):
        path = str(shared_data / "synthetic" / name)
        database.insert(path, False)
        (node_id, *_others) = DICOMUtils.loadSeriesByUID([database.seriesForFile(path)])
        (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
        assert node.GetID() == node_id
        return path, node

    return make


def ijk_to_ras(node):
    import slicer

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def test_enhanced_us_volume(loaded):
    import slicer

    path, node = loaded("enhanced_us_volume.dcm")
    assert node.GetName() == "10: US Enhanced US Volume [1]"
    assert np.array_equal(slicer.util.arrayFromVolume(node), pixel_array(pydicom.dcmread(path)))
    # pixels of 0.5 x 0.4 mm, frames from (-12.8, 5, 20) on, 0.6 mm apart, in the frame of the transducer
    expected = np.array([[-0.4, 0, 0, 12.8], [0, -0.5, 0, -5], [0, 0, 0.6, 20], [0, 0, 0, 1]])
    assert np.allclose(ijk_to_ras(node), expected, atol=1e-6)
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    series = hierarchy.GetItemUID(hierarchy.GetItemByDataNode(node), "DICOM")
    assert series == pydicom.dcmread(path).SeriesInstanceUID


def test_abus(loaded):
    import slicer

    path, node = loaded("ge_abus.dcm")
    assert node.GetName() == "10: US AP LEFT ABUS [1]"
    assert np.array_equal(slicer.util.arrayFromVolume(node), pixel_array(pydicom.dcmread(path)))
    # 80 columns of 0.2 mm, 60 rows of 0.082 mm, 20 frames of 0.52 mm
    expected = np.array([[-0.2, 0, 0, 8], [0, -0.082, 0, 0], [0, 0, 0.52, -5.2], [0, 0, 0, 1]])
    assert np.allclose(ijk_to_ras(node), expected, atol=1e-6)
    transform = node.GetParentTransformNode()
    assert transform.GetName() == "10: US AP LEFT ABUS [1] acquisition transform"
    to_world = vtk.vtkGeneralTransform()
    transform.GetTransformToWorld(to_world)
    # the middle of the face does not move; beams run to the centre, 235 mm deep
    assert to_world.TransformPoint(0, 0, 1) == pytest.approx((0, 0, 1), abs=1e-6)
    assert to_world.TransformPoint(0, -4.92, 1) == pytest.approx((0, -4.92, 1), abs=1e-6)
    angle = 8 / 235
    at_the_edge = (235 * np.sin(angle), -(235 - 235 * np.cos(angle)), -5.2)
    assert to_world.TransformPoint(8, 0, -5.2) == pytest.approx(at_the_edge, abs=1e-4)
    deep = (230 * np.sin(angle), -(235 - 230 * np.cos(angle)), 0)
    assert to_world.TransformPoint(8, -5, 0) == pytest.approx(deep, abs=0.01)


def abus(**attributes):
    private = attributes.pop("private", {0x40: 235.0, 0x41: 0.0, 0x63: 5.0})
    creator = attributes.pop("creator", "U-Systems")
    given = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.3.1", "Modality": "US", "ManufacturerModelName": "Invenia",
        "SpacingBetweenSlices": "0.5", "NumberOfFrames": 2, "pixels": np.zeros((2, 4, 5), np.uint8),
    }  # fmt: skip
    dataset = image(**{**given, **attributes})
    block = dataset.private_block(0x0021, creator, create=True)
    for element, value in private.items():
        block.add_new(element, "FD", value)
    return dataset


def examined(dataset, folder):
    import slicer

    from DICOMLib import DICOMUtils

    paths = write([dataset], folder)
    assert DICOMUtils.importDicom(folder)
    plugin = slicer.modules.dicomPlugins["DICOMGeAbusPlugin"]()
    return plugin, plugin.examineForImport([paths])


def test_abus_of_the_other_creator(database, scene, tmp_path):
    plugin, (loadable,) = examined(abus(creator="General Electric Company 01"), tmp_path / "files")
    assert (loadable.confidence, loadable.selected) == (0.9, True)
    assert plugin.load(loadable).GetParentTransformNode()


@pytest.mark.parametrize(
    "attributes", [{"ManufacturerModelName": "Other"}, {"private": {0x41: 0.0}}, {"creator": "Unknown"}]
)
def test_what_is_no_abus(database, tmp_path, attributes):
    assert examined(abus(**attributes), tmp_path / "files")[1] == []


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"private": {0x40: 235.0, 0x41: 100.0, 0x63: 5.0}}, "moved along a curve"),
        ({"private": {0x40: 235.0}}, "CurvatureRadiusTrack, ScanDepthCm"),
        ({"SpacingBetweenSlices": None}, "SpacingBetweenSlices"),
    ],
)
def test_abus_that_cannot_be_loaded(database, scene, tmp_path, attributes, text):
    plugin, (loadable,) = examined(abus(**attributes), tmp_path / "files")
    with pytest.raises(ValueError, match=text):
        plugin.load(loadable)
