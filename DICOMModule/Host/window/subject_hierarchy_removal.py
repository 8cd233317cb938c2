"""What goes with a row of the tree of loaded data that is deleted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from DICOMModule.Host.window.subject_hierarchy_model import children_of, sequences_played_by


def remove_items(hierarchy: Any, items: Iterable[int]) -> None:
    """Remove items with their nodes and what is below them.

    The row of a cine loop is that of the volume which plays it: its sequence goes with it, and the browser
    that has no other sequence.
    """
    for item in items:
        if not hierarchy.GetItemParent(item):  # it went with one above it
            continue
        # sequences first: a browser makes the volume anew for one that it still has
        for browser, sequence in _played_below(hierarchy, item):
            _remove_sequence(hierarchy.GetScene(), browser, sequence)
        if hierarchy.GetItemParent(item):
            hierarchy.RemoveItem(item, True, True)


def _played_below(hierarchy: Any, item: int) -> list[tuple[Any, Any]]:
    """Browser and sequence of each node of the item and those below it that plays one."""
    items = (item, *children_of(hierarchy, item, recursive=True))
    nodes = [node for one in items if (node := hierarchy.GetItemDataNode(one)) is not None]
    return [pair for node in nodes for pair in sequences_played_by(hierarchy.GetScene(), node)]


def _remove_sequence(scene: Any, browser: Any, sequence: Any) -> None:
    if scene.IsNodePresent(sequence):
        scene.RemoveNode(sequence)
    if scene.IsNodePresent(browser) and not browser.GetNumberOfSynchronizedSequenceNodes(True):
        scene.RemoveNode(browser)
