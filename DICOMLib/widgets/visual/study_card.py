"""A study as a card: a heading that opens and closes, and its series as tiles."""

from __future__ import annotations

from datetime import date
from typing import Any

from qtpy.QtCore import QItemSelection, QItemSelectionModel, QLocale, QPoint, QSize, Qt, Signal
from qtpy.QtGui import QKeyEvent, QPalette, QWheelEvent
from qtpy.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListView,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from DICOMLib.widgets.icons import icon
from DICOMLib.widgets.progress import ElidedLabel
from DICOMLib.widgets.translation import _, by_number
from DICOMLib.widgets.visual.cards import StudyCard
from DICOMLib.widgets.visual.series_tiles import SeriesModel, SeriesTile
from DICOMLib.widgets.visual.study_jobs import StudyState


class SeriesGrid(QListView):
    """Tiles that flow into as many rows as are needed; the card around it scrolls, not the grid."""

    loadRequested = Signal(str)
    menuRequested = Signal(QPoint)
    zoomed = Signal(int)

    def __init__(self, tile: SeriesTile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(SeriesModel(self))
        self.setItemDelegate(tile)
        self._tile = tile
        self.setViewMode(QListView.IconMode)
        self.setMovement(QListView.Static)
        self.setResizeMode(QListView.Adjust)
        self.setUniformItemSizes(True)
        self.setSelectionMode(QAbstractItemView.ExtendedSelection)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setFrameShape(QFrame.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Expanding, QSizePolicy.Fixed)
        self.viewport().setAutoFillBackground(False)
        self.setStyleSheet("QListView { border: none; background: transparent; }")
        self.doubleClicked.connect(lambda index: self.loadRequested.emit(index.data(Qt.UserRole)))
        self.customContextMenuRequested.connect(self.menuRequested)

    def selected(self) -> list[str]:
        """UIDs of the chosen series in the order of the grid."""
        rows = sorted(index.row() for index in self.selectedIndexes())
        return [self.model().index(row, 0).data(Qt.UserRole) for row in rows]

    def fit(self) -> None:
        """Be as high as the rows of tiles."""
        tile = self._tile.sizeHint(self._option(), self.model().index(0, 0))
        self.setGridSize(QSize(tile.width() + 4, tile.height() + 4))
        columns = max(1, (self.width() - 4) // (tile.width() + 4))
        rows = -(-self.model().rowCount() // columns)
        self.setFixedHeight(rows * (tile.height() + 4) + 6)

    def _option(self) -> Any:
        from qtpy.QtWidgets import QStyleOptionViewItem

        option = QStyleOptionViewItem()
        option.initFrom(self)
        return option

    def resizeEvent(self, event: Any) -> None:
        """Follow the width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl, larger or smaller pictures; else the page scrolls."""
        if event.modifiers() & Qt.ControlModifier:
            self.zoomed.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses the current series, or loads it; Backspace takes it out of the choice, Escape all."""
        key, index = event.key(), self.currentIndex()
        if key in (Qt.Key_Return, Qt.Key_Enter) and index.isValid():
            if self.selectionModel().isSelected(index):
                self.loadRequested.emit(index.data(Qt.UserRole))
            else:
                self.selectionModel().select(index, QItemSelectionModel.Select)
        elif key == Qt.Key_Backspace and index.isValid():
            self.selectionModel().select(index, QItemSelectionModel.Deselect)
        elif key == Qt.Key_Escape:
            self.clearSelection()
        else:
            super().keyPressEvent(event)


class StudyCardWidget(QFrame):
    """One study."""

    selectionChanged = Signal()
    loadRequested = Signal(str)
    menuRequested = Signal(str, QPoint)
    statusClicked = Signal()
    zoomed = Signal(int)

    def __init__(self, tile: SeriesTile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("StudyCard")
        self.setFrameShape(QFrame.StyledPanel)
        self.study: StudyCard | None = None
        self.openButton = QToolButton(self)
        self.openButton.setAutoRaise(True)
        self.openButton.setArrowType(Qt.DownArrow)
        self.openButton.setToolTip(_("Open or close the study"))
        self.titleLabel = ElidedLabel(self)
        font = self.titleLabel.font()
        font.setBold(True)
        self.titleLabel.setFont(font)
        self.titleLabel.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Preferred)
        self.detailLabel = ElidedLabel(self)
        self.detailLabel.setForegroundRole(QPalette.PlaceholderText)
        self.state = StudyState.IDLE
        self.statusButton = QToolButton(self)
        self.statusButton.setAutoRaise(True)
        self.statusButton.hide()
        self.selectButton = QToolButton(self)
        self.selectButton.setText(_("Select all"))
        self.selectButton.setAutoRaise(True)
        self.menuButton = QToolButton(self)
        self.menuButton.setText("⋮")
        self.menuButton.setAutoRaise(True)
        self.menuButton.setToolTip(_("What can be done with the study"))
        self.grid = SeriesGrid(tile, self)
        heading = QHBoxLayout()
        heading.setSpacing(8)
        heading.addWidget(self.openButton)
        heading.addWidget(self.titleLabel, 1)
        for widget in (self.detailLabel, self.statusButton, self.selectButton, self.menuButton):
            heading.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(heading)
        layout.addWidget(self.grid)
        self._connect()

    def _connect(self) -> None:
        self.openButton.clicked.connect(lambda _checked=False: self.setOpen(not self.isOpen()))
        self.selectButton.clicked.connect(lambda _checked=False: self.selectAll())
        self.menuButton.clicked.connect(self._show_study_menu)
        self.statusButton.clicked.connect(lambda _checked=False: self.statusClicked.emit())
        self.grid.selectionModel().selectionChanged.connect(lambda *_change: self._on_selected())
        self.grid.loadRequested.connect(self.loadRequested)
        self.grid.menuRequested.connect(
            lambda at: self.menuRequested.emit("Series", self.grid.viewport().mapToGlobal(at))
        )
        self.grid.zoomed.connect(self.zoomed)

    def show_study(self, study: StudyCard) -> None:
        """Show a study; what was chosen and is still there stays chosen."""
        chosen = set(self.selected())
        self.study = study
        self.titleLabel.setText(study.title)
        self.titleLabel.setToolTip(study.title)
        self.grid.model().show(study.series)
        self.select(chosen)
        self.grid.fit()
        self._show_details()
        self.showState(self.state)

    def showState(self, state: StudyState) -> None:
        """Show what jobs do about the study; without any, whether series of it are only at servers."""
        self.state = state
        away = [one for one in self.study.series if not one.is_here] if self.study is not None else []
        self.statusButton.setVisible(state is not StudyState.IDLE or bool(away))
        name, tip = {
            StudyState.WORKING: ("Stop", _("Servers are being asked about the study; a click stops that")),
            StudyState.FAILED: ("Retry", _("A server did not do as asked; a click tries again")),
            StudyState.STOPPED: ("Retry", _("Asking was stopped; a click tries again")),
            StudyState.IDLE: (
                "Cloud",
                by_number(
                    len(away),
                    _("1 series is only at servers; a click retrieves it"),
                    _("{n} series are only at servers; a click retrieves them"),
                ),
            ),
        }[state]
        self.statusButton.setIcon(icon(name))
        self.statusButton.setToolTip(tip)
        self.statusButton.setAccessibleName(self.statusButton.toolTip())

    def isOpen(self) -> bool:
        """Whether the series are shown."""
        return not self.grid.isHidden()

    def setOpen(self, shown: bool) -> None:
        """Show or hide the series."""
        self.grid.setVisible(shown)
        self.openButton.setArrowType(Qt.DownArrow if shown else Qt.RightArrow)

    def selected(self) -> list[str]:
        """UIDs of the chosen series."""
        return self.grid.selected()

    def select(self, uids: set[str]) -> None:
        """Choose exactly these series."""
        model, chosen = self.grid.model(), QItemSelection()
        for row, card in enumerate(model.cards()):
            if card.uid in uids:
                chosen.select(model.index(row, 0), model.index(row, 0))
        self.grid.selectionModel().select(chosen, QItemSelectionModel.ClearAndSelect)

    def selectAll(self) -> None:
        """Choose all series, or none if all are chosen."""
        if self.hasAllSelected():
            self.grid.clearSelection()
        else:
            self.setOpen(True)
            self.grid.selectAll()

    def hasAllSelected(self) -> bool:
        """Whether all series that are shown are chosen."""
        return len(self.selected()) == self.grid.model().rowCount()

    def _on_selected(self) -> None:
        self._show_details()
        self.selectionChanged.emit()

    def _show_details(self) -> None:
        if self.study is None:
            return
        shown, total = len(self.study.series), self.study.number_of_series
        text = _("{shown}/{total} series") if shown != total else _("{total} series")
        count = text.format(shown=shown, total=total)
        chosen = len(self.selected())
        if chosen:
            count += " " + _("({n} selected)").format(n=chosen)
        parts = (long_date(self.study.day) or self.study.date, self.study.time[:5], count)
        self.detailLabel.setText(" · ".join(part for part in parts if part))

    def _show_study_menu(self, _checked: bool = False) -> None:
        at = self.menuButton.mapToGlobal(QPoint(0, self.menuButton.height()))
        self.menuRequested.emit("Studies", at)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Right and Enter open, Left and Backspace close, Escape chooses nothing."""
        if event.key() in (Qt.Key_Right, Qt.Key_Return, Qt.Key_Enter):
            self.setOpen(True)
        elif event.key() in (Qt.Key_Left, Qt.Key_Backspace):
            self.setOpen(False)
        elif event.key() == Qt.Key_Escape:
            self.grid.clearSelection()
        else:
            super().keyPressEvent(event)


def long_date(day: date | None) -> str:
    """Give "2 Jan 2020"."""
    if day is None:
        return ""
    return f"{day.day} {QLocale().monthName(day.month, QLocale.ShortFormat)} {day.year}"
