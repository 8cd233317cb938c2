"""Icons of the package, by the name of their file, in the colours of the palette."""

from __future__ import annotations

from functools import cache

from qtpy.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from qtpy.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPalette, QPixmap
from qtpy.QtSvg import QSvgRenderer

from DICOMLib.core.resources import resource

# The line colour in the files: readable on light and on dark, for programs that show them as they are.
NEUTRAL = "#6e7b8b"


def icon(name: str) -> QIcon:
    """Give the icon `Resources/Icons/<name>.svg`; an empty one where there is none: text stands alone."""
    source = _source(name)
    return QIcon(_PaletteIcon(source)) if source else QIcon()


@cache
def _source(name: str) -> str:
    try:
        return resource(f"Icons/{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""


class _PaletteIcon(QIconEngine):
    """Draws an icon in the colours that the palette has when it is drawn."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, _state: QIcon.State) -> None:
        """Draw it."""
        faint = mode == QIcon.Disabled
        role = QPalette.HighlightedText if mode == QIcon.Selected else QPalette.ButtonText
        color = QGuiApplication.palette().color(QPalette.Disabled if faint else QPalette.Active, role)
        painter.setOpacity(0.6 if faint else 1.0)
        lines = self._source.replace(NEUTRAL, color.name())
        QSvgRenderer(QByteArray(lines.encode())).render(painter, QRectF(rect))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """A transparent picture with the icon in it."""
        pixmap = QPixmap(size)
        pixmap.fill(Qt.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, QRect(QPoint(0, 0), size), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> _PaletteIcon:
        """Another one that draws the same."""
        return _PaletteIcon(self._source)
