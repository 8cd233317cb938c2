"""A program that is killed at any moment leaves a database that opens and holds whole instances only."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.database import Database

ROOT = Path(__file__).resolve().parents[3]
TAGS = ["0008,0018", "0008,0060", "0020,0013", "0028,0010"]

IMPORT = textwrap.dedent("""
    import sys
    from DICOMLib.database import Database, FileRecord
    print(-1, flush=True)
    with Database.open(sys.argv[1]) as database:
        for batch in range(1000):
            records = []
            for n in range(40):
                sop = f"9.{batch % 20}.{n}"
                records.append(FileRecord("", f"/{sop}.dcm", 0.0, {
                    "0010,0020": f"P{batch}", "0010,0010": "N", "0020,000D": f"1.{batch % 5}",
                    "0020,000E": f"1.2.{batch % 20}", "0008,0018": sop, "0008,0060": "CT",
                    "0020,0013": str(batch)}))
            database.insert_records(records, sys.argv[2:], overwrite=True)
            if batch % 7 == 6:
                database.remove_series(f"1.2.{batch % 20}", clear_cached_tags=True)
            print(batch, flush=True)
""")


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("delay_s", [0.0, 0.003, 0.007, 0.011, 0.02, 0.033, 0.05, 0.08])
def test_killed_while_it_writes(tmp_path: Path, delay_s: float) -> None:
    check_after_kill(tmp_path, delay_s, lines=2)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("delay_s", [0.0005, 0.002, 0.004])
def test_killed_while_it_makes_the_files(tmp_path: Path, delay_s: float) -> None:
    check_after_kill(tmp_path, delay_s, lines=1)


def check_after_kill(tmp_path: Path, delay_s: float, lines: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", IMPORT, str(tmp_path), *TAGS]
    with subprocess.Popen(command, env=environment, cwd="/", stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        time.sleep(delay_s)
        process.send_signal(signal.SIGKILL)
        done = [int(line) for line in process.stdout]
    last = done[-1] if done else lines - 2
    with Database.open(tmp_path) as database:
        for read in (database.read, database.read_tags):
            assert read(lambda connection: connection.execute("PRAGMA integrity_check").fetchall()) == [
                ("ok",)
            ]
        for row in database.rows("series"):
            sops = database.instances(row["SeriesInstanceUID"])
            assert len(sops) in (0, 40)
            cached = database.values(sops, TAGS)
            for sop in sops:
                assert cached[sop]["0008,0018"] == sop
                assert cached[sop]["0008,0060"] == "CT"
                assert database.cached_tag(sop, "0028,0010") == "__TAG_NOT_IN_INSTANCE__"
        # what was said to be written is there
        written = database.values(
            [row["SOPInstanceUID"] for row in database.rows("instances")], ["0020,0013"]
        )
        batches = {int(values["0020,0013"]) for values in written.values()}
        expected = last if last % 7 != 6 else last - 1
        assert max(batches, default=-1) >= expected
        assert database.insert_records([], TAGS).instances == 0


def test_stopped_between_the_two_files(tmp_path: Path, record, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tag cache is written first; its values of an instance that is not there are harmless."""
    with Database.open(tmp_path) as database, monkeypatch.context() as patch:

        class Stopped(sqlite3.Connection):
            pass

        connections = database._connections()
        main = connections.main

        class Main:
            def execute(self, sql, *arguments):
                if sql == "COMMIT":
                    raise KeyboardInterrupt
                return main.execute(sql, *arguments)

            def __getattr__(self, name):
                return getattr(main, name)

        patch.setattr(connections, "main", Main())
        with pytest.raises(KeyboardInterrupt):
            database.insert_records([record("9.1", t0008_0060="CT")], ["0008,0060"])
    with Database.open(tmp_path) as database:
        assert database.counts() == (0, 0, 0, 0)
        database.insert_records([record("9.1", t0008_0060="MR")], ["0008,0060"])
        assert database.value("9.1", "0008,0060") == "MR"
    with closing(sqlite3.connect(tmp_path / "ctkDICOMTagCache.sql")) as cache:
        assert cache.execute("SELECT count(*) FROM TagCache").fetchone() == (1,)
