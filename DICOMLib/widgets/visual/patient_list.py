"""The patients of the visual browser: name, ID, birth date and number of studies."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from qtpy.QtCore import QPoint, QRect, QSize, Qt, Signal
from qtpy.QtGui import QFont, QKeyEvent, QPainter, QPalette
from qtpy.QtWidgets import (
    QAbstractItemView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.cards import PatientCard

CARD_ROLE = int(Qt.UserRole) + 1
MOST_TABS = 5  # without a choice of the user's


class DisplayMode(IntEnum):
    """How CTK shows patients."""

    TabMode = 0
    ListMode = 1


class PatientList(QListWidget):
    """The patients, those that came last first."""

    DisplayMode = DisplayMode
    TabMode, ListMode = DisplayMode

    patientChanged = Signal(str)
    menuRequested = Signal(QPoint)
    displayModeChanged = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mode: DisplayMode | None = None
        self.setItemDelegate(_PatientDelegate(self))
        self.setUniformItemSizes(True)
        self.setAlternatingRowColors(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.CustomContextMenu)
        self.setMinimumWidth(200)
        self.currentItemChanged.connect(lambda _now, _before: self.patientChanged.emit(self.current()))
        self.customContextMenuRequested.connect(
            lambda at: self.menuRequested.emit(self.viewport().mapToGlobal(at))
        )

    @property
    def displayMode(self) -> IntEnum:
        """As tabs while there are at most five patients, unless the mode was set."""
        if self._mode is not None:
            return self._mode
        return DisplayMode.TabMode if self.count() <= MOST_TABS else DisplayMode.ListMode

    @displayMode.setter
    def displayMode(self, mode: int) -> None:
        self._mode = DisplayMode(mode)
        self.displayModeChanged.emit()

    def patients(self) -> list[PatientCard]:
        """The patients that are shown."""
        return [self.item(row).data(CARD_ROLE) for row in range(self.count())]

    def show_patients(self, patients: Sequence[PatientCard]) -> None:
        """Show these patients; the current one stays if it is among them, else the first becomes so."""
        current = self.current()
        self.blockSignals(True)
        self.clear()
        for patient in patients:
            item = QListWidgetItem(patient.name or patient.patient_id or _("No name"))
            item.setData(Qt.UserRole, patient.uid)
            item.setData(CARD_ROLE, patient)
            item.setToolTip(f"{patient.name}\n{patient.patient_id}")
            self.addItem(item)
        rows = [row for row, patient in enumerate(patients) if patient.uid == current]
        if patients:
            self.setCurrentRow(rows[0] if rows else 0)
        self.blockSignals(False)
        self.patientChanged.emit(self.current())

    def current(self) -> str:
        """UID of the current patient, "" for none."""
        item = self.currentItem()
        return str(item.data(Qt.UserRole)) if item is not None else ""

    def current_or_first(self) -> PatientCard | None:
        """The current patient, else the first that is shown; None for none."""
        cards = self.patients()
        return next((one for one in cards if one.uid == self.current()), cards[0] if cards else None)

    def choose(self, uid: str) -> None:
        """Make a patient the current one."""
        for row in range(self.count()):
            if self.item(row).data(Qt.UserRole) == uid:
                self.setCurrentRow(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape makes no patient the current one."""
        if event.key() == Qt.Key_Escape:
            self.setCurrentItem(None)
        else:
            super().keyPressEvent(event)


class _PatientDelegate(QStyledItemDelegate):
    """Paints a patient in two lines."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: Any) -> QSize:
        """Room for two lines."""
        return QSize(200, 2 * option.fontMetrics.height() + 14)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        """Paint name and sex above, ID, birth date and number of studies below."""
        patient: PatientCard = index.data(CARD_ROLE)
        chosen = bool(option.state & QStyle.State_Selected)
        if chosen:
            painter.fillRect(option.rect, option.palette.brush(QPalette.Highlight))
        painter.save()
        room = option.rect.adjusted(8, 5, -8, -5)
        height = option.fontMetrics.height()
        bold = QFont(option.font)
        bold.setBold(True)
        strong = option.palette.color(QPalette.HighlightedText if chosen else QPalette.Text)
        weak = strong if chosen else option.palette.color(QPalette.PlaceholderText)
        lines = (
            (bold, strong, patient.name or _("No name"), patient.sex),
            (
                option.font,
                weak,
                " · ".join(t for t in (patient.patient_id, patient.birth_date) if t),
                patient.count_of_studies,
            ),
        )
        for row, (font, color, left, right) in enumerate(lines):
            line = QRect(room.left(), room.top() + row * (height + 3), room.width(), height + 1)
            painter.setFont(font)
            painter.setPen(color)
            width = painter.fontMetrics().horizontalAdvance(right)
            painter.drawText(line, number_of(Qt.AlignRight | Qt.AlignVCenter), right)
            left_room = line.adjusted(0, 0, -width - 10, 0)
            text = painter.fontMetrics().elidedText(left, Qt.ElideRight, left_room.width())
            painter.drawText(left_room, number_of(Qt.AlignLeft | Qt.AlignVCenter), text)
        painter.restore()


ctkDICOMPatientView = PatientList
