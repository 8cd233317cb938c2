"""Slicer's sender, listener and commands, with real servers."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest
import requests

from Testing import dcmtk, factories
from Testing.DICOMLib.network import files
from Testing.orthanc import free_port, program

pytest.importorskip("slicer", reason="slicer-core is not installed")

import DICOMLib
from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase

pytestmark = [pytest.mark.network, pytest.mark.mrml]


def turn_events():
    """Let callbacks come that wait for the GUI thread, if there is one."""
    core = sys.modules.get("qtpy.QtCore")
    application = core.QCoreApplication.instance() if core is not None else None
    if application is not None:
        application.sendPostedEvents()


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(3, "ct"), tmp_path / "source")


@pytest.fixture
def database(tmp_path):
    (tmp_path / "db").mkdir()
    opened = ctkDICOMDatabase(str(tmp_path / "db" / "ctkDICOM.sql"))
    yield opened
    opened.closeDatabase()


@pytest.fixture
def storescp(tmp_path):
    server = dcmtk.storescp(tmp_path)
    yield server
    server.close()


def test_sender(storescp, sources, tmp_path):
    """Blocks 20 and 21 of the script repository."""
    messages = []
    sender = DICOMLib.DICOMSender(
        files=sources,
        address=f"localhost:{storescp.port}",
        protocol="DIMSE",
        progressCallback=lambda message: messages.append(message) or True,
        delayed=True,
    )
    assert not list((tmp_path / "received").iterdir())
    sender.send()
    assert len(list((tmp_path / "received").iterdir())) == 3
    assert any("3 of 3" in message for message in messages)
    assert sender.receipt.complete


def test_sender_sends_at_once(storescp, sources, tmp_path):
    DICOMLib.DICOMSender(sources, f"localhost:{storescp.port}")
    assert len(list((tmp_path / "received").iterdir())) == 3


def test_sender_over_dicomweb(orthanc, sources):
    DICOMLib.DICOMSender(files=sources, address=orthanc.web_url, protocol="DICOMweb", delayed=True).send()
    assert len(requests.get(f"{orthanc.url}/instances", timeout=10).json()) == 3


def test_sender_that_fails_says_why(sources, storescp):
    with pytest.raises(UserWarning, match="Nothing listens"):
        DICOMLib.DICOMSender(sources, f"localhost:{free_port()}")
    with pytest.raises(UserWarning, match="does not exist"):
        DICOMLib.DICOMSender(["gone.dcm"], f"localhost:{storescp.port}")
    with pytest.raises(UserWarning, match="cancelled"):
        DICOMLib.DICOMSender(sources, f"localhost:{storescp.port}", progressCallback=lambda message: False)
    with pytest.raises(UserWarning, match="no address"):
        DICOMLib.DICOMSender(sources, "localhost:port")


def test_kheops_links_hold_their_credentials(sources):
    link = "https://demo.kheops.online/view/TfYXwbKAW7JYbAgZ7MyISf"
    sender = DICOMLib.DICOMSender(sources, link, protocol="DICOMweb", delayed=True)
    url, auth = sender._webServer()
    assert url == "https://demo.kheops.online/api"
    assert (auth.username, auth.password) == ("token", "TfYXwbKAW7JYbAgZ7MyISf")


def test_listener(database, sources):
    before, after = [], []
    listener = DICOMLib.DICOMListener(
        database, lambda: before.append(1), lambda: after.append(listener.lastFileAdded)
    )
    listener.port = str(free_port())
    listener.start()
    try:
        dcmtk.tool("storescu", "localhost", listener.port, *sources)
        end = time.monotonic() + 10
        while len(after) < 3 and time.monotonic() < end:
            time.sleep(0.02)
            turn_events()
    finally:
        listener.stop()
    assert len(before) == 3
    paths = database.filesForSeries(str(factories.uid("ct")))
    assert sorted(after) == sorted(paths)
    assert all(files.same_data(path, files.by_sop(sources)[files.sop_of(path)]) for path in paths)


def test_listener_needs_a_folder_and_a_free_port(database):
    memory = ctkDICOMDatabase()
    memory.openDatabase(":memory:")
    with pytest.raises(UserWarning, match="on disk"):
        DICOMLib.DICOMListener(memory)
    memory.closeDatabase()
    first, second = DICOMLib.DICOMListener(database), DICOMLib.DICOMListener(database)
    first.port = second.port = str(free_port())
    first.start()
    try:
        with pytest.raises(UserWarning, match="listens at port"):
            second.start()
    finally:
        first.stop()
    second.start()
    second.stop()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("dicom-")]


def test_into_a_folder(tmp_path, sources):
    process = DICOMLib.DICOMStoreSCPProcess(str(tmp_path / "incoming"), free_port())
    process.start()
    dcmtk.tool("storescu", "localhost", process.port, *sources)
    process.stop()
    assert len(list((tmp_path / "incoming").glob("*.dcm"))) == 3


def test_command(sources):
    """Block 22 of the script repository."""
    program("dcmdump")
    output = DICOMLib.DICOMCommand("dcmdump", [sources[0]]).start()
    assert "(0010,0010) PN [Doe^Jane]" in str(output)
    assert "(0010,0010) PN [Doe^Jane]" in output.data().decode()  # it is a QByteArray in Slicer
    with pytest.raises(UserWarning, match="Could not run"):
        DICOMLib.DICOMCommand("dcmdump", ["gone.dcm"]).start()
    with pytest.raises(UserWarning, match="Could not run"):
        DICOMLib.DICOMCommand("no_such_program", []).start()


def test_tls_settings_need_a_prefix():
    mixin = DICOMLib.DICOMProcessTLSMixin()
    assert (mixin.tlsPrivateKey, mixin.tlsEnabled, mixin.tlsArguments()) == (None, False, [])
    with pytest.raises(TypeError):
        mixin.tlsSettingsKeyPrefix = 1


def test_query_server(tmp_path, sources):
    program("dcmqrscp")
    assert DICOMLib.DICOMTestingQRServer().port == 11112
    server = DICOMLib.DICOMTestingQRServer(tmpDir=str(tmp_path / "qr"), port=0)
    assert not server.qrRunning()
    with pytest.raises(UserWarning, match="does not run"):
        server.stop()
    server.start(initialFiles=sources)
    try:
        assert server.qrRunning()
        assert server.port not in (0, 11112)
        assert len(list(Path(tmp_path / "qr").glob("CT_*"))) == 3
    finally:
        server.stop()
