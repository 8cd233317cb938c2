"""Search among cached values: the series that have an instance whose element matches."""

from __future__ import annotations

import json
import sqlite3
from functools import cache
from typing import NamedTuple

from DICOMLib.database.search_sql import Conditions
from DICOMLib.database.stored_values import SENTINELS
from DICOMLib.database.tag_cache import CompactStore, store_of
from DICOMLib.database.varying_values import values_of
from DICOMLib.standard.matching import Pattern


class Found(NamedTuple):
    """Series of which it is known that one of their instances matches, and further instances that do."""

    series: set[str]
    sops: list[str]


# Of a default to which instances refer, and in whose instances nothing differs in this element.
_SAME_IN_SERIES = (
    "SELECT DISTINCT d.SeriesInstanceUID "
    "FROM TagDefaultValues AS v JOIN TagDefaults AS d ON d.Id = v.DefaultId "
    "WHERE v.Tag = :tag AND v.Value IN (SELECT value FROM json_each(:values)) "
    "AND NOT EXISTS (SELECT 1 FROM TagVarying AS w INDEXED BY TagVaryingDefaultIndex "
    "WHERE w.Tag = :tag AND w.DefaultId = v.DefaultId) "
    "AND EXISTS (SELECT 1 FROM TagInstances AS i WHERE i.DefaultId = v.DefaultId)"
)
# Where it differs, one instance is enough. The values of all are collected in one text. There are few
# of these for numbers of images and the like: one goes from text to text in the index.
_SHORT = "INDEXED BY TagVaryingShortIndex WHERE Tag = :tag AND length(Texts) <= 900"
_LONG = "INDEXED BY TagVaryingLongIndex WHERE Tag = :tag AND length(Texts) > 900"
_DIFFERENT_TEXTS = "SELECT DISTINCT Texts FROM TagVarying {rows}"
_DIFFERENT_IN_SERIES = (
    "SELECT json_group_array(d.SeriesInstanceUID) FROM (SELECT DefaultId FROM TagVarying {rows} "
    "AND Texts IN (SELECT value FROM json_each(:texts))) AS w "
    "CROSS JOIN TagDefaults AS d ON d.Id = w.DefaultId"
)
# Where they are not collected: an instance that has the value of the default, or one with its own.
_NOT_COLLECTED = (
    "SELECT DISTINCT d.SeriesInstanceUID FROM TagVarying AS w INDEXED BY TagVaryingAskedIndex "
    "JOIN TagDefaults AS d ON d.Id = w.DefaultId "
    "WHERE w.Tag = :tag AND ifnull(w.Texts, '') = '' AND ("
    "(EXISTS (SELECT 1 FROM TagDefaultValues AS v WHERE v.DefaultId = d.Id AND v.Tag = :tag "
    "AND v.Value IN (SELECT value FROM json_each(:values))) "
    "AND EXISTS (SELECT 1 FROM TagInstances AS i WHERE i.DefaultId = d.Id AND NOT EXISTS "
    "(SELECT 1 FROM TagDifferences AS f WHERE f.InstanceId = i.Id AND f.Tag = :tag))) "
    "OR EXISTS (SELECT 1 FROM TagInstances AS i CROSS JOIN TagDifferences AS f "
    "WHERE i.DefaultId = d.Id AND f.InstanceId = i.Id AND f.Tag = :tag AND {matches}))"
)
_WITHOUT_DEFAULT = (
    "SELECT i.SOPInstanceUID FROM TagInstances AS i JOIN TagDifferences AS f ON f.InstanceId = i.Id "
    "WHERE i.DefaultId IS NULL AND f.Tag = :tag AND {matches}"
)
_PLAIN = "SELECT SOPInstanceUID FROM TagCache WHERE Tag = :tag AND {matches}"
# The rows of a hundred thousand series have few different values as a rule. Then it is faster to go from one
# to the next in the index than to read all.
_FEW = 2000
_STEPS = (
    "WITH RECURSIVE Step(Value) AS ("
    "SELECT min({column}) FROM {rows} UNION ALL SELECT "
    "(SELECT min({column}) FROM {rows} AND {column} > Step.Value) "
    "FROM Step WHERE Step.Value IS NOT NULL) "
    f"SELECT Value FROM Step WHERE Value IS NOT NULL LIMIT {_FEW}"
)
_ALL = "SELECT DISTINCT {column} FROM {rows} AND {column} IS NOT NULL"
_DEFAULTS = "TagDefaultValues WHERE Tag = :tag"


