"""The dialog of the application's settings: what its keys and buttons do, and what they must not."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QMessageBox, QPushButton, QWidget

from Testing.DICOMModule.driving import click

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

KEY = "Developer/DeveloperMode"


@pytest.fixture
def dialog(qtbot, dicom, kept_settings):
    """A settings dialog at its first page, whose developer mode was switched on."""
    from DICOMModule.Host.window.settings_dialog import SettingsDialog

    dialog = SettingsDialog(dicom.window)
    qtbot.addWidget(dialog)
    QDialog.open(dialog)
    qtbot.waitExposed(dialog)
    dialog.activateWindow()
    qtbot.waitUntil(lambda: QWidget.isActiveWindow(dialog))
    box = dialog.panel("Developer").developerMode
    QCheckBox.setChecked(box, False)
    qtbot.keyClick(box, Qt.Key_Space)
    assert _is_on()
    yield dialog
    QCheckBox.setChecked(box, False)


def _is_on() -> bool:
    return str(QSettings().value(KEY)).lower() == "true"


def _restore(dialog) -> QPushButton:
    return dialog.findChild(QDialogButtonBox).button(QDialogButtonBox.RestoreDefaults)


def _question(dialog) -> QMessageBox:
    (box,) = (one for one in dialog.findChildren(QMessageBox) if one.isVisible())
    return box


def test_enter_in_the_list_of_pages_changes_no_setting(qtbot, dialog):
    qtbot.keyClick(dialog.findChild(QWidget, "SettingsPages"), Qt.Key_Return)
    assert _is_on()
    assert not dialog.findChildren(QMessageBox)
    assert not QWidget.isVisible(dialog)  # Enter closes


def test_restoring_asks_and_cancel_keeps_all(qtbot, dialog):
    click(qtbot, _restore(dialog))
    box = _question(dialog)
    assert "page Developer" in box.text()
    assert _is_on()
    qtbot.keyClick(box, Qt.Key_Return)  # Cancel is what Enter means
    assert not box.isVisible()
    assert _is_on()


def test_restoring_gives_the_page_its_first_values(qtbot, dialog):
    click(qtbot, _restore(dialog))
    box = _question(dialog)
    (restore,) = (one for one in box.buttons() if box.buttonRole(one) == QMessageBox.AcceptRole)
    click(qtbot, restore)
    assert not _is_on()
    assert QWidget.isVisible(dialog)


def test_panels_follow_developer_mode_at_once(qtbot, dicom, dialog):
    """Those that are there already, without being built anew."""
    panel = dicom.panel
    box = dialog.panel("Developer").developerMode
    widget = panel.parent
    tree = panel.ui.subjectHierarchyTree
    buttons = ("ReloadButton", "ReloadAndTestButton", "TestButton")
    for name in buttons:
        button = QWidget.findChild(widget, QPushButton, name)
        qtbot.waitUntil(lambda button=button: QWidget.isVisible(button))
    assert widget.layout().indexOf(QWidget.findChild(widget, QWidget, "DeveloperSection")) == 0
    assert not QWidget.isHidden(panel.ui.toggleServer)
    qtbot.keyClick(box, Qt.Key_Space)
    assert all(QWidget.findChild(widget, QPushButton, name) is None for name in buttons)
    assert QWidget.isHidden(panel.ui.toggleServer)
    assert dicom.panel.ui.subjectHierarchyTree is tree
