"""Fragments of messages (PS3.8 annex D.1), as bytes to be sent."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from io import FileIO
from typing import BinaryIO

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu

_FRAGMENT = struct.Struct(">BxIIBB")
# So much is read and sent at once: a peer works on it while the next is read.
_BLOCK_BYTES = 1 << 16
# As many buffers as systems fill by one call.
_MOST_FRAGMENTS = 1024
# Room for a command, which as a rule takes a tenth of it.
_COMMAND_BYTES = 2048


def fragment(context: int, flags: int, data: bytes) -> bytes:
    """A PDU with one fragment."""
    return _FRAGMENT.pack(pdu.DATA_TF, len(data) + 6, len(data) + 2, context, flags) + data


class OutgoingBlock:
    """Memory that is filled with the PDUs of a message, and sent, again and again.

    Files are read into it between the headers, by one call for all its fragments.

    Parameters
    ----------
    room
        For the data of a fragment, an even number of bytes.

    Attributes
    ----------
    room
        As given.
    memory
        The bytes.
    first
        Where in it the first fragment of data begins; a command may stand before.
    """

    first = _COMMAND_BYTES

    def __init__(self, room: int) -> None:
        self.room = room
        step = _FRAGMENT.size + room
        count = min(max(1, _BLOCK_BYTES // step), _MOST_FRAGMENTS)
        self.memory = memoryview(bytearray(self.first + count * step))
        self._begins = range(self.first, len(self.memory), step)
        self._pieces = [self.memory[begin + _FRAGMENT.size : begin + step] for begin in self._begins]

    def begin_with(self, command: bytes) -> int:
        """Put the PDU of a command, of at most `first` bytes, before the fragments; where it begins."""
        begin = self.first - len(command)
        self.memory[begin : self.first] = command
        return begin

    def fill(self, context: int, file: BinaryIO, left: int) -> tuple[int, int]:
        """Put the next fragments of a data set behind each other; where they end, and what is left then.

        Parameters
        ----------
        context
            ID of the presentation context.
        file
            It stands at what comes next.
        left
            How many bytes of the data set are still to come.

        Raises
        ------
        PeerAborted
            If the file ends too early.
        """
        room = self.room
        count = min(len(self._pieces), -(-left // room) or 1)
        pieces = self._pieces[:count]
        length = min(room, left - (count - 1) * room)
        pieces[-1] = pieces[-1][:length]
        _read(file, pieces)
        left -= (count - 1) * room + length
        for begin in self._begins[: count - 1]:
            _FRAGMENT.pack_into(self.memory, begin, pdu.DATA_TF, room + 6, room + 2, context, 0)
        last = self._begins[count - 1]
        end = last + _FRAGMENT.size + length
        if length % 2:  # a deflated data set (PS3.5 section A.5)
            self.memory[end] = 0
            end, length = end + 1, length + 1
        flags = 0 if left else pdu.LAST
        _FRAGMENT.pack_into(self.memory, last, pdu.DATA_TF, length + 6, length + 2, context, flags)
        return end, left


def _read(file: BinaryIO, targets: Sequence[memoryview]) -> None:
    """Fill all targets with what comes next in a file, in one call where the system can."""
    filled = 0
    if len(targets) > 1 and isinstance(file, FileIO) and hasattr(os, "readv"):
        filled = os.readv(file.fileno(), targets)
    for target in targets:
        done = min(filled, len(target))
        filled -= done
        while done < len(target):
            count = file.readinto(target[done:])  # type: ignore[attr-defined]
            if not count:
                raise PeerAborted("The file became shorter while it was sent.")
            done += count
