"""What the documents say is true: their commands run, their links lead somewhere."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

from DICOMLib.standard import phantom
from DICOMLib.standard.phantom import write_head_phantom
from Testing import factories
from Testing.orthanc import free_port, program

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


def test_each_picture_is_shown_and_can_be_made() -> None:
    folder = ROOT / "Resources" / "Docs"
    pictures = {path.name for path in folder.glob("*.png")}
    shown = re.findall(r"!\[[^\]]*\]\((?:Resources/Docs/)?([^)]+\.png)\)", "".join(map(_text, DOCUMENTS)))
    made = re.findall(r'(?:save\(|/ )"([\w-]+)(?:\.png)?"', _text(folder / "pictures" / "of_documents.py"))
    assert pictures == set(shown)
    assert pictures == {f"{name}.png" for name in made}


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


# Where the tests of each column of the table of faults are, after that of the fault.
_ROLES = (
    ("network",),
    ("network", "indexing", "cli"),
    ("archive", "cli"),
    ("web/client", "web/test_killed.py"),
    ("web/server", "cli"),
)


def test_the_tests_of_the_faults_exist() -> None:
    text = (ROOT / "Resources" / "Docs" / "faults.md").read_text(encoding="utf-8")
    rows = [line.split("|")[2:-1] for line in text.splitlines() if line.startswith("|")][2:]
    assert len(rows) == 13
    for cells in rows:
        for cell, places in zip(cells, _ROLES, strict=True):
            named = re.findall(r"`(test_\w+)`", cell)
            assert named or f"\n{cell.strip()}. " in text, cells
            assert set(named) <= _tests_in(places), (cell, places)


def _tests_in(places: Iterable[str]) -> set[str]:
    folders = [ROOT / "Testing" / "DICOMLib" / place for place in places]
    files = [path for one in folders for path in (one.rglob("*.py") if one.is_dir() else [one])]
    return {name for path in files for name in re.findall(r"^def (test_\w+)", path.read_text("utf-8"), re.M)}


@pytest.mark.mrml
@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell")
def test_the_tasks_of_the_readme(tmp_path: Path) -> None:
    """One after the other, in one folder, with the files that they speak of."""
    write_head_phantom(tmp_path / "scans")
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
    assert (tmp_path / "volumes" / "2_Head_CT.nii.gz").exists()
    listed = subprocess.run(
        ["sh", "-c", next(line for line in found[0][1].splitlines() if "--where" in line)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert phantom.SERIES_UID in listed.stdout
    [text] = re.findall(r"```\n(slicer-dicom export .*?)```", DOCUMENTS[0].read_text("utf-8"), re.DOTALL)
    text = re.sub(r"\bID\b", "HEAD-PHANTOM", text.replace("SERIES", phantom.SERIES_UID))
    subprocess.run(["sh", "-e", "-c", text], cwd=tmp_path, env=environment, timeout=120, check=True)
    assert [len(list((tmp_path / name).rglob("*.dcm"))) for name in ("exported", "clean")] == [128, 128]
    assert (tmp_path / "map.json").is_file()


@pytest.mark.network
@pytest.mark.skipif(sys.platform == "win32", reason="the blocks are for a POSIX shell")
def test_the_local_pacs_of_the_readme(tmp_path: Path) -> None:
    """At other ports, for those of the text may be taken."""
    for name in ("findscu", "storescu", "curl"):
        program(name)
    [text] = re.findall(r"```\n(slicer-dicom serve .*?)```", DOCUMENTS[0].read_text("utf-8"), re.DOTALL)
    web, dimse = free_port(), free_port()
    serve, *asked = text.replace(":8080", f":{web}").replace("11112", str(dimse)).splitlines()
    paths = factories.write(factories.ct_series(1), tmp_path / "scans")
    ports = ["--http-port", str(web), "--dimse-port", str(dimse)]
    command = [sys.executable, "-m", "DICOMLib.cli", *shlex.split(serve)[1:], *ports]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            assert any(line.startswith("Serving ") for line in server.stderr)
            subprocess.run(["storescu", "localhost", str(dimse), *paths], check=True, timeout=30)
            told = [
                subprocess.run(one, shell=True, capture_output=True, text=True, check=True, timeout=30)
                for one in asked
            ]
        finally:
            server.terminate()
    found, searched = told
    study = str(factories.uid("study"))
    assert study in found.stdout + found.stderr
    assert [one["0020000D"]["Value"] for one in json.loads(searched.stdout)] == [[study]]


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
