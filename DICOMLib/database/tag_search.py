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
    "AND NOT EXISTS (SELECT 1 FROM TagVarying AS w WHERE w.Tag = :tag AND w.DefaultId = d.Id) "
    "AND EXISTS (SELECT 1 FROM TagInstances AS i WHERE i.DefaultId = d.Id)"
)
# Where it differs, one instance is enough. The values of all are collected in one text; there are few
# of these for numbers of images and the like.
_DIFFERENT_TEXTS = "SELECT DISTINCT Texts FROM TagVarying WHERE Tag = ? AND Texts <> ''"
_DIFFERENT_IN_SERIES = (
    "SELECT json_group_array(d.SeriesInstanceUID) "
    "FROM TagVarying AS w JOIN TagDefaults AS d ON d.Id = w.DefaultId "
    "WHERE w.Tag = :tag AND w.Texts IN (SELECT value FROM json_each(:texts))"
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
# The defaults of a hundred thousand series have few different values as a rule. Then it is faster to go from
# one to the next in the index than to read all.
_FEW = 2000
_FIRST_VALUES = (
    "WITH RECURSIVE Step(Value) AS ("
    "SELECT min(Value) FROM TagDefaultValues WHERE Tag = :tag UNION ALL SELECT "
    "(SELECT min(v.Value) FROM TagDefaultValues AS v WHERE v.Tag = :tag AND v.Value > Step.Value) "
    "FROM Step WHERE Step.Value IS NOT NULL) "
    f"SELECT Value FROM Step WHERE Value IS NOT NULL LIMIT {_FEW}"
)
_DIFFERENT_VALUES = "SELECT DISTINCT Value FROM TagDefaultValues WHERE Tag = :tag AND Value IS NOT NULL"


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
    different = connection.execute(_FIRST_VALUES, parameters).fetchall()
    if len(different) == _FEW:
        different = connection.execute(_DIFFERENT_VALUES, parameters).fetchall()
    parameters["values"] = json.dumps([text for (text,) in different if value.matches(str(text))])
    parameters["texts"] = json.dumps(_matching_texts(connection, tag, value))
    series = {uid for (uid,) in connection.execute(_SAME_IN_SERIES, parameters)}
    series.update(json.loads(connection.execute(_DIFFERENT_IN_SERIES, parameters).fetchone()[0]))
    series.update(_ask(connection, _NOT_COLLECTED, "f.Value", value, parameters))
    return Found(series, _ask(connection, _WITHOUT_DEFAULT, "f.Value", value, parameters))


def _matching_texts(connection: sqlite3.Connection, tag: str, value: Pattern) -> list[str]:
    """The texts of collected values of which one matches."""
    matches = cache(value.matches)
    texts = [texts for (texts,) in connection.execute(_DIFFERENT_TEXTS, (tag,))]
    return [text for text in texts if any(map(matches, values_of(text)))]


def _ask(
    connection: sqlite3.Connection, query: str, column: str, value: Pattern, parameters: dict[str, str]
) -> list[str]:
    """The UIDs that a query gives, where Python looks at a column."""
    conditions = Conditions()
    statement = query.format(matches=conditions.ask(column, value))
    conditions.register(connection)
    return [uid for (uid,) in connection.execute(statement, parameters)]
