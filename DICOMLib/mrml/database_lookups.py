"""Values of many files or instances at once, where the database can; one by one from Slicer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def values_of_files(database: Any, paths: Sequence[str], *tags: str) -> list[list[str]]:
    """For each tag, its value in each file; "" where it has none."""
    known = database.fileValuesOfTags(paths, tags) if hasattr(database, "fileValuesOfTags") else {}
    return [_column(known, paths, tag, database.fileValue) for tag in tags]


def values_of_instances(database: Any, uids: Sequence[str], *tags: str) -> list[list[str]]:
    """For each tag, its value in each instance; "" where it has none."""
    known = database.instanceValuesOfTags(uids, tags) if hasattr(database, "instanceValuesOfTags") else {}
    return [_column(known, uids, tag, database.instanceValue) for tag in tags]


def _column(known: Any, keys: Sequence[str], tag: str, ask: Any) -> list[str]:
    """Known values of a tag; what is not known is asked for."""
    name = tag.upper()
    return [known.get(key, {}).get(name) or ask(key, tag) for key in keys]
