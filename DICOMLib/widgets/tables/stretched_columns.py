"""Columns that take what is left of the width of a table, but never less than can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QHeaderView, QTableView

LEAST_WIDTH = 130


class StretchedColumns(QObject):
    """Stretches columns while there is room; in a narrow table they keep a width, and it scrolls."""

    def __init__(self, table: QTableView) -> None:
        super().__init__(table)
        self._table = table
        self._columns: list[int] = []
        self._fitting = False
        table.viewport().installEventFilter(self)
        table.horizontalHeader().sectionResized.connect(self._fit_again)

    def set(self, columns: Iterable[int]) -> None:
        """Say which columns are meant."""
        self._columns = list(columns)
        self.fit()

    def wanted_width(self, column: int) -> int:
        """Width at which all that is shown in a column can be read, pixels."""
        header = self._table.horizontalHeader()
        return max(self._table.sizeHintForColumn(column), header.sectionSizeHint(column)) + 8

    def share(self, wanted: Mapping[int, int]) -> None:
        """Widen other columns to what they want by what the stretched ones do not need."""
        header = self._table.horizontalHeader()
        shown = [i for i in self._columns if i < header.count() and not header.isSectionHidden(i)]
        header.length()  # lets Qt give the stretched columns their sizes, which it puts off
        spare = sum(header.sectionSize(i) - max(LEAST_WIDTH, self.wanted_width(i)) for i in shown)
        for column, width in wanted.items():
            more = max(0, min(width - header.sectionSize(column), spare))
            header.resizeSection(column, header.sectionSize(column) + more)
            spare -= more

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Follow the width of the table."""
        if event.type() == QEvent.Resize:
            self.fit()
        return False

    def _fit_again(self, *_change: int) -> None:
        # a bound method: Qt drops its connection with this object, also while the table is taken down
        self.fit()

    def fit(self) -> None:
        """Stretch the columns, or give them the least width."""
        if self._fitting:
            return
        self._fitting = True
        header = self._table.horizontalHeader()
        others = (
            i for i in range(header.count()) if i not in self._columns and not header.isSectionHidden(i)
        )
        left = self._table.viewport().width() - sum(header.sectionSize(i) for i in others)
        stretched = [i for i in self._columns if i < header.count() and not header.isSectionHidden(i)]
        room = left >= LEAST_WIDTH * len(stretched)
        for i in stretched:
            header.setSectionResizeMode(i, QHeaderView.Stretch if room else QHeaderView.Interactive)
            if not room:
                header.resizeSection(i, LEAST_WIDTH)
        self._fitting = False
