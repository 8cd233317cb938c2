"""Where RT images lie, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.mrml.radiotherapy.rt_image import ijk_to_ras_of_rt_image

pytestmark = pytest.mark.mrml


def placed(**attributes):
    """An image of 3 rows and 5 columns with pixels of 2 x 4 mm; IJK to LPS."""
    dataset = Dataset()
    dataset.Rows, dataset.Columns, dataset.ImagePlanePixelSpacing = 3, 5, [2.0, 4.0]
    dataset.RadiationMachineSAD, dataset.RTImageSID = 1000.0, 1500.0
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return np.diag([-1, -1, 1, 1]) @ ijk_to_ras_of_rt_image(dataset)


def corner(**attributes):
    return placed(**attributes)[:3, 3]


def test_it_is_centred_on_the_beam():
    """Of a supine patient: 500 mm behind the isocentre; columns go to the left, rows to the feet."""
    matrix = placed(IsocenterPosition=[10.0, 20.0, 30.0])
    assert np.allclose(matrix[:3, 3], (10 - 8, 20 + 500, 30 + 2))
    assert np.allclose(matrix[:3, 0], (4, 0, 0))
    assert np.allclose(matrix[:3, 1], (0, 0, -2))


def test_its_position_is_that_of_the_first_pixel():
    assert np.allclose(corner(RTImagePosition=[-100.0, 50.0]), (-100, 500, 50))


@pytest.mark.parametrize(
    ("gantry", "expected"),
    [(0, (-100 + 7, 500, 50 - 3)), (90, (-500, -100 + 7, 50 - 3)), (180, (100 - 7, -500, 50 - 3))],
)
def test_a_shifted_receptor(gantry, expected):
    """By 7 mm along x of the gantry and 3 mm away from it, and turned with the gantry."""
    found = corner(
        RTImagePosition=[-100.0, 50.0],
        XRayImageReceptorTranslation=[7.0, -3.0, -500.0],
        GantryAngle=float(gantry),
    )
    assert np.allclose(found, expected)


def test_a_shift_does_not_turn_with_the_receptor():
    """By 90 degrees, x of the receptor comes to where y of the gantry is: towards the head."""
    found = corner(
        RTImagePosition=[-100.0, 50.0],
        XRayImageReceptorTranslation=[7.0, -3.0, -500.0],
        XRayImageReceptorAngle=90.0,
    )
    assert np.allclose(found, (-50 + 7, 500, -100 - 3))
