"""Discovery of scripted modules, and their self-tests."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.mrml

MODULE = """
import slicer
from slicer.ScriptedLoadableModule import *

order = []

class {name}(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "{title}"
        parent.categories = ["Testing"]
        parent.dependencies = {dependencies}
    def setup(self):
        slicer.modules.setupOrder = getattr(slicer.modules, "setupOrder", []) + ["{name}"]

class {name}Widget(ScriptedLoadableModuleWidget):
    def setup(self):
        ScriptedLoadableModuleWidget.setup(self)
        self.setupCount = 1
        self.logic = {name}Logic()

class {name}Logic(ScriptedLoadableModuleLogic):
    def answer(self):
        return 42

class {name}Test(ScriptedLoadableModuleTest):
    def runTest(self):
        self.setUp()
        self.delayDisplay("{name} is being tested")
        self.assertEqual({name}Logic().answer(), {expected})
"""


def write_module(folder: Path, name: str, expected: int = 42, dependencies: tuple[str, ...] = ()) -> Path:
    folder.mkdir(exist_ok=True)
    text = MODULE.format(
        name=name, title=f"Title of {name}", expected=expected, dependencies=list(dependencies)
    )
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


@pytest.fixture
def discover(host, tmp_path):
    """Discovers the modules of a folder; all traces of them are removed at the end."""
    import slicer

    vars(slicer.modules).pop("setupOrder", None)  # of modules that other tests have made
    before = dict(host.modules._modules)
    names = set(vars(slicer.modules))
    path, failed = list(sys.path), list(host.modules.failed)

    def find():
        host.modules.discover([tmp_path / "modules"])
        return host.modules

    yield find
    for name in set(host.modules._modules) - set(before):
        host.modules._modules.pop(name).close()
        sys.modules.pop(name, None)
        for table in (slicer.selfTests,):
            table.pop(name, None)
    for name in set(vars(slicer.modules)) - names:
        delattr(slicer.modules, name)
    sys.path[:] = path
    host.modules.failed[:] = failed


def test_our_own_modules_are_found(host):
    import slicer

    assert {"DICOM", "DICOMScalarVolumePlugin"} <= set(host.modules.modulesNames())
    assert slicer.modules.dicom.path.endswith("DICOM.py")
    assert "DICOMScalarVolumePlugin" in slicer.modules.dicomPlugins
    assert slicer.app.moduleManager() is host.modules


def test_a_module_from_an_outside_folder(discover, tmp_path):
    import slicer

    write_module(tmp_path / "modules", "Outside")
    modules = discover()
    assert modules.isLoaded("Outside")
    assert (slicer.modules.outside.title, slicer.modules.outside.categories) == (
        "Title of Outside",
        ["Testing"],
    )
    assert slicer.modules.outside.logic().answer() == 42
    assert slicer.util.getModule("Outside") is slicer.modules.outside
    assert slicer.util.modulePath("Outside") == str(tmp_path / "modules" / "Outside.py")
    assert slicer.modules.OutsideInstance.parent.title == "Title of Outside"


@pytest.mark.gui
def test_the_panel_is_made_once(discover, tmp_path):
    import slicer

    write_module(tmp_path / "modules", "Paneled")
    discover()
    panel = slicer.modules.paneled.widgetRepresentation()
    assert panel is slicer.modules.paneled.widgetRepresentation()
    assert panel.self().setupCount == 1
    assert slicer.modules.PaneledWidget is panel.self()
    assert slicer.util.getModuleGui("Paneled") is panel.self()
    assert slicer.util.getModuleLogic("Paneled") is panel.self().logic


def test_a_module_of_slicer_has_its_logic_and_no_panel(host):
    import slicer

    logic = slicer.util.getModuleLogic("Volumes")
    assert logic.GetClassName() == "vtkSlicerVolumesLogic"
    with pytest.raises(RuntimeError):
        slicer.util.getModuleGui("Volumes")


def test_setup_follows_the_dependencies(discover, tmp_path):
    import slicer

    write_module(tmp_path / "modules", "Alpha", dependencies=("Omega",))
    write_module(tmp_path / "modules", "Omega", dependencies=("Alpha",))  # a circle is no reason to hang
    write_module(tmp_path / "modules", "Zeta")
    discover()
    assert slicer.modules.setupOrder == ["Omega", "Alpha", "Zeta"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("class Broken:\n    def __init__(self, parent):\n        1 / 0\n", "ZeroDivisionError"),
        ("import no_such_package\nclass Broken: pass\n", "ModuleNotFoundError"),
        ("class Broken(:\n", "SyntaxError"),
    ],
)
def test_a_broken_module_harms_nothing(discover, tmp_path, caplog, text, fault):
    write_module(tmp_path / "modules", "Sound")
    (tmp_path / "modules" / "Broken.py").write_text(text)
    (tmp_path / "modules" / "notes.py").write_text("x = 1\n")
    modules = discover()
    assert modules.isLoaded("Sound")
    assert not modules.isLoaded("Broken")
    ((_, reason),) = [entry for entry in modules.failed if entry[0] == "Broken"]
    assert fault in reason
    assert "Broken could not be loaded" in caplog.text


PLUGIN = "from DICOMLib import DICOMPlugin\n\nclass WaveClass(DICOMPlugin):\n    pass\n"


@pytest.mark.parametrize(
    ("files", "advice"),
    [
        ({"right.py": MODULE.format(name="Wrong", title="", dependencies=[], expected=1)}, "Wrong.py"),
        ({"Wave.py": PLUGIN}, r"it holds the plugin WaveClass but no class Wave\."),
        (
            {"WavePlugin.py": "import nosuchmodule\n"},
            r"WavePlugin\.py was not loaded: .* no class WavePlugin\.",
        ),
        ({"WavePlugin.py": "\ndef x(:\n"}, r"WavePlugin\.py was not loaded: line 2 is no Python: "),
        ({"wave.py": "import nosuchmodule\n"}, r"modules \(wave\.py holds no class of its name\)\."),
        ({"notes.txt": "nothing"}, r"No module was found in .*modules\. A module is a file Name\.py"),
        ({"inner/Deep.py": "class Deep:\n    pass\n"}, "there are some in .*inner: give that"),
    ],
)
def test_a_folder_in_which_a_module_is_not_found_is_told(discover, tmp_path, caplog, files, advice):
    for name, text in files.items():
        path = tmp_path / "modules" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    discover()
    assert re.search(advice, caplog.text)


def test_parts_of_modules_and_programs_are_not_told(discover, tmp_path, caplog):
    path = write_module(tmp_path / "modules", "Whole")
    path.write_text("from Wave import WaveClass\n" + path.read_text())
    (tmp_path / "modules" / "Wave.py").write_text(PLUGIN)
    (tmp_path / "modules" / "helpers.py").write_text("VALUE = 1\n")
    discover()
    assert caplog.text == ""
    sys.modules.pop("Wave", None)


def test_an_unknown_module_is_named(host):
    import slicer

    with pytest.raises(AttributeError, match="--additional-module-paths"):
        slicer.modules.nosuchmodule  # noqa: B018


@pytest.mark.parametrize(("expected", "passes"), [(42, True), (43, False)])
def test_self_tests_tell_the_truth(discover, tmp_path, expected, passes):
    from DICOMModule.Host.window.developer_section import run_self_test

    write_module(tmp_path / "modules", "Tested", expected)
    discover()
    passed, log = run_self_test("Tested")
    assert passed is passes
    assert "Tested is being tested" in log
    assert ("AssertionError: 42 != 43" in log) is not passes


@pytest.mark.gui
@pytest.mark.parametrize("way", ["slicer.util", "the button"])
def test_reload_takes_what_was_changed(discover, tmp_path, way):
    import slicer

    path = write_module(tmp_path / "modules", "Changing")
    discover()
    panel = slicer.modules.changing.widgetRepresentation()
    first = panel.self()
    path.write_text(path.read_text().replace("return 42", "return 'forty-two'"))
    if way == "slicer.util":
        slicer.util.reloadScriptedModule("Changing")
    else:
        first.onReload()
    assert slicer.modules.changing.logic().answer() == "forty-two"
    assert slicer.modules.changing.widgetRepresentation() is panel
    assert panel.self() is not first


@pytest.mark.gui
def test_reload_takes_what_was_saved_in_the_same_second(discover, tmp_path, monkeypatch):
    """With as many characters, so that the bytecode of the first text looks as that of the second."""
    import slicer

    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    path = write_module(tmp_path / "modules", "Hasty")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    discover()
    assert slicer.modules.hasty.logic().answer() == 42

    path.write_text(path.read_text().replace("return 42", "return 43"))
    os.utime(path, (1_600_000_000, 1_600_000_000))
    slicer.util.reloadScriptedModule("Hasty")

    assert slicer.modules.hasty.logic().answer() == 43
