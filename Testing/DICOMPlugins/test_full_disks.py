"""Exports to a disk that has no room for them: they fail with words that say so, and leave nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import slicer
import vtk

from DICOMLib.core.jobs import run
from DICOMLib.plugins.export import export
from Testing.DICOMLib.cli.test_export import write_nrrd
from Testing.DICOMPlugins.exporting import below_study, offered, volume_node
from Testing.DICOMPlugins.test_export_rules import plugin_and_item as plugin_and_item
from Testing.DICOMPlugins.test_export_rules import volume as volume
from Testing.file_limits import files_of_at_most

pytest.importorskip("resource", reason="this system has no limits of files")
pytestmark = pytest.mark.mrml

ROOT = Path(__file__).resolve().parents[2]
UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]
FULL = "There is no room for it ({}). Make room on the disk, or choose another folder."
OF_TEMPORARY_FILES = "See to it that there is room in the folder of temporary files."


def refused(item, plugin, folder, limit):
    """Why an item is not exported where files may not be larger than the limit; nothing of it is there."""
    exportables = offered(item, plugin)
    with files_of_at_most(limit):
        report = run(export(exportables, folder))
        answer = slicer.modules.dicomPlugins[plugin]().export(exportables)
    ((_name, reason),) = report.failed
    assert answer == reason  # as a script is told
    assert report.files == []
    assert list(folder.iterdir()) == []
    return reason


def test_every_exporter(plugin_and_item, tmp_path):
    plugin, item = plugin_and_item
    reason = refused(item, plugin, tmp_path / "out", limit=500)
    if plugin == "DICOMSlicerDataBundlePlugin":  # it has a temporary file, which is larger than that, too
        assert reason == f"The scene cannot be saved as a bundle. {OF_TEMPORARY_FILES}"
    else:
        assert reason == FULL.format("File too large")


def test_a_surface_for_which_temporary_files_have_no_room(database, tmp_path):
    """50 bytes for each of the 392 triangles of a sphere."""
    sphere = vtk.vtkSphereSource()
    sphere.SetThetaResolution(14)
    sphere.SetPhiResolution(16)
    sphere.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    node.SetAndObservePolyData(sphere.GetOutput())
    reason = refused(below_study(node), "DICOMM3DPlugin", tmp_path / "out", limit=19_000)
    assert reason == f"The surface cannot be saved. {OF_TEMPORARY_FILES}"


def test_a_folder_that_was_there_stays(database, tmp_path):
    """With what else is in it; the folder of the series, which the export made, is gone."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "notes.txt").write_text("mine")
    node = volume_node(np.zeros((3, 40, 40), np.int16), np.diag([-1, -1, 1, 1]))
    exportables = offered(below_study(node), "DICOMScalarVolumePlugin")
    with files_of_at_most(2000):
        assert run(export(exportables, tmp_path / "out")).failed
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["notes.txt"]


ON_A_SMALL_DISK = """
    import subprocess, sys
    from pathlib import Path
    disk, command = Path(sys.argv[1]), sys.argv[2:]
    def mount(*options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", disk], check=True)
    def export():
        result = subprocess.run(command, capture_output=True, text=True)
        return result.returncode, result.stdout + result.stderr, sorted(path.name for path in disk.rglob("*"))
    mount("size=200k")
    print(export())
    mount("remount", "size=4m")
    code, _told, names = export()
    print((code, len(names)))
"""


def can_mount():
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not can_mount(), reason="no file systems can be mounted here")
def test_a_disk_that_runs_full_after_some_slices(tmp_path):
    """20 slices of 32 KB on a disk of 200 KB; with more room, the same command writes all."""
    write_nrrd(tmp_path / "volume.nrrd", np.zeros((20, 128, 128), np.int16))
    disk = tmp_path / "disk"
    disk.mkdir()
    command = (sys.executable, "-m", "DICOMLib.cli", "export", "--input", tmp_path / "volume.nrrd")
    output = ("--output", disk / "new" / "out")
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    result = subprocess.run(
        [*UNSHARE, sys.executable, "-c", textwrap.dedent(ON_A_SMALL_DISK), disk, *command, *output],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    first, second = result.stdout.splitlines()
    reason = FULL.format("No space left on device")
    assert first == str((1, f"0 files written.\nvolume: {reason}\n", []))
    assert second == str((0, 23))  # the files, and three folders
