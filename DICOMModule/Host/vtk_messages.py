"""What VTK and ITK report, in Python's log: a line that names the class, and the whole text for --verbose.

Texts of VTK hold paths of files, which may tell who a patient is; so they are logged in detail only.

Filters report from threads of their own, for which the one that holds Python's lock waits. So errors and
warnings are not listened to, which would need that lock in these threads: the program would stand still for
ever. VTK writes them into a file without a name, and they are read from there.
"""

from __future__ import annotations

import logging
import os
import re
import tempfile
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import vtk

log = logging.getLogger("vtk")

# A line of the file: date, time, (uptime), [thread], file:line, ERR or WARN, "CLASS (ADDRESS): …".
_REPORT = re.compile(rb"^\d{4}-\d\d-\d\d [\d:.]+ \([^)]*\) \[[^\]]*\].*?:\d+ +(ERR|WARN)\| ", re.MULTILINE)
_CLASS = re.compile(r"^(\w+) \(0x")
_KINDS = {b"ERR": "an error", b"WARN": "a warning"}
_REPEATED = ("vtkCompositeDataPipeline", "vtkStreamingDemandDrivenPipeline")  # tell again what a filter told
_EVERY_S = 0.25
_LONGEST_FILE = 4_000_000  # bytes, then it begins anew


class VtkMessages:
    """Follows what VTK reports, which is silent on the terminal meanwhile; `close` ends it."""

    def __init__(self) -> None:
        self._window = vtk.vtkOutputWindow.GetInstance()
        self._verbosity = vtk.vtkLogger.GetCurrentVerbosityCutoff()
        self._mode = self._window.GetDisplayMode()
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
        self._window.SetDisplayModeToNever()
        # remarks of readers that went on, which come from the thread that calls them
        self._tag = self._window.AddObserver("TextEvent", self._tell_in_detail)
        self._lock = threading.Lock()
        self._file, self._path = tempfile.mkstemp(prefix="vtk-messages-")
        vtk.vtkLogger.LogToFile(self._path, vtk.vtkLogger.APPEND, vtk.vtkLogger.VERBOSITY_WARNING)
        with suppress(OSError):  # Windows removes no file that is open
            Path(self._path).unlink()
        self._read_to = os.fstat(self._file).st_size
        self._end = threading.Event()
        self._follower = threading.Thread(target=self._follow, name="VTK messages", daemon=True)
        self._follower.start()

    def _follow(self) -> None:
        while not self._end.wait(_EVERY_S):
            self.tell()

    @vtk.calldata_type(vtk.VTK_STRING)  # type: ignore[untyped-decorator]
    def _tell_in_detail(self, _window: Any, _event: str, text: str) -> None:
        log.debug("%s", text.strip())

    def tell(self) -> None:
        """Log what was reported since the last time; what was reported often, once with its number."""
        with self._lock:
            reports = self._new_reports()
        counts: Counter[tuple[str, str]] = Counter()
        for kind, text in reports:
            found = _CLASS.search(text)
            name = found.group(1) if found else "VTK"
            if name not in _REPEATED:
                counts[name, kind] += 1
            log.debug("%s", text)
        for (name, kind), count in counts.items():
            times = f" {count} times" if count > 1 else ""
            log.warning("%s reports %s%s; the text is in the detailed log.", name, kind, times)

    def _new_reports(self) -> list[tuple[str, str]]:
        """Kind and text of each report that the file has got since the last time."""
        size = os.fstat(self._file).st_size
        os.lseek(self._file, self._read_to, os.SEEK_SET)
        data = os.read(self._file, size - self._read_to)
        self._read_to += len(data)
        if self._read_to > _LONGEST_FILE:
            os.ftruncate(self._file, 0)
            self._read_to = 0
        _before, *parts = _REPORT.split(data)
        texts = (part.decode(errors="replace").strip() for part in parts[1::2])
        return [(_KINDS[kind], text) for kind, text in zip(parts[::2], texts, strict=True)]

    def close(self) -> None:
        """Give the terminal back to VTK."""
        self._end.set()
        self._follower.join()
        self._window.RemoveObserver(self._tag)
        vtk.vtkLogger.EndLogToFile(self._path)
        self.tell()
        os.close(self._file)
        Path(self._path).unlink(missing_ok=True)
        self._window.SetDisplayMode(self._mode)
        vtk.vtkLogger.SetStderrVerbosity(self._verbosity)
