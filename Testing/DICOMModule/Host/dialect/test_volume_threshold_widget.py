"""The widget for the shown range of values of a volume."""

from __future__ import annotations

import pytest

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def widget(scene, volume):
    import slicer

    widget = slicer.qMRMLVolumeThresholdWidget()
    widget.setMRMLScene(scene)
    widget.setMRMLVolumeNode(volume)
    yield widget
    widget.setMRMLVolumeNode(None)
    widget.deleteLater()


def test_the_range_goes_to_the_volume_and_back(widget, volume):
    heard = []
    widget.connect("thresholdValuesChanged(double,double)", lambda low, high: heard.append((low, high)))
    display = volume.GetDisplayNode()
    assert widget.autoThreshold == widget.Off
    widget.setThreshold(20, 90)
    assert (display.GetLowerThreshold(), display.GetUpperThreshold()) == (20, 90)
    assert display.GetApplyThreshold()
    assert heard == [(20, 90)]
    assert widget.autoThreshold == widget.ControlMode.Manual
    widget.lowerThreshold = 30
    assert (widget.lowerThreshold, widget.upperThreshold) == (30, 90)
    display.SetThreshold(40, 80)
    assert (widget._range.minimumValue, widget._range.maximumValue) == (40, 80)
    widget.autoThreshold = widget.Off
    assert not display.GetApplyThreshold()


def test_without_a_volume_it_is_grey(widget):
    widget.setMRMLVolumeNode(None)
    assert not widget.isEnabled()
    widget.setThreshold(1, 2)  # no harm
    assert (widget.mrmlVolumeNode(), widget.lowerThreshold) == (None, 0.0)
