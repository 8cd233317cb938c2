"""An open database: threads, other processes, news, and everything that can go wrong with files."""

from __future__ import annotations

import gc
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.errors import DatabaseUnavailable
from DICOMLib.database import Changes, Database, FileRecord

Make = Callable[..., FileRecord]
ROOT = Path(__file__).resolve().parents[3]


def python(code: str, *arguments: object, **options: object) -> subprocess.Popen:
    """Start another Python with the project on its path."""
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.PIPE, text=True, **options)


def test_open_by_folder_or_by_file(tmp_path: Path) -> None:
    with Database.open(tmp_path / "new/folder") as database:
        assert database.filename == str(tmp_path / "new/folder/ctkDICOM.sql")
        assert database.directory == tmp_path / "new/folder"
    with Database.open(tmp_path / "new/folder/ctkDICOM.sql", create=False) as database:
        assert database.is_open
    assert not database.is_open
    with Database.open(str(tmp_path / "database.test")) as database:
        assert database.filename == str(tmp_path / "database.test")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "ctkDICOMTagCache.sql",
        "database.test",
        "new",
    ]


@pytest.mark.parametrize("name", [":memory:", ""])
def test_private_databases_leave_nothing_behind(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record: Make
) -> None:
    monkeypatch.chdir(tmp_path)
    with Database.open(name) as database:
        database.insert_records([record("9.1", t0008_0060="CT")], ["0008,0060"])
        assert database.value("9.1", "0008,0060") == "CT"
        assert (database.in_memory, database.directory) == (name == ":memory:", None)
        found: list[object] = []
        thread = threading.Thread(target=lambda: found.append(database.counts()))
        thread.start()
        thread.join()
        assert found == [(1, 1, 1, 1)]
    assert list(tmp_path.iterdir()) == []


def test_faults_have_a_text_for_the_user(tmp_path: Path) -> None:
    file = tmp_path / "plain.sql"
    file.write_text("this is a letter, and no database at all " * 50)
    cases = {
        tmp_path / "missing" / "x.sql": "There is no folder",
        tmp_path / "missing.sql": "There is no database",
        file: "damaged or is no database",
    }
    for path, text in cases.items():
        with pytest.raises(DatabaseUnavailable, match=text):
            Database.open(path, create=path is file)
    assert file.read_text().startswith("this is a letter")


def test_a_closed_database_says_so(database: Database) -> None:
    database.close()
    database.close()
    with pytest.raises(DatabaseUnavailable, match="closed"):
        database.patients()


