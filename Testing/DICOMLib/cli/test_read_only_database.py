"""A database that may not be written: what only reads works, and what would write says so."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from DICOMLib.cli import COMMANDS, main
from Testing import factories
from Testing.ordinary_user import ordinary_user

pytestmark = pytest.mark.skipif(not hasattr(os, "setresuid"), reason="needs POSIX permissions")


@pytest.fixture
def folder(capsys: pytest.CaptureFixture[str]) -> Iterator[Path]:
    """A folder with `files`, their database `db`, its twin `own`, and a place to write to (`out`)."""
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top)
        factories.write(factories.ct_series(3, "ct"), folder / "files")
        assert main(["import", str(folder / "files"), "--database", str(folder / "db")]) == 0
        shutil.copytree(folder / "db", folder / "own")
        for name in COMMANDS:  # an ordinary user may have no right to read the modules any more
            assert main([name, "--help"]) == 0
        (folder / "out").mkdir()
        (folder / "out").chmod(0o777)
        folder.chmod(0o755)
        (folder / "db").chmod(0o555)
        capsys.readouterr()
        yield folder


def test_what_reads_works(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def read(name: str) -> int:
        """Read a database; the number of copies without identity."""
        database = ["--database", str(folder / name)]
        capsys.readouterr()
        assert main(["list", "series", *database, "--where", "Modality:CT", "--json"]) == 0
        (row,) = json.loads(capsys.readouterr().out)
        assert (row["SeriesInstanceUID"], row["DisplayedCount"]) == (str(factories.uid("ct")), 3)
        assert main(["repair", *database]) == 0
        assert main(["fields", *database]) == 0
        output = folder / "out" / name
        assert main(["deidentify", *database, "--all", "--output", str(output)]) == 0
        return len(list(output.rglob("*.dcm")))

    assert read("own") == 3
    with ordinary_user():
        assert read("db") == 3


@pytest.mark.parametrize(
    "command",
    [
        "import {files} --database {db}",
        "import {files} --database {db} --copy",
        "repair --database {db} --apply",
        "fields --database {db} --recompute",
        "fields --database {db} --disable SliceGeometry",
        "deidentify --database {db} --all --output {out} --into {db}",
    ],
)
def test_what_writes_says_so(folder: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """And does it where it may."""
    assert main(_in(folder, command, "own")) == 0
    capsys.readouterr()
    with ordinary_user():
        assert main(_in(folder, command, "db")) == 1
    _is_told(folder, capsys)
    assert not list((folder / "out" / "db").rglob("*"))


@pytest.mark.network
@pytest.mark.parametrize(
    "command",
    [
        "listen --database {db} --port 0 --address 127.0.0.1",
        "serve --database {db} --writable --http-port 0 --dimse-port 0",
        "retrieve 1.2.3 --host 127.0.0.1 --port 1 --database {db}",
    ],
)
def test_what_receives_says_so(folder: Path, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with ordinary_user():
        assert main(_in(folder, command, "db")) == 1
    _is_told(folder, capsys)


def _in(folder: Path, command: str, database: str) -> list[str]:
    places = {"files": folder / "files", "db": folder / database, "out": folder / "out" / database}
    return command.format(**places).split()


def _is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(f"slicer-dicom: The database {folder}/db/ctkDICOM.sql is read-only: nothing can")
