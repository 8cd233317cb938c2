"""Where the programs of DCMTK are looked for."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from DICOMLib.compat import script_commands
from DICOMLib.compat.script_commands import DICOMProcess


def with_dcmdump(folder: Path) -> str:
    folder.mkdir(parents=True)
    (folder / ("dcmdump.exe" if os.name == "nt" else "dcmdump")).touch(0o755)
    return str(folder)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The folder of a Slicer without DCMTK."""
    app = SimpleNamespace(slicerHome=str(tmp_path / "Slicer"))
    monkeypatch.setattr(script_commands.slicer, "app", app, raising=False)
    return tmp_path / "Slicer"


def test_additional_places_come_first_then_slicer_then_the_search_path(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", with_dcmdump(tmp_path / "path"))
    assert DICOMProcess.getDCMTKToolsPath() == str(tmp_path / "path")
    inside = with_dcmdump(home / "bin")
    assert DICOMProcess.getDCMTKToolsPath() == inside
    additional = with_dcmdump(tmp_path / "additional")
    assert DICOMProcess.getDCMTKToolsPath([str(tmp_path / "nothing"), additional]) == additional
    assert DICOMProcess().exeDir == inside


def test_without_dcmtk_that_is_said(home, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserWarning, match="DCMTK are not installed"):
        DICOMProcess.getDCMTKToolsPath()
