"""The browser and its databases: new, old, newer, missing, shared, of CTK."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.widgets import ctkDICOMBrowser, ctkDICOMModel
from Testing.DICOMLib.widgets.conftest import INSTANCES, counters, totals
from Testing.ordinary_user import ordinary_user

pytestmark = pytest.mark.gui

PATIENT, STUDY, SERIES = ctkDICOMModel.PatientType, ctkDICOMModel.StudyType, ctkDICOMModel.SeriesType


def test_an_empty_folder_becomes_a_database(browser):
    folder = Path(browser.databaseDirectory)
    assert (folder / "ctkDICOM.sql").is_file()
    assert browser._stack.currentWidget() is browser.dicomTableManager()
    assert browser.displayImportSummary
    assert counters(browser) == (0, 0, 0, 0)


def test_a_missing_folder_is_told_and_a_new_database_is_made(qtbot, browser, tmp_path):
    browser.setDatabaseDirectory(str(tmp_path / "nowhere"))
    problem = browser._problem
    assert problem.isVisible()
    assert "does not exist" in problem.textLabel.text()
    assert not browser.toolBar.importAction.isEnabled()
    qtbot.mouseClick(problem.createNewDatabaseButton, Qt.LeftButton)
    assert Path(browser.databaseDirectory) == tmp_path / "nowhere"
    assert browser.database().isOpen
    assert not problem.isVisible()


def test_a_folder_of_other_files_gives_a_new_one_within(qtbot, browser, dicom_folder):
    browser.setDatabaseDirectory(str(dicom_folder))
    assert "holds other files" in browser._problem.textLabel.text()
    qtbot.mouseClick(browser._problem.createNewDatabaseButton, Qt.LeftButton)
    assert Path(browser.databaseDirectory) == dicom_folder / "ctkDICOM-Database"


def test_a_new_database_is_numbered(browser, tmp_path):
    browser.createNewDatabaseDirectory()
    assert Path(browser.databaseDirectory) == tmp_path / "database_1"
    browser.createNewDatabaseDirectory()
    assert Path(browser.databaseDirectory) == tmp_path / "database_2"


@pytest.fixture
def protected(dicom_folder: Path) -> Iterator[Path]:
    """Folder of a database that other users may read, but not write."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        folder = Path(top) / "database"
        with Database.open(folder) as database:
            run(import_paths(database, [dicom_folder]))
        folder.chmod(0o555)
        yield folder


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="needs POSIX permissions")
def test_a_read_only_database_is_shown_and_says_so(qtbot, browser, protected, dicom_folder):
    with ordinary_user():
        browser.setDatabaseDirectory(str(protected))
    assert browser._folder_label.text() == f"{protected} (read-only)"
    tables = browser.dicomTableManager()
    assert tables.patientsTable().tableView().model().rowCount() == 2
    browser.searchEverything("Modality:MR")
    assert totals(browser) == (2, 3, 4, INSTANCES)
    assert tables.patientsTable().tableView().model().rowCount() == 1
    series = browser.database().seriesForStudy("1.2.1")
    assert browser.database().fileValue(browser.database().filesForSeries(series[0])[0], "0028,0010") == "4"
    information = browser._tasks.information.label
    for act in (
        lambda: browser.importDirectory(str(dicom_folder)),
        lambda: browser._actions.remove("Series", series[:1]),
        browser.showUpdateDisplayedFieldsDialog,
    ):
        information.clear()
        act()
        assert browser._tasks.wait(10)
        assert "is read-only: nothing can be added to it or changed in it" in information.text()
    assert totals(browser) == (2, 3, 4, INSTANCES)


def test_an_old_database_is_updated(qtbot, filled):
    folder = filled.databaseDirectory
    filled.database().closeDatabase()
    connection = sqlite3.connect(Path(folder) / "ctkDICOM.sql")
    with connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.5.0'")
    connection.close()
    filled.setDatabaseDirectory(folder)
    assert filled._problem.isVisible()
    assert "0.5.0" in filled._problem.textLabel.text()
    qtbot.mouseClick(filled._problem.updateDatabaseButton, Qt.LeftButton)
    # the tables may be shown before the job that updates has ended
    qtbot.waitUntil(lambda: "is up to date" in filled._tasks.information.label.text(), timeout=60_000)
    assert not filled._problem.isVisible()
    assert totals(filled) == (2, 3, 4, INSTANCES)


def test_a_newer_database_is_refused_with_both_versions(filled):
    folder = filled.databaseDirectory
    filled.database().closeDatabase()
    connection = sqlite3.connect(Path(folder) / "ctkDICOM.sql")
    with connection:
        connection.execute("UPDATE SchemaInfo SET Version = '99.0'")
    connection.close()
    filled.setDatabaseDirectory(folder)
    text = filled._problem.textLabel.text()
    assert "99.0" in text
    assert filled.database().schemaVersion() in text
    assert not filled._problem.updateDatabaseButton.isVisible()


def test_the_folder_is_kept_relative_to_the_base(browser, settings, tmp_path):
    browser.databaseDirectoryBase = str(tmp_path)
    settings.setValue("Key", "stored")
    browser.databaseDirectorySettingsKey = "Key"
    assert Path(browser.databaseDirectory) == tmp_path / "stored"
    assert (tmp_path / "stored" / "ctkDICOM.sql").is_file()
    other = tmp_path / "other"
    other.mkdir()
    browser.setDatabaseDirectory(str(other))
    assert settings.value("Key") == "other"


def test_change_of_the_folder_is_told(qtbot, browser, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    heard = []
    browser.connect("databaseDirectoryChanged(QString)", heard.append)
    browser.setDatabaseDirectory(str(other))
    assert heard == [str(other)]


def test_a_database_of_ctk(qtbot, browser, shared, tmp_path):
    copy = tmp_path / "ctk"
    shutil.copytree(shared / "ctk-database", copy)
    for path in (copy, *copy.rglob("*")):
        path.chmod(0o700)
    browser.setDatabaseDirectory(str(copy))
    assert browser._stack.currentWidget() is browser.dicomTableManager()
    shown = browser.dicomTableManager().patientsTable().uidsForAllRows()
    database = browser.database()
    with_series = [
        one
        for one in database.patients()
        if any(map(database.seriesForStudy, database.studiesForPatient(one)))
    ]
    assert sorted(shown) == sorted(with_series)
    assert len(shown) >= 7


def test_shared_database(qtbot, settings, filled):
    other = ctkDICOMBrowser(filled.database(), None)
    qtbot.addWidget(other)
    assert other.database() is filled.database()
    assert other.databaseDirectory == filled.databaseDirectory
    filled.database().removeSeries("1.2.3.1")
    table = other.dicomTableManager().seriesTable()
    qtbot.waitUntil(lambda: "1.2.3.1" not in table._model.uids())


def test_context_menu_opens_at_the_pointer(qtbot, filled):
    filled.setSelectedItems(SERIES, ["1.2.1.1"])
    table = filled.dicomTableManager().seriesTable()
    table.tableView().customContextMenuRequested.emit(QPoint(5, 5))
    menu = QApplication.activePopupWidget()
    assert menu is not None
    menu.close()
