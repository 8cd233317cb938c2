"""Filled polygons, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.mrml.images.frame_grid import UnusableFrames
from DICOMLib.mrml.radiotherapy.contour_masks import fill, mask_of_contours

pytestmark = pytest.mark.mrml

GRID = np.diag([-1.0, -1.0, 1.0, 1.0])  # index = LPS


def square(low, high, height=0.0):
    return np.array(
        [(low, low, height), (high, low, height), (high, high, height), (low, high, height)], float
    )


def rows_of(mask):
    return ["".join(".#"[int(value)] for value in row) for row in mask]


def test_square_between_pixel_centres():
    assert rows_of(fill([square(0.5, 3.5)[:, :2]], 5, 5)) == [".....", ".###.", ".###.", ".###.", "....."]


def test_pixels_on_the_contour_are_inside():
    assert rows_of(fill([square(1, 3)[:, :2]], 5, 5)) == [".....", ".###.", ".###.", ".###.", "....."]


def test_triangle():
    triangle = np.array([(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)])
    assert rows_of(fill([triangle], 5, 5)) == ["#####", "####.", "###..", "##...", "#...."]


def test_inner_contour_is_a_hole():
    mask = fill([square(-0.5, 6.5)[:, :2] + 0.1, square(1.5, 4.5)[:, :2]], 7, 7)
    assert mask.sum() == 49 - 9
    assert not mask[2:5, 2:5].any()


def test_keyhole_is_a_hole_too():
    # the outer contour goes in along a channel, round the hole and back (PS3.3 C.8.8.6.3)
    keyhole = np.array(
        [(-0.4, -0.4), (6.4, -0.4), (6.4, 6.4), (-0.4, 6.4), (-0.4, -0.4),
         (1.6, 1.6), (1.6, 4.4), (4.4, 4.4), (4.4, 1.6), (1.6, 1.6)]
    )  # fmt: skip
    assert fill([keyhole], 7, 7).sum() == 49 - 9


def test_two_parts():
    assert fill([square(0, 1)[:, :2], square(3, 4)[:, :2]], 5, 5).sum() == 8


@pytest.mark.parametrize("radius", [10.0, 40.25])
def test_area_of_a_circle(radius):
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    circle = np.column_stack([np.cos(angles), np.sin(angles)]) * radius + 50.3
    area = np.pi * radius**2
    assert fill([circle], 101, 101).sum() == pytest.approx(area, rel=0.01)


def test_slices_are_those_of_the_contours():
    mask = mask_of_contours([square(10, 12, 4), square(10, 12, 5)], GRID)
    assert mask.first == (10, 10, 4)
    assert mask.voxels.shape == (2, 3, 3)
    assert mask.voxels.all()


def test_slices_between_contours_are_filled_from_the_nearer_one():
    mask = mask_of_contours([square(0, 2, 0), square(0, 4, 3)], GRID)
    assert [int(part.sum()) for part in mask.voxels] == [9, 9, 25, 25]


def test_a_large_gap_stays_empty():
    mask = mask_of_contours([square(0, 2, z) for z in (0, 1, 2, 8, 9)], GRID)
    assert [bool(part.any()) for part in mask.voxels] == [True] * 3 + [False] * 5 + [True] * 2


def test_contours_across_the_slices_are_refused():
    with pytest.raises(UnusableFrames):
        mask_of_contours([square(0, 5)[:, [2, 0, 1]]], GRID)


def test_no_contours():
    assert mask_of_contours([], GRID) is None
