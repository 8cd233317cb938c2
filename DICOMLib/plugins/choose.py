"""Which of the offered loadables shall be loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import slicer


def select_most_confident(loadables_by_plugin: Mapping[Any, Sequence[Any]]) -> None:
    """Select, for each series, the loadables of the highest confidence, and no others.

    A loadable belongs to the series of its first file. All that share the highest confidence are
    selected; what the plugins themselves had selected does not count.
    """
    by_series: dict[str, list[Any]] = {}
    for loadables in loadables_by_plugin.values():
        for loadable in loadables:
            series = slicer.dicomDatabase.seriesForFile(loadable.files[0]) if loadable.files else ""
            by_series.setdefault(series, []).append(loadable)
    for loadables in by_series.values():
        highest = max(loadable.confidence for loadable in loadables)
        for loadable in loadables:
            loadable.selected = loadable.confidence == highest


def most_confident_with_file(loadables_by_plugin: Mapping[Any, Sequence[Any]], path: str) -> tuple[Any, Any]:
    """The plugin and the loadable of highest confidence that holds a file; (None, None) if there is none.

    The first one of equal confidence is taken; a confidence of 0 is never taken.
    """
    best: tuple[Any, Any] = (None, None)
    confidence = 0.0
    for plugin, loadables in loadables_by_plugin.items():
        for loadable in loadables:
            if path in loadable.files and loadable.confidence > confidence:
                best, confidence = (plugin, loadable), loadable.confidence
    return best


def selected(loadables_by_plugin: Mapping[Any, Sequence[Any]]) -> list[tuple[Any, Any]]:
    """(plugin, loadable) of each selected loadable; the last plugin that has the same object gets it.

    What others refer to comes before them, so that they find it in the scene.
    """
    owners: dict[Any, Any] = {}
    for plugin, loadables in loadables_by_plugin.items():
        for loadable in loadables:
            if loadable.selected:
                owners[loadable] = plugin
    return [(owners[loadable], loadable) for loadable in _referenced_first(list(owners))]


def _referenced_first(loadables: list[Any]) -> list[Any]:
    """The loadables in their order, but each after those that it refers to."""
    if not any(getattr(loadable, "referencedInstanceUIDs", ()) for loadable in loadables):
        return loadables
    holder = {
        slicer.dicomDatabase.instanceForFile(path): loadable
        for loadable in loadables
        for path in loadable.files
    }
    ordered: dict[Any, None] = {}
    visited: set[Any] = set()

    def visit(loadable: Any) -> None:
        if loadable in visited:
            return
        visited.add(loadable)
        for uid in getattr(loadable, "referencedInstanceUIDs", ()):
            if uid in holder:
                visit(holder[uid])
        ordered[loadable] = None

    for loadable in loadables:
        visit(loadable)
    return list(ordered)


def deselect_repeated(loadables_by_plugin: Mapping[Any, Sequence[Any]]) -> None:
    """Within each plugin, keep only the first of several selected loadables with the same files."""
    for loadables in loadables_by_plugin.values():
        seen: set[frozenset[str]] = set()
        for loadable in loadables:
            if not loadable.selected:
                continue
            files = frozenset(loadable.files)
            loadable.selected = files not in seen
            seen.add(files)
