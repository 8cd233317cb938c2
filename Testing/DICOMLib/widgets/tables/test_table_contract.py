"""What scripts and users find at CTK's tables: searches, conditions, selections, signals, sizes."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from qtpy.QtCore import QItemSelection, QPoint, Qt
from qtpy.QtWidgets import QAbstractItemView

from DICOMLib.widgets import ctkDICOMBrowser, ctkDICOMTableView
from DICOMLib.widgets.tables.table_view import ALL_HIDDEN_STYLE
from Testing.DICOMLib.widgets.tables.test_table_view import drag
from Testing.DICOMModule.driving import type_into

pytestmark = pytest.mark.gui


@pytest.fixture
def tables(filled):
    return filled.dicomTableManager()


def texts(table):
    """What is seen of a table, row by row."""
    model, header = table.tableView().model(), table.tableView().horizontalHeader()
    columns = [column for column in range(model.columnCount()) if not header.isSectionHidden(column)]
    return [[model.index(row, column).data() for column in columns] for row in range(model.rowCount())]


# Search boxes


@pytest.mark.parametrize(
    ("text", "found"),
    [("BONE", ["1.2.1.1"]), ("b*e", ["1.2.1.1"]), ("l?ng", ["1.2.3.1"]), ("MR", ["1.2.1.2"])],
)
def test_a_search_looks_into_all_columns(qtbot, tables, text, found):
    table = tables.seriesTable()
    assert not table.filterActive
    type_into(qtbot, table.searchBox, text)
    assert table.uidsForAllRows() == found
    assert table.filterActive
    assert table.searchBox.styleSheet() == ""
    assert any(text.strip("*?").casefold()[0] in cell.casefold() for cell in texts(table)[0] if cell)


def test_a_search_that_hides_all_is_yellow_and_tells_so(qtbot, tables):
    table = tables.seriesTable()
    warned, told, changed = [], [], []
    table.showFilterActiveWarning.connect(warned.append)
    table.filterTextChanged.connect(told.append)
    table.queryChanged.connect(changed.append)
    qtbot.mouseClick(table.searchBox, Qt.LeftButton)
    qtbot.keyClicks(table.searchBox, "Lx")
    assert told == ["L", "Lx"]
    assert warned == [False, True]
    assert changed[-1] == []
    assert table.searchBox.styleSheet() == ALL_HIDDEN_STYLE
    assert "No series matches" in table.tableView().emptyText
    qtbot.keyClick(table.searchBox, Qt.Key_Backspace)
    assert warned[-1] is False
    assert table.searchBox.styleSheet() == ""


def test_a_search_among_patients_leaves_their_studies(qtbot, tables):
    type_into(qtbot, tables.patientsTable().searchBox, "brown")
    assert tables.studiesTable().uidsForAllRows() == ["1.2.3"]
    assert tables.seriesTable().uidsForAllRows() == ["1.2.3.1"]


def test_no_selection_shows_all_series_again(tables, filled):
    tables.setCurrentPatientsSelection([filled.database().patientForStudy("1.2.3")])
    tables.setCurrentStudiesSelection([])
    assert tables.seriesTable().uidsForAllRows() == ["1.2.3.1"]
    tables.setCurrentPatientsSelection([])
    assert len(tables.seriesTable().uidsForAllRows()) == 4


# Conditions


def test_values_of_a_list_and_several_conditions(tables):
    table = tables.seriesTable()
    table.addSqlWhereCondition("SeriesDescription", ["Bone", "T1", "Lung"])
    assert sorted(table.uidsForAllRows()) == ["1.2.1.1", "1.2.1.2", "1.2.3.1"]
    table.addSqlEqualWhereCondition("Modality", "CT")
    assert sorted(table.uidsForAllRows()) == ["1.2.1.1", "1.2.3.1"]
    assert "Modality" in table.queryString()
    assert table.removeSqlWhereCondition("SeriesDescription", ["Bone"]) is False
    assert table.removeSqlWhereCondition("SeriesDescription", ["Bone", "T1", "Lung"]) is True
    assert sorted(table.uidsForAllRows()) == ["1.2.1.1", "1.2.2.1", "1.2.3.1"]
    table.clearSqlWhereConditions()
    assert len(table.uidsForAllRows()) == 4


def test_the_query_is_sql_that_gives_the_same_rows(tables, filled):
    table = tables.studiesTable()
    with closing(sqlite3.connect(filled.database().databaseFilename)) as connection:
        found = {str(row[0]) for row in connection.execute(table.queryString())}
    assert found == {"1.2.1", "1.2.2", "1.2.3"} == set(table.uidsForAllRows())


def test_patients_without_series_are_not_listed(tables, filled):
    with closing(sqlite3.connect(filled.database().databaseFilename)) as connection, connection:
        columns = "UID, PatientID, PatientsName, InsertTimestamp"
        connection.execute(f"INSERT INTO Patients ({columns}) VALUES (77, 'X', 'X', '2020')")
    tables.updateTableViews()
    assert "77" in filled.database().patients()
    assert sorted(tables.patientsTable().uidsForAllRows()) == ["1", "2"]


def test_a_table_by_itself(qtbot, filled):
    table = ctkDICOMTableView(None, "Series")
    qtbot.addWidget(table)
    table.queryForeignKey = "StudyInstanceUID"
    table.setDicomDataBase(filled.database())
    assert len(table.uidsForAllRows()) == 4
    table.setQuery(["1.2.1"])
    assert sorted(table.uidsForAllRows()) == ["1.2.1.1", "1.2.1.2"]
    table.setQuery()
    assert len(table.uidsForAllRows()) == 4
    table.selectAll()
    assert len(table.currentSelection) == 4
    table.clearSelection()
    table.selectFirst()
    assert table.currentSelection == table.uidsForAllRows()[:1]
    table.headerVisible = False
    table.show()
    assert not table.searchBox.isVisible()


# Selection


def test_without_auto_selection_series_are_left_to_the_user(tables):
    tables.setCurrentPatientsSelection(["1"])
    assert tables.currentSeriesSelection()
    tables.autoSelectSeries = False
    assert tables.currentSeriesSelection() == []
    studies = tables.currentStudiesSelection()
    assert studies
    tables.setCurrentPatientsSelection([])
    tables.setCurrentPatientsSelection(["1"])
    assert tables.currentStudiesSelection() == studies  # those of a patient are selected all the same
    assert tables.currentSeriesSelection() == []


def test_only_the_first_is_selected_where_one_may_be(tables, filled):
    (anna,) = (
        one for one in filled.database().patients() if len(filled.database().studiesForPatient(one)) == 2
    )
    tables.selectionMode = QAbstractItemView.SingleSelection
    tables.setCurrentPatientsSelection([anna])
    assert tables.currentStudiesSelection() == tables.studiesTable().uidsForAllRows()[:1]
    assert tables.currentSeriesSelection() == tables.seriesTable().uidsForAllRows()[:1]


def row_place(table, row):
    view = table.tableView()
    column = view.horizontalHeader().logicalIndexAt(5)
    return view.visualRect(view.model().index(row, column)).center()


@pytest.mark.parametrize("name", ["patients", "studies", "series"])
def test_clicks_are_told(qtbot, tables, name):
    table = getattr(tables, f"{name}Table")()
    viewport, at = table.tableView().viewport(), row_place(table, 0)
    uid = table.uidsForAllRows()[0]
    lists, selections, double, right = [], [], [], []
    changed = getattr(tables, f"{name}SelectionChanged")
    changed[list].connect(lists.append)
    changed[QItemSelection, QItemSelection].connect(lambda *both: selections.append(both))
    getattr(tables, f"{name}DoubleClicked").connect(double.append)
    getattr(tables, f"{name}RightClicked").connect(right.append)
    qtbot.mouseClick(viewport, Qt.LeftButton, pos=at)
    assert lists == [[uid]]
    assert len(selections) == 1
    qtbot.mouseDClick(viewport, Qt.LeftButton, pos=at)
    assert [index.row() for index in double] == [0]
    table.tableView().customContextMenuRequested.emit(at)
    assert right == [at]


def test_ctrl_adds_to_the_selection(qtbot, tables):
    table = tables.seriesTable()
    viewport = table.tableView().viewport()
    qtbot.mouseClick(viewport, Qt.LeftButton, pos=row_place(table, 0))
    qtbot.mouseClick(viewport, Qt.LeftButton, Qt.ControlModifier, row_place(table, 2))
    uids = table.uidsForAllRows()
    assert tables.currentSeriesSelection() == [uids[0], uids[2]]


# Databases


def test_tables_cannot_be_used_while_the_database_is_closed(tables, filled):
    assert all(table.isEnabled() for table in tables.tables())
    filled.database().closeDatabase()
    tables.updateTableViews()
    assert not any(table.isEnabled() for table in tables.tables())
    assert tables.patientsTable().uidsForAllRows() == []


# Sizes


def move_handle(tables, pixels):
    """Drag the bar between the first and the second table."""
    handle = tables._splitter.handle(1)
    wide = tables._splitter.orientation() == Qt.Horizontal
    at = QPoint(handle.width() // 2, handle.height() // 2)
    drag(handle, at, at + (QPoint(pixels, 0) if wide else QPoint(0, pixels)))
    return pytest.approx(shares(tables), abs=0.01)


def shares(tables):
    """What each table has of the whole; another window may be of another size."""
    sizes = tables._splitter.sizes()
    return [size / sum(sizes) for size in sizes]


def test_sizes_are_kept_for_each_direction(qtbot, tables, filled):
    filled.resize(1000, 900)
    upright = move_handle(tables, 60)
    tables.tableOrientation = Qt.Horizontal
    lying = move_handle(tables, -50)
    tables.tableOrientation = Qt.Vertical
    assert shares(tables) == upright
    second = ctkDICOMBrowser(filled.database(), None)
    qtbot.addWidget(second)
    second.resize(filled.size())
    second.show()
    qtbot.waitExposed(second)
    others = second.dicomTableManager()
    assert shares(others) == upright
    others.tableOrientation = Qt.Horizontal
    assert shares(others) == lying
    assert lying.expected != upright
