"""Cached values of elements: two ways to store them, one view to read them.

A cache that Slicer or CTK wrote is one plain table. Our own files store, for each series, the values of one
instance as defaults, and for the others what differs (`Resources/SQL/tag-cache.sql`); the view `TagCache`
shows both alike. Which of the two a file holds is looked up once, when it is opened.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress
from operator import ne
from typing import Protocol

from DICOMLib.core.resources import resource
from DICOMLib.database import varying_values
from DICOMLib.database.schema import column_names, statements, table_names
from DICOMLib.database.stored_values import EMPTY_STRING, NOT_IN_INSTANCE
from DICOMLib.database.varying_values import Changed

# Values of one instance in the order of the tags; None for an element that is absent or empty.
Answers = Sequence[str | None]
# (SOP Instance UID, its answers) of the instances of each series.
Batch = Mapping[str, Sequence[tuple[str, Answers]]]

# An instance that differs in more than this share of the tags gets defaults of its own.
_MAX_DIFFERENCE = 0.4
_DEFAULTS_TO_TRY = 4
# What the script has had for the shortest time.
_LATEST_INDEX = "TagVaryingLongIndex"


class TagStore(Protocol):
    """How a file stores its values."""

    def write(self, connection: sqlite3.Connection, tags: Sequence[str], batch: Batch) -> None:
        """Store the answers of whole instances, in place of what was known of them."""

    def remove(self, connection: sqlite3.Connection, sops: Sequence[str]) -> None:
        """Forget all values of some instances."""


def is_there(connection: sqlite3.Connection) -> bool:
    """Whether the file holds a tag cache of either kind."""
    return _kind(connection) != ""


def create(connection: sqlite3.Connection) -> None:
    """Make an empty cache, inside the open transaction; one that is there is emptied and keeps its kind."""
    kind = _kind(connection)
    if kind == "table":
        connection.execute("DELETE FROM TagCache")
        return
    if kind == "view":
        connection.execute("DROP VIEW TagCache")
    for table in ("TagDifferences", "TagInstances", "TagDefaultValues", "TagDefaults", "TagVarying"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    _run_script(connection)


def _run_script(connection: sqlite3.Connection) -> None:
    for statement in statements(resource("SQL/tag-cache.sql").read_text(encoding="utf-8")):
        connection.execute(statement)


def is_complete(connection: sqlite3.Connection) -> bool:
    """Whether the file holds a tag cache with all that searches need."""
    query = "SELECT 1 FROM sqlite_master WHERE name = ?"
    return _kind(connection) == "table" or connection.execute(query, (_LATEST_INDEX,)).fetchone() is not None


def complete(connection: sqlite3.Connection) -> None:
    """Add what searches need to a cache of our first versions, inside the open transaction."""
    if _kind(connection) != "view" or is_complete(connection):
        return
    connection.execute("DROP VIEW TagCache")
    is_first = "TagVarying" not in table_names(connection)
    if not is_first and "Texts" not in column_names(connection, "TagVarying"):
        connection.execute("ALTER TABLE TagVarying ADD COLUMN Texts TEXT")
    _run_script(connection)
    if is_first:
        connection.execute(
            "INSERT INTO TagVarying SELECT DISTINCT d.Tag, i.DefaultId, NULL FROM TagDifferences AS d "
            "JOIN TagInstances AS i ON i.Id = d.InstanceId WHERE i.DefaultId IS NOT NULL"
        )


def store_of(connection: sqlite3.Connection) -> TagStore:
    """The way in which this file stores its values."""
    return PlainStore() if _kind(connection) == "table" else CompactStore()


def _kind(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT type FROM sqlite_master WHERE name = 'TagCache'").fetchone()
    return str(row[0]) if row else ""


def cached(connection: sqlite3.Connection, sop: str, tag: str) -> str | None:
    """The stored text of one value, which may be a sentinel; None if it is not cached."""
    query = "SELECT Value FROM TagCache WHERE SOPInstanceUID = ? AND Tag = ?"
    row = connection.execute(query, (sop, tag)).fetchone()
    return None if row is None else text_of(row[0])


def cached_many(
    connection: sqlite3.Connection, sops: Iterable[str], tags: Iterable[str]
) -> list[tuple[str, str, str]]:
    """(SOP Instance UID, tag, stored text) of what is cached, sentinels included."""
    query = (
        "SELECT SOPInstanceUID, Tag, Value FROM TagCache"
        " WHERE SOPInstanceUID IN (SELECT value FROM json_each(?))"
        " AND Tag IN (SELECT value FROM json_each(?))"
    )
    parameters = (json.dumps(list(sops)), json.dumps([tag.upper() for tag in tags]))
    return [(sop, tag, text_of(value)) for sop, tag, value in connection.execute(query, parameters)]


def cache(connection: sqlite3.Connection, rows: Iterable[tuple[str, str, str]]) -> None:
    """Store single values; an empty one is remembered as absent."""
    prepared = [(sop, tag.upper(), value or NOT_IN_INSTANCE) for sop, tag, value in rows]
    connection.executemany("INSERT OR REPLACE INTO TagCache VALUES (?, ?, ?)", prepared)


def text_of(value: object) -> str:
    """A stored text as it is, and the sentinel of an empty one."""
    if value is None or value == "":
        return EMPTY_STRING
    return value if isinstance(value, str) else str(value)


class PlainStore:
    """One table with a row for each value, as Slicer and CTK write it."""

    def write(self, connection: sqlite3.Connection, tags: Sequence[str], batch: Batch) -> None:
        """Store the answers of whole instances, in place of what was known of them."""
        rows = [
            (sop, tag, answer or NOT_IN_INSTANCE)
            for instances in batch.values()
            for sop, answers in instances
            for tag, answer in zip(tags, answers, strict=True)
        ]
        self.remove(connection, [sop for instances in batch.values() for sop, _ in instances])
        connection.executemany("INSERT OR REPLACE INTO TagCache VALUES (?, ?, ?)", rows)

    def remove(self, connection: sqlite3.Connection, sops: Sequence[str]) -> None:
        """Forget all values of some instances."""
        connection.executemany("DELETE FROM TagCache WHERE SOPInstanceUID = ?", [(sop,) for sop in sops])


class CompactStore:
    """Defaults of a series, and what differs from them."""

    def write(self, connection: sqlite3.Connection, tags: Sequence[str], batch: Batch) -> None:
        """Store the answers of whole instances, in place of what was known of them."""
        self.remove(connection, [sop for instances in batch.values() for sop, _ in instances])
        (number,) = connection.execute("SELECT coalesce(max(Id), 0) FROM TagInstances").fetchone()
        rows: list[tuple[int, str, int]] = []
        differences: list[tuple[int, str, str]] = []
        changes: dict[int, list[Changed]] = {}
        for series, instances in batch.items():
            defaults = _SeriesDefaults(connection, series, tags)
            for sop, answers in instances:
                number += 1
                default, changed = defaults.fit(answers)
                rows.append((number, sop, default))
                differences += [(number, tag, value or NOT_IN_INSTANCE) for tag, value in changed]
                changes.setdefault(default, []).append(changed)
        varying_values.add(connection, changes)
        connection.executemany("INSERT INTO TagInstances VALUES (?, ?, ?)", rows)
        connection.executemany("INSERT INTO TagDifferences VALUES (?, ?, ?)", differences)

    def remove(self, connection: sqlite3.Connection, sops: Sequence[str]) -> None:
        """Forget all values of some instances."""
        known = (
            "SELECT Id, DefaultId FROM TagInstances WHERE SOPInstanceUID IN (SELECT value FROM json_each(?))"
        )
        rows = connection.execute(known, (json.dumps(list(sops)),)).fetchall()
        varying_values.forget(connection, {default for _number, default in rows if default is not None})
        numbers = [(number,) for number, _default in rows]
        connection.executemany("DELETE FROM TagDifferences WHERE InstanceId = ?", numbers)
        connection.executemany("DELETE FROM TagInstances WHERE Id = ?", numbers)


class _SeriesDefaults:
    """The defaults that the instances of one series may refer to.

    A series has more than one if it holds instances of very different kinds, or was imported with
    different lists of tags.
    """

    def __init__(self, connection: sqlite3.Connection, series: str, tags: Sequence[str]) -> None:
        self._connection = connection
        self._series = series
        self._tags = tags
        self._limit = max(4, int(len(tags) * _MAX_DIFFERENCE))
        self._known = list(self._load())

    def _load(self) -> Iterator[tuple[int, Answers]]:
        query = "SELECT Id FROM TagDefaults WHERE SeriesInstanceUID = ? ORDER BY Id DESC LIMIT ?"
        for (number,) in self._connection.execute(query, (self._series, _DEFAULTS_TO_TRY)).fetchall():
            query = "SELECT Tag, Value FROM TagDefaultValues WHERE DefaultId = ?"
            values = dict(self._connection.execute(query, (number,)))
            if values.keys() == set(self._tags):
                yield number, [None if values[tag] == NOT_IN_INSTANCE else values[tag] for tag in self._tags]

    def fit(self, answers: Answers) -> tuple[int, Changed]:
        """The default that an instance shall refer to, and (tag, value) where it differs from it."""
        for place, (number, default) in enumerate(self._known[:_DEFAULTS_TO_TRY]):
            changed = list(compress(zip(self._tags, answers, strict=True), map(ne, answers, default)))
            if len(changed) <= self._limit:
                if place:
                    self._known.insert(0, self._known.pop(place))
                return number, changed
        return self._add(answers), []

    def _add(self, answers: Answers) -> int:
        insert = "INSERT INTO TagDefaults (SeriesInstanceUID) VALUES (?)"
        number = self._connection.execute(insert, (self._series,)).lastrowid or 0
        values = [
            (number, tag, value or NOT_IN_INSTANCE) for tag, value in zip(self._tags, answers, strict=True)
        ]
        self._connection.executemany("INSERT INTO TagDefaultValues VALUES (?, ?, ?)", values)
        self._known.insert(0, (number, answers))
        return number


def forget_unused_defaults(connection: sqlite3.Connection) -> None:
    """Delete the defaults that no instance refers to any more."""
    if _kind(connection) != "view":
        return
    unused = "NOT IN (SELECT DefaultId FROM TagInstances WHERE DefaultId IS NOT NULL)"
    connection.execute(f"DELETE FROM TagDefaultValues WHERE DefaultId {unused}")
    connection.execute(f"DELETE FROM TagVarying WHERE DefaultId {unused}")
    connection.execute(f"DELETE FROM TagDefaults WHERE Id {unused}")
