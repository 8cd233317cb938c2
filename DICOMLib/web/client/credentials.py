"""How a server knows us, and to whom that is told: to no other host, in no log and in no exception."""

from __future__ import annotations

import base64
import re
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.origin_servers import OriginServer

_PORTS = {"http": 80, "https": 443}
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


class Credentials(AuthBase):
    """Token, or name and password, and further headers of a server.

    Parameters
    ----------
    server
        Whose they are; other hosts are not told them.
    other
        Credentials as of requests, which come before those of the server.

    Raises
    ------
    NetworkError
        If one of them cannot be written into a header.
    """

    def __init__(self, server: OriginServer, other: AuthBase | None = None) -> None:
        self._origins = {_origin(server.service(kind)) for kind in ("qido", "wado", "stow")}
        self._other = other
        self._headers = dict(server.headers)
        if other is None and server.token:
            self._headers["Authorization"] = f"Bearer {server.token}"
        elif other is None and server.user:
            secret = f"{server.user}:{server.password}".encode()
            self._headers["Authorization"] = f"Basic {base64.b64encode(secret).decode()}"
        for name, value in self._headers.items():
            if not _HEADER_NAME.fullmatch(name) or not value.isprintable() or not _is_latin(value):
                raise NetworkError(
                    f"The header {name!r} of {server.label} holds signs that a header cannot hold."
                )

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add them to a request to their server."""
        if self.belong_to(request.url or ""):
            request.headers.update(self._headers)
            if self._other is not None:
                request = self._other(request)
        return request

    def belong_to(self, url: str) -> bool:
        """Whether a URL is one of their server: same scheme, host and port."""
        return _origin(url) in self._origins

    def take_away(self, request: requests.PreparedRequest) -> None:
        """Remove them from a request that goes elsewhere."""
        for name in (*self._headers, "Authorization", "Cookie"):
            request.headers.pop(name, None)


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None


def _is_latin(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True
