"""slicer-dicom repair."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from DICOMLib.cli import main
from DICOMLib.database import Database


def test_all_is_there(database: Path, capsys) -> None:
    assert main(["repair", "--database", str(database)]) == 0
    assert capsys.readouterr().out == "4 files are remembered.\nAll of them are there.\n"


def test_moved_files_are_shown_then_linked(database: Path, files: Path, tmp_path: Path, capsys) -> None:
    files.rename(tmp_path / "new")
    command = ["repair", "--database", str(database), "--root", str(tmp_path / "new")]
    assert main(command) == 1
    out = capsys.readouterr().out
    assert "4 were moved (--apply links them):" in out
    assert str(tmp_path / "new" / "ct0000.dcm") in out
    assert main([*command, "--apply", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (len(document["found"]), document["gone"], document["applied"]) == (4, [], True)
    assert main(["repair", "--database", str(database)]) == 0


def test_lost_files_are_dropped_only_by_name(database: Path, files: Path, capsys) -> None:
    shutil.rmtree(files)
    for options in ([], ["--apply"], ["--drop"]):
        assert main(["repair", "--database", str(database), *options]) == 1
        assert "4 are gone" in capsys.readouterr().out
        with Database.open(database) as opened:
            assert opened.counts()[3] == 4
    assert main(["repair", "--database", str(database), "--apply", "--drop"]) == 0
    with Database.open(database) as opened:
        assert opened.counts() == (0, 0, 0, 0)


def test_without_a_database(tmp_path: Path, capsys) -> None:
    assert main(["repair", "--database", str(tmp_path)]) == 1
    assert "There is no DICOM database" in capsys.readouterr().err
