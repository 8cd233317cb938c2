"""A QApplication for scripts that use widgets where the application was booted without windows.

Qt ends the process when a widget, a picture or a cursor is made before there is a QApplication. Scripts of
Slicer may count on one, also with --no-main-window; so it is made when it is first needed, drawn nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy import QtWidgets

# Names of `qt`, beside those of widgets, that need an application when they are used.
NEED_APPLICATION = frozenset(
    ("QApplication", "QBitmap", "QCursor", "QFont", "QFontMetrics", "QGuiApplication", "QIcon", "QPixmap")
)
_QUESTIONS = (QtWidgets.QMessageBox, QtWidgets.QInputDialog, QtWidgets.QFileDialog)
_made: list[QtWidgets.QApplication] = []  # it must live as long as the process


def ensure_application() -> None:
    """Make the application if there is none."""
    if QtWidgets.QApplication.instance() is None:
        _made.append(QtWidgets.QApplication(["slicer-dicom", "-platform", "offscreen"]))


def asking(stock: type) -> dict[str, Callable[..., Any]]:
    """Methods for a class of dialogs: a question that nobody sees is an error, not an endless wait."""
    if not issubclass(stock, _QUESTIONS):
        return {}
    execute: Callable[..., Any] = getattr(stock, "exec_", None) or stock.exec  # type: ignore[attr-defined]

    def exec_(self: Any) -> Any:
        if _made:
            raise RuntimeError(
                f"A {stock.__name__} asks a question, but the application runs without windows. "
                "Run it with --main-window, or let the script decide without asking."
            )
        return execute(self)

    return {"exec_": exec_, "exec": exec_}
