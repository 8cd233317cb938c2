"""A program that runs beside the application, with the methods that scripts know from QProcess."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Sequence

from DICOMLib.core.events import Emitter, Signal, main_thread

NOT_RUNNING, RUNNING = 0, 2  # QProcess.ProcessState
NORMAL_EXIT, CRASH_EXIT = 0, 1  # QProcess.ExitStatus
_FOREVER = -1


class ProgramOutput(bytes):
    """What a program has printed; scripts of Slicer, where it is a QByteArray, read it by `data()`."""

    def data(self) -> bytes:
        """The bytes."""
        return bytes(self)


class RunningProgram(Emitter):
    """A program that has been started; what it prints is read all the time, so that it never waits for that.

    Parameters
    ----------
    command
        Path of the program, and its arguments.

    Attributes
    ----------
    stateChanged
        Emitted with 0 once it has ended.

    Raises
    ------
    OSError
        If it cannot be started.
    """

    SIGNALS = ("stateChanged", "finished")
    stateChanged: Signal
    finished: Signal

    def __init__(self, command: Sequence[str]) -> None:
        super().__init__()
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self._output = self._errors = b""
        self._thread = threading.Thread(target=self._read, name="program", daemon=True)

    def watch(self) -> None:
        """Begin to read what it prints; signals come from now on."""
        self._thread.start()

    def _read(self) -> None:
        self._output, self._errors = self._process.communicate()
        self.finished(self.exitCode(), self.exitStatus())
        self.stateChanged(NOT_RUNNING)

    def state(self) -> int:
        """As `QProcess.ProcessState`: 2 while it runs, else 0."""
        return RUNNING if self._process.poll() is None else NOT_RUNNING

    def processId(self) -> int:
        """Of the operating system."""
        return self._process.pid

    def waitForFinished(self, msecs: int = 30000) -> bool:
        """Wait so many milliseconds at most, or as long as it takes (-1); whether it has ended."""
        self._thread.join(None if msecs == _FOREVER else msecs / 1000)
        main_thread.catch_up()  # as with a QProcess, the end has been told when this returns
        return not self._thread.is_alive()

    def exitCode(self) -> int:
        """What it ended with; 0 while it runs."""
        return self._process.poll() or 0

    def exitStatus(self) -> int:
        """As `QProcess.ExitStatus`: 1 if it was killed or crashed, else 0."""
        return CRASH_EXIT if (self._process.poll() or 0) < 0 else NORMAL_EXIT

    def readAllStandardOutput(self) -> ProgramOutput:
        """What it has printed until its end, and was not read yet."""
        output, self._output = self._output, b""
        return ProgramOutput(output)

    def readAllStandardError(self) -> ProgramOutput:
        """The same of its errors."""
        errors, self._errors = self._errors, b""
        return ProgramOutput(errors)

    def terminate(self) -> None:
        """Ask it to end."""
        self._process.terminate()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
