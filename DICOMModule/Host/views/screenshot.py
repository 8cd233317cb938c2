"""Pictures of the views and of whole windows, whatever the canvases draw on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qtpy import QtCore, QtGui, QtWidgets


def picture_of(widget: QtWidgets.QWidget, views: list[Any]) -> QtGui.QImage:
    """A widget with what is in its views, which some canvases draw past Qt.

    Parameters
    ----------
    widget
        A window, or the viewport of the layout.
    views
        Views of the layout, without their bars.
    """
    image = widget.grab().toImage()
    painter = QtGui.QPainter(image)
    for view in views:
        if not view.isVisible():
            continue
        view.forceRender()
        corner = view.mapTo(widget, QtCore.QPoint(0, 0))
        painter.drawImage(QtCore.QRect(corner, QtWidgets.QWidget.size(view)), view.picture())
    painter.end()
    return image


def save_views(layout_manager: Any, path: Path) -> None:
    """Save a picture of all views.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    views = [widget.view() for widget in layout_manager.shownViews()]
    image = picture_of(layout_manager.viewport(), views)
    if not image.save(str(path)):
        raise OSError(f"The picture {path} could not be written.")
