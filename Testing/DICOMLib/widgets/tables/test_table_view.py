"""Tables as users meet them: keyboard, order and widths that are kept, a place that stays."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtWidgets import QMessageBox

from DICOMLib.database.records import FileRecord
from DICOMLib.widgets import ctkDICOMBrowser
from Testing.DICOMModule.Host.mouse import _send

pytestmark = pytest.mark.gui


def record(number, patient="P1"):
    values = {
        "0010,0020": patient,
        "0010,0010": patient,
        "0020,000D": f"1.{patient[1:]}",
        "0020,000E": f"1.{patient[1:]}.{number}",
        "0008,0018": f"1.{patient[1:]}.{number}.1",
        "0020,0011": str(number),
        "0008,103E": f"Series number {number}",
    }
    path = f"/data/{patient}/{number}.dcm"
    return FileRecord(path, path, 0.0, values, frozenset())


@pytest.fixture
def many(qtbot, browser):
    """The browser with one study of 600 series, numbered by two."""
    browser.database().core.insert_records([record(number) for number in range(0, 1200, 2)], [])
    browser.dicomTableManager().updateTableViews()
    qtbot.waitUntil(lambda: series(browser).tableView().model().rowCount() == 600)
    return browser


def series(browser):
    return browser.dicomTableManager().seriesTable()


def top_row(browser):
    view = series(browser).tableView()
    return view.indexAt(QPoint(0, 0)).data(Qt.UserRole), view.rowViewportPosition(view.rowAt(0))


def test_new_rows_leave_scroll_position_selection_and_current_row_alone(qtbot, many):
    table = series(many)
    view = table.tableView()
    table.setCurrentSelection(["1.1.500"])
    column = view.horizontalHeader().logicalIndexAt(5)
    view.scrollTo(view.model().index(250, column))
    view.verticalScrollBar().setValue(view.verticalScrollBar().value() + 7)
    view.setCurrentIndex(view.model().index(250, column))
    before, selected = top_row(many), table.currentSelection
    assert before[0] != "1.1.0"
    many.database().core.insert_records([record(number) for number in range(1, 60, 2)], [])
    qtbot.waitUntil(lambda: view.model().rowCount() == 630)
    assert top_row(many) == before
    assert table.currentSelection == selected == ["1.1.500"]
    assert view.currentIndex().data(Qt.UserRole) == "1.1.500"


def test_columns_of_one_title_are_told_apart_in_the_menu(browser):
    menu = browser.dicomTableManager().patientsTable().columnMenu()
    checked = {action.text(): action.isChecked() for action in menu.actions()}
    assert len(checked) == len(menu.actions())
    assert not checked["Patient name (PatientsName)"]
    assert checked["Patient name (DisplayedPatientsName)"]
    assert checked["Patient ID"]


def test_home_and_end_go_to_the_first_and_last_row(qtbot, many):
    view = series(many).tableView()
    view.setFocus()
    qtbot.keyClick(view, Qt.Key_End)
    assert view.currentIndex().data(Qt.UserRole) == "1.1.1198"
    qtbot.keyClick(view, Qt.Key_Home)
    assert series(many).currentSelection == ["1.1.0"]


def test_shift_and_arrow_select_several_rows(qtbot, many):
    view = series(many).tableView()
    qtbot.keyClick(view, Qt.Key_Home)
    qtbot.keyClick(view, Qt.Key_Down, Qt.ShiftModifier)
    qtbot.keyClick(view, Qt.Key_Down, Qt.ShiftModifier)
    assert series(many).currentSelection == ["1.1.0", "1.1.2", "1.1.4"]


def test_enter_does_what_a_double_click_does(qtbot, many):
    view = series(many).tableView()
    qtbot.keyClick(view, Qt.Key_Home)
    with qtbot.waitSignal(many.dicomTableManager().seriesDoubleClicked) as told:
        qtbot.keyClick(view, Qt.Key_Return)
    assert told.args[0].data(Qt.UserRole) == "1.1.0"


def test_delete_asks_and_removes(qtbot, many):
    view = series(many).tableView()
    qtbot.keyClick(view, Qt.Key_End)
    qtbot.keyClick(view, Qt.Key_Delete)
    (box,) = many.findChildren(QMessageBox)
    accept = next(button for button in box.buttons() if box.buttonRole(button) == QMessageBox.AcceptRole)
    qtbot.mouseClick(accept, Qt.LeftButton)
    qtbot.waitUntil(lambda: many.database().seriesCount() == 599)
    assert "1.1.1198" not in many.database().seriesForStudy("1.1")


def drag(widget, start, end):
    """Press at one point, move to another, and let go."""
    left, none = Qt.LeftButton, Qt.NoModifier
    _send(widget, QEvent.MouseButtonPress, QPointF(start), left, left, none)
    _send(widget, QEvent.MouseMove, QPointF(end), Qt.NoButton, left, none)
    _send(widget, QEvent.MouseButtonRelease, QPointF(end), left, Qt.NoButton, none)


def header_place(header, field_column):
    return QPoint(header.sectionViewportPosition(field_column) + 20, header.height() // 2)


def test_order_and_widths_that_a_user_chose_are_there_in_the_next_window(qtbot, many):
    view = series(many).tableView()
    header = view.horizontalHeader()
    number = [column.field for column in series(many)._model.columns].index("SeriesNumber")
    qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=header_place(header, number))
    if header.sortIndicatorOrder() != Qt.DescendingOrder:
        qtbot.mouseClick(header.viewport(), Qt.LeftButton, pos=header_place(header, number))
    assert series(many).uidsForAllRows()[0] == "1.1.1198"
    columns = series(many)._model.columns
    free = next(i for i, one in enumerate(columns) if one.visible and one.resize_mode == "interactive")
    width = header.sectionSize(free)
    edge = QPoint(header.sectionViewportPosition(free) + width - 1, 5)
    drag(header.viewport(), edge, edge + QPoint(37, 0))
    assert header.sectionSize(free) == width + 37
    directory = many.databaseDirectory
    many.database().closeDatabase()

    second = ctkDICOMBrowser()
    qtbot.addWidget(second)
    second.resize(900, 700)
    second.setDatabaseDirectory(directory)
    second.show()
    qtbot.waitExposed(second)
    assert series(second).uidsForAllRows()[0] == "1.1.1198"
    assert series(second).tableView().horizontalHeader().sectionSize(free) == width + 37
    second.database().closeDatabase()
