"""The side panel: its title bar, the whole screen, and closing it."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDockWidget, QWidget

from Testing.DICOMModule.driving import click

pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def docked(qtbot, dicom):
    """The module with its browser in the side panel."""
    click(qtbot, dicom.panel.ui.dockToRightPushButton)
    qtbot.waitUntil(dicom.browser.isVisible)
    dicom.dock = dicom.instance.dockWidget
    return dicom


def test_the_panel_takes_the_whole_screen_and_comes_back(qtbot, docked):
    dock = docked.dock
    for full in (True, False):
        click(qtbot, dock.fullScreenButton)
        qtbot.waitUntil(lambda full=full: QWidget.isFullScreen(dock) is full)
        assert QDockWidget.isFloating(dock) is full
        assert docked.browser.isVisible()
        assert docked.instance.isDockMode
    assert docked.window.dockWidgetArea(dock) == Qt.RightDockWidgetArea


@pytest.mark.parametrize("full", [False, True])
def test_its_close_button_brings_the_browser_back_into_the_layout(qtbot, docked, full):
    if full:
        click(qtbot, docked.dock.fullScreenButton)
    click(qtbot, docked.dock.closeButton)
    assert not docked.instance.isDockMode
    assert not QWidget.isVisible(docked.dock)
    assert not QDockWidget.isFloating(docked.dock)
    assert not docked.panel.ui.dockToRightPushButton.checked
    click(qtbot, docked.panel.ui.showBrowserButton)
    qtbot.waitUntil(docked.browser.isVisible)
    assert docked.instance.place.in_layout


def test_the_button_of_the_panel_ends_the_whole_screen(qtbot, docked):
    click(qtbot, docked.dock.fullScreenButton)
    qtbot.mouseClick(docked.panel.ui.dockToRightPushButton, Qt.LeftButton)
    qtbot.waitUntil(docked.browser.isVisible)
    assert not QDockWidget.isFloating(docked.dock)
    assert not docked.dock.fullScreenButton.checked
    assert docked.instance.place.in_layout
