"""Which images, frames and tiles lie where a slice or a contour does."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.standard.functional_groups import plane_groups
from DICOMLib.writing.geometry import TilePlanes
from DICOMLib.writing.source_planes import ImagePlanes
from Testing import factories

AXIAL = np.array([1.0, 0, 0, 0, 1, 0])
CORONAL = np.array([1.0, 0, 0, 0, 0, -1])
CORNER = (-100.0, -100.0)  # of what `factories.ct_series` makes, 2.5 mm apart


def named(planes):
    return [(plane.image.SOPInstanceUID, plane.frame) for plane in planes]


def place(height):
    return np.array([*CORNER, height])


def enhanced(*heights, name="enhanced"):
    """An image with a frame at each height."""
    (image,) = factories.ct_series(1, name, ImagePositionPatient=None, ImageOrientationPatient=None)
    image.NumberOfFrames = len(heights)
    plane_groups(image, [place(height) for height in heights], AXIAL, (0.5, 0.5), 2.5)
    return image


def test_images_are_found_by_place_and_direction():
    images = factories.ct_series(3)
    planes = ImagePlanes(images)
    assert len(planes) == 3
    assert named(planes.at(place(2.5), AXIAL)) == [(images[1].SOPInstanceUID, 0)]
    assert planes.at(place(2.5), CORONAL) == []
    assert named(planes.at(place(2.5), AXIAL, pixel_spacing=(0.5, 0.5))) == [(images[1].SOPInstanceUID, 0)]
    assert planes.at(place(2.5), AXIAL, pixel_spacing=(0.5, 0.6)) == []
    assert planes.at(place(2.6), AXIAL) == []
    assert named(planes.at(place(2.6), AXIAL, 0.125)) == [(images[1].SOPInstanceUID, 0)]


def test_all_at_one_place_are_found():
    first, second = factories.ct_series(3), factories.ct_series(3, "later")
    planes = ImagePlanes([*first, *second])
    expected = [(first[1].SOPInstanceUID, 0), (second[1].SOPInstanceUID, 0)]
    assert named(planes.at(place(2.5), AXIAL)) == expected
    contour = np.array([[-99, -99, 2.5], [-98, -99, 2.5], [-98, -97, 2.5]])
    assert named(planes.holding(contour)) == expected
    assert planes.holding(contour + 1.0) == []


@pytest.mark.parametrize(("frames", "expected"), [((), [2, 4]), ((3, 4), [4])])
def test_frames_are_counted_from_one_and_may_be_told(frames, expected):
    image = enhanced(0, 2.5, 0, 2.5)
    found = ImagePlanes([image], frames=frames).at(place(2.5), AXIAL)
    assert named(found) == [(image.SOPInstanceUID, number) for number in expected]
    assert [plane.reference().ReferencedFrameNumber for plane in found] == expected


def test_a_tile_is_the_image_that_holds_it():
    images = factories.ct_series(2, ImagePositionPatient=[-200.0, -200.0, 0.0])
    planes = np.array([[*place(height), *AXIAL, 0.5, 0.5] for height in (0, 2.5, 0, 2.5)])
    found = ImagePlanes(images, TilePlanes(planes, (4, 4), [0, 0, 1, 1])).at(place(2.5), AXIAL)
    assert named(found) == [(image.SOPInstanceUID, 0) for image in images]
    assert "ReferencedFrameNumber" not in found[0].reference()


def test_images_that_tell_no_place_are_not_found():
    planes = ImagePlanes(factories.ct_series(2, ImagePositionPatient=None))
    assert (len(planes), planes.at(place(0), AXIAL), planes.holding(np.zeros((3, 3)))) == (0, [], [])
