"""Import over DICOMweb from a small origin server on loopback."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pydicom.dataset import Dataset

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.dicomweb_import import import_study, web_client
from DICOMLib.core.jobs import JobCancelled, run
from Testing.image_series import heights, image, stack

pytestmark = pytest.mark.network

BOUNDARY = "part"


class Origin:
    """Two series of study 1.2.3; the second one can be made to fail."""

    def __init__(self) -> None:
        self.series: dict[str, list[Dataset]] = {
            "1.2.3.4": stack(heights(0, 3)),
            "1.2.3.9": [image(SeriesInstanceUID="1.2.3.9")],
        }
        self.requests: list[str] = []
        self.authorizations: set[str | None] = set()
        self.failing = ""

    def answer(self, path: str) -> tuple[str, bytes]:
        parts = path.strip("/").split("/")
        if len(parts) == 3:
            return "application/dicom+json", self.json([datasets[0] for datasets in self.series.values()])
        uid = parts[3]
        if uid == self.failing:
            raise KeyError(uid)
        if parts[-1] == "metadata":
            return "application/dicom+json", self.json(self.series[uid])
        wanted = [one for one in self.series[uid] if len(parts) < 6 or one.SOPInstanceUID == parts[5]]
        return f'multipart/related; type="application/dicom"; boundary={BOUNDARY}', self.multipart(wanted)

    @staticmethod
    def json(datasets: list[Dataset]) -> bytes:
        bare = []
        for dataset in datasets:
            copy = Dataset(dataset)
            del copy.PixelData
            bare.append(copy.to_json_dict())
        return json.dumps(bare).encode()

    @staticmethod
    def multipart(datasets: list[Dataset]) -> bytes:
        body = b""
        for dataset in datasets:
            buffer = BytesIO()
            dataset.save_as(buffer, enforce_file_format=True)
            body += (
                f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode()
                + buffer.getvalue()
                + b"\r\n"
            )
        return body + f"--{BOUNDARY}--".encode()


@pytest.fixture
def origin() -> Iterator[tuple[Origin, str]]:
    served = Origin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append(self.path)
            served.authorizations.add(self.headers.get("Authorization"))
            try:
                content_type, body = served.answer(self.path.partition("?")[0])
            except KeyError:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """The tests need no access log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield served, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    database = ctkDICOMDatabase(str(tmp_path / "ctkDICOM.sql"))
    yield database
    database.closeDatabase()


@pytest.mark.parametrize("bulk", [True, False])
def test_study(origin, database, bulk):
    served, url = origin
    report = run(import_study(database, web_client(url), "1.2.3", bulk=bulk))
    assert report.series == ["1.2.3.4", "1.2.3.9"]
    assert (report.failed, report.cancelled) == ([], False)
    files = [path for uid in report.series for path in database.filesForSeries(uid)]
    assert sorted(Path(path).name for path in files) == ["0.dcm", "1.dcm", "2.dcm"]
    assert Path(files[0]).parent.parent == Path(database.databaseDirectory) / "DICOMweb"
    assert any("/instances/" in path for path in served.requests) != bulk


def test_what_is_there_is_not_asked_for_again(origin, database):
    served, url = origin
    run(import_study(database, web_client(url), "1.2.3"))
    served.requests.clear()
    report = run(import_study(database, web_client(url), "1.2.3"))
    assert report.series == ["1.2.3.4", "1.2.3.9"]
    assert all(path.partition("?")[0].endswith(("/series", "/metadata")) for path in served.requests)
    assert len(list((Path(database.databaseDirectory) / "DICOMweb").iterdir())) == 1


def test_one_series_with_a_token(origin, database):
    served, url = origin
    report = run(import_study(database, web_client(url, token="secret"), "1.2.3", "1.2.3.9"))
    assert report.series == ["1.2.3.9"]
    assert served.authorizations == {"Bearer secret"}


def test_credentials_come_before_a_token(origin, database, caplog):
    from requests.auth import HTTPBasicAuth

    served, url = origin
    client = web_client(url, "secret", HTTPBasicAuth("me", "word"))
    run(import_study(database, client, "1.2.3", "1.2.3.9"))
    (authorization,) = served.authorizations
    assert authorization.startswith("Basic ")
    assert "token is not used" in caplog.text


def test_a_series_that_fails_does_not_stop_the_others(origin, database):
    served, url = origin
    served.failing = "1.2.3.4"
    report = run(import_study(database, web_client(url), "1.2.3"))
    assert report.series == ["1.2.3.9"]
    ((uid, reason),) = report.failed
    assert uid == "1.2.3.4"
    assert "404" in reason


def test_cancel_keeps_what_has_come(origin, database):
    _, url = origin
    job = import_study(database, web_client(url), "1.2.3")
    next(job)
    next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert (report.series, report.cancelled) == (["1.2.3.4"], True)
    assert len(database.filesForSeries("1.2.3.4")) == 2
