"""A program that is killed again and again in the middle of its work, and looks at what it left behind.

    python -m Testing.killed {import,copy,workers,removal,update} FOLDER ROUNDS SEED

Each round forks a child that works on a database, kills it with SIGKILL after a random time, and checks
that the database opens, is sound, and holds whole instances only; then the work is completed. Forking makes
a round take some 0.1 s, where starting a new Python would take a second. Prints the number of rounds in
which the child had not finished.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.database.bulk_values import values_of
from DICOMLib.indexing import ImportOptions, import_paths, importer
from DICOMLib.indexing.workers import ScanWorkers
from Testing import factories

SERIES, IMAGES = 4, 20
SOP, MODALITY, NUMBER = "0008,0018", "0008,0060", "0020,0013"
OLD_IMAGES = 3000
# How much earlier the next child is killed after one that had finished before.
_SHORTER = 0.9
# How the workers of a killed process are known, and how soon they must have ended.
_MARK, _MARKED = "KILLED_TEST", uuid.uuid4().hex
_WORKERS_END_S = 10.0
OLD_TABLES = """
    CREATE TABLE SchemaInfo (Version VARCHAR(1024) NOT NULL);
    INSERT INTO SchemaInfo VALUES ('0.6.2');
    CREATE TABLE Images (SOPInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY, Filename VARCHAR(1024) NOT NULL,
        SeriesInstanceUID VARCHAR(64) NOT NULL, InsertTimestamp VARCHAR(20) NOT NULL);
    CREATE TABLE Patients (UID INTEGER PRIMARY KEY AUTOINCREMENT, PatientsName VARCHAR(255),
        PatientID VARCHAR(255), InsertTimestamp VARCHAR(20) NOT NULL);
    CREATE TABLE Studies (StudyInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY, PatientsUID INT NOT NULL,
        StudyDate DATE, InsertTimestamp VARCHAR(20) NOT NULL);
    CREATE TABLE Series (SeriesInstanceUID VARCHAR(64) NOT NULL PRIMARY KEY,
        StudyInstanceUID VARCHAR(64) NOT NULL, Modality VARCHAR(20), InsertTimestamp VARCHAR(20) NOT NULL);
    CREATE TABLE Directories (Dirname VARCHAR(1024) PRIMARY KEY);
    INSERT INTO Patients VALUES (7, 'Doe^Jane', 'P1', '2015-01-01T00:00:00.000');
    INSERT INTO Studies VALUES ('1.2', 7, '2014-05-06', '2015-01-01T00:00:00.000');
    INSERT INTO Series VALUES ('1.2.3', '1.2', 'CT', '2015-01-01T00:00:00.000');
"""


class Kind:
    """One kind of work: how it begins, what it does, and what must hold afterwards."""

    workers = 0

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self.place = folder / "database"
        for number in range(SERIES):
            datasets = factories.ct_series(IMAGES, f"series {number}", size=64)
            factories.write(datasets, self.files / str(number))
        self.originals = {path.read_bytes() for path in self.files.rglob("*.dcm")}

    def prepare(self) -> None:
        """Bring the database into the state from which the work starts."""

    def work(self) -> None:
        """What is interrupted."""

    def check(self) -> None:
        """What must hold after it was interrupted, and once more when it has been completed."""

    def take(self, copy: bool) -> None:
        with Database.open(self.place) as database:
            options = ImportOptions(copy=copy, tags=(NUMBER,), workers=self.workers)
            report = run(import_paths(database, [self.files], options))
        assert not report.failed + report.notes, report.as_text()

    def check_instances(self) -> set[int]:
        """Open it, check that it is sound and its instances whole; the numbers of images of its series."""
        with Database.open(self.place) as database:
            for read in (database.read, database.read_tags):
                assert read(lambda one: one.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
            rows = database.rows("instances")
            known = {row["SeriesInstanceUID"] for row in database.rows("series")}
            assert {row["SeriesInstanceUID"] for row in rows} <= known
            sops = [row["SOPInstanceUID"] for row in rows]
            cached = database.read_tags(values_of, database.store, sops, [SOP, MODALITY, NUMBER])
            for row in rows:
                values = cached[row["SOPInstanceUID"]]
                assert values[SOP] == row["SOPInstanceUID"]
                assert values[MODALITY] == "CT"
                file = Path(database.absolute_path(row["Filename"]))
                assert file.read_bytes() in self.originals, f"{file} is not whole"
            return {len(database.instances(series)) for series in known}


class Import(Kind):
    copy = False

    def prepare(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)

    def work(self) -> None:
        importer.BATCH_SIZE = importer.PROGRESS_EVERY = 10  # many transactions
        self.take(self.copy)

    def check(self) -> None:
        self.check_instances()
        self.take(self.copy)
        assert self.check_instances() == {IMAGES}
        with Database.open(self.place) as database:
            assert database.counts() == (1, 1, SERIES, SERIES * IMAGES)
            assert {row["DisplayedCount"] for row in database.rows("series")} == {IMAGES}


class Copy(Import):
    copy = True


class Workers(Import):
    """Headers are read by further processes, which must not outlive the killed one."""

    def work(self) -> None:
        os.environ[_MARK] = _MARKED
        enter = ScanWorkers.__enter__

        def enter_and_wait(workers: ScanWorkers) -> ScanWorkers:
            enter(workers)
            for worker in workers._all:
                worker._greeting.join()  # else this process would have read everything before
            return workers

        ScanWorkers.__enter__ = enter_and_wait  # type: ignore[method-assign]
        self.workers = 2
        super().work()

    def check(self) -> None:
        end = time.monotonic() + _WORKERS_END_S
        while workers := _marked_processes():
            assert time.monotonic() < end, f"workers live on: {workers}"
            time.sleep(0.01)
        super().check()


def _marked_processes() -> list[str]:
    """Processes that have the mark in their environment, where the operating system tells."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"{_MARK}={_MARKED}".encode() in place.read_bytes():
                found.append(place.parent.name)
    return found


