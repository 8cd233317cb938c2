"""slicer-dicom run and test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from DICOMLib.cli import main
from Testing.DICOMLib.cli.commands import needs_display, slicer_dicom

pytestmark = pytest.mark.mrml

FAILING_MODULE = """
from slicer.ScriptedLoadableModule import *

class Shaky(ScriptedLoadableModule):
    def __init__(self, parent):
        ScriptedLoadableModule.__init__(self, parent)
        parent.title = "Shaky"

class ShakyTest(ScriptedLoadableModuleTest):
    def runTest(self):
        self.delayDisplay("begins to shake")
        self.assertEqual(1 + 1, 3)
"""


def test_code_sees_what_slicers_console_sees(tmp_path: Path) -> None:
    code = "print(slicer.mrmlScene.GetClassName(), qt.__name__, ctk.__name__, slicer.app.mainApplicationName)"
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == "vtkMRMLScene qt ctk Slicer\n"


def test_scripts_know_the_names_of_slicer_util_without_import(tmp_path: Path) -> None:
    code = """
import numpy
addVolumeFromArray(numpy.arange(24, dtype="int16").reshape(2, 3, 4), name="Box")
print(getNode("Box").GetName(), array("Box").sum(), exit is slicer.util.exit, __name__)
"""
    script = tmp_path / "script.py"
    script.write_text(code)
    for how in ([script], ["--code", code]):
        result = slicer_dicom("run", *how, folder=tmp_path)
        assert (result.returncode, result.stderr) == (0, "")
        assert result.stdout == "Box 276 True __main__\n"


def test_a_dicom_file_is_imported_where_there_are_no_windows(files: Path, tmp_path: Path) -> None:
    code = f"""
kind = slicer.app.ioManager().fileType({str(files / "ct0000.dcm")!r})
print(kind, slicer.app.ioManager().loadNodes(kind, {{"fileName": {str(files / "ct0000.dcm")!r}}}))
print(slicer.dicomDatabase.imagesCount())
"""
    result = slicer_dicom("run", "--database", tmp_path / "new", "--code", code, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert result.stdout.splitlines() == ["DICOMFileImport True", "4"]  # three slices and a report


def test_a_script_gets_its_arguments(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import sys\nprint(sys.argv[1:], __name__, __file__.endswith('script.py'))\n")
    result = slicer_dicom("run", script, "one", "--two", "-3", folder=tmp_path)
    assert (result.returncode, result.stdout) == (0, "['one', '--two', '-3'] __main__ True\n")


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("raise SystemExit(7)", 7, ""),
        ("slicer.util.exit(3)", 3, ""),
        ("import sys; sys.exit('no luck')", 1, "no luck"),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("slicer.modules.nosuchmodule", 1, "no module of that name was found"),
        ("slicer.util.loadVolume('missing.nrrd')", 1, "RuntimeError"),
    ],
)
def test_exit_status_and_exceptions_are_those_of_the_script(tmp_path, code, status, error):
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert result.returncode == status
    assert error in result.stderr
    assert error or not result.stderr


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (
            "slicer.app.layoutManager().sliceWidget('Red')",
            "slicer.app.layoutManager(), which has sliceWidget, is",
        ),
        ("slicer.util.resetSliceViews()", "run the script with --main-window"),
        (
            "slicer.util.mainWindow().moduleSelector()",
            "slicer.app.mainWindow(), which has moduleSelector, is None",
        ),
        ("slicer.dicomDatabase.fooBar()", "all its names: dir(slicer.dicomDatabase)."),
        ("slicer.app.coreIOManager().foo", "all its names: dir(slicer.app.coreIOManager())."),
        ("slicer.util.fooBar", "all its names: dir(slicer.util)."),
    ],
)
def test_a_script_that_asks_for_a_missing_name_is_told_what_there_is(tmp_path, code, told):
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert result.returncode == 1
    assert "AttributeError: " in result.stderr
    assert told in result.stderr.splitlines()[-1]


@pytest.mark.parametrize("code", ["slicer.util.selectModule('DICOM')", "slicer.util.moduleSelector()"])
def test_a_script_that_needs_the_window_is_told_how_to_get_it(tmp_path, code):
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert result.returncode == 1
    assert "run the script with --main-window" in result.stderr.splitlines()[-1]


def test_without_a_window_scripts_can_test_for_it(tmp_path: Path) -> None:
    code = "print(slicer.app.layoutManager() is None, slicer.util.mainWindow() is None)"
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert (result.stdout, result.stderr) == ("True True\n", "")


def test_a_missing_script(tmp_path: Path) -> None:
    result = slicer_dicom("run", "nowhere.py", folder=tmp_path)
    assert result.returncode == 1
    assert "nowhere.py" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.gui
def test_main_window_on_request(tmp_path: Path) -> None:
    needs_display()
    code = "print(slicer.util.mainWindow().isVisible()); slicer.util.exit(4)"
    result = slicer_dicom("run", "--main-window", "--code", code, folder=tmp_path, display=True)
    assert (result.returncode, result.stdout, result.stderr) == (4, "True\n", "")
    ended = slicer_dicom(
        "run", "--main-window", "--code", "slicer.util.exit()", folder=tmp_path, display=True
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    without = slicer_dicom("run", "--code", "print(slicer.util.mainWindow())", folder=tmp_path)
    assert without.stdout == "None\n"


@pytest.mark.gui
def test_dialogs_of_a_script_stay_until_they_are_closed(tmp_path: Path) -> None:
    needs_display()
    code = """
