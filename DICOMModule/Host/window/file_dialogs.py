"""Asks the user for files to load, and for a file to save."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import slicer
from qtpy.QtWidgets import QFileDialog, QMessageBox

from DICOMLib.widgets.translation import _
from DICOMModule.Host.file_kinds import FILE_TYPES

if TYPE_CHECKING:
    from DICOMModule.Host.io_manager import IOManager


def load_files(manager: IOManager, kind: str = "", properties: Mapping[str, Any] | None = None) -> bool:
    """Ask for files, of one kind or of any, and load them; whether all that were chosen are loaded.

    Parameters
    ----------
    manager
        Does the loading.
    kind
        Such as "VolumeFile"; "" for any.
    properties
        Options of the reader.
    """
    window = slicer.app.mainWindow()
    endings = [f"*{ending}" for ending, known in FILE_TYPES.items() if known == kind]
    kinds = f"{kind} ({' '.join(endings)});;" if endings else ""
    paths, _filter = QFileDialog.getOpenFileNames(window, _("Open files"), "", f"{kinds}{_('All files')} (*)")
    loaded = [
        manager.loadNodes(kind or manager.fileType(path), {**(properties or {}), "fileName": path})
        for path in paths
    ]
    if not all(loaded):
        QMessageBox.warning(window, _("Open files"), _("Some of the files could not be loaded."))
    return bool(loaded) and all(loaded)


def save_scene(manager: IOManager) -> bool:
    """Ask for a file and save everything in it; whether that was done."""
    window = slicer.app.mainWindow()
    path, _filter = QFileDialog.getSaveFileName(window, _("Save scene"), "", _("Scene with all data (*.mrb)"))
    if not path:
        return False
    saved = manager.saveScene(path if path.lower().endswith(".mrb") else f"{path}.mrb")
    if not saved:
        QMessageBox.warning(window, _("Save scene"), _("The scene could not be saved."))
    return saved
