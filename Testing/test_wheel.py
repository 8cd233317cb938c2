"""The wheel that is built from the tree holds all it needs, and works from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.mrml, pytest.mark.gui, pytest.mark.slow]

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = "Scripts" if os.name == "nt" else "bin"


def call(*command: object, folder: Path) -> str:
    """Standard output of a command that must succeed; it sees nothing of the tree."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["XDG_CONFIG_HOME"] = str(folder / "config")
    result = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the tree."""
    folder = tmp_path_factory.mktemp("wheel")
    call(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, folder=folder)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel alone; its dependencies are those of this one, seen over a path file."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", folder, folder=folder)
    python = folder / SCRIPTS / "python"
    call(python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel, folder=folder)
    purelib = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", folder=folder)
    # lines of a path file are not read for further path files, so the tree stays unseen
    Path(purelib.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


def test_everything_travels_inside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("SQL", "Icons", "Config", "Docs", "Examples"):
        files = [path for path in (ROOT / "Resources" / folder).rglob("*") if path.is_file()]
        assert files
        for path in files:
            if "__pycache__" not in path.parts:
                assert f"DICOMLib/Resources/{path.relative_to(ROOT / 'Resources').as_posix()}" in names
    assert "DICOMPlugins/DICOMScalarVolumePlugin.py" in names
    assert not any(name.startswith(("Testing", "build")) for name in names)


def test_it_works_from_any_folder(environment: Path, tmp_path: Path) -> None:
    command = environment / SCRIPTS / "slicer-dicom"
    where = call(
        environment / SCRIPTS / "python", "-c", "import DICOMLib; print(DICOMLib.__file__)", folder=tmp_path
    )
    assert where.startswith(str(environment))
    output = call(command, "start", "--no-window", "--output", "out", folder=tmp_path)
    assert "Head CT" in output
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"volume.nrrd", "views.png", "database"}
    assert call(command, "test", "DICOM", folder=tmp_path) == "DICOM: passed\n"
