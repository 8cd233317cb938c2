"""The listener: serves peers in this process, and tells the truth about what is safe."""

from __future__ import annotations

import contextlib
import logging
import shutil
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from DICOMLib.core.errors import NetworkError, log_failure, reason_of
from DICOMLib.core.events import Signal
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.core.startable import Startable
from DICOMLib.network import sockets, statuses
from DICOMLib.network.acceptor import Acceptance, Acceptor, Served, Service, Verification, log_end
from DICOMLib.network.allowed_addresses import AllowedAddresses
from DICOMLib.network.arrival import Arrival, NotTaken, Receiver
from DICOMLib.network.background import TICK_S
from DICOMLib.network.peers import check_ae_title
from DICOMLib.network.query_scp import Archive, Query
from DICOMLib.network.retrieve_scp import Retrieve
from DICOMLib.network.store_scp import Storage
from DICOMLib.network.tls import TLSOptions
from DICOMLib.network.wire import Wire

log = logging.getLogger(__name__)

DEFAULT_PORT = 11112
# So many more connections than associations are answered with "too busy"; others are closed at once.
_BUSY_ANSWERS = 64
_END_WAIT_S = 5.0
# How long others may fill the disk unseen.
_ROOM_S = 0.1


@dataclass(frozen=True, slots=True)
class ListenerOptions:
    """How to listen.

    Parameters
    ----------
    port
        TCP port; 0 for any that is free.
    address
        Of the interface; "" for all.
    acceptance
        Which AE titles are served, and how large an instance may be.
    addresses
        Networks or addresses that are served ("10.0.0.0/8"); empty for all.
    max_associations
        At the same time; further peers are told that we are busy.
    min_free_bytes
        Room that must stay free on the disk.
    association_timeout_s
        How long a peer may take to ask for an association, seconds; TLS included.
    idle_timeout_s
        How long it may be silent afterwards, seconds.
    tls
        Certificates for secured connections; None for none.
    folder
        Of the database into which everything goes, at a listener that runs until a person stops it: what is
        moved to that database by C-MOVE may come to it. None keeps a listener to who made it.
    """

    port: int = DEFAULT_PORT
    address: str = ""
    acceptance: Acceptance = field(default_factory=Acceptance)
    addresses: tuple[str, ...] = ()
    max_associations: int = 32
    min_free_bytes: int = 256 << 20
    association_timeout_s: float = 10.0
    idle_timeout_s: float = 60.0
    tls: TLSOptions | None = None
    folder: Path | None = None


