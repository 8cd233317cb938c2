"""C-ECHO and C-MOVE over pynetdicom with peers that break the rules: told in words, in time."""

from __future__ import annotations

import struct
import threading
import time

import pytest

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.core.jobs import run
from DICOMLib.network import pdu, upper_layer
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.echo import echo
from DICOMLib.network.link import Link
from DICOMLib.network.models import MOVE_MODELS
from DICOMLib.network.query_scu import QueryClient
from Testing.DICOMLib.network.raw_peer import (
    accept,
    answer,
    answer_without_end,
    drip,
    fragment,
    raw_peer,
    read_message,
    read_pdu,
)

pytestmark = pytest.mark.network

PENDING, SUCCESS = 0xFF00, 0


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def move(peer):
    """The statuses that came until the fault, the fault, and how long it took, seconds."""
    seen, begin = [], time.monotonic()

    def ask():
        with Link(peer).open(QueryClient(peer, MOVE_MODELS)) as client:
            seen.extend(one.status for one in client.move(Wanted("1.2").request(), "HERE"))

    with pytest.raises(NetworkError) as fault:
        ask()
    return seen, str(fault.value), time.monotonic() - begin


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (pdu.RELEASE_REQUEST, "The peer stopped answering. It has ended the association"),
        (pdu.abort(), "The peer stopped answering. The peer has aborted"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "stopped answering"),
        (b"\x04\x00" + struct.pack(">I", 1 << 31), "not DICOM"),
        (answer(pdu.C_ECHO_RQ, SUCCESS), "does not belong here"),
        (pdu.pdu(pdu.DATA_TF, b"\xff" * 20), "stopped answering"),
        (pdu.pdu(pdu.DATA_TF, fragment(3, bytes(20))), "cannot be decoded"),
        (b"", "Nothing comes from the peer for 1 s"),
    ],
    ids=["release", "abort", "http", "long", "other", "noise", "undecodable", "silence"],
)
def test_what_was_told_before_a_fault_is_kept(last, text):
    def behave(connection):
        accept(connection)
        read_message(connection)
        connection.sendall(answer(pdu.C_MOVE_RQ, PENDING))
        connection.sendall(last)
        while heard := read_pdu(connection):
            if heard == pdu.RELEASE_REQUEST:
                connection.sendall(pdu.RELEASE_RESPONSE)

    with raw_peer(behave) as peer:
        seen, told, seconds = move(peer)
    assert (seen, text in told) == ([PENDING], True), told
    assert seconds < 10


def test_a_dripping_acceptance_is_given_up_in_time():
    def behave(connection):
        read_pdu(connection)
        drip(connection, pdu.pdu(pdu.ASSOCIATE_AC, bytes(68)))

    begin = time.monotonic()
    with raw_peer(behave) as peer, pytest.raises(PeerAborted, match="Nothing comes from the peer for 1 s"):
        run(echo(peer))
    assert time.monotonic() - begin < 4


def test_an_identifier_without_end_takes_no_memory(monkeypatch):
    monkeypatch.setattr(upper_layer, "_MAX_MESSAGE_BYTES", 1 << 20)
    sent: list[int] = []
    with raw_peer(answer_without_end(answer(pdu.C_MOVE_RQ, 0xA702, bytes(2)), sent)) as peer:
        seen, told, _seconds = move(peer)
    assert seen == []
    assert told == "An identifier has no end."
    assert sum(sent) < 30 << 20


def test_a_refusal_is_told_however_fast_the_peer_is():
    def behave(connection):
        read_pdu(connection)
        connection.sendall(pdu.reject(1, 1, 7))

    with raw_peer(behave, 30) as peer:
        for _ in range(200):
            with pytest.raises(AssociationRefused, match="another AE title than 'RAW'"):
                run(echo(peer))


def test_a_peer_that_offers_nothing():
    def behave(connection):
        body = read_pdu(connection)[6:]
        request = pdu.decode_request(body)
        results = [
            (one.id, pdu.ABSTRACT_SYNTAX_REFUSED, one.transfer_syntaxes[0]) for one in request.contexts
        ]
        connection.sendall(pdu.encode_accept(request, results, body[4:36]))
        read_pdu(connection)

    with raw_peer(behave) as peer, pytest.raises(AssociationRefused, match="none of the services"):
        run(echo(peer))
