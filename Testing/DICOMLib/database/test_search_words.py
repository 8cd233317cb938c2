"""Words in what tables show: every kind of column, and news of any writer."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from DICOMLib.database import Database
from Testing.DICOMLib.database.conftest import make_record


@pytest.fixture
def filled(database: Database) -> Database:
    values = {"t0008_0020": "20240131", "t0008_1030": "Knie links", "t0008_103E": "PD fs", "t0020_0011": "12"}
    database.insert_records(
        [make_record(t0010_0010="M\N{LATIN SMALL LETTER U WITH DIAERESIS}ller^Eva", **values)], ()
    )
    return database


@pytest.mark.parametrize(
    "word",
    [
        "muller",
        "EVA",
        "knie",
        '"knie links"',
        "k*e",
        "2024-01-31",
        "20240131",
        "2024-01",
        "12",
        "1.2.3",
        "p1",
        "m?ller^e",
    ],
)
def test_found(filled, word):
    if word == "1.2.3":  # shorter than what is looked for in UIDs
        assert filled.search("series", word) == []
        return
    assert filled.search("series", word) == ["1.2.3"]


@pytest.mark.parametrize("word", ["knie*fs", "2023", "e*knie"])
def test_not_found_across_values(filled, word):
    assert filled.search("series", word) == []


def test_a_part_of_a_uid(database):
    database.insert_records([make_record(t0020_000E="1.2.840.113619.2.5")], ())
    assert database.search("series", "840.1136") == ["1.2.840.113619.2.5"]
    assert database.search("series", "840.1137") == []


def test_what_is_written_is_found(filled):
    assert filled.search("studies", "ankle") == []
    with closing(sqlite3.connect(filled.filename)) as connection:  # another program
        connection.execute("UPDATE Studies SET StudyDescription = 'Ankle'")
        connection.commit()
    assert filled.search("studies", "ankle") == ["1.2"]
    filled.insert_records([make_record("7", t0020_000D="8", t0020_000E="8.1", t0008_1030="Foot")], ())
    assert filled.search("studies", "foot") == ["8"]
    filled.remove_series("8.1")
    filled.cleanup()
    assert filled.search("studies", "foot") == []


def test_a_database_in_memory():
    with Database.open(":memory:") as database:
        assert database.search("series", "head") == []
        database.insert_records([make_record(t0008_103E="Head")], ())
        assert database.search("series", "head") == ["1.2.3"]
