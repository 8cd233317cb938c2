"""The sending side of C-STORE (PS3.4 annex B), over our own PDUs for speed and flat memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network import pdu
from DICOMLib.network.pdu import Command, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.wire import Released, Wire


class StoreClient(Requestor):
    """An association for C-STORE.

    Parameters
    ----------
    peer, contexts
        See `Requestor`.
    originator
        AE title and message ID of the C-MOVE request for which instances are sent; None for none.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    nothing_accepted = (
        "The peer takes none of the kinds of objects that are to be sent. It may be read-only "
        "(`slicer-dicom serve` is, unless it is started with --writable)."
    )

    def __init__(
        self, peer: Peer, contexts: Sequence[Context], originator: tuple[str, int] | None = None
    ) -> None:
        super().__init__(peer, contexts)
        self._message_id = 0
        self._originator = originator

    def store(self, context: int, sop_class: str, sop_instance: str, data: tuple[BinaryIO, int]) -> int:
        """Send an instance and return the status of the peer.

        Parameters
        ----------
        context
            ID of an accepted context.
        sop_class, sop_instance
            What it is.
        data
            A file that stands at the beginning of the data set, and the length of the data set in bytes.

        Raises
        ------
        PeerAborted
            If no valid answer comes.
        """
        self._message_id = self._message_id % 0xFFFF + 1
        request = store_request(sop_class, sop_instance, self._message_id, self._originator)
        self._wire.send_message(context, request, *data)
        try:
            number, answer = self._wire.read_command()
        except Released as end:
            raise PeerAborted("The peer ended the association instead of answering.") from end
        return status_of_store(self._wire, number, answer, self._message_id)


def store_request(
    sop_class: str, sop_instance: str, message_id: int, originator: tuple[str, int] | None = None
) -> bytes:
    """The encoded command of a C-STORE request; see `StoreClient`."""
    values: dict[int, int | str] = {
        pdu.AFFECTED_SOP_CLASS: sop_class,
        pdu.COMMAND_FIELD: pdu.C_STORE_RQ,
        pdu.MESSAGE_ID: message_id,
        pdu.PRIORITY: 0,
        pdu.DATA_SET_TYPE: 1,
        pdu.AFFECTED_SOP_INSTANCE: sop_instance,
    }
    if originator is not None:
        values[pdu.MOVE_ORIGINATOR], values[pdu.MOVE_ORIGINATOR_ID] = originator
    return pdu.encode_command(values)


def status_of_store(wire: Wire, context: int, answer: Command, message_id: int) -> int:
    """The status in an answer to the C-STORE request of that message ID.

    Raises
    ------
    ProtocolError
        If it is none.
    """
    if answer.has_data:
        wire.read_data(context, lambda _piece: None)
    field, responded = answer.number(pdu.COMMAND_FIELD), answer.number(pdu.RESPONDED_TO)
    if field != pdu.C_STORE_RQ | pdu.RESPONSE or responded != message_id:
        raise ProtocolError("The peer answered to something that was not asked.")
    return answer.number(pdu.STATUS)
