"""What is told below the traceback of a script that asks for a name, or a window, that is not there.

Nothing is looked up before the script has ended so: `hasattr` and the like cost nothing more.
"""

from __future__ import annotations

import difflib
from types import ModuleType
from typing import Any

import slicer

_MOST_NAMES = 3
_NO_WINDOW = "Could not find main window"  # as functions of slicer.util say it


def explanation(error: BaseException) -> str:
    """What there is instead of an attribute that is missing, in sentences.

    Parameters
    ----------
    error
        What ended a script.

    Returns
    -------
    str
        "" for errors of other kinds, and where nothing can be said.
    """
    if isinstance(error, RuntimeError) and str(error) == _NO_WINDOW:
        return "This needs the main window: run the script with --main-window."
    name = getattr(error, "name", None)
    if not isinstance(error, AttributeError) or not isinstance(name, str):
        return ""
    if error.obj is not None:
        return _alike(error.obj, name)
    return _of_windows(name) if str(error).startswith("'NoneType'") else ""


def _alike(owner: Any, name: str) -> str:
    """Names of an object that are written much like another one, and for Slicer's objects where all are."""
    spelling = _spelling(owner)
    names = _names(owner)
    lower = {one.lower(): one for one in names}
    close = difflib.get_close_matches(name.lower(), lower, _MOST_NAMES)
    whose = spelling or (owner.__name__ if isinstance(owner, type | ModuleType) else type(owner).__name__)
    alike = _in_words([lower[one] for one in close])
    if not spelling:
        return f"{whose} has {alike}, written much alike." if alike else ""
    found = f"{alike}, written much alike" if alike else "nothing that is written alike"
    return f"{spelling} has {found}; all its names: dir({spelling})."


def _names(owner: Any) -> list[str]:
    """Public names, without asking the object itself, which Qt may have deleted."""
    if isinstance(owner, type):
        names = dir(owner)
    elif isinstance(owner, ModuleType):
        names = list(vars(owner))
    else:
        names = [*dir(type(owner)), *getattr(owner, "__dict__", ())]
    return sorted({one for one in names if not one.startswith("_")})


def _spelling(owner: Any) -> str:
    """How scripts write one of Slicer's own objects; "" for any other."""
    application = getattr(slicer, "app", None)
    if application is None:  # it has been shut down
        return ""
    spellings = {
        "slicer": slicer,
        "slicer.app": application,
        "slicer.util": slicer.util,
        "slicer.mrmlScene": slicer.mrmlScene,
        "slicer.dicomDatabase": getattr(slicer, "dicomDatabase", None),
        "slicer.app.coreIOManager()": application.ioManager(),
        "slicer.app.moduleManager()": application.moduleManager(),
        "slicer.app.layoutManager()": application.layoutManager(),
    }
    return next((text for text, one in spellings.items() if one is owner), "")


def _of_windows(name: str) -> str:
    """That None was asked for something of the main window, if there is none."""
    if not hasattr(slicer, "app") or slicer.app.mainWindow() is not None:
        return ""
    from qtpy.QtCore import QObject

    from DICOMModule.Host.views.layout import LayoutManager
    from DICOMModule.Host.window.main_window import MainWindow

    general = set(dir(QObject))
    for spelling, kind in (("layoutManager()", LayoutManager), ("mainWindow()", MainWindow)):
        if name in _names(kind) and name not in general:
            return (
                f"Without a main window slicer.app.{spelling}, which has {name}, is None: "
                "run the script with --main-window, or test for None."
            )
    return ""


def _in_words(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
