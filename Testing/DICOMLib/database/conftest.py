"""Records and databases for the tests of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from DICOMLib.database import Database, FileRecord

PATIENT_NAME, PATIENT_ID = "0010,0010", "0010,0020"
STUDY, SERIES, SOP = "0020,000D", "0020,000E", "0008,0018"


def make_record(
    sop: str = "1.2.3.4.1", path: str | None = None, modified: float = 0.0, **values: str
) -> FileRecord:
    """A record of patient P1 "Doe^Jane", study 1.2, series 1.2.3; tags are given as t0008_0060="CT"."""
    stored = f"/data/{sop}.dcm" if path is None else path
    known = {PATIENT_ID: "P1", PATIENT_NAME: "Doe^Jane", STUDY: "1.2", SERIES: "1.2.3", SOP: sop}
    known.update({name[1:].replace("_", ","): value for name, value in values.items()})
    return FileRecord(stored, stored, modified, {tag: value for tag, value in known.items() if value})


@pytest.fixture
def record() -> Callable[..., FileRecord]:
    return make_record


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path) as opened:
        yield opened


def judge(database, verdicts):
    """Add the column of verdicts on geometries, as its rule does, and fill it."""
    with database.transaction() as connections:
        connections.main.execute("ALTER TABLE Series ADD COLUMN Geometry VARCHAR(255)")
        connections.main.executemany(
            "UPDATE Series SET Geometry = ? WHERE SeriesInstanceUID = ?",
            [(verdict, uid) for uid, verdict in verdicts.items()],
        )
