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


def attributes(item):
    """What the scene knows of the series of an item."""
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    names = ("Modality", "SeriesDescription", "SeriesNumber", "Manufacturer")
    return {name: tree.GetItemAttribute(item, f"DICOM.{name}") for name in names}


def test_what_the_item_says_goes_over_the_defaults_of_the_plugin(editor, exportable):
    item, tree = exportable.subjectHierarchyItemID, slicer.mrmlScene.GetSubjectHierarchyNode()
    tree.SetItemAttribute(item, "DICOM.SeriesNumber", "12")
    tree.SetItemAttribute(item, "DICOM.SeriesDescription", "Kept")
    tree.SetItemAttribute(item, "DICOM.BodyPart", "not among the tags of the plugin")
    editor.setExportables([exportable])
    assert (row(editor, "SeriesNumber").text(1), row(editor, "SeriesDescription").text(1)) == ("12", "Kept")
    (shown,) = editor.exportables()
    assert (shown.tag("SeriesNumber"), shown.tag("Modality"), shown.tag("BodyPart")) == ("12", "CT", "")


def test_only_what_was_edited_is_kept(editor, exportable):
    editor.setExportables([exportable])
    row(editor, "SeriesNumber").setText(1, "12")
    editor.commitChangesToItems()
    assert attributes(exportable.subjectHierarchyItemID) == {
        "Modality": "",
        "SeriesDescription": "",
        "SeriesNumber": "12",
        "Manufacturer": "",
    }


def test_a_series_of_another_kind_says_nothing_of_the_item(editor, exportable):
    """A segmentation that is made of a CT: the CT remains one, and keeps its name and number."""
    item, tree = exportable.subjectHierarchyItemID, slicer.mrmlScene.GetSubjectHierarchyNode()
    known = {"Modality": "CT", "SeriesDescription": "Thorax", "SeriesNumber": "4", "Manufacturer": "ACME"}
    for name, value in known.items():
        tree.SetItemAttribute(item, f"DICOM.{name}", value)
    exportable.setTags({"Modality": "SEG", "SeriesDescription": "Lungs", "SeriesNumber": "100"})
    editor.setExportables([exportable])
    assert row(editor, "SeriesDescription").text(1) == "Lungs"
    row(editor, "SeriesDescription").setText(1, "Both lungs")
    row(editor, "PatientName").setText(1, "Any^Body")
    editor.commitChangesToItems()
    assert attributes(item) == known
    patient = tree.GetItemParent(tree.GetItemParent(item))
    assert tree.GetItemAttribute(patient, "DICOM.PatientName") == "Any^Body"
    (edited,) = editor.exportables()
    assert edited.tag("SeriesDescription") == "Both lungs"
