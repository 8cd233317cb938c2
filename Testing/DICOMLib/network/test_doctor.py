"""The connection doctor: each way in which a connection can fail is told by its step."""

from __future__ import annotations

import tempfile
from dataclasses import replace

import pytest
from pynetdicom import AE, evt

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.doctor import CT_IMAGE_STORAGE, diagnose
from DICOMLib.network.models import FIND_MODELS, MOVE_MODELS, VERIFICATION
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import send
from DICOMLib.web import exchange
from Testing import dcmtk, factories
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


def test_a_peer_that_takes_nothing():
    """Whoever has not said that something shall be sent to it may still retrieve."""
    entity = AE("READER")
    for model in (VERIFICATION, FIND_MODELS[0], MOVE_MODELS[0]):
        entity.add_supported_context(model)
    server = entity.start_server(("127.0.0.1", 0), block=False)
    try:
        peer = Peer("localhost", server.server_address[1], protocol="CMOVE")
        diagnosis = run(diagnose(peer))
        of_list = run(diagnose(replace(peer, name="Reader")))
    finally:
        server.shutdown()
    services = diagnosis.findings[4]
    assert (services.step, services.good) == ("Services", None)
    assert services.text.endswith("Nothing can be sent to it: it takes no CT images.")
    assert last(diagnosis)[0] == "Way back"
    assert last(of_list) == ("Services", False)
    assert of_list.findings[-1].text.endswith("It takes no CT images; uncheck Storage.")


@pytest.fixture
def filled(tmp_path, servers):
    """Makes a peer with an image, which moves to "ME" at a port."""

    def make(port: int) -> Peer:
        server = servers(dcmtk.dcmqrscp(tmp_path / "other", {"ME": port}))
        peer = Peer("localhost", server.port, "QRSCP", protocol="CMOVE")
        assert run(send(peer, factories.write(factories.ct_series(2), tmp_path / "source"))).complete
        return peer

    return make


def test_way_back(filled, tmp_path, monkeypatch):
    """An image comes here; nothing of it stays."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    port = free_port()
    diagnosis = run(diagnose(filled(port), ("ME", port)))
    assert last(diagnosis) == ("Way back", True)
    assert f"reaches us as 'ME' at port {port}" in diagnosis.as_text()
    assert list((tmp_path / "temporary").iterdir()) == []


def test_no_way_back(filled):
    """The peer knows the AE title with another port, at which nothing listens."""
    port = free_port()
    diagnosis = run(diagnose(filled(free_port()), ("ME", port)))
    assert last(diagnosis) == ("Way back", False)
    assert f"nothing came to port {port} here" in diagnosis.as_text()
    assert "knows another address or port" in diagnosis.as_text()


def test_way_back_of_a_peer_without_images(tmp_path, servers):
    port = free_port()
    server = servers(dcmtk.dcmqrscp(tmp_path, {"ME": port}))
    diagnosis = run(diagnose(Peer("localhost", server.port, "QRSCP", protocol="CMOVE"), ("ME", port)))
    assert (diagnosis.healthy, last(diagnosis)) == (True, ("Way back", None))
    assert "names no image" in diagnosis.as_text()


def test_way_back_to_a_listener_that_runs(filled, storescp, tmp_path):
    """Nothing is moved to it, since it would keep that."""
    diagnosis = run(diagnose(filled(storescp.port), ("ME", storescp.port)))
    assert (diagnosis.healthy, last(diagnosis)) == (True, ("Way back", None))
    assert list((tmp_path / "received").iterdir()) == []


def test_way_back_by_a_proxy(strict):
    peer = Peer("localhost", strict, "STRICT", protocol="CMOVE", proxy="Archive")
    assert last(run(diagnose(peer))) == ("Way back", None)


def test_way_back_to_where_retrieved_studies_would_come(strict):
    peer = Peer("localhost", strict, "STRICT", "WE", protocol="CMOVE")
    assert "destination 'WE'" in run(exchange.diagnose(peer)).as_text()
    assert exchange.own_listener(replace(peer, move_destination="STORE"), 104) == ("STORE", 104)


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
