"""The open connections of a client: another thread can end them, and a server that drips is given up."""

from __future__ import annotations

import contextlib
import io
import logging
import socket
import ssl
import threading
import time
import weakref
from http.client import HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from DICOMLib.network.pace import Pace


def _without_queries(record: logging.LogRecord) -> bool:
    """Its warnings hold whole URLs, which may name a patient behind the question mark."""
    if isinstance(record.args, tuple):
        record.args = tuple(one.partition("?")[0] if isinstance(one, str) else one for one in record.args)
    return True


logging.getLogger("urllib3.connection").addFilter(_without_queries)


class Connections:
    """Those that are open; `shut` ends them at once, also while they are waited for."""

    def __init__(self) -> None:
        self._open: weakref.WeakSet[Any] = weakref.WeakSet()
        self._lock = threading.Lock()
        self._is_shut = False

    def add(self, connection: Any) -> None:
        """A connection was made."""
        with self._lock:
            self._open.add(connection)
            is_late = self._is_shut
        if is_late:
            _shut(connection)

    def shut(self) -> None:
        """End them all, and those that are still to be made."""
        with self._lock:
            self._is_shut = True
            connections = list(self._open)
        for connection in connections:
            _shut(connection)


def _shut(connection: Any) -> None:
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


class TrackedAdapter(HTTPAdapter):
    """Makes connections that are told of to `Connections`.

    Parameters
    ----------
    connections
        Who is told.
    context
        For TLS; None for the usual one.
    """

    def __init__(self, connections: Connections, context: ssl.SSLContext | None = None) -> None:
        self._connections = connections
        self._context = context
        super().__init__(pool_maxsize=16)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """See `HTTPAdapter`."""
        if self._context is not None:
            options["ssl_context"] = self._context
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._pool_classes()

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """See `HTTPAdapter`."""
        if self._context is not None:
            options["ssl_context"] = self._context
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pool_classes()
        return manager

    def _pool_classes(self) -> dict[str, Any]:
        pools = {"http": HTTPConnectionPool, "https": HTTPSConnectionPool}
        return {scheme: _tracking_pool(pool, self._connections) for scheme, pool in pools.items()}


class _Paced(io.RawIOBase):
    """What a server sends, as long as it sends enough: each byte alone would keep the time limit.

    Only the time is counted in which the server is waited for, from its first byte on.

    Parameters
    ----------
    source
        What is read.
    limit_s
        The time limit of the connection, seconds; see `Pace`.
    """

    def __init__(self, source: Any, limit_s: float) -> None:
        self._source = source
        self._has_begun = False
        self._pace = Pace(limit_s)

    def readable(self) -> bool:
        """See `RawIOBase`."""
        return True

    def readinto(self, target: Any) -> int | None:
        """See `RawIOBase`; a `TimeoutError` is what a silent server raises, too."""
        begin = time.perf_counter()
        count: int | None = self._source.readinto(target)
        waited_s = time.perf_counter() - begin if self._has_begun else 0.0
        self._has_begun = True
        if not self._pace.is_kept(waited_s, count or 0):
            raise TimeoutError("the server drips")
        return count

    def close(self) -> None:
        """See `RawIOBase`."""
        self._source.close()
        super().close()


class _PacedResponse(HTTPResponse):
    """An answer whose server is given up where it drips."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        limit_s = sock.gettimeout()
        if limit_s is not None:
            self.fp = io.BufferedReader(_Paced(self.fp.detach(), limit_s))


def _tracking_pool(pool: Any, connections: Connections) -> Any:
    class Connection(pool.ConnectionCls):
        response_class = _PacedResponse

        def connect(self) -> None:
            super().connect()
            connections.add(self)

    class Pool(pool):
        ConnectionCls = Connection

    return Pool
