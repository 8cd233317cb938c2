"""The asking side of C-FIND (PS3.4 section C.4.1) over our own PDUs: answers come by the ten thousand."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from DICOMLib.network import pdu
from DICOMLib.network.asking import Answer, Asking
from DICOMLib.network.models import FIND_MODELS, PLAIN_SYNTAXES
from DICOMLib.network.pdu import Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.statuses import PENDING


class FindClient(Asking):
    """An association for C-FIND.

    Parameters
    ----------
    peer
        Whom to call.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    def __init__(self, peer: Peer) -> None:
        contexts = [
            Context(2 * number + 1, model, PLAIN_SYNTAXES) for number, model in enumerate(FIND_MODELS)
        ]
        super().__init__(peer, contexts)

    def find(self, query: Dataset) -> Iterator[Answer]:
        """The answers as they come, the last one, which has no match, included.

        Raises
        ------
        AssociationRefused
            If the peer does not offer it.
        DICOMError
            If the query cannot be encoded.
        PeerAborted
            If the answers end.
        """
        models = FIND_MODELS[::-1] if query.QueryRetrieveLevel == "PATIENT" else FIND_MODELS
        with self._asking(query, pdu.C_FIND_RQ, models) as syntax:
            while True:
                answer = self._answer(*self._wire.read_command(), pdu.C_FIND_RQ, syntax)
                yield answer
                if answer.status not in PENDING:
                    return
