"""The side that is asked for an association: negotiation, and requests handed to the services that answer."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from DICOMLib.core.errors import NetworkError, PeerAborted
from DICOMLib.network import pdu, statuses
from DICOMLib.network.models import VERIFICATION
from DICOMLib.network.pdu import AssociateRequest, Command, Context, ProtocolError
from DICOMLib.network.wire import Released, Wire

log = logging.getLogger(__name__)


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
    is_at_rest
        Whether all that was asked has been answered.
    """

    calling_ae: str = ""
    stored: int = 0
    refused: list[tuple[str, int]] = field(default_factory=list)
    is_at_rest: bool = False


class Request(NamedTuple):
    """A request of the peer: its presentation context, with what was agreed on for it, and the command."""

    context: int
    sop_class: str
    transfer_syntax: str
    command: Command


class Service(Protocol):
    """What answers to some kinds of requests; one object for each association."""

    # Values of Command Field that it answers to.
    requests: frozenset[int]

    def choose(self, context: Context, receives: bool) -> str | None:
        """Transfer syntax for a context that a peer proposes.

        Parameters
        ----------
        context
            What is proposed.
        receives
            Whether the peer wants to receive instances of the class.

        Returns
        -------
        str | None
            "" if it offers none of them; None if the class is none of its own.
        """

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """Answer to a request, its data set included."""

    def close(self) -> None:
        """The association has ended."""
        return  # most have nothing to put away


class Acceptor:
    """Serves one association, from its request to its end.

    Parameters
    ----------
    wire
        The connection.
    services
        What is offered, the first that offers a class is asked for it; none where we are too busy, and
        refuse for the moment.
    acceptance
        Whom to serve.

    Attributes
    ----------
    wire, acceptance
        As given.
    agreed
        SOP class and transfer syntax of each context, by its ID.
    receiving
        SOP classes of which the peer receives instances.
    served
        What happened so far.
    """

    def __init__(self, wire: Wire, services: Sequence[Service], acceptance: Acceptance) -> None:
        self.wire = wire
        self.acceptance = acceptance
        self._services = services
        self._answering: Mapping[int, Service] = {
            request: service for service in reversed(services) for request in service.requests
        }
        self.agreed: dict[int, tuple[str, str]] = {}
        self.receiving: frozenset[str] = frozenset()
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
            self.wire.set_timeout(idle_timeout_s)
            while True:
                self.served.is_at_rest = True
                command = self.wire.read_command()
                self.served.is_at_rest = False
                self._answer(*command)
        except Released:
            self.wire.send(pdu.RELEASE_RESPONSE)
        except ProtocolError:
            self.wire.send(pdu.abort(2, 1))
            raise
        finally:
            for service in self._services:
                service.close()

    def _negotiate(self) -> bool:
        kind, view = self.wire.read_pdu(pdu.MAX_ASSOCIATE_BYTES)
        if kind != pdu.ASSOCIATE_RQ:
            raise ProtocolError("The peer does not begin with an association request.")
        body = bytes(view)
        request = pdu.decode_request(body)
        self.served.calling_ae = request.calling
        refusal = self._refusal(request)
        if refusal is not None:
            self.wire.send(pdu.reject(*refusal))
            return False
        self.wire.peer_max_length = request.max_length
        results = [(context.id, *self._choose(context, request)) for context in request.contexts]
        self.agreed = {
            context.id: (context.abstract_syntax, syntax)
            for context, (_id, result, syntax) in zip(request.contexts, results, strict=True)
            if result == pdu.ACCEPTED
        }
        self.wire.send(pdu.encode_accept(request, results, body[4:36], self._roles(request)))
        return True

    def _refusal(self, request: AssociateRequest) -> tuple[int, int, int] | None:
        """Result, source and reason of a rejection (PS3.8 section 9.3.4); None to accept."""
        acceptance = self.acceptance
        if not self._services:
            return 2, 3, 2
        if acceptance.calling_ae_titles and request.calling not in acceptance.calling_ae_titles:
            return 1, 1, 3
        if acceptance.check_called and request.called != acceptance.ae_title:
            return 1, 1, 7
        return None

    def _choose(self, context: Context, request: AssociateRequest) -> tuple[int, str]:
        """Result and transfer syntax for a context."""
        first = context.transfer_syntaxes[0] if context.transfer_syntaxes else ""
        for service in self._services if context.abstract_syntax else ():
            syntax = service.choose(context, context.abstract_syntax in request.scp_roles)
            if syntax is not None:
                return (pdu.ACCEPTED, syntax) if syntax else (pdu.TRANSFER_SYNTAXES_REFUSED, first)
        return pdu.ABSTRACT_SYNTAX_REFUSED, first

    def _roles(self, request: AssociateRequest) -> AssociateRequest:
        """Grant the roles that were asked for, as far as we have services for them."""
        agreed = {sop_class for sop_class, _syntax in self.agreed.values()}
        receiving = tuple(
            uid for uid in request.scp_roles if uid in agreed and pdu.C_GET_RQ in self._answering
        )
        self.receiving = frozenset(receiving)
        sending = request.both_roles if pdu.C_STORE_RQ in self._answering else ()
        return AssociateRequest("", "", (), scp_roles=receiving, both_roles=sending)

    def _answer(self, number: int, command: Command) -> None:
        if number not in self.agreed:
            raise ProtocolError("The peer uses a presentation context that was not agreed on.")
        kind = command.number(pdu.COMMAND_FIELD)
        if kind & pdu.RESPONSE or kind == pdu.C_CANCEL_RQ:
            return  # of what has just been answered
        service = self._answering.get(kind)
        if service is not None and command.has_data == (kind != pdu.C_ECHO_RQ):
            service.answer(self, Request(number, *self.agreed[number], command))
            return
        if command.has_data:
            self.wire.read_data(number, lambda _piece: None)
        self.respond(number, command, statuses.UNRECOGNIZED_OPERATION)

    def respond(self, number: int, command: Command, status: int) -> None:
        """Send a response without a data set."""
        self.wire.send_command(number, response(command, command.number(pdu.COMMAND_FIELD), status))


