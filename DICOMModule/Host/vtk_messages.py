"""What VTK and ITK report, in Python's log: a line that names the class, and the whole text for --verbose.

Texts of VTK hold paths of files, which may tell who a patient is; so they are logged in detail only.
"""

from __future__ import annotations

import logging
import re
from typing import Any

import vtk

log = logging.getLogger("vtk")

# The text begins with "ERROR: In FILE, line N", and its second line with "CLASS (ADDRESS): MESSAGE".
_CLASS = re.compile(r"^(\w+) \(0x", re.MULTILINE)
# What a report is called; remarks of readers that went on are for the detailed log only.
_EVENTS = {"ErrorEvent": "an error", "WarningEvent": "a warning", "TextEvent": ""}
_REPEATED = ("vtkCompositeDataPipeline", "vtkStreamingDemandDrivenPipeline")  # tell again what a filter told


class VtkMessages:
    """Listens to VTK's output window, which is silent on the terminal meanwhile; `close` ends it."""

    def __init__(self) -> None:
        self._window = vtk.vtkOutputWindow.GetInstance()
        self._verbosity = vtk.vtkLogger.GetCurrentVerbosityCutoff()
        self._mode = self._window.GetDisplayMode()
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
        self._window.SetDisplayModeToNever()
        self._tags = [self._window.AddObserver(event, self._tell) for event in _EVENTS]

    @vtk.calldata_type(vtk.VTK_STRING)  # type: ignore[untyped-decorator]
    def _tell(self, _window: Any, event: str, text: str) -> None:
        found = _CLASS.search(text)
        name = found.group(1) if found else "VTK"
        kind = _EVENTS[event]
        if kind and name not in _REPEATED:
            log.warning("%s reports %s; the text is in the detailed log.", name, kind)
        log.debug("%s", text.strip())

    def close(self) -> None:
        """Give the terminal back to VTK."""
        for tag in self._tags:
            self._window.RemoveObserver(tag)
        self._tags.clear()
        self._window.SetDisplayMode(self._mode)
        vtk.vtkLogger.SetStderrVerbosity(self._verbosity)
