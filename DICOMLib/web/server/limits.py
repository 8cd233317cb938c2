"""Who is served, and for how long: addresses, tokens, patience (RFC 6750, RFC 9110)."""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import Any

import h11
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from DICOMLib.network.allowed_addresses import AllowedAddresses
from DICOMLib.network.pace import Pace

# How long a client may take for the head of a request, and be silent within a body or an answer, seconds.
HEAD_S = 15.0
SILENCE_S = 60.0
# How long the farewell of a client (TLS) is waited for when the server ends, seconds.
_FAREWELL_S = 1.0


class AllowedAddressRequired:
    """Serves only who calls from an address that is allowed.

    Parameters
    ----------
    app
        What is guarded.
    allowed
        From where it may be asked.
    """

    def __init__(self, app: ASGIApp, allowed: AllowedAddresses) -> None:
        self._app, self._allowed = app, allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not (scope["client"] and scope["client"][0] in self._allowed):
            await PlainTextResponse("Your address is not served here.\n", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)


class TokenRequired:
    """Serves only who shows the token; those who ask what is allowed (CORS) need none.

    Parameters
    ----------
    app
        What is guarded.
    token
        Bearer token.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not hmac.compare_digest(_authorization(scope), self._expected):
            refusal = PlainTextResponse(
                "A bearer token is needed.\n", 401, {"WWW-Authenticate": 'Bearer realm="slicer-dicom"'}
            )
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _authorization(scope: Scope) -> bytes:
    values = [value for name, value in scope["headers"] if name == b"authorization"]
    scheme, _space, token = (values[0] if len(values) == 1 else b"").partition(b" ")
    return scheme.capitalize() + b" " + token.strip()


class Patience:
    """Ends requests whose body does not come, or drips.

    Who does not take an answer is left by `PatientProtocol`.

    Parameters
    ----------
    app
        What is guarded.
    silence_s
        How long is too long, seconds.
    """

    def __init__(self, app: ASGIApp, silence_s: float = SILENCE_S) -> None:
        self._app, self._silence_s = app, silence_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_body_here = False
        pace = Pace(self._silence_s)

        async def patient_receive() -> Message:
            nonlocal is_body_here
            if is_body_here:  # what is waited for now is the end of the connection
                return await receive()
            begin = time.perf_counter()
            try:
                message = await asyncio.wait_for(receive(), self._silence_s)
            except asyncio.TimeoutError:
                message = {"type": "http.disconnect"}
            is_body_here = not message.get("more_body", False)
            if not (is_body_here or pace.is_kept(time.perf_counter() - begin, len(message["body"]))):
                message, is_body_here = {"type": "http.disconnect"}, True
            return message

        await self._app(scope, patient_receive, send)


class PatientProtocol(H11Protocol):
    """HTTP of a server that waits for ever neither for a request nor for who does not take the answer.

    Parameters
    ----------
    silence_s
        How long a client may take nothing of what waits for it, seconds.
    options
        Those of the base class.
    """

    head_s = HEAD_S

    def __init__(self, *, silence_s: float = SILENCE_S, **options: Any) -> None:
        super().__init__(**options)
        self._silence_s = silence_s
        self._head_timer: asyncio.TimerHandle | None = None
        self._taking_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def on_response_complete(self) -> None:
        """Begin to wait for the next one."""
        super().on_response_complete()
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        for timer in (self._head_timer, self._taking_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait until the client takes what is there."""
        super().pause_writing()
        self._taking_timer = self.loop.call_later(self._silence_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It has taken it."""
        super().resume_writing()
        if self._taking_timer is not None:
            self._taking_timer.cancel()

    def shutdown(self) -> None:
        """End with the server, also where a client keeps its connection open and says no farewell."""
        super().shutdown()
        if self.transport.is_closing():
            self.loop.call_later(_FAREWELL_S, self.transport.abort)

    def _await_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer = self.loop.call_later(self.head_s, self._end_if_waiting)

    def _end_if_waiting(self) -> None:
        if self.conn.their_state is h11.IDLE or self.transport.is_closing():
            self.transport.close()
            self.loop.call_later(self._silence_s, self.transport.abort)  # it may not take the rest
