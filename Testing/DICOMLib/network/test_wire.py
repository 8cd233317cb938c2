"""Messages over a pair of sockets."""

from __future__ import annotations

import io
import socket
import struct

import pytest

from DICOMLib.network import pdu
from DICOMLib.network.store_scu import store_request
from DICOMLib.network.wire import Wire

COMMAND = pdu.encode_command({pdu.COMMAND_FIELD: pdu.C_FIND_RQ | pdu.RESPONSE, pdu.STATUS: 0xFF00})
DATA_SETS = [b"", b"ab", b"0123456789", bytes(range(256))]


@pytest.mark.parametrize("longest", [0, 10, 16, 4096])
def test_several_messages_at_once(longest: int) -> None:
    ends = socket.socketpair()
    sender, receiver = (Wire(end, 5) for end in ends)
    try:
        sender.peer_max_length = longest
        sender.send_messages(3, COMMAND, DATA_SETS)
        for data in DATA_SETS:
            context, command = receiver.read_command()
            assert (context, command.number(pdu.STATUS)) == (3, 0xFF00)
            taken = bytearray()
            pieces: list[int] = []
            receiver.read_data(
                3, lambda piece, to=taken, of=pieces: (to.extend(piece), of.append(len(piece)))
            )
            assert taken == data
            assert max(pieces) <= (longest or 1 << 20) - 6
        assert not receiver.has_news
    finally:
        sender.close()
        receiver.close()


def test_what_has_come_of_a_fragment_is_given_on_before_the_rest() -> None:
    data = bytes(range(100))
    other, end = socket.socketpair()
    receiver = Wire(end, 5)
    pieces: list[bytes] = []

    def take(piece: memoryview) -> None:
        pieces.append(bytes(piece))
        if len(pieces) == 1:
            other.sendall(data[10:])

    try:
        other.sendall(struct.pack(">BxIIBB", pdu.DATA_TF, 106, 102, 3, pdu.LAST) + data[:10])
        receiver.read_data(3, take)
        assert pieces[0] == data[:10]
        assert b"".join(pieces) == data
        assert not receiver.has_news
    finally:
        receiver.close()
        other.close()


@pytest.mark.parametrize("fault", ["cut off", "longer"])
def test_fragments_that_do_not_fit_into_their_pdu(fault: str) -> None:
    other, end = socket.socketpair()
    receiver = Wire(end, 5)
    length = 4 if fault == "cut off" else 7
    try:
        other.sendall(struct.pack(">BxIIBB", pdu.DATA_TF, length, 4, 3, pdu.LAST) + b"ab")
        with pytest.raises(pdu.ProtocolError, match=fault):
            receiver.read_data(3, lambda piece: None)
    finally:
        receiver.close()
        other.close()


def test_a_command_longer_than_any_is_sent_with_its_data() -> None:
    """A damaged file may have a UID of any length."""
    ends = socket.socketpair()
    sender, receiver = (Wire(end, 5) for end in ends)
    uid = "1." * 3000 + "1"
    try:
        sender.send_message(3, store_request("1.2", uid, 1), io.BytesIO(b"data"), 4)
        _context, command = receiver.read_command()
        assert command.text(pdu.AFFECTED_SOP_INSTANCE) == uid
        taken = bytearray()
        receiver.read_data(3, taken.extend)
        assert taken == b"data"
    finally:
        sender.close()
        receiver.close()
