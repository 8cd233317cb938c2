"""Scan workers: what they read is what this process reads, and their death harms no import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.indexing import ImportOptions, import_paths, workers
from DICOMLib.indexing.read import NEEDED_TAGS, read_all
from DICOMLib.indexing.scan import WantedTags
from DICOMLib.indexing.walk import found_files
from Testing import factories

ROOT = Path(__file__).resolve().parents[3]
TAGS = ("0008,0008", "0010,0010", "0020,0013", "0020,0032", "0020,4000", "0028,0010", "7FE0,0010")
UNSTORED = frozenset(("7FE0,0010",))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two series, one without a value that the first file has, among files that are not taken."""
    folder = tmp_path / "files"
    datasets = [factories.scanner_header(one) for one in factories.ct_series(30)]
    del datasets[7].ImageType
    datasets[8].PatientName = None
    datasets[9].ImageComments = "only here"
    factories.write(datasets, folder / "a")
    factories.write_implicit(factories.mr_series(30, SpecificCharacterSet="ISO_IR 192"), folder / "b")
    (folder / "a" / "text.txt").write_text("no image " * 30)
    (folder / "b" / "cut.dcm").write_bytes((folder / "b" / "0000.dcm").read_bytes()[:-9])
    return folder


def rows_of(database: Database) -> list[object]:
    """All that an import wrote, without the times."""
    sops = sorted(row["SOPInstanceUID"] for row in database.rows("instances"))
    tables = [
        [{name: row[name] for name in row if "Timestamp" not in name} for row in database.rows(level)]
        for level in ("patients", "studies", "series", "instances")
    ]
    return [tables, database.values(sops, TAGS), [database.cached_tag(sop, TAGS[-1]) for sop in sops]]


def test_what_is_sent_comes_back_as_it_was(folder: Path) -> None:
    wanted = WantedTags([*NEEDED_TAGS, *TAGS])
    found = list(found_files([folder]))
    outcomes = read_all(found, wanted, UNSTORED)
    assert sum(record is None for record, _ in outcomes) == 2
    again = workers._unpacked(found, workers.packed(outcomes, UNSTORED))
    for (record, note), (received, received_note) in zip(outcomes, again, strict=True):
        assert note == received_note
        if record is None:
            assert received is None
            continue
        assert received is not None
        for name in ("path", "stored_path", "modified", "values", "unstored", "empty"):
            assert getattr(received, name) == getattr(record, name)


@pytest.mark.parametrize("number", [1, 2])
def test_an_import_by_workers_is_one_without(tmp_path: Path, folder: Path, number: int, monkeypatch) -> None:
    monkeypatch.setattr("DICOMLib.indexing.importer.PROGRESS_EVERY", 5)
    answers = []
    for count in (0, number):
        with Database.open(tmp_path / f"database {count}") as database:
            options = ImportOptions(tags=TAGS, workers=count)
            report = run(import_paths(database, [folder], options))
            assert (report.instances, len(report.failed), len(report.skipped)) == (60, 1, 1)
            answers.append(rows_of(database))
    assert answers[0] == answers[1]


def test_all_is_read_by_workers_once_they_are_there(folder: Path, monkeypatch) -> None:
    wanted = WantedTags([*NEEDED_TAGS, *TAGS])
    found = list(found_files([folder]))
    monkeypatch.setattr(workers, "read_all", None)  # this process reads nothing itself
    with workers.ScanWorkers(2, wanted, UNSTORED) as pool:
        for worker in pool._all:
            worker._greeting.join()
        answers = list(pool.read([found[:20], found[20:40], found[40:]]))
    assert [chunk for chunk, _ in answers] == [found[:20], found[20:40], found[40:]]
    assert [len(outcomes) for _, outcomes in answers] == [20, 20, len(found) - 40]


def test_files_of_a_worker_that_dies_are_read_here(folder: Path) -> None:
    wanted = WantedTags([*NEEDED_TAGS, *TAGS])
    found = list(found_files([folder]))
    with workers.ScanWorkers(2, wanted, UNSTORED) as pool:
        for worker in pool._all:
            worker._greeting.join()
        pool._all[0]._process.kill()
        answers = [outcome for _, outcomes in pool.read([[one] for one in found]) for outcome in outcomes]
    assert sum(record is not None for record, _ in answers) == 60


def test_no_worker_outlives_a_cancelled_import(tmp_path: Path, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr("DICOMLib.indexing.importer.PROGRESS_EVERY", 5)
    started = []
    start = subprocess.Popen

    def noted(*arguments, **options):
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", noted)
    with Database.open(tmp_path / "database") as database:
        job = import_paths(database, [folder], ImportOptions(workers=2))
        while next(job).done < 10:
            pass
        job.throw(JobCancelled())
        assert run(job).cancelled
    assert [process.returncode is not None for process in started] == [True, True]


@pytest.mark.parametrize(
    ("files", "program", "cores", "load", "number"),
    [
        (1999, "/usr/bin/python3", 8, 0.0, 0),
        (2000, "/usr/bin/python3", 2, 0.1, 0),
        (2000, "/usr/bin/python3", 4, 0.2, 3),
        (2000, "/usr/bin/python3", 4, 1.2, 2),
        (2000, "/usr/bin/python3", 4, 2.1, 0),
        (2000, "/usr/bin/python3", 4, 8.0, 0),
        (2000, "/usr/bin/python3.11", 16, 2.0, 4),
        (9999, "/opt/Slicer/bin/SlicerApp-real", 8, 0.0, 0),
        (9999, "", 8, 0.0, 0),
    ],
)
def test_how_many_are_worth_it(
    files: int, program: str, cores: int, load: float, number: int, monkeypatch
) -> None:
    monkeypatch.setattr(workers, "_load", lambda: load)
    monkeypatch.setattr(sys, "executable", program)
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert workers.suitable_number(files) == number


def test_the_script_of_the_user_is_not_run_again(tmp_path: Path, folder: Path) -> None:
    """A script without `if __name__ == "__main__"` may import as many files as it likes."""
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import sys
            from DICOMLib.core.jobs import run
            from DICOMLib.database import Database
            from DICOMLib.indexing import ImportOptions, import_paths
            print("started")
            with Database.open(sys.argv[1]) as database:
                options = ImportOptions(workers=1)
                print(run(import_paths(database, [sys.argv[2]], options)).instances)
        """)
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(script), str(tmp_path / "database"), str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.split() == ["started", "60"]


def test_without_a_program_to_start_this_process_reads(tmp_path: Path, folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python-that-is-not-there"))
    shutil.rmtree(folder / "b")
    with Database.open(tmp_path / "database") as database:
        assert run(import_paths(database, [folder], ImportOptions(workers=2))).instances == 30
