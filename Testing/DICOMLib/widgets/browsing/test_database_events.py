"""News of a database: of this process at once and merged, of other programs within seconds."""

from __future__ import annotations

import sqlite3
import sys
from subprocess import run

import pytest

pytestmark = [pytest.mark.gui]


def test_an_import_by_another_process_is_shown(qtbot, browser, dicom_folder):
    folder = browser.databaseDirectory
    command = [sys.executable, "-m", "DICOMLib.cli", "import", str(dicom_folder), "--database", folder]
    run(command, check=True, capture_output=True, timeout=120)
    patients = browser.dicomTableManager().patientsTable()
    qtbot.waitUntil(lambda: len(patients.uidsForAllRows()) == 2, timeout=10_000)


def test_what_slicer_writes_is_shown(qtbot, filled):
    connection = sqlite3.connect(filled.database().databaseFilename)
    connection.execute("UPDATE Patients SET DisplayedPatientsName = 'Changed' WHERE UID = 1")
    connection.commit()
    connection.close()
    model = filled.dicomTableManager().patientsTable().tableView().model()

    def shown():
        rows, columns = range(model.rowCount()), range(model.columnCount())
        return {model.index(row, column).data() for row in rows for column in columns}

    qtbot.waitUntil(lambda: "Changed" in shown(), timeout=10_000)