def answer():
    box = qt.QApplication.activeModalWidget()
    print(box.text)
    box.accept()
qt.QTimer.singleShot(300, answer)
slicer.util.infoDisplay("Well done.")
slicer.util.exit(5)
"""
    result = slicer_dicom("run", "--main-window", "--code", code, folder=tmp_path, display=True)
    assert (result.returncode, result.stdout, result.stderr) == (5, "Well done.\n", "")


@pytest.mark.gui
@pytest.mark.parametrize(("code", "status"), [("1 / 0", 1), ("raise SystemExit(7)", 7)])
def test_exit_status_with_a_window(tmp_path, code, status):
    needs_display()
    result = slicer_dicom("run", "--main-window", "--code", code, folder=tmp_path, display=True)
    assert result.returncode == status


@pytest.mark.gui
def test_ctrl_c_ends_a_script_with_a_window(tmp_path: Path) -> None:
    needs_display()
    code = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('goes on')"
    result = slicer_dicom("run", "--main-window", "--code", code, folder=tmp_path, display=True)
    assert (result.returncode, result.stdout) == (130, "")


@pytest.mark.gui
def test_self_tests_tell_the_truth(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    modules.mkdir()
    (modules / "Shaky.py").write_text(FAILING_MODULE)
    command = ("test", "--json", "DICOM", "Shaky", "--additional-module-paths", modules)
    result = slicer_dicom(*command, folder=tmp_path)
    assert result.returncode == 1
    outcomes = {entry["module"]: entry for entry in json.loads(result.stdout)}
    assert outcomes["DICOM"]["passed"] is True
    assert outcomes["Shaky"]["passed"] is False
    assert "begins to shake" in outcomes["Shaky"]["log"]
    assert "AssertionError: 2 != 3" in outcomes["Shaky"]["log"]


def test_an_unknown_module_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)  # of which Qt remarks
    result = slicer_dicom("test", "Nothing", "--json", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    told = "slicer-dicom: There is no module with a self-test: Nothing. There are: DICOM, DICOMPatcher"
    assert result.stderr.startswith(told)


def test_messages_without_windows(tmp_path: Path) -> None:
    code = """
box = qt.QMessageBox
print(box.information(None, "Title", "Done.") == box.Ok)
print(box.warning(slicer.util.mainWindow(), "Title", "Take care.") == box.Ok)
print(box.question(None, "Title", "Go on?", box.Yes | box.No, box.No) == box.No)
print(box.critical(None, "Title", "Broken.", box.Abort | box.Retry, box.Abort) == box.Abort)
one = box(box.Question, "Made", "Which?", box.Yes | box.No)
one.setDefaultButton(box.No)
print(one.exec_() == box.No)
own = box()
own.text = "Own"
button = own.addButton("Fine", box.AcceptRole)
own.exec_()
print(own.clickedButton().text)
slicer.util.messageBox("By slicer.util")
"""
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert (result.returncode, result.stdout.split()) == (0, ["True"] * 5 + ["Fine"])
    assert result.stderr.splitlines() == [
        "Title: Done. [OK]",
        "Title: Take care. [OK]",
        "Title: Go on? [No]",
        "Title: Broken. [Abort]",
        "Made: Which? [No]",
        "Own [Fine]",
        "By slicer.util [OK]",
    ]


@pytest.mark.parametrize(
    "question",
    ["warning(None, 'T', 'Remove all?', box.Yes | box.No)", "question(None, 'T', 'Remove all?')"],
)
def test_questions_without_windows(tmp_path, question):
    result = slicer_dicom("run", "--code", f"box = qt.QMessageBox\nbox.{question}", folder=tmp_path)
    assert result.returncode == 1
    assert "QMessageBox asks a question, but the application runs without windows" in result.stderr


def test_widgets_without_windows(tmp_path: Path) -> None:
    code = """
qt.QApplication.setOverrideCursor(qt.Qt.WaitCursor)
slicer.util.delayDisplay("a word", 500)
label = qt.QLabel("text")
print(label.text, qt.QApplication.platformName())
qt.QApplication.restoreOverrideCursor()
slicer.util.confirmYesNoDisplay("Really?")
"""
    result = slicer_dicom("run", "--code", code, folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "text offscreen\n")
    assert "ctkMessageBox asks" in result.stderr or "QMessageBox asks" in result.stderr
    assert "--main-window" in result.stderr
    plain = slicer_dicom("run", "--code", "print(qt.QCoreApplication.instance())", folder=tmp_path)
    assert plain.stdout == "None\n"  # it is made only where it is needed


def test_a_folder_of_modules_that_is_not_there_is_told(capsys):
    assert main(["run", "--additional-module-paths", "nosuch", "--code", "print(1)"]) == 1
    captured = capsys.readouterr()
    assert "no folder nosuch" in captured.err
    assert captured.out == ""
