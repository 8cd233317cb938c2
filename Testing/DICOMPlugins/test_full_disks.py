"""Exports to a disk that has no room for them: they fail with words that say so, and leave nothing."""

from __future__ import annotations

import os
import re
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
from DICOMLib.plugins.export import export, export_to_database
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
TOO_LARGE = (
    "Files as large as this are not allowed there (File too large). A disk with FAT32 holds files of up to "
    "4 GB, and the system may have a limit of its own. Choose another folder."
)
OF_TEMPORARY_FILES = "See to it that there is room in the folder of temporary files."


def refused(item, plugin, folder, limit):
    """Why an item is not exported where files may not be larger than the limit; nothing of it is there."""
    exportables = offered(item, plugin)
    with files_of_at_most(limit):
        report = run(export(exportables, folder))
        assert not folder.parent.exists()
        answer = slicer.modules.dicomPlugins[plugin]().export(exportables)
    ((_name, reason),) = report.failed
    assert answer == reason  # as a script is told
    assert report.files == []
    assert not folder.parent.exists()
    return reason


def test_every_exporter(plugin_and_item, tmp_path):
    plugin, item = plugin_and_item
    reason = refused(item, plugin, tmp_path / "new" / "out", limit=500)
    if plugin == "DICOMSlicerDataBundlePlugin":  # it has a temporary file, which is larger than that, too
        assert reason == f"The scene cannot be saved as a bundle. {OF_TEMPORARY_FILES}"
    else:
        assert reason == TOO_LARGE


@pytest.mark.gui
def test_the_picture_of_the_window_in_a_bundle_needs_no_file(main_window, database, tmp_path):
    """Qt would warn that it cannot write one, and a warning of Qt fails a test."""
    node = volume_node(np.zeros((3, 40, 40), np.int16), np.diag([-1, -1, 1, 1]))
    assert main_window.isVisible()
    reason = refused(below_study(node), "DICOMSlicerDataBundlePlugin", tmp_path / "new" / "out", limit=500)
    assert reason == f"The scene cannot be saved as a bundle. {OF_TEMPORARY_FILES}"


def test_a_surface_for_which_temporary_files_have_no_room(database, tmp_path):
    """50 bytes for each of the 392 triangles of a sphere."""
    sphere = vtk.vtkSphereSource()
    sphere.SetThetaResolution(14)
    sphere.SetPhiResolution(16)
    sphere.Update()
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLModelNode")
    node.SetAndObservePolyData(sphere.GetOutput())
    reason = refused(below_study(node), "DICOMM3DPlugin", tmp_path / "new" / "out", limit=19_000)
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


A_DATABASE_ON_A_SMALL_DISK = """
    import subprocess, sys
    from pathlib import Path
    import numpy as np
    from DICOMModule.Host.application import boot
    disk = Path(sys.argv[1])
    def mount(*options):
        subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", disk], check=True)
    application = boot(gui=False, testing=True, settings_path=Path(sys.argv[2]))
    import slicer
    from DICOMLib.core.jobs import run
    from DICOMLib.plugins.export import export_to_database
    from Testing.DICOMPlugins.exporting import below_study, offered, volume_node
    mount("size=700k")
    database = slicer.dicomDatabase
    database.openDatabase(str(disk / "ctkDICOM.sql"))
    node = volume_node(np.zeros((30, 128, 128), np.int16), np.diag([-1, -1, 1, 1]))
    exportables = offered(below_study(node), "DICOMScalarVolumePlugin")
    for size in ("700k", "8m"):
        mount("remount", f"size={size}")
        report = run(export_to_database(exportables))
        print(report.as_text().replace(node.GetName(), "NAME"))
        series = [uid for one in database.patients() for study in database.studiesForPatient(one)
                  for uid in database.seriesForStudy(study)]
        files = [path for uid in series for path in database.filesForSeries(uid)]
        print(len(series), len(files), len(list(disk.rglob("*.dcm"))), sorted(report.files) == sorted(files))
    database.closeDatabase()
    application.shutdown()
"""


def can_mount():
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode == 0


def run_where_disks_can_be_mounted(code, *arguments, folder):
    """What a program prints that may mount file systems which nobody else sees."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "QT_QPA_PLATFORM": "offscreen",
    }
    result = subprocess.run(
        [*UNSHARE, sys.executable, "-c", textwrap.dedent(code), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture
def disk(tmp_path):
    """Where a disk can be mounted."""
    if not can_mount():
        pytest.skip("no file systems can be mounted here")
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder


def test_a_disk_that_runs_full_after_some_slices(disk, tmp_path):
    """20 slices of 32 KB on a disk of 200 KB; with more room, the same command writes all."""
    write_nrrd(tmp_path / "volume.nrrd", np.zeros((20, 128, 128), np.int16))
    command = (sys.executable, "-m", "DICOMLib.cli", "export", "--input", tmp_path / "volume.nrrd")
    output = ("--output", disk / "new" / "out")
    first, second = run_where_disks_can_be_mounted(ON_A_SMALL_DISK, disk, *command, *output, folder=tmp_path)
    reason = FULL.format("No space left on device")
    assert first == str((1, f"0 files written.\nvolume: {reason}\n", []))
    assert second == str((0, 23))  # the files, and three folders


def test_a_database_on_a_disk_without_room(disk, tmp_path):
    """30 slices of 32 KB and as much as the database needs for them; nothing is begun."""
    told = run_where_disks_can_be_mounted(
        A_DATABASE_ON_A_SMALL_DISK, disk, tmp_path / "settings", folder=tmp_path
    )
    written, reason, counts, written_then, counts_then = told
    assert written == "0 files written."
    assert re.fullmatch(
        r"NAME: The disk of the database has no room for it: 3\.0 MB are needed, 0\.\d MB are free\. "
        r"Make room there, or export to a folder\.",
        reason,
    )
    assert counts == "0 0 0 True"
    assert written_then == "30 files written to the DICOM database."
    assert counts_then == "1 30 30 True"


def test_a_database_that_takes_no_copies(database):
    """A file stands where its folder of copies would."""
    Path(database.databaseDirectory, "dicom").write_text("")
    node = volume_node(np.zeros((3, 8, 8), np.int16), np.diag([-1, -1, 1, 1]))
    report = run(export_to_database(offered(below_study(node), "DICOMScalarVolumePlugin")))
    ((_name, reason),) = report.failed
    assert reason.startswith("The database took 0 of 3 files; none of them is kept.")
    assert report.files == []
    assert not database.patients()
