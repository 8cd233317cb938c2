"""Columns of the browser by a script in Slicer's words, in the real window: at once, and after reopening."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import ClassVar

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHeaderView

from DICOMLib.fields import DisplayedFieldRule, Merge, registry
from Testing.DICOMModule.driving import shown_texts, type_into

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]

# What a site does in its start-up script.
CHOOSE = """
import qt, slicer
browser = slicer.modules.dicom.widgetRepresentation().self().browserWidget.dicomBrowser
database = browser.database()

for field in database.patientFieldNames:
    database.setVisibilityForField("Patients", field, field in ("PatientID", "PatientsSex"))
database.setWeightForField("Patients", "PatientsSex", 0)
database.setWeightForField("Patients", "PatientID", 1)
database.setDisplayedNameForField("Patients", "PatientID", "MRN")

for field in database.studyFieldNames:
    if database.visibilityForField("Studies", field) and database.weightForField("Studies", field) > 3:
        database.setVisibilityForField("Studies", field, False)
database.setFormatForField("Studies", "StudyID", '{"resizeMode": "resizeToContents"}')

database.setVisibilityForField("Series", "SeriesInstanceUID", True)
database.setDisplayedNameForField("Series", "SeriesInstanceUID", "UID")
database.setWeightForField("Series", "SeriesInstanceUID", 99)
database.setVisibilityForField("Series", "DisplayedCount", False)
database.setFormatForField("Series", "Modality", '{"resizeMode": "stretch", "sort": "descending"}')
database.setFormatForField("Series", "SeriesNumber", '{"resizeMode": "interactive"}')
database.setWeightForField("Series", "NoSuchField", 1)
"""
MODES = """
tables = browser.dicomTableManager()
tables.selectionMode = qt.QAbstractItemView.SingleSelection
tables.autoSelectSeries = False
"""
REOPEN = """
database.closeDatabase()
assert not database.isOpen
assert database.openDatabase(database.databaseFilename)
"""


@pytest.fixture
def filled(dicom, dicom_folder):
    dicom.browser.dicomBrowser.importDirectory(str(dicom_folder))
    dicom.browser.dicomBrowser.waitForImportFinished()
    before = dicom.tables.selectionMode, dicom.tables.autoSelectSeries
    yield dicom
    dicom.tables.selectionMode, dicom.tables.autoSelectSeries = before


def titles(table) -> list[str]:
    """Headings of the columns that are seen, from left to right."""
    view = table.tableView()
    header = view.horizontalHeader()
    columns = [header.logicalIndex(i) for i in range(header.count())]
    return [
        view.model().headerData(column, Qt.Horizontal)
        for column in columns
        if not header.isSectionHidden(column)
    ]


def resize_mode(table, title: str) -> int:
    model = table.tableView().model()
    (column,) = (i for i in range(model.columnCount()) if model.headerData(i, Qt.Horizontal) == title)
    return table.tableView().horizontalHeader().sectionResizeMode(column)


def has_chosen_columns(tables) -> bool:
    patients, studies, series = tables.tables()
    return (
        titles(patients) == ["Sex", "MRN"]
        and titles(studies) == ["Study date", "Study ID", "Study description"]
        and titles(series)[-1] == "UID"
        and "Count" not in titles(series)
        and resize_mode(series, "Modality") == QHeaderView.Stretch
        and resize_mode(series, "Series #") == QHeaderView.Interactive
        and resize_mode(studies, "Study ID") == QHeaderView.ResizeToContents
    )


def test_columns_change_at_once_and_stay(qtbot, filled):
    tables = filled.tables
    assert titles(tables.patientsTable())[:2] == ["Patient name", "Patient ID"]
    names: dict = {}
    exec(CHOOSE, names)
    qtbot.waitUntil(lambda: has_chosen_columns(tables))
    modalities = [
        row[titles(tables.seriesTable()).index("Modality")] for row in shown_texts(tables.seriesTable())
    ]
    assert modalities == sorted(modalities, reverse=True)
    exec(REOPEN, names)
    qtbot.waitUntil(lambda: has_chosen_columns(tables) and len(shown_texts(tables.patientsTable())) == 3)
    database = filled.database
    assert database.displayedNameForField("Patients", "PatientID") == "MRN"
    assert database.weightForField("Series", "SeriesInstanceUID") == 99
    assert database.formatForField("Series", "SeriesNumber") == '{"resizeMode": "interactive"}'
    assert not database.visibilityForField("Series", "DisplayedCount")


def test_another_program_finds_them_in_the_file(filled):
    exec(CHOOSE, {})
    with closing(sqlite3.connect(filled.database.databaseFilename)) as connection:
        query = "SELECT * FROM ColumnDisplayProperties WHERE TableName = 'Series' AND FieldName = ?"
        assert connection.execute(query, ("SeriesInstanceUID",)).fetchall() == [
            ("Series", "SeriesInstanceUID", "UID", 1, 99, "")
        ]
        assert connection.execute(query, ("NoSuchField",)).fetchall() == []


def test_selection_modes(qtbot, filled):
    names: dict = {}
    exec(CHOOSE + MODES, names)
    tables = filled.tables
    assert (tables.selectionMode, tables.autoSelectSeries) == (1, False)
    tables.patientsTable().selectAll()
    tables.patientsTable().selectFirst()
    assert len(tables.currentPatientsSelection()) == 1
    assert len(tables.currentStudiesSelection()) == 1  # the first one
    assert tables.currentSeriesSelection() == []
    exec(REOPEN, names)
    qtbot.waitUntil(lambda: has_chosen_columns(tables))
    assert (tables.selectionMode, tables.autoSelectSeries) == (1, False)


class Weekday(DisplayedFieldRule):
    """A column that no schema has."""

    name = "Weekday"
    required_tags = ("0008,0020",)
    merge: ClassVar = {"Studies.Weekday": Merge.EXPECT_SAME_VALUE}

    def fields_for_instance(self, tags):
        from datetime import date

        text = tags["0008,0020"]
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
        return {"Studies.Weekday": day.strftime("%A")}


@pytest.fixture
def weekday():
    registry.register(Weekday())
    yield
    registry.unregister("Weekday")


def test_a_column_of_a_rule_is_shown_searched_and_renamed(qtbot, weekday, filled):
    studies = filled.tables.studiesTable()
    assert titles(studies)[-1] == "Weekday"
    shown = sorted(row[-1] for row in shown_texts(studies))
    assert shown == [
        "Monday",
        "Saturday",
        "Thursday",
        "Thursday",
    ]  # 6 May 2019, 1 Jan 2022, 2 Jan 2020, 4 Mar 2021
    type_into(qtbot, studies.searchBox, "thursday")
    qtbot.waitUntil(lambda: len(shown_texts(studies)) == 2)
    studies.setFilterText("")
    database = filled.database
    assert "Weekday" in database.studyFieldNames
    assert len(database.core.search("studies", "Weekday:th*")) == 2
    database.setDisplayedNameForField("Studies", "Weekday", "Day")
    database.setWeightForField("Studies", "Weekday", 0)
    qtbot.waitUntil(lambda: titles(studies)[0] == "Day")
    assert len(database.core.search("studies", "Day:monday")) == 1


class Failing(Weekday):
    name = "Failing"

    def fields_for_instance(self, tags):
        raise ValueError("its own fault")


def test_a_rule_that_fails_is_named_after_the_import(dicom, dicom_folder):
    registry.register(Failing())
    try:
        dicom.browser.dicomBrowser.importDirectory(str(dicom_folder))
        dicom.browser.dicomBrowser.waitForImportFinished()
    finally:
        registry.unregister("Failing")
    told = dicom.tasks.information.label.text()
    assert "The rule Failing failed (ValueError)" in told
    assert told.endswith("run it again with: slicer-dicom fields --recompute")
    assert dicom.database.displayedNameForPatient("1") != ""
