"""What the documents say is true: their commands run, their links lead somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from Testing import factories

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "Resources" / "Docs").glob("*.md"))]
# A block that is marked, or that is Python: (language, text).
BLOCK = re.compile(r"(?:<!-- run -->\n)```(\w*)\n(.*?)```", re.DOTALL)


def blocks(document: Path) -> list[tuple[str, str]]:
    """The blocks of a document that can be run, in their order."""
    return BLOCK.findall(document.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if not target.startswith(("http://", "https://")):
            assert (document.parent / target).exists(), target


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_files_that_are_named_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name in re.findall(r"`((?:Resources|Testing|DICOM\w+)/[\w/]+\.(?:py|md))`", text):
        assert (ROOT / name).is_file(), name


@pytest.mark.mrml
@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell")
def test_the_tasks_of_the_readme(tmp_path: Path) -> None:
    """One after the other, in one folder, with the files that they speak of."""
    factories.write(factories.ct_series(3), tmp_path / "scans")
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    found = blocks(ROOT / "README.md")
    assert [language for language, _text in found] == ["", "", "python"]
    for language, text in found:
        command = [sys.executable, "-c", text] if language == "python" else ["sh", "-e", "-c", text]
        result = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert (result.returncode, result.stderr) == (0, ""), text
    assert (tmp_path / "volumes" / "1_Axial.nii.gz").exists()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(text, id=document.name)
        for document in DOCUMENTS[2:]
        for text in re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)
    ],
)
def test_programs_in_other_documents(text: str, tmp_path: Path) -> None:
    """Each alone, in a folder with files to import."""
    factories.write(factories.ct_series(3), tmp_path / "scans")
    command = [sys.executable, "-c", text]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout


def test_each_sub_command_is_in_the_readme() -> None:
    from DICOMLib.cli import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    missing = [
        name for name in COMMANDS if name != "start" and not re.search(rf"(slicer-dicom |`){name}", text)
    ]
    assert not missing
