"""C-GET (PS3.4 section C.4.3) over our own PDUs: instances go from the network to the disk as they come."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.dsutils import decode, encode
from pynetdicom.presentation import StoragePresentationContexts

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.acceptor import response
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.models import (
    GET_MODELS,
    IMPLICIT_LITTLE_ENDIAN,
    MAX_CONTEXTS,
    OTHER_SYNTAXES,
    PLAIN_SYNTAXES,
)
from DICOMLib.network.pdu import Command, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.statuses import PENDING
from DICOMLib.network.store_scp import receive
from DICOMLib.network.wire import Released

_MEDIUM, _HAS_IDENTIFIER = 0, 1


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that came, and the status that the peer was told."""

    uid: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to the request itself.

    Parameters
    ----------
    status
        Of the request.
    counts
        Sub-operations remaining, completed, failed, and with a warning.
    identifier
        What the peer tells of failures; None for nothing.
    """

    status: int
    counts: tuple[int, ...]
    identifier: Dataset | None = None


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

    def __init__(self, peer: Peer, classes: Collection[str]) -> None:
        proposals = [(model, PLAIN_SYNTAXES) for model in GET_MODELS] + storage_proposals(classes)
        contexts = [Context(2 * number + 1, *proposal) for number, proposal in enumerate(proposals)]
        self._agreed: dict[int, tuple[str, str]] = {}
        self._message_id = 0
        self._asked_on: int | None = None
        roles = dict.fromkeys(uid for uid, _syntaxes in proposals[len(GET_MODELS) :])
        super().__init__(peer, contexts, tuple(roles))

    def associate(self) -> None:
        """See `Requestor`; `AssociationRefused` also if C-GET is not offered."""
        super().associate()
        self._agreed = {number: kind for kind, number in self.accepted.items()}
        if not any(model in GET_MODELS for model, _syntax in self.accepted):
            self.release()
            raise AssociationRefused("The peer does not offer the service that was asked for.")

    def get(self, request: Dataset, receiver: Receiver) -> Iterator[Instance | Answer]:
        """Ask for what an identifier names; what comes, and what the peer says.

        Raises
        ------
        PeerAborted
            If the answers end.
        """
        model, syntax = next(kind for model in GET_MODELS for kind in self.accepted if kind[0] == model)
        number = self.accepted[model, syntax]
        self._message_id += 1
        self._asked_on = number
        try:
            self._ask(number, model, syntax, request)
            while True:
                news = self._hear(receiver, syntax)
                yield news
                if isinstance(news, Answer) and news.status not in PENDING:
                    return
        except Released as end:
            raise PeerAborted("The peer stopped answering in the middle of a retrieval.") from end
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

    def _ask(self, number: int, model: str, syntax: str, request: Dataset) -> None:
        raw = encode(request, syntax == IMPLICIT_LITTLE_ENDIAN, True)
        if raw is None:
            raise ProtocolError("The request cannot be encoded.")
        command = pdu.encode_command(
            {
                pdu.AFFECTED_SOP_CLASS: model,
                pdu.COMMAND_FIELD: pdu.C_GET_RQ,
                pdu.MESSAGE_ID: self._message_id,
                pdu.PRIORITY: _MEDIUM,
                pdu.DATA_SET_TYPE: _HAS_IDENTIFIER,
            }
        )
        self._wire.send_message(number, command, io.BytesIO(raw), len(raw))

    def _hear(self, receiver: Receiver, syntax: str) -> Instance | Answer:
        number, command = self._wire.read_command()
        field = command.number(pdu.COMMAND_FIELD)
        if field == pdu.C_STORE_RQ and command.has_data and number in self._agreed:
            arrival, status = receive(self._wire, number, command, self._agreed[number], receiver)
            self._wire.send_command(number, response(command, field, status))
            return Instance(arrival.sop_instance, status)
        if field != pdu.C_GET_RQ | pdu.RESPONSE:
            raise ProtocolError("The peer sent a message that does not belong here.")
        return self._answer(number, command, syntax)

    def _answer(self, number: int, command: Command, syntax: str) -> Answer:
        identifier = None
        if command.has_data:
            raw = io.BytesIO()
            self._wire.read_data(number, raw.write)
            raw.seek(0)
            identifier = decode(raw, syntax == IMPLICIT_LITTLE_ENDIAN, True)
        counts = tuple(command.number(element) for element in pdu.SUB_OPERATION_COUNTS)
        return Answer(command.number(pdu.STATUS), counts, identifier)


def storage_proposals(classes: Collection[str]) -> list[tuple[str, tuple[str, ...]]]:
    """SOP classes and transfer syntaxes of what may come.

    Each syntax of a known class has a context of its own, so that instances come as they are stored.
    """
    room = MAX_CONTEXTS - len(GET_MODELS)
    known = sorted(uid for uid in classes if uid)
    every = (*PLAIN_SYNTAXES, *OTHER_SYNTAXES)
    if not known or len(known) > room:
        return [(str(one.abstract_syntax), every) for one in StoragePresentationContexts[:room]]
    return [(uid, (syntax,)) for uid in known for syntax in every[: max(1, room // len(known))]]
