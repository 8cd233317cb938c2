"""Cine loops in the tree of loaded data: one row each, deleted as a whole."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from Testing.DICOMModule.driving import shown_names

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def loop(dicom, scene, tmp_path):
    """A loaded cine loop: the volume that plays it, and its sequence."""
    import slicer
    from pydicom.uid import XRayAngiographicImageStorage

    from DICOMLib import DICOMUtils
    from Testing.image_series import image, write

    frames = np.arange(60, dtype=np.uint8).reshape(3, 4, 5)
    loop = image(pixels=frames, NumberOfFrames=3, Modality="XA", SOPClassUID=XRayAngiographicImageStorage)
    write([loop], tmp_path / "loop")
    assert DICOMUtils.importDicom(tmp_path / "loop")
    DICOMUtils.loadSeriesByUID([loop.SeriesInstanceUID])
    (proxy,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    (sequence,) = slicer.util.getNodesByClass("vtkMRMLSequenceNode")
    return proxy, sequence


def test_a_cine_loop_is_one_row(tree, hierarchy, loop):
    """The sequence has no row beside that of the volume which shows it, unless there is none."""
    import slicer

    proxy, sequence = loop
    assert hierarchy.GetItemByDataNode(sequence)  # scripts find it there
    tree.refresh()
    assert shown_names(tree)[2:] == [proxy.GetName()]
    slicer.mrmlScene.RemoveNode(proxy)
    tree.refresh()
    assert shown_names(tree)[2:] == [sequence.GetName()]


@pytest.mark.parametrize("level", [0, 1, 2], ids=["patient", "study", "loop"])
def test_a_cine_loop_is_deleted_as_a_whole(qtbot, tree, hierarchy, loop, level):
    import slicer

    kept = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", "Of another browser")
    browser = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode")
    browser.AddSynchronizedSequenceNode(kept)
    item = hierarchy.GetItemByDataNode(loop[0])
    for _step in range(2 - level):
        item = hierarchy.GetItemParent(item)
    tree.refresh()
    tree.setCurrentItem(item)
    qtbot.keyClick(tree, Qt.Key_Delete)
    tree.refresh()
    assert slicer.util.getNodesByClass("vtkMRMLSequenceNode") == [kept]
    assert slicer.util.getNodesByClass("vtkMRMLSequenceBrowserNode") == [browser]
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []
    assert shown_names(tree)[level:] == ["Of another browser"]


def test_one_of_two_loops_of_a_browser_is_deleted(tree, hierarchy, scene):
    import slicer

    browser = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceBrowserNode")
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    sequences = [slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSequenceNode", name) for name in "AB"]
    for sequence in sequences:
        sequence.SetDataNodeAtValue(volume, "0")
        browser.AddSynchronizedSequenceNode(sequence)
    slicer.mrmlScene.RemoveNode(volume)
    slicer.modules.sequences.logic().UpdateProxyNodesFromSequences(browser)
    tree.refresh()
    tree.setCurrentItem(hierarchy.GetItemByDataNode(browser.GetProxyNode(sequences[0])))
    tree.deleteSelectedItems()
    assert slicer.util.getNodesByClass("vtkMRMLSequenceNode") == [sequences[1]]
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == [browser.GetProxyNode(sequences[1])]
