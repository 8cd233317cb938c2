"""Cached values of many instances at once: of a series, what its instances share is read once."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence

from DICOMLib.database import tag_cache
from DICOMLib.database.stored_values import SENTINELS
from DICOMLib.database.tag_cache import CompactStore, TagStore

Values = dict[str, dict[str, str]]
Wanted = Callable[[object], bool]

_DEFAULT_OF_INSTANCE = (
    "SELECT SOPInstanceUID, Id, DefaultId FROM TagInstances "
    "WHERE SOPInstanceUID IN (SELECT value FROM json_each(?))"
)
_DEFAULTS = (
    "SELECT DefaultId, Tag, Value FROM TagDefaultValues "
    "WHERE DefaultId IN (SELECT value FROM json_each(?)) AND Tag IN (SELECT value FROM json_each(?))"
)
_DIFFERENCES = (
    "SELECT InstanceId, Tag, Value FROM TagDifferences "
    "WHERE InstanceId IN (SELECT value FROM json_each(?)) AND {}Tag IN (SELECT value FROM json_each(?))"
)
# An instance has few differences: if more tags than these are asked for, all are faster read than some are
# looked up, which the plus tells SQLite.
_FEW_TAGS = 3


def values_of(
    connection: sqlite3.Connection, store: TagStore, sops: Iterable[str], tags: Iterable[str]
) -> Values:
    """SOP Instance UID → tag → value of what is cached and not empty; each instance has an entry."""
    return _found(connection, store, sops, tags, _is_value)


def texts_of(
    connection: sqlite3.Connection, store: TagStore, sops: Iterable[str], tags: Iterable[str]
) -> Values:
    """As `values_of`, the stored text of all that is cached, sentinels included."""
    return _found(connection, store, sops, tags, lambda text: text is not None)


def _found(
    connection: sqlite3.Connection, store: TagStore, sops: Iterable[str], tags: Iterable[str], wanted: Wanted
) -> Values:
    uids = list(dict.fromkeys(sops))
    names = [tag.upper() for tag in tags]
    if isinstance(store, CompactStore):
        return _compact_values(connection, uids, names, wanted)
    found: Values = {sop: {} for sop in uids}
    for sop, tag, text in tag_cache.cached_many(connection, uids, names):
        if wanted(text):
            found[sop][tag] = text
    return found


def _compact_values(
    connection: sqlite3.Connection, sops: Sequence[str], tags: Sequence[str], wanted: Wanted
) -> Values:
    names = json.dumps(tags)
    instances = connection.execute(_DEFAULT_OF_INSTANCE, (json.dumps(sops),)).fetchall()
    defaults: dict[int | None, dict[str, str]] = {default: {} for _sop, _number, default in instances}
    numbers = [number for number in defaults if number is not None]
    for default, tag, text in connection.execute(_DEFAULTS, (json.dumps(numbers), names)):
        if wanted(text):
            defaults[default][tag] = tag_cache.text_of(text)
    found: Values = {sop: {} for sop in sops}
    by_number = {}
    for sop, number, default in instances:
        by_number[number] = found[sop] = defaults[default].copy()
    query = _DIFFERENCES.format("+" if len(tags) > _FEW_TAGS else "")
    for number, tag, text in connection.execute(query, (json.dumps(list(by_number)), names)):
        if wanted(text):
            by_number[number][tag] = tag_cache.text_of(text)
        else:
            by_number[number].pop(tag, None)
    return found


def _is_value(text: object) -> bool:
    return text is not None and text != "" and text not in SENTINELS
