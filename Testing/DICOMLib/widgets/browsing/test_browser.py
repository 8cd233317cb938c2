"""The browser as its users meet it: import, look, select, remove, export, repair, databases."""

from __future__ import annotations

from pathlib import Path

import pydicom
import pytest
from qtpy.QtCore import QMimeData, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QLineEdit, QMessageBox

from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.indexing.report import ImportReport
from DICOMLib.widgets import ctkDICOMBrowser, ctkDICOMModel
from DICOMLib.widgets.browsing.removal import names_of
from DICOMLib.widgets.files.account_dialog import AccountDialog
from DICOMLib.widgets.files.missing_dialog import MissingDialog
from DICOMLib.widgets.files.relink_dialog import RelinkDialog
from DICOMLib.widgets.visual.cards import read_cards
from Testing.DICOMLib.widgets.conftest import INSTANCES, counters, slice_dataset, totals
from Testing.DICOMModule.driving import answer_file_dialog, click_action, click_menu

pytestmark = pytest.mark.gui

PATIENT, STUDY, SERIES = ctkDICOMModel.PatientType, ctkDICOMModel.StudyType, ctkDICOMModel.SeriesType


def drop(widget, paths):
    """Drag files over a widget and drop them, as a window system would; give whether they were taken."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at = widget.rect().center()
    enter = QDragEnterEvent(at, Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(QPointF(at), Qt.CopyAction, mime, Qt.LeftButton, Qt.NoModifier)
    QApplication.sendEvent(widget, event)
    return event.isAccepted()


# Import


def test_import_by_the_button_and_its_dialog(qtbot, browser, dicom_folder):
    click_action(qtbot, browser.toolBar, browser.toolBar.importAction)
    dialog = browser.importDialog()
    qtbot.waitUntil(dialog.isVisible)
    dialog.setDirectory(str(dicom_folder.parent))
    dialog.findChild(QLineEdit, "fileNameEdit").setText(dicom_folder.name)
    with qtbot.waitSignal(browser.directoryImported):
        dialog.accept()
    assert totals(browser) == (2, 3, 4, INSTANCES)
    assert browser.dicomTableManager().patientsTable().tableView().model().rowCount() == 2
    assert "2 patients, 3 studies, 4 series, 9 images" in browser._tasks.information.label.text()
    assert "1 file was not taken" in browser._tasks.information.label.text()


@pytest.mark.parametrize("target", ["browser", "table"])
def test_import_by_drop(qtbot, browser, dicom_folder, target):
    viewport = browser.dicomTableManager().patientsTable().tableView().viewport()
    widget = browser if target == "browser" else viewport
    while not widget.acceptDrops():  # as Qt looks for the widget that takes the drop
        widget = widget.parentWidget()
    assert widget is browser
    with qtbot.waitSignal(browser.directoryImported):
        assert drop(widget, [dicom_folder / "1.2.1.1.1.dcm", dicom_folder / "1.2.3.1.1.dcm"])
    assert totals(browser) == (2, 2, 2, 2)


def test_drop_is_refused_without_a_database(browser, dicom_folder):
    browser.setDatabaseDirectory(str(dicom_folder))
    assert not drop(browser, [dicom_folder])


def test_counters_accumulate_over_imports(filled, dicom_folder):
    assert counters(filled) == (2, 3, 4, INSTANCES)
    filled.importFiles([str(dicom_folder / "1.2.1.1.1.dcm")])
    filled.importDirectories([str(dicom_folder)])
    filled.waitForImportFinished()
    assert counters(filled) == (2, 3, 4, INSTANCES)
    assert "already in the database" in filled._tasks.information.label.text()
    filled.resetItemsAddedDuringImportCounters()
    assert counters(filled) == (0, 0, 0, 0)


def test_what_does_not_exist_is_left_out(browser, tmp_path):
    browser.importDirectory(str(tmp_path / "nowhere"))
    assert browser.waitForImportFinished(100)
    assert counters(browser) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "mode", [ctkDICOMBrowser.ImportDirectoryCopy, ctkDICOMBrowser.ImportDirectoryAddLink]
)
def test_files_are_copied_or_linked(browser, dicom_folder, mode):
    browser.importDirectory(str(dicom_folder), mode)
    browser.waitForImportFinished()
    inside = [Path(path).is_relative_to(browser.databaseDirectory) for path in browser.database().allFiles()]
    assert inside == [mode == ctkDICOMBrowser.ImportDirectoryCopy] * INSTANCES


def test_import_mode_is_kept_in_the_settings_and_the_dialog_follows(browser, settings):
    assert browser.ImportDirectoryMode == ctkDICOMBrowser.ImportDirectoryAddLink
    dialog = browser.importDialog()
    browser.setImportDirectoryMode(ctkDICOMBrowser.ImportDirectoryCopy)
    assert int(settings.value("DICOM/ImportDirectoryMode")) == 0
    assert dialog.mode == ctkDICOMBrowser.ImportDirectoryCopy


def test_the_old_setting_of_the_import_mode_is_taken_over(browser, settings):
    settings.setValue("MainWindow/DontConfirmCopyOnImport", 0)
    assert browser.ImportDirectoryMode == ctkDICOMBrowser.ImportDirectoryCopy
    assert not settings.contains("MainWindow/DontConfirmCopyOnImport")


def test_an_import_is_cancelled_by_its_button(qtbot, browser):
    def endless():
        report, number = ImportReport(), 0
        try:
            while True:
                number += 1
                yield Progress(number % 100, 100, "Parsing DICOM files", f"/data/{number}.dcm")
        except JobCancelled:
            report.cancelled = True
            return report

    browser._tasks.start(endless(), "Looking", browser._imports._tell)
    panel = browser._tasks.progress
    qtbot.waitUntil(lambda: panel.detailLabel.text().startswith("/data/"))
    assert panel.isVisible()
    with qtbot.waitSignal(browser.directoryImported):
        qtbot.mouseClick(panel.cancelButton, Qt.LeftButton)
    assert not panel.isVisible()
    assert browser._tasks.information.label.text() == "Import cancelled."


def test_a_failing_import_is_told(qtbot, browser, dicom_folder):
    (Path(browser.databaseDirectory) / "ctkDICOM.sql").unlink()
    browser.importDirectory(str(dicom_folder))
    qtbot.waitUntil(lambda: browser._tasks.information.isVisible())
    assert "ctkDICOM.sql" in browser._tasks.information.label.text()
    assert not browser._tasks.progress.isVisible()


def test_the_account_lists_reasons_and_files_and_is_exported(qtbot, filled, dicom_folder, tmp_path):
    qtbot.mouseClick(filled._tasks.information.actionButton, Qt.LeftButton)
    (dialog,) = (one for one in QApplication.topLevelWidgets() if isinstance(one, AccountDialog))
    line = dialog.tree.topLevelItem(0)
    assert line.text(1) == "1"
    assert line.child(0).text(0) == str(dicom_folder / "readme.txt")
    for name, text in (("a.txt", "readme.txt"), ("a.csv", "outcome,reason,path"), ("a.json", '"skipped"')):
        dialog.export(str(tmp_path / name))
        assert text in (tmp_path / name).read_text()
    dialog.close()


# Selection


def test_selecting_a_patient_selects_its_studies_and_series(filled):
    tables = filled.dicomTableManager()
    patients = tables.patientsTable()
    patients.setCurrentSelection(
        [uid for uid in patients.uidsForAllRows() if filled.database().nameForPatient(uid) == "Adams^Anna"]
    )
    assert tables.currentStudiesSelection() == ["1.2.1", "1.2.2"]
    assert tables.currentSeriesSelection() == ["1.2.1.1", "1.2.1.2", "1.2.2.1"]
    assert len(filled.fileListForCurrentSelection(SERIES)) == 7


def test_set_selected_items_selects_the_parents_too(filled):
    filled.setSelectedItems(SERIES, ["1.2.2.1", "1.2.3.1"])
    assert filled.selectedItems(SERIES) == ["1.2.3.1", "1.2.2.1"]
    assert sorted(filled.selectedItems(STUDY)) == ["1.2.2", "1.2.3"]
    assert len(filled.selectedItems(PATIENT)) == 2


def test_actions_follow_the_selection(filled):
    bar = filled.toolBar
    assert not bar.exportAction.isEnabled()
    filled.setSelectedItems(SERIES, ["1.2.3.1"])
    assert bar.exportAction.isEnabled()
    assert bar.removeAction.isEnabled()


# Remove, export, repair, send


def test_remove_asks_and_names_what_goes(qtbot, filled):
    filled.confirmRemove = True
    filled.setSelectedItems(SERIES, ["1.2.1.1"])
    click_action(qtbot, filled.toolBar, filled.toolBar.removeAction)
    box = filled.findChild(QMessageBox)
    assert "• Adams, Anna · Head · Bone · CT · series 1\n" in box.informativeText()
    box.button(QMessageBox.Cancel).click()
    assert totals(filled)[2] == 4

    click_action(qtbot, filled.toolBar, filled.toolBar.removeAction)
    (box,) = (one for one in filled.findChildren(QMessageBox) if one.isVisible())
    (accept,) = (one for one in box.buttons() if box.buttonRole(one) == QMessageBox.AcceptRole)
    qtbot.mouseClick(accept, Qt.LeftButton)
    qtbot.waitUntil(lambda: totals(filled)[2] == 3)
    qtbot.waitUntil(lambda: "Removed 1 series" in filled._tasks.information.label.text())
    assert "1.2.1.1" not in filled.dicomTableManager().seriesTable().uidsForAllRows()


def test_a_series_without_descriptions_is_not_named_as_its_patient(browser, tmp_path):
    series = ("JANCT000", "J1", "1.2.9", "20100203", "", "1.2.9.1", 4, "CT", "", 1)
    slice_dataset(series, 0).save_as(tmp_path / "plain.dcm", enforce_file_format=True)
    browser.importFiles([str(tmp_path / "plain.dcm")])
    browser.waitForImportFinished()
    assert names_of(browser.database(), "Series", ["1.2.9.1"]) == (
        ["JANCT000 · 2010-02-03 · CT · series 4"],
        0,
    )
    assert names_of(browser.database(), "Studies", ["1.2.9"]) == (["JANCT000 · 2010-02-03"], 0)
    assert names_of(browser.database(), "Patients", browser.database().patients()) == (["JANCT000"], 0)


def test_a_patient_whose_name_is_only_separators_is_named_by_the_id(browser, tmp_path):
    series = ("^^^^", "J7", "1.2.9", "20100203", "Head", "1.2.9.1", 4, "CT", "Bone", 1)
    slice_dataset(series, 0).save_as(tmp_path / "plain.dcm", enforce_file_format=True)
    browser.importFiles([str(tmp_path / "plain.dcm")])
    browser.waitForImportFinished()
    database = browser.database()
    assert names_of(database, "Patients", database.patients()) == (["J7"], 0)
    assert names_of(database, "Studies", ["1.2.9"]) == (["J7 · Head"], 0)
    (card,) = read_cards(database)
    assert (card.name, card.raw_name, card.patient_id) == ("", "^^^^", "J7")


def test_do_not_ask_again_is_kept(qtbot, filled, settings):
    filled.confirmRemove = True
    filled.setSelectedItems(STUDY, ["1.2.3"])
    box = filled._actions.askAndRemove("Studies", ["1.2.3"])
    box.checkBox().setChecked(True)
    (accept,) = (one for one in box.buttons() if box.buttonRole(one) == QMessageBox.AcceptRole)
    accept.click()
    qtbot.waitUntil(lambda: totals(filled)[1] == 2)
    assert filled._actions.askAndRemove("Studies", ["1.2.2"]) is None
    filled._tasks.wait()
    assert totals(filled) == (1, 1, 2, 5)


def test_a_script_removes_at_once(filled):
    filled.setSelectedItems(PATIENT, [filled.database().patients()[0]])
    filled.removeSelectedItems(PATIENT)
    assert totals(filled) == (1, 1, 1, 2)
    assert filled.dicomTableManager().studiesTable().uidsForAllRows() == ["1.2.3"]


def test_the_context_menu_names_the_level(filled):
    filled.setSelectedItems(SERIES, ["1.2.1.1"])
    texts = [action.text() for action in filled.contextMenu(SERIES).actions()]
    assert texts == [
        "View DICOM metadata",
        "Delete series from the database",
        "Export series to a folder…",
        "Export series without identity…",
    ]
    filled.sendActionVisible = True
    filled.setSelectedItems(SERIES, ["1.2.1.1", "1.2.1.2"])
    texts = [action.text() for action in filled.contextMenu(SERIES).actions()]
    assert "Send 2 selected series to a DICOM server…" in texts


def test_export_to_a_folder(qtbot, filled, tmp_path):
    target = tmp_path / "out"
    target.mkdir()
    filled.setSelectedItems(SERIES, ["1.2.1.1"])
    click_action(qtbot, filled.toolBar, filled.toolBar.exportAction)
    dialog = filled.findChild(QFileDialog, "ExportDialog")
    dialog.fileSelected.emit(str(target))
    dialog.reject()
    qtbot.waitUntil(lambda: "3 files of 1 series" in filled._tasks.information.label.text())
    names = sorted(path.relative_to(target).as_posix() for path in target.rglob("*.dcm"))
    assert names == [f"A1-Adams^Anna/20200102-Head/1-Bone/00000{i}.dcm" for i in range(3)]
    copies = {pydicom.dcmread(target / name).SOPInstanceUID for name in names}
    assert copies == {"1.2.1.1.1", "1.2.1.1.2", "1.2.1.1.3"}

    filled._actions.export(["1.2.1.1"], str(target))
    qtbot.waitUntil(lambda: "exists already" in filled._tasks.information.label.text())


def test_export_of_a_missing_file_is_told(qtbot, filled, dicom_folder, tmp_path):
    (dicom_folder / "1.2.3.1.1.dcm").unlink()
    filled._actions.export(["1.2.3.1"], str(tmp_path))
    qtbot.waitUntil(lambda: "is missing" in filled._tasks.information.label.text())


def test_repair_finds_nothing_and_says_so(qtbot, filled):
    click_action(qtbot, filled.toolBar, filled.toolBar.repairAction)
    qtbot.waitUntil(lambda: "all 4 series are there" in filled._tasks.information.label.text())


def test_repair_offers_series_without_files(qtbot, filled, dicom_folder):
    for name in ("1.2.3.1.1.dcm", "1.2.3.1.2.dcm", "1.2.1.1.2.dcm"):
        (dicom_folder / name).unlink()
    click_action(qtbot, filled.toolBar, filled.toolBar.repairAction)
    qtbot.waitUntil(lambda: filled.findChild(MissingDialog) is not None)
    dialog = filled.findChild(MissingDialog)
    assert dialog.list.count() == 2
    assert dialog.chosen() == ["1.2.3.1"]  # all files are gone; of the other one some are left
    qtbot.mouseClick(dialog.removeButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: totals(filled)[2] == 3)


def test_repair_links_files_that_were_moved_after_a_preview(qtbot, filled, dicom_folder, tmp_path):
    moved = tmp_path / "moved"
    moved.mkdir()
    for name in ("1.2.3.1.1.dcm", "1.2.1.1.2.dcm"):
        (dicom_folder / name).rename(moved / f"new {name}")
    (dicom_folder / "1.2.3.1.2.dcm").unlink()
    click_action(qtbot, filled.toolBar, filled.toolBar.repairAction)
    qtbot.waitUntil(lambda: filled.findChild(MissingDialog) is not None)
    dialog = filled.findChild(MissingDialog)
    qtbot.mouseClick(dialog.lookButton, Qt.LeftButton)
    answer_file_dialog(qtbot, dialog.findChild(QFileDialog), moved)
    qtbot.waitUntil(lambda: filled.findChild(RelinkDialog) is not None)
    preview = filled.findChild(RelinkDialog)
    assert preview.label.text().startswith("2 files were found again. 1 is still missing.")
    rows = {preview.table.item(row, 0).text(): preview.table.item(row, 1).text() for row in range(3)}
    assert rows == {
        "1.2.3.1.1": str(moved / "new 1.2.3.1.1.dcm"),
        "1.2.1.1.2": str(moved / "new 1.2.1.1.2.dcm"),
        "1.2.3.1.2": "not found",
    }
    database = filled.database()
    assert database.fileForInstance("1.2.3.1.1") == str(dicom_folder / "1.2.3.1.1.dcm")
    qtbot.mouseClick(preview.linkButton, Qt.LeftButton)
    qtbot.waitUntil(lambda: "2 instances are linked" in filled._tasks.information.label.text())
    assert database.fileForInstance("1.2.3.1.1") == str(moved / "new 1.2.3.1.1.dcm")
    assert totals(filled) == (2, 3, 4, 9)


def test_send_gives_the_files_to_whoever_listens(qtbot, filled):
    filled.sendActionVisible = True
    filled.setSelectedItems(SERIES, ["1.2.3.1"])
    with qtbot.waitSignal(filled.sendRequested) as heard:
        click_action(qtbot, filled.toolBar, filled.toolBar.sendAction)
    assert [Path(path).name for path in heard.args[0]] == ["1.2.3.1.1.dcm", "1.2.3.1.2.dcm"]


def test_metadata_of_the_selection(qtbot, filled):
    filled.setSelectedItems(SERIES, ["1.2.1.1"])
    click_menu(qtbot, filled.contextMenu(SERIES), "metadata")
    window = filled._metadata_dialog
    assert window.isVisible()
    assert len(window.objectList.fileList) == 3
    assert "[0010,0010]\tPatient's Name\tAdams^Anna\tPN" in window.objectList.metadataAsText()
    window.close()
