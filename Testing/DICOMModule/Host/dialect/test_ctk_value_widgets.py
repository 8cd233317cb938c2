"""CTK's widgets for values."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def ctk(host, qtbot):
    import ctk

    return ctk


def test_slider(ctk):
    slider = ctk.ctkSliderWidget()
    heard = []
    slider.connect("valueChanged(double)", heard.append)
    slider.minimum, slider.maximum, slider.decimals, slider.suffix = -50, 150, 1, " mm"
    slider.value = 50
    assert heard == [50]
    assert slider._slider.value() == 500  # in the middle of its thousand steps
    slider._slider.setValue(1000)
    assert slider.value == 150
    slider.value = 1000  # outside: the nearest one that is allowed
    assert slider.value == 150
    slider.maximum = 100
    assert (slider.value, slider._slider.value()) == (100, 1000)


def test_a_slider_without_tracking_waits_for_the_release(ctk):
    slider = ctk.ctkSliderWidget()
    changed, changing = [], []
    slider.valueChanged.connect(changed.append)
    slider.valueIsChanging.connect(changing.append)
    slider.tracking = False
    slider._slider.setSliderDown(True)
    slider._slider.setValue(500)
    assert (changed, changing) == ([], [49.5])
    slider._slider.setSliderDown(False)
    assert changed == [49.5]


def test_range(ctk):
    widget = ctk.ctkRangeWidget()
    heard = []
    widget.connect("valuesChanged(double,double)", lambda low, high: heard.append((low, high)))
    widget.setRange(-10, 10)
    widget.setValues(-3, 4)
    assert (widget.minimumValue, widget.maximumValue) == (-3, 4)
    widget.minimumValue = 6  # pushes the other end
    assert (widget.minimumValue, widget.maximumValue) == (6, 6)
    assert heard[-1] == (6, 6)


def test_coordinates(ctk):
    widget = ctk.ctkCoordinatesWidget()
    widget.coordinates = "1.5,-2,3"
    assert widget.coordinates == "1.5,-2,3"
    widget.dimension = 2
    assert widget.coordinates == "1.5,-2"


def test_color(ctk):
    import qt

    button = ctk.ctkColorPickerButton()
    heard = []
    button.colorChanged.connect(heard.append)
    button.color = qt.QColor(255, 0, 0)
    assert (button.color.name(), button.text) == ("#ff0000", "#ff0000")
    button.color = qt.QColor("red")
    assert len(heard) == 1


def test_checkable_items(ctk):
    import qt

    box = ctk.ctkCheckableComboBox()
    box.addItems(["a", "b"])
    assert box.noneChecked()
    box.setCheckState(box.model().index(1, 0), qt.Qt.Checked)
    assert [index.row() for index in box.checkedIndexes()] == [1]
    assert box.checkState(0) == 0
    box.setCheckState(0, 2)
    assert box.allChecked()
