"""The rules of examination, and what a loaded volume looks like."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.uid import EnhancedCTImageStorage, MRImageStorage, PositronEmissionTomographyImageStorage

from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)
RT_STRUCTURE_SET = "1.2.840.10008.5.1.4.1.1.481.3"
SETTING = "DICOM/ScalarVolume/"


@pytest.fixture
def settings(host):
    """The application's settings; the keys of this plugin are removed at the end."""
    import slicer

    store = slicer.app.settings()
    yield store
    for key in ("ReaderApproach", "AcquisitionGeometryRegularization", "AllowLoadingByTime"):
        store.remove(SETTING + key)


@pytest.fixture
def series(database, tmp_path):
    """Writes datasets, imports them and gives the plugin and the files."""
    import slicer

    from DICOMLib import DICOMUtils

    def make(datasets):
        paths = write(datasets, tmp_path / "files")
        assert DICOMUtils.importDicom(tmp_path / "files")
        return slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"](), paths

    return make


def offers(plugin, *file_lists):
    """(name, confidence, selected, number of files, has a warning) of each loadable."""
    return [
        (loadable.name, loadable.confidence, loadable.selected, len(loadable.files), bool(loadable.warning))
        for loadable in plugin.examineForImport(list(file_lists))
    ]


# -- examination


def test_one_regular_series(series):
    plugin, files = series(stack(heights(0, 3, 6)))
    (loadable,) = plugin.examineFiles(files)
    assert (loadable.name, loadable.confidence, loadable.selected) == ("7: Axial", 0.5, True)
    assert loadable.tooltip == f"3 files, first file: {files[0]}"
    assert loadable.warning == ""
    assert loadable.grayscale is True


def test_files_are_sorted_along_the_normal(series):
    plugin, files = series(stack(heights(6, 0, 3)))
    (loadable,) = plugin.examineFiles(files)
    assert loadable.files == [files[1], files[2], files[0]]


def test_regular_whole_is_preferred_to_its_parts(series):
    datasets = stack(heights(0, 3, 6, 9))
    for dataset, number in zip(datasets, (1, 1, 2, 2), strict=True):
        dataset.AcquisitionNumber = number
    plugin, files = series(datasets)
    assert offers(plugin, files) == [
        ("7: Axial", 0.5, True, 4, False),
        ("7: Axial - acquisitionNumber 1", 0.45, False, 2, False),
        ("7: Axial - acquisitionNumber 2", 0.45, False, 2, False),
    ]


def test_parts_are_preferred_where_one_tag_divides_an_irregular_whole(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 6))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
    plugin, files = series(datasets)
    assert offers(plugin, files) == [
        ("7: Axial", 0.45, False, 6, True),
        ("7: Axial - acquisitionNumber 1", 0.5, True, 3, False),
        ("7: Axial - acquisitionNumber 2", 0.5, True, 3, False),
    ]


def test_irregular_parts_are_not_preferred(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 9))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
    plugin, files = series(datasets)
    assert [offer[2] for offer in offers(plugin, files)] == [False, True, False]


