"""Requests with an identifier over our own PDUs, and the responses to them (PS3.4 annex C)."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pydicom.dataset import Dataset

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.identifiers import decoded, encoded
from DICOMLib.network.pdu import Command, ProtocolError
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.wire import Released

NO_COUNTS = (0, 0, 0, 0)
_MEDIUM, _HAS_IDENTIFIER = 0, 1
_MAX_IDENTIFIER_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A response to a request.

    Parameters
    ----------
    status
        Of the request.
    counts
        Sub-operations remaining, completed, failed, and with a warning.
    identifier
        None if there is none, or none that can be read.
    """

    status: int
    counts: tuple[int, ...] = NO_COUNTS
    identifier: Dataset | None = None


class Asking(Requestor):
    """An association on which one request with an identifier follows the other; see `Requestor`."""

    nothing_accepted = "The peer offers none of the services that were asked for."

    _message_id = 0
    _asked_on: int | None = None

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
    def _asking(self, request: Dataset, field: int, models: Sequence[str]) -> Iterator[str]:
        """Send a request and let it be cancelled; gives the transfer syntax of its context.

        Parameters
        ----------
        request
            The identifier.
        field
            The command.
        models
            SOP classes of the service; the first that the peer takes is asked for.

        Raises
        ------
        AssociationRefused
            If the peer takes none of them.
        DICOMError
            If the identifier cannot be encoded.
        PeerAborted
            If the answers end.
        """
        found = next((kind for model in models for kind in self.accepted if kind[0] == model), None)
        if found is None:
            self.release()
            raise AssociationRefused("The peer does not offer the service that was asked for.")
        raw = encoded(request, found[1])
        self._message_id = self._message_id % 0xFFFF + 1
        self._asked_on = number = self.accepted[found]
        values: dict[int, int | str] = {
            pdu.AFFECTED_SOP_CLASS: found[0],
            pdu.COMMAND_FIELD: field,
            pdu.MESSAGE_ID: self._message_id,
            pdu.PRIORITY: _MEDIUM,
            pdu.DATA_SET_TYPE: _HAS_IDENTIFIER,
        }
        try:
            self._wire.send_message(number, pdu.encode_command(values), io.BytesIO(raw), len(raw))
            yield found[1]
        except Released as end:
            raise PeerAborted("The peer stopped answering. It has ended the association.") from end
        except ProtocolError:
            raise
        except PeerAborted as error:
            raise PeerAborted(f"The peer stopped answering. {error}") from error
        finally:
            self._asked_on = None

    def _answer(self, number: int, command: Command, field: int, syntax: str) -> Answer:
        """The response that a command is to a request of some kind, with its identifier."""
        if command.number(pdu.COMMAND_FIELD) != field | pdu.RESPONSE or pdu.STATUS not in command.values:
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
