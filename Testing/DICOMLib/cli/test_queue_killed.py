"""Killed as soon as the first peer is called: what was ordered is in the queue, and is done later."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from qtpy.QtCore import QSettings

from DICOMLib.network.peers import Peer, save_peers
from Testing import dcmtk, factories
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.DICOMLib.cli.test_serve import serving
from Testing.orthanc import free_port

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL"),
]

STUDY = str(factories.uid("study"))
HOST = ["--host", "127.0.0.1", "--called-ae", "QRSCP", "--port"]
WINDOW = """
import sys
from pathlib import Path
from qtpy.QtCore import QCoreApplication, QSettings
from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.network.conversation import Wanted
from DICOMLib.web.exchange import find_target
from DICOMLib.widgets.network.transfers import Transfers
from DICOMModule.Host import user_settings
application = QCoreApplication([])
application.setOrganizationName(user_settings.ORGANIZATION)
application.setApplicationName(user_settings.NAME)
QSettings.setDefaultFormat(QSettings.IniFormat)
database = ctkDICOMDatabase(str(Path("db/ctkDICOM.sql").absolute()))
transfers = Transfers(database)
if sys.argv[1] == "send":
    transfers.send(find_target(QSettings(), "Archive"), sys.argv[2:])
else:
    transfers.retrieve(find_target(QSettings(), "Archive"), [Wanted(sys.argv[2])])
transfers.wait(60)
"""


@pytest.fixture
def sources(tmp_path: Path) -> list[str]:
    return [str(path) for path in factories.write(factories.ct_series(3), tmp_path / "source")]


def killed_at_the_first_call(folder: Path, port: int, *command: object) -> None:
    """Run a command that calls a port of this computer, and kill it once it has."""
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), "QT_QPA_PLATFORM": "offscreen"}
    with socket.create_server(("127.0.0.1", port)) as server:
        server.settimeout(60)
        process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            server.accept()[0].close()
        finally:
            process.kill()
        assert process.wait() == -signal.SIGKILL


def done_later(folder: Path, queue: str = "queue", *arguments: object) -> int:
    """How many instances came or went when the queue was gone on with; nothing is left."""
    told = slicer_dicom("resume", "--queue", queue, "--json", *arguments, folder=folder)
    assert told.returncode == 0, told.stderr
    [receipt] = json.loads(told.stdout)
    assert not list((folder / queue).iterdir())
    return int(receipt["done"])


@contextmanager
def archive(folder: Path, port: int, knows: dict[str, int] | None = None) -> Iterator[dcmtk.Server]:
    """An archive with the study, at a port."""
    folder.mkdir()
    server = dcmtk.dcmqrscp(folder, knows, port=port)
    try:
        yield server
    finally:
        server.close()


def fill(folder: Path, port: int, sources: list[str]) -> None:
    assert slicer_dicom("send", *sources, *HOST, port, folder=folder).returncode == 0


@pytest.mark.parametrize("protocol", ["get", "move"])
def test_retrieve(tmp_path: Path, sources: list[str], protocol: str) -> None:
    port, here = free_port(), free_port()
    where = ["--database", "db", "--listener-port", here]
    how = ["--protocol", protocol, "--queue", "queue", *HOST, port]
    killed_at_the_first_call(tmp_path, port, "-m", "DICOMLib.cli", "retrieve", STUDY, *where, *how)
    with archive(tmp_path / "archive", port, {"SLICER": here}):
        fill(tmp_path, port, sources)
        assert done_later(tmp_path, "queue", *where) == 3


def test_send(tmp_path: Path, sources: list[str]) -> None:
    port = free_port()
    killed_at_the_first_call(
        tmp_path, port, "-m", "DICOMLib.cli", "send", "source", "--queue", "queue", *HOST, port
    )
    with archive(tmp_path / "archive", port):
        assert done_later(tmp_path) == 3


def test_over_dicomweb(tmp_path: Path, sources: list[str]) -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}/dicom-web"
    how = ["--queue", "queue", "--url", url]
    (tmp_path / "pacs").mkdir()
    killed_at_the_first_call(tmp_path, port, "-m", "DICOMLib.cli", "send", "source", *how)
    with serving(tmp_path / "pacs", "--writable", "--http-port", port):
        assert done_later(tmp_path) == 3
    retrieve = ["-m", "DICOMLib.cli", "retrieve", STUDY, "--database", "db", *how]
    killed_at_the_first_call(tmp_path, port, *retrieve)
    with serving(tmp_path / "pacs", "--http-port", port):
        assert done_later(tmp_path, "queue", "--database", "db") == 3


def server_list(folder: Path, port: int, proxy_port: int) -> None:
    """The user's settings: an archive, from which studies come by way of a proxy, and that one."""
    settings = QSettings(str(folder / "config/slicer-dicom/SlicerDICOM.ini"), QSettings.IniFormat)
    proxy = Peer("127.0.0.1", proxy_port, "QRSCP", "SLICER", "Near")
    save_peers(settings, [Peer("127.0.0.1", port, "QRSCP", "SLICER", "Archive", proxy="Near"), proxy])
    settings.sync()