def test_a_locked_database_is_given_up_in_time(tmp_path: Path, record: Make) -> None:
    with Database.open(tmp_path, busy_timeout_s=0.1) as database:
        with closing(sqlite3.connect(database.filename, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(DatabaseUnavailable, match="Another program is writing"):
                database.insert_records([record()], [])
            assert database.counts() == (0, 0, 0, 0)  # it can be read meanwhile
            other.execute("ROLLBACK")
        database.insert_records([record()], [])
        assert database.counts() == (1, 1, 1, 1)


def test_a_full_disk_is_reported_and_nothing_is_half_written(database: Database, record: Make) -> None:
    database.insert_records([record("9.1")], ["0008,0018"])
    database.read(sqlite3.Connection.execute, "PRAGMA max_page_count = 1")  # the file cannot grow any more
    many = [record(f"9.{n}", t0020_000E=f"1.{n}", t0008_103E="x" * 200) for n in range(2000)]
    with pytest.raises(DatabaseUnavailable, match="The disk is full"):
        database.insert_records(many, ["0008,0018"])
    assert database.counts() == (1, 1, 1, 1)
    assert database.cached_tag("9.5", "0008,0018") is None
    database.read(sqlite3.Connection.execute, "PRAGMA max_page_count = 1000000")
    database.insert_records(many, ["0008,0018"])
    assert database.counts() == (1, 1, 2000, 2000)


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be removed")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_removed_underneath_is_noticed(tmp_path: Path, record: Make, replaced: bool) -> None:
    with Database.open(tmp_path) as database:
        Path(database.filename).unlink()
        if replaced:
            Path(database.filename).touch()
        with pytest.raises(DatabaseUnavailable, match="removed or replaced"):
            database.insert_records([record()], [])


def test_threads_read_while_one_writes(database: Database, record: Make) -> None:
    done = threading.Event()
    faults: list[BaseException] = []
    seen: list[int] = []

    def read() -> None:
        try:
            while not done.is_set():
                _patients, _studies, series, instances = database.counts()
                assert instances == series * 20  # whole batches only
                seen.append(instances)
        except BaseException as fault:  # noqa: BLE001  shown in the main thread
            faults.append(fault)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for series in range(20):
        uid = f"1.2.{series}"
        database.insert_records([record(f"{uid}.{n}", t0020_000E=uid) for n in range(20)], ["0008,0018"])
    done.set()
    for reader in readers:
        reader.join()
    assert faults == []
    assert database.counts() == (1, 1, 20, 400)
    assert len(seen) > 2


def test_closing_waits_for_a_question(database: Database) -> None:
    begun, answer = threading.Event(), []

    def slow(connection: sqlite3.Connection) -> int:
        begun.set()
        numbers = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n LIMIT 500000)"
        query = f"{numbers} SELECT count(*) FROM n"
        return connection.execute(query).fetchone()[0]

    thread = threading.Thread(target=lambda: answer.append(database.read(slow)))
    thread.start()
    begun.wait()
    database.close()
    thread.join()
    assert answer == [500000]


def test_two_processes_import_at_once(tmp_path: Path) -> None:
    code = """
        import sys
        from DICOMLib.database import Database, FileRecord
        folder, name = sys.argv[1:]
        with Database.open(folder) as database:
            for batch in range(10):
                series = f"1.{name}.{batch}"
                records = [
                    FileRecord("", f"/{series}.{n}.dcm", 0.0, {
                        "0010,0020": "P", "0010,0010": "N", "0020,000D": "1", "0020,000E": series,
                        "0008,0018": f"{series}.{n}"})
                    for n in range(50)
                ]
                report = database.insert_records(records, ["0008,0018"])
                assert report.instances == 50, report
        print("done")
    """
    processes = [python(code, tmp_path, name) for name in (1, 2)]
    assert [process.communicate(timeout=120)[0].strip() for process in processes] == ["done", "done"]
    with Database.open(tmp_path) as database:
        assert database.counts() == (1, 1, 20, 1000)
        assert len(database.values([f"1.2.9.{n}" for n in range(50)], ["0008,0018"])) == 50


def test_everybody_who_has_it_open_hears_of_a_change(tmp_path: Path, record: Make) -> None:
    with (
        Database.open(tmp_path / "a") as one,
        Database.open(tmp_path / "a") as two,
        Database.open(tmp_path / "b") as other,
    ):
        heard: list[tuple[str, Changes]] = []
        for name, database in (("one", one), ("two", two), ("other", other)):
            database.changed.connect(lambda changes, name=name: heard.append((name, changes)))
        before = two.data_version()
        one.insert_records([record("9.1")], [])
        assert sorted(name for name, _ in heard) == ["one", "two"]
        assert heard[0][1] == Changes({1}, {"1.2"}, {"1.2.3"})
        assert two.counts() == (1, 1, 1, 1)
        assert two.data_version() != before


def test_a_forgotten_database_closes_its_files(tmp_path: Path) -> None:
    database = Database.open(tmp_path)
    database.changed.connect(lambda _changes: None)
    del database
    gc.collect()
    assert [path.name for path in tmp_path.glob("*-wal")] == []


def test_a_local_database_uses_a_write_ahead_log(database: Database) -> None:
    assert database.read(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()) == ("wal",)
    assert database.read(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (1,)


def test_a_database_on_a_network_drive_does_not(
    tmp_path: Path, record: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    from DICOMLib.database import connections

    Database.open(tmp_path).close()
    monkeypatch.setattr(connections, "is_local", lambda folder: False)
    with Database.open(tmp_path) as database:
        assert database.read(lambda connection: connection.execute("PRAGMA journal_mode").fetchone()) == (
            "delete",
        )
        assert database.read(lambda connection: connection.execute("PRAGMA synchronous").fetchone()) == (2,)
        database.insert_records([record("9.1")], ["0008,0018"])
        assert database.value("9.1", "0008,0018") == "9.1"
