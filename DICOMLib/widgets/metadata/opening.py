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
    time. Then what lies within items is opened while it is not seen, so that the view only notes it. At last
    the items themselves are opened, from the first to the last: each brings all its rows at once, and what
    the view has to move below it are closed ones.
    """
    model = tree.model()
    for _sequence in _sequences(model, _TOP):
        yield Progress()
    items = [(top, list(_openable(model, top))) for top in _openable(model, _TOP)]
    for index in (index for _top, below in items for item in below for index in _sequences(model, item)):
        tree.expand(index)
        yield Progress()
    for index in (index for top, below in items for index in (top, *below)):
        tree.expand(index)
        yield Progress()


def _openable(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    """What can be opened right below an index."""
    indexes = (model.index(row, 0, parent) for row in range(model.rowCount(parent)))
    return (index for index in indexes if model.hasChildren(index))


def _sequences(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    """All that can be opened below an index."""
    for index in _openable(model, parent):
        yield index
        yield from _sequences(model, index)
