"""How fast a search answers among many series.

    python -m Testing.Benchmarks.benchmark_search --series 100000

No files are read: series of two instances are made up, five in a study, two studies of a patient. The peer is
the plain way: read the rows of the table (or all cached values of the tag) and match them one by one.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from DICOMLib.database import Database, FileRecord
from DICOMLib.standard.matching import Contains, pattern

BATCH = 5000
LIMIT_MS = 100.0
PER_STUDY, STUDIES = 5, 2
MODALITIES = ("CT", "MR", "PT", "SR", "SEG")
PARTS = ("Head", "Thorax venös", "Abdomen", "T1 mprage", "Localizer", "Dose report")
EXTRA_TAGS = tuple(f"0028,{number:04X}" for number in range(0x1000, 0x1000 + 40))
SLICE_THICKNESS, INSTANCE_NUMBER, SOP_INSTANCE_UID = "0018,0050", "0020,0013", "0008,0018"
SOP_ROOT = "1.2.826.0.1.3680043.1"
TAGS = (SOP_INSTANCE_UID, "0008,0060", "0008,103E", SLICE_THICKNESS, INSTANCE_NUMBER, *EXTRA_TAGS)

# Level, search, and the plain way: column or tag with the Value Representation and text that are matched.
SEARCHES = (
    ("series", "Modality:CT", "Modality", "CS", "CT"),
    ("series", "SeriesDescription:*veno*7", "SeriesDescription", "LO", "*veno*7"),
    ("series", "SeriesDate:2020-05-", "SeriesDate", "DA", "2020-05-"),
    ("series", "SeriesNumber:2-3 Modality:PT", "SeriesNumber", "IS", "2-3"),
    ("series", "venos", "SeriesDescription", "", "venos"),
    ("series", "modality:mr name123", "SeriesDescription", "", "name123"),
    ("patients", "PatientName:^jo* Modality:MR", "PatientsName", "PN", "^jo*"),
    ("studies", "StudyDate:2021- Modality:SEG", "StudyDate", "DA", "2021-"),
    ("series", "SliceThickness<1", SLICE_THICKNESS, "DS", "0-1"),
    ("series", "InstanceNumber:7", INSTANCE_NUMBER, "IS", "7"),
    ("series", "InstanceNumber:2 Modality:CT", INSTANCE_NUMBER, "IS", "2"),
    ("series", f"SOPInstanceUID:{SOP_ROOT}.777", SOP_INSTANCE_UID, "UI", f"{SOP_ROOT}.777"),
)


def record(number: int) -> FileRecord:
    """Instance `number`; two follow each other in a series."""
    series = number // 2
    study, chance = series // PER_STUDY, random.Random(series)
    patient = study // STUDIES
    values = {tag: f"value {chance.randrange(20)} of {tag}" for tag in EXTRA_TAGS}
    values |= {
        "0008,0018": f"{SOP_ROOT}.{number}",
        "0020,000E": f"1.2.826.0.1.3680043.2.{series}",
        "0020,000D": f"1.2.826.0.1.3680043.3.{study}",
        "0010,0020": f"P{patient}",
        "0010,0010": f"Name{patient}^{'Jörg' if patient % 3 else 'Anna'}",
        "0008,0020": f"{2015 + study % 9}{1 + study % 12:02}15",
        "0008,0021": f"{2015 + study % 9}{1 + study % 12:02}16",
        "0008,0060": MODALITIES[series % PER_STUDY],
        "0008,103E": f"{chance.choice(PARTS)} {chance.randrange(1000)}",
        "0020,0011": str(series % 40),
        SLICE_THICKNESS: f"{chance.randrange(1, 100) / 10}",
        INSTANCE_NUMBER: str(series % 10 + number % 2 + 1),
    }
    path = f"/data/{series}/{number}.dcm"
    return FileRecord(path, path, 0.0, values)


def plain(database: Database, level: str, name: str, vr: str, text: str) -> int:
    """Number of matches of one condition, found by reading everything."""
    wanted = pattern(vr, text) if vr else Contains(text)
    if "," in name:
        query = "SELECT Value FROM TagCache WHERE Tag = ?"
        values = database.read_tags(lambda connection: connection.execute(query, (name,)).fetchall())
        return sum(wanted.matches(str(value)) for (value,) in values)
    table = {"PatientsName": "patients", "StudyDate": "studies"}.get(name, level)
    return sum(wanted.matches(str(row[name])) for row in database.rows(table))


def milliseconds(question: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Median time of a question, and of the processor for it."""
    times = []
    for _ in range(repeats):
        start, start_cpu = time.perf_counter(), time.process_time()
        question()
        times.append(((time.perf_counter() - start) * 1e3, (time.process_time() - start_cpu) * 1e3))
    return statistics.median(wall for wall, _ in times), statistics.median(cpu for _, cpu in times)


def main() -> int:
    """Print a line for each search; 1 if one takes more of a processor than the limit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    slow = 0
    with tempfile.TemporaryDirectory() as folder, Database.open(Path(folder)) as database:
        for first in range(0, 2 * options.series, BATCH):
            last = min(first + BATCH, 2 * options.series)
            database.insert_records([record(number) for number in range(first, last)], TAGS)
        print(f"{options.series} series; limit {LIMIT_MS:.0f} ms")
        print(f"{'level':9} {'search':32} {'found':>7} {'ms':>7} {'CPU ms':>7} {'plain ms':>9} {'ratio':>6}")
        for level, text, *way in SEARCHES:
            found = len(database.search(level, text))
            spent, cpu = milliseconds(
                lambda level=level, text=text: database.search(level, text), options.repeats
            )
            peer, peer_cpu = milliseconds(lambda level=level, way=way: plain(database, level, *way), 1)
            print(f"{level:9} {text:32} {found:7} {spent:7.1f} {cpu:7.1f} {peer:9.1f} {peer_cpu / cpu:6.1f}")
            slow += cpu > LIMIT_MS
    return int(slow > 0)


if __name__ == "__main__":
    sys.exit(main())
