"""What all tests share."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from DICOMModule.Host.application import Application
    from Testing.dcmtk import Server
    from Testing.orthanc import Orthanc

# Views are drawn off screen where there is no display; it must be decided before Qt is imported.
if not os.environ.get("DISPLAY"):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
if not os.environ.get("XDG_RUNTIME_DIR"):  # Qt warns where it is missing, and a Qt warning fails a test
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(prefix="runtime-")
# Tests start a hundred programs, which would compile all of the project anew, two seconds each.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data beside the project; a test that needs it is skipped where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the folder of shared DICOM data is not beside the project")
    return SHARED


@pytest.fixture(scope="session")
def shared_data(shared: Path) -> Path:
    """Real DICOM files with their MANIFEST.tsv."""
    return shared / "data"


@pytest.fixture(scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the settings of all tests, so that the user's own stay out of them."""
    from qtpy.QtCore import QSettings

    folder = tmp_path_factory.mktemp("settings")
    QSettings.setDefaultFormat(QSettings.IniFormat)
    # once for all: Qt keeps no path to return to
    QSettings.setPath(QSettings.IniFormat, QSettings.UserScope, str(folder))
    return folder


@pytest.fixture(scope="session")
def host(settings_folder: Path) -> Iterator[Application]:
    """The booted application, with windows drawn wherever the tests run; once for all tests."""
    pytest.importorskip("slicer", reason="slicer-core is not installed")
    from DICOMModule.Host.application import boot

    application = boot(gui=True, testing=True, settings_path=settings_folder)
    yield application
    application.shutdown()


@pytest.fixture
def scene(host: Application) -> Iterator[Any]:
    """`slicer.mrmlScene`, empty before and after, the mouse as it is at the start."""
    host.world.scene.Clear(0)
    yield host.world.scene
    host.world.scene.Clear(0)
    if host.main_window is not None:
        modes = {mode.objectName(): mode for mode in host.main_window._mouse_modes.actions()}
        if not modes["MouseModeWindowLevelAction"].isChecked():
            modes["MouseModeWindowLevelAction"].trigger()  # the next test begins as ever
            pytest.fail("The test has left another mouse mode.")


@pytest.fixture(scope="session")
def main_window(host: Application) -> Any:
    """The main window of the application, shown."""
    return host.show_main_window()


@pytest.fixture(scope="session")
def orthanc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """One Orthanc for all tests that need one."""
    from Testing.orthanc import Orthanc

    server = Orthanc(tmp_path_factory.mktemp("orthanc"))
    yield server
    server.close()


@pytest.fixture
def orthanc(orthanc_server: Orthanc) -> Iterator[Orthanc]:
    """A running Orthanc, empty before and after; skipped where it is not installed."""
    orthanc_server.clear()
    yield orthanc_server
    orthanc_server.clear()


@pytest.fixture
def servers() -> Iterator[Callable[[Server], Server]]:
    """Takes servers and closes them at the end."""
    running: list[Server] = []

    def keep(server: Server) -> Server:
        running.append(server)
        return server

    yield keep
    for server in running:
        server.close()
