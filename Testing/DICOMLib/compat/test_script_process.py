"""Programs beside the application: what they print, how they end."""

from __future__ import annotations

import sys

import pytest

from DICOMLib.compat.script_process import RunningProgram
from DICOMLib.core.events import main_thread


def python(*lines: str) -> RunningProgram:
    program = RunningProgram([sys.executable, "-c", "\n".join(lines)])
    program.watch()
    return program


def test_output_and_exit_code() -> None:
    states: list[int] = []
    ends: list[tuple[int, int]] = []
    program = RunningProgram(
        [sys.executable, "-c", "import sys; print('out', end=''); sys.stderr.write('err'); sys.exit(3)"]
    )
    program.connect("stateChanged(QProcess::ProcessState)", states.append)
    program.connect("finished(int,QProcess::ExitStatus)", lambda *values: ends.append(values))
    program.watch()
    assert program.waitForFinished()
    assert (program.state(), program.exitCode(), program.exitStatus()) == (0, 3, 0)
    assert (states, ends) == ([0], [(3, 0)])
    assert program.readAllStandardOutput().data() == b"out"
    assert program.readAllStandardOutput() == b""
    assert program.readAllStandardError() == b"err"


def test_the_end_is_told_before_the_wait_for_it_returns(monkeypatch) -> None:
    """Also where there is an event loop, to which signals of other threads are posted."""
    posted: list = []
    monkeypatch.setattr(main_thread, "post", posted.append)
    monkeypatch.setattr(main_thread, "deliver", lambda: [posted.pop(0)() for _ in list(posted)])
    ends: list[tuple[int, int]] = []
    program = RunningProgram([sys.executable, "-c", ""])
    program.connect("finished(int,QProcess::ExitStatus)", lambda *values: ends.append(values))
    program.watch()
    assert program.waitForFinished()
    assert ends == [(0, 0)]


def test_a_program_that_prints_much_is_not_held_up() -> None:
    program = python("print('x' * 5_000_000)")
    assert program.waitForFinished()
    assert len(program.readAllStandardOutput()) == 5_000_001


def test_kill() -> None:
    program = python("import time", "time.sleep(60)")
    assert program.state() == 2
    assert program.processId() > 0
    assert not program.waitForFinished(50)
    program.kill()
    assert program.waitForFinished(-1)
    assert (program.state(), program.exitStatus()) == (0, 1)


def test_what_is_not_there() -> None:
    with pytest.raises(FileNotFoundError):
        RunningProgram(["/no/such/program"])
