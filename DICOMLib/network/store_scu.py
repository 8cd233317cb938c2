"""The sending side of C-STORE (PS3.4 annex B), over our own PDUs for speed and flat memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import BinaryIO

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu, sockets
from DICOMLib.network.pdu import AssociateRequest, Context, ProtocolError
from DICOMLib.network.peers import Peer
from DICOMLib.network.statuses import refusal_text
from DICOMLib.network.wire import Released, Wire


class StoreClient:
    """An association for C-STORE: made by `associate`, ended by `release` or `close`.

    Parameters
    ----------
    peer
        Whom to call.
    contexts
        What to propose.

    Attributes
    ----------
    accepted
        Context ID by (SOP class, transfer syntax) that the peer takes.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    def __init__(self, peer: Peer, contexts: Sequence[Context]) -> None:
        peer.check()
        self._peer = peer
        self._contexts = contexts
        self._message_id = 0
        self._wire = Wire(sockets.secured(sockets.open_socket(peer), peer), peer.timeout_s)
        self.accepted: Mapping[tuple[str, str], int] = {}

    def associate(self) -> None:
        """Negotiate.

        Raises
        ------
        AssociationRefused
            If the peer does not want it, or none of the contexts.
        PeerAborted
            If no answer comes.
        """
        peer, contexts = self._peer, self._contexts
        request = AssociateRequest(peer.called_ae, peer.calling_ae, tuple(contexts))
        self._wire.send(pdu.encode_request(request))
        kind, body = self._wire.read_pdu(pdu.MAX_ASSOCIATE_BYTES)
        if kind == pdu.ASSOCIATE_RJ and len(body) >= 4:
            raise AssociationRefused(refusal_text(body[2], body[3], peer.called_ae, peer.calling_ae))
        if kind != pdu.ASSOCIATE_AC:
            raise PeerAborted(
                "The peer ended the connection instead of answering to the association request."
            )
        answer = pdu.decode_accept(bytes(body))
        self._wire.peer_max_length = answer.max_length
        abstract = {context.id: context.abstract_syntax for context in contexts}
        self.accepted = {
            (abstract[number], syntax): number
            for number, syntax in answer.accepted.items()
            if number in abstract
        }
        if not self.accepted:
            self._wire.send(pdu.abort())
            raise AssociationRefused("The peer takes none of the kinds of objects that are to be sent.")
        self._wire.set_timeout(peer.response_timeout_s)

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
        command = pdu.encode_command(
            {
                pdu.AFFECTED_SOP_CLASS: sop_class,
                pdu.COMMAND_FIELD: pdu.C_STORE_RQ,
                pdu.MESSAGE_ID: self._message_id,
                pdu.PRIORITY: 0,
                pdu.DATA_SET_TYPE: 1,
                pdu.AFFECTED_SOP_INSTANCE: sop_instance,
            }
        )
        self._wire.send_message(context, command, *data)
        try:
            number, answer = self._wire.read_command()
            if answer.has_data:
                self._wire.read_data(number, lambda _piece: None)
        except Released as end:
            raise PeerAborted("The peer ended the association instead of answering.") from end
        field, responded = answer.number(pdu.COMMAND_FIELD), answer.number(pdu.RESPONDED_TO)
        if field != pdu.C_STORE_RQ | pdu.RESPONSE or responded != self._message_id:
            raise ProtocolError("The peer answered to something that was not asked.")
        return answer.number(pdu.STATUS)

    def release(self) -> None:
        """End the association in peace."""
        try:
            self._wire.send(pdu.RELEASE_REQUEST)
            self._wire.read_pdu()
        except NetworkError:
            return  # all answers are here: how the connection ends is of no interest
        finally:
            self._wire.close()

    def close(self) -> None:
        """End it at once; may be called from another thread."""
        self._wire.close()
