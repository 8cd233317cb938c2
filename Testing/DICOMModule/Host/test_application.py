"""Start of the application: what it finds by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from Testing.DICOMLib.plugins.test_registry import SLICER_FILE, install_package

pytestmark = pytest.mark.mrml

PROGRAM = """
import json
from DICOMModule.Host.application import boot
application = boot(gui=False, testing=True, settings_path={settings!r})
import slicer
print(json.dumps([list(slicer.modules.dicomPlugins), application.modules.failed]))
application.shutdown()
"""


def test_plugins_of_installed_packages(tmp_path):
    install_package(
        tmp_path, "hospital", ["DICOMWardPlugin = DICOMWardPlugin", "DICOMLostPlugin = no_such_module:Plugin"]
    )
    (tmp_path / "DICOMWardPlugin.py").write_text(SLICER_FILE.format(name="Ward"))
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])}
    command = [sys.executable, "-c", PROGRAM.format(settings=str(tmp_path / "settings"))]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    plugins, failed = json.loads(result.stdout.splitlines()[-1])
    assert plugins[-1] == "DICOMWardPlugin"
    assert "DICOMScalarVolumePlugin" in plugins
    assert failed == [["DICOMLostPlugin", "ModuleNotFoundError: No module named 'no_such_module'"]]


LEAKS = """
import gc
import numpy as np
import vtk
from DICOMModule.Host.application import boot
from DICOMModule.Host.views.volume_rendering import show_volume

application = boot(gui=True, testing=True, settings_path={settings!r})
import slicer

def watched():
    layout = application.show_main_window().layoutManager()
    volume = slicer.util.addVolumeFromArray(np.arange(2000, dtype=np.int16).reshape(5, 20, 20))
    slicer.util.setSliceViewerLayers(background=volume)
    show_volume(slicer.app.applicationLogic(), volume, shown=True)
    scene = application.world.scene
    yield from (scene, application.world.application_logic, volume.GetImageData())
    yield from (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
    yield from application.world.logics.values()
    for widget in (*map(layout.sliceWidget, ("Red", "Green", "Yellow")), layout.threeDWidget(0)):
        view = widget.view()
        view.forceRender()
        yield from (view.renderWindow(), view.renderer(), view.displayableManagerGroup(), widget.logic())

def weak(vtk_object):
    reference = vtk.vtkWeakReference()
    reference.Set(vtk_object)
    return vtk_object.GetClassName(), reference

references = [weak(vtk_object) for vtk_object in watched()]
application.shutdown()
del application
gc.collect()
print(len(references), *sorted(name for name, reference in references if reference.Get() is not None))
"""


@pytest.mark.gui
def test_nothing_of_vtk_outlives_the_application(tmp_path):
    """Scene, nodes, logics, views and pixels are gone after shutdown, and nobody complains."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", LEAKS.format(settings=str(tmp_path / "settings"))]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path
    )
    count, *alive = result.stdout.split()
    assert (result.returncode, alive) == (0, [])
    assert int(count) > 100
    if os.environ.get("DISPLAY"):  # Qt remarks on its off-screen platform
        assert result.stderr == ""


@pytest.mark.gui
def test_scripts_hide_parts_of_the_window(main_window):
    import slicer

    for name in (
        "DataProbe",
        "ModuleHelpSection",
        "ModulePanelTitle",
        "MenuBars",
        "Toolbars",
        "StatusBar",
        "PythonConsole",
        "ApplicationLogo",
    ):
        change = getattr(slicer.util, f"set{name}Visible")
        change(False)
        change(name not in ("PythonConsole", "ApplicationLogo"))
    assert not slicer.util.findChild(main_window, "LogoLabel").isVisible()


@pytest.mark.gui
def test_texts_in_the_corners_of_a_view(main_window):
    import slicer
    import vtk

    view = slicer.app.layoutManager().sliceWidget("Red").sliceView()
    before = view.picture()
    view.cornerAnnotation().SetText(vtk.vtkCornerAnnotation.UpperRight, "Right here")
    assert view.cornerAnnotation().GetText(vtk.vtkCornerAnnotation.UpperRight) == "Right here"
    assert view.picture() != before
    view.cornerAnnotation().ClearAllTexts()


def test_what_the_application_tells_of_itself(host):
    import slicer

    app = slicer.app
    assert (app.majorVersion, app.minorVersion, app.isRelease(), app.isInstalled) == (5, 13, True, True)
    assert app.slicerUserSettingsFilePath == app.userSettings().fileName()
    assert app.toSlicerHomeRelativePath(app.toSlicerHomeAbsolutePath("share/a")) == "share/a"
    assert app.mrmlApplicationLogic() is app.applicationLogic()
    assert app.isRenderPaused is False
    app.pauseRender()
    assert app.isRenderPaused is True
    app.resumeRender()


LOADED = """
import sys
from DICOMModule.Host.application import boot
application = boot(gui=True, testing=True, settings_path={settings!r})
window = application.show_main_window()
window.moduleSelector().selectModule("DICOM")
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
application.shutdown()
"""
ON_REQUEST = {
    "PIL", "cryptography", "dicomweb_client", "highdicom", "keyring", "pydicom", "pynetdicom", "requests",
    "scipy", "starlette", "urllib3", "uvicorn",
}  # fmt: skip


@pytest.mark.gui
def test_the_window_opens_without_libraries_that_few_need(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-c", LOADED.format(settings=str(tmp_path / "settings"))]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    loaded = set(result.stdout.split())
    assert {"slicer_core", "DICOMScalarVolumePlugin", "DICOMPatcher"} <= loaded
    assert loaded & ON_REQUEST == set()


STARTED = """
import gc, json, pathlib, sys
from DICOMModule.Host.application import boot
home = pathlib.Path({home!r})
intervals = [sys.getswitchinterval()]
application = boot(gui=True, testing=True, settings_path=home, database_directory=home / "database")
application.show_main_window().moduleSelector().selectModule("DICOM")
application.qt_application.processEvents()
modules = sorted(sys.modules)
frozen = [gc.get_freeze_count() > 100_000, gc.isenabled()]
intervals.append(sys.getswitchinterval())
application.shutdown()
print(json.dumps([modules, [*intervals, sys.getswitchinterval()], [*frozen, gc.get_freeze_count()]]))
"""
# What only some of the work needs; each of them takes a good part of the time of a start.
NOT_AT_START = (
    "DICOMLib.archive", "DICOMLib.network.listener", "DICOMLib.network.requestor", "DICOMLib.patching",
    "DICOMLib.web.client", "DICOMLib.web.server", "DICOMLib.writing.files", "DICOMLib.writing.header",
    "PyQt5.uic", "SimpleITK", "asyncio", "dicomweb_client", "highdicom", "imagecodecs", "nibabel",
    "matplotlib", "pandas", "pydicom", "pynetdicom", "pytest", "qtconsole", "requests", "scipy",
    "vtkmodules.all",
)  # fmt: skip


@pytest.mark.gui
def test_the_window_opens_without_what_only_some_of_the_work_needs_and_gets_its_turn_soon(tmp_path):
    command = [sys.executable, "-c", STARTED.format(home=str(tmp_path))]
    result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    loaded, (before, meanwhile, afterwards), frozen = json.loads(result.stdout.splitlines()[-1])
    assert frozen == [True, True, 0]  # what the start made is not searched for garbage until the end
    assert before == afterwards > meanwhile == pytest.approx(0.001)
    assert "DICOMLib.widgets.browsing.slicer_browser" in loaded
    assert not [name for name in loaded if name in NOT_AT_START]
