"""Import over DICOMweb, from a real Orthanc on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.dicomweb_import import import_study, web_client
from DICOMLib.core.jobs import JobCancelled, run
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


def requests_of(client: Any) -> list[str]:
    """The paths that a client asks for from now on, filled as it goes."""
    paths: list[str] = []
    client._session.hooks["response"].append(lambda answer, **_options: paths.append(answer.request.path_url))
    return paths


@pytest.mark.parametrize("bulk", [True, False])
def test_study(filled: Orthanc, database: Any, bulk: bool) -> None:
    client = web_client(filled.web_url)
    paths = requests_of(client)
    report = run(import_study(database, client, STUDY, bulk=bulk))
    assert sorted(report.series) == [FIRST, SECOND]
    assert (report.failed, report.cancelled) == ([], False)
    files = [path for uid in report.series for path in database.filesForSeries(uid)]
    assert sorted(Path(path).name for path in files) == ["0.dcm", "1.dcm", "2.dcm"]
    assert Path(files[0]).parent.parent == Path(database.databaseDirectory) / "DICOMweb"
    assert any("/instances/" in path for path in paths) != bulk


def test_what_is_there_is_not_asked_for_again(filled: Orthanc, database: Any) -> None:
    run(import_study(database, web_client(filled.web_url), STUDY))
    client = web_client(filled.web_url)
    paths = requests_of(client)
    report = run(import_study(database, client, STUDY))
    assert sorted(report.series) == [FIRST, SECOND]
    assert len(paths) == 3
    assert all(path.partition("?")[0].endswith(("/series", "/metadata")) for path in paths)
    assert len(list((Path(database.databaseDirectory) / "DICOMweb").iterdir())) == 1


def test_one_series(filled: Orthanc, database: Any) -> None:
    report = run(import_study(database, web_client(filled.web_url, token="secret"), STUDY, SECOND))
    assert report.series == [SECOND]
    assert database.seriesForStudy(STUDY) == [SECOND]


def test_a_token_goes_with_each_request() -> None:
    assert web_client("http://127.0.0.1:1", "secret")._session.headers["Authorization"] == "Bearer secret"


def test_credentials_come_before_a_token(caplog: pytest.LogCaptureFixture) -> None:
    from requests.auth import HTTPBasicAuth

    credentials = HTTPBasicAuth("me", "word")
    client = web_client("http://127.0.0.1:1", "secret", credentials)
    assert client._session.auth is credentials
    assert "Authorization" not in client._session.headers
    assert "token is not used" in caplog.text


def test_a_series_that_fails_does_not_stop_the_others(filled: Orthanc, database: Any) -> None:
    job = import_study(database, web_client(filled.web_url), STUDY)
    gone = next(job).detail
    filled.remove_series(gone)
    report = run(job)
    assert report.series == [uid for uid in (FIRST, SECOND) if uid != gone]
    ((uid, reason),) = report.failed
    assert uid == gone
    assert "404" in reason


def test_cancel_keeps_what_has_come(filled: Orthanc, database: Any) -> None:
    job = import_study(database, web_client(filled.web_url), STUDY)
    first = next(job).detail
    next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert (report.series, report.cancelled) == ([first], True)
    assert len(database.filesForSeries(first)) == len(report.series) + (first == str(factories.uid("one")))
