"""slicer-dicom start and view."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from DICOMLib.cli.import_files import import_with_progress
from DICOMLib.cli.start import in_plain_words
from DICOMLib.cli.view import tell_account
from DICOMLib.database import Database
from DICOMLib.indexing import ImportReport
from DICOMLib.indexing.reasons import SECOND_FILE
from DICOMLib.standard.phantom import head_voxels
from Testing import factories
from Testing.DICOMLib.cli.commands import needs_display, slicer_dicom
from Testing.nrrd import read_nrrd

pytestmark = [pytest.mark.mrml, pytest.mark.gui]


def test_without_a_folder_the_phantom_is_loaded_among_real_files(tmp_path: Path) -> None:
    needs_display()  # Qt remarks on its off-screen platform
    result = slicer_dicom("start", "--no-window", "--output", "out", folder=tmp_path, display=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert "Head CT" in result.stdout
    assert "damaged or repeated on purpose" in result.stdout
    for word in ("failed", "set aside"):
        assert (word in result.stdout.split("added")[1]) is (f"  {word.capitalize()}: " in result.stdout)
    voxels, _matrix = read_nrrd(tmp_path / "out" / "volume.nrrd")
    assert np.array_equal(voxels, head_voxels())
    for name in ("views.png", "import.txt", "database/ctkDICOM.sql"):
        assert (tmp_path / "out" / name).stat().st_size > 0
        assert str(tmp_path / "out" / Path(name).parts[0]) in result.stdout
    patients = [
        line for line in result.stdout.splitlines() if line.startswith(("Doe, ", "Citizen", "Phantom"))
    ]
    assert len(patients) > 10


def test_the_picture_shows_the_head_in_all_three_slice_views(tmp_path: Path) -> None:
    from PIL import Image

    slicer_dicom("start", "--no-window", "--output", "out", folder=tmp_path)
    image = Image.open(tmp_path / "out" / "views.png").convert("RGBA")
    assert image.getextrema()[3] == (255, 255), "nothing shines through"
    picture = np.asarray(image.convert("L")).astype(int)
    rows, columns = (size // 2 for size in picture.shape)
    for quarter in (picture[:rows, :columns], picture[rows:, :columns], picture[rows:, columns:]):
        view = quarter[40:-10, 10:-10]
        bone, brain, air = view > 240, (view > 90) & (view < 160), view < 10
        assert min(bone.mean(), brain.mean(), air.mean()) > 0.03
        assert brain[view.shape[0] // 2, view.shape[1] // 2 - 20 : view.shape[1] // 2 + 20].mean() > 0.8


def test_numbers_that_are_no_successes_are_told_in_plain_words() -> None:
    fine = ImportReport(instances=3)
    assert in_plain_words(fine) == []
    fine.failed.append(("a", "broken"))
    fine.notes.append(("b", SECOND_FILE))
    fine.skipped.append(("c", "no DICOM"))
    assert [text.partition(":")[0] for text in in_plain_words(fine)] == ["Failed", "Set aside", "Skipped"]


def test_a_folder_gives_its_largest_series(tmp_path: Path) -> None:
    factories.write(factories.ct_series(2, "small"), tmp_path / "files", prefix="a")
    factories.write(factories.ct_series(5, "large"), tmp_path / "files", prefix="b")
    result = slicer_dicom("start", "files", "--no-window", "--output", "out", folder=tmp_path)
    assert result.returncode == 0
    assert read_nrrd(tmp_path / "out" / "volume.nrrd")[0].shape == (5, 8, 8)


def test_what_an_earlier_call_imported_is_not_taken_for_the_folder(tmp_path: Path) -> None:
    factories.write(factories.ct_series(5, "large"), tmp_path / "earlier")
    factories.write(factories.ct_series(2, "small"), tmp_path / "now")
    for folder, slices in (("earlier", 5), ("now", 2)):
        result = slicer_dicom("start", folder, "--no-window", "--output", "out", folder=tmp_path)
        assert result.returncode == 0
        assert len(read_nrrd(tmp_path / "out" / "volume.nrrd")[0]) == slices
        assert ("database of an earlier run" in result.stdout) is (folder == "now")


def test_a_series_that_cannot_be_loaded_is_told_and_the_next_is_taken(tmp_path: Path) -> None:
    broken = factories.ct_series(1, "broken", size=64)
    del broken[0].PixelData
    factories.write(broken, tmp_path / "files", prefix="a")
    factories.write(factories.ct_series(3, "sound"), tmp_path / "files", prefix="b")
    result = slicer_dicom("start", "files", "--no-window", "--output", "out", folder=tmp_path)
    assert result.returncode == 0
    assert result.stderr.strip()
    assert read_nrrd(tmp_path / "out" / "volume.nrrd")[0].shape == (3, 8, 8)


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_nothing_to_show(tmp_path: Path, folder: str) -> None:
    (tmp_path / "empty").mkdir()
    result = slicer_dicom("start", folder, "--no-window", "--output", "out", folder=tmp_path)
    assert result.returncode == 1
    assert "Traceback" not in result.stderr
    assert result.stderr.count("\n") == 1


def test_view_keeps_the_users_database_clean(tmp_path: Path) -> None:
    """A temporary database holds what is looked at; it is gone with the window."""
    needs_display()
    factories.write(factories.ct_series(3), tmp_path / "files")
    environment = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path / "config"), "HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "DICOMLib.cli", "view", str(tmp_path / "files")]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    title = _close_window_of(process)
    errors = process.communicate(timeout=60)[1]
    assert title == "Slicer DICOM"
    assert process.returncode == 0
    assert errors == "1 patient, 1 study, 1 series, 3 instances added.\n"
    assert not list(tmp_path.rglob("ctkDICOM.sql"))


def test_view_names_the_files_that_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (whole,) = factories.write(factories.ct_series(1), tmp_path / "files")
    half = tmp_path / "files" / "half.dcm"
    half.write_bytes(Path(whole).read_bytes()[:-20])
    with Database.open(tmp_path / "database") as database:
        tell_account(import_with_progress(database, [str(tmp_path / "files")]))
    told = capsys.readouterr().err
    assert str(half) in told
    assert "Copy it again." in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no signal to one process")
@pytest.mark.parametrize(
    ("number", "code", "binding"),
    [(signal.SIGINT, 130, "pyqt5"), (signal.SIGTERM, 143, "pyqt5"), (signal.SIGINT, 130, "pyside6")],
)
def test_a_signal_closes_the_window_and_nothing_is_left(
    tmp_path: Path, number: int, code: int, binding: str
) -> None:
    """It needs no event of the window system to be noticed, and asks nothing about unsaved data."""
    pytest.importorskip("PySide6" if binding == "pyside6" else "PyQt5")
    environment = {
        **os.environ,
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TMPDIR": str(tmp_path),
        "QT_QPA_PLATFORM": "offscreen",
        "QT_API": binding,
    }
    ready = "slicer.mrmlScene.AddNewNodeByClass('vtkMRMLMarkupsFiducialNode'); "
    ready += "qt.QTimer.singleShot(0, lambda: print('ready', flush=True))"
    command = [sys.executable, "-m", "DICOMLib.cli", "run", "--main-window", "--code", ready]
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == code
    assert not list(tmp_path.glob("slicer-dicom-*"))


def _close_window_of(process: subprocess.Popen[str]) -> str:
    """Press Ctrl+Q in the window of a process, once it is there, until the process ends; give its title."""
    title, end = "", time.monotonic() + 200
    while process.poll() is None and time.monotonic() < end:
        window = _xdotool("search", "--onlyvisible", "--pid", process.pid, "--name", "Slicer DICOM")
        if window:
            title = _xdotool("getwindowname", window.split()[0]) or title
            _xdotool("windowfocus", window.split()[0], "key", "ctrl+q")  # lost where it is not ready yet
        time.sleep(0.5)
    return title


def _xdotool(*command: object) -> str:
    """What it prints; nothing if the window is gone."""
    result = subprocess.run(
        ["xdotool", *map(str, command)], capture_output=True, text=True, timeout=60, check=False
    )
    return result.stdout.strip()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere there is always a display")
def test_view_without_a_display_says_so(tmp_path: Path) -> None:
    names = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    environment = {name: value for name, value in os.environ.items() if name not in names}
    command = [sys.executable, "-m", "DICOMLib.cli", "view"]
    result = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "slicer-dicom view: there is no display to open the window on.\n"
