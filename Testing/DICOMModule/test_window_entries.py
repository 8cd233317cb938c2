"""How a user gets to the module from the main window."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QAction, QComboBox, QMainWindow, QMenu, QToolBar, QWidget

from Testing.DICOMModule.driving import click_action

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def elsewhere(dicom):
    """Another module is chosen."""
    dicom.window.moduleSelector().selectModule("DICOMPatcher")
    assert not dicom.instance.browserShown()
    return dicom


def file_menu(window):
    (menu,) = [
        menu for menu in QMainWindow.findChildren(window, QMenu) if QMenu.objectName(menu) == "FileMenu"
    ]
    return menu


def texts(menu):
    return [QAction.text(one) for one in QMenu.actions(menu)]


def test_the_menu_leads_to_the_module(qtbot, elsewhere):
    entries = texts(file_menu(elsewhere.window))
    place = entries.index("&DICOM database")
    assert entries.index("&Save scene…") == place + 1
    entry = QMenu.actions(file_menu(elsewhere.window))[place]
    assert QAction.shortcut(entry) == QKeySequence("Ctrl+D")
    QAction.trigger(entry)
    assert elsewhere.window.moduleSelector().selectedModule == "DICOM"
    qtbot.waitUntil(elsewhere.browser.isVisible)


def test_its_key_leads_there_too(qtbot, elsewhere):
    QWidget.activateWindow(elsewhere.window)
    qtbot.waitUntil(lambda: QWidget.isActiveWindow(elsewhere.window))
    qtbot.keyClick(elsewhere.window, Qt.Key_D, Qt.ControlModifier)
    assert elsewhere.window.moduleSelector().selectedModule == "DICOM"


def test_the_module_has_an_icon_which_stands_in_the_list_of_modules(dicom):
    image = dicom.instance.parent.icon.pixmap(24, 24).toImage()
    assert slicer.modules.dicom.icon is dicom.instance.parent.icon
    assert max(image.pixelColor(x, y).alpha() for x in range(24) for y in range(24)) > 100
    box = QWidget.findChild(dicom.window.moduleSelector(), QComboBox, "ModulesComboBox")
    assert not QComboBox.itemIcon(box, QComboBox.findData(box, "DICOM")).isNull()


def test_the_button_is_shown_by_the_module(qtbot, elsewhere):
    (bar,) = QMainWindow.findChildren(elsewhere.window, QToolBar, "MainToolBar")
    (action,) = [one for one in QToolBar.actions(bar) if QAction.objectName(one) == "LoadDICOMAction"]
    click_action(qtbot, bar, action)
    assert elsewhere.window.moduleSelector().selectedModule == "DICOM"
    QAction.setVisible(action, False)
    elsewhere.instance.addMenu()
    assert QAction.isVisible(action)
    entries = texts(file_menu(elsewhere.window))
    assert entries.count("&DICOM database") == 1
