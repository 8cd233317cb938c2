"""`qt.QUiLoader`: Qt Designer files whose widgets have PythonQt's manners."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from qtpy import QtCore, QtWidgets, uic


class QUiLoader:
    """Builds the widgets of a .ui file; custom widgets are looked for in `ctk`, `slicer` and `qt`."""

    def __init__(self, parent: Any = None) -> None:
        self._parent = parent

    def load(self, source: Any, parent: Any = None) -> Any:
        """The top-level widget of a file.

        Parameters
        ----------
        source
            A path, or an open QFile.
        parent
            The parent of the widget.
        """
        root = ElementTree.fromstring(_text(source))
        _use_dialect(root)
        buffer = io.StringIO(ElementTree.tostring(root, encoding="unicode"))
        widget = uic.loadUi(buffer)
        if parent is not None:
            widget.setParent(parent)
        return widget


def _text(source: Any) -> str:
    if isinstance(source, QtCore.QFile):
        return bytes(source.readAll()).decode("utf-8")
    return Path(source).read_text(encoding="utf-8")


def _use_dialect(root: ElementTree.Element) -> None:
    """Let each widget be made from the class that scripts know."""
    custom = root.find("customwidgets")
    if custom is None:
        custom = ElementTree.SubElement(root, "customwidgets")
    known = {entry.findtext("class"): entry for entry in custom}
    for name in sorted({element.get("class", "") for element in root.iter("widget")}):
        entry = known.get(name)
        if entry is None:
            entry = ElementTree.SubElement(custom, "customwidget")
            ElementTree.SubElement(entry, "class").text = name
            ElementTree.SubElement(entry, "extends").text = name if hasattr(QtWidgets, name) else "QWidget"
        header = entry.find("header")
        if header is None:
            header = ElementTree.SubElement(entry, "header")
        header.text = _module_of(name)


def _module_of(name: str) -> str:
    """Module from which a widget class is imported."""
    for module in ("ctk", "slicer", "qt"):
        if hasattr(sys.modules.get(module), name):
            return module
    raise ValueError(f"The widget class {name} of the .ui file is not available here.")
