"""Parameter nodes as typed classes, as the module templates of Slicer use them."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import pytest

pytestmark = pytest.mark.mrml


class Method(enum.Enum):
    Fast = 1
    Exact = 2


@pytest.fixture
def classes(host):
    from slicer import vtkMRMLModelNode, vtkMRMLScalarVolumeNode
    from slicer.parameterNodeWrapper import (
        Choice,
        Decimals,
        Default,
        WithinRange,
        parameterNodeWrapper,
        parameterPack,
    )

    class Box:
        low: float = -1.0
        label: str

    Box.__annotations__ = {"low": float, "label": str}
    Box = parameterPack(Box)

    class Parameters:
        threshold = 100.0
        invert = False

        def doubled(self):
            return 2 * self.threshold

    Parameters.__annotations__ = {
        "inputVolume": vtkMRMLScalarVolumeNode,
        "output": vtkMRMLScalarVolumeNode | vtkMRMLModelNode,
        "models": list[vtkMRMLModelNode],
        "threshold": Annotated[float, WithinRange(-100, 500), Decimals(1)],
        "invert": bool,
        "count": Annotated[int, Default(4)],
        "name": str,
        "folder": Path,
        "method": Method,
        "mode": Annotated[str, Choice(["a", "b"]), Default("b")],
        "numbers": list[int],
        "pair": tuple[int, str],
        "table": dict[str, Path],
        "maybe": int | None,
        "box": Box,
    }
    return parameterNodeWrapper(Parameters), Box


@pytest.fixture
def parameters(classes, scene):
    return classes[0](scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode"))


def test_defaults(parameters):
    assert parameters.inputVolume is None
    assert (parameters.models, parameters.numbers, parameters.pair, parameters.table) == ([], [], (), {})
    assert (parameters.threshold, parameters.invert, parameters.count) == (100, False, 4)
    assert (parameters.name, parameters.folder, parameters.method) == ("", Path(), Method.Fast)
    assert (parameters.mode, parameters.maybe, parameters.box.low) == ("b", None, -1)
    assert parameters.parameterNode.GetParameterNames() == ()  # a default is not written


def test_values_survive_in_the_node(classes, parameters, scene):
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    model = scene.AddNewNodeByClass("vtkMRMLModelNode")
    parameters.inputVolume = volume
    parameters.output = model
    parameters.models = [model]
    parameters.threshold = 12  # an int is a float, too
    parameters.invert = True
    parameters.folder = "/data/in"
    parameters.method = Method.Exact
    parameters.numbers = [3, 1]
    parameters.pair = (7, "x")
    parameters.table = {"a": Path("/b")}
    parameters.maybe = 5
    parameters.box.low = 2.5
    again = classes[0](parameters.parameterNode)
    assert (again.inputVolume, again.output, again.models) == (volume, model, [model])
    assert (again.threshold, again.invert, again.folder) == (12.0, True, Path("/data/in"))
    assert (again.method, again.numbers, again.pair) == (Method.Exact, [3, 1], (7, "x"))
    assert (again.table, again.maybe, again.box.low) == ({"a": Path("/b")}, 5, 2.5)
    again.maybe = None
    again.inputVolume = None
    assert (parameters.maybe, parameters.inputVolume) == (None, None)
    assert parameters.doubled() == 24


def test_a_pack_is_set_as_a_whole(classes, parameters):
    parameters.box = classes[1](low=3.0, label="x")
    assert (parameters.box.low, parameters.box.label) == (3, "x")
    assert parameters.box == classes[1](3.0, "x")
    assert parameters.getValue("box.label") == "x"
    assert {"box.low", "threshold"} <= set(parameters.allParameters())


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("threshold", 501, ValueError),
        ("threshold", "high", TypeError),
        ("mode", "c", ValueError),
        ("method", "Fast", TypeError),
        ("numbers", (1, 2), TypeError),
    ],
)
def test_what_is_not_allowed_is_refused_and_named(parameters, name, value, fault):
    before = getattr(parameters, name)
    with pytest.raises(fault, match=name):
        setattr(parameters, name, value)
    assert getattr(parameters, name) == before


def test_types_that_cannot_be_kept_are_named(host):
    from slicer.parameterNodeWrapper import parameterNodeWrapper

    class Wrong:
        pass

    Wrong.__annotations__ = {"thing": complex}
    with pytest.raises(TypeError, match="complex"):
        parameterNodeWrapper(Wrong)


@pytest.mark.gui
def test_widgets_and_node_follow_each_other(parameters, scene, qtbot):
    import ctk
    import qt
    import slicer

    panel = qt.QWidget()
    widgets = {
        "invert": qt.QCheckBox(panel),
        "threshold": ctk.ctkSliderWidget(panel),
        "count": qt.QSpinBox(panel),
        "name": qt.QLineEdit(panel),
        "method": qt.QComboBox(panel),
        "inputVolume": slicer.qMRMLNodeComboBox(panel),
    }
    widgets["inputVolume"].nodeTypes = ["vtkMRMLScalarVolumeNode"]
    widgets["inputVolume"].noneEnabled = True
    widgets["inputVolume"].setMRMLScene(scene)
    for name, widget in widgets.items():
        widget.setProperty("SlicerParameterName", name)
    tag = parameters.connectGui(panel)
    slider = widgets["threshold"]
    assert (slider.minimum, slider.maximum, slider.decimals, slider.value) == (-100, 500, 1, 100)
    assert [widgets["method"].itemText(index) for index in range(2)] == ["Fast", "Exact"]
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    widgets["invert"].checked = True
    slider.value = 33
    widgets["method"].setCurrentText("Exact")
    widgets["inputVolume"].setCurrentNode(volume)
    assert (parameters.invert, parameters.threshold, parameters.method) == (True, 33, Method.Exact)
    assert parameters.inputVolume is volume
    parameters.count = 9
    parameters.name = "new"
    assert (widgets["count"].value, widgets["name"].text) == (9, "new")
    parameters.disconnectGui(tag)
    parameters.count = 1
    widgets["name"].text = "alone"
    assert (widgets["count"].value, parameters.name) == (9, "new")
    widgets["inputVolume"].setMRMLScene(None)
