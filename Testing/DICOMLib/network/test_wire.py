"""Messages over a pair of sockets."""

from __future__ import annotations

import socket

import pytest

from DICOMLib.network import pdu
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