class Removal(Kind):
    def prepare(self) -> None:
        self.take(copy=True)

    def work(self) -> None:
        with Database.open(self.place) as database:
            for row in database.rows("series"):
                database.remove_series(row["SeriesInstanceUID"], clear_cached_tags=True)

    def check(self) -> None:
        assert self.check_instances() <= {IMAGES}  # a series is there as a whole, or not at all
        assert len(list(self.files.rglob("*.dcm"))) == SERIES * IMAGES


class Update(Kind):
    def prepare(self) -> None:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir()
        with closing(sqlite3.connect(self.place / "ctkDICOM.sql")) as old:
            old.executescript(OLD_TABLES)
            rows = [(f"9.{n}", f"/old/{n}.dcm", "1.2.3", "2015-01-01T10:00:00") for n in range(OLD_IMAGES)]
            old.executemany("INSERT INTO Images VALUES (?, ?, ?, ?)", rows)
            old.commit()

    def work(self) -> None:
        Database.open(self.place).close()

    def check(self) -> None:
        with Database.open(self.place) as database:
            assert database.schema_version_loaded == "0.8.1"
            assert database.read(lambda one: one.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
            assert database.counts() == (1, 1, 1, OLD_IMAGES)
            assert database.rows("patients")[0]["UID"] == 7
        copies = list(self.place.glob("*.backup.sql"))
        assert copies
        for copy in copies:  # what has the name of a copy is one
            with closing(sqlite3.connect(copy)) as backup:
                assert backup.execute("SELECT count(*) FROM Images").fetchone() == (OLD_IMAGES,)


KINDS: dict[str, type[Kind]] = {
    "import": Import,
    "copy": Copy,
    "workers": Workers,
    "removal": Removal,
    "update": Update,
}


def interrupted(work: Callable[[], None], delay_s: float) -> bool:
    """Do it in a child that is killed after some time; whether it had not finished."""
    child = _started(work)
    time.sleep(delay_s)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the work failed by itself"
    return os.WIFSIGNALED(status)


def _started(work: Callable[[], None]) -> int:
    """Do it in a child; its process number."""
    child = os.fork()
    if not child:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def _duration_s(kind: Kind) -> float:
    kind.prepare()
    start = time.perf_counter()
    os.waitpid(_started(kind.work), 0)
    return time.perf_counter() - start


def main(name: str, folder: str, rounds: str, seed: str) -> int:
    chance = random.Random(int(seed))
    kind = KINDS[name](Path(folder))
    duration = min(_duration_s(kind) for _ in range(2))  # a busy machine is slow now and fast later
    unfinished = 0
    for _ in range(int(rounds)):
        kind.prepare()
        if interrupted(kind.work, chance.uniform(0, duration)):
            unfinished += 1
        else:
            duration *= _SHORTER
        kind.check()
    sys.stdout.write(f"{unfinished}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
