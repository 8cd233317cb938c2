"""The DICOMweb origin server: HTTP or HTTPS at a port, in a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
import time
from dataclasses import dataclass, field, replace
from functools import partial

import uvicorn

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.startable import Startable
from DICOMLib.network import sockets
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.server.application import Access, application
from DICOMLib.web.server.limits import PatientProtocol
from DICOMLib.web.server.services import Services

DEFAULT_PORT = 8080
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_START_S = 10.0
_END_S = 5
_BACKLOG = 256

# It tells of each request and of each fault with all its words, which may name patients; we tell of faults.
logging.getLogger("uvicorn").setLevel(logging.CRITICAL)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Where and to whom to serve.

    Parameters
    ----------
    port
        TCP port; 0 for any that is free.
    address
        Of the interface.
    access
        Who may ask.
    tls
        Certificates for HTTPS, with `verify` also of clients; None for HTTP.
    insecure
        Whether anybody may ask from other computers, without a token and TLS.
    max_connections
        At the same time; others are told to come later.
    """

    port: int = DEFAULT_PORT
    address: str = "127.0.0.1"
    access: Access = field(default_factory=Access)
    tls: TLSOptions | None = None
    insecure: bool = False
    max_connections: int = 512

    @property
    def is_local(self) -> bool:
        """Whether only programs of this computer can ask."""
        return self.address in LOOPBACK


class OriginServer(Startable):
    """Serves a database over DICOMweb (PS3.18) until it is stopped.

    Parameters
    ----------
    services
        What is served; read-only where it has no receiver.
    options
        Where, and to whom.

    Raises
    ------
    NetworkError
        If other computers could ask without a token or a certificate of theirs.
    """

    def __init__(self, services: Services, options: ServerOptions = ServerOptions()) -> None:
        check_access(options)
        self._services, self.options = services, options
        self._socket: socket.socket | None = None
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Where it listens; 0 if it does not."""
        return int(self._socket.getsockname()[1]) if self._socket is not None else 0

    @property
    def url(self) -> str:
        """Root of the services."""
        host = "localhost" if self.options.address in ("", "0.0.0.0", "::") else self.options.address
        host = f"[{host}]" if ":" in host else host
        return f"{'https' if self.options.tls else 'http'}://{host}:{self.port}{self._services.root}"

    def start(self) -> None:
        """Begin to serve.

        Raises
        ------
        NetworkError
            If the port cannot be had, or the certificates cannot be used.
        """
        options = self.options
        secured = options.tls.server_context() if options.tls is not None else None
        self._socket = sockets.listening(options.address, options.port, _BACKLOG)
        config = uvicorn.Config(
            application(self._services, _with_hosts(options)),
            http=partial(PatientProtocol, silence_s=options.access.silence_s),  # type: ignore[arg-type]
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=options.max_connections,
            timeout_graceful_shutdown=_END_S,
        )
        config.load()
        config.ssl = secured
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="dicomweb-server", daemon=True)
        self._thread.start()
        end = time.monotonic() + _START_S
        while not self._server.started and self._thread.is_alive() and time.monotonic() < end:
            time.sleep(0.005)
        if not self._server.started:
            self.stop()
            raise NetworkError("The DICOMweb server did not start.")

    def _run(self) -> None:
        assert self._server is not None
        self._server.run([self._socket] if self._socket is not None else None)

    def stop(self) -> None:
        """End: take no more connections, give requests some time, then close; twice does no harm."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(2 * _END_S)
        if self._socket is not None:
            self._socket.close()
        self._socket = self._server = self._thread = None


def check_access(options: ServerOptions) -> None:
    """Raise `NetworkError` if patients' data would be open to other computers without being asked for."""
    clients_are_known = options.tls is not None and options.tls.verify
    if not (options.is_local or options.access.token or clients_are_known or options.insecure):
        raise NetworkError(
            f"Everybody who can reach {options.address or 'this computer'} could read the database. "
            "Give a token, or a CA for certificates of clients, or say --insecure."
        )


def _with_hosts(options: ServerOptions) -> Access:
    """On loopback without a token, the server is called by its own names only."""
    access = options.access
    if access.hosts or access.token or not options.is_local:
        return access
    return replace(access, hosts=("127.0.0.1", "localhost", "[::1]"))
