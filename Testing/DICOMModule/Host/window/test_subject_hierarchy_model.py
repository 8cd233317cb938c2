"""What the tree of loaded data shows of a scene that goes while the tree stays."""

from __future__ import annotations

import pytest

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


def test_a_hierarchy_that_left_its_scene_is_shown_empty_until_it_is_back(host, qtbot, scene):
    """A tree may be read again after its scene was closed for good, for example that of a closed dialog."""
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(scene)
    hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Anna")
    tree = slicer.qMRMLSubjectHierarchyTreeView()
    qtbot.addWidget(tree)
    tree.setMRMLScene(scene)
    assert tree._model.item(0).text() == "Anna"

    scene.RemoveNode(hierarchy)
    assert hierarchy.GetScene() is None
    try:
        tree.refresh()
        assert tree._model.rowCount() == 0
        assert not tree._model.updating
    finally:
        scene.AddNode(hierarchy)

    hierarchy.CreateSubjectItem(hierarchy.GetSceneItemID(), "Bert")
    tree.refresh()
    assert "Bert" in [tree._model.item(row).text() for row in range(tree._model.rowCount())]
    tree.setMRMLScene(None)
