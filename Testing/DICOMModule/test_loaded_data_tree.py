"""The tree of loaded data: what its context menu does to the scene."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QGuiApplication
from qtpy.QtWidgets import QApplication, QLineEdit, QTreeView

from Testing.DICOMModule.driving import click_menu, shown_names

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SERIES = "1.2.1.1"


@pytest.fixture
def volume(qtbot, dicom, dicom_folder):
    """A loaded series of Anna."""
    import slicer

    dicom.browser.dicomBrowser.importDirectory(str(dicom_folder))
    dicom.browser.dicomBrowser.waitForImportFinished()
    from DICOMLib import DICOMUtils

    (node_id,) = DICOMUtils.loadSeriesByUID([SERIES])
    return slicer.mrmlScene.GetNodeByID(node_id)


def choose(qtbot, tree, item, *path):
    """Right-click an item (0: below all of them) and choose an entry of the menu by its texts."""
    tree.refresh()
    if item:
        tree.setCurrentItem(item)
        at = QTreeView.visualRect(tree, QTreeView.currentIndex(tree)).center()
    else:
        at = QPoint(20, QTreeView.viewport(tree).height() - 3)
    QTreeView.customContextMenuRequested.__get__(tree).emit(at)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    click_menu(qtbot, menu, *path)
    while QApplication.activePopupWidget() is not None:
        QApplication.activePopupWidget().close()


def test_a_subject_and_its_study_are_made(qtbot, tree, hierarchy):
    choose(qtbot, tree, 0, "Create new subject")
    patient = hierarchy.GetItemByName("NewSubject") or hierarchy.GetItemByName("NewSubject_1")
    assert hierarchy.GetItemLevel(patient) == "Patient"
    choose(qtbot, tree, patient, "Create child study")
    study = hierarchy.GetItemByName("NewStudy") or hierarchy.GetItemByName("NewStudy_1")
    assert hierarchy.GetItemLevel(study) == "Study"
    assert hierarchy.GetItemParent(study) == patient


def test_folders_become_subject_and_study_and_are_nested(qtbot, tree, hierarchy):
    outer = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Outer")
    inner = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Inner")
    choose(qtbot, tree, outer, "Convert folder to subject")
    choose(qtbot, tree, inner, "Convert folder to study")
    assert [hierarchy.GetItemLevel(item) for item in (outer, inner)] == ["Patient", "Study"]
    choose(qtbot, tree, inner, "Move to", "Outer")
    assert hierarchy.GetItemParent(inner) == outer
    choose(qtbot, tree, inner, "Move to", "Top of the scene")
    assert hierarchy.GetItemParent(inner) == hierarchy.GetSceneItemID()


def test_the_plugin_of_dicom_knows_its_items(tree, hierarchy, scene):
    import slicer

    plugin = slicer.qSlicerSubjectHierarchyPluginHandler.instance().pluginByName("DICOM")
    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Adams, Anna")
    study = hierarchy.CreateStudyItem(patient, "Head")
    folder = hierarchy.CreateFolderItem(study, "Others")
    tree.refresh()
    told = []
    for item in (patient, study, folder):
        tree.setCurrentItem(item)
        index = QTreeView.currentIndex(tree)
        told.append(
            (plugin.roleForPlugin(), index.data(Qt.ToolTipRole), plugin.canOwnSubjectHierarchyItem(item))
        )
        same = QTreeView.model(tree).data(index, Qt.DecorationRole).pixmap(32, 32).toImage()
        assert (plugin.icon(item).pixmap(32, 32).toImage() == same) is (item != folder)
    assert told == [
        ("Subject", "Subject: Adams, Anna", 0.9),
        ("Study", "Study: Head", 0.9),
        ("", "Others", 0.0),
    ]
    assert plugin.canAddNodeToSubjectHierarchy(None) == 0


def test_actions_of_dicom_stand_in_their_order(tree, hierarchy, scene):
    import slicer

    patient = hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Adams, Anna")
    study = hierarchy.CreateStudyItem(patient, "Head")
    folder = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Others")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Volume")
    of_dicom = (
        "Create new subject",
        "Create child study",
        "Convert folder to subject",
        "Convert folder to study",
        "Export to DICOM…",
    )
    shown = {}
    for item in (0, patient, study, folder, hierarchy.GetItemByDataNode(node)):
        menu = tree.contextMenu(item)
        shown[item] = [one.text() for one in menu.actions() if one.text() in of_dicom]
        menu.close()
    assert list(shown.values()) == [
        ["Create new subject"],
        ["Create child study"],
        ["Export to DICOM…"],
        ["Convert folder to subject", "Convert folder to study"],
        ["Export to DICOM…"],
    ]


def test_transforms_are_applied_taken_off_and_hardened(qtbot, tree, hierarchy, scene):
    import slicer
    import vtk

    points = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "Points")
    points.AddControlPoint(1, 2, 3)
    shift = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLLinearTransformNode", "Shift")
    matrix = vtk.vtkMatrix4x4()
    matrix.SetElement(0, 3, 10)
    shift.SetMatrixTransformToParent(matrix)
    item = hierarchy.GetItemByDataNode(points)
    choose(qtbot, tree, item, "Transform", "Shift")
    assert points.GetParentTransformNode() is shift
    choose(qtbot, tree, item, "Transform", "None")
    assert points.GetParentTransformNode() is None
    choose(qtbot, tree, item, "Transform", "Shift")
    choose(qtbot, tree, item, "Transform", "Harden transform")
    assert points.GetParentTransformNode() is None
    assert list(points.GetNthControlPointPosition(0)) == [11, 2, 3]


def test_metadata_of_a_loaded_series(qtbot, tree, hierarchy, volume):
    choose(qtbot, tree, hierarchy.GetItemByDataNode(volume), "View DICOM metadata")
    (dialog,) = [
        one
        for one in QApplication.topLevelWidgets()
        if type(one).__name__ == "ctkDICOMMetadataDialog" and one.isVisible()
    ]
    assert len(dialog.objectList.fileList) == 3
    assert "Adams^Anna" in dialog.objectList.metadataAsText()
    dialog.close()


def rename(qtbot, tree, item, name):
    """Rename an item by keyboard: F2, the name, Return."""
    tree.refresh()
    tree.setCurrentItem(item)
    qtbot.keyClick(tree, Qt.Key_F2)
    editor = QTreeView.findChild(tree, QLineEdit)
    qtbot.keyClick(editor, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(editor, name)
    qtbot.keyClick(editor, Qt.Key_Return)


@pytest.mark.parametrize("pause_ms", [0, 120], ids=["before the tree follows", "after the tree followed"])
def test_rename_and_delete_by_keyboard(qtbot, tree, hierarchy, volume, pause_ms):
    import slicer

    item = hierarchy.GetItemByDataNode(volume)
    rename(qtbot, tree, item, "Skull")
    qtbot.waitUntil(lambda: volume.GetName() == "Skull")
    if pause_ms:
        qtbot.wait(pause_ms)
    assert tree.currentItems() == [item]
    qtbot.keyClick(tree, Qt.Key_Delete)
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []
    qtbot.waitUntil(lambda: "Skull" not in shown_names(tree))


def test_data_of_a_new_scene_is_shown_and_deleted(qtbot, tree, hierarchy, scene):
    import slicer

    for _again in range(2):
        slicer.mrmlScene.Clear()
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Later")
        qtbot.waitUntil(lambda: shown_names(tree) == ["Later"])
        tree.setCurrentItem(hierarchy.GetItemByDataNode(node))
        qtbot.keyClick(tree, Qt.Key_Delete)
        assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []
        qtbot.waitUntil(lambda: shown_names(tree) == [])


def test_what_is_edited_chosen_and_closed_stays_so_while_data_arrive(qtbot, tree, hierarchy, scene):
    import slicer

    folder = hierarchy.CreateFolderItem(hierarchy.GetSceneItemID(), "Folder")
    nodes = [slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in "ABC"]
    items = [hierarchy.GetItemByDataNode(node) for node in nodes]
    hierarchy.SetItemParent(items[0], folder)
    tree.refresh()
    QTreeView.collapse(tree, tree._index_of(folder))
    tree.setCurrentItem(items[1])
    tree._choose_too([items[2]])
    qtbot.keyClick(tree, Qt.Key_F2)
    editor = QTreeView.findChild(tree, QLineEdit)
    qtbot.keyClick(editor, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(editor, "New ")
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Arrived")
    qtbot.waitUntil(lambda: "Arrived" in shown_names(tree))
    qtbot.keyClicks(editor, "name")
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: nodes[1].GetName() == "New name")
    assert sorted(tree.currentItems()) == items[1:]
    assert not QTreeView.isExpanded(tree, tree._index_of(folder))


KINDS = {
    "vtkMRMLScalarVolumeNode": "Volume",
    "vtkMRMLVectorVolumeNode": "Volume",
    "vtkMRMLSegmentationNode": "Segmentation",
    "vtkMRMLMarkupsFiducialNode": "Markups",
    "vtkMRMLModelNode": "Model",
    "vtkMRMLTableNode": "Table",
    "vtkMRMLLinearTransformNode": "Transform",
    "vtkMRMLTextNode": "Text",
    "vtkMRMLSequenceNode": "Sequence",
}


def test_each_kind_of_data_has_its_icon(qtbot, tree, hierarchy, scene):
    import slicer

    from DICOMLib.widgets.icons import icon
    from DICOMModule.Host.window.subject_hierarchy_model import ICON_ROLE

    nodes = {kind: slicer.mrmlScene.AddNewNodeByClass(kind, kind) for kind in KINDS}
    tree.refresh()
    found = {
        kind: tree._index_of(hierarchy.GetItemByDataNode(node)).data(ICON_ROLE)
        for kind, node in nodes.items()
    }
    assert found == KINDS
    assert not any(icon(name).isNull() for name in KINDS.values())


# Dragging


def middle_of(tree, item):
    """Where an item is on the screen."""
    rect = QTreeView.visualRect(tree, tree._index_of(item))
    return QTreeView.viewport(tree).mapToGlobal(rect.center())


def drag(qtbot, start, end):
    """Drag with the mouse of the window system."""
    steps = [start + (end - start) * part / 4 for part in range(1, 5)]
    moves = [f"mousemove {point.x()} {point.y()} sleep 0.1" for point in (start, *steps, end)]
    command = " ".join(["xdotool", moves[0], "mousedown 1", *moves[1:], "mouseup 1"])
    process = subprocess.Popen(command.split())
    qtbot.waitUntil(lambda: process.poll() is not None)
    assert process.returncode == 0


@pytest.fixture
def dragging():
    if QGuiApplication.platformName() != "xcb" or shutil.which("xdotool") is None:
        pytest.skip("the mouse of the window system is driven under X11, by xdotool")


@pytest.mark.usefixtures("dragging")
def test_items_are_nested_by_mouse_and_brought_back(qtbot, tree, hierarchy, scene):
    import slicer

    top = hierarchy.GetSceneItemID()
    patient, study = hierarchy.CreateSubjectItem(top, "Anna"), hierarchy.CreateStudyItem(top, "Head")
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "Bone")
    volume = hierarchy.GetItemByDataNode(node)
    tree.refresh()
    drag(qtbot, middle_of(tree, volume), middle_of(tree, study))
    qtbot.waitUntil(lambda: hierarchy.GetItemParent(volume) == study)
    qtbot.waitUntil(lambda: shown_names(tree) == ["Anna", "Head", "Bone"])
    drag(qtbot, middle_of(tree, study), middle_of(tree, patient))
    qtbot.waitUntil(lambda: hierarchy.GetItemParent(study) == patient)
    qtbot.wait(100)
    assert tree.currentItems() == [study]
    assert middle_of(tree, volume).x() > middle_of(tree, study).x() > 0
    below_all = QTreeView.viewport(tree).mapToGlobal(QPoint(30, QTreeView.viewport(tree).height() - 5))
    drag(qtbot, middle_of(tree, volume), below_all)
    qtbot.waitUntil(lambda: hierarchy.GetItemParent(volume) == top)


@pytest.mark.usefixtures("dragging")
def test_a_patient_is_not_dropped_into_its_own_study(qtbot, tree, hierarchy, scene):
    top = hierarchy.GetSceneItemID()
    patient = hierarchy.CreateSubjectItem(top, "Anna")
    study = hierarchy.CreateStudyItem(patient, "Head")
    tree.refresh()
    drag(qtbot, middle_of(tree, patient), middle_of(tree, study))
    assert hierarchy.GetItemParent(patient) == top
    qtbot.wait(100)
    assert shown_names(tree) == ["Anna", "Head"]
