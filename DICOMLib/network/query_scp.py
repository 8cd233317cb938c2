"""The answering side of C-FIND (PS3.4 section C.4.1), and whom it asks."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError, InvalidDICOM
from DICOMLib.network import pdu, statuses
from DICOMLib.network.acceptor import Acceptor, Request, Service, response
from DICOMLib.network.identifiers import UNREADABLE, decoded, encoded
from DICOMLib.network.models import FIND_MODELS, PLAIN_SYNTAXES
from DICOMLib.network.pdu import Command, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.wire import Wire

log = logging.getLogger(__name__)

_MAX_IDENTIFIER_BYTES = 4 << 20
_HAS_IDENTIFIER = 1
_PENDING = 0xFF00
_MAX_COMMENT = 64  # VR LO
_AT_ONCE = 50  # answers, before the peer can cancel them again


class InvalidIdentifier(DICOMError):
    """A peer asks for what cannot be answered; the text says why."""


class Archive(Protocol):
    """Who answers to queries and has what is retrieved; called from many threads."""

    def find(self, level: str, identifier: Dataset, transfer_syntax: str) -> Iterator[Sequence[bytes]]:
        """Answers to a query at level "PATIENT", "STUDY", "SERIES" or "IMAGE", encoded; some at once.

        Raises
        ------
        InvalidIdentifier
            If the identifier cannot be understood.
        DICOMError
            If it cannot be answered.
        """

    def files(self, level: str, identifier: Dataset) -> Mapping[str, str]:
        """Path by SOP Instance UID of what the unique keys of an identifier mean. Raises as `find`."""

    def note_unreadable(self, fault: InvalidDICOM) -> None:
        """One of these files cannot be sent."""

    def destination(self, ae_title: str) -> Peer | None:
        """The peer to which C-MOVE may send by that AE title; None for an unknown one."""


def choose_plain(models: Sequence[str], context: Context) -> str | None:
    """Transfer syntax for a context of one of the information models; see `Service.choose`."""
    if context.abstract_syntax not in models:
        return None
    return next((uid for uid in PLAIN_SYNTAXES if uid in context.transfer_syntaxes), "")


class Query(Service):
    """Answers to C-FIND.

    Parameters
    ----------
    archive
        Whom to ask.
    """

    requests = frozenset((pdu.C_FIND_RQ,))

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def choose(self, context: Context, receives: bool) -> str | None:
        """See `Service`."""
        return choose_plain(FIND_MODELS, context)

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """See `Service`."""
        status, comment = statuses.SUCCESS, ""
        identifier = read_identifier(acceptor.wire, request)
        if request.sop_class not in FIND_MODELS:
            status = statuses.SOP_CLASS_NOT_SUPPORTED
        elif identifier is None:
            status, comment = statuses.CANNOT_UNDERSTAND, "The identifier cannot be decoded."
        else:
            try:
                if not self._tell_all(acceptor.wire, request, identifier):
                    status = statuses.CANCELLED
            except InvalidIdentifier as error:
                status, comment = statuses.IDENTIFIER_DOES_NOT_MATCH, str(error)
            except DICOMError as error:
                log.warning("a query was not answered: %s", type(error).__name__)
                status = statuses.OUT_OF_RESOURCES
        send_response(acceptor.wire, request, status, comment=comment)

    def _tell_all(self, wire: Wire, request: Request, identifier: Dataset) -> bool:
        """Send the answers; False if the peer has cancelled it before all were told."""
        kind = request.command.number(pdu.COMMAND_FIELD)
        command = response(request.command, kind, _PENDING, has_data=True)
        for answers in self._archive.find(level_of(identifier), identifier, request.transfer_syntax):
            for first in range(0, len(answers), _AT_ONCE):
                if is_cancelled(wire, request.command):
                    return False
                wire.send_messages(request.context, command, answers[first : first + _AT_ONCE])
        return True


def level_of(identifier: Dataset) -> str:
    """Query/Retrieve Level of an identifier, "" for none."""
    return str(identifier.get("QueryRetrieveLevel", "") or "")


def read_identifier(wire: Wire, request: Request) -> Dataset | None:
    """The identifier of a request; None if it is none.

    Raises
    ------
    ProtocolError
        If it has no end.
    """
    raw = bytearray()

    def take(piece: memoryview) -> None:
        if len(raw) + len(piece) > _MAX_IDENTIFIER_BYTES:
            raise ProtocolError("An identifier has no end.")
        raw.extend(piece)

    wire.read_data(request.context, take)
    identifier = decoded(bytes(raw), request.transfer_syntax)
    return identifier if identifier is not None and _is_readable(identifier) else None


def _is_readable(identifier: Dataset) -> bool:
    """Whether the level, which pydicom decodes only now, can be read."""
    try:
        level_of(identifier)
    except UNREADABLE:
        return False
    return True


def is_cancelled(wire: Wire, command: Command) -> bool:
    """Whether the peer has sent C-CANCEL for a request that is under way.

    Raises
    ------
    PeerAborted, Released
        If the peer ends the association.
    ProtocolError
        If it sends something else.
    """
    while wire.has_news:
        number, news = wire.read_command()
        if is_cancel(news, command):
            return True
        if news.has_data:
            wire.read_data(number, lambda _piece: None)
        if news.number(pdu.COMMAND_FIELD) != pdu.C_CANCEL_RQ:
            raise ProtocolError("The peer asks for something before it has got the answer.")
    return False


def is_cancel(news: Command, command: Command) -> bool:
    """Whether a message cancels a request."""
    field, responded = news.number(pdu.COMMAND_FIELD), news.number(pdu.RESPONDED_TO)
    return field == pdu.C_CANCEL_RQ and responded == command.number(pdu.MESSAGE_ID)


def send_response(
    wire: Wire,
    request: Request,
    status: int,
    numbers: Mapping[int, int | str] | None = None,
    comment: str = "",
    identifier: Dataset | None = None,
) -> None:
    """Send a response, with further elements of the command and an identifier if there are any."""
    values = dict(numbers or {})
    if comment:
        values[pdu.ERROR_COMMENT] = comment[:_MAX_COMMENT]
    kind = request.command.number(pdu.COMMAND_FIELD)
    raw = encoded(identifier, request.transfer_syntax) if identifier is not None else b""
    command = response(request.command, kind, status, values, has_data=bool(raw))
    if raw:
        wire.send_message(request.context, command, io.BytesIO(raw), len(raw))
    else:
        wire.send_command(request.context, command)
