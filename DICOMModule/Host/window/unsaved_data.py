"""Data of the scene that would be lost: which they are, and the question whether they shall be saved."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import slicer
import vtk
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QMessageBox

from DICOMLib.widgets.translation import _, by_number
from DICOMModule.Host.scene import is_data

MOST_NAMES = 8
LONGEST_NAME = 60
OBJECT_NAME = "UnsavedDataDialog"


def unsaved_names(scene: Any) -> list[str]:
    """Names of the nodes with data that were made, loaded from DICOM or changed, and not saved since.

    How things are shown (layout, cameras, colours) is no data.
    """
    if not scene.GetModifiedSinceRead():
        return []
    found = vtk.vtkCollection()
    scene.GetStorableNodesModifiedSinceRead(found)
    return [node.GetName() or node.GetID() for node in _items(found) if is_data(node)]


def _items(collection: Any) -> Iterator[Any]:
    return (collection.GetItemAsObject(index) for index in range(collection.GetNumberOfItems()))


def ask_to_save(window: Any, title: str, discard: str, go_on: Callable[[], object]) -> bool:
    """Ask whether unsaved data shall be saved first; it does not block.

    Parameters
    ----------
    window
        The main window.
    title
        What is about to be done.
    discard
        On the button that does it without saving.
    go_on
        Does it; called when the data are saved, or shall be lost.

    Returns
    -------
    bool
        Whether there is something to ask; else nothing happens.
    """
    names = unsaved_names(slicer.mrmlScene)
    if not names:
        return False
    box = QMessageBox(QMessageBox.Warning, title, _text(len(names)), QMessageBox.NoButton, window)
    box.setObjectName(OBJECT_NAME)
    box.setAttribute(Qt.WA_DeleteOnClose)
    box.setInformativeText(_details(names))
    save = box.addButton(_("Save…"), QMessageBox.AcceptRole)
    lose = box.addButton(discard, QMessageBox.DestructiveRole)
    box.addButton(QMessageBox.Cancel)
    box.setDefaultButton(save)

    def answered(_result: int) -> None:
        chosen = box.clickedButton()
        if chosen is lose or (chosen is save and slicer.app.ioManager().openSaveDataDialog()):
            go_on()

    box.finished.connect(answered)
    box.open()
    return True


def _text(count: int) -> str:
    one = _("One object of the scene has not been saved since it was made, loaded or changed:")
    several = _("{n} objects of the scene have not been saved since they were made, loaded or changed:")
    return by_number(count, one, several)


def _details(names: list[str]) -> str:
    lines = [f"• {_shortened(name)}" for name in names[:MOST_NAMES]]
    if len(names) > MOST_NAMES:
        lines.append(_("(and {n} more)").format(n=len(names) - MOST_NAMES))
    lines += ["", _("DICOM files and the database stay as they are.")]
    return "\n".join(lines)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
