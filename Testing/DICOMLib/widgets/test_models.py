"""The table model: order, search, selection, many rows."""

from __future__ import annotations

import time

import pytest
from qtpy.QtCore import QItemSelectionModel, Qt

from DICOMLib.widgets.columns import TableColumn
from DICOMLib.widgets.models import UID_ROLE, DatabaseTableModel

pytestmark = pytest.mark.gui

FIELDS = ["SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "StudyDate"]
COLUMNS = [
    TableColumn("SeriesNumber", "Series #"),
    TableColumn("SeriesDescription", "Series description"),
    TableColumn("StudyDate", "Study date"),
]
ROWS = [
    ("1.1", 10, "thorax", 20110203),
    ("1.2", 9, "Abdomen", "2011-01-01"),
    ("1.3", None, "zzz", None),
    ("1.4", 2, None, "2012-12-31"),
]


@pytest.fixture
def model(qtmodeltester):
    model = DatabaseTableModel()
    model.load(COLUMNS, FIELDS, ROWS)
    qtmodeltester.check(model)
    return model


def shown(model, column):
    return [model.index(row, column).data() for row in range(model.rowCount())]


def test_rows_and_headers(model):
    assert shown(model, 0) == ["10", "9", "", "2"]
    assert shown(model, 2) == ["2011-02-03", "2011-01-01", "", "2012-12-31"]
    assert model.headerData(1, Qt.Horizontal) == "Series description"
    assert model.index(1, 0).data(UID_ROLE) == "1.2"


def test_numbers_sort_by_size_and_empty_ones_come_last(model):
    model.sort(0, Qt.AscendingOrder)
    assert shown(model, 0) == ["2", "9", "10", ""]
    model.sort(0, Qt.DescendingOrder)
    assert shown(model, 0) == ["10", "9", "2", ""]


def test_texts_sort_regardless_of_case_and_dates_regardless_of_storage(model):
    model.sort(1)
    assert shown(model, 1) == ["Abdomen", "thorax", "zzz", ""]
    model.sort(2)
    assert shown(model, 2) == ["2011-01-01", "2011-02-03", "2012-12-31", ""]


def test_sorting_keeps_persistent_indexes_on_their_rows(model):
    selection = QItemSelectionModel(model)
    selection.select(model.index(0, 0), QItemSelectionModel.Select | QItemSelectionModel.Rows)
    model.sort(0, Qt.AscendingOrder)
    assert [index.data(UID_ROLE) for index in selection.selectedRows()] == ["1.1"]
    assert selection.selectedRows()[0].row() == 2


@pytest.mark.parametrize(
    ("pattern", "uids"),
    [
        ("THOR", ["1.1"]),
        ("z*z", ["1.3"]),
        ("?bdom", ["1.2"]),
        ("2011-0?-0", ["1.1", "1.2"]),
        ("2012-12-31", ["1.4"]),
        ("1.4", ["1.4"]),
        ("thor*2011", []),
        ("nothing", []),
        ("", ["1.1", "1.2", "1.3", "1.4"]),
    ],
)
def test_search_looks_within_each_value(model, pattern, uids):
    model.setSearch(pattern)
    assert model.uids() == uids
    assert model.total == 4


def test_selection_of_uids_is_made_of_ranges(model):
    selection = model.selectionOf({"1.1", "1.2", "1.4", "9.9"})
    assert [(part.top(), part.bottom()) for part in selection] == [(0, 1), (3, 3)]


def test_a_hundred_thousand_rows(qtmodeltester):
    model = DatabaseTableModel()
    rows = [(f"1.2.{i}", i % 977, f"series {i} of the thorax", 20110203 + i % 25) for i in range(100_000)]
    start = time.perf_counter()
    model.load(COLUMNS, FIELDS, rows)
    model.sort(1)
    model.setSearch("99*thorax")
    assert model.rowCount() == sum("99" in row[2] for row in rows)
    model.setSearch("")
    assert len(model.selectionOf(model.uids())) == 1
    assert time.perf_counter() - start < 5
