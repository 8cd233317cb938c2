"""What is wrong with a command ends in a code and words, never in a traceback, and leaves nothing behind.

2 is for the command line alone; 1 for what fails, or is not there.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from DICOMLib.cli import COMMANDS, main
from DICOMLib.database import Database
from Testing import factories
from Testing.orthanc import free_port

pytestmark = pytest.mark.network
HERE = "--host localhost --port 1"  # where nothing listens
DONE, FAILED, MISUSE = 0, 1, 2

# Code, what is said, and the command; {taken} is a port that is taken, {closed} one where nothing listens.
TABLE = [
    (MISUSE, "invalid choice", "nonsense"),
    (FAILED, "absent does not exist", "start absent"),
    (MISUSE, "unrecognized", "start --nonsense"),
    (FAILED, "not found: absent", "view absent"),
    (MISUSE, "expected one argument", "view --database"),
    (MISUSE, "required", "import"),
    (MISUSE, "required", "import file.txt"),
    (MISUSE, "neither a DICOM keyword nor a tag", "import file.txt --database new --tag BanaNa"),
    (FAILED, "Nothing was imported. No database was made.", "import file.txt --database new"),
    (FAILED, "Nothing was imported. No database was made.", "import absent --database new"),
    (FAILED, "file.txt", "import file.txt --database file.txt"),
    (FAILED, "file.txt", "import file.txt --database new --report file.txt/report"),
    (MISUSE, "required", "repair"),
    (FAILED, "There is no DICOM database", "repair --database new"),
    (MISUSE, "invalid choice", "list nonsense --database db"),
    (MISUSE, "not allowed with", "list series --database db --json --csv"),
    (FAILED, "There is no DICOM database", "list series --database new"),
    (MISUSE, "Modalty", "list series --database db --where Modalty:CT"),
    (MISUSE, "quote", 'list series --database db --where "head'),
    (DONE, "Nothing matches.", "list series --database db --where Modality:XX"),
    (DONE, "The database is empty.", "list series --database empty"),
    (MISUSE, "required", "load --database db --all"),
    (MISUSE, "required", "load --database db --output new"),
    (MISUSE, "not allowed with", "load --database db --output new --all --series 1.2"),
    (MISUSE, "invalid choice", "load --database db --output new --all --format gif"),
    (FAILED, "There is no DICOM database", "load --database new --all --output new"),
    (MISUSE, "required", "explain 1.2"),
    (FAILED, "Series 1.2 is not in the database", "explain 1.2 --database db"),
    (MISUSE, "required", "export --input file.txt"),
    (FAILED, "There is no file absent", "export --input absent --output new"),
    (MISUSE, "needs --database", "export --input file.txt --output new --reference 1.2"),
    (MISUSE, "NAME=VALUE", "export --input file.txt --output new --tag PatientID"),
    (FAILED, "is not in the database", "export --input file.txt --output new --reference 1.2 --database db"),
    (MISUSE, "one of the two", "run"),
    (MISUSE, "one of the two", "run --code pass script.py"),
    (FAILED, "There is no script absent.py", "run absent.py"),
    (FAILED, "no folder absent", "run --code pass --additional-module-paths absent"),
    (MISUSE, "unrecognized", "test --nonsense"),
    (MISUSE, "required", "fields"),
    (FAILED, "There is no DICOM database", "fields --database new"),
    (MISUSE, "no rule 'Nothing'", "fields --database db --disable Nothing"),
    (FAILED, "absent.py", "fields --database db --rules absent.py"),
    (MISUSE, "required", "patch files"),
    (FAILED, "There is no folder absent", "patch absent new"),
    (MISUSE, "must not be the input folder", "patch files files/new"),
    (MISUSE, "character set", "patch files new --rule UseCharacterSet"),
    (MISUSE, "invalid choice", "patch files new --rule Nothing"),
    (MISUSE, "required", "deidentify --database db --all"),
    (MISUSE, "required", "deidentify --database db --output new"),
    (MISUSE, "invalid choice", "deidentify --database db --all --output new --option nothing"),
    (FAILED, "Patient Nobody is not in", "deidentify --database db --patient Nobody --output new"),
    (FAILED, "There is no DICOM database", "deidentify --database new --all --output new"),
    (MISUSE, "holds the originals", "deidentify --database db --all --output files"),
    (MISUSE, "lies in a folder of originals", "deidentify --database db --all --output files/new"),
    (MISUSE, "folder of a database", "deidentify --database db --all --output db/new"),
    (MISUSE, "is no port", "echo --host localhost --port 99999"),
    (MISUSE, "is no port", "echo --host localhost --port x"),
    (MISUSE, "is no port", "echo --host localhost --port -1"),
    (MISUSE, "is no time to wait", "echo --host localhost --timeout -1"),
    (MISUSE, "is no time to wait", "echo --host localhost --timeout nan"),
    (MISUSE, "is no time to wait", "echo --host localhost --response-timeout 0"),
    (MISUSE, "AE title", "echo --host localhost --called-ae MORETHANSIXTEENCHARACTERS"),
    (MISUSE, "AE title", "echo --host localhost --calling-ae A\\B"),
    (MISUSE, "AE:PORT", f"echo --doctor {HERE} --listener x"),
    (MISUSE, "is no port", f"echo --doctor {HERE} --listener AE:x"),
    (MISUSE, "AE title", f"echo --doctor {HERE} --listener MORETHANSIXTEENCHARACTERS:104"),
    (MISUSE, "invalid choice", f"echo {HERE} --protocol put"),
    (MISUSE, "unrecognized", f"echo {HERE} --nonsense"),
    (MISUSE, "Say who is called", "echo"),
    (MISUSE, "name two peers", "echo --host localhost --url http://localhost"),
    (FAILED, "Nothing listens", "echo --host localhost --port {closed}"),
    (FAILED, "no server named", "echo --peer Nobody"),
    (FAILED, "absent.pem", "echo --host localhost --port {taken} --tls --tls-ca absent.pem"),
    (MISUSE, "begins with https", "echo --url ftp://localhost"),
    (MISUSE, "begins with https", "find study --url localhost:8042"),
    (MISUSE, "beside the URL", "send file.txt --url http://me:word@localhost"),
    (MISUSE, "has no URL", "echo --url="),
    (FAILED, "no server named", "find study --peer Nobody"),
    (FAILED, "no server named", "send file.txt --peer Nobody"),
    (FAILED, "no environment variable", "echo --url http://localhost:{closed} --token-env NO_SUCH"),
    (FAILED, "cannot be read", "echo --url http://localhost:{closed} --token-file absent"),
    (MISUSE, "NAME=VARIABLE", "echo --url http://localhost:{closed} --header x"),
    (MISUSE, "invalid choice", f"find everything {HERE}"),
    (MISUSE, "is no keyword", f"find study Nonsense=1 {HERE}"),
    (MISUSE, "KEYWORD=VALUE", f"find study PatientName {HERE}"),
    (MISUSE, "is no UID", f"find study StudyInstanceUID=../../x {HERE}"),
    (MISUSE, "is no UID", f"find study StudyInstanceUID=1.2\\x {HERE}"),
    (MISUSE, "is no keyword", f"find study --return Nonsense {HERE}"),
    (MISUSE, "whole number", f"find study --limit -1 {HERE}"),
    (MISUSE, "needs a DICOMweb server", f"find study --fuzzy {HERE}"),
    (FAILED, "Nothing listens", "find study --host localhost --port {closed}"),
    (FAILED, "nothing listens at that port", "find study --url http://localhost:{closed}"),
    (MISUSE, "required", f"retrieve 1.2.3 {HERE}"),
    (MISUSE, "not allowed with", f"retrieve 1.2.3 --output new --database new {HERE}"),
    (MISUSE, "is no UID", f"retrieve ../../x --output new {HERE}"),
    (MISUSE, "is no UID", f"retrieve 1.2.* --output new {HERE}"),
    (MISUSE, "is no UID", f"retrieve 1.2.3 --series x --output new {HERE}"),
    (MISUSE, "is no UID", f"retrieve 1.2.3 --series 1.2 --instance ? --output new {HERE}"),
    (MISUSE, "whole number", f"retrieve 1.2.3 --retries -1 --output new {HERE}"),
    (MISUSE, "is no port", f"retrieve 1.2.3 --listener-port 70000 --output new {HERE}"),
    (MISUSE, "AE title", f"retrieve 1.2.3 --listener-ae A\\B --output new {HERE}"),
    (FAILED, "Nothing listens", "retrieve 1.2.3 --output new --host localhost --port {closed}"),
    (FAILED, "Nothing listens", "retrieve 1.2.3 --database new --host localhost --port {closed}"),
    (FAILED, "file.txt", f"retrieve 1.2.3 --database file.txt {HERE}"),
    (MISUSE, "required", f"send {HERE}"),
    (MISUSE, "is too few", f"send file.txt --associations 0 {HERE}"),
    (FAILED, "no file or folder absent", f"send absent {HERE}"),
    (FAILED, "no DICOM file", "send file.txt --host localhost --port {closed}"),
    (MISUSE, "required", "resume"),
    (MISUSE, "is no port", "resume --queue queue --listener-port 70000"),
    (MISUSE, "required", "listen"),
    (MISUSE, "is no port", "listen --database new --port 70000"),
    (MISUSE, "AE title", "listen --database new --ae-title MORETHANSIXTEENCHARACTERS"),
    (MISUSE, "AE title", "listen --database new --allow-ae MORETHANSIXTEENCHARACTERS"),
    (MISUSE, "no network", "listen --database new --allow-address 300.1.1.1"),
    (MISUSE, "is too few", "listen --database new --max-associations 0"),
    (MISUSE, "whole number", "listen --database new --min-free -1"),
    (FAILED, "{taken}", "listen --database new --address 127.0.0.1 --port {taken}"),
    (FAILED, "file.txt", "listen --database file.txt --port 0"),
    (MISUSE, "certificate", "listen --database new --port 0 --tls"),
    (MISUSE, "required", "serve"),
    (MISUSE, "nothing to serve", "serve --database new --no-web --no-dimse"),
    (MISUSE, "AE title", "serve --database new --writable --ae-title MORETHANSIXTEENCHARACTERS"),
    (MISUSE, "whole number", "serve --database new --writable --min-free x"),
    (FAILED, "There is no DICOM database", "serve --database new"),
    (FAILED, "file.txt", "serve --database file.txt --writable"),
    (FAILED, "{taken}", "serve --database new --writable --no-dimse --http-port {taken}"),
    (FAILED, "{taken}", "serve --database new --writable --no-web --dimse-port {taken}"),
    (MISUSE, "certificate", "serve --database new --writable --no-web --dimse-port 0 --tls"),
]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port at which somebody listens who says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `files`, their database `db`, and the database `empty`."""
    folder = tmp_path_factory.mktemp("databases")
    factories.write(factories.ct_series(2), folder / "files")
    (folder / "file.txt").write_text("no DICOM")
    assert main(["import", str(folder / "files"), "--database", str(folder / "db")]) == 0
    Database.open(folder / "empty").close()
    return folder


@pytest.fixture
def place(databases: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """That folder as the working directory, with settings of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(databases / "config"))
    monkeypatch.chdir(databases)
    return databases


@pytest.mark.parametrize(("code", "said", "command"), TABLE, ids=[row[2] for row in TABLE])
def test_what_is_wrong(
    code: int, said: str, command: str, taken: int, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = {"{taken}": str(taken), "{closed}": str(free_port())}
    for name, port in places.items():
        command, said = command.replace(name, port), said.replace(name, port)
    assert main(command.split()) == code
    told = capsys.readouterr()
    assert said in told.out + told.err
    assert "Traceback" not in told.err
    assert not (place / "new").exists()
    assert not (place / "files" / "new").exists()


def test_each_command_is_in_the_table_and_tells_its_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert {row[2].split()[0] for row in TABLE} - {"nonsense"} == set(COMMANDS)
    for name in ([], *([command] for command in COMMANDS)):
        assert main([*name, "--help"]) == 0
        told = " ".join(capsys.readouterr().out.split())
        assert "Exit codes: 0 done; 1 something failed" in told
        assert "130 stopped by Ctrl-C." in told
