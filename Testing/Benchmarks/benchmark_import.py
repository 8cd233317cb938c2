"""How fast files are imported, against pydicom's reader making the same index, in the same run.

    python -m Testing.Benchmarks.benchmark_import --files 10000

All times are of files in the cache of the operating system; only the ratios of one run mean something. CPU
times are those of this process and of the workers that it starts.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pydicom

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord
from DICOMLib.fields import DisplayedFieldGenerator
from DICOMLib.indexing import ImportOptions, import_paths
from DICOMLib.indexing.read import NEEDED_TAGS, read_record
from DICOMLib.indexing.scan import FIRST_READ_BYTES, WantedTags
from DICOMLib.standard.tags import tag_number
from Testing.Benchmarks import ct_corpus

# What Slicer's plugins and users ask for beside the tags of the displayed fields; first what differs from
# image to image.
PLUGIN_TAGS = (
    *("0020,0013", "0020,0032", "0008,0032", "0008,0033", "0020,1041", "0018,1151", "0018,1152"),
    *("0028,1050", "0028,1051", "0028,0106", "0028,0107"),
    *("0008,0008", "0008,0016", "0008,0032", "0008,0070", "0018,0050", "0018,1060", "0018,5100", "0020,0013"),
    *("0020,0032", "0020,0037", "0020,0105", "0028,0002", "0028,0004", "0028,0008", "0028,0030", "0028,0100"),
    *("0028,1050", "0028,1051", "0028,1052", "0028,1053", "0054,1001", "0062,0002", "0070,0080", "7FE0,0010"),
)
CACHED_TAGS = 53
READ_WITH_PYDICOM = 2000
FILES_FOR_DCMDUMP = 500
PEER = "import, read by pydicom"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of this process and of its workers for so many files."""

    name: str
    files: int
    wall_s: float
    cpu_s: float

    @property
    def wall_us(self) -> float:
        return self.wall_s / self.files * 1e6

    @property
    def cpu_us(self) -> float:
        return self.cpu_s / self.files * 1e6


def cpu_s() -> float:
    """CPU time of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def timed(name: str, files: int, work: Callable[[], object]) -> Timing:
    wall, cpu = time.perf_counter(), cpu_s()
    work()
    return Timing(name, files, time.perf_counter() - wall, cpu_s() - cpu)


def read_starts(paths: Sequence[str]) -> None:
    """What no reader can do without: open, read the start, close."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, FIRST_READ_BYTES)
        os.close(descriptor)


def cached_tags() -> list[str]:
    """What the displayed fields need, filled up with what plugins ask for."""
    with Database.open(":memory:") as database:
        needed = DisplayedFieldGenerator().required_tags(database)
    return list(dict.fromkeys([*needed, *PLUGIN_TAGS]))[:CACHED_TAGS]


def scan_all(paths: Sequence[str], tags: Sequence[str]) -> None:
    wanted = WantedTags({*tags, *NEEDED_TAGS})
    for path in paths:
        read_record(path, wanted, 0.0, frozenset())


@contextmanager
def empty_database() -> Iterator[Database]:
    with tempfile.TemporaryDirectory() as place, Database.open(place) as database:
        yield database


def import_all(database: Database, folder: Path, tags: Sequence[str], **options: object) -> None:
    how = ImportOptions(tags=tuple(tags), **options)  # type: ignore[arg-type]
    report = run(import_paths(database, [folder], how))
    assert not report.failed


def import_with_pydicom(paths: Sequence[str], tags: Sequence[str]) -> None:
    """The same index, its values read by pydicom."""
    numbers = [tag_number(tag) for tag in {*tags, *NEEDED_TAGS}]
    names = [*{*tags, *NEEDED_TAGS}]
    with empty_database() as database:
        for first in range(0, len(paths), 1000):
            records = [_record(path, names, numbers) for path in paths[first : first + 1000]]
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


def copy_all(paths: Sequence[str]) -> None:
    """What a program does that knows no better: read and write every byte."""
    with tempfile.TemporaryDirectory() as place:
        for number, path in enumerate(paths):
            shutil.copyfile(path, f"{place}/{number}")


