"""The panel of the DICOM module: its buttons, as a user presses them."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox

from Testing.DICOMModule.conftest import SHADES_SERIES
from Testing.DICOMModule.driving import click, double_click_row, drop

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def filled(qtbot, dicom, dicom_folder):
    """The module with the files of the folder, the sections of the panel open."""
    with qtbot.waitSignal(dicom.browser.dicomBrowser.directoryImported):
        assert drop(dicom.browser.dicomBrowser, [dicom_folder])
    dicom.panel.ui.browserSettingsFrame.setCollapsed(False)
    yield dicom
    dicom.panel.ui.browserSettingsFrame.setCollapsed(True)


def test_all_data_are_removed_after_a_question(qtbot, filled, dicom_folder):
    files = len(list(dicom_folder.iterdir()))
    qtbot.waitUntil(filled.panel.ui.clearDatabaseButton.isVisible)
    click(qtbot, filled.panel.ui.clearDatabaseButton)
    (box,) = filled.browser.dicomBrowser.findChildren(QMessageBox)
    assert "3 selected patients" in box.text()
    accept = next(button for button in box.buttons() if box.buttonRole(button) == QMessageBox.AcceptRole)
    click(qtbot, accept)
    qtbot.waitUntil(lambda: filled.database.patientsCount() == 0)
    qtbot.waitUntil(lambda: not filled.tasks.busy)
    assert len(list(dicom_folder.iterdir())) == files  # linked files stay on the disk
    click(qtbot, filled.panel.ui.clearDatabaseButton)
    assert filled.tasks.information.label.text() == "The database is empty already."


def test_repair_finds_series_whose_files_are_gone(qtbot, filled, dicom_folder):
    for path in dicom_folder.glob("1.2.3.1.*"):
        path.unlink()
    qtbot.waitUntil(filled.panel.ui.repairDatabaseButton.isVisible)
    click(qtbot, filled.panel.ui.repairDatabaseButton)
    from DICOMLib.widgets.files.missing_dialog import MissingDialog

    qtbot.waitUntil(lambda: bool(filled.browser.dicomBrowser.findChildren(MissingDialog)))
    (dialog,) = filled.browser.dicomBrowser.findChildren(MissingDialog)
    assert dialog.chosen() == ["1.2.3.1"]
    click(qtbot, dialog.removeButton)
    qtbot.waitUntil(lambda: filled.database.seriesCount() == 4)


def test_hide_after_loading_is_chosen_in_the_panel(qtbot, filled):
    box = filled.panel.ui.browserAutoHideCheckBox
    box.setChecked(True)  # however it was before
    box.setChecked(False)
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), SHADES_SERIES)
    assert filled.browser.isVisible()
    box.setChecked(True)
    with qtbot.waitSignal(filled.browser.loadingFinished):
        double_click_row(qtbot, filled.tables.seriesTable(), SHADES_SERIES)
    assert not filled.browser.isVisible()


def test_the_browser_goes_to_the_side_panel_and_back(qtbot, filled):
    click(qtbot, filled.panel.ui.dockToRightPushButton)
    qtbot.waitUntil(filled.browser.isVisible)
    assert filled.instance.isDockMode
    assert filled.red.canvas.isVisible()
    click(qtbot, filled.panel.ui.dockToRightPushButton)
    assert not filled.instance.isDockMode


def test_a_port_that_is_taken_is_told_beside_the_switch(qtbot, dicom, kept_settings):
    import socket

    dicom.panel.ui.networkingFrame.setCollapsed(False)
    with socket.create_server(("", 0)) as taken:
        kept_settings.setValue("StoragePort", str(taken.getsockname()[1]))
        qtbot.mouseClick(dicom.panel.ui.toggleListener, Qt.LeftButton)
        text = str(dicom.panel.ui.listenerStateLabel.text)
        assert str(taken.getsockname()[1]) in text
        assert not dicom.panel.ui.toggleListener.checked
    dicom.instance.stopListener()
    dicom.panel.updateListenerState()
    assert dicom.panel.ui.listenerStateLabel.text == "not started"
