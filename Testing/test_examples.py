"""Every example runs, from another folder and with nothing but its own text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from Testing import factories

pytestmark = [pytest.mark.mrml, pytest.mark.gui]

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = ROOT / "Resources" / "Examples" / "04_plugin.py"
# the plugin is no program: the last test loads it
EXAMPLES = sorted(set(PLUGIN.parent.glob("[0-9]*.py")) - {PLUGIN})


def python(*arguments: object, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example(example: Path, tmp_path: Path) -> None:
    result = python(example, folder=tmp_path)
    # said by Qt itself where windows are drawn off screen
    errors = result.stderr.replace("This plugin does not support propagateSizeHints()\n", "")
    assert (result.returncode, errors) == (0, "")


def test_the_plugin_loads_a_report(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    plugins.mkdir()
    (plugins / "ReportTextPlugin.py").write_bytes(PLUGIN.read_bytes())
    factories.write([factories.text_report("All is well.")], tmp_path / "files")
    database, output = tmp_path / "database", tmp_path / "output"
    command = ("-m", "DICOMLib.cli")
    assert python(*command, "import", "files", "--database", database, folder=tmp_path).returncode == 0
    load = ("load", "--database", database, "--all", "--output", output)
    result = python(*command, *load, "--additional-module-paths", plugins, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    (text,) = output.glob("*.txt")
    assert text.read_text(encoding="utf-8") == "All is well."
