"""slicer-dicom import."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from DICOMLib.cli import main
from DICOMLib.database import Database
from Testing import factories


def test_json_has_the_numbers_and_the_failures(files, tmp_path, capsys):
    broken = files / "broken.dcm"
    whole = (files / "ct0000.dcm").read_bytes()
    broken.write_bytes(whole[: len(whole) - 5])
    assert main(["import", str(files), "--database", str(tmp_path / "db"), "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    numbers = [document[name] for name in ("patients", "studies", "series", "instances", "skipped")]
    assert numbers == [1, 1, 2, 4, 1]
    (failure,) = document["failed"]
    assert set(failure) >= {"path", "reason"}
    assert failure["path"] == str(broken)
    assert "cut off" in failure["reason"] or "truncated" in failure["reason"].lower()


def test_numbers_are_those_added(files, tmp_path, capsys):
    command = ["import", str(files), "--database", str(tmp_path / "db"), "--json"]
    assert main(command) == 0
    capsys.readouterr()
    assert main(command) == 0
    document = json.loads(capsys.readouterr().out)
    assert [document[name] for name in ("patients", "instances", "unchanged")] == [0, 0, 4]


def test_text_for_people(files, tmp_path, capsys):
    assert main(["import", str(files), "--database", str(tmp_path / "db")]) == 0
    streams = capsys.readouterr()
    assert streams.out.startswith("1 patient, 1 study, 2 series, 4 instances added, 1 skipped.\n")
    assert str(files / "readme.txt") in streams.out
    assert streams.err == ""  # no progress bar: this is no terminal


def test_copies_only_if_asked_to(files, tmp_path):
    for name, options in (("links", []), ("copies", ["--copy"]), ("hard links", ["--hard-links"])):
        folder = tmp_path / name
        assert main(["import", str(files), "--database", str(folder), *options]) == 0
        with Database.open(folder) as database:
            paths = [path for series in ("ct", "report") for path in database.files(factories.uid(series))]
        assert len(paths) == 4
        assert all(path.startswith(str(folder if options else files)) for path in paths)
        if options:
            linked = [Path(path).stat().st_nlink == 2 for path in paths]
            assert linked == [name == "hard links"] * 4


@pytest.mark.parametrize("ending", ["txt", "json", "csv"])
def test_the_account_is_saved(files, tmp_path, ending):
    report = tmp_path / f"account.{ending}"
    assert main(["import", str(files), "--database", str(tmp_path / "db"), "--report", str(report)]) == 0
    text = report.read_text(encoding="utf-8")
    if ending == "json":
        assert json.loads(text)["skipped"][0]["path"] == str(files / "readme.txt")
    elif ending == "csv":
        (row,) = csv.DictReader(text.splitlines())
        assert (row["outcome"], row["path"]) == ("skipped", str(files / "readme.txt"))
    assert "readme.txt" in text


def test_a_path_that_does_not_exist(files, tmp_path, capsys):
    code = main(["import", str(files), str(tmp_path / "nowhere"), "--database", str(tmp_path / "db")])
    assert code == 1
    text = capsys.readouterr().out
    assert "4 instances added" in text
    assert str(tmp_path / "nowhere") in text


def test_a_database_that_cannot_be_made(files, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert main(["import", str(files), "--database", str(tmp_path / "file" / "db")]) == 1
    assert capsys.readouterr().err.startswith("slicer-dicom: ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_import_leaves_whole_instances_and_can_be_completed(tmp_path):
    source = tmp_path / "many"
    datasets = [d for n in range(40) for d in factories.ct_series(25, f"s{n}")]
    factories.write(datasets, source)
    command = [
        sys.executable,
        "-m",
        "DICOMLib.cli",
        "import",
        str(source),
        "--database",
        str(tmp_path / "db"),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not (tmp_path / "db").exists():
        time.sleep(0.001)
    time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (130, 0)  # 0 if it was faster than the signal
    with Database.open(tmp_path / "db") as database:
        before = database.counts()[3]
        assert database.select("PRAGMA integrity_check") == [("ok",)]
    assert main(["import", str(source), "--database", str(tmp_path / "db")]) == 0
    with Database.open(tmp_path / "db") as database:
        assert before <= database.counts()[3] == 1000


def test_tags_to_be_searched_are_cached(files, tmp_path, capsys):
    database = ["--database", str(tmp_path / "db")]
    assert main(["import", str(files), *database, "--tag", "PixelSpacing", "--tag", "0018,0060"]) == 0
    capsys.readouterr()
    assert main(["list", "series", *database, "--json", "--where", "PixelSpacing<1"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert main(["list", "series", *database, "--json", "--where", "Modality:CT"]) == 0
    assert found == json.loads(capsys.readouterr().out)
    assert main(["import", str(files), *database, "--tag", "NoSuchThing"]) == 2


def test_where_nothing_is_imported_no_database_is_left(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no DICOM")
    arguments = ["import", str(tmp_path / "notes.txt"), "--database", str(tmp_path / "made" / "db")]
    assert main(arguments) == 1
    assert "Nothing was imported. No database was made." in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt"]


def test_a_folder_without_files_is_told(tmp_path, capsys):
    (tmp_path / "empty" / "within").mkdir(parents=True)
    assert main(["import", str(tmp_path / "empty"), "--database", str(tmp_path / "db")]) == 1
    told = f"There are no files in {tmp_path / 'empty'}. Nothing was imported. No database was made."
    assert capsys.readouterr().err.splitlines()[-1] == told


def test_a_database_that_was_there_stays_where_nothing_is_imported(files, tmp_path, capsys):
    database = str(tmp_path / "db")
    assert main(["import", str(files), "--database", database]) == 0
    (tmp_path / "notes.txt").write_text("no DICOM")
    assert main(["import", str(tmp_path / "notes.txt"), "--database", database]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "Nothing was imported."
    with Database.open(database, create=False) as opened:
        assert opened.counts() == (1, 1, 2, 4)


def test_a_file_that_is_set_aside_is_in_the_summary(tmp_path, capsys):
    database = str(tmp_path / "db")
    for folder, date in (("first", "20240115"), ("second", "20240116")):
        factories.write([factories.instance(StudyDate=date)], tmp_path / folder)
        assert main(["import", str(tmp_path / folder), "--database", database]) == 0
    assert "0 instances added, 1 set aside." in capsys.readouterr().out
