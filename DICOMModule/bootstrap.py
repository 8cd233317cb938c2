"""Set-up of a source tree with nothing but Python's standard library: interpreter, environment, packages.

Used by `DICOMModule/start.py` and `Testing/run.py`. Everything is done once; a second call takes a second.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
VERSIONS = ((3, 13), (3, 12), (3, 11), (3, 10))

# What Qt's xcb platform, VTK and fonts need on Debian and Ubuntu: a library to look for, and its package.
WINDOW_LIBRARIES = {
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libXrender.so.1": "libxrender1",
    "libXcursor.so.1": "libxcursor1",
    "libXt.so.6": "libxt6",
    "libSM.so.6": "libsm6",
    "libICE.so.6": "libice6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgomp.so.1": "libgomp1",
}
# What the xcb platform of Qt 6 needs besides; QT_API chooses the binding.
QT6_LIBRARIES = {"libxcb-cursor.so.0": "libxcb-cursor0"}
QT6_BINDINGS = ("pyside6", "pyqt6")
DRIVERS = "/usr/lib/*/dri/*swrast*", "libgl1-mesa-dri"
FONTS = "/usr/share/fonts/**/*.ttf", "fonts-dejavu-core"


class SetupError(Exception):
    """Something is missing that cannot be installed from here; the text says what to do."""


def say(text: str) -> None:
    """A line for the user."""
    print(f"[setup] {text}", file=sys.stderr, flush=True)  # noqa: T201 (this is a command)


def prepare(extras: str = "", programs: Sequence[tuple[str, str]] = (), with_qt6: bool = False) -> Path:
    """Make everything ready and return the Python interpreter of the environment.

    Parameters
    ----------
    extras
        Optional dependencies of the project ("test").
    programs
        (program, Debian package) of what must be on the PATH.
    with_qt6
        Whether windows of Qt 6 will be opened, too; they may be anyway if QT_API says so.

    Raises
    ------
    SetupError
        If something is missing and there is no right to install it.
    """
    with_qt6 = with_qt6 or os.environ.get("QT_API", "").lower() in QT6_BINDINGS
    install_system_packages(missing_packages(programs, with_qt6))
    python = _environment()
    _install_project(python, extras)
    return python


def hand_over(command: Sequence[str], **options: Any) -> int:
    """Run a command to its end and return its exit code; Ctrl-C is left to it."""
    # The terminal tells both; the command knows how to end. It does not inherit this handler.
    handler = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        return subprocess.Popen(command, **options).wait()
    finally:
        signal.signal(signal.SIGINT, handler)


def missing_packages(programs: Sequence[tuple[str, str]], with_qt6: bool = False) -> list[str]:
    """Debian packages of libraries and programs that this machine lacks; none on other systems."""
    if not sys.platform.startswith("linux"):
        return []
    known = _known_libraries()
    needed = {**WINDOW_LIBRARIES, **(QT6_LIBRARIES if with_qt6 else {})}
    missing = [package for library, package in needed.items() if library not in known]
    for pattern, package in (DRIVERS, FONTS):
        if not any(Path("/").glob(pattern.lstrip("/"))):
            missing.append(package)
    missing += [
        package for program, package in programs if shutil.which(program, path=_search_path()) is None
    ]
    if not _has_module("ensurepip"):
        missing.append("python3-venv")
    return missing


def _search_path() -> str:
    """Where programs are looked for; some are in folders that are not on every user's PATH."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _known_libraries() -> str:
    for command in ("ldconfig", "/sbin/ldconfig"):
        try:
            return subprocess.run(
                [command, "-p"], capture_output=True, text=True, check=True, timeout=60
            ).stdout
        except (OSError, subprocess.CalledProcessError):
            continue
    return ""


def _has_module(name: str) -> bool:
    import importlib.util

    return importlib.util.find_spec(name) is not None


def install_system_packages(packages: Sequence[str]) -> None:
    """Install Debian packages as root or by sudo.

    Raises
    ------
    SetupError
        If there is neither; the text has the command to give to an administrator.
    """
    if not packages:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(packages)}"
    prefix = _administrator_prefix()
    if prefix is None or shutil.which("apt-get") is None:
        raise SetupError(
            "These system packages are missing, and this user may not install them:\n"
            f"  {' '.join(packages)}\nAsk an administrator of this machine to run:\n  {command}"
        )
    say(f"installing system packages: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["apt-get", "update", "-qq"], command.split()):
        result = subprocess.run(
            [*prefix, *arguments], env=environment, check=False, stdout=subprocess.DEVNULL, timeout=1800
        )
        if result.returncode and arguments[1] == "install":
            raise SetupError(f"The installation of system packages failed. Try it by hand:\n  {command}")


def _administrator_prefix() -> list[str] | None:
    """What to write before a command that needs root; None where nothing helps."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False, timeout=60).returncode == 0:
        return ["sudo", "-n"]
    return ["sudo"] if sys.stdin.isatty() else None


def _environment() -> Path:
    """The interpreter of the virtual environment, which is made where it is missing."""
    folder = "Scripts" if os.name == "nt" else "bin"
    python = ENVIRONMENT / folder / ("python.exe" if os.name == "nt" else "python")
    if not _runs(python, "-m", "pip", "--version"):
        say(f"making the environment {ENVIRONMENT.name}")
        if not _runs(_interpreter(), "-m", "venv", "--clear", str(ENVIRONMENT)):
            raise SetupError(
                f"The environment {ENVIRONMENT} could not be made. The folder must be writable, and Python "
                "complete (on Debian and Ubuntu: the package python3-venv)."
            )
    return python


def _runs(*command: str | Path) -> bool:
    """Whether a command is there and succeeds."""
    try:
        result = subprocess.run(
            command, check=False, timeout=600, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
    except OSError:
        return False
    return result.returncode == 0


def _interpreter() -> str:
    """A Python that the dependencies have wheels for: this one, or another on the PATH."""
    if sys.version_info[:2] in VERSIONS:
        return sys.executable
    for major, minor in VERSIONS:
        found = shutil.which(f"python{major}.{minor}")
        if found:
            return found
    wanted = ", ".join(f"{major}.{minor}" for major, minor in VERSIONS)
    raise SetupError(f"Python {wanted} is needed; this is {sys.version_info[0]}.{sys.version_info[1]}.")


def _install_project(python: Path, extras: str) -> None:
    """Install the project and its dependencies, if its description changed since the last time."""
    marker = ENVIRONMENT / f".installed-{extras or 'base'}"
    # the path, too: the environment points to it, and a folder may have been moved
    state = hashlib.sha256(os.fsencode(ROOT) + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if marker.exists() and marker.read_text(encoding="ascii") == state:
        return
    say("installing Python packages (some minutes the first time)")
    target = f"{ROOT}[{extras}]" if extras else str(ROOT)
    command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-e", target]
    if subprocess.run(command, check=False, timeout=3600).returncode:
        raise SetupError(
            "The installation of Python packages failed; see the messages above. It needs a network "
            "connection to the Python package index (PyPI), or to a mirror that pip is configured for."
        )
    marker.write_text(state, encoding="ascii")
