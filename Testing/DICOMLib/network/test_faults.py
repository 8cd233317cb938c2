"""Faults made on purpose: garbage, stalls, floods, full disks, contexts that are refused."""

from __future__ import annotations

import errno
import random
import socket
import struct
import threading
import time

import pytest
from pynetdicom import AE, evt

from DICOMLib.core.jobs import run
from DICOMLib.network import pdu
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.echo import echo
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.pdu import AssociateRequest, Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.send import SendOptions, send
from Testing import factories
from Testing.DICOMLib.network import files

pytestmark = pytest.mark.network

CT, EXPLICIT = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.1.2.1"
REQUEST = pdu.encode_request(AssociateRequest("US", "THEM", (Context(1, CT, (EXPLICIT,)),)))


@pytest.fixture
def receiver(tmp_path):
    return FolderReceiver(tmp_path / "taken")


@pytest.fixture
def listener(receiver):
    options = ListenerOptions(port=0, address="127.0.0.1", association_timeout_s=1, idle_timeout_s=1)
    with Listener(receiver, options) as running:
        yield running


def store_message(sop="1.2.3", data=b"", last=True):
    command = pdu.encode_command({0x0002: CT, 0x0100: 1, 0x0110: 1, 0x0700: 0, 0x0800: 1, 0x1000: sop})
    fragments = b""
    for flags, body in ((3, command), (2 if last else 0, data)):
        fragments += struct.pack(">IBB", len(body) + 2, 1, flags) + body
    return pdu.pdu(pdu.DATA_TF, fragments)


def talk(port, *messages):
    """Send messages, after each of which something is heard; all that was heard."""
    heard = []
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.settimeout(30)
        for message in messages:
            connection.sendall(message)
            try:
                heard.append(connection.recv(65536))
            except OSError:
                heard.append(b"")
    return heard


def test_damaged_conversations_harm_nothing(listener, receiver, tmp_path, caplog):
    """300 conversations in which bytes were changed, left out or added."""
    chance = random.Random(5)
    valid = REQUEST + store_message(data=files.picture(0).PixelData[:300]) + pdu.RELEASE_REQUEST
    for _ in range(300):
        raw = bytearray(valid)
        for _ in range(chance.randint(1, 6)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        cut = chance.choice([len(raw), len(raw), chance.randrange(len(raw))])
        with socket.create_connection(("127.0.0.1", listener.port), 5) as connection:
            connection.sendall(raw[:cut])
    assert run(echo(Peer("127.0.0.1", listener.port))).seconds
    end = time.monotonic() + 30
    while listener.associations and time.monotonic() < end:
        time.sleep(0.05)
    assert listener.associations == 0
    assert "an association failed" not in caplog.text
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} <= {tmp_path / "taken"}
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(
    "message",
    [
        b"GET / HTTP/1.1\r\nHost: pacs\r\n\r\n",
        b"\x01\x00\xff\xff\xff\xff",
        b"\x04\x00" + struct.pack(">I", 1 << 31),
        pdu.RELEASE_REQUEST,
        bytes(64),
    ],
)
def test_what_is_no_association_request_is_closed(listener, message):
    (heard,) = talk(listener.port, message)
    assert heard == b"" or heard[0] == pdu.ABORT


def test_half_of_an_instance_is_not_kept(listener, receiver, tmp_path):
    talk(listener.port, REQUEST, store_message(data=bytes(1000), last=False))
    end = time.monotonic() + 30
    while listener.associations and time.monotonic() < end:
        time.sleep(0.02)
    assert list((tmp_path / "taken").iterdir()) == []


def test_a_context_that_was_not_agreed_on_is_aborted(listener):
    message = bytearray(store_message(data=bytes(10)))
    message[10] = 99
    heard = talk(listener.port, REQUEST, bytes(message))
    assert heard[1][0] == pdu.ABORT


def test_a_silent_peer_is_closed_in_time(listener):
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        connection.settimeout(30)
        begin = time.monotonic()
        connection.sendall(REQUEST[:20])
        assert connection.recv(10) == b""
        assert 0.5 < time.monotonic() - begin < 30


