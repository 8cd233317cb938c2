"""What is told at the end of each work on the database, and the list that is saved of it."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox

from DICOMLib.compat.database_update import SchemaUpdate
from DICOMLib.core.jobs import run
from DICOMLib.widgets import ctkDICOMModel
from DICOMLib.widgets.browsing.removal import find_missing_files
from DICOMLib.widgets.files.maintenance import schema_update_text
from DICOMLib.widgets.files.missing_dialog import MissingDialog
from DICOMLib.widgets.files.relink_dialog import RelinkDialog
from Testing.DICOMLib.widgets.conftest import INSTANCES, totals
from Testing.DICOMModule.driving import answer_file_dialog, click, click_action

pytestmark = pytest.mark.gui

SERIES = ctkDICOMModel.SeriesType


def text_of(browser):
    return browser._tasks.information.label.text()


def saved_rows(qtbot, owner, button, path):
    """Rows of the list that a button saves as a table, without the names of the columns."""
    click(qtbot, button)
    answer_file_dialog(qtbot, owner.findChild(QFileDialog, "SaveListDialog"), path)
    qtbot.waitUntil(path.exists)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def test_copies_of_an_export(qtbot, filled, dicom_folder, tmp_path):
    (tmp_path / "out").mkdir()
    filled._actions.export(["1.2.3.1"], str(tmp_path / "out"))
    qtbot.waitUntil(lambda: "2 files of 1 series" in text_of(filled))
    rows = saved_rows(qtbot, filled, filled._tasks.information.actionButton, tmp_path / "list.csv")
    folder = tmp_path / "out" / "B2-Brown^Bob" / "20190506-Thorax" / "3-Lung"
    assert rows == [
        [str(dicom_folder / f"1.2.3.1.{number + 1}.dcm"), str(folder / f"00000{number}.dcm")]
        for number in range(2)
    ]


def test_names_of_what_was_removed(qtbot, filled, tmp_path):
    filled.setSelectedItems(SERIES, ["1.2.1.1", "1.2.3.1"])
    click_action(qtbot, filled.toolBar, filled.toolBar.removeAction)
    qtbot.waitUntil(lambda: "Removed 2 series" in text_of(filled))
    rows = saved_rows(qtbot, filled, filled._tasks.information.actionButton, tmp_path / "list.csv")
    assert sorted(rows) == [
        ["Adams, Anna · Head · Bone · CT · series 1", "removed"],
        ["Brown, Bob · Thorax · Lung · CT · series 3", "removed"],
    ]


def test_what_could_not_be_removed_is_told(qtbot, filled, tmp_path):
    with closing(sqlite3.connect(filled.database().databaseFilename)) as connection, connection:
        connection.execute(
            "CREATE TRIGGER Keep BEFORE DELETE ON Series WHEN old.SeriesInstanceUID = '1.2.1.1' "
            "BEGIN SELECT RAISE(ABORT, 'kept'); END"
        )
    filled.setSelectedItems(SERIES, ["1.2.1.1", "1.2.3.1"])
    click_action(qtbot, filled.toolBar, filled.toolBar.removeAction)
    qtbot.waitUntil(lambda: "Removed 1 series" in text_of(filled))
    assert "1 could not be removed" in text_of(filled)
    rows = saved_rows(qtbot, filled, filled._tasks.information.actionButton, tmp_path / "list.csv")
    assert ["Adams, Anna · Head · Bone · CT · series 1", "not removed"] in rows
    assert totals(filled)[2] == 3


def test_a_question_about_many_names_ten(qtbot, filled):
    uids = [f"1.9.{number}" for number in range(13)]
    box = filled._actions.askAndRemove("Series", uids, always_ask=True)
    assert "Remove 13 selected series" in box.text()
    lines = box.informativeText().splitlines()
    assert [line for line in lines if line.startswith("•")] == [f"• {uid}" for uid in uids[:10]]
    assert "(and 3 more)" in lines
    assert box.defaultButton() is box.button(QMessageBox.Cancel)
    box.reject()


def test_files_that_are_gone(qtbot, filled, dicom_folder, tmp_path):
    for name in ("1.2.3.1.1.dcm", "1.2.1.1.2.dcm"):
        (dicom_folder / name).unlink()
    click_action(qtbot, filled.toolBar, filled.toolBar.repairAction)
    qtbot.waitUntil(lambda: filled.findChild(MissingDialog) is not None)
    dialog = filled.findChild(MissingDialog)
    rows = saved_rows(qtbot, dialog, dialog.saveButton, tmp_path / "list.csv")
    assert sorted(rows) == [
        ["Bone", "1.2.1.1", str(dicom_folder / "1.2.1.1.2.dcm")],
        ["Lung", "1.2.3.1", str(dicom_folder / "1.2.3.1.1.dcm")],
    ]
    dialog.reject()


def test_files_that_were_moved(qtbot, filled, dicom_folder, tmp_path):
    (tmp_path / "moved").mkdir()
    (dicom_folder / "1.2.3.1.1.dcm").rename(tmp_path / "moved" / "1.dcm")
    (dicom_folder / "1.2.3.1.2.dcm").unlink()
    filled._actions.lookForMoved(str(tmp_path / "moved"))
    qtbot.waitUntil(lambda: filled.findChild(RelinkDialog) is not None)
    dialog = filled.findChild(RelinkDialog)
    assert dialog.label.text().startswith("1 file was found again. 1 is still missing. Nothing")
    rows = saved_rows(qtbot, dialog, dialog.saveButton, tmp_path / "list.csv")
    assert rows == [["1.2.3.1.1", str(tmp_path / "moved" / "1.dcm")], ["1.2.3.1.2", "not found"]]
    dialog.reject()


def test_repair_fills_what_another_program_has_not_filled(qtbot, filled):
    with closing(sqlite3.connect(filled.database().databaseFilename)) as connection, connection:
        connection.execute("UPDATE Images SET DisplayedFieldsUpdatedTimestamp = NULL")
        connection.execute("UPDATE Patients SET DisplayedPatientsName = ''")
    assert filled.database().displayedNameForPatient("1") == ""
    click_action(qtbot, filled.toolBar, filled.toolBar.repairAction)
    qtbot.waitUntil(lambda: "all 4 series are there" in text_of(filled))
    assert filled.database().displayedNameForPatient("1") in ("Adams, Anna", "Brown, Bob")


def test_a_repair_that_is_cancelled_ends_at_once(filled):
    with closing(sqlite3.connect(filled.database().databaseFilename)) as connection, connection:
        connection.execute("UPDATE Images SET DisplayedFieldsUpdatedTimestamp = NULL")
        connection.execute("UPDATE Patients SET DisplayedPatientsName = ''")
    report = run(find_missing_files(filled.database()), is_cancelled=lambda: True)
    assert (report.cancelled, report.checked) == (True, 1)
    assert filled.database().displayedNameForPatient("1") == ""


def make_old(browser):
    """Close the database and let it be one of an older program."""
    path = Path(browser.databaseDirectory) / "ctkDICOM.sql"
    browser.database().closeDatabase()
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.5.0'")
    browser.setDatabaseDirectory(str(path.parent))


def test_files_that_an_update_has_not_found(qtbot, filled, dicom_folder, tmp_path):
    (dicom_folder / "1.2.3.1.1.dcm").unlink()
    make_old(filled)
    click(qtbot, filled._problem.updateDatabaseButton)
    qtbot.waitUntil(lambda: "1 file is gone" in text_of(filled), timeout=60_000)
    assert "up to date" in text_of(filled)
    rows = saved_rows(qtbot, filled, filled._tasks.information.actionButton, tmp_path / "list.csv")
    assert rows == [[str(dicom_folder / "1.2.3.1.1.dcm")]]
    assert totals(filled) == (2, 3, 4, INSTANCES)


def test_an_update_is_cancelled_between_files_and_the_database_is_usable(filled):
    make_old(filled)
    read = []
    database = filled.database()
    report = run(
        database.schema_update(), lambda progress: read.append(progress.detail), lambda: len(read) > 3
    )
    assert (report.updated, report.cancelled, report.files) == (True, True, INSTANCES)
    assert "Not all files were read" in schema_update_text(report)[0]
    assert database.schemaVersionLoaded() == database.schemaVersion()
    assert totals(filled) == (2, 3, 4, INSTANCES)


def test_an_update_that_fails_says_why(filled):
    make_old(filled)
    report = run(filled.database().schema_update(":/dicom/missing.sql"))
    assert not report.updated
    text, gone = schema_update_text(report)
    assert text == f"The database was not updated: {report.error}"
    assert report.error
    assert list(gone.rows) == []
    assert schema_update_text(SchemaUpdate(updated=True))[0].startswith("The database is up to date")


def test_tables_that_are_filled_anew(qtbot, filled):
    filled.showUpdateDisplayedFieldsDialog()
    qtbot.waitUntil(lambda: text_of(filled) == "The tables show 4 series anew.")
