"""A mouse for tests: moves, drags and wheels in the middle of a view, as Qt's events."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QEnterEvent, QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

BUTTONS = {"left": Qt.LeftButton, "middle": Qt.MiddleButton, "right": Qt.RightButton}
STEPS = 10


def _send(canvas: Any, kind: QEvent.Type, point: QPointF, button: Any, held: Any, modifiers: Any) -> None:
    event = QMouseEvent(kind, point, QPointF(canvas.mapToGlobal(point.toPoint())), button, held, modifiers)
    QApplication.sendEvent(canvas, event)


def _middle(canvas: Any) -> QPointF:
    return QPointF(canvas.width() // 2, canvas.height() // 2)


def move(view: Any, offset: tuple[int, int]) -> None:
    """Move the mouse, no button held, to a place given from the middle of the view."""
    canvas = view.canvas
    middle = _middle(canvas)
    QApplication.sendEvent(canvas, QEnterEvent(middle, middle, QPointF(canvas.mapToGlobal(middle.toPoint()))))
    _send(canvas, QEvent.MouseMove, middle + QPointF(*offset), Qt.NoButton, Qt.NoButton, Qt.NoModifier)


def drag(view: Any, by: tuple[int, int], button: str = "left", modifiers: Any = Qt.NoModifier) -> None:
    """Press in the middle, go this far to the right and down in small steps, and let go."""
    canvas, pressed = view.canvas, BUTTONS[button]
    start = _middle(canvas)
    move(view, (0, 0))
    _send(canvas, QEvent.MouseButtonPress, start, pressed, pressed, modifiers)
    for step in range(1, STEPS + 1):
        point = start + QPointF(*by) * (step / STEPS)
        _send(canvas, QEvent.MouseMove, point, Qt.NoButton, pressed, modifiers)
    _send(canvas, QEvent.MouseButtonRelease, start + QPointF(*by), pressed, Qt.NoButton, modifiers)


def wheel(view: Any, clicks: int, modifiers: Any = Qt.NoModifier) -> None:
    """Turn the wheel in the middle of the view: away from the user for positive clicks."""
    canvas = view.canvas
    move(view, (0, 0))
    point = _middle(canvas)
    step = 120 if clicks > 0 else -120
    for _click in range(abs(clicks)):
        event = QWheelEvent(
            point,
            QPointF(canvas.mapToGlobal(point.toPoint())),
            QPoint(),
            QPoint(0, step),
            Qt.NoButton,
            modifiers,
            Qt.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(canvas, event)
