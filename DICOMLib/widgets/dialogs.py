"""How dialogs begin: name, title and size, and what they are about."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QLabel


def begin_dialog(dialog: QDialog, title: str, width: int, height: int) -> None:
    """Set up a dialog that goes when it is closed; its object is called by its class."""
    dialog.setObjectName(type(dialog).__name__)
    dialog.setWindowTitle(title)
    dialog.setAttribute(Qt.WA_DeleteOnClose)
    dialog.resize(width, height)


def explanation_label(dialog: QDialog, text: str) -> QLabel:
    """Text at the head of a dialog, wrapped at its width; it can be copied."""
    label = QLabel(text, dialog)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextSelectableByMouse)
    return label
