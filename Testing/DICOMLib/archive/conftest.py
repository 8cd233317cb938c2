"""Databases that are served, and the tools of DCMTK that ask them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.listener import ListenerOptions
from Testing.DICOMLib.network import files

TITLE = "ARCHIVE"


def options(**given: Any) -> ListenerOptions:
    """At any port of loopback."""
    usual = {"port": 0, "address": "127.0.0.1", "acceptance": Acceptance(TITLE), "min_free_bytes": 0}
    return ListenerOptions(**{**usual, **given})


LOOPBACK = options()


@pytest.fixture
def sources(tmp_path: Path) -> list[str]:
    """One file in each transfer syntax, of one series."""
    return files.write_all(tmp_path / "source")


@pytest.fixture
def database(tmp_path: Path, sources: list[str]) -> Iterator[Database]:
    """With the sources, which are linked."""
    with Database.open(tmp_path / "database") as opened:
        run(import_paths(opened, sources))
        yield opened


@pytest.fixture
def serve(database: Database) -> Iterator[Callable[..., DimseServer]]:
    """Starts servers of the database, with any options of `DimseServer`."""
    with ExitStack() as stack:
        yield lambda how=LOOPBACK, **more: stack.enter_context(DimseServer(database, how, **more))


@pytest.fixture
def server(serve: Callable[..., DimseServer]) -> DimseServer:
    """A read-only one."""
    return serve()
