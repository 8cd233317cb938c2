"""The connection doctor: each way in which a connection can fail is told by its step."""

from __future__ import annotations

import pytest
from pynetdicom import AE, evt

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.doctor import CT_IMAGE_STORAGE, diagnose
from DICOMLib.network.models import FIND_MODELS, MOVE_MODELS, VERIFICATION
from DICOMLib.network.peers import Peer
from Testing import dcmtk
from Testing.DICOMLib.network.raw_peer import raw_peer
from Testing.orthanc import free_port

pytestmark = pytest.mark.network


def last(diagnosis):
    finding = diagnosis.findings[-1]
    return finding.step, finding.good


def test_healthy_peer(qrscp):
    diagnosis = run(diagnose(Peer("localhost", qrscp.port, "QRSCP")))
    assert diagnosis.healthy
    assert [finding.step for finding in diagnosis.findings] == [
        "Name",
        "Port",
        "TLS",
        "AE titles",
        "Services",
        "Way back",
    ]
    assert diagnosis.services == {"find": True, "get": True, "move": True, "store": True}


def test_unknown_name():
    diagnosis = run(diagnose(Peer("pacs.invalid", 104)))
    assert last(diagnosis) == ("Name", False)
    assert not diagnosis.healthy


def test_closed_port():
    assert last(run(diagnose(Peer("localhost", free_port())))) == ("Port", False)


def test_wrong_title(qrscp):
    diagnosis = run(diagnose(Peer("localhost", qrscp.port, "NOBODY")))
    assert last(diagnosis) == ("AE titles", False)
    assert "Ask its administrator" in diagnosis.as_text()


def test_a_storage_server_cannot_be_queried(storescp):
    peer = Peer("localhost", storescp.port)
    diagnosis = run(diagnose(peer))
    assert last(diagnosis) == ("Services", False)
    assert diagnosis.findings[-1].text.endswith("It cannot be queried, and nothing be retrieved from it.")
    of_list = run(diagnose(Peer("localhost", storescp.port, name="Store")))
    assert of_list.findings[-1].text.endswith("It cannot be queried; uncheck Query/Retrieve.")
    assert run(diagnose(Peer("localhost", storescp.port, query=False))).healthy


@pytest.fixture
def strict():
    """Port of a server that looks at the move destination before it looks for matches."""
    entity = AE("STRICT")
    for model in (VERIFICATION, CT_IMAGE_STORAGE, FIND_MODELS[0], MOVE_MODELS[0]):
        entity.add_supported_context(model)
    unknown = [(evt.EVT_C_MOVE, lambda event: iter([(None, None)]))]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=unknown)
    yield server.server_address[1]
    server.shutdown()


def test_move_destination_that_the_peer_does_not_know(strict):
    peer = Peer("localhost", strict, "STRICT", protocol="CMOVE")
    diagnosis = run(diagnose(peer, ("STRANGER", 11112)))
    assert last(diagnosis) == ("Way back", False)
    assert "does not know the move destination 'STRANGER'" in diagnosis.as_text()


def test_move_destination_without_listener(tmp_path, servers):
    port = free_port()
    server = servers(dcmtk.dcmqrscp(tmp_path, {"ME": port}))
    peer = Peer("localhost", server.port, "QRSCP", protocol="CMOVE")
    diagnosis = run(diagnose(peer, ("ME", port)))
    assert last(diagnosis) == ("Way back", False)
    assert f"nothing listens here at port {port}" in diagnosis.as_text()


def test_way_back(tmp_path, servers, storescp):
    server = servers(dcmtk.dcmqrscp(tmp_path / "other", {"ME": storescp.port}))
    peer = Peer("localhost", server.port, "QRSCP", protocol="CMOVE")
    diagnosis = run(diagnose(peer, ("ME", storescp.port)))
    assert diagnosis.healthy
    assert last(diagnosis)[0] == "Way back"


def test_cancel_gives_what_was_found(storescp):
    job = diagnose(Peer("localhost", storescp.port))
    while next(job).step != "Port":
        pass
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled
    assert end.value.value.findings[0].good


@pytest.mark.parametrize("said", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_a_port_at_which_something_else_than_dicom_is_spoken(said):
    def behave(connection):
        connection.sendall(said)
        connection.recv(65536)

    with raw_peer(behave, timeout_s=10) as peer:
        diagnosis = run(diagnose(peer))
    assert last(diagnosis) == ("AE titles", False)
    assert diagnosis.findings[-1].text == "What comes from the peer is not DICOM."
