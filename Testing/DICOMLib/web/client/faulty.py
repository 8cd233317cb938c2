"""A small HTTP server that answers as a test tells it to: well, badly, or not at all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

DICOM_JSON = "application/dicom+json"


@dataclass
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class Answer:
    """What is answered.

    `cut` ends the connection after so many bytes of the body; `wait` is waited for before anything is sent.
    `drip` sends, after so many bytes of the whole answer, each further one alone, until the client is gone.
    """

    status: int = 200
    kind: str = DICOM_JSON
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    wait: threading.Event | None = None
    drip: int | None = None


class Dripping:
    """Writes so many bytes at once, and then byte by byte."""

    def __init__(self, target: Any, at_once: int) -> None:
        self._target, self._at_once = target, at_once

    def write(self, data: bytes) -> None:
        self._target.write(data[: self._at_once])
        rest = data[self._at_once :]
        self._at_once = max(0, self._at_once - len(data))
        for position in range(len(rest)):
            self._target.write(rest[position : position + 1])
            self._target.flush()
            time.sleep(0.02)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._target, name)


class FaultyServer:
    """Answers each request by a function; `close` ends it."""

    def __init__(self, answer: Callable[[Request], Answer], context: Any = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._answer = answer
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                owner.connections += 1
                super().setup()

            def do_GET(self) -> None:
                owner.serve(self)

            do_POST = do_GET

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context is not None:
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._server.handle_error = lambda *_args: None  # the client goes away when it has had enough
        self.port = self._server.server_address[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length", 0) or 0)
        request = Request(handler.command, handler.path, dict(handler.headers), handler.rfile.read(length))
        self.requests.append(request)
        answer = self._answer(request)
        if answer.wait is not None:
            answer.wait.wait(30)
        if answer.drip is not None:
            handler.wfile = Dripping(handler.wfile, answer.drip)
        handler.send_response(answer.status)
        if answer.kind:
            handler.send_header("Content-Type", answer.kind)
        handler.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(answer.body[: answer.cut])
        if answer.cut is not None:
            handler.close_connection = True

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def json_answer(items: Any, **options: Any) -> Answer:
    return Answer(body=json.dumps(items).encode(), **options)


def uid_item(tag: str, uid: str) -> dict[str, Any]:
    return {tag: {"vr": "UI", "Value": [uid]}}


def multipart(paths: list[str], boundary: str = "limit", end: bytes = b"--") -> Answer:
    """The files as an answer to WADO-RS."""
    body = b""
    for path in paths:
        body += f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        body += Path(path).read_bytes() + b"\r\n"
    body += f"--{boundary}".encode() + end
    return Answer(kind=f'multipart/related; type="application/dicom"; boundary={boundary}', body=body)
