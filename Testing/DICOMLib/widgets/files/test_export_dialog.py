"""The export dialog: what is shown of the tags, and what is written of them."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from DICOMLib.plugins.base import DICOMPlugin

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

PATIENT = {"PatientName": "Doe^Jane", "PatientID": "P1", "PatientBirthDate": "19700203", "PatientSex": "F"}


@pytest.fixture
def item(host, scene, settings):
    """Item of a volume of a study."""
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="Made")
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    patient = tree.CreateSubjectItem(tree.GetSceneItemID(), "Doe")
    for name, value in PATIENT.items():
        tree.SetItemAttribute(patient, f"DICOM.{name}", value)
    study = tree.CreateStudyItem(patient, "Visit")
    tree.SetItemAttribute(study, "DICOM.StudyInstanceUID", "1.2.3.4")
    tree.SetItemParent(tree.GetItemByDataNode(volume), study)
    return tree.GetItemByDataNode(volume)


def edit(dialog, tag, value):
    editor = dialog.editor
    sections = [editor.topLevelItem(number) for number in range(editor.topLevelItemCount())]
    rows = [section.child(place) for section in sections for place in range(section.childCount())]
    next(one for one in rows if one.text(0) == tag).setText(1, value)


@pytest.mark.parametrize("keep", [True, False])
def test_a_tag_that_is_emptied_is_not_written(qtbot, item, tmp_path, keep):
    """Whether or not the scene shall keep what was edited."""
    from DICOMLib.widgets.files.export_dialog import qSlicerDICOMExportDialog

    dialog = qSlicerDICOMExportDialog()
    qtbot.addWidget(dialog)
    dialog.openFor(item)
    qtbot.waitUntil(lambda: dialog.editor.topLevelItemCount() > 0)
    dialog.saveTagsBox.setChecked(keep)
    edit(dialog, "PatientBirthDate", "")
    edit(dialog, "PatientName", "Roe^Jane")
    dialog.folderButton.setChecked(True)
    dialog.folderEdit.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported):
        dialog.start()
    assert dialog.report.failed == []
    image = pydicom.dcmread(dialog.report.files[0])
    assert (image.PatientName, image.PatientBirthDate, image.PatientSex) == ("Roe^Jane", "", "F")
    tree = slicer.mrmlScene.GetSubjectHierarchyNode()
    patient = tree.GetItemParent(tree.GetItemParent(item))
    expected = "" if keep else "19700203"
    assert tree.GetItemAttribute(patient, "DICOM.PatientBirthDate") == expected


class Broken(DICOMPlugin):
    """Fails while it is asked how it exports."""

    def examineForExport(self, subjectHierarchyItemID):
        raise RuntimeError("no licence")


class Careless(DICOMPlugin):
    """Offers an export, and fails at all that follows."""

    def examineForExport(self, subjectHierarchyItemID):
        exportable = slicer.qSlicerDICOMExportable()
        exportable.name, exportable.pluginClass, exportable.confidence = "Careless export", "Careless", 1.0
        exportable.subjectHierarchyItemID = subjectHierarchyItemID
        return [exportable]

    def previewExport(self, exportable):
        raise KeyError("preview")

    def export(self, exportables):
        raise KeyError("export")


def test_plugins_that_fail_are_named(qtbot, item, tmp_path, monkeypatch, caplog):
    """While they are asked, before the export and in it; the others are offered."""
    from DICOMLib.widgets.files.export_dialog import qSlicerDICOMExportDialog

    monkeypatch.setitem(slicer.modules.dicomPlugins, "Broken", Broken)
    monkeypatch.setitem(slicer.modules.dicomPlugins, "Careless", Careless)
    dialog = qSlicerDICOMExportDialog()
    qtbot.addWidget(dialog)
    dialog.openFor(item)
    qtbot.waitUntil(lambda: dialog.editor.topLevelItemCount() > 0)
    assert dialog.message.text() == "Plugin Broken failed (RuntimeError: no licence)."
    texts = [dialog.types.item(row).text() for row in range(dialog.types.count())]
    assert texts[0] == "Careless export (100%, 1 series) (Careless)"
    assert any("DICOMScalarVolumePlugin" in text for text in texts)
    dialog.tabs.setCurrentWidget(dialog.changes)
    assert dialog.changes.topLevelItem(0).text(0) == "The plugin Careless failed: KeyError: 'preview'"
    dialog.folderButton.setChecked(True)
    dialog.folderEdit.setText(str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported):
        dialog.start()
    assert dialog.report.failed == [("Made", "The plugin Careless failed: KeyError: 'export'")]
    assert "DICOM plugin Careless failed while it exported (KeyError)" in caplog.text
    dialog.types.setCurrentRow(1)
    assert dialog.changes.topLevelItem(0).text(0) != "The plugin Careless failed: KeyError: 'preview'"
