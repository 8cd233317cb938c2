"""The editor of tags as panels of scripts use it."""

from __future__ import annotations

import numpy as np
import pytest

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def exportable(host, scene):
    """A volume of a study, and how it is exported."""
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="Made")
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    patient = tree.CreateSubjectItem(tree.GetSceneItemID(), "Somebody")
    tree.SetItemAttribute(patient, "DICOM.PatientName", "Some^Body")
    tree.SetItemParent(tree.GetItemByDataNode(volume), tree.CreateStudyItem(patient, "Visit"))
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    (made,) = plugin.examineForExport(tree.GetItemByDataNode(volume))
    return made


@pytest.fixture
def editor(qtbot, host, scene):
    widget = slicer.qSlicerDICOMTagEditorWidget()
    qtbot.addWidget(widget)
    widget.setMRMLScene(scene)
    return widget


def row(editor, tag):
    sections = [editor.topLevelItem(number) for number in range(editor.topLevelItemCount())]
    rows = [section.child(place) for section in sections for place in range(section.childCount())]
    return next(one for one in rows if one.text(0) == tag)


def test_tags_are_edited_and_kept(qtbot, editor, exportable):
    assert editor.setExportables([exportable]) == ""
    assert row(editor, "PatientName").text(1) == "Some^Body"
    with qtbot.waitSignal(editor.tagEdited):
        row(editor, "SeriesDescription").setText(1, "Edited")
    with qtbot.waitSignal(editor.tagEdited):
        row(editor, "PatientName").setText(1, "Any^Body")
    (edited,) = editor.exportables()
    assert (edited.tag("SeriesDescription"), edited.tag("PatientName")) == ("Edited", "Any^Body")
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    patient = tree.GetItemParent(tree.GetItemParent(edited.subjectHierarchyItemID))
    assert tree.GetItemAttribute(patient, "DICOM.PatientName") == "Some^Body"
    editor.commitChangesToItems()
    assert tree.GetItemAttribute(patient, "DICOM.PatientName") == "Any^Body"
    assert tree.GetItemAttribute(edited.subjectHierarchyItemID, "DICOM.SeriesDescription") == "Edited"
    editor.setMRMLScene(slicer.mrmlScene)
    assert (editor.exportables(), editor.topLevelItemCount()) == ([], 0)


def test_what_has_no_study_is_told(editor, exportable):
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    tree.SetItemParent(exportable.subjectHierarchyItemID, tree.GetSceneItemID())
    told = editor.setExportables([exportable])
    assert "study" in told.lower()
    assert editor.setExportables([]) == ""