class Verification(Service):
    """C-ECHO (PS3.4 annex A)."""

    requests = frozenset((pdu.C_ECHO_RQ,))

    def choose(self, context: Context, receives: bool) -> str | None:
        """See `Service`."""
        if context.abstract_syntax != VERIFICATION:
            return None
        return next(iter(context.transfer_syntaxes), "")

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """See `Service`."""
        acceptor.respond(request.context, request.command, statuses.SUCCESS)


def response(
    command: Command,
    request: int,
    status: int,
    further: Mapping[int, int | str] | None = None,
    has_data: bool = False,
) -> bytes:
    """The encoded response to a request, with further elements; `has_data` if a data set follows."""
    values: dict[int, int | str] = {
        pdu.COMMAND_FIELD: request | pdu.RESPONSE,
        pdu.RESPONDED_TO: command.number(pdu.MESSAGE_ID),
        pdu.DATA_SET_TYPE: 1 if has_data else pdu.NO_DATA_SET,
        pdu.STATUS: status,
    }
    if further:
        values.update(further)
    for element in (pdu.AFFECTED_SOP_CLASS, pdu.AFFECTED_SOP_INSTANCE):
        text = command.text(element)
        if text:
            values[element] = text
    return pdu.encode_command(values)


def log_end(served: Served, fault: NetworkError | None) -> None:
    """One line for an association that ended; without UIDs, for these tell of patients."""
    # Who only looked whether we are there, or asked and went away without a word, has lost nothing.
    is_gone = isinstance(fault, PeerAborted) and (served.is_at_rest or not served.calling_ae)
    if not served.refused and (fault is None or (is_gone and not served.stored)):
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
