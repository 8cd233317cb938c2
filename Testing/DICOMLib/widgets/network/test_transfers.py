"""Transfers in the window: they wait, run, end in a receipt, and survive a restart; with real peers."""

from __future__ import annotations

import json

import pytest
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QFileDialog

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.script_listener import DICOMListener
from DICOMLib.core.jobs import run
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.find import find
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.network.query import identifier
from DICOMLib.network.send import send
from DICOMLib.network.transfer_queue import SEND, Order, TransferQueue
from DICOMLib.widgets.network.transfer_list import TransferList
from DICOMLib.widgets.network.transfer_model import STATE
from DICOMLib.widgets.network.transfers import State, Transfers, transfers_of
from Testing import dcmtk
from Testing.contrast import READABLE, contrasts
from Testing.DICOMModule.driving import answer_file_dialog, click
from Testing.orthanc import AE_TITLE, free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


@pytest.fixture
def database(qapp, settings, tmp_path):
    (tmp_path / "database").mkdir()
    database = ctkDICOMDatabase(str(tmp_path / "database" / "ctkDICOM.sql"))
    yield database
    database.closeDatabase()


@pytest.fixture
def shown(qtbot, database):
    """The list of transfers."""
    widget = TransferList(database)
    qtbot.addWidget(widget)
    widget.show()
    return widget


@pytest.fixture
def archive(orthanc, dicom_folder):
    orthanc.upload(sorted(dicom_folder.glob("*.dcm")))
    return Peer("localhost", orthanc.dicom_port, AE_TITLE, "SLICER", "Archive")


def rows(widget):
    model = widget.model
    return [[model.index(row, column).data() for column in range(4)] for row in range(model.rowCount())]


def states(widget):
    return [row[2] for row in rows(widget)]


@pytest.mark.parametrize("kind", ["dimse", "web"])
def test_a_retrieve_ends_with_its_receipt(qtbot, shown, archive, orthanc, tmp_path, kind):
    target = archive if kind == "dimse" else OriginServer(orthanc.web_url, "Archive")
    database = shown._database
    transfer = shown.transfers.retrieve(target, [Wanted("1.2.1"), Wanted("1.2.3")])
    assert rows(shown) == [["Retrieve 2 studies", "Archive", "runs", "connecting…"]]
    qtbot.waitUntil(lambda: transfer.state is State.DONE, timeout=20_000)
    assert states(shown) == ["done"]
    assert database.imagesCount() == 7
    assert not list((tmp_path / "database" / "transfers").glob("*.json"))  # nothing is left to do
    view = shown.receiptView
    assert view.emptyText.text() == "Choose a transfer to see its receipt."
    shown.choose(transfer)
    items = [view.topLevelItem(row) for row in range(view.topLevelItemCount())]
    assert sorted([item.text(column) for column in range(4)] for item in items) == [
        ["CT Bone", "3", "3", ""],
        ["CT Lung", "2", "2", ""],
        ["MR T1", "2", "2", ""],
    ]
    click(qtbot, shown.saveButton)
    answer_file_dialog(qtbot, shown.findChild(QFileDialog), tmp_path / "receipt.json")
    qtbot.waitUntil((tmp_path / "receipt.json").exists)
    assert json.loads((tmp_path / "receipt.json").read_text())["done"] == 7
    click(qtbot, shown.clearButton)
    assert rows(shown) == []


def test_what_is_moved_comes_to_the_listener_that_runs(
    qtbot, shown, settings, servers, dicom_folder, tmp_path
):
    """As the module's own, which has the port; without it the transfer listens itself."""
    port = free_port()
    QSettings().setValue("StoragePort", str(port))
    (tmp_path / "archive").mkdir()
    server = servers(dcmtk.dcmqrscp(tmp_path / "archive", {"CTKSTORE": port, "SLICER": port}))
    target = Peer("localhost", server.port, "QRSCP", "SLICER", protocol="CMOVE")
    assert run(send(target, sorted(dicom_folder.glob("*.dcm")))).complete
    listener = DICOMListener(shown._database)
    listener.start()
    try:
        first = shown.transfers.retrieve(target, [Wanted("1.2.1")])
        qtbot.waitUntil(lambda: first.ended is not None, timeout=20_000)
        listener.completeIncomingFilesIndexing()
    finally:
        listener.stop()
    here = shown._database.imagesCount()
    assert (first.state, first.receipt.done) == (State.DONE, here)
    second = shown.transfers.retrieve(target, [Wanted("1.2.3")])
    qtbot.waitUntil(lambda: second.ended is not None, timeout=20_000)
    assert (second.state, second.receipt.done) == (State.DONE, shown._database.imagesCount() - here)


def test_studies_come_by_way_of_the_proxy(qtbot, shown, settings, servers, dicom_folder, tmp_path):
    """The server moves them there, and does not know this computer."""
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
    near = servers(dcmtk.dcmqrscp(tmp_path / "near"))
    far = servers(dcmtk.dcmqrscp(tmp_path / "far", {"QRSCP": near.port}))
    proxy = Peer("localhost", near.port, "QRSCP", "SLICER", "Near")
    target = Peer("localhost", far.port, "QRSCP", "SLICER", "Far", proxy="Near")
    save_peers(QSettings(), [target, proxy])
    assert run(send(target, sorted(dicom_folder.glob("*.dcm")))).complete
    transfer = shown.transfers.retrieve(target, [Wanted("1.2.1")])
    qtbot.waitUntil(lambda: transfer.ended is not None, timeout=20_000)
    assert (transfer.state, transfer.receipt.done) == (State.DONE, shown._database.imagesCount())
    assert run(find(proxy, identifier("STUDY", {"StudyInstanceUID": "1.2.1"}))).matches
    assert not list((tmp_path / "database" / "transfers").glob("*.json"))


