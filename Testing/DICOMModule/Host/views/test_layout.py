"""Layouts: each shows the views it names, all of them drawn, and the browser's layout shows the browser."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QPoint
from qtpy.QtWidgets import QWidget

pytestmark = [pytest.mark.gui, pytest.mark.mrml]

SLICES = ("Red", "Green", "Yellow")


def shown(layout) -> tuple[set[str], int]:
    """Slice views and the number of 3D views that can be seen."""
    slices = {name for name in SLICES if layout.sliceWidget(name).sliceView().canvas.isVisible()}
    return slices, sum(
        layout.threeDWidget(i).threeDView().canvas.isVisible() for i in range(layout.threeDViewCount)
    )


@pytest.mark.parametrize(
    ("name", "slices", "threed"),
    [
        ("FourUpView", set(SLICES), 1),
        ("ConventionalView", set(SLICES), 1),
        ("OneUpRedSliceView", {"Red"}, 0),
        ("OneUpYellowSliceView", {"Yellow"}, 0),
        ("OneUpGreenSliceView", {"Green"}, 0),
        ("OneUp3DView", set(), 1),
    ],
)
def test_a_layout_shows_its_views(views, qtbot, name, slices, threed):
    import slicer

    number = getattr(slicer.vtkMRMLLayoutNode, f"SlicerLayout{name}")
    views.layout.setLayout(slicer.vtkMRMLLayoutNode.SlicerLayoutSideBySideView)
    with qtbot.waitSignal(views.layout.layoutChanged, check_params_cb=lambda got: got == number):
        views.layout.setLayout(number)
    qtbot.waitUntil(lambda: shown(views.layout) == (slices, threed))
    assert views.layout.layout == number


def top_of(widget) -> int:
    return QWidget.mapToGlobal(widget, QPoint(0, 0)).y()


def test_a_custom_layout(views, qtbot):
    import slicer

    node = views.layout.layoutLogic().GetLayoutNode()
    node.AddLayoutDescription(
        54321,
        '<layout type="vertical"><item><view class="vtkMRMLSliceNode" singletontag="Green"/></item>'
        '<item><view class="vtkMRMLViewNode" singletontag="1"/></item></layout>',
    )
    views.layout.setLayout(54321)
    qtbot.waitUntil(lambda: shown(views.layout) == ({"Green"}, 1))
    green, threed = views.slices["Green"], views.threed
    assert top_of(green) < top_of(threed)
    assert slicer.app.layoutManager() is views.layout


def test_a_view_without_a_volume_is_black(views, brightness):
    import slicer

    slicer.util.setSliceViewerLayers(background=None)
    slicer.mrmlScene.RemoveNode(views.volume)
    assert brightness(views.slices["Red"].sliceView()).max() < 10
