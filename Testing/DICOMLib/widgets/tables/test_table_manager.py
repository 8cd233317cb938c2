"""The three tables together: their layout, what scripts restrict, and what a new instance undoes."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt

from Testing.DICOMLib.widgets.conftest import SERIES, slice_dataset

pytestmark = pytest.mark.gui


def test_wide_tables_lie_side_by_side(qtbot, filled):
    tables = filled.dicomTableManager()
    tables.dynamicTableLayout = True
    assert tables.tableOrientation == Qt.Vertical
    filled.resize(1500, 600)
    qtbot.waitUntil(lambda: tables.tableOrientation == Qt.Horizontal)
    filled.resize(700, 800)
    qtbot.waitUntil(lambda: tables.tableOrientation == Qt.Vertical)


def test_a_click_beside_the_rows_keeps_the_selection(qtbot, filled):
    tables = filled.dicomTableManager()
    tables.setCurrentPatientsSelection(["1"])
    view = tables.patientsTable().tableView()
    at = QPoint(20, view.viewport().height() - 3)
    assert not view.indexAt(at).isValid()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=at)
    assert tables.currentPatientsSelection() == ["1"]


@pytest.mark.parametrize("batch", [False, True])
def test_a_new_instance_shall_be_seen_unless_many_come(qtbot, filled, tmp_path, batch):
    tables = filled.dicomTableManager()
    assert tables.setBatchUpdate(batch) is False
    tables.setCurrentPatientsSelection(["1"])
    tables.seriesTable().setFilterText("bone")
    tables.seriesTable().addSqlEqualWhereCondition("Modality", "CT")
    assert tables.seriesTable().uidsForAllRows() == ["1.2.1.1"]
    dataset = slice_dataset((*SERIES[3][:5], "1.2.3.2", 4, "MR", "New", 1), 0)
    dataset.save_as(tmp_path / "new.dcm", enforce_file_format=True)
    filled.database().insert(str(tmp_path / "new.dcm"), False, False)
    filled.database().updateDisplayedFields()
    if batch:
        qtbot.wait(500)
        assert tables.currentPatientsSelection() == ["1"]
        assert tables.seriesTable().searchBox.text() == "bone"
        assert tables.setBatchUpdate(False) is True
    else:
        qtbot.waitUntil(lambda: "1.2.3.2" in tables.seriesTable().uidsForAllRows(), timeout=5000)
        assert tables.currentPatientsSelection() == []
        assert tables.seriesTable().searchBox.text() == ""


def import_patients(browser, folder, names):
    folder.mkdir()
    for number, name in enumerate(names):
        series = (name, name, f"1.3.{ord(name[0])}.{number}", "20200102", "Head")
        dataset = slice_dataset((*series, f"{series[2]}.1", 1, "CT", "Bone", 1), 0)
        dataset.save_as(folder / f"{number}.dcm", enforce_file_format=True)
    browser.importDirectory(str(folder))
    browser.waitForImportFinished()


def test_a_selected_patient_stays_in_sight_when_others_come(qtbot, browser, tmp_path):
    """Those who come stand above it, and the table was not scrolled."""
    import_patients(browser, tmp_path / "first", ["Moore^Max"])
    table = browser.dicomTableManager().patientsTable()
    view = table.tableView()
    view.sortByColumn(
        [one.field for one in table._model.columns].index("DisplayedPatientsName"), Qt.AscendingOrder
    )
    at = view.visualRect(view.model().index(0, view.horizontalHeader().logicalIndexAt(10))).center()
    qtbot.mouseClick(view.viewport(), Qt.LeftButton, pos=at)
    selected = table.currentSelection
    assert len(selected) == 1
    import_patients(browser, tmp_path / "second", [f"Adams^{number:02}" for number in range(60)])
    assert table.currentSelection == selected
    assert view.rowAt(view.viewport().height() - 1) >= 0  # not all fit
    row = table.uidsForAllRows().index(selected[0])
    assert row == 60
    place = view.visualRect(view.model().index(row, view.horizontalHeader().logicalIndexAt(10)))
    qtbot.waitUntil(lambda: view.viewport().rect().contains(place.center()))


@pytest.mark.parametrize(
    ("condition", "value", "found"),
    [
        ("Equal", "3", ["1.2.3.1"]),
        ("Greater", "3", ["1.2.2.1"]),
        ("GreaterEqual", "3", ["1.2.2.1", "1.2.3.1"]),
        ("Less", "2", ["1.2.1.1"]),
        ("LessEqual", "2", ["1.2.1.1", "1.2.1.2"]),
    ],
)
def test_conditions_of_scripts(filled, condition, value, found):
    table = filled.dicomTableManager().seriesTable()
    getattr(table, f"addSql{condition}WhereCondition")("SeriesNumber", value)
    assert sorted(table.uidsForAllRows()) == found
    assert getattr(table, f"removeSql{condition}WhereCondition")("SeriesNumber", value) is True
    assert len(table.uidsForAllRows()) == 4
