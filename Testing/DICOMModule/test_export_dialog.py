"""Export of loaded data through the window: type, tags, target; what is written is read back."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest
from pydicom import config
from pydicom.dataelem import DataElement
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QAbstractItemView, QLineEdit

from Testing.DICOMModule.conftest import SHADES_SERIES, shades
from Testing.DICOMModule.driving import click, double_click_row, drop, type_into

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


LONG_ID = "STUDY_OF_18_LETTER"  # longer than VR SH allows, as in images of the IBSI


@pytest.fixture
def long_study_id(dicom_folder):
    """A Study ID in all files that is too long."""
    for path in dicom_folder.glob("*.dcm"):
        dataset = pydicom.dcmread(path)
        dataset.add(DataElement("StudyID", "SH", LONG_ID, validation_mode=config.IGNORE))
        dataset.save_as(path)


@pytest.fixture
def dialog(qtbot, dicom, dicom_folder):
    """The export dialog for a volume that was loaded from the database."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    with qtbot.waitSignal(dicom.browser.loadingFinished):
        double_click_row(qtbot, dicom.tables.seriesTable(), SHADES_SERIES)
    dialog = dicom.panel.ui.subjectHierarchyTree.exportCurrentItem()
    qtbot.waitExposed(dialog)
    qtbot.waitUntil(lambda: dialog.types.count() > 0 and not dialog._stepper.busy)
    yield dialog
    dialog.reject()


def rows(editor):
    """(section, tag) → its row."""
    found = {}
    for number in range(editor.topLevelItemCount()):
        section = editor.topLevelItem(number)
        for place in range(section.childCount()):
            found[section.text(0), section.child(place).text(0)] = section.child(place)
    return found