def test_what_failed_is_retried_when_the_server_is_back(qtbot, shown, database, orthanc, dicom_folder):
    paths = [str(path) for path in sorted(dicom_folder.glob("1.2.1.1.*.dcm"))]
    away = Peer("localhost", free_port(), AE_TITLE, "SLICER", "Away")
    transfer = shown.transfers.send(away, paths)
    qtbot.waitUntil(lambda: transfer.state is State.FAILED, timeout=20_000)
    assert rows(shown)[0][:3] == ["Send 3 files", "Away", "failed"]
    shown.choose(transfer)
    assert "localhost" in shown.faultLabel.text()
    assert shown.retryButton.isEnabled()
    transfer.order = Order(SEND, Peer("localhost", orthanc.dicom_port, AE_TITLE), tuple(paths))
    click(qtbot, shown.retryButton)
    qtbot.waitUntil(lambda: transfer.state is State.DONE, timeout=20_000)
    assert transfer.receipt.done == 3
    assert shown.faultLabel.isHidden()


def test_what_cannot_be_written_down_fails_and_can_be_retried(qtbot, shown, archive, tmp_path):
    """A file lies where the folder of the orders belongs."""
    (tmp_path / "database" / "transfers").touch()
    transfer = shown.transfers.retrieve(archive, [Wanted("1.2.1")])
    assert states(shown) == ["failed"]
    shown.choose(transfer)
    assert "cannot be written into its queue" in shown.faultLabel.text()
    (tmp_path / "database" / "transfers").unlink()
    click(qtbot, shown.retryButton)
    qtbot.waitUntil(lambda: transfer.state is State.DONE, timeout=20_000)
    assert shown.faultLabel.isHidden()


def test_they_wait_for_each_other_and_are_cancelled(qtbot, shown, archive):
    transfers = shown.transfers
    first = transfers.retrieve(archive, [Wanted("1.2.1")])
    second = transfers.retrieve(archive, [Wanted("1.2.2")])
    third = transfers.retrieve(archive, [Wanted("1.2.3", "1.2.3.1")])
    assert states(shown) == ["runs", "waits", "waits"]
    assert rows(shown)[2][0] == "Retrieve 1 series"
    shown.choose(second)
    click(qtbot, shown.cancelButton)
    assert second.state is State.STOPPED
    qtbot.waitUntil(lambda: third.state is State.DONE, timeout=20_000)
    assert (first.state, second.state) == (State.DONE, State.STOPPED)
    click(qtbot, shown.retryButton)
    qtbot.waitUntil(lambda: second.state is State.DONE, timeout=20_000)
    click(qtbot, shown.removeButton)
    assert transfers.transfers() == [first, third]


def test_what_an_earlier_run_left_is_listed_and_done(qtbot, database, archive, tmp_path):
    queue = TransferQueue(tmp_path / "database" / "transfers")
    queue.add(Order("retrieve", archive, wanted=(Wanted("1.2.2"),)))
    (tmp_path / "database" / "transfers" / "broken.json").write_text("{")
    name = database.databaseFilename
    database.closeDatabase()
    database.openDatabase(name)
    widget = TransferList(database)
    qtbot.addWidget(widget)
    widget.show()
    transfers_of(database)._folder = None  # as at the start of the program
    transfers_of(database)._read()
    assert states(widget) == ["interrupted"]
    (left,) = widget.transfers.left()
    widget.choose(left)
    click(qtbot, widget.retryButton)
    qtbot.waitUntil(lambda: left.state is State.DONE, timeout=20_000)
    assert database.seriesForStudy("1.2.2") == ["1.2.2.1"]


def test_the_database_is_closed_in_the_middle(database, archive, tmp_path):
    transfers = transfers_of(database)
    one, other = (transfers.retrieve(archive, [Wanted(study)]) for study in ("1.2.1", "1.2.3"))
    database.closeDatabase()
    assert (one.state, other.state) == (State.STOPPED, State.STOPPED)
    left = list((tmp_path / "database" / "transfers").glob("*.json"))
    assert len(left) == 2


def test_without_a_database_nothing_is_written_down(qtbot, settings, orthanc, dicom_folder):
    transfers = Transfers()
    transfer = transfers.send(
        Peer("localhost", orthanc.dicom_port, AE_TITLE), [str(dicom_folder / "1.2.1.1.1.dcm")]
    )
    qtbot.waitUntil(lambda: transfer.state is State.DONE, timeout=20_000)
    assert transfer.receipt.complete


def test_a_transfer_that_failed_is_seen_in_light_and_in_dark_colours(qtbot, shown):
    nobody = Peer("127.0.0.1", free_port(), "NOBODY", "SLICER", "Nobody")
    transfer = shown.transfers.retrieve(nobody, [Wanted("1.2.1")])
    qtbot.waitUntil(lambda: transfer.state is State.FAILED, timeout=20_000)
    row = shown.model.row_of(transfer)
    assert min(contrasts(shown.model.index(row, STATE), Qt.ForegroundRole)) >= READABLE
