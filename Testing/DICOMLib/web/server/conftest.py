"""A DICOMweb server on loopback over a database of real files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.DICOMLib.web.server.files import write_all

ANY_PORT = ServerOptions(port=0)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Paths of the files that are served, by SOP Instance UID."""
    return write_all(tmp_path_factory.mktemp("files"))


@pytest.fixture(scope="module")
def server(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[OriginServer]:
    """A read-only server of these files."""
    with Database.open(tmp_path_factory.mktemp("database")) as database:
        run(import_paths(database, list(files.values())))
        with OriginServer(Services(database), ANY_PORT) as server:
            yield server


@pytest.fixture
def store(tmp_path: Path) -> Iterator[tuple[OriginServer, Database]]:
    """A writable server of an empty database."""
    with Database.open(tmp_path / "store") as database, Receiver(database) as receiver:
        services = Services(database, receiver, receiver.settle, min_free_bytes=0)
        with OriginServer(services, ANY_PORT) as server:
            yield server, database
