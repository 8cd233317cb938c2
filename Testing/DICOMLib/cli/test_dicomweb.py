"""slicer-dicom echo, find, retrieve, send and resume over DICOMweb, with a real Orthanc."""

from __future__ import annotations

import json

import pytest

from DICOMLib.cli import main
from DICOMLib.database import Database
from Testing import factories
from Testing.DICOMLib.network import files as in_all_syntaxes
from Testing.DICOMLib.network.files import by_sop, same_data
from Testing.orthanc import Orthanc, free_port

pytestmark = pytest.mark.network

STUDY = str(factories.uid("study"))


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """An Orthanc that asks for a password."""
    server = Orthanc(
        tmp_path_factory.mktemp("guarded"), AuthenticationEnabled=True, RegisteredUsers={"me": "hidden-word"}
    )
    yield server
    server.close()


def json_of(capsys):
    return json.loads(capsys.readouterr().out)


def test_there_and_back(orthanc, tmp_path, capsys):
    sources = by_sop(in_all_syntaxes.write_all(tmp_path / "source"))
    url = ["--url", orthanc.web_url]
    assert main(["send", str(tmp_path / "source"), *url, "--json"]) == 0
    receipt = json_of(capsys)
    assert (receipt["verb"], receipt["asked"], receipt["done"]) == ("sent", 7, 7)
    assert main(["find", "series", f"StudyInstanceUID={STUDY}", *url, "--json"]) == 0
    (series,) = json_of(capsys)["matches"]
    assert int(series["NumberOfSeriesRelatedInstances"]) == 7
    assert main(["find", "patient", "PatientName=DOE*", "--fuzzy", *url]) == 0
    assert "Doe^Jane" in capsys.readouterr().out
    assert main(["retrieve", STUDY, *url, "--output", str(tmp_path / "got")]) == 0
    assert capsys.readouterr().out.startswith("7 of 7 instances in 1 series received.")
    got = by_sop((tmp_path / "got").iterdir())
    assert all(same_data(got[uid], path) for uid, path in sources.items())


def test_into_a_database_twice(orthanc, tmp_path, capsys):
    orthanc.upload(factories.write(factories.ct_series(3), tmp_path / "source"))
    arguments = ["retrieve", STUDY, "--url", orthanc.web_url, "--database", str(tmp_path / "db"), "--json"]
    for _ in range(2):
        assert main(arguments) == 0
        assert json_of(capsys)["done"] == 3
    with Database.open(tmp_path / "db") as database:
        assert len(list(database.rows("instances"))) == 3


def test_echo_and_the_doctor(orthanc, tmp_path, capsys):
    url = ["--url", orthanc.web_url]
    assert main(["echo", *url]) == 0
    assert capsys.readouterr().out.startswith(f"{orthanc.web_url} answers (")
    orthanc.upload(factories.write(factories.ct_series(1), tmp_path / "source"))
    assert main(["echo", "--doctor", *url, "--json"]) == 0
    diagnosis = json_of(capsys)
    assert [(step["step"], step["good"]) for step in diagnosis["steps"]] == [
        ("Name", True),
        ("Port", True),
        ("TLS", None),
        ("Access", True),
        ("Search", True),
        ("Retrieve", True),
        ("Store", None),
    ]
    assert diagnosis["services"] == {"find": True, "get": True}


@pytest.mark.parametrize(
    ("url", "step", "words"),
    [
        ("http://no-such-host.invalid/x", "Name", "not known"),
        (f"http://127.0.0.1:{free_port()}/x", "Port", "Nothing listens"),
        ("https://127.0.0.1:{port}/dicom-web", "TLS", "No TLS connection"),
        ("http://127.0.0.1:{port}/elsewhere", "Search", "URL is not that"),
    ],
)
def test_the_doctor_says_which_step_fails(orthanc, capsys, url, step, words):
    port = orthanc.url.rpartition(":")[2]
    assert main(["echo", "--doctor", "--url", url.format(port=port)]) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert line.startswith(f"FAIL {step}:")
    assert words in line


def test_credentials(guarded, tmp_path, capsys, monkeypatch):
    url = ["--url", guarded.web_url]
    assert main(["echo", *url]) == 1
    assert "does not accept our credentials" in capsys.readouterr().err
    assert main(["echo", "--doctor", *url]) == 1
    assert "FAIL Access:" in capsys.readouterr().out
    monkeypatch.setenv("PACS_WORD", "hidden-word")
    known = [*url, "--user", "me", "--password-env", "PACS_WORD"]
    assert main(["echo", "--doctor", *known]) == 0
    monkeypatch.setenv("PACS_BASIC", "Basic bWU6aGlkZGVuLXdvcmQ=")
    assert main(["--verbose", "echo", *url, "--header", "Authorization=PACS_BASIC"]) == 0
    captured = capsys.readouterr()
    assert "hidden" not in captured.out + captured.err
    assert "bWU6" not in captured.out + captured.err


def test_what_is_wrong_with_credentials(capsys, tmp_path):
    url = ["--url", "http://127.0.0.1:1"]
    for arguments, words in (
        (["--token-env", "NOT_THERE"], "no environment variable 'NOT_THERE'"),
        (["--token-file", str(tmp_path / "gone")], "cannot be read"),
    ):
        assert main(["echo", *url, *arguments]) == 1
        assert words in capsys.readouterr().err
    assert main(["echo", *url, "--header", "X"]) == 2
    assert "write NAME=VARIABLE" in capsys.readouterr().err
    assert main(["echo", "--url", "http://me:word@127.0.0.1:1"]) == 2
    message = capsys.readouterr().err
    assert "beside the URL" in message
    assert "word@" not in message


def test_resume_needs_the_secrets_again(guarded, tmp_path, capsys, monkeypatch):
    sources = factories.write(factories.ct_series(2), tmp_path / "source")
    queue = ["--queue", str(tmp_path / "queue")]
    monkeypatch.setenv("PACS_WORD", "wrong")
    known = ["--user", "me", "--password-env", "PACS_WORD"]
    assert main(["send", *sources, "--url", guarded.web_url, *known, *queue]) == 1
    written = "".join(path.read_text() for path in (tmp_path / "queue").iterdir())
    assert guarded.web_url in written
    assert "wrong" not in written
    monkeypatch.setenv("PACS_WORD", "hidden-word")
    assert main(["resume", *queue, "--password-env", "PACS_WORD", "--json"]) == 0
    (receipt,) = json.loads(capsys.readouterr().out.partition("[\n")[2].join(["[\n", ""]))
    assert (receipt["verb"], receipt["done"]) == ("sent", 2)
    arguments = [STUDY, "--url", guarded.web_url, "--output", str(tmp_path / "got"), *known, *queue]
    assert main(["retrieve", *arguments]) == 0
    assert list((tmp_path / "queue").iterdir()) == []
