"""Queries to peers that break the rules: told in words, in time, and nothing is left."""

from __future__ import annotations

import struct
import threading
import time

import pytest
from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError, NetworkError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network import asking, pdu
from DICOMLib.network.find import find
from DICOMLib.network.find_scu import FindClient
from DICOMLib.network.identifiers import encoded
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from DICOMLib.network.query import identifier
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

ALL_STUDIES = identifier("STUDY", {})
PENDING, SUCCESS = 0xFF00, 0


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before


def match(uid: str) -> bytes:
    return encoded(identifier("STUDY", {"StudyInstanceUID": uid}, ()), EXPLICIT_LITTLE_ENDIAN)


def found(uid: str) -> bytes:
    return answer(pdu.C_FIND_RQ, PENDING, match(uid))


def answering(*messages: bytes):
    """It accepts, reads the query, sends messages, and waits until we go."""

    def behave(connection):
        accept(connection)
        read_message(connection)
        for message in messages:
            connection.sendall(message)
        while heard := read_pdu(connection):
            if heard == pdu.RELEASE_REQUEST:
                connection.sendall(pdu.RELEASE_RESPONSE)

    return behave


def ask(peer):
    """What was found until the fault, the fault, and how long it took, seconds."""
    seen, begin = [], time.monotonic()
    with pytest.raises(NetworkError) as fault:
        run(find(peer, ALL_STUDIES, seen.append))
    return [one.StudyInstanceUID for one in seen], str(fault.value), time.monotonic() - begin


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (pdu.RELEASE_REQUEST, "The peer stopped answering. It has ended the association"),
        (pdu.abort(), "The peer stopped answering. The peer has aborted"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not DICOM"),
        (b"\x04\x00" + struct.pack(">I", 1 << 31), "not DICOM"),
        (answer(pdu.C_ECHO_RQ, SUCCESS), "does not belong here"),
        (pdu.pdu(pdu.DATA_TF, b"\xff" * 20), "A fragment is longer than its message"),
        (pdu.pdu(pdu.DATA_TF, fragment(3, bytes(20))), "A command is cut off"),
        (answer(pdu.C_FIND_RQ, None), "does not belong here"),
        (b"", "Nothing comes from the peer for 1 s"),
    ],
    ids=["release", "abort", "http", "long", "other", "noise", "undecodable", "no status", "silence"],
)
def test_what_was_found_before_a_fault_is_kept(last, text):
    with raw_peer(answering(found("1.2"), last)) as peer:
        uids, told, seconds = ask(peer)
    assert (uids, text in told) == (["1.2"], True), told
    assert seconds < 10


def test_a_peer_that_hangs_up():
    def behave(connection):
        accept(connection)
        read_message(connection)
        connection.sendall(found("1.2"))

    with raw_peer(behave) as peer:
        uids, told, _seconds = ask(peer)
    assert (uids, told) == (["1.2"], "The peer stopped answering. The peer has ended the connection.")


def test_a_dripping_answer_is_given_up_in_time():
    """A byte comes all the time, and yet nothing does."""

    def behave(connection):
        accept(connection)
        read_message(connection)
        drip(connection, found("1.2"))

    with raw_peer(behave) as peer:
        uids, told, seconds = ask(peer)
    assert (uids, "Nothing comes from the peer for 1 s" in told) == ([], True), told
    assert seconds < 4


def test_an_identifier_without_end_takes_no_memory(monkeypatch):
    monkeypatch.setattr(asking, "_MAX_IDENTIFIER_BYTES", 1 << 20)
    sent: list[int] = []
    with raw_peer(answer_without_end(found("1.2"), sent)) as peer:
        uids, told, _seconds = ask(peer)
    assert uids == []
    assert told == "An identifier has no end."
    assert sum(sent) < 30 << 20


def test_many_answers_come_all_and_in_order():
    """1,000 in one go, cut into packets at random places by the system."""
    uids = [f"1.2.{number}" for number in range(1000)]
    everything = b"".join(map(found, uids)) + answer(pdu.C_FIND_RQ, SUCCESS)
    with raw_peer(answering(everything), 30) as peer:
        report = run(find(peer, ALL_STUDIES))
    assert [one.StudyInstanceUID for one in report.matches] == uids
    assert not report.limited


def test_cancel_of_a_peer_that_does_not_listen_ends_soon():
    with raw_peer(answering(found("1.2")), 60) as peer:
        job = find(peer, ALL_STUDIES)
        while next(job).done < 1:
            pass
        begin = time.monotonic()
        with pytest.raises(StopIteration) as end:
            job.throw(JobCancelled())
    assert (end.value.value.cancelled, len(end.value.value.matches)) == (True, 1)
    assert time.monotonic() - begin < 15


def test_cancel_is_said_on_the_wire():
    heard = []

    def behave(connection):
        accept(connection)
        read_message(connection)
        connection.sendall(found("1.2"))
        heard.append(read_message(connection, has_data=False))
        connection.sendall(answer(pdu.C_FIND_RQ, 0xFE00))

    with raw_peer(behave) as peer:
        job = find(peer, ALL_STUDIES)
        while next(job).done < 1:
            pass
        with pytest.raises(StopIteration):
            job.throw(JobCancelled())
    (cancel,) = heard
    assert cancel.number(pdu.COMMAND_FIELD) == pdu.C_CANCEL_RQ
    assert cancel.number(pdu.RESPONDED_TO) == 1


def test_what_cannot_be_encoded_is_told_before_it_is_sent():
    query = Dataset()
    query.QueryRetrieveLevel = "STUDY"
    query.add_new(0x00201206, "US", 1)
    query[0x00201206]._value = "many"
    with raw_peer(lambda connection: (accept(connection), read_pdu(connection))) as peer:
        client = FindClient(peer)
        try:
            client.associate()
            with pytest.raises(DICOMError, match="cannot be encoded"):
                list(client.find(query))
        finally:
            client.close()


def test_one_request_follows_the_other():
    """On one association; the second query has another message ID."""

    def behave(connection):
        accept(connection)
        for number in (1, 2):
            assert read_message(connection).number(pdu.MESSAGE_ID) == number
            connection.sendall(answer(pdu.C_FIND_RQ, PENDING, match(f"1.{number}"), message_id=number))
            connection.sendall(answer(pdu.C_FIND_RQ, SUCCESS, message_id=number))
        read_pdu(connection)
        connection.sendall(pdu.RELEASE_RESPONSE)

    with raw_peer(behave) as peer:
        client = FindClient(peer)
        client.associate()
        answers = [one for _ in range(2) for one in client.find(ALL_STUDIES)]
        client.release()
        client.close()
    assert [one.status for one in answers] == [PENDING, SUCCESS] * 2
    assert [one.identifier.StudyInstanceUID for one in answers if one.identifier] == ["1.1", "1.2"]
