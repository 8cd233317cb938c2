"""The asking side of C-ECHO, C-FIND and C-MOVE (PS3.4 annexes A and C), over our own PDUs."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydicom.dataset import Dataset

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.identifiers import decoded, encoded
from DICOMLib.network.models import (
    FIND_MODELS,
    IMPLICIT_LITTLE_ENDIAN,
    MOVE_MODELS,
    PLAIN_SYNTAXES,
    VERIFICATION,
)
from DICOMLib.network.pdu import Command, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.statuses import PENDING
from DICOMLib.network.wire import Released

log = logging.getLogger(__name__)

_MEDIUM, _HAS_IDENTIFIER = 0, 1
_MAX_IDENTIFIER_BYTES = 64 << 20

Proposal = tuple[str, tuple[str, ...]]


def proposals(models: Iterable[str]) -> list[Proposal]:
    """What to propose for services whose messages hold no pixels."""
    return [(model, PLAIN_SYNTAXES) for model in models]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a request.

    Parameters
    ----------
    status
        Of the request.
    counts
        Sub-operations remaining, completed, failed, and with a warning.
    data
        The encoded identifier; empty for none.
    transfer_syntax
        How it is encoded.
    """

    status: int
    counts: tuple[int, ...] = (0, 0, 0, 0)
    data: bytes = b""
    transfer_syntax: str = IMPLICIT_LITTLE_ENDIAN

    def identifier(self) -> Dataset | None:
        """The identifier; None if there is none, or none that can be read."""
        if not self.data:
            return None
        identifier = decoded(self.data, self.transfer_syntax)
        if identifier is None:
            log.warning("an answer of the peer cannot be read")
        return identifier


class QueryClient(Requestor):
    """An association on which one request follows the other.

    Parameters
    ----------
    peer
        Whom to call.
    proposals
        SOP class and transfer syntaxes of each presentation context.
    scp_roles
        See `Requestor`.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    nothing_accepted = "The peer offers none of the services that were asked for."

    def __init__(self, peer: Peer, proposals: Sequence[Proposal], scp_roles: Sequence[str] = ()) -> None:
        contexts = [Context(2 * number + 1, *proposal) for number, proposal in enumerate(proposals)]
        self._message_id = 0
        self._asked_on: int | None = None
        super().__init__(peer, contexts, scp_roles)

    def echo(self) -> int:
        """The status with which the peer answers to C-ECHO. Raises as `find`."""
        with self._asking(pdu.C_ECHO_RQ, (VERIFICATION,)):
            return next(self._answers(pdu.C_ECHO_RQ)).status

    def find(self, query: Dataset) -> Iterator[Answer]:
        """The answers to C-FIND as they come, the last one, which has no match, included.

        Raises
        ------
        AssociationRefused
            If the peer does not offer it.
        PeerAborted
            If the answers end.
        """
        models = FIND_MODELS[::-1] if query.QueryRetrieveLevel == "PATIENT" else FIND_MODELS
        with self._asking(pdu.C_FIND_RQ, models, query):
            yield from self._answers(pdu.C_FIND_RQ)

    def move(self, request: Dataset, destination: str) -> Iterator[Answer]:
        """The answers to C-MOVE to an AE title. Raises as `find`."""
        with self._asking(pdu.C_MOVE_RQ, MOVE_MODELS, request, {pdu.MOVE_DESTINATION: destination}):
            yield from self._answers(pdu.C_MOVE_RQ)

    def cancel(self) -> None:
        """Send C-CANCEL for what was asked; may be called from another thread."""
        number = self._asked_on
        if number is None:
            self.close()
            return
        values: dict[int, int | str] = {
            pdu.COMMAND_FIELD: pdu.C_CANCEL_RQ,
            pdu.RESPONDED_TO: self._message_id,
            pdu.DATA_SET_TYPE: pdu.NO_DATA_SET,
        }
        try:
            self._wire.send_command(number, pdu.encode_command(values))
        except NetworkError:
            self.close()

    @contextmanager
    def _asking(
        self,
        kind: int,
        models: Sequence[str],
        identifier: Dataset | None = None,
        further: Mapping[int, int | str] | None = None,
    ) -> Iterator[None]:
        """Send a request on the context of the first of the models that the peer takes."""
        found = next((kind for model in models for kind in self.accepted if kind[0] == model), None)
        if found is None:
            self.release()
            raise AssociationRefused("The peer does not offer the service that was asked for.")
        self._message_id += 1
        self._syntax = found[1]
        self._asked_on = self.accepted[found]
        values: dict[int, int | str] = {
            pdu.AFFECTED_SOP_CLASS: found[0],
            pdu.COMMAND_FIELD: kind,
            pdu.MESSAGE_ID: self._message_id,
            pdu.DATA_SET_TYPE: pdu.NO_DATA_SET,
            **(further or {}),
        }
        try:
            self._send(values, identifier)
            yield
        except Released as end:
            raise PeerAborted("The peer stopped answering: it has ended the association.") from end
        except ProtocolError:
            raise
        except PeerAborted as error:
            raise PeerAborted(f"The peer stopped answering. {error}") from error
        finally:
            self._asked_on = None

    def _send(self, values: dict[int, int | str], identifier: Dataset | None) -> None:
        assert self._asked_on is not None
        if identifier is None:
            self._wire.send_command(self._asked_on, pdu.encode_command(values))
            return
        raw = encoded(identifier, self._syntax)
        values |= {pdu.PRIORITY: _MEDIUM, pdu.DATA_SET_TYPE: _HAS_IDENTIFIER}
        self._wire.send_message(self._asked_on, pdu.encode_command(values), io.BytesIO(raw), len(raw))

    def _answers(self, kind: int) -> Iterator[Answer]:
        """What the peer answers, until the request is done."""
        while True:
            answer = self._answer(kind, *self._wire.read_command())
            yield answer
            if answer.status not in PENDING:
                return

    def _answer(self, kind: int, number: int, command: Command) -> Answer:
        """The response that a command is, with its identifier."""
        if command.number(pdu.COMMAND_FIELD) != kind | pdu.RESPONSE:
            raise ProtocolError("The peer sent a message that does not belong here.")
        raw = bytearray()

        def take(piece: memoryview) -> None:
            if len(raw) + len(piece) > _MAX_IDENTIFIER_BYTES:
                raise ProtocolError("An identifier has no end.")
            raw.extend(piece)

        if command.has_data:
            self._wire.read_data(number, take)
        counts = tuple(command.number(element) for element in pdu.SUB_OPERATION_COUNTS)
        return Answer(command.number(pdu.STATUS), counts, bytes(raw), self._syntax)
