"""Scalar volumes: what a loaded volume looks like, and its acquisition geometry."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import (
    EnhancedCTImageStorage,
    MRImageStorage,
    NuclearMedicineImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
)

from Testing.DICOMPlugins.conftest import SETTING
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"


def test_loaded_volume(series):
    import slicer

    datasets = stack(
        [(-10, 20, z) for z in (0, 3, 6)],
        RescaleSlope="1",
        RescaleIntercept="-1000",
        WindowCenter=["40", "600"],
        WindowWidth=["400", "2000"],
    )
    plugin, files = series(datasets)
    (loadable,) = plugin.examineFiles(files)
    node = plugin.load(loadable)
    assert (node.GetName(), node.GetClassName()) == ("7: Axial", "vtkMRMLScalarVolumeNode")
    voxels = slicer.util.arrayFromVolume(node)
    assert voxels.dtype == np.int16
    assert voxels[:, 0, 1].tolist() == [-999, -899, -799]
    expected = [[-0.5, 0, 0, 10], [0, -2, 0, -20], [0, 0, 3, 0], [0, 0, 0, 1]]
    assert np.allclose(slicer.util.arrayFromVTKMatrix(matrix_of(node)), expected)
    uids = [dataset.SOPInstanceUID for dataset in datasets]
    assert node.GetAttribute("DICOM.instanceUIDs") == " ".join(uids)
    assert node.GetAttribute("DICOM.instanceNumbers") == "1 2 3"
    display = node.GetDisplayNode()
    assert (display.GetWindow(), display.GetLevel()) == (400, 40)
    assert display.GetNumberOfWindowLevelPresets() == 2
    assert not display.GetAutoWindowLevel()
    assert node.GetVoxelValueUnits().GetCodeValue() == "[hnsf'U]"
    assert node.GetVoxelValueQuantity().GetCodeMeaning() == "Attenuation Coefficient"
    assert node.GetParentTransformNode() is None
    selection = slicer.app.applicationLogic().GetSelectionNode()
    assert selection.GetActiveVolumeID() == node.GetID()


def matrix_of(node):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    return matrix


def test_subject_hierarchy(series):
    import slicer

    plugin, files = series(stack(heights(0, 3)))
    node = plugin.load(plugin.examineFiles(files)[0])
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = tree.GetItemByDataNode(node)
    study, patient = tree.GetItemParent(item), tree.GetItemParent(tree.GetItemParent(item))
    assert tree.GetItemUID(item, "DICOM") == "1.2.3.4"
    assert (
        tree.GetItemUID(item, "DICOMInstanceUID").split() == node.GetAttribute("DICOM.instanceUIDs").split()
    )
    assert tree.GetItemAttribute(item, "DICOM.SeriesDescription") == "Axial"
    assert (tree.GetItemLevel(study), tree.GetItemName(study)) == ("Study", "Trial (20240115)")
    assert tree.GetItemUID(study, "DICOM") == "1.2.3"
    assert (tree.GetItemLevel(patient), tree.GetItemName(patient)) == ("Patient", "Doe^Jane (P1)")
    assert tree.GetItemAttribute(patient, "DICOM.PatientName") == "Doe^Jane"


def test_patient_without_name_and_id(series):
    import slicer

    plugin, files = series(
        stack(heights(0), PatientID="", PatientName="", StudyDescription=None, StudyDate=None)
    )
    node = plugin.load(plugin.examineFiles(files)[0])
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    study = tree.GetItemParent(tree.GetItemByDataNode(node))
    assert tree.GetItemName(study) == "No study description"
    assert tree.GetItemName(tree.GetItemParent(study)) == "No name (Patient-1.2.3)"


@pytest.mark.parametrize(("centers", "widths"), [(["40", "600"], ["400"]), (["40"], None)])
def test_unusable_windows_are_logged_and_ignored(series, caplog, centers, widths):
    plugin, files = series(stack(heights(0, 3), WindowCenter=centers, WindowWidth=widths))
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetDisplayNode().GetNumberOfWindowLevelPresets() == 0
    assert node.GetDisplayNode().GetAutoWindowLevel()
    assert "Window" in caplog.text


@pytest.mark.parametrize(
    ("sop_class", "quantity", "colors"),
    [
        (MRImageStorage, "MR signal intensity", "Grey"),
        (EnhancedCTImageStorage, "Attenuation Coefficient", "Grey"),
        (PositronEmissionTomographyImageStorage, None, "PET-Heat"),
        (NuclearMedicineImageStorage, None, "Grey"),
    ],
)
def test_quantity_and_colours(series, sop_class, quantity, colors):
    plugin, files = series(stack(heights(0, 3), SOPClassUID=sop_class))
    node = plugin.load(plugin.examineFiles(files)[0])
    found = node.GetVoxelValueQuantity()
    assert (found.GetCodeMeaning() if found else None) == quantity
    assert node.GetDisplayNode().GetColorNodeID().endswith(colors)


def test_low_values_are_bright_where_the_header_says_so(series):
    import slicer

    plugin, files = series([image(PhotometricInterpretation="MONOCHROME1")])
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetDisplayNode().GetColorNodeID().endswith("InvertedGrey")
    assert slicer.util.arrayFromVolume(node).max() == 19


def test_colour_volume(series):
    import slicer

    attributes = {
        "SOPClassUID": SecondaryCaptureImageStorage,
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PlanarConfiguration": 0,
    }
    plugin, files = series(
        [image(PixelData=bytes(range(60)), pixels=np.zeros((4, 5), np.uint8), **attributes)]
    )
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetClassName() == "vtkMRMLVectorVolumeNode"
    assert slicer.util.arrayFromVolume(node)[0, 0, 1].tolist() == [3, 4, 5]


@pytest.mark.parametrize("approach", [0, 1, 2, 3])
def test_all_reader_approaches_agree(series, settings, approach):
    import slicer

    settings.setValue(SETTING + "ReaderApproach", approach)
    plugin, files = series(stack(heights(0, 3, 6)))
    node = plugin.load(plugin.examineFiles(files)[0])
    assert slicer.util.arrayFromVolume(node)[:, 3, 4].tolist() == [19, 119, 219]
    reference = plugin.load(plugin.examineFiles(files)[0], "GDCM")
    assert plugin.compareVolumeNodes(node, reference) == ""


@pytest.mark.parametrize("spacing", [[0, 0], [-1, 1]])
def test_unusable_spacing_is_read_by_no_approach(series, caplog, spacing):
    plugin, files = series(stack(heights(0, 3, 6), PixelSpacing=spacing))
    loadable = plugin.examineFiles(files)[0]
    assert [plugin.load(loadable, approach) for approach in plugin.readerApproaches()] == [None] * 4
    assert "spacing" in caplog.text


def test_comparison_says_what_differs(series):
    import slicer

    plugin, files = series(stack(heights(0, 3, 6)))
    loadable = plugin.examineFiles(files)[0]
    first, second = plugin.load(loadable), plugin.load(loadable)
    slicer.util.arrayFromVolume(second)[0, 0, 0] = 5
    assert plugin.compareVolumeNodes(first, second) == "voxel mismatch"
    second.SetOrigin(1, 2, 3)
    assert plugin.compareVolumeNodes(first, second) == "IJKToRAS mismatch, voxel mismatch"


def test_names_of_nodes_are_unique(series):
    plugin, files = series(stack(heights(0, 3)))
    loadable = plugin.examineFiles(files)[0]
    assert [plugin.load(loadable).GetName() for _ in range(2)] == ["7: Axial", "7: Axial_1"]


def world_corners(node):
    """Corners of the first and the last slice in the world, in the order of the modeling."""
    from DICOMLib.mrml.volumes.regularize import corners_of_volume, to_world

    return to_world(node, corners_of_volume(node))


def test_tilted_gantry_by_hand(series):
    # 4 rows of 2 mm, 5 columns of 0.5 mm; each slice is 1 mm further back and 3 mm higher.
    plugin, files = series(stack([(-10, 20, 0), (-10, 21, 3), (-10, 22, 6)]))
    (loadable,) = plugin.examineFiles(files)
    assert loadable.warning == ""
    corners = world_corners(plugin.load(loadable))
    # RAS: x and y have the opposite sign of the header's.
    assert np.allclose(corners[0], [[[10, -20, 0], [7.5, -20, 0]], [[10, -28, 0], [7.5, -28, 0]]])
    assert np.allclose(corners[2], [[[10, -22, 6], [7.5, -22, 6]], [[10, -30, 6], [7.5, -30, 6]]])


def test_missing_slice_is_put_right(series):
    import slicer

    plugin, files = series(stack(heights(0, 3, 9, 12)))
    (loadable,) = plugin.examineFiles(files)
    assert "6 mm instead of 3 mm between files 2 and 1" in loadable.warning
    node = plugin.load(loadable)
    transform = node.GetParentTransformNode()
    assert transform.GetName() == "7: Axial acquisition transform"
    # Evenly spread, the four slices would lie at 0, 4, 8, 12 mm.
    assert np.allclose(plugin.acquisitionModeling.originalCorners[:, 0, 0, 2], [0, 4, 8, 12])
    assert np.allclose(world_corners(node)[:, 0, 0, 2], [0, 3, 9, 12])
    assert np.allclose(
        plugin.acquisitionModeling.fixedCorners[1], [[[0, 0, 3], [-2.5, 0, 3]], [[0, -8, 3], [-2.5, -8, 3]]]
    )
    tree = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    items = [tree.GetItemByDataNode(one) for one in (node, transform)]
    assert tree.GetItemParent(items[0]) == tree.GetItemParent(items[1]) != 0


def test_tilted_and_uneven(series):
    plugin, files = series(stack([(-10, 20, 0), (-10, 21, 3), (-10, 24, 12)]))
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetParentTransformNode() is not None
    assert np.allclose(world_corners(node)[:, 0, 0], [[10, -20, 0], [10, -21, 3], [10, -24, 12]])
    assert np.allclose(world_corners(node)[:, 1, 1], [[7.5, -28, 0], [7.5, -29, 3], [7.5, -32, 12]])


def test_regularization_off(series, settings, caplog):
    settings.setValue(SETTING + "AcquisitionGeometryRegularization", "none")
    plugin, files = series(stack(heights(0, 3, 9)))
    (loadable,) = plugin.examineFiles(files)
    assert "will be wrong" in loadable.warning
    assert plugin.load(loadable).GetParentTransformNode() is None
    assert "Slices are up to 1.5 mm from where they were acquired." in caplog.text


def test_hardened(series, settings):
    import slicer

    settings.setValue(SETTING + "AcquisitionGeometryRegularization", "hardenTransform")
    flat = [np.full((4, 5), value, np.int16) for value in (0, 100, 200, 300)]
    datasets = [image((0, 0, z), pixels=pixels) for z, pixels in zip((0, 3, 9, 12), flat, strict=True)]
    plugin, files = series(datasets)
    node = plugin.load(plugin.examineFiles(files)[0])
    assert node.GetParentTransformNode() is None
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLGridTransformNode") == 0
    # At 4 and 8 mm lies what is a sixth of the way between the slices at 3 and 9 mm.
    middle = slicer.util.arrayFromVolume(node)[:, 1, 2]
    assert middle.tolist() == pytest.approx([0, 116.7, 183.3, 300], abs=1)


def test_slices_that_match_within_a_thousandth_need_no_transform(series):
    plugin, files = series(stack(heights(0, 3.0005, 6)))
    assert plugin.load(plugin.examineFiles(files)[0]).GetParentTransformNode() is None


def test_a_log_does_not_name_the_patient(database, tmp_path, caplog):
    """Files in a folder with the name of a patient are broken after the import."""
    import logging
    from pathlib import Path

    import slicer

    from DICOMLib import DICOMUtils

    folder = tmp_path / "Doe^Jane"
    files = write(stack(heights(0, 3, 6)), folder)
    assert DICOMUtils.importDicom(folder)
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (loadable,) = plugin.examineFiles(files)
    for path in files:
        Path(path).write_bytes(b"no image any more")
    with caplog.at_level(logging.DEBUG):
        assert plugin.load(loadable) is None
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert any("The images make no volume" in text for text in told)
    assert not [text for text in told if "Doe" in text]
    assert "Doe" in caplog.text  # at DEBUG
