"""Peers that hang or drip: nobody waits beyond the time limit, whoever called whom."""

from __future__ import annotations

import socket
import struct
import time

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network import pdu
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.find import find
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.pdu import AssociateRequest, Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.retrieve import RetrieveOptions, retrieve
from DICOMLib.network.send import SendOptions, send
from Testing import dcmtk, factories
from Testing.DICOMLib.network.raw_peer import accept, answer, drip, fragment, raw_peer, read_message, read_pdu
from Testing.orthanc import free_port

pytestmark = pytest.mark.network

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
STUDY = str(factories.uid("study"))
REQUEST = pdu.encode_request(AssociateRequest("US", "THEM", (Context(1, CT, (EXPLICIT,)),)))
STORE = pdu.encode_command({0x0002: CT, 0x0100: 1, 0x0110: 1, 0x0700: 0, 0x0800: 1, 0x1000: "1.2.3"})
STORE_PDU = pdu.pdu(pdu.DATA_TF, fragment(3, STORE))


@pytest.fixture
def listener(tmp_path):
    options = ListenerOptions(port=0, address="127.0.0.1", association_timeout_s=1, idle_timeout_s=1)
    with Listener(FolderReceiver(tmp_path / "taken"), options) as running:
        yield running


def in_pdus(data: bytes, flags: int) -> list[bytes]:
    """Each byte in a PDU of its own, none of which is the last."""
    return [pdu.pdu(pdu.DATA_TF, fragment(flags, data[place : place + 1])) for place in range(len(data))]


def drips_in_vain(connection: socket.socket, pieces: list[bytes]) -> bool:
    """Whether the other side closes the connection before all has been sent."""
    try:
        for piece in pieces:
            connection.sendall(piece)
            time.sleep(0.2)
    except OSError:
        return True
    return False


@pytest.mark.parametrize(
    ("before", "pieces"),
    [
        ([], [REQUEST[place : place + 1] for place in range(len(REQUEST))]),
        ([REQUEST], [STORE_PDU[place : place + 1] for place in range(len(STORE_PDU))]),
        ([REQUEST], in_pdus(STORE, 1)),
        ([REQUEST, STORE_PDU], in_pdus(bytes(200), 0)),
    ],
    ids=["request", "PDU", "command", "data"],
)
def test_a_listener_leaves_a_peer_that_drips(listener, tmp_path, before, pieces):
    """A byte every 0.2 s: each comes in time, and yet the whole never does."""
    with socket.create_connection(("127.0.0.1", listener.port), 5) as connection:
        for message in before:
            connection.sendall(message)
        begin = time.monotonic()
        assert drips_in_vain(connection, pieces)
        assert time.monotonic() - begin < 6
    end = time.monotonic() + 10
    while listener.associations and time.monotonic() < end:
        time.sleep(0.02)
    assert listener.associations == 0
    assert list((tmp_path / "taken").iterdir()) == []


def test_sending_to_a_peer_that_drips_ends_in_time(tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")

    def behave(connection):
        accept(connection)
        read_pdu(connection)
        drip(connection, answer(pdu.C_STORE_RQ, 0))

    begin = time.monotonic()
    with raw_peer(behave) as peer:
        receipt = run(send(peer, sources, SendOptions(reconnects=0)))
    ((_uid, reason),) = receipt.missing
    assert "Nothing comes from the peer for 1 s" in reason
    assert time.monotonic() - begin < 10


def test_sending_to_a_peer_that_takes_no_data_ends_at_once(tmp_path):
    """It says that its longest message is six bytes, which are the head of a fragment."""
    came: list[int] = []

    def behave(connection):
        body = read_pdu(connection)[6:]
        request = pdu.decode_request(body)
        own, six = (struct.pack(">BxHI", 0x51, 4, longest) for longest in (pdu.MAX_PDU_BYTES, 6))
        results = [(context.id, pdu.ACCEPTED, context.transfer_syntaxes[0]) for context in request.contexts]
        connection.sendall(pdu.encode_accept(request, results, body[4:36]).replace(own, six))
        while (piece := connection.recv(1 << 16)) and sum(came) < 1 << 24:
            came.append(len(piece))

    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    with raw_peer(behave, timeout_s=10) as peer, pytest.raises(NetworkError, match="no room for any data"):
        run(send(peer, sources))
    assert sum(came) < 1000


@pytest.mark.parametrize("dripping", ["answer", "instance"])
def test_retrieving_from_a_peer_that_drips_ends_in_time(tmp_path, dripping):
    def behave(connection):
        accept(connection)
        read_message(connection)
        if dripping == "answer":
            drip(connection, answer(pdu.C_GET_RQ, 0xFF00))
        else:
            connection.sendall(pdu.pdu(pdu.DATA_TF, fragment(3, STORE, 5)))
            for _ in range(200):
                connection.sendall(pdu.pdu(pdu.DATA_TF, fragment(0, b"x", 5)))
                time.sleep(0.2)

    begin = time.monotonic()
    options = RetrieveOptions(list_first=False, retries=0, fallback=False)
    with raw_peer(behave) as peer, pytest.raises(NetworkError, match="Nothing comes from the peer for 1 s"):
        run(retrieve(peer, [Wanted(STUDY)], FolderReceiver(tmp_path / "taken"), options=options))
    assert time.monotonic() - begin < 6
    assert list((tmp_path / "taken").iterdir()) == []


@pytest.fixture
def archive(tmp_path, servers):
    """A dcmqrscp that has 100 instances, and our port as destination."""
    port = free_port()
    server = servers(dcmtk.dcmqrscp(tmp_path, {"SLICER": port}))
    paths = factories.write(factories.ct_series(100, size=256), tmp_path / "source")
    assert run(send(Peer("localhost", server.port, "QRSCP"), paths)).complete
    yield server, port
    server.resume()


@pytest.mark.parametrize("protocol", ["CGET", "CMOVE"])
def test_a_peer_that_hangs_while_it_is_retrieved_from(archive, tmp_path, protocol):
    """As when the network is gone: what has come is in the receipt, and the rest is missing."""
    server, port = archive
    peer = Peer("localhost", server.port, "QRSCP", protocol=protocol, timeout_s=1, response_timeout_s=1)
    receiver = FolderReceiver(tmp_path / "taken")
    options = RetrieveOptions(list_first=True, retries=0, fallback=False, settle_s=0.2)
    hanging = []

    def stop(progress):
        if progress.done and not hanging:
            server.pause()
            hanging.append(time.monotonic())

    with Listener(receiver, ListenerOptions(port=port, address="127.0.0.1", idle_timeout_s=1)) as listener:
        receipt = run(retrieve(peer, [Wanted(STUDY)], receiver, listener, options), stop)
        assert time.monotonic() - hanging[0] < 10
        server.resume()
    assert 1 <= receipt.done < 100
    assert len(receipt.missing) == 100 - receipt.done
    assert any("Nothing comes from the peer for 1 s" in remark for remark in receipt.remarks)
    assert not list((tmp_path / "taken").glob(".*"))


def test_a_peer_that_hangs_while_it_is_asked(archive):
    server, _port = archive
    server.pause()
    peer = Peer("localhost", server.port, "QRSCP", timeout_s=1, response_timeout_s=1)
    begin = time.monotonic()
    with pytest.raises(NetworkError, match="Nothing comes from the peer for 1 s"):
        run(find(peer, identifier("STUDY", {})))
    assert time.monotonic() - begin < 10
