"""CTK's sliders for real numbers and for ranges: values, limits, signals, mouse and keys."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint, Qt

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def ctk(host, qtbot):
    import ctk

    return ctk


def heard_of(widget, *names):
    """News of some signals, in their order."""
    heard = []
    for name in names:
        getattr(widget, name).connect(lambda *values, name=name: heard.append((name, *values)))
    return heard


def test_a_real_number(ctk):
    import qt

    slider = ctk.ctkDoubleSlider(qt.Qt.Horizontal)
    heard = heard_of(slider, "valueChanged")
    assert (slider.value, slider.minimum, slider.maximum, slider.orientation) == (0, 0, 99, qt.Qt.Horizontal)
    slider.minimum, slider.maximum, slider.singleStep = -1, 1, 0.25
    slider.value = 0.123  # what a script sets is kept as it is
    assert slider.value == 0.123
    slider.value = 5
    assert slider.value == 1
    slider._slider.setValue(slider._slider.value() - slider._slider.singleStep())  # as a key does
    assert slider.value == 0.75
    slider.maximum = 0.5
    assert slider.value == 0.5
    assert heard == [("valueChanged", value) for value in (0.123, 1, 0.75, 0.5)]


def test_two_handles(ctk):
    slider = ctk.ctkRangeSlider()
    heard = heard_of(slider, "minimumValueChanged", "maximumValueChanged", "valuesChanged")
    assert (slider.minimumValue, slider.maximumValue) == (0, 99)
    slider.setValues(10, 20)
    slider.minimumValue = 30  # takes the other one with it
    assert (slider.minimumValue, slider.maximumValue) == (30, 30)
    slider.setRange(0, 25)
    assert (slider.minimumValue, slider.maximumValue) == (25, 25)
    assert [news[1:] for news in heard if news[0] == "valuesChanged"] == [(10, 20), (30, 30), (25, 25)]
    assert heard[0] == ("minimumValueChanged", 10)


def test_two_handles_by_mouse_and_keys(ctk, qtbot):
    import qt

    slider = ctk.ctkRangeSlider(qt.Qt.Horizontal)
    qtbot.addWidget(slider)
    slider.setRange(0, 100)
    slider.resize(101, 20)
    slider.setValues(20, 80)
    slider.show()
    qtbot.mousePress(slider, Qt.LeftButton, pos=QPoint(22, 10))
    qtbot.mouseMove(slider, QPoint(40, 10))
    qtbot.mouseRelease(slider, Qt.LeftButton, pos=QPoint(40, 10))
    assert (slider.minimumValue, slider.maximumValue) == (22, 80) or slider.minimumValue == 40
    qtbot.mousePress(slider, Qt.LeftButton, pos=QPoint(90, 10))
    qtbot.mouseRelease(slider, Qt.LeftButton, pos=QPoint(90, 10))
    assert slider.maximumValue == 90
    qtbot.keyClick(slider, Qt.Key_Left)
    low = slider.minimumValue
    qtbot.keyClick(slider, Qt.Key_Right, Qt.ShiftModifier)
    assert (slider.minimumValue, slider.maximumValue) == (low + 1, 89)
    assert not slider.grab().isNull()


def test_a_range_of_real_numbers(ctk):
    slider = ctk.ctkDoubleRangeSlider()
    heard = heard_of(slider, "valuesChanged")
    slider.setRange(-1000, 3000)
    slider.setValues(-160.5, 240.25)
    assert (slider.minimumValue, slider.maximumValue) == (-160.5, 240.25)
    slider._slider.setMaximumValue(100_000)  # as the mouse does; the other end stays exactly
    assert (slider.minimumValue, slider.maximumValue) == (-160.5, 3000)
    slider.maximumValue = -500
    assert (slider.minimumValue, slider.maximumValue) == (-500, -500)
    assert heard[-1] == ("valuesChanged", -500, -500)
    slider.connect("valuesChanged(double,double)", lambda low, high: heard.append((low, high)))
    slider.setValues(0, 1)
    assert heard[-1] == (0, 1)


def test_the_slider_between_two_boxes(ctk):
    widget = ctk.ctkRangeWidget()
    heard = heard_of(widget, "valuesChanged")
    widget.setRange(0, 1)
    widget.singleStep, widget.decimals = 0.1, 2
    widget.setValues(0.25, 0.75)
    assert (widget._slider.minimumValue, widget._slider.maximumValue) == (0.25, 0.75)
    widget._slider._slider.setMinimumValue(50_000)
    assert (widget.minimumValue, widget.maximumValue) == (0.5, 0.75)
    assert heard[-1] == ("valuesChanged", 0.5, 0.75)


def test_small_buttons(ctk):
    import qt

    button = ctk.ctkExpandButton()
    assert button.arrowType == qt.Qt.RightArrow
    button.checked = True
    assert button.arrowType == qt.Qt.DownArrow
    assert ctk.ctkPushButton("Load").text == "Load"
    assert ctk.ctkCheckablePushButton("Keep").checkable


def test_a_range_with_a_unit_and_a_colour_table(host, scene, qtbot):
    import slicer

    widget = slicer.qMRMLRangeWidget()
    qtbot.addWidget(widget)
    widget.quantity = "length"
    widget.setMRMLScene(scene)
    unit = scene.GetNodeByID("vtkMRMLSelectionNodeSingleton").GetUnitNode("length")
    assert widget.suffix == (f" {unit.GetSuffix()}" if unit is not None and unit.GetSuffix() else "")
    box = slicer.qMRMLColorTableComboBox()
    qtbot.addWidget(box)
    box.setMRMLScene(scene)
    box.setCurrentNodeID("vtkMRMLColorTableNodeGrey")
    assert box.currentNode().GetName() == "Grey"
