"""The side that asks for an association, over our own PDUs: made, released, closed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu, sockets
from DICOMLib.network.pdu import AssociateRequest, Context
from DICOMLib.network.peers import Peer
from DICOMLib.network.statuses import refusal_text
from DICOMLib.network.wire import Wire

# How long a peer may take to agree that all is said.
RELEASE_WAIT_S = 5.0


class Requestor:
    """An association: made by `associate`, ended by `release` or `close`.

    Parameters
    ----------
    peer
        Whom to call.
    contexts
        What to propose.
    scp_roles
        SOP classes that we want to receive.

    Attributes
    ----------
    accepted
        Context ID by (SOP class, transfer syntax) that the peer takes.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """

    nothing_accepted = "The peer takes none of the kinds of objects that are to be sent."

    def __init__(self, peer: Peer, contexts: Sequence[Context], scp_roles: Sequence[str] = ()) -> None:
        peer.check()
        self._peer = peer
        self._contexts = contexts
        self._scp_roles = tuple(scp_roles)
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
        request = AssociateRequest(
            peer.called_ae, peer.calling_ae, tuple(contexts), scp_roles=self._scp_roles
        )
        try:
            self._wire.send(pdu.encode_request(request))
            kind, body = self._wire.read_pdu(pdu.MAX_ASSOCIATE_BYTES)
        except PeerAborted as error:
            raise without_answer(peer, error) from error
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
            raise AssociationRefused(self.nothing_accepted)
        self._wire.set_timeout(peer.response_timeout_s)

    def release(self) -> None:
        """End the association in peace."""
        try:
            self._wire.set_timeout(min(self._peer.timeout_s, RELEASE_WAIT_S))
            self._wire.send(pdu.RELEASE_REQUEST)
            self._wire.read_pdu()
        except NetworkError:
            return  # all answers are here: how the connection ends is of no interest
        finally:
            self._wire.close()

    def close(self) -> None:
        """End it at once; may be called from another thread."""
        self._wire.close()


def without_answer(peer: Peer, fault: NetworkError) -> NetworkError:
    """A connection that ended before the association was answered, with what may be the reason."""
    if peer.tls is not None or "connection" not in str(fault):
        return fault
    return PeerAborted(f"{fault} It may want TLS, or no DICOM application listens at that port.")
