"""Associations over pynetdicom for C-ECHO, C-FIND and C-MOVE: made, explained, cancelled, ended."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.network import pdu, sockets
from DICOMLib.network.pdu import IMPLEMENTATION_NAME, IMPLEMENTATION_UID, MAX_PDU_BYTES
from DICOMLib.network.peers import Peer
from DICOMLib.network.requestor import Requestor
from DICOMLib.network.statuses import refusal_text

# Every failure becomes an exception with words of its own; identifiers hold patient data.
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

VERIFICATION = "1.2.840.10008.1.1"
UNCOMPRESSED = ("1.2.840.10008.1.2.1", "1.2.840.10008.1.2")
_CANCEL_GRACE_S, _LOOK_S = 2.0, 0.02
_MESSAGE_ID = 1

Handlers = Sequence[tuple[Any, Callable[..., Any]]]


def context(abstract_syntax: str, transfer_syntaxes: Sequence[str] = UNCOMPRESSED) -> PresentationContext:
    """A presentation context to propose."""
    return build_context(abstract_syntax, list(transfer_syntaxes))


class Stoppable(Protocol):
    """A conversation that another thread may stop."""

    def cancel(self) -> None:
        """Tell the peer to stop."""

    def close(self) -> None:
        """Close the connection."""


class Link:
    """One association at a time with a peer, which another thread may stop.

    Parameters
    ----------
    peer
        Whom to call.
    """

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self._association: Association | None = None
        self._connection: socket.socket | None = None
        self._client: Stoppable | None = None
        self._query_model = ""
        self._stopped = threading.Event()
        self._asking = threading.Event()

    @contextmanager
    def open(
        self,
        contexts: Sequence[PresentationContext],
    ) -> Iterator[Association]:
        """An association; it is released at the end, or aborted after a failure.

        Raises
        ------
        NetworkError
            If there is none; the text says which step failed.
        """
        handlers = [(evt.EVT_CONN_OPEN, self._note)]
        association = self._association = connect(self.peer, contexts, handlers, self._stopped.is_set)
        try:
            self._check()
            yield association
        except BaseException:
            association.abort()
            raise
        else:
            if self._stopped.is_set():
                association.abort()  # a peer that was told to cancel when it was done answers oddly
            elif association.is_established:
                association.release()
        finally:
            self._association = self._connection = None

    def _note(self, event: Any) -> None:
        """Know the connection before the association is there, so that it can be stopped by then."""
        self._connection = event.assoc.dul.socket.socket

    def _check(self) -> None:
        if self._stopped.is_set():
            raise PeerAborted("Stopped.")

    @contextmanager
    def talking(self, client: Stoppable) -> Iterator[None]:
        """Let `stop` stop a conversation over our own PDUs."""
        self._client = client
        try:
            self._check()
            yield
        finally:
            self._client = None
            client.close()

    @contextmanager
    def asking(self, query_model: str) -> Iterator[int]:
        """Say that a request of this message ID is under way, so that `stop` cancels it first."""
        self._query_model = query_model
        self._asking.set()
        try:
            yield _MESSAGE_ID
        finally:
            self._asking.clear()

    @property
    def stopped(self) -> bool:
        """Whether somebody stopped it."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Tell the peer to cancel what it does for us, and close the connection if it does not end soon.

        Closing wakes whoever waits on the association, which `Association.abort` does not.
        """
        self._stopped.set()
        client, association = self._client, self._association
        if client is not None:
            client.cancel()
            self._wait(lambda: self._client is None)
            client.close()
        if association is not None and self._asking.is_set():
            with contextlib.suppress(RuntimeError, ValueError):  # it has just ended
                association.send_c_cancel(_MESSAGE_ID, query_model=self._query_model)
            self._wait(lambda: not self._asking.is_set())
        if self._connection is not None:
            sockets.shut(self._connection)

    @staticmethod
    def _wait(is_over: Callable[[], bool]) -> None:
        """Give a peer some time to hear that it shall stop."""
        pause = threading.Event()
        for _ in range(int(_CANCEL_GRACE_S / _LOOK_S)):
            if is_over():
                return
            pause.wait(_LOOK_S)


def connect(
    peer: Peer,
    contexts: Sequence[PresentationContext],
    handlers: Handlers = (),
    is_stopped: Callable[[], bool] = lambda: False,
) -> Association:
    """An established association.

    Raises
    ------
    AssociationRefused
        If the peer does not want it, or nothing of what is proposed.
    NetworkError
        If the peer is not reached.
    """
    peer.check()
    address = sockets.resolve(peer)
    entity = _Entity(peer.calling_ae)
    entity.implementation_class_uid = IMPLEMENTATION_UID
    entity.implementation_version_name = IMPLEMENTATION_NAME
    entity.connection_timeout = entity.acse_timeout = peer.timeout_s
    entity.dimse_timeout = peer.response_timeout_s
    entity.network_timeout = None
    tls = (peer.tls.client_context(), peer.host) if peer.tls is not None else None
    association = entity.associate(
        address,
        peer.port,
        contexts=list(contexts),
        ae_title=peer.called_ae,
        max_pdu=MAX_PDU_BYTES,
        tls_args=tls,
        evt_handlers=[
            (evt.EVT_CONN_OPEN, _on_open, [peer.response_timeout_s]),
            # after sending as well: that is when the kernel begins to delay acknowledgements again
            (evt.EVT_DATA_RECV, _acknowledge),
            (evt.EVT_DATA_SENT, _acknowledge),
            *handlers,
        ],
    )
    if not association.is_established:
        entity.close_sockets()
        raise PeerAborted("Stopped.") if is_stopped() else _failure(association, peer)
    return association


class _Entity(AE):
    """Remembers its sockets: pynetdicom (3.0.4) does not close the one of a connection that fails."""

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self._made: list[socket.socket] = []

    def _create_socket(self, assoc: Any, address: Any, tls_args: Any) -> Any:
        wrapper = super()._create_socket(assoc, address, _noting(tls_args, self._made))
        if wrapper.socket is not None:
            self._made.append(wrapper.socket)
        return wrapper

    def close_sockets(self) -> None:
        """Close what has been left open."""
        for made in self._made:
            made.close()


def _noting(tls_args: Any, made: list[socket.socket]) -> Any:
    return tls_args and (_NotingContext(tls_args[0], made), tls_args[1])


class _NotingContext:
    def __init__(self, tls: ssl.SSLContext, made: list[socket.socket]) -> None:
        self._tls, self._made = tls, made

    def wrap_socket(self, plain: socket.socket, **options: Any) -> ssl.SSLSocket:
        wrapped = self._tls.wrap_socket(plain, **options)
        self._made.append(wrapped)
        return wrapped


def _on_open(event: Any, timeout_s: float) -> None:
    """Tune the socket; without a limit of its own a peer that stops in a PDU would hold us for ever."""
    _leave_responses(event.assoc)
    connection = event.assoc.dul.socket.socket
    sockets.tune(connection)
    connection.settimeout(timeout_s)


def _leave_responses(association: Association) -> None:
    """Keep the thread of the association from taking responses.

    It looks for requests of the peer, which does not make any. pynetdicom (3.0.4) pauses it while somebody
    waits for responses, but on a busy computer it may look once more, and a response was lost.
    """
    get_message = association.dimse.get_msg

    def get(block: bool = False) -> Any:
        return get_message(block) if block else (None, None)

    association.dimse.get_msg = get  # type: ignore[method-assign]


def _acknowledge(event: Any) -> None:
    connection = event.assoc.dul.socket.socket
    if connection is not None:
        sockets.acknowledge_at_once(connection)


def _failure(association: Association, peer: Peer) -> NetworkError:
    """Why there is no association; where the peer did not say, by going the way to it again."""
    answer = association.acceptor.primitive
    if association.is_rejected and answer is not None:
        source, reason = answer.result_source or 0, answer.diagnostic or 0
        return AssociationRefused(refusal_text(source, reason, peer.called_ae, peer.calling_ae))
    if answer is not None and answer.result == 0:
        return AssociationRefused("The peer offers none of the services that were asked for.")
    try:
        client = Requestor(peer, [pdu.Context(1, VERIFICATION, UNCOMPRESSED)])
        try:
            client.associate()
            client.release()
        finally:
            client.close()
    except NetworkError as error:
        return error
    return PeerAborted("The peer ended the connection before the association was made.")


def accepted_model(association: Association, models: Sequence[str]) -> str:
    """The first of some SOP classes that the peer accepted.

    Raises
    ------
    AssociationRefused
        If it accepted none.
    """
    accepted = {str(one.abstract_syntax) for one in association.accepted_contexts}
    for model in models:
        if model in accepted:
            return model
    raise AssociationRefused("The peer does not offer the service that was asked for.")
