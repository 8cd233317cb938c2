"""The receiving side of C-STORE and C-ECHO (PS3.4 annexes A and B): one association of the listener."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from DICOMLib.core.errors import NetworkError
from DICOMLib.network import pdu, statuses
from DICOMLib.network.arrival import Arrival, ArrivingFile, Receiver
from DICOMLib.network.association import VERIFICATION
from DICOMLib.network.pdu import AssociateRequest, Command, Context, ProtocolError
from DICOMLib.network.wire import Released, Wire

log = logging.getLogger(__name__)

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


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whom to serve, and how much.

    Parameters
    ----------
    ae_title
        Our AE title.
    check_called
        Whether peers must call us by it.
    calling_ae_titles
        AE titles that are served; empty for all.
    max_instance_bytes
        Longer data sets are refused; 0 for any length.
    """

    ae_title: str = "SLICER"
    check_called: bool = False
    calling_ae_titles: frozenset[str] = frozenset()
    max_instance_bytes: int = 0


@dataclass(slots=True)
class Served:
    """What happened on an association.

    Parameters
    ----------
    calling_ae
        AE title of the peer.
    stored
        Number of instances that were taken.
    refused
        (SOP Instance UID, status) of the others.
    """

    calling_ae: str = ""
    stored: int = 0
    refused: list[tuple[str, int]] = field(default_factory=list)


class StoreServer:
    """Serves one association, from its request to its end.

    Parameters
    ----------
    wire
        The connection.
    receiver
        Who takes the instances; None where we are too busy, and refuse for the moment.
    acceptance
        Whom to serve.
    on_stored
        Called with each instance that is safe; its path is no longer that of a file.
    """

    def __init__(
        self,
        wire: Wire,
        receiver: Receiver | None,
        acceptance: Acceptance,
        on_stored: Callable[[Arrival], None] = lambda arrival: None,
    ) -> None:
        self._wire = wire
        self._receiver = receiver
        self._acceptance = acceptance
        self._on_stored = on_stored
        self._accepted: dict[int, tuple[str, str]] = {}
        self.served = Served()

    def serve(self, idle_timeout_s: float) -> None:
        """Negotiate, and answer until the peer ends it.

        Raises
        ------
        NetworkError
            If the connection ends otherwise. Whatever the peer was told that it is stored, is.
        """
        try:
            if not self._negotiate():
                return
            self._wire.set_timeout(idle_timeout_s)
            while True:
                self._answer(*self._wire.read_command())
        except Released:
            self._wire.send(pdu.RELEASE_RESPONSE)
        except ProtocolError:
            self._wire.send(pdu.abort(2, 1))
            raise

    def _negotiate(self) -> bool:
        kind, view = self._wire.read_pdu(pdu.MAX_ASSOCIATE_BYTES)
        if kind != pdu.ASSOCIATE_RQ:
            raise ProtocolError("The peer does not begin with an association request.")
        body = bytes(view)
        request = pdu.decode_request(body)
        self.served.calling_ae = request.calling
        refusal = self._refusal(request)
        if refusal is not None:
            self._wire.send(pdu.reject(*refusal))
            return False
        results = [(context.id, *_choose(context)) for context in request.contexts]
        self._accepted = {
            context.id: (context.abstract_syntax, syntax)
            for context, (_id, result, syntax) in zip(request.contexts, results, strict=True)
            if result == pdu.ACCEPTED
        }
        self._wire.send(pdu.encode_accept(request, results, body[4:36]))
        return True

    def _refusal(self, request: AssociateRequest) -> tuple[int, int, int] | None:
        """Result, source and reason of a rejection (PS3.8 section 9.3.4); None to accept."""
        acceptance = self._acceptance
        if self._receiver is None:
            return 2, 3, 2
        if acceptance.calling_ae_titles and request.calling not in acceptance.calling_ae_titles:
            return 1, 1, 3
        if acceptance.check_called and request.called != acceptance.ae_title:
            return 1, 1, 7
        return None

    def _answer(self, number: int, command: Command) -> None:
        if number not in self._accepted:
            raise ProtocolError("The peer uses a presentation context that was not agreed on.")
        field_ = command.number(pdu.COMMAND_FIELD)
        if field_ == pdu.C_STORE_RQ and command.has_data:
            status = self._store(number, command)
        elif field_ == pdu.C_ECHO_RQ and not command.has_data:
            status = statuses.SUCCESS
        elif field_ & pdu.RESPONSE or field_ == pdu.C_CANCEL_RQ:
            return
        else:
            status = statuses.UNRECOGNIZED_OPERATION
            if command.has_data:
                self._wire.read_data(number, lambda _piece: None)
        self._wire.send_command(number, response(command, field_, status))

    def _store(self, number: int, command: Command) -> int:
        assert self._receiver is not None
        agreed = self._accepted[number]
        calling, limit = self.served.calling_ae, self._acceptance.max_instance_bytes
        arrival, status = receive(self._wire, number, command, agreed, self._receiver, (calling, limit))
        if status == statuses.SUCCESS:
            self.served.stored += 1
            self._on_stored(arrival)
        else:
            self.served.refused.append((arrival.sop_instance, status))
        return status


