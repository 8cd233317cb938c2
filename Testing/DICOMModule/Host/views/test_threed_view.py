"""The 3D view: a rendered volume and a surface are where they belong, and the mouse turns the camera."""

from __future__ import annotations

import numpy as np
import pytest

from Testing.DICOMModule.Host.mouse import drag, wheel

pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def threed(views):
    """The 3D view without box and labels, on a black ground."""
    view = views.threed.threeDView()
    node = view.mrmlViewNode()
    node.SetBoxVisible(False)
    node.SetAxisLabelsVisible(False)
    node.SetBackgroundColor(0, 0, 0)
    node.SetBackgroundColor2(0, 0, 0)
    return view


@pytest.fixture
def ball(views):
    """A ball of 10 mm that stands left, in front and above of the middle."""
    import slicer
    import vtk

    source = vtk.vtkSphereSource()
    source.SetRadius(10)
    source.SetCenter(-30, 30, 20)
    source.Update()
    model = slicer.modules.models.logic().AddModel(source.GetOutput())
    model.GetDisplayNode().SetColor(1, 0, 0)
    return model


def lit(view, brightness):
    """Where something is drawn: rows and columns."""
    return np.nonzero(brightness(view) > 40)


def test_a_surface_is_drawn_where_the_camera_sees_it(threed, ball, brightness):
    threed.resetFocalPoint()
    threed.lookFromAxis("A")
    threed.resetFocalPoint()
    threed.resetCamera()
    rows, columns = lit(threed, brightness)
    height, width = brightness(threed).shape
    assert abs(rows.mean() - height / 2) < 3
    assert abs(columns.mean() - width / 2) < 3
    camera = threed.cameraNode()
    position, focus = np.array(camera.GetPosition()), np.array(camera.GetFocalPoint())
    distance = np.linalg.norm(position - focus)
    assert position[1] > focus[1], "the camera stands in front"
    pixels_per_mm = height / (2 * distance * np.tan(np.radians(camera.GetViewAngle()) / 2))
    assert np.ptp(rows) == pytest.approx(20 * pixels_per_mm, rel=0.1)


def test_a_hidden_surface_is_not_drawn(threed, ball, brightness):
    threed.resetFocalPoint()
    assert len(lit(threed, brightness)[0])
    ball.GetDisplayNode().SetVisibility(False)
    assert not len(lit(threed, brightness)[0])


def test_the_mouse_turns_and_zooms(threed, ball):
    camera = threed.cameraNode()
    before, focus = np.array(camera.GetPosition()), np.array(camera.GetFocalPoint())
    drag(threed, (60, 10))
    turned = np.array(camera.GetPosition())
    assert np.linalg.norm(turned - before) > 1
    assert np.linalg.norm(turned - focus) == pytest.approx(np.linalg.norm(before - focus), rel=1e-3)
    wheel(threed, 2)
    assert np.linalg.norm(np.array(camera.GetPosition()) - focus) < np.linalg.norm(turned - focus)


def test_a_volume_is_rendered_on_request(views, threed, brightness):
    import slicer

    from DICOMModule.Host.views.volume_rendering import is_volume_rendered, show_volume

    logic = slicer.app.applicationLogic()
    assert not is_volume_rendered(logic, views.volume)
    assert show_volume(logic, views.volume, shown=True)
    threed.resetFocalPoint()
    assert is_volume_rendered(logic, views.volume)
    rows, _columns = lit(threed, brightness)
    assert len(rows) > 500
    show_volume(logic, views.volume, shown=False)
    assert not len(lit(threed, brightness)[0])
