"""dicomweb-client and dcmjs under node, on a page of another origin: what OHIF and others are built from."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import pytest
from PIL import Image
from pydicom.encaps import generate_frames

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.web.server.application import Access
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.DICOMLib.web.server.files import MULTI, SERIES, STUDY, SYNTAX_STUDY, noise
from Testing.factories import uid
from Testing.orthanc import program

pytestmark = pytest.mark.network

SOURCE = Path(__file__).with_name("javascript")
PAGE, TOKEN = "http://viewer.example:3000", "secret"
OCTETS = "application/octet-stream"
EXPLICIT, JPEG_LS = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.80"
INSTALL_S, RUN_S = 300, 60
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def script(request: pytest.FixtureRequest) -> Path:
    """The page in a folder with its packages, which are installed once and kept in pytest's cache."""
    program("node")
    npm = program("npm")
    assert request.config.cache is not None
    folder = request.config.cache.mkdir("javascript")
    wanted = (SOURCE / "package.json").read_bytes()
    installed = folder / "installed.json"
    if not installed.is_file() or installed.read_bytes() != wanted:
        shutil.copy(SOURCE / "package.json", folder)
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts"]
        told = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
        if told.returncode:
            pytest.skip(f"npm cannot install dicomweb-client and dcmjs: {told.stderr[-300:]}")
        installed.write_bytes(wanted)
    return Path(shutil.copy(SOURCE / "client.mjs", folder))


@pytest.fixture
def ask(script: Path) -> Ask:
    """Runs a task of the page against a server."""

    def call(
        server: OriginServer, task: str, *arguments: object, page: str = PAGE, token: str = TOKEN
    ) -> Any:
        command = ["node", str(script), task, server.url, page, token, *map(str, arguments)]
        told = subprocess.run(command, capture_output=True, text=True, timeout=RUN_S, check=False)
        assert (told.returncode, told.stderr) == (0, "")
        return json.loads(told.stdout)

    return call


@contextmanager
def serving(database: Database, receiver: Receiver | None = None) -> Iterator[OriginServer]:
    settle = receiver.settle if receiver is not None else lambda: None
    services = Services(database, receiver, settle, min_free_bytes=0)
    access = Access(TOKEN, origins=(PAGE,))
    with OriginServer(services, ServerOptions(port=0, access=access)) as server:
        yield server


@pytest.fixture(scope="module")
def guarded(files: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[OriginServer]:
    """A server with a token, which lets pages of one origin ask."""
    with Database.open(tmp_path_factory.mktemp("guarded")) as database:
        run(import_paths(database, list(files.values())))
        with serving(database) as server:
            yield server


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_search(ask: Ask, guarded: OriginServer) -> None:
    found = ask(guarded, "search", "Doe*")
    assert set(found["names"]) == {"Doe^Jane"}
    assert ask(guarded, "search", "Müller*")["names"] == ["Müller^Jörg"]
    # the first study that came, with all that is in it
    assert found["series"]
    assert len(set(found["instances"])) >= len(found["series"])


def test_metadata(ask: Ask, guarded: OriginServer, files: dict[str, Path]) -> None:
    found = ask(guarded, "metadata", STUDY, SERIES)
    assert {one["SOPInstanceUID"] for one in found} == {str(uid("series", number)) for number in range(3)}
    for one in found:
        source = pydicom.dcmread(files[one["SOPInstanceUID"]])
        assert one["ImagePositionPatient"] == [float(value) for value in source.ImagePositionPatient]
        assert (one["Rows"], one["Manufacturer"]) == (source.Rows, "ACME")


def test_frames(ask: Ask, guarded: OriginServer, files: dict[str, Path]) -> None:
    where = SYNTAX_STUDY, uid("multi"), MULTI
    pixels = noise(3)
    assert ask(guarded, "frames", *where, "3,1", OCTETS, EXPLICIT) == [
        digest(pixels[number].tobytes()) for number in (2, 0)
    ]
    stored = pydicom.dcmread(files[MULTI])
    encoded = [digest(frame) for frame in generate_frames(stored.PixelData, number_of_frames=3)]
    assert ask(guarded, "frames", *where, "1,2,3", "image/jls", JPEG_LS) == encoded
    assert ask(guarded, "frames", *where, "1,2,3", OCTETS, "*") == encoded


def test_instance(ask: Ask, guarded: OriginServer) -> None:
    """The client asks for no transfer syntax, so that it gets what is compressed here as all can read it."""
    found = ask(guarded, "instance", SYNTAX_STUDY, uid("jls"), uid("jls", 0))
    assert (found["syntax"], found["SOPInstanceUID"]) == (EXPLICIT, str(uid("jls", 0)))
    assert found["pixels"] == [digest(noise()[0].tobytes())]


def test_study(ask: Ask, guarded: OriginServer, files: dict[str, Path]) -> None:
    found = ask(guarded, "study", uid("study 2"))
    assert len(found) == 2
    for one in found:
        source = pydicom.dcmread(files[one["SOPInstanceUID"]])
        assert one["pixels"] == [digest(source.PixelData)]
        assert (one["Rows"], one["PatientName"]) == (source.Rows, "Müller^Jörg")


def test_rendered(ask: Ask, guarded: OriginServer) -> None:
    picture = base64.b64decode(ask(guarded, "rendered", STUDY, SERIES, uid("series", 0)))
    assert Image.open(io.BytesIO(picture)).format == "PNG"


def test_store(ask: Ask, tmp_path: Path, files: dict[str, Path]) -> None:
    sent = [files[str(uid("series", 0))], files[str(uid("jls", 0))]]
    with Database.open(tmp_path / "db") as database, Receiver(database) as receiver:
        with serving(database, receiver) as server:
            answer = pydicom.Dataset.from_json(ask(server, "store", *sent))
            assert "FailedSOPSequence" not in answer
            assert ask(server, "search", "Doe*")["instances"]
        names = [str(uid("series", 0)), str(uid("jls", 0)), "2.25.42"]
        assert [one.ReferencedSOPInstanceUID for one in answer.ReferencedSOPSequence] == names
        paths = [
            Path(database.absolute_path(str(database.rows("instances", SOPInstanceUID=name)[0]["Filename"])))
            for name in names
        ]
        assert [path.read_bytes() for path in paths[:2]] == [path.read_bytes() for path in sent]
        written, source = pydicom.dcmread(paths[2]), pydicom.dcmread(sent[0])
        assert written.PixelData == source.PixelData
        assert written.PatientName == source.PatientName


def test_pages_of_others_and_wrong_tokens_are_kept_out(ask: Ask, guarded: OriginServer) -> None:
    assert "error" in ask(guarded, "search", "Doe*", page="http://elsewhere.example")
    refused = ask(guarded, "search", "Doe*", token="wrong")
    assert refused["status"] == 401
    assert "error" in ask(guarded, "search", "Doe*", token="")
