"""Message boxes that nobody sees: what they say is printed, and what needs no decision is answered.

The answer is the default button that the script has named, or the only button. A question without either
is an error: no script shall have something deleted because nobody could say no.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from qtpy import QtWidgets

_BOXES = ("critical", "information", "question", "warning")


def answering(stock: type, execute: Callable[..., Any]) -> Callable[..., Any]:
    """What shows a box and returns the answer."""
    from DICOMModule.Host.unseen_application import is_unseen, unanswered

    def executed(box: Any) -> Any:
        if not is_unseen():
            return execute(box)
        button = _answer(box)
        if button is None:
            raise unanswered(stock)
        title, text = QtWidgets.QMessageBox.windowTitle(box), QtWidgets.QMessageBox.text(box)
        answer = QtWidgets.QPushButton.text(button).replace("&", "")
        print(f"{title}: {text} [{answer}]".removeprefix(": "), file=sys.stderr)  # noqa: T201
        QtWidgets.QAbstractButton.click(button)
        return QtWidgets.QDialog.result(box)

    return executed


def _answer(box: Any) -> Any:
    """The default button that was named, or the only one; None if there is something to be decided."""
    named = QtWidgets.QMessageBox.defaultButton(box)
    if named is None and not QtWidgets.QMessageBox.buttons(box):
        QtWidgets.QMessageBox.setStandardButtons(box, QtWidgets.QMessageBox.Ok)
    buttons = QtWidgets.QMessageBox.buttons(box)
    return named if named is not None or len(buttons) > 1 else buttons[0]


def static_boxes(stock: type) -> dict[str, Any]:
    """The functions that show a box without making an object."""
    found = {name: staticmethod(_static(stock, name)) for name in _BOXES if hasattr(stock, name)}
    return {**found, "about": staticmethod(_about(stock))}


def _static(stock: type, name: str) -> Callable[..., Any]:
    from DICOMModule.Host.unseen_application import ensure_application, is_unseen

    seen: Callable[..., Any] = getattr(stock, name)
    box_class: Any = QtWidgets.QMessageBox
    usual = box_class.Yes | box_class.No if name == "question" else box_class.Ok

    def asked(
        parent: Any, title: str, text: str, buttons: Any = usual, defaultButton: Any = box_class.NoButton
    ) -> Any:
        if not is_unseen():
            return seen(parent, title, text, buttons, defaultButton)
        ensure_application()
        box = box_class()
        box.setWindowTitle(title)
        box.setText(text)
        box.setStandardButtons(buttons)
        box.setDefaultButton(defaultButton)
        answering(stock, box_class.exec_ if hasattr(box_class, "exec_") else box_class.exec)(box)
        return box.standardButton(box.clickedButton())

    return asked


def _about(stock: type) -> Callable[..., None]:
    inform = _static(stock, "information")

    def about(parent: Any, title: str, text: str) -> None:
        inform(parent, title, text)

    return about
