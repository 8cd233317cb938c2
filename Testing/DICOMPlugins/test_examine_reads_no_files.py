"""Examination of a series whose tags were cached at import does not touch its files."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from DICOMLib import DICOMUtils
from DICOMLib.plugins import registry
from Testing import factories

pytestmark = pytest.mark.mrml

SLICES = 500
_opened: list[str] | None = None


def _note(event: str, arguments: tuple[object, ...]) -> None:
    if _opened is not None and event == "open" and isinstance(arguments[0], (str, bytes)):
        _opened.append(str(arguments[0]))


@pytest.fixture
def opened(monkeypatch):
    """Paths that were opened by Python; an audit hook cannot be removed, so that it is switched off."""
    if not getattr(sys, "_notes_opened_files", False):
        sys._notes_opened_files = True
        sys.addaudithook(_note)
    noted: list[str] = []
    monkeypatch.setattr(sys.modules[__name__], "_opened", noted)
    return noted


def described(loadables) -> list[object]:
    return sorted((one.name, one.confidence, one.warning, one.tooltip, tuple(one.files)) for one in loadables)


def test_five_hundred_slices_are_examined_without_opening_one(database, tmp_path: Path, opened) -> None:
    folder = tmp_path / "files"
    factories.write(factories.ct_series(SLICES), folder)
    plugins, failed = registry.instances()
    assert failed == []
    assert "DICOMScalarVolumePlugin" in plugins
    assert DICOMUtils.importDicom(folder)
    files = [str(path) for path in sorted(folder.iterdir())]
    opened.clear()
    (folder / "canary").write_text("seen by the hook")
    assert [Path(path).name for path in opened] == ["canary"]
    opened.clear()
    loadables = [one for plugin in plugins.values() for one in plugin.examineForImport([files])]
    assert [path for path in opened if str(tmp_path / "files") in path] == []
    (scalar,) = [one for one in loadables if len(one.files) == SLICES]
    assert scalar.warning == ""
    assert scalar.files == files  # sorted by what was cached
    before = described(loadables)
    shutil.rmtree(folder)
    again = [one for plugin in registry.instances()[0].values() for one in plugin.examineForImport([files])]
    assert described(again) == before