def receive(
    wire: Wire,
    number: int,
    command: Command,
    agreed: tuple[str, str],
    receiver: Receiver,
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
    receiver
        Who keeps it.
    limits
        AE title of the peer, and the most bytes that are kept (0 for any number).

    Raises
    ------
    PeerAborted, ProtocolError
        If the data set does not come whole; nothing of it is kept.
    """
    sop_class, sop_instance = command.text(pdu.AFFECTED_SOP_CLASS), command.text(pdu.AFFECTED_SOP_INSTANCE)
    arrival = Arrival(receiver.temporary(), sop_class, sop_instance, agreed[1], limits[0])
    file = ArrivingFile(arrival, limits[1])
    try:
        wire.read_data(number, file.write)
        if sop_class != agreed[0] or not sop_instance:
            return arrival, statuses.NOT_OUR_CLASS
        return arrival, file.hand_over(receiver)
    finally:
        file.discard()


def _choose(context: Context) -> tuple[int, str]:
    """Result and transfer syntax for a context that a peer proposes: the first that can be stored."""
    abstract = context.abstract_syntax
    ours = abstract == VERIFICATION or not abstract.startswith(_STANDARD) or abstract.startswith(_STORAGE)
    first = context.transfer_syntaxes[0] if context.transfer_syntaxes else ""
    if not ours or not abstract:
        return pdu.ABSTRACT_SYNTAX_REFUSED, first
    for syntax in context.transfer_syntaxes:
        if syntax and not syntax.startswith(_NOT_STORABLE):
            return pdu.ACCEPTED, syntax
    return pdu.TRANSFER_SYNTAXES_REFUSED, first


def response(command: Command, request: int, status: int) -> bytes:
    """The encoded response to a request."""
    values: dict[int, int | str] = {
        pdu.COMMAND_FIELD: request | pdu.RESPONSE,
        pdu.RESPONDED_TO: command.number(pdu.MESSAGE_ID),
        pdu.DATA_SET_TYPE: pdu.NO_DATA_SET,
        pdu.STATUS: status,
    }
    for element in (pdu.AFFECTED_SOP_CLASS, pdu.AFFECTED_SOP_INSTANCE):
        if command.text(element):
            values[element] = command.text(element)
    return pdu.encode_command(values)


def log_end(served: Served, fault: NetworkError | None) -> None:
    """One line for an association that ended; without UIDs, for these tell of patients."""
    if fault is None and not served.refused:
        log.info("association of %s: %d instances stored", served.calling_ae, served.stored)
        return
    codes = ", ".join(sorted({f"0x{status:04X}" for _uid, status in served.refused}))
    log.warning(
        "association of %s: %d instances stored%s%s",
        served.calling_ae or "an unknown peer",
        served.stored,
        f", {len(served.refused)} refused ({codes})" if codes else "",
        f"; {fault}" if fault else "",
    )
