"""The box that chooses a node of the scene."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def box(scene, qtbot):
    import slicer

    box = slicer.qMRMLNodeComboBox()
    box.nodeTypes = ["vtkMRMLScalarVolumeNode", "vtkMRMLModelNode"]
    box.setMRMLScene(scene)
    yield box
    box.setMRMLScene(None)
    box.deleteLater()


def names(box):
    """Names of the nodes that are offered; the models that show slices in 3D views are no matter here."""
    return [node.GetName() for node in box.nodes() if "Volume Slice" not in node.GetName()]


def test_nodes_of_the_classes_are_offered_as_they_come_and_go(box, scene):
    heard = []
    box.currentNodeChanged.connect(heard.append)
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "CT")
    label = scene.AddNewNodeByClass("vtkMRMLLabelMapVolumeNode", "Label")  # a derived class
    scene.AddNewNodeByClass("vtkMRMLTextNode", "Text")
    assert names(box) == ["CT", "Label"]
    assert box.currentNode() is volume  # the first one, for none is not allowed
    box.showChildNodeTypes = False
    assert names(box) == ["CT"]
    scene.RemoveNode(volume)
    assert box.currentNode() is None
    assert heard == [volume, None]
    assert label.GetName() == "Label"


def test_none(box, scene):
    box.noneEnabled = True
    node = scene.AddNewNodeByClass("vtkMRMLModelNode")
    assert box.currentNode() is None
    box.currentNodeID = node.GetID()
    assert box.currentNode() is node
    box.setCurrentNode(None)
    assert box.currentNodeID == ""


def test_attributes_and_hidden_nodes(box, scene):
    first, second = (scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name) for name in ("a", "b"))
    second.SetAttribute("Kind", "1")
    box.addAttribute("vtkMRMLScalarVolumeNode", "Kind", 1)
    assert names(box) == ["b"]
    box.removeAttribute("vtkMRMLScalarVolumeNode", "Kind")
    first.SetHideFromEditors(True)
    box.refresh()
    assert names(box) == ["b"]
    box.showHidden = True
    assert names(box) == ["a", "b"]


def test_add_and_remove_by_the_user(box, scene):
    added = []
    box.nodeAddedByUser.connect(added.append)
    box.baseName = "Result"
    inner = box._box
    inner.activated.emit(inner.findText("Create new Volume"))
    assert [node.GetName() for node in added] == ["Result"]
    assert box.currentNode() is added[0]
    inner.activated.emit(inner.findText("Delete current"))
    assert box.nodeCount() == 0


def test_a_new_name_is_shown(box, scene):
    node = scene.AddNewNodeByClass("vtkMRMLModelNode", "old")
    node.SetName("new")
    assert box._box.currentText() == "new"


def test_one_reading_after_a_batch(box, scene, monkeypatch):
    readings = []
    refresh = box.refresh
    scene.StartState(scene.BatchProcessState)
    for _number in range(3):
        scene.AddNewNodeByClass("vtkMRMLModelNode")
    monkeypatch.setattr(box, "_choose", readings.append)
    scene.EndState(scene.BatchProcessState)
    assert len(readings) == 1
    assert refresh is not None
    assert box.nodeCount() == 3


def test_segment_selector(scene, qtbot):
    import slicer

    selector = slicer.qMRMLSegmentSelectorWidget()
    selector.setMRMLScene(scene)
    segmentation = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    selector.setCurrentNode(segmentation)
    heard = []
    selector.currentSegmentChanged.connect(heard.append)
    first = segmentation.GetSegmentation().AddEmptySegment("liver")
    second = segmentation.GetSegmentation().AddEmptySegment("kidney")
    assert selector.currentSegmentID() == first
    selector.setCurrentSegmentID(second)
    segmentation.GetSegmentation().RemoveSegment(second)
    assert heard == [first, second, first]
    selector.setMRMLScene(None)
    selector.deleteLater()


def test_nodes_are_checked(scene, qtbot):
    import slicer

    first, second = (scene.AddNewNodeByClass("vtkMRMLModelNode", name) for name in ("One", "Two"))
    box = slicer.qMRMLCheckableNodeComboBox()
    qtbot.addWidget(box)
    box.nodeTypes = ["vtkMRMLModelNode"]
    box.setMRMLScene(scene)
    assert (box.noneChecked(), box.nodeCount()) == (True, 2)
    with qtbot.waitSignal(box.checkedNodesChanged):
        box.setCheckState(second, 2)
    assert (box.checkedNodes(), box.uncheckedNodes()) == ([second], [first])
    assert (box.checkState(second), box.checkState(first)) == (2, 0)
    assert box._box.currentText() == "Two"
    box.checkAll()
    assert box.allChecked()
    assert box._box.currentText() == "One, Two"
    third = scene.AddNewNodeByClass("vtkMRMLModelNode", "Three")
    assert box.checkedNodes() == [first, second]  # a new node is offered, the others stay checked
    with qtbot.waitSignal(box.checkedNodesChanged):
        scene.RemoveNode(first)
    assert (box.checkedNodes(), box.uncheckedNodes()) == ([second], [third])
    box._box.showPopup()
    box._on_pressed(box._box.model().index(1, 0))  # as a click on the second line
    assert box.checkedNodes() == [second, third]
    box.uncheckAll()
    assert (box.noneChecked(), box._box.currentText()) == (True, "None")
