"""One value of many files or instances at once, where the database can; one by one from Slicer's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def values_of_files(database: Any, paths: Sequence[str], tag: str) -> list[str]:
    """Value of a tag in each file, "" where it has none."""
    known = database.fileValues(paths, tag) if hasattr(database, "fileValues") else {}
    return [known[path] if path in known else database.fileValue(path, tag) for path in paths]


def values_of_instances(database: Any, uids: Sequence[str], tag: str) -> list[str]:
    """Value of a tag in each instance, "" where it has none."""
    known = database.instanceValues(uids, tag) if hasattr(database, "instanceValues") else {}
    return [known[uid] if uid in known else database.instanceValue(uid, tag) for uid in uids]
