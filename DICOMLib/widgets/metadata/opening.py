"""All sequences of a tree opened: a file of many frames has tens of thousands of them."""

from __future__ import annotations

from collections.abc import Iterator

from qtpy.QtCore import QAbstractItemModel, QModelIndex
from qtpy.QtWidgets import QTreeView

from DICOMLib.core.jobs import Job, Progress

_TOP = QModelIndex()


def open_all(tree: QTreeView) -> Job[None]:
    """Open all that can be opened; no row may come or go meanwhile.

    The model reads what lies below a sequence when it is asked for it first, which takes nearly all of the
    time and so goes in steps. Then all are opened at once: one after the other, the view would move all rows
    that stand below at each.
    """
    for _sequence in _sequences(tree.model(), _TOP):
        yield Progress()
    tree.expandAll()


def _sequences(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    """All that can be opened below an index."""
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        if model.hasChildren(index):
            yield index
            yield from _sequences(model, index)