_KNOWN = (
    "SELECT NOT EXISTS (SELECT 1 FROM TagInstances) "
    "OR EXISTS (SELECT 1 FROM TagDefaultValues WHERE Tag = :tag) "
    "OR EXISTS (SELECT 1 FROM TagVarying WHERE Tag = :tag) "
    "OR EXISTS (SELECT 1 FROM TagInstances AS i JOIN TagDifferences AS f ON f.InstanceId = i.Id "
    "WHERE i.DefaultId IS NULL AND f.Tag = :tag)"
)
_KNOWN_PLAIN = (
    "SELECT NOT EXISTS (SELECT 1 FROM TagCache) OR EXISTS (SELECT 1 FROM TagCache WHERE Tag = :tag)"
)


def is_known(connection: sqlite3.Connection, tag: str) -> bool:
    """Whether anything is cached of a tag, be it that it is absent; True while nothing is cached at all."""
    query = _KNOWN if isinstance(store_of(connection), CompactStore) else _KNOWN_PLAIN
    return bool(connection.execute(query, {"tag": tag}).fetchone()[0])


class _Value:
    """A pattern for cached texts, of which the sentinels are no values."""

    def __init__(self, wanted: Pattern) -> None:
        self._wanted = wanted

    def matches(self, text: str) -> bool:
        """Whether it is a value, and matches."""
        return text not in SENTINELS and self._wanted.matches(text)


def find(connection: sqlite3.Connection, tag: str, wanted: Pattern) -> Found:
    """Find them, with a cache of either kind."""
    value = _Value(wanted)
    parameters = {"tag": tag, "values": "[]"}
    if not isinstance(store_of(connection), CompactStore):
        return Found(set(), _ask(connection, _PLAIN, "Value", value, parameters))
    different = _different(connection, "Value", _DEFAULTS, tag)
    parameters["values"] = json.dumps([text for text in different if value.matches(text)])
    series = {uid for (uid,) in connection.execute(_SAME_IN_SERIES, parameters)}
    series.update(_different_in_series(connection, tag, value))
    series.update(_ask(connection, _NOT_COLLECTED, "f.Value", value, parameters))
    return Found(series, _ask(connection, _WITHOUT_DEFAULT, "f.Value", value, parameters))


def _different(connection: sqlite3.Connection, column: str, rows: str, tag: str) -> list[str]:
    """The different texts of an indexed column."""
    for query in (_STEPS, _ALL):
        found = connection.execute(query.format(column=column, rows=rows), {"tag": tag}).fetchall()
        if len(found) < _FEW:
            break
    return [str(text) for (text,) in found]


def _different_in_series(connection: sqlite3.Connection, tag: str, value: Pattern) -> list[str]:
    """The series in whose instances the element differs, and one of whose collected values matches."""
    matches = cache(value.matches)
    series: list[str] = []
    for rows in (_SHORT, _LONG):
        if rows == _SHORT:
            texts = _different(connection, "Texts", f"TagVarying {rows}", tag)
        else:
            query = _DIFFERENT_TEXTS.format(rows=rows)
            texts = [text for (text,) in connection.execute(query, {"tag": tag})]
        matching = [text for text in texts if any(map(matches, values_of(text)))]
        if matching:
            parameters = {"tag": tag, "texts": json.dumps(matching)}
            query = _DIFFERENT_IN_SERIES.format(rows=rows)
            series += json.loads(connection.execute(query, parameters).fetchone()[0])
    return series


def _ask(
    connection: sqlite3.Connection, query: str, column: str, value: Pattern, parameters: dict[str, str]
) -> list[str]:
    """The UIDs that a query gives, where Python looks at a column."""
    conditions = Conditions()
    statement = query.format(matches=conditions.ask(column, value))
    conditions.register(connection)
    return [uid for (uid,) in connection.execute(statement, parameters)]
