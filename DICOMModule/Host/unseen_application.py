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
# Static functions that open a dialog and wait for its end.
_STATIC_QUESTIONS = (
    "about", "aboutQt", "critical", "information", "question", "warning",  # QMessageBox
    "getDouble", "getInt", "getItem", "getMultiLineText", "getText",  # QInputDialog
    "getExistingDirectory", "getOpenFileName", "getOpenFileNames", "getSaveFileName",  # QFileDialog
    "getColor", "getFont",  # QColorDialog, QFontDialog
)  # fmt: skip
_made: list[QtWidgets.QApplication] = []  # it must live as long as the process


def ensure_application() -> None:
    """Make the application if there is none."""
    if QtWidgets.QApplication.instance() is None:
        _made.append(QtWidgets.QApplication(["slicer-dicom", "-platform", "offscreen"]))


def asking(stock: type) -> dict[str, Any]:
    """Methods for a class of dialogs: a question that nobody sees is an error, not an endless wait."""
    if not issubclass(stock, QtWidgets.QDialog):
        return {}
    execute: Callable[..., Any] = getattr(stock, "exec_", None) or stock.exec  # type: ignore[attr-defined]
    ways = {
        name: staticmethod(_seen_only(stock, getattr(stock, name)))
        for name in _STATIC_QUESTIONS
        if hasattr(stock, name)
    }
    return {**ways, "exec_": _seen_only(stock, execute), "exec": _seen_only(stock, execute)}


def _seen_only(stock: type, ask: Callable[..., Any]) -> Callable[..., Any]:
    """What asks, where there are windows."""

    def asked(*arguments: Any, **options: Any) -> Any:
        if _made or QtWidgets.QApplication.instance() is None:
            raise RuntimeError(
                f"A {stock.__name__} asks a question, but the application runs without windows. "
                "Run it with --main-window, or let the script decide without asking."
            )
        return ask(*arguments, **options)

    return asked
