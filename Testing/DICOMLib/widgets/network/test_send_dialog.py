"""Sending through the dialog to a real peer."""

from __future__ import annotations

import json

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.widgets.network.send_dialog import DICOMSendDialog
from Testing import dcmtk
from Testing.DICOMLib.widgets.conftest import INSTANCES
from Testing.DICOMModule.driving import answer_file_dialog, click, type_into
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


@pytest.fixture
def storescp(tmp_path):
    (tmp_path / "peer").mkdir()
    server = dcmtk.storescp(tmp_path / "peer")
    yield server
    server.close()


@pytest.fixture
def dialog(qtbot, settings, dicom_folder):
    dialog = DICOMSendDialog(sorted(dicom_folder.glob("*.dcm")), None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    qtbot.waitExposed(dialog)
    yield dialog
    dialog.reject()


def test_files_arrive_and_the_receipt_says_so(qtbot, dialog, storescp, settings, tmp_path):
    assert f"{INSTANCES} files will be sent." in dialog.textLabel.text()
    type_into(qtbot, dialog.addressEdit, f"localhost:{storescp.port}")
    with qtbot.waitSignal(dialog.sent):
        click(qtbot, dialog.sendButton)
        assert not dialog.sendButton.isEnabled()
    assert dialog.receipt.complete
    assert dialog.textLabel.text() == "9 of 9 instances in 4 series sent."
    assert len(list((tmp_path / "peer" / "received").iterdir())) == INSTANCES
    assert settings.value("DICOM/Send/URL") == f"localhost:{storescp.port}"
    assert settings.value("DICOM/Send/Protocol") == "DIMSE"
    assert settings.value("DICOM/Send/AETitle") == "CTK"


def test_a_server_of_the_list_needs_no_address(qtbot, settings, dicom_folder, storescp):
    save_peers(settings, [Peer("localhost", storescp.port, "STORE", name="Our archive")])
    dialog = DICOMSendDialog([str(dicom_folder / "1.2.1.1.1.dcm")], None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.serverBox.setFocus()
    qtbot.keyClick(dialog.serverBox, Qt.Key_Down)
    assert dialog.serverBox.currentText() == "Our archive"
    assert not dialog.addressEdit.isEnabled()
    with qtbot.waitSignal(dialog.sent):
        click(qtbot, dialog.sendButton)
    assert dialog.receipt.complete
    dialog.reject()


@pytest.mark.parametrize("address", ["", "localhost:port", "localhost:0"])
def test_an_address_that_cannot_be_used_is_said(qtbot, dialog, address):
    if address:
        type_into(qtbot, dialog.addressEdit, address)
    click(qtbot, dialog.sendButton)
    assert dialog.receipt is None
    assert "files will be sent" not in dialog.textLabel.text()
    assert dialog.sendButton.isEnabled()


def test_a_peer_that_is_not_there_is_said_and_can_be_tried_again(qtbot, dialog):
    type_into(qtbot, dialog.addressEdit, f"localhost:{free_port()}")
    click(qtbot, dialog.sendButton)
    qtbot.waitUntil(dialog.sendButton.isEnabled)
    assert "localhost" in dialog.textLabel.text()
    assert not dialog.progress.isVisible()


def test_what_was_not_taken_is_listed_and_saved(qtbot, settings, dicom_folder, storescp, tmp_path):
    files = [str(dicom_folder / "1.2.1.1.1.dcm"), str(dicom_folder / "readme.txt")]
    dialog = DICOMSendDialog(files, None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    type_into(qtbot, dialog.addressEdit, f"localhost:{storescp.port}")
    with qtbot.waitSignal(dialog.sent):
        click(qtbot, dialog.sendButton)
    view = dialog.receiptView
    shown = [[view.topLevelItem(row).text(column) for column in range(4)] for row in range(2)]
    assert shown[0] == ["1.2.1.1", "1", "1", ""]
    assert "readme.txt" in shown[1][0]
    click(qtbot, dialog.saveButton)
    answer_file_dialog(qtbot, dialog.findChild(QFileDialog), tmp_path / "receipt.json")
    qtbot.waitUntil((tmp_path / "receipt.json").exists)
    assert json.loads((tmp_path / "receipt.json").read_text())["done"] == 1
    dialog.reject()


def test_dicomweb_knows_no_ae_title(qtbot, dialog, orthanc, settings):
    assert dialog.aeTitleEdit.isEnabled()
    type_into(qtbot, dialog.addressEdit, orthanc.web_url)
    assert not dialog.aeTitleEdit.isEnabled()
    with qtbot.waitSignal(dialog.sent):
        click(qtbot, dialog.sendButton)
    assert dialog.receipt.complete
    assert not dialog.aeTitleEdit.isEnabled()
    assert settings.value("DICOM/Send/Protocol") == "DICOMweb"
    type_into(qtbot, dialog.addressEdit, "localhost:104")
    assert dialog.aeTitleEdit.isEnabled()


def test_the_protocol_is_chosen_or_follows_the_address(qtbot, dialog, settings):
    box = dialog.protocolBox
    assert [box.itemText(row) for row in range(box.count())] == ["DIMSE", "DICOMweb"]
    assert box.currentText() == "DIMSE"
    qtbot.keyClick(box, Qt.Key_Down)
    assert not dialog.aeTitleEdit.isEnabled()
    type_into(qtbot, dialog.addressEdit, "htt")
    assert box.currentText() == "DICOMweb"
    click(qtbot, dialog.sendButton)  # no URL yet
    assert "htt" in dialog.textLabel.text()
    assert dialog.sendButton.isEnabled()
    qtbot.keyClicks(dialog.addressEdit, "ps://pacs.example/dicom-web")
    assert box.currentText() == "DICOMweb"
    type_into(qtbot, dialog.addressEdit, "localhost:104")
    assert box.currentText() == "DIMSE"
    assert dialog.aeTitleEdit.isEnabled()


def test_it_opens_with_what_was_sent_to_last(qtbot, settings, dicom_folder):
    settings.setValue("DICOM/Send/Protocol", "DICOMweb")
    settings.setValue("DICOM/Send/URL", "https://pacs.example/dicom-web")
    dialog = DICOMSendDialog([str(dicom_folder / "1.2.1.1.1.dcm")], None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    assert dialog.windowTitle() == "Send DICOM Study"
    assert dialog.isVisible()  # it opens itself
    assert dialog.protocolBox.currentText() == "DICOMweb"
    assert not dialog.aeTitleEdit.isEnabled()
    dialog.reject()
