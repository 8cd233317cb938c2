"""How fast `serve` answers to C-FIND over many series, as our client and as DCMTK's findscu see it.

    python -m Testing.Benchmarks.benchmark_find --series 100000

Records are made up: a patient has two studies with four series of one instance each. findscu runs with
TCP_NODELAY=1 and writes nothing; each time is the best of three. Both must see the same rows.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord
from DICOMLib.network.find import find
from DICOMLib.network.listener import ListenerOptions
from DICOMLib.network.peers import Peer
from DICOMLib.network.query import Range, identifier
from Testing import dcmtk
from Testing.Benchmarks.contest import folder_in_memory

BATCH, ROUNDS = 1000, 3
SERIES_OF_A_STUDY, STUDIES_OF_A_PATIENT = 4, 2
MODALITIES = ("CT", "MR", "PT", "SR")
LOOPBACK = ListenerOptions(port=0, address="127.0.0.1")


def record(number: int) -> FileRecord:
    """Of the one instance of a series."""
    study = number // SERIES_OF_A_STUDY
    patient = study // STUDIES_OF_A_PATIENT
    day = study % 3650
    values = {
        "0008,0016": "1.2.840.10008.5.1.4.1.1.2",
        "0008,0018": f"1.2.4.{number}",
        "0020,000E": f"1.2.3.{number}",
        "0020,000D": f"1.2.{study}",
        "0010,0020": f"P{patient:06}",
        "0010,0010": f"NAME{patient:06}^FIRST",
        "0008,0020": f"{2010 + day // 365}{day % 365 // 31 + 1:02}{day % 28 + 1:02}",
        "0008,0060": MODALITIES[number % len(MODALITIES)],
        "0008,1030": "Study",
        "0008,103E": f"Series {number % SERIES_OF_A_STUDY}",
    }
    path = f"/data/{number}.dcm"
    return FileRecord(path, path, 0.0, values)


@dataclass(frozen=True, slots=True)
class Question:
    """A query: its level and keys, as both clients are told."""

    text: str
    level: str
    keys: dict[str, str | Range]

    def options(self) -> list[str]:
        """For findscu."""
        query = identifier(self.level, self.keys)
        return [
            part
            for element in query
            for part in ("-k", f"{element.tag.group:04X},{element.tag.element:04X}={element.value or ''}")
        ]


QUESTIONS = (
    Question("studies of a patient", "STUDY", {"PatientID": "P000123"}),
    Question("studies by name with wildcard", "STUDY", {"PatientName": "NAME0012*"}),
    Question("studies of a month", "STUDY", {"StudyDate": Range("20150301", "20150331")}),
    Question("studies of a year", "STUDY", {"StudyDate": Range("20150101", "20151231")}),
    Question("series of a study", "SERIES", {"StudyInstanceUID": "1.2.123"}),
    Question("series by name with wildcard", "SERIES", {"PatientName": "NAME0012*"}),
    Question("series of a month, MR only", "SERIES",
             {"StudyDate": Range("20150301", "20150331"), "Modality": "MR"}),
    Question("series of a year", "SERIES", {"StudyDate": Range("20150101", "20151231")}),
)  # fmt: skip


def ours(peer: Peer, question: Question) -> tuple[int, float, float]:
    """Rows, and seconds until the first and the last of them."""
    firsts: list[float] = []
    begin = time.perf_counter()
    query = identifier(question.level, question.keys)
    report = run(find(peer, query, lambda _match: firsts or firsts.append(time.perf_counter() - begin)))
    return len(report.matches), firsts[0] if firsts else 0.0, time.perf_counter() - begin


def theirs(port: int, question: Question) -> tuple[int, float]:
    """Rows, and seconds with the start of the program."""
    begin = time.perf_counter()
    told = dcmtk.tool("findscu", "-S", "-v", *question.options(), "localhost", port)
    seconds = time.perf_counter() - begin
    return told.count("(Pending)"), seconds


def measure(database: Database) -> bool:
    """Print everything; whether the two disagree on what there is."""
    wrong = False
    with DimseServer(database, LOOPBACK) as server:
        peer = Peer("127.0.0.1", server.port, timeout_s=120, response_timeout_s=120)
        print(f"{'':34} {'rows':>7} {'first ms':>9} {'all ms':>9} {'rows/s':>8} {'findscu ms':>11}")
        for question in QUESTIONS:
            found = [ours(peer, question) for _ in range(ROUNDS)]
            seen = [theirs(server.port, question) for _ in range(ROUNDS)]
            rows, first, last = found[0][0], min(one[1] for one in found), min(one[2] for one in found)
            told = min(one[1] for one in seen)
            print(
                f"{question.text:34} {rows:>7} {first * 1e3:>9.1f} {last * 1e3:>9.1f} {rows / last:>8.0f} "
                f"{told * 1e3:>11.1f}",
                flush=True,
            )
            if {one[0] for one in (*found, *seen)} != {rows}:
                print(f"  findscu sees {seen[0][0]} rows")
                wrong = True
    return wrong


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 1 if the two clients do not see the same."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    parser.add_argument("--series", type=int, default=100_000)
    options = parser.parse_args(arguments)
    with folder_in_memory() as folder, Database.open(folder / "db") as database:
        for first in range(0, options.series, BATCH):
            batch = [record(number) for number in range(first, min(first + BATCH, options.series))]
            database.insert_records(batch, ())
        wrong = measure(database)
    print(f"highest memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
