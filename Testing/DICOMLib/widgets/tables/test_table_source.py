"""Where tables have their rows from: what is shown of patients whose displayed fields are not made yet."""

from __future__ import annotations

import sqlite3

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.indexing import importer
from DICOMLib.indexing.importer import ImportOptions, import_paths

pytestmark = pytest.mark.gui


def shown_names(browser):
    model = browser.dicomTableManager().patientsTable().tableView().model()
    column = [one.field for one in model.columns].index("DisplayedPatientsName")
    return [model.index(row, column).data() for row in range(model.rowCount())]


def stored_names(browser):
    return {row["DisplayedPatientsName"] for row in browser.database().core.rows("patients")}


@pytest.fixture
def importing(browser, dicom_folder, monkeypatch):
    """An import into the browser's database that has written its first file."""
    monkeypatch.setattr(importer, "BATCH_SIZE", 1)
    monkeypatch.setattr(importer, "PROGRESS_EVERY", 1)
    job = import_paths(browser.database().core, [str(dicom_folder)], ImportOptions(workers=0))
    while not browser.database().imagesCount():
        next(job)
    yield job
    job.close()


def test_patients_have_names_while_they_are_imported(qtbot, browser, importing):
    qtbot.waitUntil(lambda: len(shown_names(browser)) == 1)
    assert stored_names(browser) == {None}
    assert shown_names(browser) == ["Adams, Anna"]
    run(importing)
    assert stored_names(browser) == {"Adams, Anna", "Brown, Bob"}
    qtbot.waitUntil(lambda: sorted(shown_names(browser)) == ["Adams, Anna", "Brown, Bob"])


def test_what_was_displayed_as_nothing_stays_so(qtbot, filled):
    """A rule may leave a name empty."""
    connection = sqlite3.connect(filled.database().databaseFilename)
    connection.execute("UPDATE Patients SET DisplayedPatientsName = '' WHERE PatientID = 'A1'")
    connection.commit()
    connection.close()
    qtbot.waitUntil(lambda: sorted(shown_names(filled)) == ["", "Brown, Bob"], timeout=10_000)
