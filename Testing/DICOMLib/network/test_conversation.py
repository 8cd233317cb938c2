"""What peers answer while something is listed, with UIDs padded in ways that the Standard does not know."""

from __future__ import annotations

import pytest

from DICOMLib.network import pdu
from DICOMLib.network.conversation import Counts, Failed, Listed, Wanted, list_instances, move
from DICOMLib.network.identifiers import encoded
from DICOMLib.network.link import Link
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from Testing.DICOMLib.network.raw_peer import accept, answer, raw_peer, read_message, read_pdu

pytestmark = pytest.mark.network

CT = "1.2.840.10008.5.1.4.1.1.2"
# Of an even length without padding, so that all of it is the peer's.
SERIES, INSTANCES = "1.2.33", ("1.2.34", "1.2.35", "1.2.36")


def element(group: int, number: int, value: str) -> bytes:
    raw = value.encode()
    header = group.to_bytes(2, "little") + number.to_bytes(2, "little") + b"UI"
    return header + len(raw).to_bytes(2, "little") + raw


def converse(*answers: list[tuple[int, bytes]]):
    """It answers to each request by statuses and identifiers."""

    def behave(connection):
        accept(connection)
        for number, one in enumerate(answers, 1):
            kind = read_message(connection).number(pdu.COMMAND_FIELD)
            for status, data in one:
                connection.sendall(answer(kind, status, data, message_id=number))
        assert read_pdu(connection) == pdu.RELEASE_REQUEST
        connection.sendall(pdu.RELEASE_RESPONSE)

    return behave


@pytest.mark.parametrize("padding", ["", "\0\0", "  ", " \0"])
def test_padded_uids_are_those_without(padding):
    series = [(0xFF00, element(0x20, 0x0E, SERIES + padding)), (0, b"")]
    images = [
        (0xFF00, element(0x08, 0x16, f"{CT} {padding}") + element(0x08, 0x18, uid + padding))
        for uid in INSTANCES
    ]
    told: list[object] = []
    with raw_peer(converse(series, [*images, (0, b"")]), 10) as peer:
        list_instances(Link(peer), [Wanted("1.2.3")], told.append)
    assert told == [Listed("1.2.3", SERIES, uid, CT) for uid in INSTANCES]


@pytest.mark.parametrize("padding", ["", "\0\0", "  "])
def test_padded_uids_of_what_failed(padding):
    failed = element(0x08, 0x58, "\\".join(uid + padding for uid in INSTANCES[:2]))
    told: list[object] = []
    with raw_peer(converse([(0xB000, failed)]), 10) as peer:
        move(Link(peer), [Wanted("1.2.3")], "SLICER", told.append)
    assert told == [
        Counts(),
        *(
            Failed("the peer could not send it; its own log may say why (status 0xB000)", uid)
            for uid in INSTANCES[:2]
        ),
    ]


def test_answers_without_what_was_asked_for_are_left_out():
    empty = encoded(Wanted("1.2.3").request(), EXPLICIT_LITTLE_ENDIAN)
    series = [(0xFF00, element(0x20, 0x0E, SERIES)), (0xFF00, empty), (0, b"")]
    told: list[object] = []
    with raw_peer(converse(series, [(0xFF00, empty), (0, b"")]), 10) as peer:
        list_instances(Link(peer), [Wanted("1.2.3")], told.append)
    assert told == []
