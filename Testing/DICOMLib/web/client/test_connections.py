"""Servers that send so slowly that each byte keeps the time limit, and the whole takes hours."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import run
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.retrieve import RetrieveOptions
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


def test_who_reads_slowly_is_not_taken_for_a_server_that_drips(faulty, sources, tmp_path):
    """Only the time counts in which the server is waited for."""

    class Slow(FolderReceiver):
        def take(self, arrival):
            time.sleep(0.4)
            super().take(arrival)

    server = OriginServer(faulty(lambda _request: multipart(sources)).url, timeout_s=0.3)
    options = RetrieveOptions(list_first=False)
    assert run(retrieve(server, [Wanted(STUDY)], Slow(tmp_path / "slow"), options)).done == 2