@pytest.mark.parametrize("program", ["command", "window"])
def test_retrieve_by_way_of_a_proxy(tmp_path: Path, sources: list[str], program: str) -> None:
    """It is moved to the proxy when the queue is gone on with, and not sought where it never comes from."""
    port, proxy_port = free_port(), free_port()
    server_list(tmp_path, port, proxy_port)
    command = ["-m", "DICOMLib.cli", "retrieve", STUDY, "--database", "db", "--queue", "queue"]
    queue = "queue" if program == "command" else "db/transfers"
    (tmp_path / "db").mkdir()
    run = [*command, "--peer", "Archive"] if program == "command" else ["-c", WINDOW, "retrieve", STUDY]
    killed_at_the_first_call(tmp_path, port, *run)
    with archive(tmp_path / "far", port, {"QRSCP": proxy_port}), archive(tmp_path / "near", proxy_port):
        fill(tmp_path, port, sources)
        assert done_later(tmp_path, queue, "--database", "db") == 3
        found = slicer_dicom("find", "study", "--peer", "Near", "--json", folder=tmp_path)
        assert len(json.loads(found.stdout)["matches"]) == 1


def test_send_from_the_window(tmp_path: Path, sources: list[str]) -> None:
    port = free_port()
    server_list(tmp_path, port, free_port())
    (tmp_path / "db").mkdir()
    killed_at_the_first_call(tmp_path, port, "-c", WINDOW, "send", *sources)
    with archive(tmp_path / "archive", port):
        assert done_later(tmp_path, "db/transfers") == 3


def test_what_the_proxy_did_not_get_is_missing(tmp_path: Path, sources: list[str]) -> None:
    """The archive does not know the proxy, which has one of three: the order stays until it has all."""
    port, proxy_port = free_port(), free_port()
    server_list(tmp_path, port, proxy_port)
    command = ["retrieve", STUDY, "--database", "db", "--queue", "queue", "--peer", "Archive", "--json"]
    with archive(tmp_path / "near", proxy_port):
        fill(tmp_path, proxy_port, sources[:1])
        with archive(tmp_path / "far", port):
            fill(tmp_path, port, sources)
            told = slicer_dicom(*command, folder=tmp_path)
        receipt = json.loads(told.stdout)
        assert (told.returncode, receipt["asked"], receipt["done"]) == (1, 3, 1)
        assert {one["SOPInstanceUID"] for one in receipt["missing"]} == {
            str(factories.uid("series", number)) for number in (1, 2)
        }
        assert all("not moved from Archive to its proxy Near" in one["reason"] for one in receipt["missing"])
        with archive(tmp_path / "knows", port, {"QRSCP": proxy_port}):
            fill(tmp_path, port, sources)
            assert done_later(tmp_path, "queue", "--database", "db") == 3


def test_what_is_here_already_need_not_be_at_the_proxy(tmp_path: Path, sources: list[str]) -> None:
    """Two of three are here, the proxy has the third only, and the archive does not know it."""
    port, proxy_port = free_port(), free_port()
    server_list(tmp_path, port, proxy_port)
    slicer_dicom("import", *sources[:2], "--database", "db", folder=tmp_path)
    command = ["retrieve", STUDY, "--database", "db", "--queue", "queue", "--peer", "Archive", "--json"]
    with archive(tmp_path / "near", proxy_port), archive(tmp_path / "far", port):
        fill(tmp_path, proxy_port, sources[2:])
        fill(tmp_path, port, sources)
        told = slicer_dicom(*command, folder=tmp_path)
    receipt = json.loads(told.stdout)
    assert (receipt["missing"], receipt["asked"], receipt["done"]) == ([], 3, 3)
    assert list((tmp_path / "queue").glob("*.json")) == []
