"""Several matrices of one registration, worked out by hand (PS3.3 C.20.2): the first item comes first."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.mrml.registration import read_registrations

pytestmark = pytest.mark.mrml

POINT = (1, 2, 3)

# by rows; what each does to (x, y, z)
TURN_Z = (0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)  # (-y, x, z)
TURN_X = (1, 0, 0, 0, 0, 0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1)  # (x, -z, y)
SHIFT = (1, 0, 0, 10, 0, 1, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1)  # (x + 10, y + 20, z + 30)
RIGID = (0, -1, 0, 10, 1, 0, 0, 20, 0, 0, 1, 30, 0, 0, 0, 1)  # (-y + 10, x + 20, z + 30)
AFFINE = (2, 0.5, 0, 1, 0, 3, 0, -4, 0.25, 0, 1, 2, 0, 0, 0, 1)  # (2x + y/2 + 1, 3y - 4, x/4 + z + 2)

KIND = {TURN_Z: "RIGID", TURN_X: "RIGID", SHIFT: "RIGID", RIGID: "RIGID", AFFINE: "AFFINE"}


def registration_of(*matrices):
    """The one registration of an object whose Matrix Sequence has these items."""
    dataset, moving, matrix_registration = Dataset(), Dataset(), Dataset()
    matrix_registration.MatrixSequence = []
    for matrix in matrices:
        item = Dataset()
        item.FrameOfReferenceTransformationMatrixType = KIND[matrix]
        item.FrameOfReferenceTransformationMatrix = list(matrix)
        matrix_registration.MatrixSequence.append(item)
    moving.FrameOfReferenceUID = "1.2.20"
    moving.MatrixRegistrationSequence = [matrix_registration]
    dataset.FrameOfReferenceUID = "1.2.10"
    dataset.RegistrationSequence = [moving]
    (found,) = read_registrations(dataset)
    return found


@pytest.mark.parametrize(
    ("matrices", "rows", "moved"),
    [
        # (-2, 1, 3), then (8, 21, 33)
        pytest.param((TURN_Z, SHIFT), RIGID[:12], (8, 21, 33), id="turned and shifted"),
        # (11, 22, 33), then (-22, 11, 33)
        pytest.param(
            (SHIFT, TURN_Z), (0, -1, 0, -20, 1, 0, 0, 10, 0, 0, 1, 30), (-22, 11, 33), id="shifted and turned"
        ),
        # (8, 21, 33), then (16 + 10.5 + 1, 63 - 4, 2 + 33 + 2)
        pytest.param(
            (RIGID, AFFINE),
            (0.5, -2, 0, 31, 3, 0, 0, 56, 0, -0.25, 1, 34.5),
            (27.5, 59, 37),
            id="rigid, affine",
        ),
        # (2 + 1 + 1, 6 - 4, 0.25 + 3 + 2), then (-2 + 10, 4 + 20, 5.25 + 30)
        pytest.param(
            (AFFINE, RIGID), (0, -3, 0, 14, 2, 0.5, 0, 21, 0.25, 0, 1, 32), (8, 24, 35.25), id="affine, rigid"
        ),
        # (11, 22, 33), then (-22, 11, 33), then (-22, -33, 11)
        pytest.param(
            (SHIFT, TURN_Z, TURN_X), (0, -1, 0, -20, 0, 0, -1, -30, 1, 0, 0, 10), (-22, -33, 11), id="three"
        ),
    ],
)
def test_the_first_item_is_applied_first(matrices, rows, moved):
    matrix = registration_of(*matrices).moving_to_fixed_lps
    assert matrix.ravel().tolist() == [*rows, 0, 0, 0, 1]
    assert (matrix @ [*POINT, 1])[:3].tolist() == list(moved)


def test_four_quarter_turns_move_nothing():
    found = registration_of(TURN_Z, TURN_Z, TURN_Z, TURN_Z)
    assert np.array_equal(found.moving_to_fixed_lps, np.eye(4))
    assert found.is_identity
