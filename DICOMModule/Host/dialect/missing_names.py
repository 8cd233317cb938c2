"""What `slicer.<name>` answers for names that are not set: late modules, or what there is instead."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import slicer

# Classes that few scripts use, and where they are.
LATE = {
    "qSlicerDICOMExportDialog": "DICOMLib.widgets.files.export_dialog",
    "qSlicerDICOMTagEditorWidget": "DICOMLib.widgets.files.tag_editor",
}

# Beginning of a name, and what is told of it.
HINTS = (
    (
        ("qMRML", "qSlicer"),
        "It is a Qt class of Slicer's C++ program. Of these there are here: {names}; panels can be built "
        "with Qt's own widgets, from qt.",
    ),
    (
        ("vtkMRML", "vtkSlicer"),
        "It is not among the classes of the package slicer-core; nodes and logics of Slicer's extensions are "
        "not in it.",
    ),
)


# Top-level modules that Slicer brings and this host does not, and what works instead.
NOT_HERE = {
    "SampleData": "download files with slicer.util.downloadFile and load them with slicer.util.loadVolume",
    "ScreenCapture": "take pictures of views with ctk.ctkWidgetsUtils.grabWidget(view)",
}


class _Adviser:
    """The last one that Python asks for a module: tells what there is instead of one of Slicer's."""

    @staticmethod
    def find_spec(name: str, _path: Any = None, _target: Any = None) -> None:
        """None for any other module, which leads to Python's own message."""
        if name in NOT_HERE:
            raise ModuleNotFoundError(
                f"The module {name} of Slicer is not available in this host; {NOT_HERE[name]}.", name=name
            )


def install() -> None:
    """Let `slicer` look up what it does not have; Slicer itself has all of it."""
    if not any(isinstance(finder, _Adviser) for finder in sys.meta_path):
        sys.meta_path.append(_Adviser())
    if "__getattr__" not in vars(slicer):
        slicer.__getattr__ = look_up


def look_up(name: str) -> Any:
    """A sub-module that has not been imported yet.

    Raises
    ------
    AttributeError
        For any other name, with what there is instead.
    """
    if name in LATE:
        return getattr(importlib.import_module(LATE[name]), name)
    if not name.startswith("_") and importlib.util.find_spec(f"slicer.{name}") is not None:
        return importlib.import_module(f"slicer.{name}")
    for beginnings, hint in HINTS:
        if name.startswith(beginnings):
            names = ", ".join(sorted(one for one in vars(slicer) if one.startswith(beginnings)))
            raise AttributeError(f"slicer.{name} is not available in this host. {hint.format(names=names)}")
    raise AttributeError(f"module 'slicer' has no attribute {name!r}")
