"""The second command of the README: what fails is told, whichever queue it ran in."""

import sys

import pytest

from Testing.run import run_all

PASSES = [sys.executable, "-c", "print('fine')"]
FAILS = [sys.executable, "-c", "raise SystemExit('broken')"]
IS_KILLED = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
STEPS = ("lint", "core", "bindings", "window", "tests")


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
