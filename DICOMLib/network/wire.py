"""One connection of an association: PDUs in and out, fragments of messages, time limits."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import BinaryIO

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.outgoing_block import OutgoingBlock, fragment
from DICOMLib.network.pace import LEAST_BYTES_PER_S
from DICOMLib.network.pdu import Command, ProtocolError
from DICOMLib.network.sockets import acknowledge_at_once, is_readable, shut

_MAX_COMMAND_BYTES = 1 << 16
# What is read at once: some PDUs of the longest kind that we announce.
_INCOMING_BYTES = 1 << 18
# How long the system delays acknowledgements, as a rule 40 ms.
_STALL_S = 0.02, 0.3
_HEADER = struct.Struct(">BxI")
_VALUE = struct.Struct(">IBB")


class Released(Exception):
    """The peer asks to end the association in peace."""


class Wire:
    """Reads and writes PDUs on a socket; for one thread, but `send` and `close` may be called from any.

    Parameters
    ----------
    connection
        Connected; it is closed with this object.
    timeout_s
        How long to wait for the next PDU, for the rest of it, and for data to be taken.
    """

    def __init__(self, connection: socket.socket, timeout_s: float) -> None:
        self._socket = connection
        self._socket.settimeout(timeout_s)
        self._timeout_s = timeout_s
        self._sending = threading.Lock()
        self._buffer = memoryview(bytearray(_INCOMING_BYTES))
        self._start = self._end = 0  # what has come and was not read yet
        self._outgoing: OutgoingBlock | None = None
        # What is still to come of the PDU behind the fragment that is read, and of the fragment.
        self._pdu_left = self._fragment_left = 0
        self._context = self._flags = 0
        # Whether the peer seems to use Nagle's algorithm, and sends nothing more until we acknowledge; each
        # acknowledgement has its price, so that others need not get them at once.
        self._stalled = False
        # What the peer takes in one PDU, without the header; 0 for any length.
        self.peer_max_length = 0

    def set_timeout(self, timeout_s: float) -> None:
        """Wait so long from now on."""
        self._socket.settimeout(timeout_s)
        self._timeout_s = timeout_s

    def close(self) -> None:
        """End the connection at once; whoever waits on it gets `PeerAborted`."""
        shut(self._socket)

    def send(self, data: bytes | memoryview) -> None:
        """Send bytes.

        Raises
        ------
        PeerAborted
            If the connection ends, or the peer takes nothing for too long.
        """
        try:
            with self._sending:
                self._socket.sendall(data)
        except TimeoutError as error:
            raise PeerAborted(f"The peer takes no data for {self._timeout_s:g} s.") from error
        except OSError as error:
            raise PeerAborted(_ended(error)) from error

    def read_pdu(self, limit: int = pdu.MAX_PDU_BYTES) -> tuple[int, memoryview]:
        """The type of the next PDU, and its body, which is valid until the next call.

        Raises
        ------
        PeerAborted
            If none comes in time, or the connection ends.
        ProtocolError
            If it is longer than `limit`.
        """
        kind, length = self._read_header(limit)
        if self._end - self._start < length:
            self._await(length)
        begin = self._start
        self._start += length
        return kind, self._buffer[begin : self._start]

    def _read_header(self, limit: int) -> tuple[int, int]:
        """Type and length of the next PDU. Raises as `read_pdu`."""
        if self._end - self._start < _HEADER.size:
            self._await(_HEADER.size)
        kind, length = _HEADER.unpack_from(self._buffer, self._start)
        if not pdu.ASSOCIATE_RQ <= kind <= pdu.ABORT or length > limit:
            raise ProtocolError("What comes from the peer is not DICOM.")
        self._start += _HEADER.size
        return kind, length

    def _await(self, count: int) -> None:
        """Wait for so many bytes, which are not there yet; whatever else has come is taken with them."""
        if self._end == self._start:
            self._start = self._end = 0
        if self._start + count > len(self._buffer):
            self._make_room(count)
        first = 0.0  # when something came: from then on the whole has to come in time
        try:
            while self._end - self._start < count:
                begin = time.perf_counter()
                if first and begin - first > self._timeout_s:
                    raise PeerAborted(self._silence())
                received = self._socket.recv_into(self._buffer[self._end :])
                if not received:
                    raise PeerAborted("The peer has ended the connection.")
                self._end += received
                now = time.perf_counter()
                first = first or now
                self._stalled = self._stalled or _STALL_S[0] < now - begin < _STALL_S[1]
                if self._stalled:
                    acknowledge_at_once(self._socket)
        except TimeoutError as error:
            raise PeerAborted(self._silence()) from error
        except OSError as error:
            raise PeerAborted(_ended(error)) from error

    def _silence(self) -> str:
        return f"Nothing comes from the peer for {self._timeout_s:g} s."

    def _check_pace(self, begin: float, count: int) -> None:
        """Give up a peer from which so many bytes of a message have come since then."""
        seconds = time.perf_counter() - begin
        if seconds > self._timeout_s and count < seconds * LEAST_BYTES_PER_S:
            raise PeerAborted(self._silence())

    def _make_room(self, count: int) -> None:
        """Move what waits to the front of a buffer that holds so many bytes."""
        waiting = bytes(self._buffer[self._start : self._end])
        if count > len(self._buffer):
            self._buffer = memoryview(bytearray(count))
        self._buffer[: len(waiting)] = waiting
        self._start, self._end = 0, len(waiting)

    @property
    def has_news(self) -> bool:
        """Whether something has come that has not been read yet."""
        if (
            self._fragment_left
            or self._pdu_left
            or self._end > self._start
            or (isinstance(self._socket, ssl.SSLSocket) and self._socket.pending())
        ):
            return True
        try:
            return is_readable(self._socket)
        except (OSError, ValueError) as error:
            raise PeerAborted("The connection has ended.") from error

    # Messages

    def _open_fragment(self) -> None:
        """Go to the next fragment of a message (PS3.8 annex D.1): of this PDU, or of the next."""
        while not self._pdu_left:
            kind, self._pdu_left = self._read_header(pdu.MAX_PDU_BYTES)
            if kind == pdu.RELEASE_RQ:
                raise Released
            if kind == pdu.ABORT:
                raise PeerAborted("The peer has aborted the association.")
            if kind != pdu.DATA_TF:
                raise ProtocolError("The peer sent a message that does not belong here.")
        if self._pdu_left < _VALUE.size:
            raise ProtocolError("A fragment is cut off.")
        if self._end - self._start < _VALUE.size:
            self._await(_VALUE.size)
        length, self._context, self._flags = _VALUE.unpack_from(self._buffer, self._start)
        self._start += _VALUE.size
        self._pdu_left -= length + 4
        if length < 2 or self._pdu_left < 0:
            raise ProtocolError("A fragment is longer than its message.")
        self._fragment_left = length - 2

    def _next_piece(self) -> tuple[memoryview, bool]:
        """What has come of a fragment, valid until the next call, and whether it ends the message.

        It is not waited for the whole: while one piece is handled, the peer sends the next.
        """
        if not self._fragment_left:
            self._open_fragment()
        if self._fragment_left and self._end == self._start:
            self._await(1)
        begin = self._start
        self._start = min(begin + self._fragment_left, self._end)
        self._fragment_left -= self._start - begin
        return self._buffer[begin : self._start], not self._fragment_left and self._flags & pdu.LAST != 0

    def read_command(self) -> tuple[int, Command]:
        """Context ID and command of the next message.

        Raises
        ------
        Released
            If the peer ends the association instead.
        PeerAborted, ProtocolError
            As `read_pdu`, and if something else comes.
        """
        raw, begin = b"", 0.0
        while True:
            piece, is_last = self._next_piece()
            if not self._flags & pdu.COMMAND:
                raise ProtocolError("Data comes where a command should.")
            raw += piece
            if len(raw) > _MAX_COMMAND_BYTES:
                raise ProtocolError("A command has no end.")
            if is_last:
                return self._context, pdu.decode_command(raw)
            begin = begin or time.perf_counter()
            self._check_pace(begin, len(raw))

    def read_data(self, context: int, take: Callable[[memoryview], object]) -> None:
        """Give each piece of the data set of the message to `take`, as it comes.

        Raises as `read_command`.
        """
        count, begin = 0, time.perf_counter()
        while True:
            piece, is_last = self._next_piece()
            if self._flags & pdu.COMMAND or self._context != context:
                raise ProtocolError("A data set is interrupted by something else.")
            take(piece)
            if is_last:
                return
            count += len(piece)
            self._check_pace(begin, count)

    def send_command(self, context: int, command: bytes) -> None:
        """Send an encoded command set."""
        self.send(fragment(context, pdu.COMMAND | pdu.LAST, command))

    def send_messages(self, context: int, command: bytes, data_sets: Iterable[bytes]) -> None:
        """Send a command with each of some short data sets, all at once. Raises as `send`."""
        head = fragment(context, pdu.COMMAND | pdu.LAST, command)
        room = self._room
        parts = []
        for data in data_sets:
            parts.append(head)
            for first in range(0, len(data) or 1, room):
                flags = pdu.LAST if first + room >= len(data) else 0
                parts.append(fragment(context, flags, data[first : first + room]))
        self.send(b"".join(parts))

    @property
    def _room(self) -> int:
        """For a fragment, in a PDU that the peer takes."""
        return (min(self.peer_max_length or pdu.MAX_PDU_BYTES, pdu.MAX_PDU_BYTES) - 6) & ~1

    def send_message(self, context: int, command: bytes, file: BinaryIO, size: int) -> None:
        """Send a command and the next `size` bytes of a file as its data set, in constant memory.

        Raises
        ------
        PeerAborted
            As `send`, and if the file ends too early.
        """
        block = self._outgoing
        if block is None or block.room != self._room:
            block = self._outgoing = OutgoingBlock(self._room)
        head = fragment(context, pdu.COMMAND | pdu.LAST, command)
        if len(head) > block.first:  # the UIDs of a damaged file
            self.send(head)
            head = b""
        begin = block.begin_with(head)
        while True:
            end, size = block.fill(context, file, size)
            self.send(block.memory[begin:end])
            if not size:
                return
            begin = block.first


def _ended(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"The connection has ended ({reason})." if reason else f"The connection has ended ({os.name})."
