"""All sequences of a tree opened in steps: a file of many frames has tens of thousands of them."""

from __future__ import annotations

from qtpy.QtCore import QModelIndex
from qtpy.QtWidgets import QTreeView

from DICOMLib.core.jobs import Job, Progress

_TOP = QModelIndex()


def open_all(tree: QTreeView, parent: QModelIndex = _TOP) -> Job[None]:
    """Open all that can be opened below an index; no row may come or go meanwhile.

    It goes from above to below and from the first row to the last, for there the view knows where a row is;
    one that is not seen yet it would look for among all.
    """
    model = tree.model()
    for row in range(model.rowCount(parent)):
        index = model.index(row, 0, parent)
        if model.hasChildren(index):
            tree.expand(index)
            yield Progress()
            yield from open_all(tree, index)
