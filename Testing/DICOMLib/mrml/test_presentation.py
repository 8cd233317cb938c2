"""What the views show after loading objects that refer to an image."""

from __future__ import annotations

import numpy as np
import pytest

pytestmark = pytest.mark.mrml


@pytest.fixture
def image(scene):
    import slicer

    node = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="CT")
    node.SetAttribute("DICOM.instanceUIDs", "1.1 1.2")
    return node


@pytest.fixture
def other(image):
    import slicer

    node = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="another")
    node.SetAttribute("DICOM.instanceUIDs", "2.1")
    slicer.app.applicationLogic().GetSelectionNode().SetReferenceActiveVolumeID(node.GetID())
    slicer.app.applicationLogic().PropagateVolumeSelection()
    return node


@pytest.fixture
def composite(scene):
    import slicer

    node = slicer.mrmlScene.GetSingletonNode("Red", "vtkMRMLSliceCompositeNode")
    if node is None:
        node = slicer.vtkMRMLSliceCompositeNode()
        node.SetSingletonTag("Red")
        node.SetLayoutName("Red")
        node = slicer.mrmlScene.AddNode(node)
    node.SetForegroundVolumeID(None)
    node.SetForegroundOpacity(0.0)
    return node


def show(*nodes):
    from DICOMLib.mrml.presentation import show_loaded

    show_loaded([node.GetID() for node in nodes])


def test_a_segmentation_is_shown_on_the_image_that_its_plugin_set(composite, image, other):
    import slicer

    segmentation = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    segmentation.SetReferenceImageGeometryParameterFromVolumeNode(image)
    show(other, segmentation)
    assert composite.GetBackgroundVolumeID() == image.GetID()
    assert not composite.GetForegroundVolumeID()


def refer(node, *uids):
    import slicer

    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node) or hierarchy.CreateItem(hierarchy.GetSceneItemID(), node)
    hierarchy.SetItemAttribute(item, "DICOM.ReferencedInstanceUIDs", " ".join(uids))


def test_structures_are_shown_on_the_image_whose_instances_they_name(composite, image, other):
    import slicer

    structures = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    refer(structures, "1.2", "9.9")
    show(structures)
    assert composite.GetBackgroundVolumeID() == image.GetID()


def test_a_dose_lies_half_transparent_over_its_image(composite, image, other):
    import slicer

    dose = slicer.util.addVolumeFromArray(np.ones((2, 3, 4), np.float32), name="dose")
    dose.SetAttribute("DicomRtImport.DoseVolume", "1")
    refer(dose, "1.1")
    show(dose)
    assert composite.GetBackgroundVolumeID() == image.GetID()
    assert composite.GetForegroundVolumeID() == dose.GetID()
    assert composite.GetForegroundOpacity() == 0.5


def test_without_an_object_that_refers_to_an_image_nothing_changes(composite, image, other):
    import slicer

    alone = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode")
    show(image, other, alone)
    assert composite.GetBackgroundVolumeID() == other.GetID()
