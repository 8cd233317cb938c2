"""How the main window leads to the DICOM module: an entry in the menu File, a button in the tool bar."""

from __future__ import annotations

from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from DICOMLib.widgets.icons import icon

BUTTON, ENTRY, ENTRY_BELOW = "LoadDICOMAction", "FileDICOMAction", "FileSaveSceneAction"


def module_icon() -> Any:
    """The icon of Slicer's button for DICOM data where its resources are there, else ours.

    None without a Qt application, which is made only where it is needed.
    """
    if qt.QCoreApplication.instance() is None:
        return None
    of_slicer = qt.QIcon(":Icons/Medium/SlicerLoadDICOM.png")
    return icon("DICOMDatabase") if of_slicer.availableSizes() == [] else of_slicer


def offer_module(window: Any) -> None:
    """Show the button, which is hidden in a window without the module, and put the entry into the menu."""
    button, menu = window.findChild("QAction", BUTTON), window.findChild("QMenu", "FileMenu")
    if button is not None:
        button.setVisible(True)
    if menu is not None and window.findChild("QAction", ENTRY) is None:
        menu.insertAction(window.findChild("QAction", ENTRY_BELOW), _entry(menu))


def _entry(menu: Any) -> Any:
    entry = qt.QAction(_("&DICOM database"), menu)
    entry.setObjectName(ENTRY)
    entry.setToolTip(_("Show the DICOM database"))
    entry.setShortcut(qt.QKeySequence("Ctrl+D"))
    entry.triggered.connect(lambda _checked=False: slicer.util.selectModule("DICOM"))
    return entry
