"""slicer-dicom serve, as a process that is stopped by a signal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from Testing import dcmtk
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.DICOMLib.web.server.test_stow import HEAD, body, raw
from Testing.factories import ct_series, uid, write
from Testing.orthanc import free_port

pytestmark = [
    pytest.mark.network,
    pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT"),
]

MB = 1 << 20
# That were started, the latest last.
PROCESSES: list[subprocess.Popen[str]] = []
# What each of them wrote to standard output that was not read before.
OUTPUTS: list[str] = []


@contextmanager
def serving(
    folder: Path, *arguments: object, end: int = signal.SIGINT, expected: str = "", **variables: str
) -> Iterator[str]:
    """The URL of a running server; it must end in peace, and tell its addresses and `expected` alone."""
    ports = ["--http-port", "0", "--dimse-port", "0"]
    command = [sys.executable, "-m", "DICOMLib.cli", "serve", "--database", str(folder / "db"), *ports]
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config"), **variables}
    process = subprocess.Popen(
        [*command, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    PROCESSES.append(process)
    lines = [process.stderr.readline() for _ in range(3)]
    try:
        assert lines[2].startswith("Serving "), lines
        yield "".join(lines)
    finally:
        process.send_signal(end)
        output, errors = process.communicate(timeout=30)
        OUTPUTS.append(output)
    assert (process.returncode, errors) == (-end if end == signal.SIGKILL else 0, expected)


def url_of(told: str) -> str:
    return re.findall(r"https?://\S+", told)[0]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    write(ct_series(2), tmp_path / "files")
    assert slicer_dicom("import", "files", "--database", "db", folder=tmp_path).returncode == 0
    return tmp_path


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_read_only(database: Path, end: int) -> None:
    with serving(database, end=end) as told:
        url = url_of(told)
        assert url.startswith("http://127.0.0.1:")
        assert "read-only" in told
        assert len(requests.get(f"{url}/studies", timeout=10).json()) == 1
        assert requests.post(f"{url}/studies", timeout=10).status_code == 403
        port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
        found = dcmtk.tool("findscu", "-S", "-k", "0008,0052=STUDY", "-k", "0020,000D", "localhost", port)
        assert str(uid("study")) in str(found)


def test_who_only_looks_or_goes_early_is_no_warning(database: Path) -> None:
    """`serving` sees to it that nothing is told of them."""
    with serving(database) as told:
        port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
        socket.create_connection(("127.0.0.1", int(port))).close()
        for arguments in (["echo"], ["find", "study"], ["find", "series", "--limit", "1"]):
            asked = slicer_dicom(*arguments, "--host", "127.0.0.1", "--port", port, folder=database)
            assert asked.returncode == 0, asked.stderr
        doctor = slicer_dicom("echo", "--doctor", "--host", "127.0.0.1", "--port", port, folder=database)
        assert "offers C-FIND, C-GET, C-MOVE" in doctor.stdout
        time.sleep(0.3)  # until the last association has ended on the other side, too


def test_writable(tmp_path: Path) -> None:
    paths = write(ct_series(3), tmp_path / "files")
    with serving(tmp_path, "--writable") as told:
        port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
        dcmtk.tool("storescu", "localhost", port, *paths[:2])
        assert len(requests.get(f"{url_of(told)}/instances", timeout=10).json()) == 2
        # what another program imports is seen, too
        assert slicer_dicom("import", "files", "--database", "db", folder=tmp_path).returncode == 0
        assert len(requests.get(f"{url_of(told)}/instances", timeout=10).json()) == 3


def test_who_and_what_is_taken_over_dimse(tmp_path: Path) -> None:
    small, large = write([*ct_series(1), *ct_series(1, "large", size=1024)], tmp_path / "files")
    words = "WARNING: association of STORESCU: 0 instances stored, 1 refused (0xA700)\n"
    with serving(tmp_path, "--writable", "--max-instance", "1", "--check-called", expected=words) as told:
        port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
        dcmtk.tool("storescu", "-aec", "SLICER", "localhost", port, small)
        refused = dcmtk.tool("storescu", "-v", "-aec", "SLICER", "localhost", port, large, check=False)
        assert "OutOfResources" in refused or "0xa7" in refused.lower(), refused
        assert "Called AE Title Not Recognized" in dcmtk.tool("echoscu", "localhost", port, check=False)
        assert len(requests.get(f"{url_of(told)}/instances", timeout=10).json()) == 1


@pytest.mark.parametrize("how", [{}, {"SLICER_DICOM_TOKEN": "word"}])
def test_addresses_that_are_allowed_are_served_by_both_services(database: Path, how: dict[str, str]) -> None:
    right = {"Authorization": "Bearer word"} if how else {}
    for network, answer in (("10.0.0.0/8", (403, False)), ("127.0.0.0/8", (200, True))):
        with serving(database, "--allow-address", network, **how) as told:
            port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
            code = requests.get(f"{url_of(told)}/studies", headers=right, timeout=10).status_code
            is_heard = "failed" not in dcmtk.tool("echoscu", "-v", "localhost", port, check=False).lower()
            assert (code, is_heard) == answer


def test_news_as_json(tmp_path: Path) -> None:
    """A program reads where it is served, what comes, and the end; nothing else is on standard output."""
    paths = write(ct_series(3), tmp_path / "files")
    with serving(tmp_path, "--writable", "--json") as told:
        [process] = PROCESSES[-1:]
        assert process.stdout is not None
        first = json.loads(process.stdout.readline())
        assert (first["event"], first["dicomweb"], first["writable"]) == ("serving", url_of(told), True)
        dcmtk.tool("storescu", first["dimse"]["host"], first["dimse"]["port"], *paths)
        came = 0
        while came < 3:
            event = json.loads(process.stdout.readline())
            assert event["event"] == "stored"
            came += event["instances"]
    assert [json.loads(line) for line in OUTPUTS[-1].splitlines()] == [{"event": "ended", "stored": 3}]


def test_token(database: Path) -> None:
    (database / "token").write_text("secret word\n")
    for how in ({"SLICER_DICOM_TOKEN": "secret word"}, {}):
        arguments = [] if how else ["--token-file", database / "token"]
        with serving(database, *arguments, **how) as told:
            url = f"{url_of(told)}/studies"
            assert requests.get(url, timeout=10).status_code == 401
            right = {"Authorization": "Bearer secret word"}
            assert requests.get(url, headers=right, timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--address", "0.0.0.0"], 1, "--insecure"),
        (["--address", "0.0.0.0", "--no-dimse"], 1, "--insecure"),
        (["--tls"], 2, "certificate"),
        (["--token-file", "absent"], 1, "absent"),
        (["--no-web", "--no-dimse"], 2, "nothing to serve"),
    ],
)
def test_refuses(database: Path, arguments: list[Any], code: int, said: str) -> None:
    told = slicer_dicom("serve", "--database", "db", "--http-port", free_port(), *arguments, folder=database)
    assert told.returncode == code
    assert said in told.stderr


def test_a_busy_port_is_told_before_any_address(database: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        ports = ["--http-port", free_port(), "--dimse-port", busy.getsockname()[1]]
        result = slicer_dicom("serve", "--database", "db", *ports, folder=database)
    assert result.returncode == 1
    assert "Another program listens" in result.stderr
    assert "DICOMweb" not in result.stderr


def test_what_is_no_port(tmp_path: Path) -> None:
    told = slicer_dicom("serve", "--dimse-port", 99999, folder=tmp_path)
    assert (told.returncode, "99999 is no port" in told.stderr) == (2, True)


@pytest.mark.parametrize("origin", ["localhost:3000", "http://", "http://a/viewer", "ftp://a", "null"])
def test_what_is_no_origin_of_web_pages(tmp_path: Path, origin: str) -> None:
    told = slicer_dicom("serve", "--database", "db", "--cors-origin", origin, folder=tmp_path)
    assert (told.returncode, "is no origin of web pages" in told.stderr) == (2, True)


def test_pages_of_an_origin_may_ask(database: Path) -> None:
    with serving(database, "--cors-origin", "HTTP://Localhost:3000/") as told:
        url = f"{url_of(told)}/studies"
        for origin, allowed in (("http://localhost:3000", "http://localhost:3000"), ("http://evil", None)):
            answer = requests.get(url, headers={"Origin": origin}, timeout=10)
            assert answer.headers.get("Access-Control-Allow-Origin") == allowed


def test_no_database(tmp_path: Path) -> None:
    told = slicer_dicom("serve", "--database", "db", folder=tmp_path)
    assert told.returncode == 1
    assert "There is no DICOM database" in told.stderr


def test_killed_while_instances_are_stored(tmp_path: Path) -> None:
    """What was answered as stored is there; of what was on its way there is nothing, or all."""
    datasets = ct_series(40, size=128)
    contents = {str(one.SOPInstanceUID): raw(one) for one in datasets}
    first, *rest = contents.values()

    def pieces() -> Iterator[bytes]:
        for number, one in enumerate(rest):
            if number == len(rest) // 2:
                time.sleep(0.3)
                PROCESSES[-1].kill()
            yield body(one, end=b"")

    with serving(tmp_path, "--writable", end=signal.SIGKILL) as told:
        url = f"{url_of(told)}/studies"
        assert requests.post(url, body(first), headers=HEAD, timeout=10).status_code == 200
        with pytest.raises(requests.ConnectionError):
            requests.post(url, pieces(), headers=HEAD, timeout=10)
    with Database.open(tmp_path / "db") as database, Receiver(database) as receiver:
        receiver.flush()
        assert database.read(lambda one: one.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        rows = database.rows("instances")
        assert str(datasets[0].SOPInstanceUID) in {row["SOPInstanceUID"] for row in rows}
        for row in rows:
            path = Path(database.absolute_path(str(row["Filename"])))
            assert path.read_bytes() == contents[str(row["SOPInstanceUID"])]
        kept = list((tmp_path / "db" / "dicom").rglob("*.dcm"))
        assert len(kept) == len(rows)
        assert len(rows) < len(datasets)


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
def test_memory_stays_flat(tmp_path: Path) -> None:
    """200 MB come in and go out, and the server grows by a small part of that."""
    [dataset] = ct_series(1, NumberOfFrames=100, Rows=1024, Columns=1024)
    dataset.PixelData = bytes(200 * MB)
    content = raw(dataset)
    with serving(tmp_path, "--writable") as told:
        url, memory = f"{url_of(told)}/studies", Path(f"/proc/{PROCESSES[-1].pid}/status")

        def peak() -> int:
            return int(re.findall(r"VmHWM:\s+(\d+) kB", memory.read_text())[0]) >> 10

        requests.get(url, timeout=10)
        before = peak()
        assert requests.post(url, body(content), headers=HEAD, timeout=60).status_code == 200
        assert content in requests.get(f"{url}/{uid('study')}", timeout=60).content
        place = f"{url}/{uid('study')}/series/{uid('series')}/instances/{dataset.SOPInstanceUID}"
        assert requests.get(f"{place}/metadata", timeout=60).status_code == 200
        assert peak() - before < 80


def test_a_file_that_cannot_be_served_is_named_once(database: Path) -> None:
    """With its reason, on standard error and in the news; the server that reads only says what to do."""
    broken = sorted((database / "files").iterdir())[0]
    broken.write_text("gone")
    paths = [str(one) for one in sorted((database / "files").iterdir())[1:]]
    with serving(database, "--json", expected=f"Not served: {broken}: no DICOM file\n") as told:
        url = url_of(told)
        for _ in range(2):
            answer = requests.get(f"{url}/studies/{uid('study')}", timeout=10)
            assert answer.status_code == 206
        refused = slicer_dicom("send", *paths, "--url", url, folder=database)
        assert refused.returncode == 1
        assert "slicer-dicom serve` is unless it is started with --writable" in refused.stderr
        assert "--writable" in requests.post(f"{url}/studies", timeout=10).text
        port = re.findall(r"SLICER@127.0.0.1:(\d+)", told)[0]
        refused = slicer_dicom("send", *paths, "--host", "127.0.0.1", "--port", port, folder=database)
        assert (refused.returncode, "--writable" in refused.stderr) == (1, True)
    news = [json.loads(line) for line in OUTPUTS[-1].splitlines()]
    assert [one for one in news if one["event"] == "not served"] == [
        {"event": "not served", "path": str(broken), "reason": "no DICOM file"}
    ]
