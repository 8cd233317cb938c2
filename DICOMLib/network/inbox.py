"""Where the instances of one association are written down, one after the other."""

from __future__ import annotations

import contextlib
import os

from DICOMLib.network import pdu, statuses
from DICOMLib.network.acceptor import Request
from DICOMLib.network.arrival import Arrival, ArrivingFile, Receiver, open_aside
from DICOMLib.network.wire import Wire


class Inbox:
    """Takes one instance at a time. Whoever calls `prepare` calls `close` at the end.

    Parameters
    ----------
    receiver
        Who keeps what comes.
    max_bytes
        Longer data sets are not kept; 0 for any length.
    """

    def __init__(self, receiver: Receiver, max_bytes: int = 0) -> None:
        self._receiver = receiver
        self._max_bytes = max_bytes
        self._part = receiver.temporary()
        self._opened: int | None = None

    def receive(self, wire: Wire, request: Request, calling_ae: str = "") -> tuple[Arrival, int]:
        """Take the instance of a C-STORE request; what it was, and the status that the peer is to be told.

        Parameters
        ----------
        wire
            Where the data set comes.
        request
            The C-STORE request.
        calling_ae
            AE title of the peer.

        Raises
        ------
        PeerAborted, ProtocolError
            If the data set does not come whole; nothing of it is kept.
        """
        command = request.command
        sop_class = command.text(pdu.AFFECTED_SOP_CLASS)
        sop_instance = command.text(pdu.AFFECTED_SOP_INSTANCE)
        arrival = Arrival(self._part, sop_class, sop_instance, request.transfer_syntax, calling_ae)
        opened, self._opened = self._opened, None
        file = ArrivingFile(arrival, self._max_bytes, opened)
        try:
            wire.read_data(request.context, file.write)
            if sop_class != request.sop_class or not sop_instance:
                return arrival, statuses.NOT_OUR_CLASS
            return arrival, file.hand_over(self._receiver)
        finally:
            file.discard()

    def prepare(self) -> None:
        """Open the file of the next instance, while the peer makes it ready and does not wait for us."""
        if self._opened is None:
            with contextlib.suppress(OSError):  # tried again, and told, once there is something to keep
                self._opened = open_aside(self._part)

    def close(self) -> None:
        """Remove the file of an instance that does not come."""
        opened, self._opened = self._opened, None
        if opened is not None:
            os.close(opened)
            self._part.unlink(missing_ok=True)
