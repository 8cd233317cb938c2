"""A QApplication for scripts that use widgets where the application was booted without windows.

Qt ends the process when a widget, a picture or a cursor is made before there is a QApplication. Scripts of
Slicer may count on one, also with --no-main-window; so it is made when it is first needed, drawn nowhere.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy import QtCore, QtWidgets

from DICOMModule.Host.dialect import message_boxes

# Names of `qt`, beside those of widgets, that need an application when they are used.
NEED_APPLICATION = frozenset(
    ("QApplication", "QBitmap", "QCursor", "QFont", "QFontMetrics", "QGuiApplication", "QIcon", "QPixmap")
)
# Static functions that open a dialog and wait for its end.
_STATIC_QUESTIONS = (
    "getDouble", "getInt", "getItem", "getMultiLineText", "getText",  # QInputDialog
    "getExistingDirectory", "getOpenFileName", "getOpenFileNames", "getSaveFileName",  # QFileDialog
    "getColor", "getFont",  # QColorDialog, QFontDialog
)  # fmt: skip
# Dialogs that are nothing but a question; others may close by themselves.
_ONLY_QUESTIONS = (
    QtWidgets.QInputDialog,
    QtWidgets.QFileDialog,
    QtWidgets.QColorDialog,
    QtWidgets.QFontDialog,
)
# So long a dialog may take to close by itself, as the one of `slicer.util.delayDisplay` does.
_LONGEST_WAIT_MS = 5000
_made: list[QtWidgets.QApplication] = []  # it must live as long as the process


def ensure_application() -> None:
    """Make the application if there is none."""
    if QtWidgets.QApplication.instance() is None:
        _made.append(QtWidgets.QApplication(["slicer-dicom", "-platform", "offscreen"]))


def asking(stock: type) -> dict[str, Any]:
    """Methods for a class of dialogs: a question that nobody sees is an error, not an endless wait."""
    if not issubclass(stock, QtWidgets.QDialog):
        return {}
    execute: Callable[..., Any] = getattr(stock, "exec", None) or stock.exec_  # type: ignore[attr-defined]
    ways = {
        name: staticmethod(_seen_only(stock, getattr(stock, name)))
        for name in _STATIC_QUESTIONS
        if hasattr(stock, name)
    }
    if issubclass(stock, QtWidgets.QMessageBox):
        run = message_boxes.answering(stock, execute)
        ways |= message_boxes.static_boxes(stock)
    else:
        run = _seen_only(stock, execute) if issubclass(stock, _ONLY_QUESTIONS) else _closing(stock, execute)
    return {**ways, "exec_": run, "exec": run}


def is_unseen() -> bool:
    """Whether nobody sees what is shown."""
    return bool(_made) or QtWidgets.QApplication.instance() is None


def unanswered(stock: type) -> RuntimeError:
    """The error for a question that nobody can answer."""
    return RuntimeError(
        f"A {stock.__name__} asks a question, but the application runs without windows. "
        "Run it with --main-window, or let the script decide without asking."
    )


def _seen_only(stock: type, ask: Callable[..., Any]) -> Callable[..., Any]:
    """What asks, where there are windows."""

    def asked(*arguments: Any, **options: Any) -> Any:
        if is_unseen():
            raise unanswered(stock)
        return ask(*arguments, **options)

    return asked


def _closing(stock: type, execute: Callable[..., Any]) -> Callable[..., Any]:
    """What shows a dialog; where nobody sees it, it must close by itself."""

    def executed(dialog: Any) -> Any:
        if not is_unseen():
            return execute(dialog)
        ensure_application()
        watch = QtCore.QTimer()
        watch.setSingleShot(True)
        missed: list[bool] = []

        def give_up() -> None:
            missed.append(True)
            dialog.reject()

        watch.timeout.connect(give_up)
        watch.start(_LONGEST_WAIT_MS)
        result = execute(dialog)
        watch.stop()
        if missed:
            raise unanswered(stock)
        return result

    return executed
