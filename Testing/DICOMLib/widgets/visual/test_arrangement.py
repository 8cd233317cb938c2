"""The visual browser in windows of different widths, and its Close button."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, QRect, Qt
from qtpy.QtWidgets import QSplitterHandle

from DICOMLib.widgets import ctkDICOMVisualBrowserWidget
from DICOMLib.widgets.visual.patient_list import DisplayMode
from Testing.DICOMModule.driving import click

pytestmark = pytest.mark.gui


def place(browser, widget):
    """Where a widget stands in the browser."""
    return QRect(widget.mapTo(browser, QPoint(0, 0)), widget.size())


def resize(qtbot, browser, width):
    """Drag the border of the window: it passes through the widths between."""
    for step in sorted({browser.width(), 799, width}, reverse=width < browser.width()):
        if min(browser.width(), width) <= step <= max(browser.width(), width):
            browser.resize(step, 800)
            qtbot.waitUntil(lambda step=step: browser.width() == step)
            qtbot.wait(20)  # the layouts follow


@pytest.fixture
def listed(filled):
    """Patients as a list."""
    filled.patientList.displayMode = DisplayMode.ListMode
    return filled


def test_wide_the_parts_stand_beside_each_other(qtbot, listed):
    resize(qtbot, listed, 1000)
    assert place(listed, listed.queryButton).left() > place(listed, listed.filterBar).right()
    assert place(listed, listed.patientPage).left() > place(listed, listed.patientList).right()


@pytest.mark.parametrize("width", [799, 560])
def test_narrow_they_stand_in_one_column_and_nothing_is_cut(qtbot, listed, width):
    resize(qtbot, listed, width)
    assert place(listed, listed.queryButton).top() > place(listed, listed.filterBar).bottom()
    assert place(listed, listed.patientPage).top() > place(listed, listed.patientList).bottom()
    bar = listed.filterBar
    for widget in (
        bar.patientName,
        bar.resetButton,
        listed.closeButton,
        listed.networkButton,
        listed.loadButton,
    ):
        assert place(listed, widget).right() <= width
        assert widget.width() >= widget.minimumSizeHint().width()
    resize(qtbot, listed, 1000)
    assert place(listed, listed.queryButton).left() > place(listed, listed.filterBar).right()


def drag(qtbot, handle: QSplitterHandle, by: QPoint):
    """Move the border between two parts by the mouse."""
    at = handle.rect().center()
    qtbot.mousePress(handle, Qt.LeftButton, pos=at)
    qtbot.mouseMove(handle, at + by)
    qtbot.mouseRelease(handle, Qt.LeftButton, pos=at)


def test_each_arrangement_keeps_its_own_sizes(qtbot, listed):
    resize(qtbot, listed, 1000)
    drag(qtbot, listed._body.handle(1), QPoint(60, 0))
    wide = listed.patientList.width()
    resize(qtbot, listed, 700)
    drag(qtbot, listed._body.handle(1), QPoint(0, 40))
    narrow = listed.patientList.height()
    resize(qtbot, listed, 1000)
    assert listed.patientList.width() == pytest.approx(wide, abs=2)
    resize(qtbot, listed, 700)
    assert listed.patientList.height() == pytest.approx(narrow, abs=2)
    again = ctkDICOMVisualBrowserWidget(listed.dicomDatabase(), None)
    qtbot.addWidget(again)
    again.patientList.displayMode = DisplayMode.ListMode
    again.resize(1000, 800)
    again.show()
    qtbot.waitExposed(again)
    assert again.patientList.width() == pytest.approx(wide, abs=2)
    again.onClose()


def test_the_close_button_closes_the_window_and_it_can_be_opened_again(qtbot, filled):
    with qtbot.waitSignal(filled.closeRequested):
        click(qtbot, filled.closeButton)
    assert not filled.isVisible()
    filled.show()
    qtbot.waitExposed(filled)
    qtbot.waitUntil(lambda: filled._pictures._pictures.get("1.2.2.1") is not None)  # made anew
