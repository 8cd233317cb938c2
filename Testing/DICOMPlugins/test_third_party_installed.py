"""Plugins of others, found in a folder of the command line or of the settings, and in an installed wheel.

Each way is tried in processes of its own: by `slicer-dicom load`, which chooses the plugins, and by a script
in Slicer's dialect, which asks for each of the five by its name.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.nrrd import read_nrrd
from Testing.third_party_files import (
    FOLDER,
    IMAGES,
    LABELS,
    LESIONS,
    MAPPING,
    PLUGINS,
    PROBE,
    PROBE_VOXELS,
    STORED,
    TIMES,
    write_all,
)

pytestmark = [pytest.mark.mrml, pytest.mark.slow]

OF_PLUGIN = dict(zip(PLUGINS, (IMAGES, LESIONS, MAPPING, TIMES, PROBE), strict=True))
SCRIPT = """
import json, sys
import slicer
from DICOMLib import DICOMUtils

result = {}
for pluginName, seriesUID in json.loads(sys.argv[1]).items():
    slicer.mrmlScene.Clear(0)
    messages = []
    nodeIDs = DICOMUtils.loadSeriesByUID([seriesUID], messages, enabledPluginClassNames=[pluginName])
    nodes = [slicer.mrmlScene.GetNodeByID(nodeID) for nodeID in nodeIDs]
    pluginClass = slicer.modules.dicomPlugins[pluginName]
    result[pluginName] = {
        "file": sys.modules[pluginClass.__module__].__file__,
        "messages": messages,
        "volumes": [
            slicer.util.arrayFromVolume(n).tolist() for n in nodes if n.IsA("vtkMRMLScalarVolumeNode")
        ],
        "timePoints": [n.GetNumberOfDataNodes() for n in nodes if n.IsA("vtkMRMLSequenceNode")],
        "segments": [
            n.GetSegmentation().GetNumberOfSegments() for n in nodes if n.IsA("vtkMRMLSegmentationNode")
        ],
    }
with open(sys.argv[2], "w") as file:
    json.dump(result, file)
"""
PROJECT = """
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "third-party-plugins"
version = "1.0"
[project.entry-points."slicer_dicom.plugins"]
DICOMDoubledPETPlugin = "DICOMDoubledPETPlugin:DICOMDoubledPETPluginClass"
DICOMLesionMapPlugin = "DICOMLesionMapPlugin:DICOMLesionMapPluginClass"
DICOMMappedValuesPlugin = "DICOMMappedValuesPlugin"
DICOMTimePointsPlugin = "DICOMTimePointsPlugin:DICOMTimePointsPluginClass"
DicomProbeVolumePlugin = "DicomProbeVolumePlugin"
[tool.hatch.build.targets.wheel]
include = ["*.py"]
"""  # three name their classes, two are the files of Slicer's modules as they are


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the database `db` of the files."""
    write_all(tmp_path / "data")
    result = slicer_dicom("import", "data", "--database", "db", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    return tmp_path


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel of the plugins is installed; nothing is fetched for that."""
    folder = tmp_path_factory.mktemp("package")
    project = folder / "project"
    project.mkdir()
    for name in PLUGINS:
        (project / f"{name}.py").write_bytes((FOLDER / f"{name}.py").read_bytes())
    (project / "pyproject.toml").write_text(PROJECT)
    _pip("wheel", "--no-build-isolation", "--wheel-dir", folder, project)
    (wheel,) = folder.glob("third_party_plugins-1.0-*.whl")
    assert {f"{name}.py" for name in PLUGINS} < set(zipfile.ZipFile(wheel).namelist())
    _pip("install", "--target", folder / "site", wheel)
    return folder / "site"


def _pip(command: str, *arguments: object) -> None:
    offline = ["--no-deps", "--no-index", "--quiet", "--disable-pip-version-check"]
    whole = [sys.executable, "-m", "pip", command, *offline, *map(str, arguments)]
    subprocess.run(whole, check=True, capture_output=True, timeout=120)


def check_by_the_command(folder: Path, *options: object) -> None:
    """`slicer-dicom load` takes the plugins of others for what only they can load, or load better."""
    series = (MAPPING, TIMES, PROBE, LESIONS)
    arguments = ("load", "--database", "db", "--series", *series, "--output", "out", "--json", *options)
    result = slicer_dicom(*arguments, folder=folder)
    assert result.returncode == 0, result.stderr
    entries: dict[str, list[dict[str, str]]] = {}
    for entry in json.loads(result.stdout):
        entries.setdefault(entry["series"], []).append(entry)
    chosen = {uid: {entry["plugin"] for entry in found} for uid, found in entries.items()}
    assert chosen == {uid: {name} for name, uid in OF_PLUGIN.items() if uid in series}
    assert np.array_equal(read_nrrd(folder / entries[PROBE][0]["file"])[0], PROBE_VOXELS)
    assert np.allclose(read_nrrd(folder / entries[MAPPING][0]["file"])[0], 0.25 * STORED + 10)
    assert any(entry["file"].endswith(".seq.nrrd") for entry in entries[TIMES])
    assert any(entry["file"].endswith(".seg.nrrd") for entry in entries[LESIONS])


def check_by_a_script(folder: Path, home: Path, *options: object) -> None:
    """Each plugin comes from `home`, and makes what it should."""
    (folder / "script.py").write_text(SCRIPT)
    arguments = ("run", "--database", "db", *options, "script.py", json.dumps(OF_PLUGIN), "result.json")
    result = slicer_dicom(*arguments, folder=folder)
    assert result.returncode == 0, result.stderr
    found = json.loads((folder / "result.json").read_text())
    assert {name: Path(entry["file"]) for name, entry in found.items()} == {
        name: home / f"{name}.py" for name in PLUGINS
    }
    assert [entry["messages"] for entry in found.values()] == [[]] * len(PLUGINS)
    assert np.array_equal(found["DICOMDoubledPETPlugin"]["volumes"][0], 2 * STORED)
    assert np.allclose(found["DICOMMappedValuesPlugin"]["volumes"][0], 0.25 * STORED + 10)
    assert np.array_equal(found["DicomProbeVolumePlugin"]["volumes"][0], PROBE_VOXELS)
    assert found["DICOMTimePointsPlugin"]["timePoints"] == [2]
    assert found["DICOMLesionMapPlugin"]["segments"] == [np.unique(LABELS).size - 1]


def test_from_a_folder_of_the_command_line(folder):
    options = ("--additional-module-paths", FOLDER)
    check_by_the_command(folder, *options)
    check_by_a_script(folder, FOLDER, *options)


def test_from_a_folder_of_the_settings(folder):
    code = f"qt.QSettings().setValue('Modules/AdditionalPaths', [{str(FOLDER)!r}])"
    assert slicer_dicom("run", "--code", code, folder=folder).returncode == 0
    check_by_the_command(folder)
    check_by_a_script(folder, FOLDER)


def test_from_an_installed_package(folder, site, monkeypatch):
    root = FOLDER.parent.parent
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(str, (site, root))))
    check_by_the_command(folder)
    check_by_a_script(folder, site)


def test_without_them(folder):
    """What the others show is theirs: here nothing of it is found."""
    arguments = ("load", "--database", "db", "--series", PROBE, LESIONS, "--output", "out")
    result = slicer_dicom(*arguments, folder=folder)
    assert result.returncode == 1
    assert list((folder / "out").iterdir()) == []
