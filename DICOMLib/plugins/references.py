"""What loadables refer to: the files of other series that are loaded with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import slicer

SERIES_INSTANCE_UID = "0020,000E"


def referenced_file_lists(loadables_by_plugin: Mapping[Any, Sequence[Any]]) -> list[list[str]]:
    """Files that the loadables refer to, one list for each series that they do not hold already.

    A dose refers to images, structures and plan at once: each of these series may be among the loadables.
    """
    loadables = [loadable for offered in loadables_by_plugin.values() for loadable in offered]
    held = {path for loadable in loadables for path in loadable.files}
    by_series: dict[str, dict[str, None]] = {}
    for loadable in loadables:
        for path in _files(getattr(loadable, "referencedInstanceUIDs", ())):
            series = slicer.dicomDatabase.fileValue(path, SERIES_INSTANCE_UID)
            by_series.setdefault(series, {})[path] = None
    return [list(files) for files in by_series.values() if not held.issuperset(files)]


def _files(instance_uids: Sequence[str]) -> list[str]:
    """Files of those instances that the database has."""
    return [path for uid in instance_uids if (path := slicer.dicomDatabase.fileForInstance(uid))]
