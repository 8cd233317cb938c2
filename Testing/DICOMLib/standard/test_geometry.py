"""Positions, matrices and verdicts against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.standard import geometry
from DICOMLib.standard.geometry import GeometryKind, MissingGeometry

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])
SAGITTAL = np.array([0.0, 1, 0, 0, 0, -1])


def stack(heights, orientation=AXIAL, sideways=0.0):
    positions = [[10.0, 20.0 + sideways * height, height] for height in heights]
    return np.array(positions), np.tile(orientation, (len(positions), 1))


def test_parse_vector():
    assert geometry.parse_vector("1\\-2.5\\3e1", 3).tolist() == [1.0, -2.5, 30.0]


@pytest.mark.parametrize("text", ["", "1\\2", "1\\2\\x", "1\\2\\nan", "1\\2\\inf", "1\\2\\3\\4"])
def test_parse_vector_refuses(text):
    with pytest.raises(MissingGeometry):
        geometry.parse_vector(text, 3)


def test_parse_vectors():
    assert geometry.parse_vectors(["1\\2", "-3\\4e1"], 2).tolist() == [[1, 2], [-3, 40]]
    assert geometry.parse_vectors([], 3).shape == (0, 3)
    with pytest.raises(MissingGeometry):  # as many numbers as there should be, but not of each text
        geometry.parse_vectors(["1", "2\\3\\4"], 2)


def test_distances_may_be_negative_and_follow_the_normal():
    positions, _ = stack([5, 0, 15])
    assert geometry.slice_distances(positions, AXIAL).tolist() == [0, -5, 10]
    assert geometry.slice_distances([[0, 0, 0], [-3, 1, 1]], SAGITTAL).tolist() == [0, 3]


def test_ijk_to_ras_by_hand():
    # A sagittal image: columns run to the posterior (L->P axis y), rows downwards (-z), slices to the right.
    matrix = geometry.ijk_to_ras([30, 40, 50], SAGITTAL, (2.0, 0.5), [-4, 0, 0])
    assert (matrix @ [0, 0, 0, 1]).tolist() == [-30, -40, 50, 1]
    # ten columns further: 5 mm to the posterior, in RAS -y
    assert (matrix @ [10, 0, 0, 1]).tolist() == [-30, -45, 50, 1]
    # three rows further: 6 mm down
    assert (matrix @ [0, 3, 0, 1]).tolist() == [-30, -40, 44, 1]
    # one slice further: 4 mm to the right, in RAS +x
    assert (matrix @ [0, 0, 1, 1]).tolist() == [-26, -40, 50, 1]


@pytest.mark.parametrize(
    ("orientation", "spacing", "step"),
    [
        (AXIAL, (0.0, 1.0), [0, 0, 1]),
        (AXIAL, (1.0, float("nan")), [0, 0, 1]),
        ([1, 0, 0, 1, 0, 0], (1.0, 1.0), [0, 0, 1]),
        (AXIAL, (1.0, 1.0), [0, 0, 0]),
    ],
)
def test_ijk_to_ras_refuses_what_cannot_be_inverted(orientation, spacing, step):
    with pytest.raises(MissingGeometry):
        geometry.ijk_to_ras([0, 0, 0], orientation, spacing, step)


def test_slice_step():
    positions, _ = stack([0, 2, 4, 9], sideways=0.5)
    assert geometry.slice_step(positions, AXIAL).tolist() == [0, 1.5, 3]
    assert geometry.slice_step(positions[:1], AXIAL, 2.5).tolist() == [0, 0, 2.5]
    assert geometry.slice_step(positions[[1, 1]], AXIAL, 2.5).tolist() == [0, 0, 2.5]


def test_normal_of_parallel_cosines_is_refused():
    with pytest.raises(MissingGeometry):
        geometry.plane_normal([1, 0, 0, 1, 0, 0])


@pytest.mark.parametrize(
    ("heights", "kind", "spacing"),
    [
        ([3], GeometryKind.SINGLE, 0),
        ([0, 2.5, 5, 7.5], GeometryKind.REGULAR, 2.5),
        ([7.5, 0, 5, 2.5], GeometryKind.REGULAR, 2.5),
        ([0, 2.5, 5.009, 7.509], GeometryKind.REGULAR, 2.5),
        ([0, 1, 2, 4, 5, 8, 9], GeometryKind.MISSING, 1),
        ([0, 1, 2.4, 3, 4.3], GeometryKind.UNEVEN, 1),
        ([0, 5, 15], GeometryKind.MISSING, 5),
        ([0, 1, 1, 2], GeometryKind.REPEATED, 1),
        ([4, 4], GeometryKind.REPEATED, 0),
    ],
)
def test_verdicts(heights, kind, spacing):
    verdict = geometry.judge_slices(*stack(heights))
    assert verdict.kind is kind
    assert verdict.slices == len(heights)
    assert verdict.spacing_mm == pytest.approx(spacing)
    assert verdict.text


def test_missing_slices_are_counted_where_they_are():
    verdict = geometry.judge_slices(*stack([0, 1, 2, 4, 5, 8, 9]))
    assert verdict.missing == ((2, 1), (4, 2))
    assert verdict.text == "3 slices are missing, after slice 3, 5."


def test_tilt_is_measured():
    verdict = geometry.judge_slices(*stack([0, 5, 10], sideways=np.tan(np.radians(13.5))))
    assert verdict.kind is GeometryKind.TILTED
    assert verdict.tilt_degrees == pytest.approx(13.5)
    assert "13.5°" in verdict.text


def test_slices_that_are_shifted_sideways():
    """The second of three lies 3 mm to the left of and 4 mm behind the line through the others."""
    positions = np.array([[0, 0, 0], [4, 4, 2], [2, 0, 4]], float)
    axial = np.tile([1.0, 0, 0, 0, 1, 0], (3, 1))
    verdict = geometry.judge_slices(positions, axial)
    assert verdict.kind is GeometryKind.UNEVEN
    assert verdict.text == "Slices are shifted sideways by up to 5 mm."
    positions[1] = [1.03, 0, 2]
    assert geometry.judge_slices(positions, axial).kind is GeometryKind.TILTED
    assert geometry.judge_slices(positions[[2, 1, 0]], axial).kind is GeometryKind.TILTED


def test_mixed_orientations_and_broken_numbers():
    positions, orientations = stack([0, 1, 2])
    orientations[1] = SAGITTAL
    assert geometry.judge_slices(positions, orientations).kind is GeometryKind.MIXED
    positions[2, 0] = np.nan
    assert geometry.judge_slices(positions, orientations).kind is GeometryKind.UNKNOWN
    assert geometry.judge_slices(np.empty((0, 3)), np.empty((0, 6))).kind is GeometryKind.UNKNOWN


def test_same_orientation_is_absolute_and_componentwise():
    assert geometry.same_orientation(AXIAL, AXIAL + 1e-6)
    assert not geometry.same_orientation(AXIAL, np.add(AXIAL, [0, 0, 0, 0, 0, 2e-6]))
    assert not geometry.same_orientation(AXIAL, AXIAL[:3])
