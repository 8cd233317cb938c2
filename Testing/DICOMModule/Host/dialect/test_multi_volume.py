"""Nodes of multi-volumes as importers of extensions use them."""

from __future__ import annotations

import pytest
import vtk

pytestmark = pytest.mark.mrml


def test_facts_of_frames(host, scene):
    import slicer

    node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLMultiVolumeNode")
    node.UnRegister(None)
    assert (node.GetReferenceCount(), node.GetScene()) == (1, None)
    labels = vtk.vtkDoubleArray()
    for time in (0.0, 40.0):
        labels.InsertNextValue(time)
    node.SetLabelArray(labels)
    node.SetLabelName("TriggerTime")
    node.SetNumberOfFrames(2)
    node.SetAttribute("MultiVolume.FrameLabels", "0,40")
    slicer.mrmlScene.AddNode(node)
    found = slicer.util.getNode(node.GetID())
    assert (found.GetNumberOfFrames(), found.GetLabelName()) == (2, "TriggerTime")
    assert [found.GetLabelArray().GetValue(i) for i in range(2)] == [0, 40]
    assert found.IsA("vtkMRMLScalarVolumeNode")
    assert isinstance(found, slicer.vtkMRMLMultiVolumeNode)


def test_a_new_node_of_the_scene(host, scene):
    import slicer

    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMultiVolumeNode", "Frames")
    assert slicer.mrmlScene.GetFirstNodeByName("Frames") is node
    slicer.mrmlScene.RemoveNode(node)
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")  # all other classes are as before
    assert other.GetName() == "Model"
    made = slicer.mrmlScene.CreateNodeByClass("vtkMRMLModelNode")
    made.UnRegister(None)
    assert made.GetReferenceCount() == 1


def test_they_are_not_shown(host, scene):
    import slicer

    for make in (slicer.mrmlScene.CreateNodeByClass, slicer.mrmlScene.AddNewNodeByClass):
        with pytest.raises(NotImplementedError, match=r"vtkMRMLMultiVolumeDisplayNode .*as a sequence"):
            make("vtkMRMLMultiVolumeDisplayNode")
