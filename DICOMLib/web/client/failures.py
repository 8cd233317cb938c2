"""What goes wrong over HTTP, in words: never with the address asked for, which may name a patient."""

from __future__ import annotations

import socket
import ssl

import requests
import urllib3

from DICOMLib.core.errors import NetworkError, PeerAborted, WebStatus
from DICOMLib.network.tls import advice_on

_TEXTS = {
    400: "does not understand the request",
    401: "does not accept our credentials. Enter its token, or name and password",
    403: "does not allow this to us. Ask its administrator for the permission",
    404: "does not have it, or the URL is not that of its DICOMweb service",
    405: "does not offer this service at its URL",
    406: "cannot send it in an encoding that we read",
    407: "is behind a proxy that asks for credentials",
    408: "has waited too long for us",
    409: "could store none of the instances",
    410: "knows it, but can no longer give it: its files are gone or cannot be read; its own log says why",
    413: "does not take so much at once",
    415: "does not take this kind of content",
    429: "has too many requests at the moment. Try again later",
    500: "fails; its own log says why",
    501: "does not offer this service",
    502: "is not reached by the gateway before it",
    503: "is busy or being maintained. Try again later",
    504: "does not answer to the gateway before it in time",
}


# Of what is stored.
_WHEN_STORING = {
    403: "does not let us store. Ask its administrator for the permission; it may be read-only, as "
    "`slicer-dicom serve` is unless it is started with --writable",
    405: "does not let others store (STOW-RS) at its URL",
    501: "does not let others store (STOW-RS)",
}


def status_failure(label: str, status: int, storing: bool = False) -> WebStatus:
    """The failure that an HTTP status means, when something is asked for or stored."""
    if storing and status in _WHEN_STORING:
        text = _WHEN_STORING[status]
    elif 300 <= status < 400:
        text = "has moved. Enter its new URL"
    else:
        text = _TEXTS.get(status, "refuses" if status < 500 else "fails; its own log says why")
    return WebStatus(status, f"{label} {text} (HTTP {status}).")


def request_failure(label: str, error: Exception, timeout_s: float) -> NetworkError:
    """The failure of a request that got no answer, or only a part of one."""
    text = _connection_text(error, timeout_s)
    kind = NetworkError if is_hopeless(error) else PeerAborted
    return kind(f"{label} {text}.")


def is_hopeless(error: Exception) -> bool:
    """Whether the same request is not worth another try: it has used up its time, or cannot even begin."""
    hopeless = (
        ssl.SSLError,
        socket.gaierror,
        TimeoutError,
        urllib3.exceptions.TimeoutError,
        urllib3.exceptions.NewConnectionError,
    )
    transient = (
        requests.ConnectionError,
        requests.exceptions.ChunkedEncodingError,
        urllib3.exceptions.HTTPError,
    )
    return not isinstance(error, (*transient, ConnectionError)) or any(
        isinstance(cause, hopeless) and not isinstance(cause, ssl.SSLEOFError) for cause in _causes(error)
    )


# What went wrong, by what was raised; the first that fits.
_WORDS: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((ssl.SSLError,), "makes no TLS connection with us. Check https or http in its URL, and our certificate"),
    (
        (socket.gaierror, urllib3.exceptions.NameResolutionError),
        "has a host name that is not known. Check its spelling, and the network (VPN?)",
    ),
    (
        (ConnectionRefusedError,),
        "is not there: nothing listens at that port. Check its URL, and that it is started",
    ),
    (
        (urllib3.exceptions.ConnectTimeoutError, requests.ConnectTimeout),
        "is not reached in time. Check its URL; a firewall may drop the connection",
    ),
    (
        (TimeoutError, urllib3.exceptions.TimeoutError, requests.Timeout),
        "does not answer within {timeout_s:g} s",
    ),
    ((requests.TooManyRedirects,), "sends us from one URL to another without end"),
    (
        (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, ValueError),
        "has no usable URL, or sends us to one",
    ),
    ((requests.exceptions.ProxyError,), "is not reached through the proxy of this computer"),
)


def _connection_text(error: Exception, timeout_s: float) -> str:
    causes = _causes(error)
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            said = cause.verify_message.rstrip(".")
            return f"has a certificate that is not trusted: {said}. {advice_on(cause)}"
    for kinds, words in _WORDS:
        if any(isinstance(cause, kinds) for cause in causes):
            return words.format(timeout_s=timeout_s)
    return "has ended the connection in the middle"


def _causes(error: BaseException | None) -> list[BaseException]:
    """An exception with all that it was made from."""
    found: list[BaseException] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if isinstance(one, BaseException) and all(one is not known for known in found):
            found.append(one)
            waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]
    return found
