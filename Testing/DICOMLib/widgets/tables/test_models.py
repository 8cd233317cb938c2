"""The table model: rows of a source, page by page; search, order, selection."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QItemSelectionModel, Qt

from DICOMLib.widgets.tables.columns import TableColumn
from DICOMLib.widgets.tables.models import KEPT_PAGES, PAGE, UID_ROLE, DatabaseTableModel

pytestmark = pytest.mark.gui

COLUMNS = [
    TableColumn("SeriesNumber", "Series #"),
    TableColumn("SeriesDescription", "Series description"),
    TableColumn("StudyDate", "Study date"),
]


class Source:
    """Rows made up as they are asked for; `asked` tells what was."""

    fields = ("SeriesInstanceUID", "SeriesNumber", "SeriesDescription", "StudyDate")

    def __init__(self, count):
        self.uids = [f"1.{i}" for i in range(count)]
        self.asked = []

    def identifiers(self, search, sort, descending):
        uids = [uid for uid in self.uids if search in uid]
        return uids[::-1] if descending else uids

    def rows(self, wanted):
        self.asked.append(list(wanted))
        present = set(self.uids)
        return {uid: (uid, int(uid[2:]), f"series {uid}", 20110203) for uid in wanted if uid in present}


@pytest.fixture
def source():
    return Source(1000)


@pytest.fixture
def model(qtmodeltester, source):
    model = DatabaseTableModel()
    model.load(COLUMNS, source)
    qtmodeltester.check(model)
    return model


def test_rows_and_headers(model):
    assert (model.rowCount(), model.columnCount()) == (1000, 3)
    assert [model.index(257, column).data() for column in range(3)] == ["257", "series 1.257", "2011-02-03"]
    assert model.headerData(1, Qt.Horizontal) == "Series description"
    assert model.index(1, 0).data(UID_ROLE) == "1.1"


def test_values_are_read_in_pages_when_they_are_shown(source):
    model = DatabaseTableModel()
    model.load(COLUMNS, source)
    assert source.asked == []
    assert model.index(700, 0).data() == "700"
    assert model.index(701, 1).data() == "series 1.701"
    assert source.asked == [[f"1.{i}" for i in range(2 * PAGE, 3 * PAGE)]]


def test_only_the_pages_looked_at_last_are_kept():
    source = Source(PAGE * (KEPT_PAGES + 20))
    model = DatabaseTableModel()
    model.load(COLUMNS, source)
    for row in range(0, model.rowCount(), PAGE):
        assert model.index(row, 0).data() == str(row)
    assert len(model._pages) == KEPT_PAGES
    assert model.index(0, 0).data() == "0"


def test_a_row_that_has_gone_from_the_database_is_empty(source):
    model = DatabaseTableModel()
    model.load(COLUMNS, source)
    source.uids.remove("1.5")
    assert model.index(5, 1).data() is None
    assert model.index(6, 1).data() == "series 1.6"


def test_order_is_asked_of_the_source(model):
    model.sort(0, Qt.DescendingOrder)
    assert model.index(0, 0).data() == "999"


def test_sorting_keeps_persistent_indexes_on_their_rows(model):
    selection = QItemSelectionModel(model)
    selection.select(model.index(0, 0), QItemSelectionModel.Select | QItemSelectionModel.Rows)
    model.sort(0, Qt.DescendingOrder)
    assert [index.data(UID_ROLE) for index in selection.selectedRows()] == ["1.0"]
    assert selection.selectedRows()[0].row() == 999


def test_search_shows_fewer_rows_and_knows_of_all(model):
    model.setSearch("99")
    assert model.rowCount() == 19  # 99, 199 … 899, 990 … 999, of which 199 … 899 are nine with 99
    assert model.total == 1000
    model.setSearch("")
    assert model.rowCount() == 1000


def test_selection_of_uids_is_made_of_ranges(model):
    selection = model.selectionOf({"1.0", "1.1", "1.3", "9.9"})
    assert [(part.top(), part.bottom()) for part in selection] == [(0, 1), (3, 3)]


def test_without_a_source_there_are_no_rows(qtmodeltester):
    model = DatabaseTableModel()
    model.load([], None)
    assert (model.rowCount(), model.columnCount(), model.uids()) == (0, 0, [])
