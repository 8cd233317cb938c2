"""The compact tag cache against the one table that Slicer and CTK know: same questions, same answers."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from DICOMLib.database import Database, FileRecord, tag_cache

Make = Callable[..., FileRecord]

# As CTK makes its table.
PLAIN = "CREATE TABLE TagCache (SOPInstanceUID, Tag, Value, PRIMARY KEY (SOPInstanceUID, Tag))"
TAGS = ("0008,0018", "0008,0060", "0020,0013", "0028,0010", "0028,0030")


def new_cache(plain: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    if plain:
        connection.execute(PLAIN)
    else:
        tag_cache.create(connection)
    return connection


@pytest.fixture(params=["plain", "compact"])
def cache(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    with closing(new_cache(request.param == "plain")) as connection:
        yield connection


def content(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    return sorted(connection.execute("SELECT SOPInstanceUID, Tag, Value FROM TagCache"))


def answers_of(number: int, series: int) -> list[str | None]:
    return [f"9.{number}", "CT" if series else "MR", str(number), None, "0.5\\0.5"]


def fill(connection: sqlite3.Connection) -> None:
    batch = {
        f"1.{series}": [(f"9.{n}", answers_of(n, series)) for n in range(series * 3, series * 3 + 3)]
        for series in (0, 1)
    }
    tag_cache.store_of(connection).write(connection, TAGS, batch)


def test_statements_of_ctk(cache: sqlite3.Connection) -> None:
    fill(cache)
    select = "SELECT Value FROM TagCache WHERE SOPInstanceUID=? AND Tag=?"
    assert cache.execute(select, ("9.4", "0008,0060")).fetchall() == [("CT",)]
    assert cache.execute(select, ("9.4", "0028,0010")).fetchall() == [("__TAG_NOT_IN_INSTANCE__",)]
    assert cache.execute(select, ("9.4", "0010,0010")).fetchall() == []
    cache.execute("INSERT OR REPLACE INTO TagCache VALUES(?,?,?)", ("9.4", "0008,0060", "PT"))
    cache.execute("INSERT OR REPLACE INTO TagCache VALUES(?,?,?)", ("9.4", "0010,0010", "Doe"))
    cache.execute("INSERT OR REPLACE INTO TagCache VALUES(?,?,?)", ("9.99", "0008,0060", "US"))
    assert cache.execute(select, ("9.4", "0008,0060")).fetchall() == [("PT",)]
    assert cache.execute(select, ("9.3", "0008,0060")).fetchall() == [("CT",)]
    assert cache.execute(
        "SELECT Tag, Value FROM TagCache WHERE SOPInstanceUID=? ORDER BY Tag", ("9.4",)
    ).fetchall() == [
        ("0008,0018", "9.4"),
        ("0008,0060", "PT"),
        ("0010,0010", "Doe"),
        ("0020,0013", "4"),
        ("0028,0010", "__TAG_NOT_IN_INSTANCE__"),
        ("0028,0030", "0.5\\0.5"),
    ]
    cache.execute("DELETE FROM TagCache WHERE SOPInstanceUID=?", ("9.4",))
    assert cache.execute("SELECT count(*) FROM TagCache WHERE SOPInstanceUID='9.4'").fetchone() == (0,)
    assert cache.execute("SELECT count(*) FROM TagCache").fetchone() == (5 * 5 + 1,)


SOPS = st.sampled_from(["9.1", "9.2", "9.3", "9.4"])
SOME_TAGS = st.sampled_from(TAGS[:4])
VALUES = st.sampled_from(["a", "b", "__TAG_NOT_IN_INSTANCE__"])
BATCH = st.dictionaries(
    st.sampled_from(["1.1", "1.2"]),
    st.lists(
        st.tuples(SOPS, st.lists(st.sampled_from(["a", "b", None]), min_size=4, max_size=4)), max_size=3
    ),
)
OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), SOPS, SOME_TAGS, VALUES),
        st.tuples(st.just("delete"), SOPS),
        st.tuples(st.just("delete tag"), SOPS, SOME_TAGS),
        st.tuples(st.just("update"), SOPS, SOME_TAGS, VALUES),
        st.tuples(st.just("remove"), SOPS),
        st.tuples(st.just("write"), st.integers(2, 4), BATCH),
        st.tuples(st.just("tidy")),
    ),
    max_size=14,
)


def apply(connection: sqlite3.Connection, operation: tuple) -> None:
    name, *rest = operation
    if name == "insert":
        connection.execute("INSERT OR REPLACE INTO TagCache VALUES (?, ?, ?)", rest)
    elif name == "delete":
        connection.execute("DELETE FROM TagCache WHERE SOPInstanceUID = ?", rest)
    elif name == "delete tag":
        connection.execute("DELETE FROM TagCache WHERE SOPInstanceUID = ? AND Tag = ?", rest)
    elif name == "update":
        connection.execute("UPDATE TagCache SET Value = ?3 WHERE SOPInstanceUID = ?1 AND Tag = ?2", rest)
    elif name == "remove":
        tag_cache.store_of(connection).remove(connection, rest)
    elif name == "tidy":
        tag_cache.forget_unused_defaults(connection)
    else:
        tags, batch = TAGS[: rest[0]], rest[1]
        seen: dict[str, dict[str, list[str | None]]] = {}
        for series, instances in batch.items():
            for sop, answers in instances:
                if not any(sop in others for name_, others in seen.items() if name_ != series):
                    seen.setdefault(series, {})[sop] = answers[: rest[0]]
        tag_cache.store_of(connection).write(
            connection, tags, {uid: list(items.items()) for uid, items in seen.items()}
        )


@settings(max_examples=150, deadline=None)
@given(OPERATIONS)
def test_any_history_leaves_the_same_content_in_both(operations: list[tuple]) -> None:
    with closing(new_cache(plain=True)) as plain, closing(new_cache(plain=False)) as compact:
        for operation in operations:
            apply(plain, operation)
            apply(compact, operation)
            assert content(compact) == content(plain)


def test_nothing_is_left_of_what_was_deleted() -> None:
    with closing(new_cache(plain=False)) as cache:
        fill(cache)
        for number in range(6):
            cache.execute("DELETE FROM TagCache WHERE SOPInstanceUID = ?", (f"9.{number}",))
        tag_cache.forget_unused_defaults(cache)
        for table in ("TagInstances", "TagDifferences", "TagDefaults", "TagDefaultValues"):
            assert cache.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_what_instances_share_is_stored_once() -> None:
    with closing(new_cache(plain=False)) as cache:
        instances = [(f"9.{n}", [f"9.{n}", "CT", str(n), None, "0.5"]) for n in range(100)]
        tag_cache.store_of(cache).write(cache, TAGS, {"1.1": instances[:50]})
        tag_cache.store_of(cache).write(cache, TAGS, {"1.1": instances[50:]})
        assert cache.execute("SELECT count(*) FROM TagDefaults").fetchone() == (1,)
        assert cache.execute("SELECT count(*) FROM TagDifferences").fetchone() == (2 * 99,)
        assert cache.execute("SELECT count(*) FROM TagCache").fetchone() == (5 * 100,)


def test_a_series_of_two_kinds_gets_defaults_for_each() -> None:
    tags = tuple(f"0028,{number:04X}" for number in range(20))
    kinds = [[f"{kind}{tag}" for tag in tags] for kind in ("a", "b")]
    with closing(new_cache(plain=False)) as cache:
        instances = [(f"9.{n}", kinds[n % 2]) for n in range(10)]
        tag_cache.store_of(cache).write(cache, tags, {"1.1": instances})
        assert cache.execute("SELECT count(*) FROM TagDefaults").fetchone() == (2,)
        assert cache.execute("SELECT count(*) FROM TagDifferences").fetchone() == (0,)
        assert [value for _, _, value in content(cache)[20:40]] == kinds[1]


def test_other_tags_in_a_later_batch_do_not_show_in_earlier_instances() -> None:
    with closing(new_cache(plain=False)) as cache:
        store = tag_cache.store_of(cache)
        store.write(cache, ("0008,0060",), {"1.1": [("9.1", ["CT"])]})
        store.write(cache, ("0008,0060", "0020,0013"), {"1.1": [("9.2", ["CT", "2"])]})
        store.write(cache, ("0020,0013",), {"1.1": [("9.3", ["3"])]})
        assert content(cache) == [
            ("9.1", "0008,0060", "CT"),
            ("9.2", "0008,0060", "CT"),
            ("9.2", "0020,0013", "2"),
            ("9.3", "0020,0013", "3"),
        ]


# Through the database


def test_values_and_sentinels(database: Database, record: Make) -> None:
    source = record("9.1", t0008_0060="CT")
    source = FileRecord(source.path, source.path, 0.0, source.values, unstored=frozenset(("7FE0,0010",)))
    database.insert_records([source], ["0008,0060", "0008,103e", "7FE0,0010"])
    assert database.cached_tag("9.1", "0008,0060") == "CT"
    assert database.cached_tag("9.1", "0008,103E") == "__TAG_NOT_IN_INSTANCE__"
    assert database.cached_tag("9.1", "0008,103e") == "__TAG_NOT_IN_INSTANCE__"
    assert database.cached_tag("9.1", "7fe0,0010") == "__VALUE_IS_NOT_STORED__"
    assert database.cached_tag("9.1", "0010,0010") is None
    assert [database.value("9.1", tag) for tag in ("0008,0060", "0008,103E", "7FE0,0010", "0010,0010")] == [
        "CT",
        "",
        "",
        "",
    ]
    assert database.value("/data/9.1.dcm", "0008,0060") == "CT"
    assert database.value("/data/unknown.dcm", "0008,0060") == ""
    assert database.values(["9.1", "9.2"], ["0008,0060", "0008,103e"]) == {
        "9.1": {"0008,0060": "CT"},
        "9.2": {},
    }


def test_single_values(database: Database) -> None:
    database.cache_tags(
        [("9.1", "0008,103e", "Head"), ("9.1", "0008,1030", ""), ("9.2", "0008,103E", "Foot")]
    )
    assert database.cached_tag("9.1", "0008,103E") == "Head"
    assert database.cached_tag("9.1", "0008,1030") == "__TAG_NOT_IN_INSTANCE__"
    assert sorted(database.cached_tags("9.1", ["0008,103E", "0008,1030", "0010,0010"])) == [
        "0008,1030",
        "0008,103E",
    ]
    database.forget_tags(["9.1"])
    assert database.cached_tag("9.1", "0008,103E") is None
    assert database.cached_tag("9.2", "0008,103E") == "Foot"
    database.clear_tag_cache()
    assert database.cached_tag("9.2", "0008,103E") is None
    assert database.has_tag_cache()


def test_an_empty_text_that_another_program_stored(database: Database) -> None:
    with database.tag_transaction() as connections:
        connections.cache.execute("INSERT INTO TagCache VALUES ('9.1', '0008,103E', '')")
    assert database.cached_tag("9.1", "0008,103E") == "__VALUE_IS_EMPTY_STRING__"
    assert database.value("9.1", "0008,103E") == ""


def test_a_plain_cache_works_and_stays_plain(tmp_path: Path, record: Make) -> None:
    with closing(sqlite3.connect(tmp_path / "ctkDICOMTagCache.sql")) as plain:
        plain.execute(PLAIN)
        plain.execute("INSERT INTO TagCache VALUES ('9.0', '0008,0060', 'MR')")
        plain.commit()
    with Database.open(tmp_path) as database:
        database.insert_records([record("9.1", t0008_0060="CT")], ["0008,0060", "0008,103E"])
        database.cache_tags([("9.2", "0008,0060", "PT")])
        assert [database.value(f"9.{n}", "0008,0060") for n in range(3)] == ["MR", "CT", "PT"]
        database.forget_tags(["9.0"])
        assert database.cached_tag("9.0", "0008,0060") is None
    with closing(sqlite3.connect(tmp_path / "ctkDICOMTagCache.sql")) as plain:
        assert plain.execute("SELECT name, type FROM sqlite_master WHERE type <> 'index'").fetchall() == [
            ("TagCache", "table")
        ]
        assert content(plain) == [
            ("9.1", "0008,0060", "CT"),
            ("9.1", "0008,103E", "__TAG_NOT_IN_INSTANCE__"),
            ("9.2", "0008,0060", "PT"),
        ]
