"""Imports into places that fail: full, locked, removed underneath, without a write-ahead log, shared."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.errors import DatabaseUnavailable
from DICOMLib.core.jobs import run
from DICOMLib.database import Database, connections
from DICOMLib.indexing import ImportOptions, import_paths, importer
from Testing import factories

ROOT = Path(__file__).resolve().parents[3]
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]

FILL_DISK = """
    import subprocess, sys
    from pathlib import Path
    from DICOMLib.core.errors import DatabaseUnavailable
    from DICOMLib.core.jobs import run
    from DICOMLib.database import Database
    from DICOMLib.indexing import ImportOptions, import_paths, importer
    disk, files, copy = sys.argv[1], sys.argv[2], sys.argv[3] == "copy"
    importer.BATCH_SIZE = importer.PROGRESS_EVERY = 20
    def mount(*options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", disk], check=True)
    mount("size=600k")
    place = Path(disk) / "database"
    try:
        with Database.open(place) as database:
            report = run(import_paths(database, [files], ImportOptions(copy=copy)))
        print(f"reported: {{reason for _, reason in report.failed}}")
    except DatabaseUnavailable as error:
        print(f"raised: {error}")
    assert not list(place.rglob("*.part")), "an unfinished copy is left"
    mount("remount", "size=64m")
    with Database.open(place) as database:
        for read in (database.read, database.read_tags):
            assert read(lambda one: one.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        before = database.counts()[3]
        for row in database.rows("instances"):
            assert database.value(row["SOPInstanceUID"], "0008,0060") == "CT"
            assert Path(database.absolute_path(row["Filename"])).stat().st_size > 8000
        report = run(import_paths(database, [files], ImportOptions(copy=copy)))
        assert not report.failed and database.counts()[3] == 150
    assert before < 150
    print("completed")
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Files of 9 KB, which no test changes."""
    folder = tmp_path_factory.mktemp("files")
    factories.write(factories.ct_series(150, size=64), folder)
    return folder


def python(code: str, *arguments: object, prefix: list[str] | None = None) -> subprocess.Popen[str]:
    command = [*(prefix or []), sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environment, cwd="/", stdout=pipe, stderr=pipe, text=True)


def can_mount() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="no file systems can be mounted here")
@pytest.mark.parametrize("way", ["copy", "link"])
def test_a_disk_that_runs_full(tmp_path: Path, files: Path, way: str) -> None:
    (tmp_path / "disk").mkdir()
    process = python(FILL_DISK, tmp_path / "disk", files, way, prefix=UNSHARE)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, out + err
    first, last = out.splitlines()
    assert last == "completed"
    if first.startswith("raised"):
        assert "The disk is full" in first
    else:
        assert first == "reported: {'no room to copy it into the database'}"


LIMITED = """
    import resource, signal, sys
    from DICOMLib.core.errors import DatabaseUnavailable
    from DICOMLib.core.jobs import run
    from DICOMLib.database import Database
    from DICOMLib.indexing import import_paths, importer
    importer.BATCH_SIZE = importer.PROGRESS_EVERY = 20
    with Database.open(sys.argv[1]) as database:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
        try:
            run(import_paths(database, [sys.argv[2]]))
        except DatabaseUnavailable as error:
            print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")
def test_files_that_may_not_grow(tmp_path: Path, files: Path) -> None:
    process = python(LIMITED, tmp_path / "database", files)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert "cannot be used. " in out
    with Database.open(tmp_path / "database") as database:
        for read in (database.read, database.read_tags):
            assert read(lambda one: one.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        before = database.counts()[3]
        assert before % 20 == 0
        report = run(import_paths(database, [files]))
        assert (before + report.instances, report.failed) == (150, [])


def test_a_database_that_another_program_writes_to(tmp_path: Path, files: Path) -> None:
    with Database.open(tmp_path / "database", busy_timeout_s=0.1) as database:
        with closing(sqlite3.connect(database.filename, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseUnavailable, match="Another program is writing"):
                run(import_paths(database, [files]))
            other.execute("ROLLBACK")
        assert database.counts() == (0, 0, 0, 0)
        assert run(import_paths(database, [files])).instances == 150


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be removed")
def test_a_database_removed_in_the_middle(tmp_path: Path, files: Path, monkeypatch) -> None:
    monkeypatch.setattr(importer, "BATCH_SIZE", 20)
    monkeypatch.setattr(importer, "PROGRESS_EVERY", 20)
    with Database.open(tmp_path / "database") as database:
        job = import_paths(database, [files], ImportOptions(workers=0))
        while next(job).done < 40:
            pass
        shutil.rmtree(tmp_path / "database")
        with pytest.raises(DatabaseUnavailable, match="removed or replaced"):
            run(job)
    assert not (tmp_path / "database").exists()
    assert len(list(files.iterdir())) == 150


def test_a_file_system_without_a_write_ahead_log(tmp_path: Path, files: Path, monkeypatch) -> None:
    monkeypatch.setattr(connections, "is_local", lambda _folder: False)
    with Database.open(tmp_path / "database") as database:
        assert database.read(lambda one: one.execute("PRAGMA journal_mode").fetchone()) == ("delete",)
        assert database.read(lambda one: one.execute("PRAGMA synchronous").fetchone()) == (2,)
        assert run(import_paths(database, [files])).instances == 150
        assert not list((tmp_path / "database").glob("*-wal"))
    with Database.open(tmp_path / "database") as database:
        assert database.counts()[3] == 150


IMPORT = """
    import sys
    from DICOMLib.core.jobs import run
    from DICOMLib.database import Database
    from DICOMLib.indexing import ImportOptions, import_paths, importer
    importer.BATCH_SIZE = importer.PROGRESS_EVERY = 10
    with Database.open(sys.argv[1]) as database:
        report = run(import_paths(database, sys.argv[3:], ImportOptions(copy=sys.argv[2] == "copy")))
    assert not report.failed, report.as_text()
    print(report.instances)
"""


@pytest.mark.parametrize("way", ["copy", "link"])
def test_two_processes_import_folders_that_overlap(tmp_path: Path, files: Path, way: str) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for number, folder in enumerate(folders):
        factories.write(factories.ct_series(60, f"of process {number}"), folder)
    processes = [python(IMPORT, tmp_path / "database", way, files, folder) for folder in folders]
    answers = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], answers
    assert sum(int(out) for out, _ in answers) == 270  # each instance was added once
    with Database.open(tmp_path / "database") as database:
        assert database.counts() == (1, 1, 3, 270)
        assert sorted(row["DisplayedCount"] for row in database.rows("series")) == [60, 60, 150]
        assert all(Path(file).is_file() for row in database.rows("series")
                   for file in database.files(row["SeriesInstanceUID"]))  # fmt: skip
        assert database.second_files() == []
