"""Requests to a DICOMweb server: credentials, time limits, repetition, and failures in words."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import requests
import urllib3
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from DICOMLib.core.errors import NetworkError, PeerAborted, WebStatus
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.tls import TLSOptions
from DICOMLib.web.client.connections import Connections, TrackedAdapter
from DICOMLib.web.client.credentials import Credentials
from DICOMLib.web.client.failures import request_failure, status_failure
from DICOMLib.web.client.multipart import content_type

JSON = "application/dicom+json, application/json;q=0.9"
BUSY = frozenset((408, 429, 502, 503, 504))
# Of proxies such as nginx, where a client shows no certificate, or a wrong one.
_MAY_MEAN_CERTIFICATE = frozenset((400, 495, 496))
_MOST_CONNECT_S = 10.0
_MOST_JSON_BYTES = 512 << 20
_MOST_PASSED_OVER = 1 << 16
PIECE_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Access:
    """How a server is called.

    Parameters
    ----------
    auth
        Credentials as of requests, which come before those of the server.
    retries
        How often a request is made again that was not answered, or that found the server busy.
    first_wait_s
        Before the first of them, seconds; each further wait is twice as long.
    most_wait_s
        A server that asks for a longer wait (Retry-After) is given up.
    """

    auth: AuthBase | None = None
    retries: int = 3
    first_wait_s: float = 0.5
    most_wait_s: float = 60.0

    def wait_s(self, attempt: int) -> float:
        """How long to wait after a failed attempt (from 0), seconds."""
        return float(self.first_wait_s * 2**attempt)


class WebSession:
    """Talks to one server, from any number of threads, until it is stopped.

    Parameters
    ----------
    server
        The server.
    access
        How it is called; None for as usual.

    Raises
    ------
    NetworkError
        If the server cannot be called, or a certificate cannot be used.
    """

    def __init__(self, server: OriginServer, access: Access | None = None) -> None:
        server.check()
        self.server = server
        self.access = access or Access()
        self._connections = Connections()
        self._stopped = threading.Event()
        self._requests = _Requests(Credentials(server, self.access.auth), self._mount_tls)
        self._requests.verify = (server.ca_file or True) if server.verify else False
        self._requests.mount("http://", TrackedAdapter(self._connections))
        self._was_let_in = False
        if self.server.is_secured:
            self._requests.mount_tls()

    def _mount_tls(self) -> None:
        """Our certificate is shown to the server alone, not to whom it sends us."""
        server = self.server
        if not server.verify:
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        others = TLSOptions(server.ca_file, verify=server.verify).client_context()
        self._requests.mount("https://", TrackedAdapter(self._connections, others))
        tls = TLSOptions(server.ca_file, server.certificate, server.key, verify=server.verify)
        adapter = TrackedAdapter(self._connections, tls.client_context())
        for kind in ("qido", "wado", "stow"):
            parts = urlsplit(server.service(kind))
            if parts.scheme == "https":
                self._requests.mount(f"https://{parts.netloc}/", adapter)

    def __enter__(self) -> WebSession:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def stop(self) -> None:
        """End what is going on, from another thread."""
        self._stopped.set()
        self._connections.shut()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        self._requests.close()

    @property
    def stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stopped.is_set()

    @contextmanager
    def get(
        self, url: str, accept: str, query: Mapping[str, Any] | None = None
    ) -> Iterator[requests.Response]:
        """The answer to a GET request, whose body is still to be read; see `body`.

        Raises
        ------
        WebStatus, PeerAborted, NetworkError
            If the server does not give it.
        """
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        if query:  # some servers do not decode a comma
            url += "?" + urlencode(query, doseq=True, safe=",*", quote_via=quote)
        answer = self._patiently(
            lambda: self._requests.request("GET", url, **self._options(headers, _MOST_CONNECT_S))
        )
        with answer:
            if not answer.ok or answer.status_code in range(300, 400):
                _pass_over(answer)
                raise self.status_failure(answer.status_code)
            yield answer

    @contextmanager
    def post(self, url: str, headers: Mapping[str, str], body: Any) -> Iterator[requests.Response]:
        """The answer to one POST request, whatever its status; redirections are not followed.

        Raises
        ------
        PeerAborted, NetworkError
            If there is none.
        """
        # the limit for connecting holds while the body is sent, too, and a server may read it slowly
        options = self._options({**headers, "Accept": JSON}, self.server.timeout_s)
        with self._once(
            lambda: self._requests.request("POST", url, data=body, allow_redirects=False, **options)
        ) as answer:
            yield answer

    def body(self, answer: requests.Response) -> Iterator[bytes]:
        """The body of an answer, as it comes.

        Raises
        ------
        PeerAborted
            If it ends early.
        """
        try:
            yield from answer.raw.stream(PIECE_BYTES, decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise self._failure(error) from None

    def get_json(self, url: str, query: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """The data sets of an answer in the DICOM JSON model (PS3.18 annex F).

        Raises
        ------
        WebStatus, PeerAborted, NetworkError
            If the server does not give it, or gives something else.
        """
        with self.get(url, JSON, query) as answer:
            return self.read_json(answer)

    def read_json(self, answer: requests.Response) -> list[dict[str, Any]]:
        """The same, of an answer that is here."""
        content = bytearray()
        for piece in self.body(answer):
            content += piece
            if len(content) > _MOST_JSON_BYTES:
                raise NetworkError(f"{self.server.label} answers without end.")
        if not content.strip():
            return []
        try:
            found = json.loads(content.decode("utf-8-sig"))
        except (ValueError, RecursionError):
            kind = content_type(answer.headers.get("Content-Type", ""))[0] or "something"
            raise NetworkError(
                f"{self.server.label} answers with {kind} that is no DICOM JSON. Check its URL; it may also "
                "be a page that asks for a login."
            ) from None
        found = [found] if isinstance(found, dict) else found
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise NetworkError(f"{self.server.label} answers with JSON that holds no DICOM data sets.")
        return found

    def wait(self, seconds: float) -> None:
        """Wait, but not longer than until `stop`.

        Raises
        ------
        PeerAborted
            If it was stopped.
        """
        if self._stopped.wait(seconds):
            raise PeerAborted("Stopped.")

    def _options(self, headers: Mapping[str, str], most_connect_s: float) -> dict[str, Any]:
        timeout = self.server.timeout_s
        return {
            "headers": headers,
            "stream": True,
            "timeout": (min(timeout, most_connect_s), timeout),
            # told with each request: requests lets a variable of the environment win over the session
            "verify": self._requests.verify,
        }

    def _patiently(self, ask: Callable[[], requests.Response]) -> requests.Response:
        """The answer; the request is made again while the server is busy, or the connection breaks."""
        for attempt in range(self.access.retries + 1):
            is_last = attempt == self.access.retries
            wait_s: float | None = self.access.wait_s(attempt)
            try:
                answer = self._once(ask)
            except PeerAborted:
                if is_last or self.stopped:
                    raise
            else:
                wait_s = self.wait_for(answer, attempt)
                if is_last or wait_s is None:
                    return answer
                answer.close()
            self.wait(wait_s or 0.0)
        raise AssertionError("the last attempt returns or raises")

    def wait_for(self, answer: requests.Response, attempt: int) -> float | None:
        """Seconds to wait before asking a busy server again; None if it is not to be asked again."""
        if answer.status_code not in BUSY:
            return None
        wished = _retry_after(answer.headers.get("Retry-After", ""))
        if wished is None:
            return self.access.wait_s(attempt)
        return wished if wished <= self.access.most_wait_s else None

    def _once(self, ask: Callable[[], requests.Response]) -> requests.Response:
        if self.stopped:
            raise PeerAborted("Stopped.")
        try:
            answer = ask()
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise self._failure(error) from None
        self._was_let_in |= answer.ok
        return answer

    def _failure(self, error: Exception) -> NetworkError:
        if self.stopped:
            return PeerAborted("Stopped.")
        failure = request_failure(self.server.label, error, self.server.timeout_s)
        if isinstance(failure, PeerAborted):
            # with TLS 1.3 a server may refuse us only after we think that the connection is made
            return PeerAborted(f"{failure}{self._hint()}")
        return failure

    def status_failure(self, status: int, storing: bool = False) -> WebStatus:
        """The failure that an HTTP status means, when something is asked for or stored."""
        failure = status_failure(self.server.label, status, storing)
        if status in _MAY_MEAN_CERTIFICATE:
            return WebStatus(status, f"{failure}{self._hint()}")
        return failure

    def _hint(self) -> str:
        """What else may be wrong, where a secured server has not done anything for us yet."""
        if self.server.is_secured and not self._was_let_in:
            return " It may want a certificate of ours, or another one."
        return ""


class _Requests(requests.Session):
    """Tells the credentials to nobody but their server, wherever that sends us.

    Parameters
    ----------
    credentials
        Those of the server.
    mount
        Mounts the adapters for TLS. It is called when they are needed: reading the certificates of all
        authorities takes longer than many a request.
    """

    def __init__(self, credentials: Credentials, mount: Callable[[], None]) -> None:
        super().__init__()
        self.auth = self._credentials = credentials
        self.max_redirects = 5
        self._mount: Callable[[], None] | None = mount
        self._mounting = threading.Lock()

    def mount_tls(self) -> None:
        """Prepare for TLS, if that was not done."""
        with self._mounting:
            mount, self._mount = self._mount, None
            if mount is not None:
                mount()

    def get_adapter(self, url: str | bytes) -> BaseAdapter:
        """See `requests.Session`."""
        url = url.decode("ascii") if isinstance(url, bytes) else url
        if url.lower().startswith("https:"):
            self.mount_tls()
        return super().get_adapter(url)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """See `requests.Session`; called for each redirection."""
        url = prepared_request.url or ""
        if (response.request.url or "").startswith("https:") and not url.startswith("https:"):
            raise requests.exceptions.InvalidSchema("from a secured connection to one that is not")
        if not self._credentials.belong_to(url):
            self._credentials.take_away(prepared_request)


def _pass_over(answer: requests.Response) -> None:
    """Read what little a refusal says, so that its connection serves the next request, too."""
    if 0 < (answer.raw.length_remaining or 0) <= _MOST_PASSED_OVER:
        answer.raw.drain_conn()


def _retry_after(text: str) -> float | None:
    """Seconds that the header Retry-After asks for; None where it says nothing."""
    if text.strip().isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None
