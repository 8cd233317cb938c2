"""Our icons in the colours of the palette."""

from __future__ import annotations

from qtpy.QtCore import QByteArray, QRectF, Qt
from qtpy.QtGui import QColor, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from qtpy.QtSvg import QSvgRenderer

from DICOMLib.core.resources import resource

# The line colour in the files: readable on light and on dark, for programs that show them as they are.
NEUTRAL = "#6e7b8b"
SIZES = (16, 20, 24, 32, 48)

_cache: dict[tuple[str, str, str], QIcon] = {}


def host_icon(name: str) -> QIcon:
    """Icon of `Resources/Icons/<name>.svg`, its lines in the colour of text; empty where there is none."""
    palette = QGuiApplication.palette()
    text = palette.color(QPalette.Active, QPalette.ButtonText)
    faint = palette.color(QPalette.Disabled, QPalette.ButtonText)
    key = (name, text.name(), faint.name())
    if key not in _cache:
        _cache[key] = _make(name, text, faint)
    return _cache[key]


def _make(name: str, text: QColor, faint: QColor) -> QIcon:
    try:
        source = resource(f"Icons/{name}.svg").read_text(encoding="utf-8")
    except FileNotFoundError:
        return QIcon()
    icon = QIcon()
    for color, mode in ((text, QIcon.Normal), (text, QIcon.Active), (faint, QIcon.Disabled)):
        for size in SIZES:
            icon.addPixmap(_pixmap(source.replace(NEUTRAL, color.name()), size, mode), mode)
    return icon


def _pixmap(source: str, size: int, mode: QIcon.Mode) -> QPixmap:
    ratio = QGuiApplication.instance().devicePixelRatio()
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.transparent)
    painter = QPainter(pixmap)
    if mode == QIcon.Disabled:
        painter.setOpacity(0.6)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return pixmap
