"""Questions for a file or folder, which do not block, and texts that are saved where the answer says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

Chosen = Callable[[str], object]


def ask_folder(parent: QWidget, title: str, chosen: Chosen, start: str = "") -> QFileDialog:
    """Ask for a folder; `chosen` gets its path."""
    dialog = QFileDialog(parent, title, start)
    dialog.setFileMode(QFileDialog.Directory)
    dialog.setOption(QFileDialog.ShowDirsOnly, True)
    return _opened(dialog, chosen)


def ask_file(
    parent: QWidget, title: str, chosen: Chosen, start: str = "", filters: Sequence[str] = ()
) -> QFileDialog:
    """Ask for a file that is there; `chosen` gets its path."""
    dialog = QFileDialog(parent, title, start)
    dialog.setFileMode(QFileDialog.ExistingFile)
    dialog.setNameFilters(list(filters))
    return _opened(dialog, chosen)


def ask_new_file(
    parent: QWidget, title: str, chosen: Chosen, suggested: str, filters: Sequence[str] = ()
) -> QFileDialog:
    """Ask where to save; `chosen` gets the path."""
    dialog = QFileDialog(parent, title)
    dialog.setAcceptMode(QFileDialog.AcceptSave)
    dialog.setNameFilters(list(filters))
    dialog.selectFile(suggested)
    return _opened(dialog, chosen)


def _opened(dialog: QFileDialog, chosen: Chosen) -> QFileDialog:
    dialog.setAttribute(Qt.WA_DeleteOnClose)
    dialog.fileSelected.connect(chosen)
    dialog.open()
    return dialog


def save_text(parent: QWidget, title: str, path: str, text: str) -> bool:
    """Write a text into a file; False, and the user is told, if that is not possible."""
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        warn(parent, title, str(error))
        return False
    return True


def warn(parent: QWidget, title: str, text: str) -> QMessageBox:
    """Tell what is not possible, without blocking."""
    box = QMessageBox(QMessageBox.Warning, title, text, QMessageBox.Ok, parent)
    box.setAttribute(Qt.WA_DeleteOnClose)
    box.open()
    return box
