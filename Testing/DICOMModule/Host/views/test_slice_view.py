"""Slice views: each pixel is the right voxel, the right way round; mouse, wheel and overlays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QComboBox, QStyle, QStyleOptionComboBox

from Testing.DICOMModule.Host.conftest import ORIGIN_RAS, SPACING
from Testing.DICOMModule.Host.mouse import drag, move, wheel

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

# Directions of the screen in the patient, as radiologists hang them: to the right, upwards.
SCREEN = {
    "Red": ((-1, 0, 0), (0, 1, 0)),
    "Green": ((-1, 0, 0), (0, 0, 1)),
    "Yellow": ((0, -1, 0), (0, 0, 1)),
}


def expected(name: str, widget: Any, shape: tuple[int, int], values: np.ndarray) -> np.ndarray:
    """What a view must show by its centre and field of view; -1 where two voxels meet."""
    node = widget.mrmlSliceNode()
    center = [node.GetSliceToRAS().GetElement(axis, 3) for axis in range(3)]
    height, width = shape
    field = node.GetFieldOfView()
    right, up = (np.array(direction) for direction in SCREEN[name])
    shift = node.GetXYZOrigin()  # how far the picture was panned, mm
    x = (np.arange(width) - width / 2) * field[0] / width + shift[0]
    y = (height - 1 - np.arange(height) - height / 2) * field[1] / height + shift[1]
    ras = np.array(center) + x[None, :, None] * right + y[:, None, None] * up
    steps = np.array((-SPACING[0], -SPACING[1], SPACING[2]))
    ijk = (ras - ORIGIN_RAS) / steps
    nearest = np.floor(ijk + 0.5).astype(int)
    doubtful = (np.abs(ijk + 0.5 - np.round(ijk + 0.5)) < 0.02).any(axis=2)
    size = np.array(values.shape[::-1])
    inside = ((nearest >= 0) & (nearest < size)).all(axis=2)
    i, j, k = np.moveaxis(np.clip(nearest, 0, size - 1), 2, 0)
    shown = np.where(inside, values[k, j, i], 0)
    return np.where(doubtful, -1, shown)


def assert_shows(name: str, widget: Any, pixels: np.ndarray, values: np.ndarray) -> None:
    wanted = expected(name, widget, pixels.shape, values)
    known = wanted >= 0
    assert known.mean() > 0.5
    assert (wanted[known] > 0).mean() > 0.2, "the volume fills a good part of the view"
    assert np.abs(pixels.astype(int) - wanted)[known].max() <= 1


@pytest.mark.parametrize("name", SCREEN)
@pytest.mark.parametrize("step", [0, 2])
def test_each_pixel_is_the_right_voxel(
    views: Any, values: np.ndarray, brightness: Any, name: str, step: int
) -> None:
    widget = views.slices[name]
    widget.sliceController().moveSlice(step)
    # off the border of two voxels
    widget.sliceController().setSliceOffsetValue(widget.sliceLogic().GetSliceOffset() + 0.1)
    assert_shows(name, widget, brightness(widget.sliceView()), values)


def test_an_oblique_volume_is_resliced(views: Any, values: np.ndarray, brightness: Any) -> None:
    import vtk

    turned = vtk.vtkTransform()
    turned.RotateZ(90)
    matrix = vtk.vtkMatrix4x4()
    views.volume.GetIJKToRASMatrix(matrix)
    turned.Concatenate(matrix)
    views.volume.SetIJKToRASMatrix(turned.GetMatrix())
    views.layout.resetSliceViews()
    red = views.slices["Red"]
    red.sliceController().setSliceOffsetValue(red.sliceLogic().GetSliceOffset() + 0.1)
    pixels = brightness(red.sliceView())
    k = round((red.sliceLogic().GetSliceOffset() - ORIGIN_RAS[2]) / SPACING[2])
    present = np.unique(values[k])
    assert set(np.unique(pixels)) <= set(present) | {0}
    # (r, a) -> (-a, r): what was in front is now at the left of the patient, on the right of the screen
    node = red.mrmlSliceNode()
    height, width = pixels.shape
    x = (-ORIGIN_RAS[1] - node.GetSliceToRAS().GetElement(0, 3)) / -node.GetFieldOfView()[
        0
    ] * width + width / 2
    y = (ORIGIN_RAS[0] - node.GetSliceToRAS().GetElement(1, 3)) / node.GetFieldOfView()[
        1
    ] * height + height / 2
    assert abs(int(pixels[height - 1 - round(y), round(x)]) - values[k, 0, 0]) <= 1


def test_wheel_moves_by_one_slice(views: Any, values: np.ndarray, brightness: Any) -> None:
    red = views.slices["Red"]
    logic = red.sliceLogic()
    before = logic.GetSliceOffset()
    wheel(red.sliceView(), 1)
    assert logic.GetSliceOffset() == pytest.approx(before + SPACING[2])
    wheel(red.sliceView(), -2)
    assert logic.GetSliceOffset() == pytest.approx(before - SPACING[2])
    red.sliceController().setSliceOffsetValue(logic.GetSliceOffset() + 0.1)
    assert_shows("Red", red, brightness(red.sliceView()), values)


def test_drag_changes_window_and_level(views: Any, brightness: Any) -> None:
    display = views.volume.GetDisplayNode()
    red = views.slices["Red"].sliceView()
    before = brightness(red).astype(int)
    drag(red, (60, 0))
    window, level = display.GetWindow(), display.GetLevel()
    assert window > 255
    assert brightness(red).astype(int).std() < before.std()
    drag(red, (0, 40))
    assert display.GetLevel() != pytest.approx(level)
    assert display.GetWindow() == pytest.approx(window, rel=0.05)


def test_drag_leaves_window_and_level_in_view_mode(views: Any) -> None:
    mode = views.window.findChild(type(views.window.menuBar().actions()[0]), "MouseModeViewAction")
    mode.trigger()
    try:
        drag(views.slices["Red"].sliceView(), (60, 20))
        assert views.volume.GetDisplayNode().GetWindow() == 255
    finally:
        views.window.findChild(type(mode), "MouseModeWindowLevelAction").trigger()


def test_middle_drag_pans(views: Any, values: np.ndarray, brightness: Any) -> None:
    red = views.slices["Red"]
    node = red.mrmlSliceNode()
    red.sliceController().setSliceOffsetValue(red.sliceLogic().GetSliceOffset() + 0.1)
    before = brightness(red.sliceView())
    drag(red.sliceView(), (30, 20), button="middle")
    after = brightness(red.sliceView())
    assert (after[20:, 30:] == before[:-20, :-30]).mean() > 0.95, "the picture goes with the mouse"
    assert node.GetXYZOrigin()[:2] != (0.0, 0.0)
    assert_shows("Red", red, after, values)


def test_right_drag_zooms(views: Any) -> None:
    node = views.slices["Red"].mrmlSliceNode()
    before = node.GetFieldOfView()[0]
    drag(views.slices["Red"].sliceView(), (0, 40), button="right")
    zoomed_in = node.GetFieldOfView()[0]
    assert zoomed_in < before
    drag(views.slices["Red"].sliceView(), (0, -80), button="right")
    assert node.GetFieldOfView()[0] > zoomed_in


def test_slider_moves_the_slice(views: Any) -> None:
    red = views.slices["Red"]
    slider = red.sliceController().sliceOffsetSlider()
    assert slider.maximum() - slider.minimum() == values_slices() - 1
    slider.setValue(4)
    assert red.sliceLogic().GetSliceOffset() == pytest.approx(ORIGIN_RAS[2] + 4 * SPACING[2])


def values_slices() -> int:
    from Testing.DICOMModule.Host.conftest import SHAPE

    return SHAPE[0]


def test_bar_follows_the_slice(views: Any, qtbot: Any) -> None:
    red = views.slices["Red"]
    red.sliceLogic().SetSliceOffset(ORIGIN_RAS[2] + 7 * SPACING[2])
    bar = red.sliceController()
    qtbot.waitUntil(lambda: bar.slider.value() == 7)
    assert bar.spin.value() == pytest.approx(ORIGIN_RAS[2] + 7 * SPACING[2])
    red.mrmlSliceNode().SetOrientation("Sagittal")
    qtbot.waitUntil(lambda: bar.combo.currentText() == "Sagittal")


@pytest.mark.parametrize("name", ["Axial", "Sagittal", "Coronal", "Reformat"])
def test_orientations_are_read_in_full(views: Any, qtbot: Any, name: str) -> None:
    red = views.slices["Red"]
    node, combo = red.mrmlSliceNode(), red.sliceController().combo
    if name == "Reformat":
        node.GetSliceToRAS().DeepCopy((0.8, 0.6, 0, 0, -0.6, 0.8, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1))
        node.UpdateMatrices()
    else:
        node.SetOrientation(name)
    try:
        qtbot.waitUntil(lambda: combo.currentText() == name)
        red.sliceController().resize(600, 30)
        qtbot.waitUntil(lambda: QComboBox.isVisible(combo))
        option = QStyleOptionComboBox()
        combo.initStyleOption(option)
        part = QStyle.SubControl.SC_ComboBoxEditField
        room = combo.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, combo)
        assert room.width() >= combo.fontMetrics().horizontalAdvance(name)
    finally:
        node.SetOrientation("Axial")


def test_linked_views_change_together(views: Any) -> None:
    red, green = (views.slices[name] for name in ("Red", "Green"))
    red.sliceController().setSliceLink(True)
    try:
        assert green.sliceController().isLinked()
        red.sliceController().setSliceVisible(True)
        assert green.mrmlSliceNode().GetSliceVisible()
    finally:
        red.sliceController().setSliceVisible(False)
        red.sliceController().setSliceLink(False)


def test_orientation_marker_and_ruler_are_drawn(views: Any, brightness: Any, qtbot: Any) -> None:
    red = views.slices["Red"]
    node = red.mrmlSliceNode()
    without = brightness(red.sliceView())
    for show, hide in (
        (
            lambda: node.SetOrientationMarkerType(node.OrientationMarkerTypeAxes),
            node.SetOrientationMarkerType,
        ),
        (lambda: node.SetRulerType(node.RulerTypeThin), node.SetRulerType),
    ):
        show()
        qtbot.wait(20)
        assert (brightness(red.sliceView()) != without).sum() > 20
        hide(0)
        qtbot.wait(20)
        assert (brightness(red.sliceView()) == without).all()


def test_positions_are_converted(views: Any) -> None:
    view = views.slices["Red"].sliceView()
    ras = view.convertXYZToRAS(view.convertDeviceToXYZ((30, 40)))
    assert view.convertRASToXYZ(ras)[:2] == pytest.approx(view.convertDeviceToXYZ((30, 40))[:2], abs=1e-6)


def test_mouse_over_a_slice_tells_the_crosshair(views: Any) -> None:
    import slicer

    view = views.slices["Red"].sliceView()
    move(view, (50, 60))
    crosshair = slicer.util.getNode("vtkMRMLCrosshairNodedefault")
    position = [0.0, 0.0, 0.0]
    assert crosshair.GetCursorPositionRAS(position)
    width, height = view.canvas.width(), view.canvas.height()
    at = view.convertXYZToRAS(view.convertDeviceToXYZ((width // 2 + 50, height // 2 + 60)))
    assert position == pytest.approx(
        at, abs=views.slices["Red"].mrmlSliceNode().GetFieldOfView()[0] / width * 1.5
    )


def test_a_volume_that_is_newly_shown_is_cut_by_the_slice(
    views: Any, values: np.ndarray, brightness: Any, qtbot: Any
) -> None:
    red = views.slices["Red"]
    composite = red.mrmlSliceCompositeNode()
    composite.SetBackgroundVolumeID(None)
    red.sliceLogic().SetSliceOffset(500)
    composite.SetBackgroundVolumeID(views.volume.GetID())
    first, last = ORIGIN_RAS[2], ORIGIN_RAS[2] + (values_slices() - 1) * SPACING[2]
    qtbot.waitUntil(lambda: first < red.sliceLogic().GetSliceOffset() < last)
    red.sliceLogic().SetSliceOffset(500)  # a user may go anywhere
    qtbot.wait(20)
    assert red.sliceLogic().GetSliceOffset() == 500
