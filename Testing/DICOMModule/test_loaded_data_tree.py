"""The tree of loaded data: what its context menu does to the scene."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QLineEdit, QTreeView

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SERIES = "1.2.1.1"


@pytest.fixture
def tree(qtbot, dicom):
    """The tree over an empty scene."""
    tree = dicom.panel.ui.subjectHierarchyTree
    qtbot.waitUntil(tree.isVisible)
    return tree


@pytest.fixture
def hierarchy(scene):
    import slicer

    return slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)


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
    for text in path:
        (action,) = [one for one in menu.actions() if one.text() == text]
        assert action.isEnabled()
        if action.menu() is not None:
            menu = action.menu()
    action.trigger()
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


def test_rename_in_place(qtbot, tree, hierarchy, volume):
    item = hierarchy.GetItemByDataNode(volume)
    choose(qtbot, tree, item, "Rename")
    editor = QTreeView.findChild(tree, QLineEdit)
    qtbot.keyClick(editor, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(editor, "Skull")
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: volume.GetName() == "Skull")
