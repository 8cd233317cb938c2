"""What goes to standard output and what to standard error; the progress bar."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from DICOMLib.cli import main
from DICOMLib.cli.output import ProgressBar, clean_stdout
from DICOMLib.core.jobs import Progress
from Testing import factories

POSIX_ONLY = pytest.mark.skipif(sys.platform == "win32", reason="it needs a pseudo-terminal")


OTHERS_PRINT = """
import os
from DICOMLib.cli.output import clean_stdout

try:
    with clean_stdout() as result:
        os.write(1, b"from a library of C\\n")
        print("from Python")
        result.write("result\\n")
        {fault}
except ValueError:
    pass
print("afterwards")
"""


@pytest.mark.parametrize("fault", ["", "raise ValueError"])
def test_what_libraries_print_is_not_mixed_with_the_result(fault):
    """A library of C writes to the file descriptor, Python code to sys.stdout."""
    command = [sys.executable, "-c", OTHERS_PRINT.format(fault=fault)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert result.stdout == "result\nafterwards\n"
    assert sorted(result.stderr.splitlines()) == ["from Python", "from a library of C"]


def test_in_a_console_that_is_no_file(capsys):
    with clean_stdout() as result:
        sys.stdout.write("from Python\n")
        result.write("result\n")
    streams = capsys.readouterr()
    assert (streams.out, streams.err) == ("result\n", "from Python\n")


def test_no_bar_where_there_is_no_terminal(capsys):
    bar = ProgressBar()
    bar(Progress(1, 2, "Working"))
    bar.close()
    assert capsys.readouterr().err == ""


@POSIX_ONLY
def test_a_bar_on_a_terminal_and_json_all_the_same(tmp_path):
    import pty

    factories.write(factories.ct_series(3), tmp_path / "files")
    command = [sys.executable, "-m", "DICOMLib.cli", "import", "files", "--database", "db", "--json"]
    terminal, other_end = pty.openpty()
    result = subprocess.run(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=other_end, timeout=60, check=False
    )
    os.close(other_end)
    shown = os.read(terminal, 100_000).decode()
    os.close(terminal)
    assert json.loads(result.stdout)["instances"] == 3
    assert "100 %  Parsing DICOM files  3/3" in shown
    assert shown.endswith("\r\n")


@POSIX_ONLY
def test_a_reader_that_has_seen_enough(tmp_path, database):
    """As `slicer-dicom list … | head -1`: no traceback."""
    command = [
        sys.executable,
        "-m",
        "DICOMLib.cli",
        "list",
        "instances",
        "--database",
        str(database),
        "--json",
    ]
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(
        command, cwd=tmp_path, stdout=writer, stderr=subprocess.PIPE, timeout=60, check=False, text=True
    )
    os.close(writer)
    assert (result.returncode, result.stderr) == (1, "")


def test_a_folder_that_cannot_be_made_is_told(files: Path, tmp_path: Path, capsys):
    (tmp_path / "db").write_text("in the way")
    assert main(["import", str(files), "--database", str(tmp_path / "db" / "x"), "--json"]) == 1
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("slicer-dicom: ")


def test_lists_need_no_pydicom(database):
    """It takes longer to be imported than the list to be made."""
    code = (
        "import sys; from DICOMLib.cli import main; "
        f"code = main(['list', 'series', '--database', {str(database)!r}]); "
        "sys.exit(code or 'pydicom' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
