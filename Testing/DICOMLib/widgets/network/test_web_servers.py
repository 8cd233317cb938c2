"""DICOMweb servers in the window: listed, logged in to, verified, queried, retrieved from and sent to.

They are our own server behind a token, and Orthanc.
"""

from __future__ import annotations

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialogButtonBox

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.origin_servers import OriginServer, load_origin_servers, save_origin_servers
from DICOMLib.network.peers import save_peers
from DICOMLib.network.secrets import KeyringSecrets, MemorySecrets
from DICOMLib.web.server import origin_server
from DICOMLib.web.server.application import Access
from DICOMLib.web.server.services import Services
from DICOMLib.widgets.network.diagnosis_dialog import DiagnosisDialog
from DICOMLib.widgets.network.send_dialog import DICOMSendDialog
from DICOMLib.widgets.network.server_dialog import TOKEN, ServerDialog
from DICOMLib.widgets.network.server_rows import ACCESS, KIND, NAME, VERIFICATION
from Testing.DICOMLib.widgets.network.test_query_window import ask, studies
from Testing.DICOMModule.driving import click, click_action, type_into

pytestmark = [pytest.mark.gui, pytest.mark.network]

SECRET = "one-two-three"


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch):
    """Secrets of these tests end with them."""
    monkeypatch.setattr(KeyringSecrets, "_memory", MemorySecrets())
    before = keyring.get_keyring()
    keyring.set_keyring(NoKeyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def served(tmp_path, dicom_folder):
    """Our own server behind a token, with the files, which also takes what is sent."""
    with Database.open(tmp_path / "served") as database, Receiver(database) as receiver:
        run(import_paths(database, [dicom_folder]))
        services = Services(database, receiver, receiver.settle, min_free_bytes=0)
        options = origin_server.ServerOptions(port=0, access=Access(token=SECRET))
        with origin_server.OriginServer(services, options) as server:
            yield server, database


@pytest.fixture
def window(qtbot, browser, settings):
    """The query window of an empty browser, without a DIMSE server that is asked."""
    click_action(qtbot, browser.toolBar, browser.toolBar.queryAction)
    window = browser._query_window
    qtbot.waitExposed(window)
    yield window
    window.close()


def open_dialog(servers) -> ServerDialog:
    return next(one for one in servers.findChildren(ServerDialog) if one.isVisible())


def test_a_server_is_added_by_its_dialog_verified_and_diagnosed(qtbot, window, served, settings):
    server, _database = served
    servers, table = window.widget.servers, window.widget.servers.table
    click(qtbot, servers.addWebButton)
    dialog = open_dialog(servers)
    click(qtbot, dialog.buttons.button(QDialogButtonBox.Ok))
    assert "no URL" in dialog.faultLabel.text()
    type_into(qtbot, dialog.nameEdit, "Ours")
    type_into(qtbot, dialog.urlEdit, server.url)
    assert not dialog.tokenEdit.isEnabled()
    dialog.loginBox.setCurrentIndex(dialog.loginBox.findData(TOKEN))
    type_into(qtbot, dialog.tokenEdit, "wrong")
    click(qtbot, dialog.buttons.button(QDialogButtonBox.Ok))
    row = table.rowCount() - 1
    assert [table.item(row, column).text() for column in (NAME, KIND, ACCESS)] == [
        "Ours",
        "DICOMweb",
        "token",
    ]
    click(qtbot, servers.verifyButton)
    qtbot.waitUntil(lambda: table.item(row, VERIFICATION).text() not in ("", "asking…"), timeout=10_000)
    assert not table.item(row, VERIFICATION).text().startswith("answers")
    click(qtbot, servers.editButton)
    dialog = open_dialog(servers)
    type_into(qtbot, dialog.tokenEdit, SECRET)
    click(qtbot, dialog.buttons.button(QDialogButtonBox.Ok))
    click(qtbot, servers.verifyButton)
    qtbot.waitUntil(lambda: table.item(row, VERIFICATION).text().startswith("answers"), timeout=10_000)
    (kept,) = load_origin_servers(settings, KeyringSecrets())
    assert (kept.name, kept.url, kept.token) == ("Ours", server.url, SECRET)
    settings.sync()
    assert SECRET not in str([settings.value(key) for key in settings.allKeys()])
    click(qtbot, servers.diagnoseButton)
    diagnosis = servers.findChild(DiagnosisDialog)
    qtbot.waitUntil(lambda: diagnosis.diagnosis is not None, timeout=10_000)
    assert diagnosis.diagnosis.healthy
    assert diagnosis.tree.topLevelItemCount() == len(diagnosis.diagnosis.findings)
    diagnosis.reject()


@pytest.mark.parametrize("kind", ["ours", "orthanc"])
def test_studies_are_found_and_retrieved(qtbot, request, browser, settings, dicom_folder, kind):
    if kind == "ours":
        target = OriginServer(request.getfixturevalue("served")[0].url, "Web", token=SECRET)
    else:
        orthanc = request.getfixturevalue("orthanc")
        orthanc.upload(sorted(dicom_folder.glob("*.dcm")))
        target = OriginServer(orthanc.web_url, "Web")
    save_origin_servers(settings, KeyringSecrets(), [target])
    window = request.getfixturevalue("window")
    ask(qtbot, window)
    assert [(row[0], row[3], row[6]) for row in studies(window)] == [
        ("Adams, Anna", "Head", "Web"),
        ("Adams, Anna", "Follow-up", "Web"),
        ("Brown, Bob", "Thorax", "Web"),
    ]
    tree = window.widget.results
    (item,) = tree.findItems("Head", Qt.MatchExactly, 3)
    item.setExpanded(True)
    qtbot.waitUntil(lambda: item.childCount() == 2)
    qtbot.mouseClick(tree.viewport(), Qt.LeftButton, pos=tree.visualItemRect(item).center())
    with qtbot.waitSignal(browser.queryRetrieveFinished, timeout=20_000):
        click(qtbot, window.widget.retrieveButton)
    assert window.widget.tasks.information.label.text() == "5 of 5 instances in 2 series received."
    assert browser.database().imagesCount() == 5


def test_files_are_sent_to_a_web_server_of_the_list(qtbot, settings, dicom_folder, orthanc):
    save_peers(settings, [])
    save_origin_servers(settings, KeyringSecrets(), [OriginServer(orthanc.web_url, "Web")])
    dialog = DICOMSendDialog(sorted(dicom_folder.glob("1.2.1.*.dcm")), None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.serverBox.setCurrentIndex(dialog.serverBox.findText("Web"))
    assert dialog.addressEdit.text() == orthanc.web_url
    with qtbot.waitSignal(dialog.sent, timeout=20_000):
        click(qtbot, dialog.sendButton)
    assert dialog.textLabel.text() == "5 of 5 instances in 2 series sent."
    dialog.reject()


def test_a_url_that_is_typed_is_a_web_server(qtbot, settings, dicom_folder, orthanc):
    dialog = DICOMSendDialog([str(dicom_folder / "1.2.1.1.1.dcm")], None)
    dialog.setAttribute(Qt.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    type_into(qtbot, dialog.addressEdit, orthanc.web_url)
    with qtbot.waitSignal(dialog.sent, timeout=20_000):
        click(qtbot, dialog.sendButton)
    assert dialog.receipt.complete
    dialog.reject()
