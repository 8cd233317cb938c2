"""Servers that send so slowly that each byte keeps the time limit, and the whole takes hours."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client import connections
from DICOMLib.web.client.connections import _Paced
from DICOMLib.web.client.find import FindOptions, find
from DICOMLib.web.client.retrieve import retrieve
from DICOMLib.web.client.session import Access
from Testing import factories
from Testing.DICOMLib.web.client.faulty import json_answer, multipart, uid_item

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))
ONCE = Access(retries=0)
GIVEN_UP = "pacs does not answer within 0.5 s"


@pytest.fixture
def sources(tmp_path):
    return factories.write(factories.ct_series(2, size=128), tmp_path / "source")


@pytest.mark.parametrize("at_once", [3, 100, 3000], ids=["status", "headers", "body"])
def test_a_retrieval_from_a_server_that_drips(faulty, sources, receiver, at_once):
    """50 bytes a second for 66,000."""
    server = faulty(lambda _request: replace(multipart(sources), drip=at_once))
    job = retrieve(
        OriginServer(server.url, "pacs", timeout_s=0.5),
        [Wanted(STUDY)],
        receiver,
        RetrieveOptions(list_first=False),
        ONCE,
    )
    begin = time.monotonic()
    with pytest.raises(NetworkError, match=GIVEN_UP):
        run(job)
    assert time.monotonic() - begin < 10
    assert receiver.files == {}
    assert list(receiver.temporary().parent.iterdir()) == []


def test_a_query_of_a_server_that_drips(faulty):
    items = [uid_item("0020000D", f"1.2.{number}") for number in range(1000)]
    server = faulty(lambda _request: json_answer(items, drip=400))
    with pytest.raises(NetworkError, match=GIVEN_UP):
        run(
            find(
                OriginServer(server.url, "pacs", timeout_s=0.5), "STUDY", {}, options=FindOptions(access=ONCE)
            )
        )


class Sending(io.RawIOBase):
    """A server that sends a byte whenever it is read from, after so many seconds of a clock."""

    def __init__(self, clock, seconds):
        self._clock, self._seconds = clock, seconds

    def readable(self):
        return True

    def readinto(self, target):
        self._clock.now += self._seconds
        target[0] = 7
        return 1


@pytest.fixture
def clock(monkeypatch):
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(connections, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


def read(clock, waits_s, pauses_s, count=1000):
    """Read byte by byte, with a pause after each."""
    paced = _Paced(Sending(clock, waits_s), limit_s=5.0)
    for _ in range(count):
        assert paced.read(1) == b"\x07"
        clock.now += pauses_s


def test_who_reads_slowly_is_not_taken_for_a_server_that_drips(clock):
    """Only the time counts in which the server is waited for, from its first byte on."""
    read(clock, waits_s=0.009, pauses_s=1.0)  # 111 bytes a second
    with pytest.raises(TimeoutError):
        read(clock, waits_s=0.011, pauses_s=0.0)  # 91 bytes a second
    read(clock, waits_s=4.9, pauses_s=0.0, count=1)
