"""The asking side of C-ECHO and C-MOVE (PS3.4 annexes A and C), on pynetdicom."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from pydicom.dataset import Dataset

from DICOMLib.core.errors import AssociationRefused, DICOMError, NetworkError, PeerAborted
from DICOMLib.network.asking import Answer
from DICOMLib.network.identifiers import encodable
from DICOMLib.network.models import MOVE_MODELS, VERIFICATION
from DICOMLib.network.pdu import ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.requestor import RELEASE_WAIT_S, without_answer
from DICOMLib.network.statuses import refusal_text
from DICOMLib.network.upper_layer import ended, prepared, silence

_COUNTS = tuple(f"NumberOf{kind}Suboperations" for kind in ("Remaining", "Completed", "Failed", "Warning"))


class QueryClient:
    """An association on which one request follows the other.

    Parameters
    ----------
    peer
        Whom to call.
    models
        SOP classes of the services that may be asked for.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    def __init__(self, peer: Peer, models: Iterable[str]) -> None:
        self._peer = peer
        self._association, self._connection = prepared(peer, models)
        self._message_id = 0
        self._asked_on: int | None = None
        self._heard_s = 0.0

    def associate(self) -> None:
        """Negotiate.

        Raises
        ------
        AssociationRefused
            If the peer does not want it, or offers nothing of what is proposed.
        PeerAborted
            If no answer comes.
        """
        association, begin = self._association, time.monotonic()
        association.request()
        if association.is_established:
            return
        answer = association.acceptor.primitive
        if association.is_rejected and answer is not None:
            reason = answer.result_source or 0, answer.diagnostic or 0
            raise AssociationRefused(refusal_text(*reason, self._peer.called_ae, self._peer.calling_ae))
        if answer is not None and answer.result == 0:
            raise AssociationRefused("The peer offers none of the services that were asked for.")
        fault = self._connection.fault
        if fault is None and time.monotonic() - begin < self._peer.timeout_s:
            fault = ProtocolError("What comes from the peer is not DICOM.")
        raise without_answer(self._peer, fault or PeerAborted(silence(self._peer.timeout_s)))

    @property
    def accepted(self) -> dict[str, int]:
        """ID of the presentation context by SOP class that the peer offers."""
        contexts = self._association.accepted_contexts
        return {str(context.abstract_syntax): context.context_id or 0 for context in contexts}

    def echo(self) -> int:
        """The status with which the peer answers to C-ECHO. Raises as `move`."""
        with self._asking((VERIFICATION,)):
            status = self._association.send_c_echo(self._message_id)
            return next(self._answers(iter([(status, None)]))).status

    def move(self, request: Dataset, destination: str) -> Iterator[Answer]:
        """The answers to C-MOVE to an AE title, as they come.

        Raises
        ------
        AssociationRefused
            If the peer does not offer it.
        DICOMError
            If the request cannot be encoded.
        PeerAborted
            If the answers end.
        """
        with self._asking(MOVE_MODELS) as model:
            answers = self._association.send_c_move(encodable(request), destination, model, self._message_id)
            yield from self._answers(answers)

    def cancel(self) -> None:
        """Send C-CANCEL for what was asked; may be called from another thread."""
        context = self._asked_on
        try:
            if context is not None:
                self._association.send_c_cancel(self._message_id, context)
                return
        except RuntimeError:
            pass  # the association has just ended
        self._connection.shut()

    def release(self) -> None:
        """End the association in peace; all answers are here, so that the peer is not given long."""
        self._association.acse_timeout = min(self._peer.timeout_s, RELEASE_WAIT_S)
        self._association.release()

    def close(self) -> None:
        """End it at once; may be called from another thread."""
        ended(self._association, self._connection)

    @contextmanager
    def _asking(self, models: Sequence[str]) -> Iterator[str]:
        """Let a request be cancelled; gives the first of the models that the peer takes."""
        accepted = self.accepted
        model = next((model for model in models if model in accepted), None)
        if model is None:
            self.release()
            raise AssociationRefused("The peer does not offer the service that was asked for.")
        self._message_id = self._message_id % 0xFFFF + 1
        self._heard_s = time.monotonic()
        self._asked_on = accepted[model]
        try:
            yield model
        except ValueError as error:
            raise DICOMError("An identifier cannot be encoded.") from error
        finally:
            self._asked_on = None

    def _answers(self, responses: Iterable[tuple[Dataset, Dataset | None]]) -> Iterator[Answer]:
        """What the peer answers, until the request is done."""
        for status, identifier in responses:
            if "Status" not in status:
                raise self._reason()
            self._heard_s = time.monotonic()
            yield Answer(int(status.Status), _counts(status), identifier)

    def _reason(self) -> NetworkError:
        """Why no answer came."""
        fault, limit = self._connection.fault, self._peer.response_timeout_s
        if fault is None and time.monotonic() - self._heard_s < limit:
            return ProtocolError("The peer sent a message that does not belong here.")
        if isinstance(fault, ProtocolError):
            return fault
        return PeerAborted(f"The peer stopped answering. {fault or silence(limit)}")


def _counts(status: Dataset) -> tuple[int, ...]:
    """Sub-operations that a response tells, as of `Answer`."""
    return tuple(int(status.get(name) or 0) for name in _COUNTS)
