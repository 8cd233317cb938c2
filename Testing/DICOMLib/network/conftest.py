"""Real DCMTK servers on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from Testing import dcmtk


@pytest.fixture
def servers() -> Iterator[Callable[[dcmtk.Server], dcmtk.Server]]:
    """Takes servers and closes them at the end."""
    running: list[dcmtk.Server] = []

    def keep(server: dcmtk.Server) -> dcmtk.Server:
        running.append(server)
        return server

    yield keep
    for server in running:
        server.close()


@pytest.fixture
def storescp(tmp_path: Path, servers: Any) -> dcmtk.Server:
    """A running `storescp`; what it takes is in `tmp_path/received`."""
    return servers(dcmtk.storescp(tmp_path))


@pytest.fixture
def qrscp(tmp_path: Path, servers: Any) -> dcmtk.Server:
    """A running `dcmqrscp` with AE title QRSCP and an empty store."""
    return servers(dcmtk.dcmqrscp(tmp_path))
