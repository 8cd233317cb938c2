"""What scripts are told that ask for a name which is not there."""

from __future__ import annotations

import logging

import pytest

from DICOMModule.Host.dialect.missing_attributes import explanation
from DICOMModule.Host.dialect.missing_names import APPLICATION_INSTEAD

pytestmark = pytest.mark.mrml


def _told(code):
    """The explanation of the error that some code ends with."""
    import slicer

    with pytest.raises(Exception) as raised:  # noqa: PT011 (whatever it is)
        exec(code, {"slicer": slicer})
    return explanation(raised.value)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("slicer.util.loadVolum('x')", "slicer.util has loadVolume"),
        ("slicer.util.fooBar", "nothing that is written alike; all its names: dir(slicer.util)."),
        ("slicer.dicomDatabase.fooBar()", "all its names: dir(slicer.dicomDatabase)."),
        ("slicer.dicomDatabase.fileForSeries('1')", "slicer.dicomDatabase has filesForSeries"),
        ("slicer.app.coreIOManager().foo", "dir(slicer.app.coreIOManager())."),
        ("slicer.app.coreIOManager().loadnodes", "slicer.app.coreIOManager() has loadNodes"),
        ("slicer.app.temporarypath", "slicer.app has temporaryPath"),
        ("slicer.mrmlScene.GetNodeById('x')", "slicer.mrmlScene has GetNodeByID"),
        ("slicer.vtkMRMLModelNode().GetPolydata()", "vtkMRMLModelNode has GetPolyData"),
        ("slicer.vtkMRMLScalarVolumNode", "slicer has vtkMRMLScalarVolumeNode"),
    ],
)
def test_names_that_are_written_alike(host, scene, dicom, code, told):
    assert told in _told(code)


@pytest.mark.parametrize("code", ["1 / 0", "None.teapot", "(3).teapot", "raise AttributeError('odd')"])
def test_nothing_is_told_where_nothing_is_known(host, scene, code):
    assert _told(code) == ""


@pytest.mark.parametrize("asked", ["util.fooBar", "dicomDatabase.fooBar", "mrmlScene.fooBar", "app.tempPath"])
def test_scripts_can_still_test_for_names(host, scene, dicom, asked):
    import slicer

    owner, name = asked.split(".")
    assert not hasattr(getattr(slicer, owner), name)
    assert getattr(getattr(slicer, owner), name, None) is None


def test_names_of_the_application(host, scene):
    import slicer

    for name, instead in APPLICATION_INSTEAD.items():
        with pytest.raises(AttributeError) as raised:
            getattr(slicer.app, name)
        assert str(raised.value) == f"slicer.app.{name} is not available in this host. {instead}"
    for name in ("temporaryPath", "pythonConsole", "commandOptions", "exit"):  # which are told instead
        assert hasattr(slicer.app, name)


def test_the_console_tells_it_too(host, scene):
    from DICOMModule.Host.window.console_interpreter import Interpreter

    told: list[str] = []
    console = Interpreter(told.append, told.append, lambda _code: None)
    assert not console.run("slicer.util.loadVolum('x')")
    assert "slicer.util has loadVolume" in "".join(told).splitlines()[-1]
    told.clear()
    assert not console.run("1 / 0")
    assert "".join(told).splitlines()[-1] == "ZeroDivisionError: division by zero"


def test_errors_that_nobody_handled_are_logged_with_it(host, scene, caplog):
    import slicer

    from DICOMModule.Host.application import _report_exception

    try:
        slicer.mrmlScene.GetNodeById("x")
    except AttributeError as error:
        _report_exception(type(error), error, error.__traceback__)
    assert "An error was not handled. slicer.mrmlScene has GetNodeByID" in caplog.text


@pytest.mark.parametrize("method", ["AddNewNodeByClass", "CreateNodeByClass"])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("vtkMRMLFiberBundleNode", "Fibres can be held by a vtkMRMLModelNode."),
        ("vtkMRMLTeapotNode", "slicer-core"),
        ("Teapot", "names begin with vtkMRML"),
    ],
)
def test_nodes_of_classes_that_are_not_there(host, scene, caplog, method, name, told):
    import slicer

    count = slicer.mrmlScene.GetNumberOfNodes()
    with caplog.at_level(logging.WARNING):
        assert getattr(slicer.mrmlScene, method)(name) is None
    (text,) = (record.getMessage() for record in caplog.records)
    assert f"class {name} " in text
    assert told in text
    assert slicer.mrmlScene.GetNumberOfNodes() == count


def test_the_scene_still_makes_every_class_that_it_knows(host, scene):
    import slicer

    for index in range(slicer.mrmlScene.GetNumberOfRegisteredNodeClasses()):
        name = slicer.mrmlScene.GetNthRegisteredNodeClass(index).GetClassName()
        node = slicer.mrmlScene.CreateNodeByClass(name)
        assert node.GetClassName() == name
        node.UnRegister(None)
    with pytest.raises(TypeError):
        slicer.mrmlScene.CreateNodeByClass(3)
