"""Regions as markups: outlines by hand, the class of node for each kind."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.documents.region_shapes import Region, add_shape, outline_points, points_ras

pytestmark = pytest.mark.mrml


def region(kind, points, **attributes):
    return Region(kind, np.array(points, float), **attributes)


def test_circle():
    outline = outline_points(region("CIRCLE", [(10, 20), (13, 24)]))
    assert np.allclose(np.linalg.norm(outline - (10, 20), axis=1), 5)


def test_ellipse_in_the_patient():
    ends = [(-6, 0, 1), (6, 0, 1), (0, -2, 1), (0, 2, 1)]
    outline = outline_points(region("ELLIPSE", ends))
    assert np.allclose((outline[:, 0] / 6) ** 2 + (outline[:, 1] / 2) ** 2, 1)
    assert np.allclose(outline[:, 2], 1)


def test_points_of_the_patient_are_mirrored():
    assert points_ras(region("POINT", [(1, 2, 3)])).tolist() == [[-1, -2, 3]]


def test_an_image_is_needed_for_pixels():
    with pytest.raises(DICOMError, match="not in the database"):
        points_ras(region("POINT", [(1, 2)]))


@pytest.mark.parametrize(
    ("kind", "points", "class_name", "count"),
    [
        ("POINT", [(1, 2, 3)], "Fiducial", 1),
        ("MULTIPOINT", [(1, 2, 3), (4, 5, 6)], "Fiducial", 2),
        ("POLYLINE", [(0, 0, 0), (1, 1, 1)], "Line", 2),
        ("POLYLINE", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], "Curve", 3),
        ("POLYLINE", [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 0, 0)], "ClosedCurve", 3),
        ("POLYGON", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], "ClosedCurve", 3),
        ("INTERPOLATED", [(0, 0, 0), (1, 0, 0), (1, 1, 0)], "Curve", 3),
    ],
)
def test_kinds_of_nodes(scene, kind, points, class_name, count):
    drawn = region(kind, points)
    node = add_shape(scene, drawn, points_ras(drawn), "It")
    assert node.GetClassName() == f"vtkMRMLMarkups{class_name}Node"
    assert node.GetNumberOfControlPoints() == count
    assert node.GetLocked()


def test_ellipsoid(scene):
    """The ends of its axes of 10, 6 and 4 mm, turned about the third one by 3-4-5."""
    along, across = np.array([0.6, 0.8, 0]), np.array([-0.8, 0.6, 0])
    axes = [5 * along, 3 * across, np.array([0, 0, 2.0])]
    ends = np.array([sign * axis + (1, 2, 3) for axis in axes for sign in (-1, 1)])
    node = add_shape(scene, region("ELLIPSOID", ends), ends, "Tumour")
    assert np.allclose(node.GetCenter(), (1, 2, 3))
    assert np.allclose(node.GetSize(), (10, 6, 4))
    axis = [0.0] * 3
    node.GetXAxisWorld(axis)
    assert np.allclose(axis, along)


def test_oblique_box(scene):
    """A square of 10 mm that stands on its corner."""
    side = 10 / np.sqrt(2)
    corners = np.array([(0, 0, 0), (side, side, 0), (0, 2 * side, 0), (-side, side, 0)])
    node = add_shape(scene, region("POLYGON", corners, is_bounding_box=True), corners, "Box")
    assert np.allclose(node.GetCenter(), (0, side, 0))
    assert np.allclose(node.GetSize(), (10, 10, 1))
