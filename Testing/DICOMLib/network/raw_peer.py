"""A peer that does byte for byte what a test says."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from DICOMLib.network import pdu
from DICOMLib.network.pdu import Command
from DICOMLib.network.peers import Peer

TIMEOUT_S = 1.0


def read_pdu(connection: socket.socket) -> bytes:
    """The next PDU, with its header; what has come of it at the end of the connection."""
    data, length = b"", 6
    while len(data) < length:
        piece = connection.recv(length - len(data))
        if not piece:
            break
        data += piece
        if len(data) == 6:
            length = 6 + struct.unpack(">I", data[2:])[0]
    return data


def read_message(connection: socket.socket, has_data: bool = True) -> Command:
    """The command of the next message, the data set of which is read, too."""
    command = pdu.decode_command(read_pdu(connection)[12:])
    if has_data:
        read_pdu(connection)
    return command


def accept(connection: socket.socket) -> None:
    """Accept all that is proposed."""
    body = read_pdu(connection)[6:]
    request = pdu.decode_request(body)
    results = [(context.id, pdu.ACCEPTED, context.transfer_syntaxes[0]) for context in request.contexts]
    connection.sendall(pdu.encode_accept(request, results, body[4:36]))


def answer(kind: int, status: int | None, data: bytes = b"", context: int = 1, message_id: int = 1) -> bytes:
    """A PDU with a response, and the identifier that belongs to it; None leaves the status away."""
    values = {
        pdu.COMMAND_FIELD: kind | pdu.RESPONSE,
        pdu.RESPONDED_TO: message_id,
        pdu.DATA_SET_TYPE: 1 if data else pdu.NO_DATA_SET,
    }
    command = pdu.encode_command(values if status is None else {**values, pdu.STATUS: status})
    return pdu.pdu(pdu.DATA_TF, fragment(3, command, context) + (fragment(2, data, context) if data else b""))


def fragment(flags: int, data: bytes, context: int = 1) -> bytes:
    """A fragment of a message; flag 1 is a command, 2 the last fragment."""
    return struct.pack(">IBB", len(data) + 2, context, flags) + data


def drip(connection: socket.socket, data: bytes, seconds: float = 0.2) -> None:
    """Send byte by byte, until the other side has enough of it."""
    for position in range(len(data)):
        connection.sendall(data[position : position + 1])
        time.sleep(seconds)


def answer_without_end(whole: bytes, sent: list[int]) -> Callable[[socket.socket], None]:
    """A peer that begins the answer `whole`, and sends an identifier without end; `sent` counts bytes."""
    command = whole[6:]
    length = struct.unpack_from(">I", command)[0] + 4

    def behave(connection: socket.socket) -> None:
        accept(connection)
        read_message(connection)
        connection.sendall(pdu.pdu(pdu.DATA_TF, command[:length]))
        while True:
            connection.sendall(pdu.pdu(pdu.DATA_TF, fragment(0, bytes(60_000))))
            sent.append(60_000)

    return behave


@contextmanager
def raw_peer(behave: Callable[[socket.socket], object], timeout_s: float = TIMEOUT_S) -> Iterator[Peer]:
    """Whom to call: a server in a thread, which lets `behave` have each connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _address = server.accept()
                    with connection, contextlib.suppress(OSError):
                        connection.settimeout(30)
                        behave(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        port = server.getsockname()[1]
        try:
            yield Peer("127.0.0.1", port, "RAW", timeout_s=timeout_s, response_timeout_s=timeout_s)
        finally:
            with contextlib.suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            server.close()
            thread.join(30)
            assert not thread.is_alive()
