"""The receiving side of C-STORE (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from DICOMLib.network import pdu, statuses
from DICOMLib.network.acceptor import Acceptor, Request
from DICOMLib.network.arrival import Arrival, ArrivingFile, Receiver
from DICOMLib.network.pdu import Command, Context
from DICOMLib.network.wire import Wire

_STANDARD = "1.2.840.10008."
# Classes of the Standard that are no images but are stored all the same, beside those of 5.1.4.1.1.
_STORAGE = (
    "1.2.840.10008.5.1.4.1.1.",
    "1.2.840.10008.5.1.4.34.7",
    "1.2.840.10008.5.1.4.34.10",
    "1.2.840.10008.5.1.4.38.1",
    "1.2.840.10008.5.1.4.39.1",
    "1.2.840.10008.5.1.4.43.1",
    "1.2.840.10008.5.1.4.44.1",
    "1.2.840.10008.5.1.4.45.1",
    "1.2.840.10008.5.1.1.27",
    "1.2.840.10008.5.1.1.29",
    "1.2.840.10008.5.1.1.30",
)
# Their pixel data lie elsewhere, or come in real time: nothing that could be stored.
_NOT_STORABLE = ("1.2.840.10008.1.2.4.94", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.7.")


class Storage:
    """Takes instances (C-STORE).

    Parameters
    ----------
    receiver
        Who takes them.
    on_stored
        Called with each instance that is safe; its path is no longer that of a file.
    """

    requests = frozenset((pdu.C_STORE_RQ,))

    def __init__(
        self, receiver: Receiver, on_stored: Callable[[Arrival], None] = lambda arrival: None
    ) -> None:
        self._receiver = receiver
        self._on_stored = on_stored
        self._part = receiver.temporary()

    def choose(self, context: Context, receives: bool) -> str | None:
        """The first syntax that can be stored; see `Service`."""
        if not is_storage(context.abstract_syntax):
            return None
        storable = (uid for uid in context.transfer_syntaxes if uid and not uid.startswith(_NOT_STORABLE))
        return next(storable, "")

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """See `Service`."""
        served = acceptor.served
        arrival, status = receive(
            acceptor.wire,
            request.context,
            request.command,
            (request.sop_class, request.transfer_syntax),
            (self._receiver, self._part),
            (served.calling_ae, acceptor.acceptance.max_instance_bytes),
        )
        if status == statuses.SUCCESS:
            served.stored += 1
            self._on_stored(arrival)
        else:
            served.refused.append((arrival.sop_instance, status))
        acceptor.respond(request.context, request.command, status)


def is_storage(sop_class: str) -> bool:
    """Whether instances of a class can be stored; private classes count as such."""
    return bool(sop_class) and (not sop_class.startswith(_STANDARD) or sop_class.startswith(_STORAGE))


def receive(
    wire: Wire,
    number: int,
    command: Command,
    agreed: tuple[str, str],
    keeping: tuple[Receiver, Path],
    limits: tuple[str, int] = ("", 0),
) -> tuple[Arrival, int]:
    """Take the instance of a C-STORE request; what it was, and the status that the peer is to be told.

    Parameters
    ----------
    wire
        Where the data set comes.
    number
        ID of the presentation context.
    command
        The request.
    agreed
        SOP class and transfer syntax of the context.
    keeping
        Who keeps it, and its name for a file that is not complete yet.
    limits
        AE title of the peer, and the most bytes that are kept (0 for any number).

    Raises
    ------
    PeerAborted, ProtocolError
        If the data set does not come whole; nothing of it is kept.
    """
    sop_class, sop_instance = command.text(pdu.AFFECTED_SOP_CLASS), command.text(pdu.AFFECTED_SOP_INSTANCE)
    receiver, part = keeping
    arrival = Arrival(part, sop_class, sop_instance, agreed[1], limits[0])
    file = ArrivingFile(arrival, limits[1])
    try:
        wire.read_data(number, file.write)
        if sop_class != agreed[0] or not sop_instance:
            return arrival, statuses.NOT_OUR_CLASS
        return arrival, file.hand_over(receiver)
    finally:
        file.discard()