def contest(folder: Path, paths: Sequence[str], workers: Sequence[int]) -> list[Timing]:
    """All contestants over the same files, once."""
    tags, count = cached_tags(), len(paths)
    some = paths[:: max(1, len(paths) // READ_WITH_PYDICOM)]
    found = [
        timed("open, read 16 KB, close", count, lambda: read_starts(paths)),
        timed("header scan", count, lambda: scan_all(paths, tags)),
        timed(PEER, len(some), lambda: import_with_pydicom(some, tags)),
    ]
    for number in workers:
        name = f"import, {number} workers" if number else "import, one process"
        with empty_database() as database:
            work = import_work(database, folder, tags, workers=number)
            found.append(timed(name, count, work))
    with empty_database() as database:
        found.append(timed("import, copies", count, import_work(database, folder, tags, copy=True)))
    with empty_database() as database:
        work = import_work(database, folder, tags, copy=True, hard_links=True)
        found.append(timed("import, hard links", count, work))
    found.append(timed("shutil.copyfile alone", count, lambda: copy_all(paths)))
    if shutil.which("dcmdump"):
        few = paths[:FILES_FOR_DCMDUMP]
        found.append(timed("dcmdump, one value", len(few), lambda: dump(few)))
    return found


def import_work(
    database: Database, folder: Path, tags: Sequence[str], **options: object
) -> Callable[[], None]:
    return lambda: import_all(database, folder, tags, **options)


def again(folder: Path, count: int) -> list[Timing]:
    """An import, and the same once more with nothing changed."""
    tags = cached_tags()
    with empty_database() as database:
        work = import_work(database, folder, tags)
        return [timed("first import", count, work), timed("import again", count, work)]


def best(runs: Sequence[Sequence[Timing]]) -> list[Timing]:
    """Of each contestant the fastest run, wall and CPU time each for itself."""
    return [
        Timing(same[0].name, same[0].files, min(one.wall_s for one in same), min(one.cpu_s for one in same))
        for same in zip(*runs, strict=True)
    ]


PEAK = """
import resource, sys
from pathlib import Path
from Testing.Benchmarks.benchmark_import import cached_tags, empty_database, import_all
with empty_database() as database:
    import_all(database, Path(sys.argv[1]), cached_tags())
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak_mb(folder: Path) -> float:
    """Peak memory of a process that imports a folder, MB."""
    command = [sys.executable, "-c", PEAK, str(folder)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout) / 1024


def table(found: Sequence[Timing]) -> str:
    """A line for each contestant; the last columns tell how many times it is faster than pydicom."""
    peer = next(one for one in found if one.name == PEER)
    lines = [f"{'':26}{'files/s':>10}{'us/file':>10}{'CPU us':>10}{'x wall':>9}{'x CPU':>9}"]
    lines += [
        f"{one.name:26}{1e6 / one.wall_us:10.0f}{one.wall_us:10.1f}{one.cpu_us:10.1f}"
        f"{peer.wall_us / one.wall_us:9.1f}{peer.cpu_us / one.cpu_us:9.1f}"
        for one in found
    ]
    return "\n".join(lines)


def copying(found: Sequence[Timing]) -> str:
    """An import with copies against what it cannot do without: the import with links, and the copies."""
    named = {one.name: one for one in found}
    copies, alone = named["import, copies"], named["shutil.copyfile alone"]
    links = next(one for one in found if one.name in ("import, one process", "import, 1 workers"))
    wall, cpu = links.wall_us + alone.wall_us, links.cpu_us + alone.cpu_us
    hard = named["import, hard links"]
    return (
        f"import with copies: {copies.wall_us / wall:.2f} of links and copyfile one after the other"
        f" (CPU {copies.cpu_us / cpu:.2f}); with hard links: {hard.wall_us / links.wall_us:.2f} of links"
        f" (CPU {hard.cpu_us / links.cpu_us:.2f})"
    )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 1, 2])
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--require", type=float, default=0.0, help="fail if import is less times faster")
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        folder = Path(place) / "all"
        paths = ct_corpus.make(folder, arguments.files)
        found = best([contest(folder, paths, arguments.workers) for _ in range(arguments.repeats)])
        first, second = best([again(folder, len(paths)) for _ in range(arguments.repeats)])
        ct_corpus.make(Path(place) / "tenth", arguments.files // 10)
        peaks = [peak_mb(Path(place) / "tenth"), peak_mb(folder)]
    print(f"{arguments.files} files, {CACHED_TAGS} cached tags\n{table(found)}")
    print(copying(found))
    print(f"import again, nothing changed: {first.wall_s:.2f} s, then {second.wall_s:.2f} s", end="")
    print(f" = {first.wall_s / second.wall_s:.1f} x faster")
    print(f"peak memory: {peaks[0]:.0f} MB for {arguments.files // 10} files, {peaks[1]:.0f} MB for all")
    peer = next(one for one in found if one.name == PEER)
    imports = [one for one in found if one.name.startswith("import, one") or "workers" in one.name]
    wall = max(peer.wall_us / one.wall_us for one in imports)
    cpu = max(peer.cpu_us / one.cpu_us for one in imports)
    return int(min(wall, cpu) < arguments.require)


if __name__ == "__main__":
    sys.exit(main())
