"""The series of a study as tiles with pictures: the model, and how a tile is painted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QAbstractListModel, QModelIndex, QObject, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QColor, QFont, QPainter, QPainterPath, QPalette, QPixmap
from qtpy.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.translation import _
from DICOMLib.widgets.visual.cards import SeriesCard
from DICOMLib.widgets.visual.series_pictures import SeriesPictures

CARD_ROLE = int(Qt.UserRole) + 1
MARGIN = 6
RADIUS = 5
LOADED_COLOR, FAILED_COLOR = QColor(46, 160, 67), QColor(207, 34, 46)
AWAY_COLOR, COMING_COLOR = QColor(110, 118, 129), QColor(9, 105, 218)
BAND_COLOR = QColor(0, 0, 0, 170)
FAILED, DONE = -1, 101  # in the place of per cent
CLOUD = "\N{CLOUD}"  # drawn, for not every font has it


def cloud(room: QRectF) -> QPainterPath:
    """The outline of a cloud."""
    x, y, width, height = room.x(), room.y(), room.width(), room.height()
    path = QPainterPath()
    path.setFillRule(Qt.WindingFill)
    path.addEllipse(QRectF(x, y + 0.4 * height, 0.45 * width, 0.45 * height))
    path.addEllipse(QRectF(x + 0.2 * width, y + 0.1 * height, 0.45 * width, 0.6 * height))
    path.addEllipse(QRectF(x + 0.5 * width, y + 0.3 * height, 0.5 * width, 0.55 * height))
    path.addRect(QRectF(x + 0.2 * width, y + 0.5 * height, 0.55 * width, 0.35 * height))
    return path


class SeriesModel(QAbstractListModel):
    """The series of one study."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._series: list[SeriesCard] = []

    def show(self, series: Sequence[SeriesCard]) -> None:
        """Show these series."""
        if list(series) != self._series:
            self.beginResetModel()
            self._series = list(series)
            self.endResetModel()

    def cards(self) -> list[SeriesCard]:
        """The series in their order."""
        return list(self._series)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Number of series."""
        return 0 if parent.isValid() else len(self._series)

    def data(self, index: QModelIndex, role: int = Qt.DisplayRole) -> Any:
        """Text, tool tip, UID or the card of a series."""
        if not index.isValid():
            return None
        card = self._series[index.row()]
        if role == CARD_ROLE:
            return card
        if role == Qt.UserRole:
            return card.uid
        if role in (Qt.DisplayRole, Qt.AccessibleTextRole):
            return f"{card.modality} {card.title}"
        if role == Qt.ToolTipRole:
            lines = (card.title, card.modality, f"S:{card.number}", f"{card.count}", card.size)
            away = _("Only at a server: loading retrieves it") if not card.is_here else ""
            return "\n".join(line for line in (*lines, away) if line)
        return None


class SeriesTile(QStyledItemDelegate):
    """Paints a series: its picture with modality, number, size and count, and the description below."""

    def __init__(self, pictures: SeriesPictures, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pictures = pictures
        self.side = 128
        self.loaded: set[str] = set()
        self.states: dict[str, int] = {}  # series that are retrieved: per cent, or how that ended

    def sizeHint(self, option: QStyleOptionViewItem, _index: QModelIndex) -> QSize:
        """Room for the picture and two lines of text."""
        lines = 2 * option.fontMetrics.height()
        side = max(self.side, 120)
        return QSize(side + 2 * MARGIN, self.side + lines + 3 * MARGIN)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint one tile."""
        card: SeriesCard = index.data(CARD_ROLE)
        palette = option.palette
        chosen = bool(option.state & QStyle.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.Antialiasing)
        tile = option.rect.adjusted(2, 2, -2, -2)
        if chosen:
            painter.setPen(Qt.NoPen)
            painter.setBrush(palette.color(QPalette.Highlight))
            painter.drawRoundedRect(tile, RADIUS, RADIUS)
        if option.state & QStyle.State_HasFocus:
            painter.setPen(palette.color(QPalette.Highlight))
            painter.setBrush(Qt.NoBrush)
            painter.drawRoundedRect(tile, RADIUS, RADIUS)
        picture = QRect(0, 0, self.side, self.side)
        picture.moveCenter(tile.center())
        picture.moveTop(tile.top() + MARGIN)
        if self.side:
            self._paint_picture(painter, picture, card)
        text = QRect(tile.left() + MARGIN, picture.bottom() + 4, tile.width() - 2 * MARGIN, tile.height())
        role = QPalette.HighlightedText if chosen else QPalette.Text
        self._paint_text(painter, text, card, palette.color(role))
        painter.restore()

    def _paint_picture(self, painter: QPainter, place: QRect, card: SeriesCard) -> None:
        painter.setPen(Qt.NoPen)
        painter.setBrush(Qt.black)
        painter.drawRoundedRect(place, RADIUS, RADIUS)
        pixmap = self._pictures.pixmap(card.uid, card.modality, self.side, card.is_here)
        if pixmap is None or pixmap.isNull():
            self._paint_symbol(painter, place, card, waiting=pixmap is None)
        else:
            self._paint_pixmap(painter, place, pixmap)
        small = QFont(painter.font())
        small.setPointSizeF(max(6.5, small.pointSizeF() * 0.85))
        painter.setFont(small)
        inner = place.adjusted(5, 3, -5, -3)
        for flags, text in (
            (Qt.AlignTop | Qt.AlignLeft, card.modality),
            (Qt.AlignTop | Qt.AlignRight, f"S:{card.number}" if card.number else ""),
            (Qt.AlignBottom | Qt.AlignLeft, card.size),
            (Qt.AlignBottom | Qt.AlignRight, str(card.count) if card.count else ""),
        ):
            self._paint_mark(painter, inner, int(flags), text)
        badge = self.badge(card)
        if badge is not None:
            self._paint_badge(painter, place, *badge)
        percent = self.states.get(card.uid, FAILED)
        if percent not in (FAILED, DONE):
            bar = QRect(place.left(), place.bottom() - 4, place.width() * percent // 100, 4)
            painter.fillRect(bar, COMING_COLOR)

    def badge(self, card: SeriesCard) -> tuple[str, QColor] | None:
        """Mark of a series: it comes, could not be got, is loaded, has come, or is only at a server."""
        state = self.states.get(card.uid)
        if state is not None and state != DONE:
            return ("!", FAILED_COLOR) if state == FAILED else ("↓", COMING_COLOR)
        if card.uid in self.loaded:
            return "✓", LOADED_COLOR
        if state == DONE and card.is_here:
            return "↓", LOADED_COLOR
        return None if card.is_here else (CLOUD, AWAY_COLOR)

    @staticmethod
    def _paint_mark(painter: QPainter, place: QRect, flags: int, text: str) -> None:
        """A short text that can be read over any picture: white on a dark band."""
        if not text:
            return
        # not by the painter, for which a text has no size while it has no pen
        band = painter.fontMetrics().boundingRect(place, flags, text).adjusted(-3, -1, 3, 1)
        painter.setPen(Qt.NoPen)
        painter.setBrush(BAND_COLOR)
        painter.drawRoundedRect(band, 3, 3)
        painter.setPen(Qt.white)
        painter.drawText(place, flags, text)

    @staticmethod
    def _paint_pixmap(painter: QPainter, place: QRect, pixmap: QPixmap) -> None:
        size = pixmap.size() / pixmap.devicePixelRatio()
        target = QRect(0, 0, size.width(), size.height())
        target.moveCenter(place.center())
        painter.drawPixmap(target, pixmap)

    @staticmethod
    def _paint_symbol(painter: QPainter, place: QRect, card: SeriesCard, waiting: bool) -> None:
        """A mark where there is no picture: three dots while it is made, else the modality."""
        font = QFont(painter.font())
        font.setPointSizeF(font.pointSizeF() * 1.6)
        font.setBold(True)
        before = painter.font()
        painter.setFont(font)
        painter.setPen(QColor(255, 255, 255, 110))
        painter.drawText(place, number_of(Qt.AlignCenter), "…" if waiting else card.modality or "?")
        painter.setFont(before)

    @staticmethod
    def _paint_badge(painter: QPainter, place: QRect, text: str, color: QColor) -> None:
        """A round mark at the top."""
        mark = QRect(place.center().x() - 8, place.top() + 4, 16, 16)
        painter.setPen(Qt.NoPen)
        painter.setBrush(color)
        if text == CLOUD:
            painter.drawPath(cloud(QRectF(mark).adjusted(-3, 0, 3, 0)))
            return
        painter.drawEllipse(mark)
        painter.setPen(Qt.white)
        painter.drawText(mark, number_of(Qt.AlignCenter), text)

    @staticmethod
    def _paint_text(painter: QPainter, place: QRect, card: SeriesCard, color: QColor) -> None:
        metrics = painter.fontMetrics()
        painter.setPen(color)
        words, lines = card.title.split(), [""]
        for word in words:
            longer = f"{lines[-1]} {word}".strip()
            if metrics.horizontalAdvance(longer) <= place.width() or not lines[-1]:
                lines[-1] = longer
            elif len(lines) == 1:
                lines.append(word)
            else:
                lines[-1] = longer
        for row, line in enumerate(lines):
            shown = metrics.elidedText(line, Qt.ElideMiddle, place.width())
            room = place.translated(0, row * metrics.height())
            painter.drawText(room, number_of(Qt.AlignHCenter | Qt.AlignTop), shown)
