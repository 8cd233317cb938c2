"""The visual browser by keyboard, wheel and date."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QDate, QPoint, QPointF, Qt
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QApplication

from DICOMLib.widgets.visual.selection import short_count
from Testing.DICOMLib.widgets.visual.test_browser import click_tile, shown_series, shown_studies
from Testing.DICOMModule.driving import click

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("key", "is_open"),
    [
        (Qt.Key_Left, False),
        (Qt.Key_Right, True),
        (Qt.Key_Backspace, False),
        (Qt.Key_Return, True),
    ],
)
def test_keys_open_and_close_a_study(qtbot, filled, key, is_open):
    card = shown_studies(filled)[1]
    card.setOpen(not is_open)
    qtbot.keyClick(card, key)
    assert card.grid.isVisible() is is_open


def test_escape_on_a_study_chooses_nothing(qtbot, filled):
    card = shown_studies(filled)[1]
    click(qtbot, card.selectButton)
    assert filled.selectedSeries() == ["1.2.1.1", "1.2.1.2"]
    qtbot.keyClick(card, Qt.Key_Escape)
    assert filled.selectedSeries() == []


def test_backspace_takes_a_series_out_of_the_choice(qtbot, filled):
    card = shown_studies(filled)[1]
    click_tile(qtbot, card, "1.2.1.1")
    click_tile(qtbot, card, "1.2.1.2", Qt.ControlModifier)
    qtbot.keyClick(card.grid, Qt.Key_Backspace)
    assert filled.selectedSeries() == ["1.2.1.1"]


def test_enter_chooses_the_current_series_and_then_loads_it(qtbot, filled):
    card = shown_studies(filled)[1]
    click_tile(qtbot, card, "1.2.1.1")
    qtbot.keyClick(card.grid, Qt.Key_Right, Qt.ControlModifier)  # on to the next without choosing it
    assert filled.selectedSeries() == ["1.2.1.1"]
    loaded = []
    filled.seriesRetrieved.connect(loaded.append)
    qtbot.keyClick(card.grid, Qt.Key_Return)
    assert (filled.selectedSeries(), loaded) == (["1.2.1.1", "1.2.1.2"], [])
    qtbot.keyClick(card.grid, Qt.Key_Return)
    assert loaded == [["1.2.1.2"]]


def test_escape_in_the_list_of_patients_shows_none(qtbot, filled):
    qtbot.keyClick(filled.patientList, Qt.Key_Escape)
    assert filled.patientList.current() == ""
    assert shown_studies(filled) == []


@pytest.mark.parametrize(("turn", "size"), [(120, "Medium"), (-120, "Small")])
def test_ctrl_and_the_wheel_change_the_size_of_pictures(filled, turn, size):
    grid = shown_studies(filled)[1].grid
    at = QPointF(grid.viewport().rect().center())
    event = QWheelEvent(
        at,
        QPointF(grid.viewport().mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, turn),
        Qt.NoButton,
        Qt.ControlModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(grid.viewport(), event)
    assert filled.thumbnailSizePreset == filled.ThumbnailSizePresetOption[size]


def test_dates_of_studies(qtbot, filled):
    bar = filled.filterBar
    filled.filteringDate = filled.LastYear  # all studies are older
    qtbot.waitUntil(lambda: filled.patientList.count() == 0)
    filled.filteringDate = filled.CustomRange
    bar.firstDay.setDate(QDate(2020, 1, 1))
    bar.lastDay.setDate(QDate(2020, 12, 31))
    qtbot.waitUntil(lambda: shown_series(filled) == {"1.2.1": ["1.2.1.1", "1.2.1.2"]})
    assert filled.patientList.count() == 1
    click(qtbot, bar.resetButton)
    qtbot.waitUntil(lambda: filled.patientList.count() == 2)
    assert filled.filteringDate == filled.Any


def test_only_the_newest_studies_are_open_at_first(qtbot, visual, dicom_folder):
    visual.numberOfOpenedStudiesPerPatient = 1
    with qtbot.waitSignal(visual.directoryImported):
        visual.importDirectory(str(dicom_folder))
    visual.patientList.choose("1")
    assert [card.isOpen() for card in shown_studies(visual)] == [True, False]


def test_delete_is_offered_unless_a_program_hides_it(filled):
    for visible in (True, False):
        filled.deleteActionVisible, filled.sendActionVisible = visible, not visible
        menu = filled.contextMenu("Series", ["1.2.1.1"], ["1.2.1.1"])
        names = [action.objectName() for action in menu.actions()]
        assert ("remove" in names, "send" in names) == (visible, not visible)
        menu.close()


def test_many_are_told_in_thousands():
    assert [short_count(count) for count in (999, 1000, 1249)] == ["999", "1.0k", "1.2k"]


def test_menus_have_the_order_of_those_of_the_tables(filled):
    """As in CTK: view, delete, export, send."""
    filled.sendActionVisible = True
    menu = filled.contextMenu("Series", ["1.2.1.1"], ["1.2.1.1"])
    names = [action.objectName() for action in menu.actions()]
    assert names == ["load", "retrieve", "metadata", "remove", "export", "deidentify", "send"]
