"""Second command: set everything up and run all checks and tests.

    python3 Testing/run.py [STEP ...]

Steps: format, lint, layers, types, core, bindings, window, pyqt6, tests. Without any, all of them;
the last five, which take minutes, run as two queues side by side.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "DICOMModule"))

from bootstrap import SetupError, hand_over, prepare, say

# Program, Debian package.
PROGRAMS = (
    ("Xvfb", "xvfb"),
    ("xauth", "xauth"),
    ("storescp", "dcmtk"),
    ("Orthanc", "orthanc"),
    ("cmake", "cmake"),
    ("curl", "curl"),
    ("dcm2niix", "dcm2niix"),
    ("plastimatch", "plastimatch"),
    ("xdotool", "xdotool"),
    ("nginx", "nginx-light"),
    ("node", "nodejs"),
    ("npm", "npm"),
)
ORTHANC_DICOMWEB = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
CORE_PACKAGES = (
    "core",
    "standard",
    "database",
    "fields",
    "patching",
    "writing",
    "deidentification",
    "indexing",
    "network",
    "archive",
    "web",
)
COVERAGE_FLOOR = 80
# The binding of Qt of the steps that take another one than PyQt5.
BINDINGS = {"bindings": "pyside6", "window": "pyside6", "pyqt6": "pyqt6"}
# What runs beside the step "tests" where all steps run.
BESIDE_TESTS = ("core", *BINDINGS)
WINDOW_TESTS = tuple(
    f"Testing/DICOMModule/test_{name}.py" for name in ("import", "loading", "panel", "search_and_load")
)
# What is made anew for each binding beneath the module `qt`.
DIALECT_TESTS = tuple(
    f"Testing/DICOMModule/Host/dialect/test_{name}.py" for name in ("class_changes", "ui_loader")
)


def steps(python: Path) -> dict[str, list[str]]:
    """The commands by the name of their step."""
    run = [str(python), "-m"]
    core_tests = [
        f"Testing/DICOMLib/{name}"
        for name in CORE_PACKAGES
        if any((ROOT / f"Testing/DICOMLib/{name}").glob("test_*.py"))
    ]
    return {
        "format": [*run, "ruff", "format", "--check", "."],
        "lint": [*run, "ruff", "check", "."],
        "layers": [str(python.with_name("lint-imports"))],
        "types": [*run, "mypy", "DICOMLib", "DICOMModule"],
        # the core must work where there is no Qt, no VTK and no slicer-core
        "core": [
            *run,
            "pytest",
            "-q",
            "-p",
            "no:pytest-qt",
            "-p",
            "Testing.without_qt",
            "-m",
            "not slow and not network",
            *core_tests,
        ],
        # the widgets with another binding of Qt, which environment_of chooses
        "bindings": [*run, *_pytest_with_binding_of("bindings"), "Testing/DICOMLib/widgets"],
        # the main window with it, on a screen
        "window": [*_with_screen(), *run, *_pytest_with_binding_of("window"), *WINDOW_TESTS],
        # the main window, and with it the widgets that it has, with a third one
        "pyqt6": [
            *_with_screen(),
            *(*run, *_pytest_with_binding_of("pyqt6"), *WINDOW_TESTS, *DIALECT_TESTS),
        ],
        "tests": [
            *_with_screen(),
            *(
                *run,
                "pytest",
                "-q",
                "--cov",
                f"--cov-fail-under={COVERAGE_FLOOR}",
                "--cov-report=term:skip-covered",
            ),
        ],
    }


def environment_of(step: str) -> dict[str, str]:
    """Environment variables of a step."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"}
    if step in BINDINGS:
        environment |= {
            "QT_API": BINDINGS[step],
            "PYTEST_QT_API": BINDINGS[step],
            "PYSIDE6_OPTION_PYTHON_ENUM": "0x3",  # pytest-qt imports it before DICOMModule.Host can say so
        }
    if step == "bindings":
        environment["QT_QPA_PLATFORM"] = "offscreen"
    return environment


def _pytest_with_binding_of(step: str) -> list[str]:
    return ["pytest", "-q", "-o", f"qt_api={BINDINGS[step]}"]


def _with_screen() -> list[str]:
    """Prefix of a command that needs a screen: a virtual one on Linux."""
    if sys.platform.startswith("linux") and shutil.which("xvfb-run"):
        return ["xvfb-run", "-a", "-s", "-screen 0 1280x1024x24"]
    return []


def main(names: Sequence[str]) -> int:
    """Set up, then run the named steps, or all."""
    programs = list(PROGRAMS)
    if not ORTHANC_DICOMWEB.exists():
        programs.append(("no program, a plugin", "orthanc-dicomweb"))
    try:
        python = prepare("test", programs, with_qt6=True)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    known = steps(python)
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"Unknown step: {', '.join(unknown)}. Steps: {', '.join(known)}.", file=sys.stderr)
        return 2
    return run_in_turn(names, known) if names else run_all(known)


def run_in_turn(names: Sequence[str], known: dict[str, list[str]]) -> int:
    """Run steps one after the other until one fails; the exit code of the last."""
    for name in names:
        say(f"{name} …")
        code = hand_over(known[name], cwd=ROOT, env=environment_of(name))
        if code:
            say(f"{name} failed")
            return code
    return 0


def run_all(known: dict[str, list[str]]) -> int:
    """Run the quick steps in turn, then the tests and what runs beside them."""
    quick = [name for name in known if name not in (*BESIDE_TESTS, "tests")]
    if code := run_in_turn(quick, known):
        return code
    with ThreadPoolExecutor(1) as beside:
        others = [beside.submit(_run_aside, name, known[name]) for name in BESIDE_TESTS]
        codes = [run_in_turn(["tests"], known), *(other.result() for other in others)]
    return next(filter(None, codes), 0)


def _run_aside(name: str, command: list[str]) -> int:
    """Run a step and print at its end what it said, which would mix with that of another."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment_of(name),
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    say(f"{name} …")
    print(result.stdout, flush=True)
    if result.returncode:
        say(f"{name} failed")
    return result.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