def test_two_tags_that_divide_leave_the_whole(series):
    datasets = stack(heights(0, 3, 6, 0, 3, 6))
    for index, dataset in enumerate(datasets):
        dataset.AcquisitionNumber = 1 + index // 3
        dataset.ImageType = ["ORIGINAL", "PRIMARY", "AB"[index // 3]]
    plugin, files = series(datasets)
    names = [(name, selected) for name, _, selected, _, _ in offers(plugin, files)]
    assert names == [
        ("7: Axial", True),
        ("7: Axial - acquisitionNumber 1", False),
        ("7: Axial - acquisitionNumber 2", False),
        ("7: Axial - imageType ORIGINAL-PRIMARY-A", False),
        ("7: Axial - imageType ORIGINAL-PRIMARY-B", False),
    ]


def test_localizer_is_left_out(series):
    localizer = image(
        (50, 0, 40), ImageOrientationPatient=list(SAGITTAL), ImageType=["DERIVED"], InstanceNumber=9
    )
    plugin, files = series([localizer, *stack(heights(0, 3, 6))])
    result = plugin.examineFiles(files)
    chosen = [loadable for loadable in result if loadable.selected]
    assert [loadable.name for loadable in chosen] == [
        "7: Axial - imageType ORIGINAL-PRIMARY-AXIAL",
        "7: Axial - imageOrientationPatient 2",
    ]
    assert all(loadable.files == files[1:] for loadable in chosen)
    assert result[0].confidence == 0.45


def test_parts_by_orientation_are_numbered(series):
    datasets = stack(heights(0, 3, 9))
    datasets[1].ImageOrientationPatient = list(SAGITTAL)
    datasets[2].ImageOrientationPatient = [1, 0, 0, 0, 1, 1e-7]
    plugin, files = series(datasets)
    names = [loadable.name for loadable in plugin.examineFiles(files)]
    assert names == [
        "7: Axial",
        "7: Axial - imageOrientationPatient 1",
        "7: Axial - imageOrientationPatient 2",
    ]
    tooltip = plugin.examineFiles(files)[1].tooltip
    assert tooltip.startswith("2 files, grouped by imageOrientationPatient = 1")
    assert tooltip.endswith(f"First file: {files[0]}")


def test_time_divides_only_if_the_user_wants_it(series, settings):
    datasets = stack(heights(0, 3))
    datasets[0].ContentTime, datasets[1].ContentTime = "101500", "101501"
    plugin, files = series(datasets)
    assert len(plugin.examineFiles(files)) == 1
    settings.setValue(SETTING + "AllowLoadingByTime", 1)
    assert [loadable.name for loadable in plugin.examineFiles(files)[1:]] == [
        "7: Axial - contentTime 101500",
        "7: Axial - contentTime 101501",
    ]


def test_characters_of_names(series):
    plugin, files = series(stack(heights(0), SeriesDescription="A|B/C*"))
    assert plugin.examineFiles(files)[0].name == "7: A-B-C(star)"
    assert plugin.cleanNodeName("a\\b") == "a-b"


def test_files_without_pixels_are_dropped(series):
    datasets = stack(heights(0, 3, 6))
    del datasets[1].PixelData
    plugin, files = series(datasets)
    assert plugin.examineFiles(files)[0].files == [files[0], files[2]]


def test_no_pixels_at_all_is_said_and_unlikely(series):
    datasets = stack(heights(0, 3, 9))
    for dataset in datasets:
        del dataset.PixelData
    plugin, files = series(datasets)
    (loadable,) = plugin.examineFiles(files)
    assert loadable.confidence == 0.2
    assert "pixel data" in loadable.warning
    assert "spaced" in loadable.warning


def test_structure_set_is_none_of_ours(series):
    datasets = stack(heights(0, 3))
    datasets[1].SOPClassUID = RT_STRUCTURE_SET
    plugin, files = series(datasets)
    assert plugin.examineFiles(files) == []
    assert "Structure Set" in plugin.explainDecline(files)


def test_colour_is_noted(series):
    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
    plugin, files = series([image(PixelData=bytes(60), pixels=np.zeros((4, 5), np.uint8), **attributes)])
    assert plugin.examineFiles(files)[0].grayscale is False


def test_lists_are_sorted_by_series_number(series):
    datasets = [
        image(SeriesInstanceUID=f"1.2.3.{number}", SeriesNumber=number, SeriesDescription=name)
        for number, name in ((12, "b"), (3, "a"))
    ]
    plugin, files = series(datasets)
    assert [offer[0] for offer in offers(plugin, [files[0]], [], [files[1]])] == ["3: a", "12: b"]


def test_an_empty_answer_is_not_remembered(series):
    plugin, files = series(stack(heights(0)))
    plugin.cacheLoadables(files, [])
    assert len(plugin.examineForImport([files])) == 1
    assert plugin.examineForImport([files])[0] is plugin.getCachedLoadables(files)[0]


# -- loading


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
        ("1.2.840.10008.5.1.4.1.1.20", None, "Grey"),
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

    attributes = {"SamplesPerPixel": 3, "PhotometricInterpretation": "RGB", "PlanarConfiguration": 0}
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


# -- acquisition geometry


def world_corners(node):
    """Corners of the first and the last slice in the world, in the order of the modeling."""
    from DICOMLib.mrml.regularize import corners_of_volume, to_world

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


def test_regularization_off(series, settings):
    settings.setValue(SETTING + "AcquisitionGeometryRegularization", "none")
    plugin, files = series(stack(heights(0, 3, 9)))
    (loadable,) = plugin.examineFiles(files)
    assert "will be wrong" in loadable.warning
    assert plugin.load(loadable).GetParentTransformNode() is None


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


# -- settings panel


@pytest.mark.gui
def test_settings_panel(settings):
    import ctk
    import qt
    import slicer

    panel = ctk.ctkSettingsPanel()
    group = qt.QGroupBox(panel)
    slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"].settingsPanelEntry(panel, group)
    approach, regularization = group.findChildren(qt.QComboBox)
    approach.setCurrentIndex(2)
    regularization.setCurrentIndex(3)
    group.findChildren(qt.QCheckBox)[0].setChecked(True)
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    assert int(settings.value(SETTING + "ReaderApproach")) == 2
    assert plugin.acquisitionGeometryRegularization() == "hardenTransform"
    assert plugin.allowLoadingByTime()