def edit(qtbot, dialog, section, tag, text):
    """Click a value, type another one, press Enter."""
    row = rows(dialog.editor)[section, tag]
    dialog.editor.scrollToItem(row)
    at = dialog.editor.visualItemRect(row)
    at.setLeft(dialog.editor.columnViewportPosition(1))
    qtbot.mouseClick(dialog.editor.viewport(), Qt.LeftButton, pos=at.center())
    boxes = dialog.editor.viewport().findChildren(QLineEdit)
    (box,) = (box for box in boxes if box.isVisible())
    qtbot.keyClick(box, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(box, text)
    qtbot.keyClick(box, Qt.Key_Return)
    qtbot.waitUntil(lambda: row.text(1) == text)
    qtbot.waitUntil(lambda: dialog.editor.state() != QAbstractItemView.EditingState)


def test_the_volume_is_offered_with_the_tags_of_its_patient_and_study(dialog):
    assert "DICOMScalarVolumePlugin" in dialog.types.item(0).text()
    values = {key: row.text(1) for key, row in rows(dialog.editor).items()}
    assert values["Patient", "PatientName"] == "Shade^Sam"
    assert values["Study", "StudyDescription"] == "Shades"
    assert values["Series “7: Blocks”", "SeriesDescription"]


def test_edited_tags_and_the_same_voxels_are_in_the_folder(qtbot, dialog, tmp_path):
    edit(qtbot, dialog, "Series “7: Blocks”", "SeriesDescription", "Edited blocks")
    edit(qtbot, dialog, "Patient", "PatientID", "S2")
    dialog.folderButton.click()
    assert not dialog.exportButton.isEnabled() or dialog.folderEdit.text()
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
    files = sorted((tmp_path / "out").rglob("*.dcm"))
    datasets = sorted((pydicom.dcmread(path) for path in files), key=lambda one: one.ImagePositionPatient[2])
    assert len(datasets) == len(shades())
    assert {one.SeriesDescription for one in datasets} == {"Edited blocks"}
    assert {one.PatientID for one in datasets} == {"S2"}
    voxels = np.stack([one.pixel_array * one.RescaleSlope + one.RescaleIntercept for one in datasets])
    assert np.array_equal(voxels, shades())
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = dialog.tree.currentItem()
    patient = hierarchy.GetItemParent(hierarchy.GetItemParent(item))
    assert hierarchy.GetItemAttribute(patient, "DICOM.PatientID") == "S2"


def test_export_into_the_database_adds_a_series(qtbot, dialog, dicom):
    before = set(dicom.database.seriesForStudy("1.2.9"))
    dialog.databaseButton.click()
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
    assert dialog.report.succeeded, dialog.report.as_text()
    (new,) = set(dicom.database.seriesForStudy("1.2.9")) - before
    assert len(dicom.database.filesForSeries(new)) == len(shades())


def test_an_export_into_the_database_keeps_searches_and_selection(qtbot, dialog, dicom):
    patients, _studies, series = dicom.tables.tables()
    patients.setFilterText("shade")
    patients.selectFirst()
    series.setFilterText("block")
    dicom.tables.setCurrentSeriesSelection([SHADES_SERIES])
    shown = patients.currentSelection, dicom.tables.currentStudiesSelection()
    assert all(shown)
    click(qtbot, dialog.databaseButton)
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
    assert dialog.report.succeeded, dialog.report.as_text()
    assert dicom.database.seriesCount() == 6
    dicom.browser.dicomBrowser._events.flush()
    qtbot.waitUntil(lambda: not dicom.browser.dicomBrowser._events._on_the_way)
    assert (patients.searchBox.text(), series.searchBox.text()) == ("shade", "block")
    assert (patients.currentSelection, dicom.tables.currentStudiesSelection()) == shown
    assert dicom.tables.currentSeriesSelection() == [SHADES_SERIES]


def test_values_of_the_source_that_are_too_long_warn_nobody(qtbot, long_study_id, dialog, tmp_path):
    """Warnings are errors here, in the comparison as in the export; what is written is valid."""
    dialog.tabs.tabBar().setCurrentIndex(1)
    assert dialog.changes.topLevelItemCount() > 0
    click(qtbot, dialog.folderButton)
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
    assert dialog.report.succeeded, dialog.report.as_text()
    assert {pydicom.dcmread(path).StudyID for path in dialog.report.files} == {LONG_ID[:16]}


def test_a_folder_that_cannot_be_made_is_told_and_not_remembered(qtbot, dialog, tmp_path):
    """A file is in the way."""
    (tmp_path / "file").write_text("no folder")
    wrong, right = str(tmp_path / "file" / "out"), str(tmp_path / "out")
    click(qtbot, dialog.folderButton)
    type_into(qtbot, dialog.folderEdit, right)
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
    type_into(qtbot, dialog.folderEdit, wrong)
    click(qtbot, dialog.exportButton)
    qtbot.waitUntil(lambda: dialog.message.text().startswith(f"The folder {wrong} cannot be made: "))
    assert "Errno" not in dialog.message.text()
    assert dialog.message.text().endswith("Choose another folder, in which you may write.")
    assert QSettings().value("DICOM/ExportFolder") == right
    assert dialog.exportButton.isEnabled()


def test_what_changes_against_the_source_is_shown(qtbot, dialog):
    edit(qtbot, dialog, "Study", "StudyDescription", "Other shades")
    dialog.tabs.tabBar().setCurrentIndex(1)
    section = dialog.changes.topLevelItem(0)
    shown = {section.child(i).text(1): section.child(i).text(3) for i in range(section.childCount())}
    assert shown["Study Description"] == "Other shades"


def test_what_a_surface_does_not_keep_of_its_study_is_shown(qtbot, dialog):
    """A model in the study of the images: what is typed goes over what they say of patient and study."""
    from Testing.DICOMPlugins.test_model_export import triangle

    item, tree = dialog.tree.currentItem(), slicer.mrmlScene.GetSubjectHierarchyNode()
    model = tree.GetItemByDataNode(triangle())
    tree.SetItemParent(model, tree.GetItemParent(item))
    dialog.tree.refresh()
    dialog.tree.setCurrentItem(model)
    qtbot.waitUntil(lambda: dialog.types.count() > 0 and "DICOMM3DPlugin" in dialog.types.item(0).text())
    edit(qtbot, dialog, "Study", "StudyDescription", "Printed")
    dialog.tabs.tabBar().setCurrentIndex(1)
    section = dialog.changes.topLevelItem(0)
    rows_shown = [section.child(i) for i in range(section.childCount())]
    assert [[row.text(column) for column in (1, 2, 3)] for row in rows_shown] == [
        ["Study Description", "Shades", "Printed"]
    ]


def test_notes_of_the_export_are_shown_before_it(qtbot, dialog):
    """A fraction that the scaling of the source cannot give back is rounded, which the plugin tells."""
    (node,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    voxels = slicer.util.arrayFromVolume(node).astype(np.float64)
    voxels[0, 0, 0] += 1 / 3
    slicer.util.updateVolumeFromArray(node, voxels)
    dialog.tabs.tabBar().setCurrentIndex(1)
    assert "rounded to steps" in dialog.changes.topLevelItem(0).text(0)
    assert dialog.changes.topLevelItem(1).childCount() > 0


def test_data_without_a_study_get_one_on_request(qtbot, dialog):
    node = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="Loose")
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    item = hierarchy.GetItemByDataNode(node)
    dialog.tree.refresh()
    dialog.tree.setCurrentItem(item)
    qtbot.waitUntil(lambda: dialog.studyButton.isVisible())
    assert "Loose" in dialog.message.text()
    click(qtbot, dialog.studyButton)
    qtbot.waitUntil(lambda: dialog.editor.topLevelItemCount() == 3)
    assert rows(dialog.editor)["Patient", "PatientName"].text(1) == "Anonymous"


def loose_model(name, *references):
    """A node without a study that refers to others."""
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode", name)
    for number, other in enumerate(references):
        node.SetNodeReferenceID(f"role{number}", other.GetID())
    return node


def test_what_is_referred_to_goes_into_the_new_study_too(qtbot, dialog):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    volume = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="Loose")
    item = hierarchy.GetItemByDataNode(loose_model("Surface", volume))
    dialog.tree.refresh()
    dialog.tree.setCurrentItem(item)
    qtbot.waitUntil(lambda: dialog.studyButton.isVisible())
    click(qtbot, dialog.studyButton)
    study = hierarchy.GetItemParent(item)
    assert hierarchy.GetItemLevel(study) == "Study"
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(volume)) == study
    patient = hierarchy.GetItemParent(study)
    identifier = hierarchy.GetItemAttribute(patient, "DICOM.PatientID")
    assert hierarchy.GetItemName(patient) == f"Anonymous ({identifier})"
    assert len(identifier) == 6
    assert set(identifier) <= set("ABCDEFGHIJKLMNOPQRSTUVWXY")
    today = hierarchy.GetItemAttribute(study, "DICOM.StudyDate")
    assert hierarchy.GetItemName(study) == f"No study description ({today})"
    assert hierarchy.GetItemAttribute(study, "DICOM.StudyInstanceUID").startswith("1.2.826")


