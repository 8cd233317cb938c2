"""`PythonSlicer`: the program by which modules run Python in a process of its own."""

from __future__ import annotations

import os
import sys
from pathlib import Path

NAME = "PythonSlicer"


def install_launcher(folder: str | os.PathLike[str]) -> Path:
    """Write the launcher into a new folder below `folder`, and put that in front of the search path.

    Modules look it up with `shutil.which("PythonSlicer")`; it is this Python.
    """
    place = Path(folder) / "bin"
    place.mkdir(exist_ok=True)
    if sys.platform == "win32":
        launcher = place / f"{NAME}.bat"
        launcher.write_text(f'@"{sys.executable}" %*\n', encoding="utf-8")
    else:
        launcher = place / NAME
        launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        launcher.chmod(0o755)
    os.environ["PATH"] = os.pathsep.join([str(place), os.environ.get("PATH", "")])
    return launcher


def uninstall_launcher(folder: str | os.PathLike[str]) -> None:
    """Take the folder out of the search path again; its files go with the folder."""
    place = str(Path(folder) / "bin")
    paths = os.environ.get("PATH", "").split(os.pathsep)
    os.environ["PATH"] = os.pathsep.join(path for path in paths if path != place)
