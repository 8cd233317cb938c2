"""Questions for a file or folder, which do not block, and texts that are saved where the answer says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

Chosen = Callable[[str], object]
FILES_KEY = "DICOM/LastFolder"


def last_folder(key: str = FILES_KEY) -> str:
    """The folder that was chosen last for a purpose, in this session or one before; "" if it is gone."""
    folder = str(QSettings().value(key, "") or "")
    return folder if folder and Path(folder).is_dir() else ""


def keep_folder(folder: str | Path, key: str = FILES_KEY) -> None:
    """Keep the folder for the next question of this purpose."""
    QSettings().setValue(key, str(folder))


def ask_folder(
    parent: QWidget, title: str, chosen: Chosen, start: str = "", key: str = FILES_KEY
) -> QFileDialog:
    """Ask for a folder, from `start` on or the one that was chosen last for the purpose of `key`."""
    dialog = QFileDialog(parent, title, start or last_folder(key))
    dialog.fileSelected.connect(lambda path: keep_folder(path, key))
    dialog.setFileMode(QFileDialog.Directory)
    dialog.setOption(QFileDialog.ShowDirsOnly, True)
    return _opened(dialog, chosen)


def ask_file(
    parent: QWidget, title: str, chosen: Chosen, start: str = "", filters: Sequence[str] = ()
) -> QFileDialog:
    """Ask for a file that is there; `chosen` gets its path."""
    dialog = QFileDialog(parent, title, start or last_folder())
    dialog.fileSelected.connect(lambda path: keep_folder(Path(path).parent))
    dialog.setFileMode(QFileDialog.ExistingFile)
    dialog.setNameFilters(list(filters))
    return _opened(dialog, chosen)


def ask_new_file(
    parent: QWidget, title: str, chosen: Chosen, suggested: str, filters: Sequence[str] = ()
) -> QFileDialog:
    """Ask where to save; `chosen` gets the path."""
    dialog = QFileDialog(parent, title, last_folder())
    dialog.fileSelected.connect(lambda path: keep_folder(Path(path).parent))
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
