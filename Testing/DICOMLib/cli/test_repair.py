"""slicer-dicom repair."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from DICOMLib.cli import main
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories
from Testing.ordinary_user import open_place as open_place
from Testing.ordinary_user import ordinary_user


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


def test_what_was_forgotten_is_told_as_such(database: Path, files: Path, capsys) -> None:
    shutil.rmtree(files)
    assert main(["repair", "--database", str(database), "--apply", "--drop"]) == 0
    out = capsys.readouterr().out
    assert "4 are gone (forgotten):" in out
    assert "--drop" not in out


def test_without_apply_nothing_is_changed_and_that_is_told(database: Path, files: Path, capsys) -> None:
    shutil.rmtree(files)
    for option in ("--drop", "--tidy"):
        assert main(["repair", "--database", str(database), option]) == 1
        assert capsys.readouterr().err == f"Nothing was changed: {option} needs --apply beside it.\n"


@pytest.mark.parametrize("root", ["nowhere", "files/readme.txt", ""])
def test_a_root_that_is_no_folder_is_refused(database: Path, files: Path, root: str, capsys, monkeypatch):
    """What lies where nobody looked would be taken for lost, and forgotten."""
    monkeypatch.chdir(files.parent)
    for path in files.glob("*.dcm"):
        path.rename(path.with_suffix(".moved"))
    command = ["repair", "--database", str(database), "--apply", "--drop", "--root"]
    assert main([*command, root]) == 1
    assert f"There is no folder {root!r}, so nothing was" in capsys.readouterr().err
    with Database.open(database) as opened:
        assert opened.counts()[3] == 4
        assert not any(Path(path).exists() for path in opened.files(factories.uid("ct")))
    assert main([*command, str(files)]) == 0
    with Database.open(database) as opened:
        assert opened.counts()[3] == 4


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
def test_a_root_that_cannot_be_read_is_refused(open_place: Path, capsys) -> None:
    locked = open_place / "locked"
    locked.mkdir(mode=0)
    with ordinary_user():
        assert main(["repair", "--database", str(open_place), "--root", str(locked)]) == 1
    assert f"The folder {str(locked)!r} cannot be read" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
@pytest.mark.parametrize("locked", ["new/hidden", "new/hidden/ct0000.dcm"])
def test_nothing_is_forgotten_that_may_lie_where_nothing_can_be_read(
    open_place: Path, locked, capsys
) -> None:
    factories.write(factories.ct_series(1), open_place / "old", prefix="ct")
    (open_place / "new").mkdir()
    place = open_place / "db"
    with Database.open(place) as opened:
        run(import_paths(opened, [open_place / "old"]))
    for path in (place, *place.iterdir()):
        path.chmod(0o777)
    (open_place / "old").rename(open_place / "new" / "hidden")
    command = ["repair", "--database", str(place), "--root", str(open_place / "new"), "--apply", "--drop"]
    (open_place / locked).chmod(0)
    with ordinary_user():
        assert main(command) == 1
    out, err = capsys.readouterr()
    assert "1 are gone (--root" in out
    assert f"1 cannot be read (files that moved there are not found):\n  {open_place / locked}\n" in out
    assert err.startswith("Nothing was forgotten:")
    (open_place / locked).chmod(0o755)
    assert main(command) == 0
    with Database.open(place) as opened:
        assert opened.counts()[3] == 1


def test_without_a_database(tmp_path: Path, capsys) -> None:
    assert main(["repair", "--database", str(tmp_path)]) == 1
    assert "There is no DICOM database" in capsys.readouterr().err
