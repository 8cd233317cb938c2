"""The command as a whole: help, misuse, exit codes."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from DICOMLib import __version__
from DICOMLib.cli import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_each_sub_command_explains_itself(command, capsys):
    assert main([command, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: slicer-dicom {command}")
    assert "options:" in text


def test_help_lists_all_sub_commands(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    assert set(re.findall(r"^    (\w+)(?: |$)", text, re.MULTILINE)) == {*COMMANDS}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_wait_for_no_packages(arguments):
    code = (
        "import sys; from DICOMLib.cli import main; "
        f"assert main({arguments!r}) == 0; print(*sorted(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in done.stderr.split()}
    assert "DICOMLib" in loaded
    assert loaded & {"pydicom", "pynetdicom", "requests", "starlette", "qtpy", "slicer"} == set()


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"slicer-dicom {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["import"],
        ["import", "x"],
        ["list", "doctors", "--database", "x"],
        ["list", "series", "--database", "x", "--json", "--csv"],
        ["load", "--database", "x", "--output", "y"],
        ["load", "--database", "x", "--output", "y", "--all", "--series", "1"],
        ["load", "--database", "x", "--output", "y", "--all", "--format", "jpg"],
        ["run"],
        ["run", "--code", "1", "script.py"],
    ],
)
def test_misuse_is_2_and_says_why_on_standard_error(arguments, capsys):
    assert main(arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "slicer-dicom" in streams.err


def test_listing_imports_nothing_that_takes_a_while() -> None:
    code = (
        "import sys; from DICOMLib.cli import build_parser; build_parser(['list']); "
        "print(*{name.split('.')[0] for name in sys.modules} & {'pydicom', 'pynetdicom', 'numpy', 'qtpy'})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.split() == []
