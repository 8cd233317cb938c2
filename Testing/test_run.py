"""The second command of the README: what fails is told, whichever queue it ran in."""

import sys
from pathlib import Path

import pytest

from Testing.run import environment_of, run_all, steps

PASSES = [sys.executable, "-c", "print('fine')"]
FAILS = [sys.executable, "-c", "raise SystemExit('broken')"]
IS_KILLED = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
STEPS = ("lint", "core", "bindings", "window", "pyqt6", "tests")


def test_everything_passes(capfd):
    assert run_all(dict.fromkeys(STEPS, PASSES)) == 0

    output, progress = capfd.readouterr()
    assert output.split() == ["fine"] * len(STEPS)
    assert [line for line in progress.splitlines() if "failed" in line] == []


@pytest.mark.parametrize("command", [FAILS, IS_KILLED], ids=["fails", "is killed"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_fails(step, command, capfd):
    assert run_all({**dict.fromkeys(STEPS, PASSES), step: command}) != 0

    assert f"{step} failed" in capfd.readouterr().err


def test_a_failure_says_what_was_printed(capfd):
    run_all({**dict.fromkeys(STEPS, PASSES), "window": FAILS})

    assert "broken" in capfd.readouterr().out


@pytest.mark.parametrize(
    ("step", "binding"), [("bindings", "pyside6"), ("window", "pyside6"), ("pyqt6", "pyqt6")]
)
def test_program_and_tests_take_the_same_binding(step, binding):
    environment = environment_of(step)
    assert (environment["QT_API"], environment["PYTEST_QT_API"]) == (binding, binding)
    assert f"qt_api={binding}" in steps(Path(sys.executable))[step]


def test_every_step_is_a_test_of_cmake():
    described = (Path(__file__).parent.parent / "CMakeLists.txt").read_text(encoding="utf-8")
    assert f"foreach(step {' '.join(steps(Path(sys.executable)))})" in described