class Listener(Startable):
    """An SCP of verification, and of storage, query and retrieve as far as there is somebody behind it.

    Parameters
    ----------
    receiver
        Who takes instances; None if none are taken.
    options
        How to listen.
    archive
        Who answers to queries and has what is retrieved; None if nobody does.

    Attributes
    ----------
    stored
        Emitted with the `Arrival` of each instance that is safe, from the thread of its association.
    ended
        Emitted with the `Served` of each association.
    """

    def __init__(
        self,
        receiver: Receiver | None,
        options: ListenerOptions = ListenerOptions(),
        archive: Archive | None = None,
    ) -> None:
        self.options = options
        self.stored = Signal("stored")
        self.ended = Signal("ended")
        self._receiver = receiver and _Guarded(receiver, options.min_free_bytes)
        self._archive = archive
        self._allowed = AllowedAddresses(options.addresses)
        self._server: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._serving: dict[socket.socket, threading.Thread] = {}
        self._stopping = threading.Event()

    @property
    def port(self) -> int:
        """Where it listens; 0 if it does not."""
        server = self._server
        return int(server.getsockname()[1]) if server is not None else 0

    @property
    def associations(self) -> int:
        """How many there are at the moment."""
        with self._lock:
            return len(self._serving)

    def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        NetworkError
            If the port cannot be had, or the certificates cannot be used.
        """
        options = self.options
        check_ae_title(options.acceptance.ae_title, "AE title of the listener")
        context = options.tls.server_context() if options.tls is not None else None
        self._server = sockets.listening(options.address, options.port)
        self._secure: Callable[[socket.socket], socket.socket] = (
            (lambda plain: plain)
            if context is None
            else lambda plain: context.wrap_socket(plain, server_side=True)
        )
        self._stopping.clear()
        self._thread = threading.Thread(target=self._accept, name="dicom-listener", daemon=True)
        self._thread.start()
        _RUNNING.add(self)
        log.info("listening at port %d", self.port)

    def stop(self, grace_s: float = 2.0) -> None:
        """End: take no more connections, give those there are some time, then close them."""
        server, self._server = self._server, None
        if server is None:
            return
        _RUNNING.discard(self)
        self._stopping.set()
        sockets.shut(server)
        if self._thread is not None:
            self._thread.join(_END_WAIT_S)
        with self._lock:
            threads = list(self._serving.values())
        for thread in threads:
            thread.join(grace_s / len(threads))
        with self._lock:
            for connection in self._serving:
                sockets.shut(connection)
        for thread in threads:
            thread.join(_END_WAIT_S)

    def _accept(self) -> None:
        server = self._server
        while server is not None and not self._stopping.is_set():
            try:
                connection, address = server.accept()
            except OSError as error:
                if self._stopping.is_set() or self._server is None:
                    return
                log.warning("a connection was not accepted: %s", reason_of(error))
                self._stopping.wait(TICK_S)  # too many open files: wait until some are closed
                continue
            self._welcome(connection, str(address[0]))

    def _welcome(self, connection: socket.socket, address: str) -> None:
        """Serve a connection in a thread of its own, if it may be served."""
        with self._lock:
            count = len(self._serving)
            if address not in self._allowed or count >= self.options.max_associations + _BUSY_ANSWERS:
                sockets.shut(connection)
                return
            services = self._services() if count < self.options.max_associations else []
            thread = threading.Thread(
                target=self._serve, args=(connection, services), name="dicom-association", daemon=True
            )
            self._serving[connection] = thread
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            log.warning("a connection was closed: there are too many threads")
            with self._lock:
                del self._serving[connection]
            sockets.shut(connection)

    def _services(self) -> list[Service]:
        """What is offered on an association."""
        offered: list[Service] = [Verification()]
        if self._archive is not None:
            offered += [Query(self._archive), Retrieve(self._archive, self.options.acceptance.ae_title)]
        if self._receiver is not None:
            limit = self.options.acceptance.max_instance_bytes
            offered.append(Storage(self._receiver, self.stored.emit, limit))
        return offered

    def _serve(self, connection: socket.socket, services: Sequence[Service]) -> None:
        served = Served()
        fault: NetworkError | None = None
        secured = connection
        try:
            connection.settimeout(self.options.association_timeout_s)
            sockets.tune(connection)
            secured = self._secure(connection)
            wire = Wire(secured, self.options.association_timeout_s)
            acceptor = Acceptor(wire, services, self.options.acceptance)
            served = acceptor.served
            acceptor.serve(self.options.idle_timeout_s)
        except NetworkError as error:
            fault = error
        except OSError as error:
            fault = NetworkError(f"The connection was not made: {error}")
        except Exception as error:  # noqa: BLE001  the end of a thread
            log_failure(log, "an association failed", error)
            fault = NetworkError(f"Our own fault: {type(error).__name__}")
        finally:
            sockets.shut(secured)
            with self._lock:
                self._serving.pop(connection, None)
        log_end(served, fault)
        self.ended.emit(served)


_RUNNING: set[Listener] = set()


def running_at(port: int, folder: Path) -> Listener | None:
    """The listener of this program that takes what comes to a port into a folder; None if there is none."""
    found = (one for one in tuple(_RUNNING) if one.port == port and one.options.folder == folder)
    return next(found, None)


class _Guarded:
    """A receiver that keeps some room on the disk free."""

    def __init__(self, receiver: Receiver, min_free_bytes: int) -> None:
        self._receiver = receiver
        self._min_free_bytes = min_free_bytes
        # Until so many more bytes have come, or until then, the disk is not asked again.
        self._bytes_left = 0
        self._asking_at = 0.0

    def temporary(self) -> Path:
        """See `Receiver`."""
        return self._receiver.temporary()

    def take(self, arrival: Arrival) -> None:
        """See `Receiver`."""
        if self._min_free_bytes:
            self._check_room(arrival)
        self._receiver.take(arrival)

    def _check_room(self, arrival: Arrival) -> None:
        """Ask how much is free: for small files that takes longer than all else that is looked at."""
        now = time.monotonic()
        self._bytes_left -= arrival.size
        if self._bytes_left > 0 and now < self._asking_at:
            return
        spare = shutil.disk_usage(arrival.path.parent).free - self._min_free_bytes
        self._bytes_left, self._asking_at = spare // 2, now + _ROOM_S
        if spare < 0:
            raise NotTaken(statuses.OUT_OF_RESOURCES, "the disk is nearly full")


@dataclass(slots=True)
class ListenReport:
    """What a listener did until it was stopped."""

    stored: int = 0
    refused: int = 0
    associations: int = 0


def listen(
    receiver: Receiver,
    options: ListenerOptions = ListenerOptions(),
    on_started: Callable[[int], None] = lambda port: None,
) -> Job[ListenReport]:
    """Listen until the job is cancelled; `on_started` is called with the port once peers are heard.

    Raises
    ------
    NetworkError
        If listening is not possible.
    """
    report = ListenReport()
    lock = threading.Lock()

    def note(served: Served) -> None:
        with lock:
            report.associations += 1
            report.refused += len(served.refused)

    def count(_arrival: Arrival) -> None:
        with lock:
            report.stored += 1

    listener = Listener(receiver, options)
    listener.stored.connect(count)
    listener.ended.connect(note)
    with listener:
        on_started(listener.port)
        tick = threading.Event()
        with contextlib.suppress(JobCancelled):
            while True:
                yield Progress(report.stored, 0, "Listening", f"port {listener.port}")
                tick.wait(TICK_S)
    return report
