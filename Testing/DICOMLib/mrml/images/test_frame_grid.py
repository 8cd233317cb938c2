"""Grids of frames, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.mrml.images.frame_grid import UnusableFrames, grid_of_frames
from DICOMLib.mrml.images.frames import AXIAL, Placement

pytestmark = pytest.mark.mrml


def frames(*positions, spacing=0.0, orientation=AXIAL):
    return [Placement(np.array(one, float), orientation, (2.0, 0.5), spacing) for one in positions]


def test_planes_in_any_order_and_shared():
    grid = grid_of_frames(frames((5, 6, 9), (5, 6, 3), (5, 6, 9), (5, 6, 6)), 4, 7)
    assert grid.shape == (3, 4, 7)
    assert grid.slices_of_frame == ((2,), (0,), (2,), (1,))
    assert np.allclose(grid.ijk_to_ras, [[-0.5, 0, 0, -5], [0, -2, 0, -6], [0, 0, 3, 3], [0, 0, 0, 1]])


def test_claimed_spacing_tells_that_planes_are_missing():
    grid = grid_of_frames(frames((0, 0, 0), (0, 0, 6), spacing=3.0), 4, 5)
    assert (grid.shape[0], grid.slices_of_frame) == (3, ((0,), (2,)))


def test_a_claim_that_does_not_fit_is_ignored():
    grid = grid_of_frames(frames((0, 0, 0), (0, 0, 6), spacing=4.0), 4, 5)
    assert (grid.shape[0], grid.ijk_to_ras[2, 2]) == (2, 6)


def test_single_plane_is_as_thick_as_claimed():
    assert grid_of_frames(frames((0, 0, 0), spacing=4.0), 4, 5).ijk_to_ras[2, 2] == 4


def test_tilted_planes_are_sheared():
    grid = grid_of_frames(frames((0, 0, 0), (0, 1, 3), (0, 2, 6)), 4, 5)
    assert grid.is_even
    assert np.allclose(grid.ijk_to_ras[:3, 2], [0, -1, 3])


def test_uneven_planes_fill_the_nearest_slices():
    # planes at 0, 3, 7, 10 on slices at 0, 3, 6, 9: the last one is nearest to the plane at 10
    grid = grid_of_frames(frames((0, 0, 0), (0, 0, 3), (0, 0, 7), (0, 0, 10)), 4, 5)
    assert not grid.is_even
    assert grid.slices_of_frame == ((0,), (1,), (2,), (3,))


def test_slices_far_from_any_plane_stay_empty():
    grid = grid_of_frames(frames((0, 0, 0), (0, 0, 2), (0, 0, 4.5), (0, 0, 17)), 4, 5)
    filled = sorted(k for slices in grid.slices_of_frame for k in slices)
    assert filled[0] == 0
    assert set(range(grid.shape[0])) - set(filled)


@pytest.mark.parametrize(
    "placements",
    [
        frames((0, 0, 0)) + frames((0, 0, 3), orientation=np.array([0, 1, 0, 0, 0, 1.0])),
        frames((0, 0, 0), (9, 0, 3), (0, 0, 6)),
        frames((0, 0, 0), (9, 0, 0), (0, 0, 6)),
    ],
    ids=["orientations", "shifted", "tiles"],
)
def test_what_makes_no_volume(placements):
    with pytest.raises(UnusableFrames):
        grid_of_frames(placements, 4, 5)
