"""Set-up of a source tree: what is missing is installed, or told in words that help."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from DICOMModule import bootstrap


@pytest.fixture
def environment(tmp_path, monkeypatch) -> Path:
    """A virtual environment that is not there yet."""
    folder = tmp_path / "environment"
    monkeypatch.setattr(bootstrap, "ENVIRONMENT", folder)
    return folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no Debian packages")
def test_missing_programs_are_named_by_their_packages():
    missing = bootstrap.missing_packages([("no-such-program", "its-package"), ("sh", "dash")])
    assert "its-package" in missing
    assert "dash" not in missing


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no Debian packages")
@pytest.mark.parametrize(("api", "is_needed"), [("pyqt5", False), ("pyqt6", True), ("PySide6", True)])
def test_windows_of_qt_6_need_a_library_more(monkeypatch, api, is_needed):
    """A machine that has what Qt 5 needs; who has no right to install more can still use that."""
    monkeypatch.setattr(bootstrap, "_known_libraries", lambda: "\n".join(bootstrap.WINDOW_LIBRARIES))
    monkeypatch.setenv("QT_API", api)
    asked: list[str] = []
    monkeypatch.setattr(bootstrap, "install_system_packages", asked.extend)
    monkeypatch.setattr(bootstrap, "_environment", lambda: Path(sys.executable))
    monkeypatch.setattr(bootstrap, "_install_project", lambda _python, _extras: None)
    bootstrap.prepare()
    assert ("libxcb-cursor0" in asked) == is_needed
    bootstrap.prepare(with_qt6=True)
    assert "libxcb-cursor0" in asked


def test_without_the_right_to_install_the_packages_are_told(monkeypatch):
    monkeypatch.setattr(bootstrap, "_administrator_prefix", lambda: None)
    with pytest.raises(bootstrap.SetupError) as error:
        bootstrap.install_system_packages(["libgl1", "xvfb"])
    assert "apt-get install -y --no-install-recommends libgl1 xvfb" in str(error.value)


def test_nothing_missing_needs_no_right(monkeypatch):
    monkeypatch.setattr(bootstrap, "_administrator_prefix", lambda: pytest.fail("asked for"))
    bootstrap.install_system_packages([])


def test_an_environment_without_pip_is_made_anew(environment):
    """As it is left where the making of it was interrupted."""
    (environment / "bin").mkdir(parents=True)
    (environment / "bin" / "python").symlink_to(os.devnull)
    python = bootstrap._environment()
    assert python.is_relative_to(environment)
    subprocess.run([python, "-m", "pip", "--version"], check=True, capture_output=True)


def test_an_environment_that_cannot_be_made(environment):
    environment.write_text("in the way")
    with pytest.raises(bootstrap.SetupError, match="could not be made"):
        bootstrap._environment()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_packages_that_cannot_be_fetched(environment):
    environment.mkdir()
    python = environment / "python"
    python.write_text("#!/bin/sh\necho no network >&2\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(bootstrap.SetupError, match="network"):
        bootstrap._install_project(python, "")
    assert not list(environment.glob(".installed*"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a group")
def test_ctrl_c_is_left_to_the_command(tmp_path):
    command = tmp_path / "command.py"
    command.write_text(
        "import signal, sys, time\n"
        "signal.signal(signal.SIGINT, lambda *_: sys.exit(7))\n"
        "print('ready', flush=True)\n"
        "time.sleep(60)\n"
    )
    starter = "import sys; from bootstrap import hand_over; sys.exit(hand_over(sys.argv[1:]))"
    process = subprocess.Popen(
        [sys.executable, "-c", starter, sys.executable, str(command)],
        cwd=Path(bootstrap.__file__).parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    os.killpg(process.pid, signal.SIGINT)
    _output, errors = process.communicate(timeout=30)
    assert (process.returncode, errors) == (7, "")
