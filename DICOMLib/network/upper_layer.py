"""Associations of pynetdicom over connections of our own: tuned, secured, limited in time and size."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any, cast

from pydicom.uid import UID
from pynetdicom import AE, _config, evt
from pynetdicom._globals import MODE_REQUESTOR
from pynetdicom.association import Association
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu import A_ABORT_RQ, A_RELEASE_RQ
from pynetdicom.pdu_primitives import A_P_ABORT
from pynetdicom.presentation import build_context
from pynetdicom.transport import T_CONNECT, AddressInformation, AssociationSocket

from DICOMLib.core.errors import NetworkError, PeerAborted
from DICOMLib.network import sockets
from DICOMLib.network.models import PLAIN_SYNTAXES
from DICOMLib.network.pdu import (
    IMPLEMENTATION_NAME,
    IMPLEMENTATION_UID,
    MAX_ASSOCIATE_BYTES,
    MAX_PDU_BYTES,
    ProtocolError,
)
from DICOMLib.network.peers import Peer

log = logging.getLogger(__name__)

# Every failure becomes an exception with words of its own; identifiers hold patient data.
logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

_MAX_MESSAGE_BYTES = 64 << 20
_INCOMING_BYTES = 1 << 16
_MAX_LENGTH = max(MAX_ASSOCIATE_BYTES, MAX_PDU_BYTES)
_END_WAIT_S = 5.0
# They write each PDU and message into a log that nobody reads.
_LOGGED = (evt.EVT_DIMSE_RECV, evt.EVT_DIMSE_SENT, evt.EVT_PDU_RECV, evt.EVT_PDU_SENT)


class Connection(AssociationSocket):
    """A connected socket for an association of pynetdicom, which says why it ended.

    pynetdicom (3.0.4) waits without end for the rest of a PDU, which may have any length, and connects
    without telling why it cannot.

    Parameters
    ----------
    association
        Whose it is.
    connection
        Connected; it is closed with this object.
    timeout_s
        How long a PDU may take to come, from its first byte to its last, and to be sent.
    """

    def __init__(self, association: Association, connection: socket.socket, timeout_s: float) -> None:
        self.fault: NetworkError | None = None
        self._given = connection
        self._timeout_s = timeout_s
        self._limit = 0.0
        self._buffer = bytearray()
        self._message_bytes = 0
        self._is_shut = False
        super().__init__(association, address=AddressInformation("", 0))

    def _create_socket(self, address: AddressInformation) -> socket.socket:
        """There is one already."""
        return self._given

    def connect(self, primitive: T_CONNECT) -> None:
        """Say that there is a connection."""
        self._is_connected = True
        primitive.result = "Evt2"
        self.provider_queue.put(primitive)
        self._ready.set()

    @property
    def ready(self) -> bool:
        """Whether a PDU begins; its time runs from now on."""
        if self.socket is None or not self._is_connected:
            return False
        with contextlib.suppress(OSError, ValueError):  # it has ended: reading tells why
            pending = getattr(self.socket, "pending", None)  # what TLS has decrypted
            if not (self._buffer or (pending and pending()) or sockets.is_readable(self.socket)):
                return False
        self._limit = time.monotonic() + self._timeout_s
        return True

    def recv(self, nr_bytes: int) -> bytearray:
        """So many bytes of a PDU.

        Raises
        ------
        OSError
            If they do not come.
        """
        try:
            self._message_bytes += nr_bytes
            if nr_bytes > _MAX_LENGTH:
                raise ProtocolError("What comes from the peer is not DICOM.")
            if self._message_bytes > _MAX_MESSAGE_BYTES:
                raise ProtocolError("An identifier has no end.")
            while len(self._buffer) < nr_bytes:
                self._buffer += self._piece()
        except NetworkError as error:
            self.fail(error)
            raise OSError(str(error)) from error
        data = self._buffer[:nr_bytes]
        del self._buffer[:nr_bytes]
        return data

    def _piece(self) -> bytes:
        """What comes next, at least a byte."""
        connection = self._given
        try:
            connection.settimeout(max(self._limit - time.monotonic(), 0.001))
            piece = connection.recv(_INCOMING_BYTES)
            sockets.acknowledge_at_once(connection)
        except TimeoutError as error:
            raise PeerAborted(silence(self._timeout_s)) from error
        except OSError as error:
            raise PeerAborted(f"The connection has ended ({error.strerror or error}).") from error
        if not piece:
            raise PeerAborted("The peer has ended the connection.")
        return piece

    def send(self, bytestream: bytes) -> None:
        """Send a PDU."""
        with contextlib.suppress(OSError):  # it has just been closed, which sending then finds, too
            self._given.settimeout(self._timeout_s)
        super().send(bytestream)
        sockets.acknowledge_at_once(self._given)

    def close(self) -> None:
        """End it, and say so.

        It still counts as made: who waits for it may look only when the peer has refused and gone already.
        """
        if self.socket is not None:
            self.shut()
            self.socket = None
            self.event_queue.put("Evt17")

    def begin_message(self) -> None:
        """What comes from now on is another message."""
        self._message_bytes = 0

    def fail(self, fault: NetworkError) -> None:
        """Note why it ends; the first reason counts, and none where we have ended it."""
        if not self._is_shut:
            self.fault = self.fault or fault

    def shut(self) -> None:
        """End it; may be called from any thread."""
        self._is_shut = True
        sockets.shut(self._given)


class _Provider(DULServiceProvider):
    """The thread of an association; pynetdicom (3.0.4) lets it die of a command that cannot be decoded."""

    def run_reactor(self) -> None:
        """Run, and end as if the connection had."""
        try:
            super().run_reactor()
        except Exception as error:  # noqa: BLE001  the end of a thread: told to who waits for an answer
            log.debug("an association ends: %s", type(error).__name__)
            if isinstance(self.socket, Connection):
                self.socket.fail(ProtocolError("The peer sent a message that cannot be decoded."))
                self.socket.shut()
            _wake(self.assoc)


def _wake(association: Association) -> None:
    """Tell whoever waits for an answer that none comes."""
    association.dul.to_user_queue.put(A_P_ABORT())
    association.dimse.msg_queue.put((None, None))


def silence(seconds: float) -> str:
    """What is told of a peer that does not answer."""
    return f"Nothing comes from the peer for {seconds:g} s."


def prepared(peer: Peer, models: Iterable[str]) -> tuple[Association, Connection]:
    """An association that has not been requested yet, and its connection.

    Its thread, which would answer to requests of the peer, is never started: the peer makes none, and that
    thread now and then takes a response that somebody else waits for.

    Parameters
    ----------
    peer
        Whom to call.
    models
        SOP classes to propose.

    Raises
    ------
    NetworkError
        If the peer is not reached.
    """
    peer.check()
    entity = AE(peer.calling_ae)
    entity.acse_timeout, entity.dimse_timeout = peer.timeout_s, peer.response_timeout_s
    association = Association(entity, MODE_REQUESTOR)
    association._is_paused = True  # what send_c_… wait for
    association.dul = _Provider(association)
    association.dul.artim_timer.timeout = peer.timeout_s
    association.dul.name, association.dul.daemon = "dimse-upper-layer", True
    _introduce(association, peer, models)
    plain = sockets.open_socket(peer)
    connection = Connection(
        association, sockets.secured(plain, peer), min(peer.timeout_s, peer.response_timeout_s)
    )
    association.set_socket(connection)
    _listen(association, connection)
    return association, connection


def _introduce(association: Association, peer: Peer, models: Iterable[str]) -> None:
    """Tell an association what its request holds."""
    here, there = association.requestor, association.acceptor
    here.ae_title, there.ae_title = peer.calling_ae, peer.called_ae
    here.address_info = there.address_info = AddressInformation("", 0)  # the connection is made without it
    here.maximum_length = MAX_PDU_BYTES
    here.implementation_class_uid = UID(IMPLEMENTATION_UID)
    here.implementation_version_name = IMPLEMENTATION_NAME
    contexts = [build_context(model, list(PLAIN_SYNTAXES)) for model in models]
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    here.requested_contexts = contexts


def _listen(association: Association, connection: Connection) -> None:
    """Hear of what ends an association, for which pynetdicom waits until it is out of time, or longer."""
    for event in _LOGGED:
        for bound in list(association.get_handlers(event)):
            association.unbind(event, cast(tuple[Callable[..., Any], Any], bound)[0])

    def hear(event: Any) -> None:
        if isinstance(event.pdu, A_ABORT_RQ):
            connection.fail(PeerAborted("The peer has aborted the association."))
        elif isinstance(event.pdu, A_RELEASE_RQ):
            connection.fail(PeerAborted("It has ended the association."))
            association.dimse.msg_queue.put((None, None))  # wakes who waits for a response

    association.bind(evt.EVT_PDU_RECV, hear)
    association.bind(evt.EVT_DIMSE_RECV, lambda _event: connection.begin_message())
    association.bind(evt.EVT_ABORTED, lambda _event: connection.shut())


def ended(association: Association, connection: Connection) -> None:
    """Close the connection, wake who waits for an answer, and wait until nothing works on it any more."""
    connection.shut()
    association.dul.kill_dul()
    _wake(association)
    if association.dul.is_alive():
        association.dul.join(_END_WAIT_S)
