"""Whatever a peer refuses or does not understand is one sentence that says what to do, and exit code 1."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from DICOMLib.cli import main
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.arrival import FolderReceiver
from DICOMLib.network.listener import Listener, ListenerOptions
from DICOMLib.network.tls import TLSOptions
from Testing import factories
from Testing.certificates import Certificates
from Testing.DICOMLib.web.client.faulty import Answer, FaultyServer

pytestmark = pytest.mark.network

COMMANDS = {
    "echo": ["echo"],
    "find": ["find", "study"],
    "retrieve": ["retrieve", "1.2.3", "--output", "new"],
    "send": ["send", "files"],
}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("refusals") / "certificates")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `files` and settings of its own."""
    factories.write(factories.ct_series(2), tmp_path / "files")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def refused(place: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs a command that must fail; what it says, with and without --json."""

    def run(command: str, *peer: object) -> str:
        arguments = [*COMMANDS[command], *map(str, peer)]
        told = []
        for more in ([], ["--json"]):
            assert main([*arguments, *more]) == 1
            captured = capsys.readouterr()
            if more and captured.out:
                json.loads(captured.out)
            told.append(captured.err + ("" if more and captured.err else captured.out))
            assert "Traceback" not in captured.err
            assert captured.err.count("\n") <= 1, captured.err
        assert not (place / "new").exists()
        if not told[1].startswith("{"):
            assert told[0] == told[1]
        return told[0]

    return run


@pytest.fixture
def serving(certificates: Certificates) -> Iterator[Callable[..., str]]:
    """URL of a server that answers to everything with one status."""
    with ExitStack() as stack:

        def start(status: int, secured: bool = False) -> str:
            context = (
                TLSOptions(key=certificates.key, certificate=certificates.certificate, verify=False)
                if secured
                else None
            )
            server = FaultyServer(lambda _request: Answer(status), context and context.server_context())
            stack.callback(server.close)
            return server.url.replace("127.0.0.1", "localhost")

        yield start


STATUSES = {
    401: "does not accept our credentials. Enter its token, or name and password",
    403: "Ask its administrator for the permission",
    404: "the URL is not that of its DICOMweb service",
    500: "its own log says why",
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("status", STATUSES)
def test_statuses_of_http(
    refused: Callable[..., str], serving: Callable[..., str], command: str, status: int
) -> None:
    said = refused(command, "--url", serving(status))
    assert STATUSES[status] in said
    assert f"HTTP {status}" in said
    assert ("--writable" in said) == (command == "send" and status == 403)


@pytest.mark.parametrize("command", COMMANDS)
def test_https_where_http_is_spoken(
    refused: Callable[..., str], serving: Callable[..., str], command: str
) -> None:
    said = refused(command, "--url", serving(200).replace("http:", "https:"))
    assert "Check https or http in its URL" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_a_certificate_that_is_not_trusted(
    refused: Callable[..., str], serving: Callable[..., str], command: str
) -> None:
    said = refused(command, "--url", serving(200, secured=True))
    assert "Enter the file of the authority that issued it" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_host(refused: Callable[..., str], command: str) -> None:
    assert "host name that is not known. Check its spelling" in refused(
        command, "--url", "http://no-such-host.invalid"
    )
    assert "not known" in refused(command, "--host", "no-such-host.invalid")


@pytest.mark.parametrize("command", COMMANDS)
def test_dimse_with_and_without_tls(
    refused: Callable[..., str], tmp_path: Path, certificates: Certificates, command: str
) -> None:
    keys = TLSOptions(certificates.ca, certificates.certificate, certificates.key, verify=False)
    trusted = ("--tls", "--tls-ca", certificates.ca)
    limits = ("--timeout", 2, "--response-timeout", 2)
    for tls, ours, words in (
        (None, trusted, "without TLS"),
        (keys, (), "It may want TLS"),
        (keys, ("--tls",), "trusted"),
    ):
        how = ListenerOptions(port=0, address="127.0.0.1", tls=tls)
        with Listener(FolderReceiver(tmp_path / "taken"), how) as listener:
            said = refused(command, "--host", "localhost", "--port", listener.port, *ours, *limits)
        assert words in said, said


@pytest.mark.parametrize("command", COMMANDS)
def test_dimse_titles_that_are_not_served(refused: Callable[..., str], tmp_path: Path, command: str) -> None:
    for acceptance, words in (
        (Acceptance("US", check_called=True), "Ask its administrator for the called AE title"),
        (Acceptance("US", calling_ae_titles=frozenset({"FRIEND"})), "Ask its administrator to add"),
    ):
        how = ListenerOptions(port=0, address="127.0.0.1", acceptance=acceptance)
        with Listener(FolderReceiver(tmp_path / "taken"), how) as listener:
            assert words in refused(command, "--host", "localhost", "--port", listener.port)
