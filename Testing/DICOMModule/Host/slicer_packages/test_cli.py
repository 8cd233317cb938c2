"""`slicer.cli` as scripts use it: nodes of runs, their parameters, status and events."""

from __future__ import annotations

import pydicom
import pytest

from Testing.image_series import heights, stack, write

pytestmark = [pytest.mark.mrml, pytest.mark.gui]


@pytest.fixture
def volume(scene, tmp_path):
    """A volume of three slices."""
    import slicer

    paths = write(stack(heights(0, 3, 6)), tmp_path / "images")
    return slicer.util.loadVolume(str(paths[0]))


@pytest.fixture
def folder(tmp_path):
    """Where the module writes to."""
    return tmp_path / "written"


def written(folder) -> list[pydicom.Dataset]:
    return [pydicom.dcmread(path) for path in sorted(folder.iterdir())]


def test_a_run_that_is_waited_for(volume, folder):
    import slicer

    parameters = {"inputVolume": volume.GetID(), "dicomDirectory": str(folder), "patientName": "Doe^Jane"}
    cliNode = slicer.cli.run(
        slicer.modules.createdicomseries, None, parameters, wait_for_completion=True, update_display=False
    )
    assert cliNode.IsA("vtkMRMLCommandLineModuleNode")
    assert slicer.mrmlScene.GetNodeByID(cliNode.GetID()) is cliNode
    assert not cliNode.GetStatus() & cliNode.ErrorsMask
    assert (cliNode.GetStatusString(), cliNode.GetErrorText()) == ("Completed", "")
    assert cliNode.GetParameterAsString("patientName") == "Doe^Jane"
    assert cliNode.GetModuleTitle() == "CreateDICOMSeries"
    assert {str(dataset.PatientName) for dataset in written(folder)} == {"Doe^Jane"}
    slicer.mrmlScene.RemoveNode(cliNode)
    assert slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCommandLineModuleNode") is None


def test_a_run_that_is_followed_by_its_events(qtbot, volume, folder):
    import slicer

    states = []

    def onModified(cliNode, _event):
        states.append(cliNode.GetStatusString())

    cliNode = slicer.cli.run(
        slicer.modules.createdicomseries, None, {"inputVolume": volume, "dicomDirectory": str(folder)}
    )
    assert cliNode.IsBusy()
    assert not folder.exists()
    cliNode.AddObserver("ModifiedEvent", onModified)
    qtbot.waitUntil(lambda: not cliNode.IsBusy())
    assert states == ["Running", "Completed"]
    assert len(written(folder)) == 3


def test_a_run_that_is_cancelled_before_it_begins(qtbot, volume, folder):
    import slicer

    cliNode = slicer.cli.run(
        slicer.modules.createdicomseries, None, {"inputVolume": volume, "dicomDirectory": str(folder)}
    )
    slicer.cli.cancel(cliNode)
    qtbot.wait(50)
    assert cliNode.GetStatusString() == "Cancelled"
    assert not folder.exists()


def test_a_node_is_used_again(volume, folder):
    import slicer

    module = slicer.modules.createdicomseries
    cliNode = slicer.cli.createNode(module, {"seriesNumber": 5})
    cliNode.SetParameterAsString("dicomDirectory", str(folder))
    cliNode.SetParameterAsNode("inputVolume", volume)
    assert cliNode.GetStatusString() == "Idle"
    assert slicer.cli.runSync(module, cliNode) is cliNode
    assert {int(dataset.SeriesNumber) for dataset in written(folder)} == {5}
    again = slicer.cli.runSync(module, node=cliNode, parameters={"seriesNumber": 6})
    assert again is cliNode
    assert {int(dataset.SeriesNumber) for dataset in written(folder)} == {6}


def test_a_run_that_fails_tells_why(scene, folder):
    import slicer

    cliNode = slicer.cli.runSync(slicer.modules.createdicomseries, None, {"dicomDirectory": str(folder)})
    assert cliNode.GetStatus() & cliNode.ErrorsMask
    assert cliNode.GetStatusString() == "Completed with errors"
    assert "inputVolume" in cliNode.GetErrorText()


def test_parameters_as_text(scene):
    import slicer

    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    cliNode = slicer.cli.createNode(slicer.modules.createdicomseries)
    slicer.cli.setNodeParameters(cliNode, {"a": True, "b": 1.5, "c": [1, 2], "d": volume, "e": None})
    texts = [cliNode.GetParameterAsString(name) for name in "abcdef"]
    assert texts == ["true", "1.5", "1,2", volume.GetID(), "", ""]


def test_what_is_no_command_line_module(scene):
    import slicer

    with pytest.raises(RuntimeError, match=r"Volumes is no command line module .*slicer\.modules\.create"):
        slicer.cli.run(slicer.modules.volumes, None, {})
