"""What the panel tells while other systems send, and what happens when the module is chosen again."""

from __future__ import annotations

import contextlib
import socket
import sys

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMainWindow, QWidget

from DICOMLib.core.jobs import run
from DICOMLib.network.echo import echo
from DICOMLib.network.peers import Peer
from Testing.orthanc import free_port

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def receiving(qtbot, dicom, kept_settings):
    """The module, which listens; it was switched on in the panel."""
    kept_settings.setValue("StoragePort", str(free_port()))
    dicom.panel.ui.networkingFrame.setCollapsed(False)
    qtbot.waitUntil(dicom.panel.ui.toggleListener.isVisible)
    qtbot.mouseClick(dicom.panel.ui.toggleListener, Qt.LeftButton)
    assert slicer.dicomListener is not None
    yield dicom
    dicom.instance.stopListener()
    dicom.panel.ui.networkingFrame.setCollapsed(True)


def send(folder):
    from DICOMLib import DICOMSender

    DICOMSender(
        [str(path) for path in sorted(folder.glob("1.2.3.1.*"))], f"localhost:{slicer.dicomListener.port}"
    )


@pytest.mark.network
def test_each_file_is_told_and_the_change_once_for_all(qtbot, receiving, dicom_folder):
    told, changes = [], []
    bar = QMainWindow.statusBar(receiving.window)
    bar.messageChanged.connect(told.append)
    send(dicom_folder)
    qtbot.waitUntil(lambda: len([text for text in told if text]) == 2, timeout=20_000)
    assert all(text.startswith("Received: ") for text in told if text)
    assert bar.currentMessage().startswith("Received: ")
    receiving.database.databaseChanged.connect(lambda: changes.append(1))
    qtbot.waitUntil(lambda: changes == [1], timeout=4000)  # nothing was added since
    qtbot.waitUntil(lambda: not bar.currentMessage())
    receiving.database.databaseChanged.disconnect(receiving.database.databaseChanged._listeners[-1])
    bar.messageChanged.disconnect(told.append)


@pytest.mark.network
def test_nothing_is_told_while_another_module_is_shown(qtbot, receiving, dicom_folder):
    told = []
    bar = QMainWindow.statusBar(receiving.window)
    bar.messageChanged.connect(told.append)
    receiving.window.moduleSelector().selectModule("DICOMPatcher")
    send(dicom_folder)
    qtbot.waitUntil(lambda: receiving.database.imagesCount() == 2, timeout=20_000)
    qtbot.wait(100)
    assert told == []
    receiving.window.moduleSelector().selectModule("DICOM")
    assert slicer.dicomListener.fileAddedCallback is not None
    bar.messageChanged.disconnect(told.append)


def test_the_panel_follows_a_script_that_stops_the_listener(receiving):
    assert "running at port" in receiving.panel.ui.listenerStateLabel.text
    receiving.instance.stopListener()
    assert receiving.panel.ui.listenerStateLabel.text == "not started"
    assert not receiving.panel.ui.toggleListener.checked


def test_a_change_is_remembered_until_the_module_is_chosen(dicom, dicom_folder):
    dicom.window.moduleSelector().selectModule("DICOMPatcher")
    dicom.instance.databaseChanged = False
    slicer.util.getModuleLogic("DICOM").importDirectory(str(dicom_folder))
    assert dicom.instance.databaseChanged
    dicom.window.moduleSelector().selectModule("DICOM")
    assert not dicom.instance.databaseChanged


def test_the_visual_browser_is_read_again_if_something_changed_meanwhile(qtbot, dicom, dicom_folder):
    visual = dicom.browser.dicomVisualBrowser
    dicom.panel.ui.showVisualBrowserButton.setChecked(True)
    try:
        dicom.window.moduleSelector().selectModule("DICOMPatcher")
        visual._events.stop()  # what it would hear by itself
        slicer.util.getModuleLogic("DICOM").importDirectory(str(dicom_folder))
        assert visual.patientList.patients() == []
        dicom.window.moduleSelector().selectModule("DICOM")
        assert len(visual.patientList.patients()) == 3
    finally:
        visual._events.listenTo(dicom.database)
        dicom.panel.ui.showVisualBrowserButton.setChecked(False)


@pytest.mark.network
def test_the_testing_server_is_for_developers(qtbot, dicom):
    """It listens at Slicer's port, or at another one if that is taken, as it is here."""
    taken = socket.socket()
    with contextlib.closing(taken):
        with contextlib.suppress(OSError):  # somebody listens there already
            taken.bind(("127.0.0.1", 11112))
            taken.listen()
        start_and_stop_the_testing_server(qtbot, dicom)


def start_and_stop_the_testing_server(qtbot, dicom):
    button = dicom.panel.ui.toggleServer
    assert QWidget.isHidden(button)
    dicom.panel.ui.networkingFrame.setCollapsed(False)
    button.setVisible(True)
    try:
        qtbot.mouseClick(button, Qt.LeftButton)
        assert dicom.panel.testingServer.qrRunning()
        assert button.text == "Stop testing server"
        port = dicom.panel.testingServer.port
        assert port != 11112
        assert f"port {port} of" in button.toolTip
        assert run(echo(Peer("127.0.0.1", port, "CTK_AE"))).seconds < 5
        qtbot.mouseClick(button, Qt.LeftButton)
        assert not dicom.panel.testingServer.qrRunning()
        assert button.text == "Start testing server"
    finally:
        button.setVisible(False)
        dicom.panel.ui.networkingFrame.setCollapsed(True)


def test_the_panel_is_at_hand_in_the_module(dicom):
    assert sys.modules["DICOM"].d is dicom.panel
    assert slicer.modules.DICOMWidget is dicom.panel
    assert dicom.panel.browserWidget is dicom.browser
    assert dicom.panel.pluginSelector.checkBoxByPlugin is dicom.panel.checkBoxByPlugins[0]
