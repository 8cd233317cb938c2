"""Columns that take what is left never become too narrow to be read."""

import gc

import pytest
from qtpy.QtCore import QSize
from qtpy.QtGui import QStandardItem, QStandardItemModel
from qtpy.QtWidgets import QHeaderView

from DICOMLib.widgets.tables.stretched_columns import LEAST_WIDTH, StretchingTable

pytestmark = pytest.mark.gui


@pytest.fixture
def table(qtbot):
    view = StretchingTable()
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
    table.stretchColumns([0])
    assert widths(table) == [table.viewport().width() - 300, 100, 100, 100]


def test_in_a_narrow_table_it_can_be_read_and_the_table_scrolls(table, qtbot):
    table.stretchColumns([0])
    table.resize(320, 200)
    qtbot.waitUntil(lambda: widths(table)[0] == LEAST_WIDTH)
    assert table.horizontalScrollBar().maximum() > 0
    table.resize(800, 200)
    qtbot.waitUntil(lambda: widths(table)[0] == table.viewport().width() - 300)
    assert table.horizontalHeader().sectionResizeMode(0) == QHeaderView.Stretch


def test_it_gives_way_to_columns_that_are_made_wider_and_no_further(table):
    table.stretchColumns([0])
    table.horizontalHeader().resizeSection(1, 700)
    assert widths(table)[:2] == [LEAST_WIDTH, 700]


def test_hidden_columns_take_no_room(table):
    table.setColumnHidden(3, True)
    table.stretchColumns([0])
    assert widths(table)[0] == table.viewport().width() - 200


def test_what_it_does_not_need_goes_to_long_texts(table):
    """A column of 100 pixels is as wide as it wants; another one gets no more than there is."""
    table.stretchColumns([0])
    table.shareWidth({1: 240})
    assert widths(table) == [table.viewport().width() - 440, 240, 100, 100]
    table.shareWidth({1: 2000, 2: 2000})
    assert widths(table) == [LEAST_WIDTH, table.viewport().width() - 200 - LEAST_WIDTH, 100, 100]


@pytest.mark.parametrize("deleted_by", ["Python", "Qt"])
def test_tables_are_taken_down_while_their_widths_change(qapp, deleted_by):
    """Nothing is called of a table that is gone, or half gone: that ends the process."""
    calls = []

    class Watched(StretchingTable):
        def _give_widths(self):
            calls.append(self.horizontalHeader().count())
            super()._give_widths()

    for number in range(20):
        view = Watched()
        view.itself = view  # a cycle, which only the garbage collector finds
        view.setModel(QStandardItemModel(1, 3, view))
        view.stretchColumns([1])
        view.show()
        view.resize(QSize(200 + number, 100))
        view.horizontalHeader().resizeSection(0, 100 + number)
        if deleted_by == "Qt":
            view.deleteLater()
    del view
    gc.collect()
    qapp.sendPostedEvents(None, 0)
    qapp.processEvents()
    assert len(calls) >= 40
    assert set(calls) == {3}


def test_long_texts_get_more_when_there_is_more_room_or_they_change(table, qtbot):
    table.stretchColumns([0])
    table.model().setItem(0, 1, QStandardItem("a text of many words " * 4))
    wanted = table.wantedWidth(1)
    assert 300 < wanted < 1000
    table.resize(500, 200)
    qtbot.waitUntil(lambda: table.viewport().width() < 500)
    table.shareWidth({1: wanted})
    assert widths(table)[:2] == [LEAST_WIDTH, table.viewport().width() - 200 - LEAST_WIDTH]
    table.resize(1600, 200)
    qtbot.waitUntil(lambda: widths(table)[1] == wanted)
    table.model().setItem(0, 1, QStandardItem("a text of many words " * 5))
    table.shareWidthAgain()
    assert widths(table)[1] == table.wantedWidth(1) > wanted


def test_a_column_that_was_sized_by_somebody_else_stays_so(table):
    table.stretchColumns([0])
    table.shareWidth({1: 240})
    table.horizontalHeader().resizeSection(1, 60)
    table.model().setItem(0, 1, QStandardItem("a text of many words " * 4))
    table.shareWidthAgain()
    assert widths(table)[1] == 60


def test_other_columns_forget_what_those_before_wanted(table):
    table.stretchColumns([0])
    table.shareWidth({3: 240})
    table.model().setColumnCount(2)
    table.shareWidthAgain()
    table.stretchColumns([0])
    table.model().setColumnCount(4)
    table.horizontalHeader().resizeSection(3, 60)
    table.shareWidthAgain()
    assert widths(table)[3] == 60


def test_a_scroll_bar_of_many_rows_takes_its_room_from_what_was_shared(table, qtbot):
    table.stretchColumns([0])
    table.model().setItem(0, 1, QStandardItem("a text of many words " * 8))
    table.shareWidth({1: table.wantedWidth(1)})
    before = table.viewport().width()
    assert widths(table) == [LEAST_WIDTH, before - 200 - LEAST_WIDTH, 100, 100]
    table.model().setRowCount(100)
    qtbot.waitUntil(table.verticalScrollBar().isVisible)
    room = table.viewport().width()
    assert room < before
    assert widths(table) == [LEAST_WIDTH, room - 200 - LEAST_WIDTH, 100, 100]
    assert table.horizontalScrollBar().maximum() == 0
