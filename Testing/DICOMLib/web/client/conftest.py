"""Servers of the tests of the DICOMweb client."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.origin_servers import OriginServer
from Testing.DICOMLib.web.client.faulty import Answer, FaultyServer, Request
from Testing.orthanc import Orthanc


@pytest.fixture
def pacs(orthanc: Orthanc) -> OriginServer:
    """A running Orthanc, empty before and after."""
    return OriginServer(orthanc.web_url, "pacs", timeout_s=20)


@pytest.fixture
def receiver(tmp_path) -> FolderReceiver:
    return FolderReceiver(tmp_path / "taken")


@pytest.fixture
def faulty() -> Iterator[Callable[[Callable[[Request], Answer]], FaultyServer]]:
    """Starts servers that answer as they are told to."""
    running: list[FaultyServer] = []

    def start(answer: Callable[[Request], Answer], context=None) -> FaultyServer:
        running.append(FaultyServer(answer, context))
        return running[-1]

    yield start
    for server in running:
        server.close()
