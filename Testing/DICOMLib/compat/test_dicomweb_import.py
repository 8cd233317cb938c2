"""Import over DICOMweb, from a real Orthanc on loopback."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from DICOMLib.compat import dicomweb_import
from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.dicomweb_import import import_study, web_server
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.network.arrival import Arrival
from Testing import factories
from Testing.orthanc import Orthanc

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))
FIRST, SECOND = sorted([str(factories.uid("one")), str(factories.uid("two"))])


@pytest.fixture
def filled(orthanc: Orthanc, tmp_path: Path) -> Orthanc:
    """Two series of one study: "one" of two slices and "two" of one."""
    slices = [*factories.ct_series(2, "one"), *factories.ct_series(1, "two")]
    orthanc.upload(factories.write(slices, tmp_path / "source"))
    return orthanc


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Any]:
    database = ctkDICOMDatabase(str(tmp_path / "ctkDICOM.sql"))
    yield database
    database.closeDatabase()


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths that are asked for, filled as it goes."""
    paths: list[str] = []
    send = requests.Session.send

    def noting(session: Any, request: Any, **options: Any) -> Any:
        paths.append(request.path_url)
        return send(session, request, **options)

    monkeypatch.setattr(requests.Session, "send", noting)
    return paths


@pytest.mark.parametrize("bulk", [True, False])
def test_study(filled: Orthanc, database: Any, asked: list[str], bulk: bool) -> None:
    report = run(import_study(database, web_server(filled.web_url), STUDY, bulk=bulk))
    assert sorted(report.series) == [FIRST, SECOND]
    assert (report.failed, report.cancelled) == ([], False)
    files = [path for uid in report.series for path in database.filesForSeries(uid)]
    assert sorted(Path(path).name for path in files) == ["0.dcm", "1.dcm", "2.dcm"]
    assert Path(files[0]).parent.parent == Path(database.databaseDirectory) / "DICOMweb"
    assert any("/instances/" in path for path in asked) != bulk


def test_what_is_there_is_not_asked_for_again(filled: Orthanc, database: Any, asked: list[str]) -> None:
    run(import_study(database, web_server(filled.web_url), STUDY))
    asked.clear()
    report = run(import_study(database, web_server(filled.web_url), STUDY))
    assert sorted(report.series) == [FIRST, SECOND]
    assert all(path.partition("?")[0].endswith(("/series", "/instances")) for path in asked)
    assert len(list((Path(database.databaseDirectory) / "DICOMweb").iterdir())) == 1


def test_one_series(filled: Orthanc, database: Any) -> None:
    report = run(import_study(database, web_server(filled.web_url, token="secret"), STUDY, SECOND))
    assert report.series == [SECOND]
    assert database.seriesForStudy(STUDY) == [SECOND]


def test_an_instance_that_comes_twice_overwrites_no_other(tmp_path: Path) -> None:
    receiver = dicomweb_import._Numbered(tmp_path)
    for sop in ("1.2.1", "1.2.2", "1.2.1", "1.2.3"):
        part = receiver.temporary()
        part.write_bytes(sop.encode())
        receiver.take(Arrival(part, "1.2.3", sop, "1.2.840.10008.1.2.1"))
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "0.dcm": "1.2.1",
        "1.dcm": "1.2.2",
        "2.dcm": "1.2.3",
    }


def test_credentials_come_before_a_token(caplog: pytest.LogCaptureFixture) -> None:
    from requests.auth import HTTPBasicAuth

    credentials = HTTPBasicAuth("me", "word")
    server, access = web_server("http://127.0.0.1:1", "secret", credentials)
    assert (access.auth, server.token) == (credentials, "")
    assert "token is not used" in caplog.text
    assert web_server("http://127.0.0.1:1", auth=("me", "word"))[1].auth == credentials
    assert web_server("http://127.0.0.1:1", "secret")[0].token == "secret"


def test_a_series_that_fails_does_not_stop_the_others(filled: Orthanc, database: Any) -> None:
    job = import_study(database, web_server(filled.web_url), STUDY)
    gone = FIRST
    asking = threading.Event()
    send = requests.Session.send

    def noting(session: Any, request: Any, **options: Any) -> Any:
        if request.path_url.endswith(f"/series/{gone}") and not asking.is_set():
            asking.set()
            filled.remove_series(gone)
        return send(session, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(requests.Session, "send", noting)
        report = run(job)
    assert report.series == [SECOND]
    ((uid, reason),) = report.failed
    assert uid == gone
    assert "404" in reason


def test_cancel_keeps_what_has_come(filled: Orthanc, database: Any) -> None:
    job = import_study(database, web_server(filled.web_url), STUDY)
    while next(job).done < 1:
        pass
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert report.cancelled
    assert sum(len(database.filesForSeries(uid)) for uid in (FIRST, SECOND)) >= 1
