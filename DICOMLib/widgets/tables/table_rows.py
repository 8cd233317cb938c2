"""The rows of a table: how they are selected, and what an empty table says."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from qtpy.QtGui import QKeyEvent, QPainter
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QWidget

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.tables.models import UID_ROLE, DatabaseTableModel
from DICOMLib.widgets.tables.stretched_columns import StretchingTable

MEASURED_ROWS = 200
_CANDIDATES = 3  # what the style draws widest need not be what the font writes widest


class TableRows(StretchingTable):
    """The rows; a click beside them keeps the selection, and an empty table says what to do."""

    activatedByKey = Signal(QModelIndex)
    deleteRequested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTabKeyNavigation(False)  # Tab leads out of the table
        self.emptyText = ""
        self._widths: dict[int, int] = {}
        self.setSelectionBehavior(QAbstractItemView.SelectRows)
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTextElideMode(Qt.ElideRight)
        self.setSortingEnabled(True)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.horizontalHeader().setHighlightSections(False)

    def setModel(self, model: DatabaseTableModel) -> None:
        """Show a model; the header does not ask it for the selection, which takes long for many rows."""
        for changed in (model.modelReset, model.layoutChanged, model.dataChanged):
            changed.connect(self._forget_widths)  # before the header hears of it, and measures
        super().setModel(model)
        self.horizontalHeader().setSelectionModel(QItemSelectionModel(model, self))

    def selectionCommand(self, index: QModelIndex, event: QEvent | None = None) -> Any:
        """Keep the selection when an empty area is clicked."""
        clicks = (QEvent.MouseButtonPress, QEvent.MouseButtonRelease)
        if event is not None and event.type() in clicks and not index.isValid():
            return QItemSelectionModel.NoUpdate
        return super().selectionCommand(index, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home and End go to the first and last row; Enter is a double click, Delete asks to remove."""
        key = event.key()
        if key in (Qt.Key_Home, Qt.Key_End) and self.model().rowCount():
            row = 0 if key == Qt.Key_Home else self.model().rowCount() - 1
            column = max(0, self.horizontalHeader().logicalIndexAt(0))
            self.setCurrentIndex(self.model().index(row, column))
        elif key in (Qt.Key_Return, Qt.Key_Enter) and self.currentIndex().isValid():
            self.activatedByKey.emit(self.currentIndex())
        elif key == Qt.Key_Delete and self.selectionModel().hasSelection():
            self.deleteRequested.emit()
        else:
            super().keyPressEvent(event)

    def place(self) -> tuple[str, int, str, str]:
        """The row at the top, how far it is scrolled (pixels), the current row, and a selected one in sight.

        For `goTo`.
        """
        top = self.indexAt(QPoint(0, 0))
        offset = self.rowViewportPosition(top.row()) if top.isValid() else 0
        current = self.currentIndex()
        return (
            str(top.data(UID_ROLE)) if top.isValid() and self.verticalScrollBar().value() else "",
            offset,
            str(current.data(UID_ROLE)) if current.isValid() else "",
            self._selected_in_sight(),
        )

    def _selected_in_sight(self) -> str:
        """The first selected row of those that are seen; "" if there is none."""
        first, last = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        last = last if last >= 0 else self.model().rowCount() - 1
        chosen = self.selectionModel()
        for row in range(max(first, 0), last + 1):
            index = self.model().index(row, 0)
            if chosen.isSelected(index):
                return str(index.data(UID_ROLE))
        return ""

    def goTo(self, place: tuple[str, int, str, str]) -> None:
        """Show the same rows at the same place as before, after rows have come or gone.

        A selected row that was in sight stays in sight, also where rows have come above it.
        """
        top, offset, current, seen = place
        if not (top or current or seen):
            return
        uids = self.model().uids()
        if current in uids:
            column = max(0, self.horizontalHeader().logicalIndexAt(0))
            index = self.model().index(uids.index(current), column)
            self.selectionModel().setCurrentIndex(index, QItemSelectionModel.NoUpdate)
        if top in uids:
            height = self.verticalHeader().defaultSectionSize()
            self.verticalScrollBar().setValue(uids.index(top) * height - offset)
        if seen in uids:
            self.scrollTo(self.model().index(uids.index(seen), max(0, self.columnAt(0))))

    def sizeHintForColumn(self, column: int) -> int:
        """Width of the widest of the next rows, pixels; measured once for what is shown.

        Qt would draw every cell in thought, whenever a section changes.
        """
        if column not in self._widths:
            self._widths[column] = self._measured(column)
        return self._widths[column]

    def _measured(self, column: int) -> int:
        model, metrics = self.model(), self.fontMetrics()
        last = model.rowCount()
        first = max(0, min(self.rowAt(0), last - MEASURED_ROWS))
        near = range(first, min(last, first + MEASURED_ROWS))
        rows = dict(zip(model.texts(column, near), near, strict=True))
        widest = sorted(rows, key=metrics.horizontalAdvance)[-_CANDIDATES:]
        cells = (model.index(rows[text], column) for text in widest)
        return max((self.sizeHintForIndex(cell).width() for cell in cells), default=0)

    def _forget_widths(self, *_change: Any) -> None:
        self._widths.clear()

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew where font or style are others."""
        self._forget_widths()
        super().changeEvent(event)

    def paintEvent(self, event: Any) -> None:
        """Draw the rows, or the text of an empty table."""
        super().paintEvent(event)
        if self.emptyText and self.model() is not None and not self.model().rowCount():
            painter = QPainter(self.viewport())
            painter.setPen(self.palette().placeholderText().color())
            room = self.viewport().rect().adjusted(16, 8, -16, -8)
            painter.drawText(room, number_of(Qt.AlignCenter | Qt.TextWordWrap), self.emptyText)
