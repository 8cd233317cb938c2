"""Which values a tag has among the instances of a default, so that a search need not ask each instance.

They stand in `TagVarying.Texts`, one after the other. NULL tells that they are still to be collected, as
after another program has written, and "" that they are too many; searches then look at the instances.
"""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from DICOMLib.database.schema import table_names
from DICOMLib.database.stored_values import SENTINELS, SOP_INSTANCE_UID

if TYPE_CHECKING:
    from DICOMLib.database.session import Session

# No text of DICOM has it (PS3.5 6.1.3).
_SEPARATOR = "\x1f"
_TOO_MANY = ""
_MAX_LENGTH = 32768
_COLLECTED_AT_ONCE = 50

# (tag, value) where an instance differs from its default.
Changed = Sequence[tuple[str, str | None]]


def values_of(texts: str) -> list[str]:
    """The values that a row holds."""
    return [text for text in texts.split(_SEPARATOR) if text]


def add(connection: sqlite3.Connection, changes: Mapping[int, Sequence[Changed]]) -> None:
    """Note the values of instances that are about to be inserted: for each default, where they differ."""
    rows = [row for default, changed in changes.items() for row in _rows(connection, default, changed)]
    connection.executemany("INSERT OR REPLACE INTO TagVarying VALUES (?, ?, ?)", rows)


def _rows(
    connection: sqlite3.Connection, default: int, changes: Sequence[Changed]
) -> Iterator[tuple[str, int, str]]:
    """The rows of a default that are new or become others."""
    query = "SELECT Tag, Texts FROM TagVarying WHERE DefaultId = ?"
    known: dict[str, str | None] = dict(connection.execute(query, (default,)))
    query = "SELECT EXISTS (SELECT 1 FROM TagInstances WHERE DefaultId = ?)"
    (is_used,) = connection.execute(query, (default,)).fetchone()
    added: dict[str, list[str | None]] = defaultdict(list)
    for changed in changes:
        for tag, value in changed:
            added[tag].append(value)
    shared = _default_values(connection, default, known.keys() | added.keys())
    for tag in known.keys() | added.keys():
        texts = known.get(tag, _SEPARATOR)
        if not texts:
            continue
        values = {*values_of(texts), *added[tag]}
        if len(added[tag]) < len(changes) or (is_used and tag not in known):
            values.add(shared.get(tag))
        joined = _joined(tag, values)
        if joined != texts:
            yield tag, default, joined


def _default_values(connection: sqlite3.Connection, default: int, tags: Iterable[str]) -> dict[str, str]:
    query = (
        "SELECT Tag, Value FROM TagDefaultValues"
        " WHERE DefaultId = ? AND Tag IN (SELECT value FROM json_each(?))"
    )
    return dict(connection.execute(query, (default, json.dumps(list(tags)))))


def _joined(tag: str, values: set[str | None]) -> str:
    """The text of a row; SOP Instance UIDs are looked for where they are the key."""
    texts = sorted(str(value) for value in values if value is not None and value not in SENTINELS)
    joined = f"{_SEPARATOR}{_SEPARATOR.join(texts)}{_SEPARATOR}"
    unfit = tag == SOP_INSTANCE_UID or len(joined) > _MAX_LENGTH or any(_SEPARATOR in text for text in texts)
    return _TOO_MANY if unfit else joined


def forget(connection: sqlite3.Connection, defaults: Iterable[int]) -> None:
    """Let the values of some defaults be collected anew: instances that refer to them go."""
    connection.executemany(
        "UPDATE TagVarying SET Texts = NULL WHERE DefaultId = ? AND Texts <> ''",
        [(default,) for default in defaults],
    )


def collect(session: Session) -> Iterator[None]:
    """Collect what is still to be collected, with a pause after each small transaction."""
    while open_defaults := session.read_tags(_open_defaults):
        with session.tag_transaction() as connections:
            for default in open_defaults:
                _collect(connections.cache, default)
        yield


def _open_defaults(connection: sqlite3.Connection) -> list[int]:
    if "TagVarying" not in table_names(connection):
        return []  # a cache of CTK
    query = "SELECT DISTINCT DefaultId FROM TagVarying WHERE Texts IS NULL LIMIT ?"
    return [default for (default,) in connection.execute(query, (_COLLECTED_AT_ONCE,))]


def _collect(connection: sqlite3.Connection, default: int) -> None:
    """Collect the values of the rows of a default that are open; one in whose tag nothing differs goes."""
    query = "SELECT Tag FROM TagVarying WHERE DefaultId = ? AND Texts IS NULL"
    tags = [tag for (tag,) in connection.execute(query, (default,))]
    query = "SELECT count(*) FROM TagInstances WHERE DefaultId = ?"
    (instances,) = connection.execute(query, (default,)).fetchone()
    query = (
        "SELECT f.Tag, f.Value, count(*) FROM TagInstances AS i"
        " JOIN TagDifferences AS f ON f.InstanceId = i.Id"
        " WHERE i.DefaultId = ? AND f.Tag IN (SELECT value FROM json_each(?)) GROUP BY f.Tag, f.Value"
    )
    found: dict[str, dict[str | None, int]] = defaultdict(dict)
    for tag, value, count in connection.execute(query, (default, json.dumps(tags))):
        found[tag][value] = count
    shared = _default_values(connection, default, tags)
    for tag in tags:
        if tag not in found:
            connection.execute("DELETE FROM TagVarying WHERE Tag = ? AND DefaultId = ?", (tag, default))
            continue
        values = set(found[tag])
        if sum(found[tag].values()) < instances:
            values.add(shared.get(tag))
        update = "UPDATE TagVarying SET Texts = ? WHERE Tag = ? AND DefaultId = ?"
        connection.execute(update, (_joined(tag, values), tag, default))
