"""Widths of columns are what Qt would measure, and are measured once."""

from __future__ import annotations

import pytest
from qtpy.QtWidgets import QTableView

from DICOMLib.widgets.tables.columns import TableColumn
from DICOMLib.widgets.tables.models import DatabaseTableModel
from DICOMLib.widgets.tables.table_rows import MEASURED_ROWS, TableRows

pytestmark = pytest.mark.gui

COLUMNS = [TableColumn("UID", "UID"), TableColumn("Text", "Text"), TableColumn("StudyDate", "Date")]


class Source:
    fields = ("UID", "Text", "StudyDate")

    def __init__(self, texts):
        self.texts = dict(enumerate(texts))

    def identifiers(self, search, sort, descending):
        return [str(number) for number in self.texts]

    def rows(self, wanted):
        return {uid: (uid, self.texts[int(uid)], "20200131") for uid in wanted}


class CountingModel(DatabaseTableModel):
    measured = 0

    def texts(self, column, rows):
        self.measured += 1
        return super().texts(column, rows)


@pytest.fixture
def table(qtbot):
    view = TableRows()
    qtbot.addWidget(view)
    view.setModel(CountingModel(view))
    view.resize(600, 300)
    view.show()
    qtbot.waitExposed(view)
    return view


def test_a_column_is_as_wide_as_qt_measures_it(table):
    texts = [f"{'W' * (number % 7)} {'i' * (number % 11)} {number}" for number in range(150)]
    table.model().load(COLUMNS, Source(texts))
    for column in range(3):
        assert table.sizeHintForColumn(column) == QTableView.sizeHintForColumn(table, column) > 10


def test_all_changes_of_sections_together_measure_a_column_once(table):
    table.model().load(COLUMNS, Source(["a text"] * 500))
    table.model().measured = 0
    header = table.horizontalHeader()
    for column in range(3):
        header.setSectionResizeMode(column, header.ResizeMode.ResizeToContents)
    for _time in range(5):
        header.setSectionHidden(2, not header.isSectionHidden(2))
        header.length()
    assert table.model().measured == 3


def test_other_rows_are_measured_anew(table):
    table.model().load(COLUMNS, Source(["short"]))
    before = table.sizeHintForColumn(1)
    table.model().load(COLUMNS, Source(["a text that is much longer"]))
    assert table.sizeHintForColumn(1) == QTableView.sizeHintForColumn(table, 1) > before
    font = table.font()
    font.setPointSize(font.pointSize() * 2)
    narrow = table.sizeHintForColumn(1)
    table.setFont(font)
    assert table.sizeHintForColumn(1) > 1.5 * narrow


def test_rows_far_below_are_not_looked_at_until_they_are_reached(table):
    texts = ["short"] * 1000
    texts[900] = "a text that is much longer"
    table.model().load(COLUMNS, Source(texts))
    narrow = table.sizeHintForColumn(1)
    assert len(texts) - 900 < MEASURED_ROWS
    table.scrollToBottom()
    table._forget_widths()
    assert table.sizeHintForColumn(1) > narrow


def test_a_table_without_rows_asks_for_no_width(table):
    table.model().load(COLUMNS, Source([]))
    assert table.sizeHintForColumn(1) == 0
