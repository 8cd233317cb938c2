"""What CTK promises of the browser beyond imports and exports: tool bar, folders, files, lines of news."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QPushButton

from DICOMLib.widgets import ctkDICOMModel
from Testing.DICOMLib.widgets.conftest import totals
from Testing.DICOMModule.driving import answer_file_dialog, click

pytestmark = pytest.mark.gui


def test_the_tool_bar(browser):
    bar = browser.toolBar
    assert bar.toolButtonStyle() == Qt.ToolButtonTextUnderIcon
    shown = [action.text() for action in bar.actions() if action.isVisible() and action.text()]
    assert shown == ["Import", "Export", "Query", "Remove", "Repair"]
    browser.sendActionVisible = True
    shown = [action.text() for action in bar.actions() if action.isVisible() and action.text()]
    assert shown == ["Import", "Export", "Query", "Send", "Remove", "Repair"]
    enabled = {action.text() for action in bar.actions() if action.isEnabled() and action.text()}
    assert enabled == {"Import", "Query", "Repair"}
    assert not any(action.icon().isNull() for action in bar.actions() if action.text())


def test_bars_are_hidden_by_scripts(browser):
    assert browser.toolBar.isVisible()
    browser.toolbarVisible = False
    browser.databaseDirectorySelectorVisible = False
    assert not browser.toolBar.isVisible()
    assert not browser.findChild(QPushButton, "DirectoryButton").isVisible()
    browser.toolbarVisible = browser.databaseDirectorySelectorVisible = True
    assert browser.toolBar.isVisible()


def test_an_empty_database_says_what_to_do(browser):
    tables = browser.dicomTableManager()
    assert "Press Import, or drop" in tables.patientsTable().tableView().emptyText
    assert not tables.seriesTable().isVisible()


def test_another_folder_is_chosen_at_the_bottom(qtbot, filled, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    click(qtbot, filled.findChild(QPushButton, "DirectoryButton"))
    answer_file_dialog(qtbot, filled.findChild(QFileDialog, "DatabaseDirectoryDialog"), other)
    qtbot.waitUntil(lambda: Path(filled.databaseDirectory) == other)
    assert (other / "ctkDICOM.sql").is_file()
    assert totals(filled) == (0, 0, 0, 0)
    assert filled._folder_label.text() == str(other)


def test_folders_that_are_taken_are_passed_over_and_empty_ones_used(browser, tmp_path):
    taken, empty = tmp_path / "database_1", tmp_path / "database_2"
    taken.mkdir()
    (taken / "file").write_text("other")
    empty.mkdir()
    assert browser.createNewDatabaseDirectory()
    assert Path(browser.databaseDirectory) == empty


def test_no_more_than_a_hundred_names_are_tried(qtbot, browser, tmp_path):
    for number in range(1, 100):
        (tmp_path / f"database_{number}").mkdir()
        (tmp_path / f"database_{number}" / "file").write_text("other")
    before = browser.databaseDirectory
    assert not browser.createNewDatabaseDirectory()
    assert browser.databaseDirectory == before
    assert "could not be made" in browser._tasks.information.label.text()


def test_a_file_that_is_no_database_is_told(browser, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "ctkDICOM.sql").write_text("this is no database, but a text of some length" * 100)
    browser.setDatabaseDirectory(str(folder))
    assert browser._problem.isVisible()
    assert "cannot be opened" in browser._problem.titleLabel.text()
    assert browser._problem.createNewDatabaseButton.isVisible()
    assert browser._problem.selectDatabaseDirectoryButton.isVisible()


@pytest.mark.parametrize(
    ("level", "uid", "series"),
    [
        (ctkDICOMModel.StudyType, "1.2.1", {"1.2.1.1": 3, "1.2.1.2": 2}),
        (ctkDICOMModel.PatientType, "", {"1.2.1.1": 3, "1.2.1.2": 2, "1.2.2.1": 2}),
    ],
)
def test_files_of_the_selection_of_each_level(filled, level, uid, series):
    database = filled.database()
    uid = uid or database.patientForStudy("1.2.1")
    filled.setSelectedItems(level, [uid])
    names = sorted(Path(path).stem for path in filled.fileListForCurrentSelection(level))
    assert names == sorted(f"{one}.{n + 1}" for one, count in series.items() for n in range(count))


def test_the_line_after_an_import_is_dismissed_or_not_wanted(qtbot, filled, dicom_folder):
    line = filled._tasks.information
    assert line.isVisible()
    click(qtbot, line.closeButton)
    assert not line.isVisible()
    filled.displayImportSummary = False
    filled.importDirectory(str(dicom_folder))
    filled.waitForImportFinished()
    assert not line.isVisible()
