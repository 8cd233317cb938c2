"""Clients that lie about lengths, drip, come by the hundred, or go away: the server stays well."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.web.server.application import Access
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.DICOMLib.web.server.files import STUDY
from Testing.DICOMLib.web.server.test_stow import body, left_behind, raw
from Testing.factories import ct_series, write

pytestmark = pytest.mark.network

SILENCE_S = 0.5
CONNECTIONS = 1500
INSTANCE = raw(ct_series(1)[0])
HEAD = (
    b"POST /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\n"
    b'Content-Type: multipart/related; type="application/dicom"; boundary=frontier\r\n'
    b"Content-Length: %d\r\n\r\n"
)
Store = tuple[OriginServer, Database]


@pytest.fixture
def taking(tmp_path: Path) -> Iterator[Store]:
    """A writable server that is soon tired of waiting."""
    with Database.open(tmp_path / "db") as database, Receiver(database, durable=False) as receiver:
        services = Services(database, receiver, receiver.settle, min_free_bytes=0)
        with OriginServer(services, ServerOptions(port=0, access=Access(silence_s=SILENCE_S))) as server:
            yield server, database
    assert not left_behind(database)


def answer_to(server: OriginServer, content: bytes) -> bytes:
    """What is answered until the connection is closed, within ten seconds."""
    where = urlsplit(server.url)
    with socket.create_connection((str(where.hostname), where.port), timeout=10) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(content)
        told = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(1 << 16):
                told += piece
    return told


def is_well(server: OriginServer) -> bool:
    return requests.get(f"{server.url}/studies", timeout=10).status_code in (200, 204)


def test_a_body_that_is_shorter_than_it_says(taking: Store) -> None:
    server, database = taking
    content = body(INSTANCE)
    told = answer_to(server, HEAD % (len(content) + 1000) + content[:-200])
    assert told == b"" or told.startswith(b"HTTP/1.1 4")
    assert database.counts()[3] == 0
    assert is_well(server)


@pytest.mark.parametrize(
    "head",
    [
        b"GET /dicom-web/studies HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * (1 << 20) + b"\r\n\r\n",
        b"GET /dicom-web/studies?" + b"PatientName=x&" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /dicom-web/studies HTTP/1.1\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300),
        b"GET\r\n\r\n",
    ],
    ids=["header", "query", "headers", "TLS", "nothing"],
)
def test_heads_without_measure(taking: Store, head: bytes) -> None:
    told = answer_to(taking[0], head)
    assert told == b"" or told.startswith(b"HTTP/1.1 4")
    assert is_well(taking[0])


def test_bodies_that_stop(taking: Store) -> None:
    """Twenty bodies that stop in the middle are ended in time, while others are served."""
    server, _database = taking
    ends: list[float] = []

    def drip() -> None:
        begin = time.monotonic()
        answer_to(server, HEAD % 100_000 + body(INSTANCE)[:300])
        ends.append(time.monotonic() - begin)

    threads = [threading.Thread(target=drip) for _ in range(20)]
    for thread in threads:
        thread.start()
    assert is_well(server)
    for thread in threads:
        thread.join(15)
    assert len(ends) == 20
    assert max(ends) < 8


def test_bodies_that_drip(taking: Store) -> None:
    """A byte comes before each time limit is over; the whole is far too slow nevertheless."""
    server, _database = taking
    where = urlsplit(server.url)
    with socket.create_connection((str(where.hostname), where.port), timeout=SILENCE_S / 10) as client:
        client.sendall(HEAD % 100_000 + b"--frontier\r\n")
        is_over, begin = False, time.monotonic()
        while not is_over and time.monotonic() - begin < 20 * SILENCE_S:
            try:
                client.sendall(b"\r")
                client.recv(1 << 16)
                is_over = True
            except TimeoutError:
                continue
            except ConnectionError:
                is_over = True
    assert is_over
    assert is_well(server)


@pytest.mark.skipif(sys.platform != "linux", reason="open sockets are counted in /proc")
def test_clients_that_take_nothing_of_the_answer(
    files: dict[str, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They are let go in time, as is what waits for them; nothing of it is our fault."""
    big = write(ct_series(6, size=1024), tmp_path / "big")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [*big, *files.values()]))
        options = ServerOptions(port=0, access=Access(silence_s=SILENCE_S))
        with OriginServer(Services(database), options) as server:
            where, before = urlsplit(server.url), open_sockets()
            asked = f"GET {where.path}/studies/{STUDY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            clients = [socket.socket() for _ in range(20)]
            for client in clients:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.connect((where.hostname, where.port))
                client.sendall(asked)
            assert is_well(server)
            end = time.monotonic() + 20 * SILENCE_S
            while open_sockets() > before + len(clients) and time.monotonic() < end:
                assert is_well(server)
            left = open_sockets() - before - len(clients)
            for client in clients:
                client.close()
    assert left <= 0
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []


def open_sockets() -> int:
    """Of this process; a connection to a server in it has two."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # it is gone while it is read
            count += os.readlink(entry).startswith("socket:")  # noqa: PTH115  no path
    return count


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  it is gone while it is read


@pytest.mark.skipif(sys.platform != "linux", reason="open files are counted in /proc")
def test_connections_by_the_thousand(taking: Store) -> None:
    """Some open and say nothing, some send half a head, some go at once: no connection is left open."""
    server, _database = taking
    assert is_well(server)
    where = urlsplit(server.url)
    before = open_files()
    for _round in range(CONNECTIONS // 100):
        clients = [
            socket.create_connection((str(where.hostname), where.port), timeout=10) for _ in range(100)
        ]
        for number, client in enumerate(clients):
            with contextlib.suppress(OSError):
                if number % 3:
                    client.sendall(b"GET /dicom-web/studies HTTP/1.1\r\nHost:"[: 10 * (number % 4)])
                client.close()
    end = time.monotonic() + 10
    while open_files() > before + 5 and time.monotonic() < end:
        time.sleep(0.05)
    assert open_files() <= before + 5
    assert is_well(server)


def test_a_client_that_goes_away_while_it_is_given_a_study(
    server: OriginServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Many do, at any moment; nobody else notices, and nothing is told as a fault."""
    parts = urlsplit(server.url)
    asked = f"GET {parts.path}/studies/{STUDY} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    for taken in (0, 1, 200, 5000):
        for _ in range(5):
            with socket.create_connection((parts.hostname, parts.port), 10) as client:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                client.sendall(asked)
                if taken:
                    client.recv(taken)
    assert requests.get(f"{server.url}/studies/{STUDY}", timeout=10).status_code == 200
    assert [record for record in caplog.records if record.levelname in ("WARNING", "ERROR")] == []
