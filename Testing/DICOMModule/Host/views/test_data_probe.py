"""The data probe tells place, voxel and value under the mouse."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent
from qtpy.QtWidgets import QApplication

from Testing.DICOMModule.Host import mouse

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def probe(views):
    import slicer

    return slicer.util.findChild(views.window, "DataProbeCollapsibleWidget")


def test_the_voxel_under_the_mouse(views, probe, qtbot, values):
    import slicer

    qtbot.waitUntil(probe.isVisible)
    mouse.move(views.slices["Red"].sliceView(), (40, 25))
    qtbot.waitUntil(lambda: probe.place.text().startswith("Red"))
    crosshair = slicer.util.getNode("vtkMRMLCrosshairNodedefault")
    ras = [0.0, 0.0, 0.0]
    assert crosshair.GetCursorPositionRAS(ras)
    # worked out from the place in the patient, where the probe asks the view
    voxel = np.linalg.inv(slicer.util.arrayFromVTKMatrix(_matrix(views.volume))) @ (*ras, 1)
    column, row, slice_number = np.rint(voxel[:3]).astype(int)
    value = values[slice_number, row, column]
    expected = f"B: Noise ({column}, {row}, {slice_number}) {value}"
    assert probe.values["Background"].text() == expected
    assert probe.values["Label"].isHidden()
    sides = [pair[number < 0] for pair, number in zip(("RL", "AP", "SI"), ras, strict=True)]
    numbers = [f"{side} {abs(number):.1f}" for side, number in zip(sides, ras, strict=True)]
    assert probe.place.text() == f"Red  {', '.join(numbers)}"


def _matrix(volume):
    import vtk

    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return matrix


def test_outside_of_the_volume(views, probe, qtbot):
    view = views.slices["Red"].sliceView()
    mouse.move(view, (0, 3 - view.height // 2))
    qtbot.waitUntil(lambda: probe.values["Background"].text() == "B: Noise (outside)")


def test_without_a_place_it_says_how_to_see_one(views, probe, qtbot):
    view = views.slices["Red"].sliceView()
    mouse.move(view, (0, 0))
    qtbot.waitUntil(lambda: probe.place.text().startswith("Red"))
    QApplication.sendEvent(view.canvas, QEvent(QEvent.Leave))
    qtbot.waitUntil(lambda: probe.place.text() == "Move the mouse over a slice.")


def test_it_is_hidden_by_scripts(views, probe, qtbot):
    import slicer

    slicer.util.setDataProbeVisible(False)
    assert not probe.isVisible()
    slicer.util.setDataProbeVisible(True)
    qtbot.waitUntil(probe.isVisible)


def test_it_makes_room_for_the_browser(views, probe, qtbot):
    import slicer

    slicer.modules.DICOMInstance.connectToMainWindow()
    views.layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutDicomBrowserView)
    assert not probe.isVisible()
    views.layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutFourUpView)
    qtbot.waitUntil(probe.isVisible)
