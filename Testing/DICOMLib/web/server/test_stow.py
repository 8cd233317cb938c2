"""STOW-RS: what is answered as stored is on disk, byte for byte, and found at once."""

from __future__ import annotations

import errno
import io
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient

from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.arrival import Arrival, FolderReceiver
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing.DICOMLib.web.server.files import STUDY
from Testing.factories import ct_series, uid

pytestmark = pytest.mark.network
Store = tuple[OriginServer, Database]
HEAD = {"Content-Type": 'multipart/related; type="application/dicom"; boundary=frontier'}


def body(*contents: bytes, media_type: str = "application/dicom", end: bytes = b"--frontier--") -> bytes:
    parts = [
        b"--frontier\r\nContent-Type: " + media_type.encode() + b"\r\n\r\n" + one + b"\r\n"
        for one in contents
    ]
    return b"".join(parts) + end


def raw(dataset: pydicom.Dataset) -> bytes:
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def post(server: OriginServer, content: Any, path: str = "/studies", **headers: str) -> requests.Response:
    return requests.post(f"{server.url}{path}", content, headers={**HEAD, **headers}, timeout=30)


def left_behind(database: Database) -> list[Path]:
    assert database.directory is not None
    return list((database.directory / "incoming").rglob("*.part"))


def test_files_of_all_encodings_arrive_as_they_are(store: Store, files: dict[str, Path]) -> None:
    server, database = store
    client = DICOMwebClient(server.url)
    answer = post(server, body(*(path.read_bytes() for path in files.values())))
    assert answer.status_code == 200
    stored = pydicom.Dataset.from_json(answer.json())
    assert "FailedSOPSequence" not in stored
    assert {one.ReferencedSOPInstanceUID for one in stored.ReferencedSOPSequence} == files.keys()
    assert len(client.search_for_instances()) == len(files)
    for sop, path in files.items():
        [row] = database.rows("instances", SOPInstanceUID=sop)
        assert Path(database.absolute_path(str(row["Filename"]))).read_bytes() == path.read_bytes()
    assert not left_behind(database)


def test_with_dicomweb_client(store: Store) -> None:
    server, _database = store
    client = DICOMwebClient(server.url)
    sent = ct_series(3)
    answer = client.store_instances(sent, study_instance_uid=STUDY)
    assert len(answer.ReferencedSOPSequence) == 3
    assert answer.RetrieveURL == f"{server.url}/studies/{STUDY}"
    got = client.retrieve_series(STUDY, str(uid("series")))
    assert {one.SOPInstanceUID: one.PixelData for one in got} == {
        one.SOPInstanceUID: one.PixelData for one in sent
    }


def test_each_part_has_its_outcome(store: Store) -> None:
    server, database = store
    other = ct_series(1, "other", StudyInstanceUID="1.2.3")[0]
    answer = post(server, body(raw(ct_series(1)[0]), b"no DICOM", raw(other)), f"/studies/{STUDY}")
    assert answer.status_code == 202
    told = pydicom.Dataset.from_json(answer.json())
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [uid("series", 0)]
    assert [one.FailureReason for one in told.FailedSOPSequence] == [0xC000, 0xA900]
    assert told.FailedSOPSequence[1].ReferencedSOPInstanceUID == uid("other", 0)
    assert database.counts()[3] == 1
    assert not left_behind(database)


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (body(b"no DICOM"), 409),
        (body(b""), 409),
        (body(raw(ct_series(1)[0]), media_type="application/dicom+json"), 409),
        (b"", 400),
        (b"something else", 400),
        (body(b"x", end=b""), 400),
        (b"--frontier\r\nno header\r\n\r\nx\r\n--frontier--", 400),
    ],
)
def test_bodies_that_are_none(store: Store, content: bytes, status: int) -> None:
    server, database = store
    assert post(server, content).status_code == status
    assert database.counts()[3] == 0
    assert not left_behind(database)


@pytest.mark.parametrize(
    "media_type",
    [
        "",
        "application/dicom",
        'multipart/related; type="application/dicom+json"; boundary=x',
        "multipart/form-data",
    ],
)
def test_other_media_types(store: Store, media_type: str) -> None:
    assert post(store[0], body(), **{"Content-Type": media_type}).status_code == 415


def test_no_boundary(store: Store) -> None:
    answer = post(store[0], body(b"x"), **{"Content-Type": "multipart/related; type=application/dicom"})
    assert answer.status_code == 400


def test_a_hostile_uid_stays_in_the_folder(store: Store, tmp_path: Path) -> None:
    server, database = store
    content = body(raw(ct_series(1)[0]))
    for uid_text, wrong in ((uid("series", 0), "../../x"), (uid("series"), "../.."), (uid("study"), "/etc")):
        content = content.replace(uid_text.encode(), wrong.encode().ljust(len(uid_text), b"\0"))
    before = {path for path in tmp_path.rglob("*") if "store" not in path.parts}
    assert post(server, content).status_code in (200, 409)
    assert {path for path in tmp_path.rglob("*") if "store" not in path.parts} == before
    for row in database.rows("instances"):
        path = Path(database.absolute_path(str(row["Filename"])))
        assert database.directory in path.parents


def test_a_client_that_dies_leaves_nothing(store: Store) -> None:
    server, database = store
    parts = urlsplit(server.url)
    content = body(raw(ct_series(1, size=512)[0]))
    head = f"POST {parts.path}/studies HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {len(content)}\r\n"
    head += f"Content-Type: {HEAD['Content-Type']}\r\n\r\n"
    with socket.create_connection((parts.hostname, parts.port), 10) as client:
        client.sendall(head.encode() + content[: len(content) // 2])
        time.sleep(0.2)
    end = time.monotonic() + 10
    while left_behind(database) and time.monotonic() < end:
        time.sleep(0.05)
    assert not left_behind(database)
    assert database.counts()[3] == 0
    assert post(server, content).status_code == 200


def test_limits(tmp_path: Path) -> None:
    content = body(raw(ct_series(1, size=64)[0]))
    with Database.open(tmp_path / "db") as database, Receiver(database) as receiver:
        for limits, status in (({"max_request_bytes": 5000}, 413), ({"min_free_bytes": 1 << 62}, 409)):
            with OriginServer(
                Services(database, receiver, receiver.settle, **limits), ServerOptions(0)
            ) as server:
                answer = post(server, content)
                assert answer.status_code == status
        assert pydicom.Dataset.from_json(answer.json()).FailedSOPSequence[0].FailureReason == 0xA700
        assert database.counts()[3] == 0
        assert not left_behind(database)


def test_a_disk_that_fills_up(tmp_path: Path) -> None:
    """What was stored before is told as stored; of the rest each is told, and nothing is left of it."""

    class Full(FolderReceiver):
        def take(self, arrival: Arrival) -> None:
            if self.files:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().take(arrival)

    receiver = Full(tmp_path / "taken")
    with Database.open(tmp_path / "db") as database:
        services = Services(database, receiver, min_free_bytes=0)
        with OriginServer(services, ServerOptions(port=0)) as server:
            answer = post(server, body(*map(raw, ct_series(3))))
    told = pydicom.Dataset.from_json(answer.json())
    assert answer.status_code == 202
    assert [one.FailureReason for one in told.FailedSOPSequence] == [0xA700, 0xA700]
    assert [one.ReferencedSOPInstanceUID for one in told.ReferencedSOPSequence] == [uid("series", 0)]
    assert [path.name for path in (tmp_path / "taken").iterdir()] == [f"{uid('series', 0)}.dcm"]