def test_a_listener_stops_although_peers_stay(receiver):
    listener = Listener(receiver, ListenerOptions(port=0, address="127.0.0.1"))
    listener.start()
    with socket.create_connection(("127.0.0.1", listener.port)):
        while not listener.associations:
            time.sleep(0.01)
        begin = time.monotonic()
        listener.stop(grace_s=0.2)
    assert time.monotonic() - begin < 30
    assert not [thread for thread in threading.enumerate() if thread.name == "dicom-association"]


class FullDisk(FolderReceiver):
    """Its disk is full after the first instance."""

    def take(self, arrival):
        if self.files:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().take(arrival)


def test_a_disk_that_fills_up(tmp_path):
    sources = factories.write(factories.ct_series(4), tmp_path / "source")
    receiver = FullDisk(tmp_path / "taken")
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1")) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert (receipt.done, len(receipt.missing), len(receiver.files)) == (1, 3, 1)
    assert {reason for _uid, reason in receipt.missing} == {"Refused: out of resources (status 0xA700)"}
    assert len(list((tmp_path / "taken").iterdir())) == 1


def test_a_folder_that_vanishes(tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    receiver = FolderReceiver(tmp_path / "taken")
    (tmp_path / "taken").rmdir()
    with Listener(receiver, ListenerOptions(port=0, address="127.0.0.1", min_free_bytes=0)) as listener:
        receipt = run(send(Peer("localhost", listener.port), sources))
    assert (receipt.done, len(receipt.missing)) == (0, 1)


def test_a_peer_that_refuses_half_the_contexts(tmp_path):
    """It takes CT but no MR: the receipt names what it does not take, and why."""
    entity = AE("HALF")
    entity.add_supported_context(CT, EXPLICIT)
    taken = []
    handlers = [(evt.EVT_C_STORE, lambda event: taken.append(event.request.AffectedSOPInstanceUID) or 0)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        datasets = [*factories.ct_series(2, "ct"), *factories.mr_series(2, "mr")]
        sources = factories.write(datasets, tmp_path / "source")
        receipt = run(send(Peer("127.0.0.1", server.server_address[1], "HALF"), sources))
    finally:
        server.shutdown()
    assert (receipt.done, len(taken)) == (2, 2)
    assert {uid for uid, _reason in receipt.missing} == {factories.uid("mr", 0), factories.uid("mr", 1)}


@pytest.mark.parametrize("status", [0xA700, 0xC123, 0x0110])
def test_statuses_are_told_in_words(tmp_path, status):
    entity = AE("MOODY")
    entity.add_supported_context(CT, EXPLICIT)
    handlers = [(evt.EVT_C_STORE, lambda event: status)]
    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
    try:
        sources = factories.write(factories.ct_series(1), tmp_path / "source")
        receipt = run(send(Peer("127.0.0.1", server.server_address[1], "MOODY"), sources))
    finally:
        server.shutdown()
    ((_uid, reason),) = receipt.missing
    assert f"0x{status:04X}" in reason
    assert not reason.startswith("0x")


def test_a_file_at_which_the_peer_breaks_is_left_out(tmp_path):
    """It aborts at one instance whenever that comes; the others arrive."""
    entity = AE("BRITTLE")
    entity.add_supported_context(CT, EXPLICIT)
    bad = str(factories.uid("ct", 2))

    def take(event):
        if event.request.AffectedSOPInstanceUID == bad:
            event.assoc.abort()
        return 0

    server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, take)])
    try:
        sources = factories.write(factories.ct_series(6, "ct"), tmp_path / "source")
        peer = Peer("127.0.0.1", server.server_address[1], "BRITTLE", timeout_s=3, response_timeout_s=3)
        receipt = run(send(peer, sources, SendOptions(reconnects=2)))
    finally:
        server.shutdown()
    assert receipt.done == 5
    assert [uid for uid, _reason in receipt.missing] == [bad]


def test_a_peer_that_answers_garbage(tmp_path):
    sources = factories.write(factories.ct_series(1), tmp_path / "source")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            connection, _address = server.accept()
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(Exception, match="not DICOM"):
            run(send(Peer("127.0.0.1", server.getsockname()[1], timeout_s=2), sources))
        thread.join(5)
