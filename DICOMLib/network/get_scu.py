"""C-GET (PS3.4 section C.4.3) over our own PDUs: instances go from the network to the disk as they come."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.presentation import StoragePresentationContexts

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.acceptor import response
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.identifiers import decoded, encoded
from DICOMLib.network.models import GET_MODELS, MAX_CONTEXTS, OTHER_SYNTAXES, PLAIN_SYNTAXES
from DICOMLib.network.pdu import Command, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.query_scu import Answer
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.statuses import PENDING
from DICOMLib.network.store_scp import receive
from DICOMLib.network.wire import Released

_MEDIUM, _HAS_IDENTIFIER = 0, 1
_MAX_IDENTIFIER_BYTES = 64 << 20

Proposal = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that came, and the status that the peer was told."""

    uid: str
    status: int


class GetClient(Requestor):
    """An association for C-GET.

    Parameters
    ----------
    peer
        Whom to call.
    classes
        SOP classes of what may come; none means all that are usual.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    nothing_accepted = "The peer offers none of the services that were asked for."

    def __init__(self, peer: Peer, classes: Collection[str]) -> None:
        storage = storage_proposals(classes)
        proposals = [*((model, PLAIN_SYNTAXES) for model in GET_MODELS), *storage]
        contexts = [Context(2 * number + 1, *proposal) for number, proposal in enumerate(proposals)]
        self._agreed: dict[int, tuple[str, str]] = {}
        self._message_id = 0
        self._asked_on: int | None = None
        super().__init__(peer, contexts, tuple(dict.fromkeys(uid for uid, _syntaxes in storage)))

    def associate(self) -> None:
        """See `Requestor`."""
        super().associate()
        self._agreed = {number: kind for kind, number in self.accepted.items()}

    def get(self, request: Dataset, receiver: Receiver) -> Iterator[Instance | Answer]:
        """Ask for what an identifier names; what comes, and what the peer says.

        Raises
        ------
        AssociationRefused
            If the peer does not offer it.
        PeerAborted
            If the answers end.
        """
        keeping = receiver, receiver.temporary()
        try:
            syntax = self._ask(request)
            while True:
                number, command = self._wire.read_command()
                field = command.number(pdu.COMMAND_FIELD)
                if field == pdu.C_STORE_RQ and command.has_data and number in self._agreed:
                    arrival, status = receive(self._wire, number, command, self._agreed[number], keeping)
                    self._wire.send_command(number, response(command, field, status))
                    receiver.catch_up()
                    yield Instance(arrival.sop_instance, status)
                    continue
                answer = self._answer(number, command, syntax)
                yield answer
                if answer.status not in PENDING:
                    return
        except Released as end:
            raise PeerAborted("The peer stopped answering: it has ended the association.") from end
        except ProtocolError:
            raise
        except PeerAborted as error:
            raise PeerAborted(f"The peer stopped answering. {error}") from error
        finally:
            self._asked_on = None

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

    def _ask(self, request: Dataset) -> str:
        """Send the request on the context of the first model that the peer takes; its transfer syntax."""
        found = next((kind for model in GET_MODELS for kind in self.accepted if kind[0] == model), None)
        if found is None:
            self.release()
            raise AssociationRefused("The peer does not offer the service that was asked for.")
        self._message_id = self._message_id % 0xFFFF + 1
        self._asked_on = number = self.accepted[found]
        values: dict[int, int | str] = {
            pdu.AFFECTED_SOP_CLASS: found[0],
            pdu.COMMAND_FIELD: pdu.C_GET_RQ,
            pdu.MESSAGE_ID: self._message_id,
            pdu.PRIORITY: _MEDIUM,
            pdu.DATA_SET_TYPE: _HAS_IDENTIFIER,
        }
        raw = encoded(request, found[1])
        self._wire.send_message(number, pdu.encode_command(values), io.BytesIO(raw), len(raw))
        return found[1]

    def _answer(self, number: int, command: Command, syntax: str) -> Answer:
        """The response that a command is, with its identifier."""
        if command.number(pdu.COMMAND_FIELD) != pdu.C_GET_RQ | pdu.RESPONSE:
            raise ProtocolError("The peer sent a message that does not belong here.")
        raw = bytearray()

        def take(piece: memoryview) -> None:
            if len(raw) + len(piece) > _MAX_IDENTIFIER_BYTES:
                raise ProtocolError("An identifier has no end.")
            raw.extend(piece)

        if command.has_data:
            self._wire.read_data(number, take)
        counts = tuple(command.number(element) for element in pdu.SUB_OPERATION_COUNTS)
        identifier = decoded(bytes(raw), syntax) if raw else None
        return Answer(command.number(pdu.STATUS), counts, identifier)


def storage_proposals(classes: Collection[str]) -> list[Proposal]:
    """SOP classes and transfer syntaxes of what may come.

    Each syntax of a known class has a context of its own, so that instances come as they are stored.
    """
    room = MAX_CONTEXTS - len(GET_MODELS)
    known = sorted(uid for uid in classes if uid)
    every = (*PLAIN_SYNTAXES, *OTHER_SYNTAXES)
    if not known or len(known) > room:
        return [(str(one.abstract_syntax), every) for one in StoragePresentationContexts[:room]]
    return [(uid, (syntax,)) for uid in known for syntax in every[: max(1, room // len(known))]]
