"""C-GET (PS3.4 section C.4.3) over our own PDUs: instances go from the network to the disk as they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset
from pynetdicom.presentation import AllStoragePresentationContexts, StoragePresentationContexts

from DICOMLib.network import pdu
from DICOMLib.network.acceptor import Request, response
from DICOMLib.network.arrival import Receiver
from DICOMLib.network.asking import Answer, Asking
from DICOMLib.network.inbox import Inbox
from DICOMLib.network.models import GET_MODELS, MAX_CONTEXTS, OTHER_SYNTAXES, PLAIN_SYNTAXES
from DICOMLib.network.pdu import Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.statuses import PENDING

Proposal = tuple[str, tuple[str, ...]]

# Which classes an association can hold where it is not known what will come: those that are usual, and others
# that are loaded here; the rest has its turn when what is missing is asked for again.
_USUAL = tuple(str(one.abstract_syntax) for one in StoragePresentationContexts)
_ALL = tuple(str(one.abstract_syntax) for one in AllStoragePresentationContexts)
_LOADED = tuple(
    f"1.2.840.10008.5.1.4.1.1.{end}"
    for end in (
        "30",  # parametric map
        "66.7",  # label map segmentation
        "66.6",  # tractography results
        "104.3",  # encapsulated STL, OBJ, MTL
        "104.4",
        "104.5",
    )
)


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance that came, the status that the peer was told, and why it was not kept, in words."""

    uid: str
    status: int
    fault: str = ""


class GetClient(Asking):
    """An association for C-GET.

    Parameters
    ----------
    peer
        Whom to call.
    classes
        SOP classes of what may come; none, or "" among them, means all that are usual.
    again
        Whether this was tried before; then classes have their turn for which there was no room.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    def __init__(self, peer: Peer, classes: Collection[str], again: bool = False) -> None:
        storage = storage_proposals(classes, again)
        proposals = [*((model, PLAIN_SYNTAXES) for model in GET_MODELS), *storage]
        contexts = [Context(2 * number + 1, *proposal) for number, proposal in enumerate(proposals)]
        self._agreed: dict[int, tuple[str, str]] = {}
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
        inbox = Inbox(receiver)
        with self._asking(request, pdu.C_GET_RQ, GET_MODELS) as syntax:
            while True:
                number, command = self._wire.read_command()
                field = command.number(pdu.COMMAND_FIELD)
                if field == pdu.C_STORE_RQ and command.has_data and number in self._agreed:
                    instance = Request(number, *self._agreed[number], command)
                    arrival, status = inbox.receive(self._wire, instance)
                    self._wire.send_command(number, response(command, field, status))
                    yield Instance(arrival.sop_instance, status, arrival.fault)
                    continue
                answer = self._answer(number, command, pdu.C_GET_RQ, syntax)
                yield answer
                if answer.status not in PENDING:
                    return


def storage_proposals(classes: Collection[str], again: bool = False) -> list[Proposal]:
    """SOP classes and transfer syntaxes of what may come; see `GetClient`.

    Each syntax of a known class has a context of its own, so that instances come as they are stored.
    """
    room = MAX_CONTEXTS - len(GET_MODELS)
    known = sorted(uid for uid in classes if uid)
    every = (*PLAIN_SYNTAXES, *OTHER_SYNTAXES)
    if known and "" not in classes and len(known) <= room:
        return [(uid, (syntax,)) for uid in known for syntax in every[: max(1, room // len(known))]]
    first = (*_USUAL, *_LOADED)
    left = [uid for uid in _ALL if uid not in first]
    listed = dict.fromkeys((*known, *left, *first) if again else (*known, *first, *left))
    return [(uid, every) for uid in list(listed)[:room]]