def test_the_study_of_what_is_referred_to_is_taken(qtbot, dialog, caplog):
    hierarchy = slicer.vtkMRMLSubjectHierarchyNode.GetSubjectHierarchyNode(slicer.mrmlScene)
    (loaded,) = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
    study = hierarchy.GetItemParent(hierarchy.GetItemByDataNode(loaded))
    other = slicer.util.addVolumeFromArray(np.zeros((2, 3, 4), np.int16), name="Other")
    second = hierarchy.CreateStudyItem(hierarchy.GetItemParent(study), "Second")
    hierarchy.SetItemParent(hierarchy.GetItemByDataNode(other), second)
    item = hierarchy.GetItemByDataNode(loose_model("Surface", loaded, other))
    dialog.tree.refresh()
    dialog.tree.setCurrentItem(item)
    qtbot.waitUntil(lambda: dialog.studyButton.isVisible())
    click(qtbot, dialog.studyButton)
    assert hierarchy.GetItemParent(item) == study
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(other)) == second
    assert "refers to data of 2 studies" in caplog.text


def test_a_segmentation_without_images_says_so_before_it_is_exported(qtbot, dialog):
    item, tree = dialog.tree.currentItem(), slicer.mrmlScene.GetSubjectHierarchyNode()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Lonely")
    node.GetSegmentation().AddEmptySegment("one")
    segmentation = tree.GetItemByDataNode(node)
    tree.SetItemParent(segmentation, tree.GetItemParent(item))
    dialog.tree.refresh()
    dialog.tree.setCurrentItem(segmentation)
    qtbot.waitUntil(lambda: dialog.types.count() > 1 and not dialog._stepper.busy)
    offered = {dialog.types.item(row).text() for row in range(dialog.types.count())}
    assert "Segmentation (10%, 1 series) (DICOMSegmentationPlugin)" in offered
    assert "RT Structure Set (6%, 1 series) (DicomRtImportExportPlugin)" in offered
    for row in range(dialog.types.count()):
        if "Bundle" in dialog.types.item(row).text():
            continue
        dialog.types.setCurrentRow(row)
        assert dialog.message.text().startswith("'Lonely' has no reference volume. Choose the volume")
        dialog.tabs.setCurrentIndex(1)
        line = dialog.changes.topLevelItem(0)
        assert line.text(0) == dialog.message.text()
        label = dialog.changes.itemWidget(line, 0)
        qtbot.waitUntil(lambda label=label: label.height() >= label.heightForWidth(label.width()) > 0)


def test_an_export_that_is_cancelled_leaves_whole_files_only(qtbot, dialog, tmp_path, monkeypatch):
    monkeypatch.setattr("DICOMLib.widgets.progress.STEP_BUDGET_S", 0)  # one step at each turn
    dialog.folderButton.click()
    type_into(qtbot, dialog.folderEdit, str(tmp_path / "out"))
    with qtbot.waitSignal(dialog.exported, timeout=20_000):
        click(qtbot, dialog.exportButton)
        qtbot.waitUntil(lambda: any((tmp_path / "out").rglob("*")))
        click(qtbot, dialog.progress.cancelButton)
    assert dialog.report.cancelled
    assert "Export was cancelled." in dialog.message.text()
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert sorted(map(str, files)) == dialog.report.files
    assert len(files) < len(shades())
    assert all(len(pydicom.dcmread(path).PixelData) == shades()[0].nbytes for path in files)
    assert dialog.exportButton.isEnabled()
