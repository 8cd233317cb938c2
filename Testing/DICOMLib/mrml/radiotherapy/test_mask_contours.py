"""Outlines of masks: filled again by the even-odd rule they give the same voxels."""

import numpy as np
import pytest

from DICOMLib.mrml.radiotherapy import mask_contours
from DICOMLib.standard.geometry import LPS_TO_RAS
from DICOMLib.writing.geometry import slice_geometry

pytestmark = pytest.mark.mrml


def contours_of_mask(mask, matrix):
    """The contours of all slices."""
    slices = slice_geometry(LPS_TO_RAS @ matrix, len(mask))  # which takes a matrix to RAS
    return [contour for contours in mask_contours.contours_of_mask(mask, slices) for contour in contours]


def filled(contours, shape):
    """Voxels whose centre is inside, by the even-odd rule, voxel by voxel."""
    result = np.zeros(shape, bool)
    for contour in contours:
        for row in range(shape[1]):
            for column in range(shape[2]):
                inside = False
                for (x1, y1, _z), (x2, y2, _) in zip(contour, np.roll(contour, -1, axis=0), strict=True):
                    if (y1 > row) != (y2 > row) and column < x1 + (row - y1) * (x2 - x1) / (y2 - y1):
                        inside = not inside
                result[round(contour[0, 2]), row, column] ^= inside
    return result


def test_one_voxel_is_a_diamond():
    mask = np.zeros((1, 3, 3), bool)
    mask[0, 1, 1] = True
    (contour,) = contours_of_mask(mask, np.eye(4))
    assert {tuple(point) for point in contour} == {(0.5, 1, 0), (1, 0.5, 0), (1.5, 1, 0), (1, 1.5, 0)}


def test_points_on_straight_lines_are_left_out():
    mask = np.ones((1, 4, 6), bool)
    (contour,) = contours_of_mask(mask, np.eye(4))
    assert len(contour) == 8  # four sides, whose corners are cut


def test_a_hole_is_joined_to_its_outline():
    mask = np.ones((1, 7, 7), bool)
    mask[0, 2:5, 2:5] = False
    contours = contours_of_mask(mask, np.eye(4))
    assert len(contours) == 1
    assert np.array_equal(filled(contours, mask.shape), mask)


def test_islands_in_holes():
    mask = np.ones((2, 11, 11), bool)
    mask[1, 2:9, 2:9] = False
    mask[1, 4:7, 4:7] = True
    mask[1, 5, 5] = False
    contours = contours_of_mask(mask, np.eye(4))
    assert len(contours) == 3
    assert np.array_equal(filled(contours, mask.shape), mask)


@pytest.mark.parametrize("seed", range(6))
def test_any_mask_comes_back(seed):
    mask = np.random.default_rng(seed).random((2, 12, 13)) < 0.3 + 0.1 * seed
    assert np.array_equal(filled(contours_of_mask(mask, np.eye(4)), mask.shape), mask)


def test_places_are_those_of_the_matrix():
    mask = np.zeros((3, 2, 2), bool)
    mask[2, 0, 0] = True
    matrix = np.array([[2.0, 0, 0, 10], [0, 3.0, 0, 20], [0, 0, 4.0, 30], [0, 0, 0, 1]])
    (contour,) = contours_of_mask(mask, matrix)
    assert contour[:, 2] == pytest.approx(38)
    assert contour[:, 0].min() == pytest.approx(9)
    assert contour[:, 1].max() == pytest.approx(21.5)


def test_nothing_gives_nothing():
    assert contours_of_mask(np.zeros((2, 3, 3), bool), np.eye(4)) == []


def test_holes_in_a_row_are_joined_one_to_the_other():
    mask = np.ones((1, 5, 40), bool)
    mask[0, 2, 2::3] = False
    contours = contours_of_mask(mask, np.eye(4))
    assert len(contours) == 1
    assert np.array_equal(filled(contours, mask.shape), mask)


def test_noise_of_a_whole_slice_is_filled_by_vtk_to_the_same_voxels():
    from DICOMLib.mrml.radiotherapy.contour_masks import mask_of_contours

    mask = np.random.default_rng(0).random((2, 256, 256)) < 0.6
    contours = contours_of_mask(mask, np.diag([-1.0, -1, 1, 1]))  # LPS
    assert all(np.abs(np.diff(contour, axis=0)).sum(axis=1).all() for contour in contours)
    found = mask_of_contours(contours, np.eye(4))
    back = np.zeros((4, 260, 260), bool)  # with a margin of two voxels in the slice, one across
    i, j, k = (first + margin for first, margin in zip(found.first, (2, 2, 1), strict=True))
    count, rows, columns = found.voxels.shape
    back[k : k + count, j : j + rows, i : i + columns] = found.voxels
    assert np.array_equal(back, np.pad(mask, ((1, 1), (2, 2), (2, 2))))


def test_slices_come_one_by_one():
    """So that whoever draws them can stop between two."""
    mask = np.zeros((3, 4, 4), bool)
    mask[0::2, 1:3, 1:3] = True
    slices = mask_contours.contours_of_mask(mask, slice_geometry(LPS_TO_RAS, len(mask)))
    assert [contour[0, 2] for contour in next(slices)] == [0]
    assert [contour[0, 2] for contour in next(slices)] == [2]
    assert next(slices, None) is None
