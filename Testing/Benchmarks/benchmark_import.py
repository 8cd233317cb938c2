"""How fast files are imported, against pydicom's reader making the same index, in the same run.

    python -m Testing.Benchmarks.benchmark_import --files 10000

All times are of files in the cache of the operating system; only the ratios of one run mean something.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pydicom

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord
from DICOMLib.fields import DisplayedFieldGenerator
from DICOMLib.indexing import ImportOptions, import_paths
from DICOMLib.indexing.read import read_record
from DICOMLib.indexing.scan import FIRST_READ_BYTES, WantedTags
from DICOMLib.standard.tags import tag_number
from Testing.Benchmarks import ct_corpus

# What Slicer's plugins ask for beside the tags of the displayed fields.
PLUGIN_TAGS = (
    *("0008,0008", "0008,0016", "0008,0032", "0008,0070", "0018,0050", "0018,1060", "0018,5100", "0020,0013"),
    *("0020,0032", "0020,0037", "0020,0105", "0028,0002", "0028,0004", "0028,0008", "0028,0030", "0028,0100"),
    *("0028,1050", "0028,1051", "0028,1052", "0028,1053", "0054,1001", "0062,0002", "0070,0080", "7FE0,0010"),
)
READ_WITH_PYDICOM = 1000
FILES_FOR_DCMDUMP = 500


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of this process and of its workers for so many files."""

    name: str
    files: int
    wall_s: float
    cpu_s: float

    @property
    def per_file_us(self) -> float:
        return self.wall_s / self.files * 1e6


def timed(name: str, files: int, work: Callable[[], object], repeats: int = 1) -> Timing:
    """The best of some runs."""
    best: Timing | None = None
    for _ in range(repeats):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        timing = Timing(name, files, time.perf_counter() - wall, time.process_time() - cpu)
        if best is None or timing.wall_s < best.wall_s:
            best = timing
    assert best is not None
    return best


def read_starts(paths: Sequence[str]) -> None:
    """What no reader can do without: open, read the start, close."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, FIRST_READ_BYTES)
        os.close(descriptor)


def scan_all(paths: Sequence[str], tags: Sequence[str]) -> None:
    wanted = WantedTags(tags)
    for path in paths:
        read_record(path, wanted, 0.0, frozenset())


def import_all(folder: Path, workers: int) -> None:
    with tempfile.TemporaryDirectory() as place, Database.open(place) as database:
        options = ImportOptions(tags=PLUGIN_TAGS, workers=workers)
        report = run(import_paths(database, [folder], options))
        assert not report.failed


def import_with_pydicom(paths: Sequence[str], tags: Sequence[str]) -> None:
    """The same index, its values read by pydicom."""
    numbers = [tag_number(tag) for tag in tags]
    with tempfile.TemporaryDirectory() as place, Database.open(place) as database:
        for first in range(0, len(paths), 1000):
            records = [_record(path, tags, numbers) for path in paths[first : first + 1000]]
            database.insert_records(records, tags)
        DisplayedFieldGenerator().update(database)


def _record(path: str, tags: Sequence[str], numbers: Sequence[int]) -> FileRecord:
    dataset = pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(numbers))
    values = {}
    for tag, number in zip(tags, numbers, strict=True):
        value = dataset.get(number)
        if value is not None and value.VR != "SQ" and value.value not in (None, ""):
            items = value.value if isinstance(value.value, pydicom.multival.MultiValue) else [value.value]
            values[tag] = "\\".join(map(str, items))
    return FileRecord(path, path, Path(path).stat().st_mtime, values)


def dump(paths: Sequence[str]) -> None:
    subprocess.run(["dcmdump", "+P", "0020,000e", *paths], check=True, stdout=subprocess.DEVNULL, timeout=600)


def timings(folder: Path, paths: Sequence[str], workers: Sequence[int], repeats: int) -> list[Timing]:
    """All contestants over the same files."""
    with Database.open(":memory:") as database:
        tags = sorted({*PLUGIN_TAGS, *DisplayedFieldGenerator().required_tags(database)} - {"7FE0,0010"})
    some = paths[:: max(1, len(paths) // READ_WITH_PYDICOM)]
    count = len(paths)
    found = [
        timed("open, read 16 KB, close", count, lambda: read_starts(paths), repeats),
        timed("header scan", count, lambda: scan_all(paths, tags), repeats),
    ]
    for number in workers:
        name = f"import, {number} workers" if number else "import, in process"
        found.append(timed(name, count, lambda number=number: import_all(folder, number), repeats))
    found.append(timed("import, read by pydicom", len(some), lambda: import_with_pydicom(some, tags)))
    if shutil.which("dcmdump"):
        few = paths[:FILES_FOR_DCMDUMP]
        found.append(timed("dcmdump, one value", len(few), lambda: dump(few)))
    return found


def table(found: Sequence[Timing]) -> str:
    """A line for each contestant; the last column is how many times it is faster than pydicom."""
    pydicom_us = next(one.per_file_us for one in found if "pydicom" in one.name)
    lines = [f"{'':26}{'files/s':>10}{'us/file':>10}{'CPU us':>10}{'x pydicom':>11}"]
    lines += [
        f"{one.name:26}{1e6 / one.per_file_us:10.0f}{one.per_file_us:10.1f}"
        f"{one.cpu_s / one.files * 1e6:10.1f}{pydicom_us / one.per_file_us:11.1f}"
        for one in found
    ]
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--require", type=float, default=0.0, help="fail if import is less times faster")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        paths = ct_corpus.make(folder, arguments.files)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = timings(folder, paths, arguments.workers, arguments.repeats)
    sys.stdout.write(f"{arguments.files} files\n{table(found)}\n")
    pydicom_us = next(one.per_file_us for one in found if "pydicom" in one.name)
    best = max(pydicom_us / one.per_file_us for one in found if one.name.startswith("import, in"))
    return int(best < arguments.require)


if __name__ == "__main__":
    sys.exit(main())
