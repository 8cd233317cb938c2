"""The command as a user runs it: in a process of its own, in an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

TIMEOUT = 120


def slicer_dicom(*arguments: object, folder: Path, display: bool = False) -> subprocess.CompletedProcess[str]:
    """Run `slicer-dicom` with its settings below `folder`.

    Parameters
    ----------
    arguments
        Of the command.
    folder
        Where it is run.
    display
        Whether it may see the display of the tests.
    """
    environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "config")}
    if not display:
        environment.pop("DISPLAY", None)
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "DICOMLib.cli", *map(str, arguments)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT, check=False
    )


def needs_display() -> None:
    """Skip where there is no X server to draw on."""
    if not os.environ.get("DISPLAY"):
        pytest.skip("there is no display; Testing/run.py starts a virtual one")
