"""Columns that take what is left of the width of a table, but never less than can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QHeaderView, QTableView, QWidget

LEAST_WIDTH = 130


class StretchingTable(QTableView):
    """Stretches some columns while there is room; if it is narrow they keep a width, and it scrolls.

    The table watches itself: an object beside it could be called while the table is being taken down.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stretched: list[int] = []
        self._long: dict[int, int] = {}  # widths before they were given more
        self._fitting = self._sharing = False
        self.horizontalHeader().sectionResized.connect(self._on_resized)

    def stretchColumns(self, columns: Iterable[int]) -> None:
        """Say which columns are meant; what others wanted is forgotten."""
        self._stretched = list(columns)
        self._long.clear()
        self._fit()

    def wantedWidth(self, column: int) -> int:
        """Width at which all that is shown in a column can be read, pixels."""
        return max(self.sizeHintForColumn(column), self.horizontalHeader().sectionSizeHint(column)) + 8

    def shareWidth(self, wanted: Mapping[int, int]) -> None:
        """Widen other columns to what they want by what the stretched ones do not need."""
        header = self.horizontalHeader()
        self._sharing = True
        for column in wanted:
            self._long.setdefault(column, header.sectionSize(column))
        self._widen(wanted)
        self._sharing = False

    def shareWidthAgain(self) -> None:
        """Do it for other rows or another width; columns that somebody else has sized since stay so."""
        there = [i for i in self._long if i < self.horizontalHeader().count()]
        if there:
            self._sharing = True
            for column in there:  # there may be less room: a scroll bar has come, or the table is narrower
                self.horizontalHeader().resizeSection(column, self._long[column])
            self.shareWidth({i: self.wantedWidth(i) for i in there})

    def _widen(self, wanted: Mapping[int, int]) -> None:
        header = self.horizontalHeader()
        spare = self._left() - sum(max(LEAST_WIDTH, self.wantedWidth(i)) for i in self._shown())
        for column, width in wanted.items():
            more = max(0, min(width - header.sectionSize(column), spare))
            header.resizeSection(column, header.sectionSize(column) + more)
            spare -= more

    def _left(self) -> int:
        """Width that the other columns leave, pixels."""
        header = self.horizontalHeader()
        others = (
            i for i in range(header.count()) if i not in self._stretched and not header.isSectionHidden(i)
        )
        return self.viewport().width() - sum(header.sectionSize(i) for i in others)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Follow the width of the table."""
        self._fit()
        self.shareWidthAgain()
        super().resizeEvent(event)

    def _on_resized(self, column: int, *_sizes: int) -> None:
        # a bound method: Qt drops its connection with the table
        if not self._sharing:
            self._long.pop(column, None)
        self._fit()

    def _shown(self) -> list[int]:
        header = self.horizontalHeader()
        return [i for i in self._stretched if i < header.count() and not header.isSectionHidden(i)]

    def _fit(self) -> None:
        """Stretch the columns, or give them the least width."""
        if self._fitting:
            return
        self._fitting = True
        try:
            self._give_widths()
        finally:
            self._fitting = False

    def _give_widths(self) -> None:
        header = self.horizontalHeader()
        stretched = self._shown()
        room = self._left() >= LEAST_WIDTH * len(stretched)
        for i in stretched:
            header.setSectionResizeMode(i, QHeaderView.Stretch if room else QHeaderView.Interactive)
            if not room:
                header.resizeSection(i, LEAST_WIDTH)
