"""The open connections of a client, which another thread can end."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
import weakref
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool


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


def _tracking_pool(pool: Any, connections: Connections) -> Any:
    class Connection(pool.ConnectionCls):
        def connect(self) -> None:
            super().connect()
            connections.add(self)

    class Pool(pool):
        ConnectionCls = Connection

    return Pool
