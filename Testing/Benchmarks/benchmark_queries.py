"""How fast a database of many instances answers, and what it costs to fill it.

    python -m Testing.Benchmarks.benchmark_queries --instances 100000

No files are read: records are made up, with 53 tags each, of which about ten differ within a series of 200
instances. Names of the rows are those of the questions that the browser and the plugins ask.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.database import Database, FileRecord
from DICOMLib.database.stored_values import COLUMN_TAGS
from DICOMLib.database.tag_cache import PlainStore

BATCH = 1000
PER_SERIES, PER_STUDY, PER_PATIENT = 200, 4, 40
TAGS = tuple(dict.fromkeys((*COLUMN_TAGS, *(f"0028,{number:04X}" for number in range(40)))))[:53]
SAME_IN_SERIES, DIFFERENT = TAGS[5:44], TAGS[44:53]

# What must hold for a million instances on a desktop computer, milliseconds.
LIMITS_MS = {
    "open": 300.0,
    "lists": 50.0,
    "one tag of a series": 10.0,
    "fileValue": 0.1,
    "removal": 100.0,
}
# The tag cache takes at most this part of CTK's.
LIMIT_SIZE = 0.1
SAMPLE = 20_000


def records(first: int, count: int) -> list[FileRecord]:
    """Records number `first` and following."""
    return [_record(number) for number in range(first, first + count)]


def _record(number: int) -> FileRecord:
    series, chance = number // PER_SERIES, random.Random(number)
    patient = series // PER_PATIENT
    values = {tag: f"value of {tag}" for tag in SAME_IN_SERIES}
    values |= {tag: f"{chance.random():.6f}" for tag in DIFFERENT}
    values |= {
        "0008,0018": sop(number),
        "0020,000E": f"1.2.3.{series}",
        "0020,000D": f"1.2.{series // PER_STUDY}",
        "0010,0020": f"P{patient}",
        "0010,0010": f"Name{patient}",
        "0008,0020": "20200102",
    }
    path = f"/data/{patient}/{series}/{number}.dcm"
    return FileRecord(path, path, 0.0, values)


def sop(number: int) -> str:
    """A SOP Instance UID as scanners make them, without an order."""
    return f"1.2.826.0.1.3680043.{random.Random(-number - 1).getrandbits(110)}"


def fill(database: Database, instances: int) -> float:
    """Insert the records; CPU microseconds of the insertion for each."""
    spent = 0.0
    for first in range(0, instances, BATCH):
        batch = records(first, min(BATCH, instances - first))
        start = time.process_time()
        database.insert_records(batch, TAGS)
        spent += time.process_time() - start
    return spent / instances * 1e6


@dataclass(frozen=True, slots=True)
class Medians:
    """Of some equal questions, milliseconds; CPU time is that of this process."""

    wall: float
    cpu: float


def median_ms(question: Callable[[Any], object], arguments: Sequence[Any]) -> Medians:
    """Median times of a question."""
    walls, cpus = [], []
    for argument in arguments:
        wall, cpu = time.perf_counter(), time.process_time()
        question(argument)
        cpus.append((time.process_time() - cpu) * 1e3)
        walls.append((time.perf_counter() - wall) * 1e3)
    return Medians(*(sorted(times)[len(times) // 2] for times in (walls, cpus)))


def timings(filename: str, instances: int) -> Iterator[tuple[str, str, Medians]]:
    """(kind, question, medians)."""
    database = ctkDICOMDatabase(filename)
    core = database.core
    numbers = [random.Random(7).randrange(instances) for _ in range(200)]
    series = [number // PER_SERIES for number in numbers]
    rows = core.rows
    yield "lists", "patients", median_ms(lambda _: database.patients(), numbers)
    yield "lists", "rows of patients", median_ms(lambda _: rows("patients"), numbers)
    patients, studies = [n // PER_PATIENT + 1 for n in series], [f"1.2.{n // PER_STUDY}" for n in series]
    uids = [f"1.2.3.{n}" for n in series]
    yield "lists", "studies of a patient", median_ms(database.studiesForPatient, patients)
    yield "lists", "series of a study", median_ms(database.seriesForStudy, studies)
    yield "lists", "rows of all series", median_ms(lambda _: rows("series"), numbers[:5])
    yield "lists", "instances of a series", median_ms(database.instancesForSeries, uids)
    yield "lists", "files of a series", median_ms(database.filesForSeries, uids)
    yield "lists", "counts", median_ms(lambda _: core.counts(), numbers[:5])
    paths = [f"/data/{n // PER_SERIES // PER_PATIENT}/{n // PER_SERIES}/{n}.dcm" for n in range(instances)]
    yield "fileValue", "first", median_ms(lambda n: database.fileValue(paths[n], TAGS[30]), numbers)
    yield "fileValue", "again", median_ms(lambda n: database.fileValue(paths[n], TAGS[50]), numbers)
    yield "fileValue", "not in the database", median_ms(lambda n: core.sop_of_file(f"/x/{n}"), numbers)
    sops = {number: core.instances(f"1.2.3.{number}") for number in series[:20]}
    yield "one tag of a series", "values", median_ms(lambda n: core.values(sops[n], TAGS[50:51]), series[:20])
    yield "all tags of a series", "values", median_ms(lambda n: core.values(sops[n], TAGS), series[:20])
    yield (
        "known files",
        "1,000 of them",
        median_ms(lambda n: core.insertion_times(paths[n : n + 1000]), numbers[:9]),
    )
    database.closeDatabase()


def opening(folder: Path) -> Iterator[tuple[str, str, Medians]]:
    """How long it takes until the first patients can be shown."""

    def show(_: object) -> None:
        with Database.open(folder) as database:
            database.rows("patients")

    yield "open", "open, and the rows of patients", median_ms(show, range(5))


def removal(folder: Path, instances: int) -> Iterator[tuple[str, str, Medians]]:
    """Series that go, with their cached values and without; at the end, since others ask for them."""
    count = instances // PER_SERIES
    with Database.open(folder) as database:
        for text, clear in (("rows of a series", False), ("a series with its cached values", True)):
            uids = [f"1.2.3.{count - 1 - number - 10 * clear}" for number in range(min(10, count // 4))]
            ask = partial(database.remove_series, clear_cached_tags=clear)
            yield "removal", text, median_ms(ask, uids)


def ctk_bytes(folder: Path) -> float:
    """Bytes that the table of CTK takes for an instance, over a sample of the same records."""
    filename = folder / "sample-by-ctk.sql"
    with closing(sqlite3.connect(filename)) as connection:
        connection.execute(
            "CREATE TABLE TagCache (SOPInstanceUID, Tag, Value, PRIMARY KEY (SOPInstanceUID, Tag))"
        )
        store = PlainStore()
        for first in range(0, SAMPLE, BATCH):
            batch: dict[str, list[tuple[str, list[str | None]]]] = {}
            for record in records(first, BATCH):
                answers = [record.values.get(tag) for tag in TAGS]
                batch.setdefault(record.values["0020,000E"], []).append((record.values["0008,0018"], answers))
            store.write(connection, TAGS, batch)
        connection.commit()
    size = filename.stat().st_size
    filename.unlink()
    return size / SAMPLE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if a limit does not hold."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--instances", type=int, default=100_000)
    parser.add_argument("--folder", help="where to make the database, or one that was made before")
    options = parser.parse_args(arguments)
    folder = Path(options.folder or tempfile.mkdtemp(prefix="queries-"))
    try:
        return int(measure(folder, options.instances))
    finally:
        if not options.folder:
            shutil.rmtree(folder)


def measure(folder: Path, instances: int) -> bool:
    """Print everything; whether a limit does not hold."""
    with Database.open(folder) as database:
        if not database.counts()[3]:
            print(f"insertion: {fill(database, instances):.1f} us of CPU for each record")
    sizes = {path.name: path.stat().st_size / instances for path in folder.glob("*.sql")}
    theirs = ctk_bytes(folder)
    share = sizes["ctkDICOMTagCache.sql"] / theirs
    print("bytes for each instance:", {name: round(size) for name, size in sizes.items()})
    print(f"tag cache: {share:.3f} of the {theirs:.0f} bytes that CTK takes (limit {LIMIT_SIZE})")
    slow = share > LIMIT_SIZE
    questions = chain(
        opening(folder), timings(str(folder / "ctkDICOM.sql"), instances), removal(folder, instances)
    )
    for kind, question, median in questions:
        limit = LIMITS_MS.get(kind)
        slow = slow or (limit is not None and median.wall > limit)
        note = f" (limit {limit:g} ms)" if limit else ""
        print(f"{median.wall:10.3f} ms {median.cpu:10.3f} CPU ms  {kind}: {question}{note}")
    return slow


if __name__ == "__main__":
    sys.exit(main())
