"""The house rules that no linter knows: places, sizes, words."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TOP_LEVEL = {
    "CMakeLists.txt",
    "pyproject.toml",
    "README.md",
    "DICOMModule",
    "DICOMLib",
    "DICOMPlugins",
    "Testing",
    "Resources",
    "LICENSE",
    "CHANGELOG.md",
}
SOURCES = ("DICOMLib", "DICOMModule", "DICOMPlugins")
MAX_LINES, MAX_FUNCTION_LINES = 400, 60
UNFINISHED = re.compile(r"\b(TO" "DO|FIX" "ME|X" "XX)\b")
VAGUE_NAMES = {"utils.py", "helpers.py", "misc.py", "common.py", "manager.py"}


def tracked() -> list[Path]:
    """Files that belong to the project; outside a git tree, all that there are."""
    try:
        listed = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout
    except (OSError, subprocess.CalledProcessError):
        return [path for folder in sorted(TOP_LEVEL) for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
SOURCE_FILES = [path for path in PYTHON if path.relative_to(ROOT).parts[0] in SOURCES]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_top_level_holds_what_belongs_there() -> None:
    found = {path.relative_to(ROOT).parts[0] for path in FILES}
    assert {name for name in found if not name.startswith(".")} == TOP_LEVEL


@pytest.mark.parametrize("path", PYTHON, ids=name_of)
def test_file(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= MAX_LINES
    assert ast.get_docstring(ast.parse(text)), "a file begins with a line that says what it is for"
    assert path.name not in VAGUE_NAMES
    assert not UNFINISHED.search(text)
    long = [f.name for f in functions(path) if (f.end_lineno or 0) - f.lineno >= MAX_FUNCTION_LINES]
    assert not long


@pytest.mark.parametrize("path", SOURCE_FILES, ids=name_of)
def test_work_leaves_the_event_loop_alone(path: Path) -> None:
    """Only `slicer.app.processEvents`, which scripts call, and pictures for documents may turn it."""
    allowed = {"DICOMModule/Host/dialect/slicer_app.py", "DICOMLib/cli/start.py"}
    if name_of(path) not in allowed:
        assert "processEvents(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SOURCE_FILES, ids=name_of)
def test_timers_call_no_lambdas(path: Path) -> None:
    """A lambda is cleared when another thread collects it as garbage; the timer runs until Qt deletes it."""
    assert "timeout.connect(lambda" not in path.read_text(encoding="utf-8")


def test_tests_lie_as_their_sources_do() -> None:
    """Testing/DICOMLib/x/test_y.py tests DICOMLib/x/y.py, or a part of what x does."""
    for path in PYTHON:
        parts = path.relative_to(ROOT).parts
        if parts[0] == "Testing" and parts[1] in SOURCES and path.name.startswith("test_"):
            assert ROOT.joinpath(*parts[1:-1]).is_dir(), name_of(path)
