"""How the parts of the visual browser stand: beside each other, or in one column where it is narrow."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QBoxLayout, QLayout

from DICOMLib.widgets.tables.table_state import SplitterState
from DICOMLib.widgets.visual.filter_bar import FilterBar

NARROW_PX = 800


class Arrangement:
    """Puts the filters beside the buttons and the patients beside the studies, or above them.

    Parameters
    ----------
    filters
        The filters.
    buttons
        The buttons, in a layout of their own.
    halves
        The splitter between patients and studies, and what keeps its sizes.
    """

    def __init__(self, filters: FilterBar, buttons: QLayout, halves: SplitterState) -> None:
        self.top = QBoxLayout(QBoxLayout.LeftToRight)
        self.top.addWidget(filters, 1)
        self.top.addLayout(buttons)
        self._filters, self._halves = filters, halves
        self.narrow = False

    def follow(self, width: int) -> None:
        """Arrange for a width, in pixels."""
        narrow = width < NARROW_PX
        if narrow == self.narrow:
            return
        self.narrow = narrow
        self.top.setDirection(QBoxLayout.TopToBottom if narrow else QBoxLayout.LeftToRight)
        self._filters.setColumns(2 if narrow else 4)
        self._halves.turn(Qt.Vertical if narrow else Qt.Horizontal)
