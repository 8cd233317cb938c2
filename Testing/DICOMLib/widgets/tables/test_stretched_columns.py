"""Columns that take what is left never become too narrow to be read."""

import pytest
from qtpy.QtGui import QStandardItemModel
from qtpy.QtWidgets import QHeaderView, QTableView

from DICOMLib.widgets.tables.stretched_columns import LEAST_WIDTH, StretchedColumns

pytestmark = pytest.mark.gui


@pytest.fixture
def table(qtbot):
    view = QTableView()
    qtbot.addWidget(view)
    view.setModel(QStandardItemModel(2, 4, view))
    view.verticalHeader().hide()
    for column in (1, 2, 3):
        view.horizontalHeader().resizeSection(column, 100)
    view.resize(800, 200)
    view.show()
    qtbot.waitExposed(view)
    return view


def widths(view):
    return [view.horizontalHeader().sectionSize(column) for column in range(4)]


def test_a_column_takes_what_is_left(table):
    StretchedColumns(table).set([0])
    assert widths(table) == [table.viewport().width() - 300, 100, 100, 100]


def test_in_a_narrow_table_it_can_be_read_and_the_table_scrolls(table, qtbot):
    StretchedColumns(table).set([0])
    table.resize(320, 200)
    qtbot.waitUntil(lambda: widths(table)[0] == LEAST_WIDTH)
    assert table.horizontalScrollBar().maximum() > 0
    table.resize(800, 200)
    qtbot.waitUntil(lambda: widths(table)[0] == table.viewport().width() - 300)
    assert table.horizontalHeader().sectionResizeMode(0) == QHeaderView.Stretch


def test_it_gives_way_to_columns_that_are_made_wider_and_no_further(table):
    StretchedColumns(table).set([0])
    table.horizontalHeader().resizeSection(1, 700)
    assert widths(table)[:2] == [LEAST_WIDTH, 700]


def test_hidden_columns_take_no_room(table):
    table.setColumnHidden(3, True)
    StretchedColumns(table).set([0])
    assert widths(table)[0] == table.viewport().width() - 200


def test_what_it_does_not_need_goes_to_long_texts(table):
    """A column of 100 pixels is as wide as it wants; another one gets no more than there is."""
    columns = StretchedColumns(table)
    columns.set([0])
    columns.share({1: 240})
    assert widths(table) == [table.viewport().width() - 440, 240, 100, 100]
    columns.share({1: 2000, 2: 2000})
    assert widths(table) == [LEAST_WIDTH, table.viewport().width() - 200 - LEAST_WIDTH, 100, 100]
