"""Searches among cached values, against looking at every row of the view."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from types import SimpleNamespace

import pytest
from hypothesis import given, settings

from DICOMLib.database import Database, search, search_sql, tag_cache, tag_search, varying_values
from DICOMLib.standard.matching import pattern
from Testing.DICOMLib.database.conftest import make_record
from Testing.DICOMLib.database.test_tag_cache import OPERATIONS, TAGS, apply, new_cache

NUMBER, DESCRIPTION, SOP = "0020,0013", "0008,103E", "0008,0018"


class OneConnection:
    """What `collect` needs of a session."""

    def __init__(self, cache: sqlite3.Connection) -> None:
        self._cache = cache

    def read_tags(self, question, *arguments):
        return question(self._cache, *arguments)

    def tag_transaction(self):
        return closing(SimpleNamespace(cache=self._cache, close=lambda: None))


def collect(connection: sqlite3.Connection) -> None:
    for _ in varying_values.collect(OneConnection(connection)):
        pass


def found_in_the_view(connection: sqlite3.Connection, tag: str, value: str) -> tuple[set[str], list[str]]:
    query = (
        "SELECT c.SOPInstanceUID, d.SeriesInstanceUID FROM TagCache AS c "
        "JOIN TagInstances AS i ON i.SOPInstanceUID = c.SOPInstanceUID "
        "LEFT JOIN TagDefaults AS d ON d.Id = i.DefaultId WHERE c.Tag = ? AND c.Value = ?"
    )
    rows = connection.execute(query, (tag, value)).fetchall()
    return {series for _, series in rows if series}, sorted(sop for sop, series in rows if not series)


def check(connection: sqlite3.Connection) -> None:
    for tag in TAGS[:4]:
        for value in "ab":
            found = tag_search.find(connection, tag, pattern("LO", value))
            assert (found.series, sorted(found.sops)) == found_in_the_view(connection, tag, value)


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
def test_any_history_is_searched_as_the_view_shows_it(operations: list[tuple]) -> None:
    with closing(new_cache(plain=False)) as cache:
        for number, operation in enumerate(operations):
            apply(cache, operation)
            check(cache)
            if number % 3 == 2:
                collect(cache)
                check(cache)
        collect(cache)
        check(cache)
        assert cache.execute("SELECT count(*) FROM TagVarying WHERE Texts IS NULL").fetchone() == (0,)


def texts(database: Database, tag: str) -> list[str | None]:
    query = "SELECT Texts FROM TagVarying WHERE Tag = ?"
    return [row[0] for row in database.read_tags(lambda cache: cache.execute(query, (tag,)).fetchall())]


@pytest.fixture
def filled(database: Database) -> Database:
    records = [make_record(f"9.{n}", t0020_0013=str(n), t0020_000E="s1") for n in (3, 1, 2)]
    database.insert_records(records, [NUMBER, SOP])
    return database


def test_values_that_differ_are_collected_as_they_come(filled: Database) -> None:
    assert texts(filled, NUMBER) == ["\x1f1\x1f2\x1f3\x1f"]
    filled.insert_records([make_record("9.4", t0020_0013="4", t0020_000E="s1")], [NUMBER, SOP])
    assert texts(filled, NUMBER) == ["\x1f1\x1f2\x1f3\x1f4\x1f"]


def test_what_another_program_writes_is_collected_later(filled: Database) -> None:
    filled.cache_tags([("9.1", NUMBER, "17")])
    assert texts(filled, NUMBER) == [None]
    assert filled.search("series", "InstanceNumber:17") == ["s1"]
    assert filled.search("series", "InstanceNumber:1") == []
    assert list(varying_values.collect(filled)) == [None]
    assert texts(filled, NUMBER) == ["\x1f17\x1f2\x1f3\x1f"]
    assert filled.search("series", "InstanceNumber:17") == ["s1"]
    assert filled.search("series", "InstanceNumber:1") == []


def test_instances_that_go_are_found_no_more(filled: Database) -> None:
    filled.forget_tags(["9.2"])
    assert filled.search("series", "InstanceNumber:2") == []
    list(varying_values.collect(filled))
    assert texts(filled, NUMBER) == ["\x1f1\x1f3\x1f"]


def test_very_many_values_and_control_characters_are_looked_for_in_the_instances(database: Database) -> None:
    long = [make_record(f"9.{n}", t0008_103E=f"{n}" * 64, t0020_000E="s1") for n in range(700)]
    odd = [make_record(f"8.{n}", t0008_103E=f"a\x1f{n}", t0020_000E="s2") for n in range(3)]
    database.insert_records([*long, *odd], [DESCRIPTION])
    assert texts(database, DESCRIPTION) == ["", ""]
    assert series_with(database, DESCRIPTION, "699" * 64) == {"s1"}
    assert series_with(database, DESCRIPTION, "a\x1f2") == {"s2"}
    assert series_with(database, DESCRIPTION, "2") == set()


def series_with(database: Database, tag: str, value: str) -> set[str]:
    return database.read_tags(tag_search.find, tag, pattern("LO", value)).series


def test_tags_whose_shared_values_are_many(database: Database) -> None:
    records = [make_record(f"9.{n}", t0008_103E=f"text {n}", t0020_000E=f"s{n}") for n in range(2100)]
    database.insert_records(records, [DESCRIPTION])
    assert series_with(database, DESCRIPTION, "text 2099") == {"s2099"}
    assert len(series_with(database, DESCRIPTION, "*99")) == 21


def test_sop_instance_uids_are_looked_for_by_themselves(filled: Database) -> None:
    assert texts(filled, SOP) == [""]
    assert filled.search("series", "SOPInstanceUID:9.2") == ["s1"]
    assert filled.search("series", "SOPInstanceUID:9.7,9.3") == ["s1"]
    assert filled.search("series", "SOPInstanceUID:9.7") == []
    assert filled.search("series", "-SOPInstanceUID:9.2") == []


# no time of insertion, which words are looked for in, too, holds it by chance
OTHER_STUDY = "1.2.840.99999.9"


@pytest.mark.parametrize("many", [10, 1000])
def test_many_series_are_found_as_few_are(database: Database, monkeypatch, many: int) -> None:
    for module in (search, search_sql):
        monkeypatch.setattr(module, "MANY_KEYS", many)
    records = [make_record(f"9.{n}", t0020_0013=str(n % 2), t0020_000E=f"s{n // 2}") for n in range(60)]
    records.append(make_record("8.1", t0020_0013="5", t0020_000E="other", t0020_000D=OTHER_STUDY))
    database.insert_records(records, [NUMBER])
    series = [f"s{n}" for n in range(30)]
    assert database.search("series", "InstanceNumber:1") == series
    assert database.search("series", "-InstanceNumber:1") == ["other"]
    assert database.search("series", "InstanceNumber:1 -SeriesInstanceUID:s0") == series[1:]
    assert database.search("studies", "-InstanceNumber:1") == [OTHER_STUDY]
    assert database.search("studies", f"InstanceNumber:1 {OTHER_STUDY}") == []
    assert database.search("studies", "InstanceNumber:1") == ["1.2"]
    assert len(database.search("patients", "InstanceNumber:1")) == 1


def test_a_cache_of_the_second_version_is_completed_without_reading_it(filled: Database) -> None:
    with filled.tag_transaction() as connections:
        for name in ("Open", "Asked", "Default", "Short", "Long"):
            connections.cache.execute(f"DROP INDEX TagVarying{name}Index")
        connections.cache.execute("ALTER TABLE TagVarying DROP COLUMN Texts")
    filled.close()
    with Database.open(filled.filename) as again:
        assert texts(again, NUMBER) == [None]
        assert again.search("series", "InstanceNumber:2") == ["s1"]
        assert again.value("9.2", NUMBER) == "2"
        list(varying_values.collect(again))
        assert texts(again, NUMBER) == ["\x1f1\x1f2\x1f3\x1f"]
        assert isinstance(again.store, tag_cache.CompactStore)


def test_a_cache_of_the_third_version_gets_its_indexes_and_keeps_its_texts(filled: Database) -> None:
    with filled.tag_transaction() as connections:
        for name in ("Short", "Long"):
            connections.cache.execute(f"DROP INDEX TagVarying{name}Index")
    filled.close()
    with Database.open(filled.filename) as again:
        assert texts(again, NUMBER) == ["\x1f1\x1f2\x1f3\x1f"]
        assert again.search("series", "InstanceNumber:2") == ["s1"]
        assert again.value("9.2", NUMBER) == "2"


def test_values_are_found_in_short_texts_and_in_long_ones(database: Database) -> None:
    """Texts of 10 to 5000 characters; those of up to 900 are in an index."""
    records = [
        make_record(f"9.{length}.{n}", t0020_0013=f"{n}-{length}", t0020_000E=f"s{length}")
        for length in (3, 100, 150, 700)
        for n in range(length)
    ]
    database.insert_records(records, [NUMBER])
    lengths = sorted(len(text or "") for text in texts(database, NUMBER))
    assert lengths[0] < 900 < lengths[-1]
    for length in (3, 100, 150, 700):
        assert series_with(database, NUMBER, f"{length - 1}-{length}") == {f"s{length}"}
        assert series_with(database, NUMBER, f"{length}-{length}") == set()
    assert series_with(database, NUMBER, "2-*") == {"s3", "s100", "s150", "s700"}


def test_short_texts_of_which_there_are_many(database: Database) -> None:
    records = [
        make_record(f"9.{series}.{n}", t0020_0013=f"{series}.{n}", t0020_000E=f"s{series}")
        for series in range(2050)
        for n in range(2)
    ]
    database.insert_records(records, [NUMBER])
    assert series_with(database, NUMBER, "2049.1") == {"s2049"}
    assert len(series_with(database, NUMBER, "*9.0")) == 205
