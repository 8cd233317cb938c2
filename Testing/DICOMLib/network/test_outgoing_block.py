"""PDUs of a message, as they are sent, taken apart again by the table of PS3.8 section 9.3.5."""

from __future__ import annotations

import io

import pytest

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.outgoing_block import OutgoingBlock, fragment

ROOMS = (2, 4090, 16378, 131066)


def taken_apart(sent):
    """(context, flags, data) of each PDU."""
    found, position = [], 0
    while position < len(sent):
        assert sent[position : position + 2] == b"\x04\0"
        length = int.from_bytes(sent[position + 2 : position + 6], "big")
        assert int.from_bytes(sent[position + 6 : position + 10], "big") == length - 4
        found.append((sent[position + 10], sent[position + 11], sent[position + 12 : position + 6 + length]))
        position += 6 + length
    assert position == len(sent)
    return found


def sent_by(block, context, file, size):
    sent = b""
    while True:
        end, size = block.fill(context, file, size)
        sent += block.memory[block.first : end]
        if not size:
            return sent


@pytest.fixture(params=["on disk", "in memory"])
def opened(request, tmp_path):
    """Opens a file with that content."""
    files = []

    def open_with(content):
        path = tmp_path / "data"
        path.write_bytes(content)
        files.append(path.open("rb", buffering=0) if request.param == "on disk" else io.BytesIO(content))
        return files[-1]

    yield open_with
    for file in files:
        file.close()


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("extra", [-1, 0, 1])
@pytest.mark.parametrize("pieces", [0, 1, 3, 5, 19])
def test_every_byte_is_sent_once(opened, room, extra, pieces):
    size = max(0, pieces * room + extra)
    data = bytes(number * 7 % 251 for number in range(size))
    block = OutgoingBlock(room)
    for context in (1, 1, 3):  # what was sent before leaves no trace
        parts = taken_apart(sent_by(block, context, opened(data), size))
        assert b"".join(part for _context, _flags, part in parts) == data + bytes(size % 2)
        assert {number for number, _flags, _part in parts} == {context}
        assert [flags for _context, flags, _part in parts] == [0] * (len(parts) - 1) + [pdu.LAST]
        assert max(len(part) for _context, _flags, part in parts) <= room


@pytest.mark.parametrize("missing", [1, 20000, 50000])
def test_a_file_that_became_shorter(opened, missing):
    size = 60000
    with pytest.raises(PeerAborted, match="shorter"):
        sent_by(OutgoingBlock(16378), 1, opened(bytes(size - missing)), size)


def test_a_command_stands_before_its_data(opened):
    block = OutgoingBlock(16378)
    command = fragment(5, pdu.COMMAND | pdu.LAST, b"command")
    begin = block.begin_with(command)
    end, left = block.fill(5, opened(b"data"), 4)
    assert left == 0
    assert taken_apart(bytes(block.memory[begin:end])) == [(5, 3, b"command"), (5, 2, b"data")]


def test_a_peer_may_begin_before_all_of_a_file_is_read(opened):
    """It works on the first fragments while the rest is read."""
    size = 1 << 19
    file = opened(bytes(size))
    _end, left = OutgoingBlock(16378).fill(1, file, size)
    assert size - left == file.tell() <= 1 << 16
