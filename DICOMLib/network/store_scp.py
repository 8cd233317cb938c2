"""The receiving side of C-STORE (PS3.4 annex B)."""

from __future__ import annotations

from collections.abc import Callable

from DICOMLib.network import pdu, statuses
from DICOMLib.network.acceptor import Acceptor, Request, Service, response
from DICOMLib.network.arrival import Arrival, Receiver
from DICOMLib.network.inbox import Inbox
from DICOMLib.network.pdu import Context

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


class Storage(Service):
    """Takes instances (C-STORE).

    Parameters
    ----------
    receiver
        Who takes them.
    on_stored
        Called with each instance that is safe; its path is no longer that of a file.
    max_bytes
        Longer data sets are refused; 0 for any length.
    """

    requests = frozenset((pdu.C_STORE_RQ,))

    def __init__(
        self,
        receiver: Receiver,
        on_stored: Callable[[Arrival], None] = lambda arrival: None,
        max_bytes: int = 0,
    ) -> None:
        self._inbox = Inbox(receiver, max_bytes)
        self._on_stored = on_stored

    def choose(self, context: Context, receives: bool) -> str | None:
        """The first syntax that can be stored; see `Service`."""
        if not is_storage(context.abstract_syntax):
            return None
        storable = (uid for uid in context.transfer_syntaxes if uid and not uid.startswith(_NOT_STORABLE))
        return next(storable, "")

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """See `Service`."""
        number, served = request.context, acceptor.served
        # What the peer does not wait for: its data set is still on the way, and so is, at the end, the next.
        success = response(request.command, pdu.C_STORE_RQ, statuses.SUCCESS)
        arrival, status = self._inbox.receive(acceptor.wire, request, served.calling_ae)
        if status == statuses.SUCCESS:
            served.stored += 1
            self._on_stored(arrival)
            acceptor.wire.send_command(number, success)
        else:
            served.refused.append((arrival.sop_instance, status))
            acceptor.respond(number, request.command, status)
        self._inbox.prepare()

    def close(self) -> None:
        """See `Service`."""
        self._inbox.close()


def is_storage(sop_class: str) -> bool:
    """Whether instances of a class can be stored; private classes count as such."""
    return bool(sop_class) and (not sop_class.startswith(_STANDARD) or sop_class.startswith(_STORAGE))
