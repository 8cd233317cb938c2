"""What is told of a volume that does not lie where its reference images do."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset

from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.geometry import SliceGeometry, TilePlanes
from DICOMLib.writing.geometry_differences import geometry_difference

AXIAL = [1.0, 0, 0, 0, 1, 0]


def image(z, **attributes):
    dataset = Dataset()
    given = {
        "Rows": 6, "Columns": 8, "ImagePositionPatient": [10, 20, z], "ImageOrientationPatient": AXIAL,
        "PixelSpacing": [0.5, 0.5],
    }  # fmt: skip
    for keyword, value in {**given, **attributes}.items():
        setattr(dataset, keyword, value)
    return dataset


def stack(places, orientation=AXIAL, pixels=(0.5, 0.5), spacing=2.0, x=10.0):
    positions = np.array([[x, 20.0, z] for z in places])
    return SliceGeometry(positions, np.array(orientation, float), pixels, spacing)


IMAGES = [image(z) for z in (0, 2, 4)]


def difference(geometry, sources=IMAGES, size=(6, 8), at_their_places=False, tiles=None):
    return geometry_difference(SourceImages(sources, tiles), geometry, size, at_their_places=at_their_places)


def test_nothing_differs():
    assert difference(stack([0, 2, 4])) == ""
    assert difference(stack([0, 2, 4]), [image(z) for z in (4, 0, 2)]) == ""


@pytest.mark.parametrize(
    ("geometry", "size", "text"),
    [
        (stack([2, 4]), (6, 8), ": 2 slices instead of 3. "),
        (stack([0, 2, 4]), (12, 16), ": 12 rows and 16 columns instead of 6 and 8. "),
        (stack([0, 2, 4], pixels=(0.25, 0.5)), (6, 8), ": pixels of 0.25 x 0.5 mm instead of 0.5 x 0.5 mm. "),
        (stack([0, 2, 4], x=13), (6, 8), " up to 3 mm from that of the nearest image. "),
        (stack([0, 2, 4], [-1, 0, 0, 0, 1, 0]), (6, 8), ": rows or columns turned by 180°. "),
        # cosine and sine of 30 degrees
        (stack([0, 2, 4], [0.8660254, 0.5, 0, -0.5, 0.8660254, 0]), (6, 8), "turned by 30°. "),
    ],
)
def test_each_difference(geometry, size, text):
    assert text in difference(geometry, size=size)


def test_uneven_slices_may_lie_at_their_mean_distance():
    """Images at 0, 2 and 7 mm, whose volume has slices at 0, 3.5 and 7 mm."""
    images = [image(z) for z in (0, 2, 7)]
    assert difference(stack([0, 3.5, 7], spacing=3.5), images, at_their_places=True) == ""
    assert "up to 1.5 mm" in difference(stack([0, 3.5, 7], spacing=3.5), images)


def test_frames_of_an_enhanced_image():
    enhanced, shared, frames = Dataset(), Dataset(), []
    enhanced.Rows, enhanced.Columns = 6, 8
    orientation, measures = Dataset(), Dataset()
    orientation.ImageOrientationPatient, measures.PixelSpacing = AXIAL, [0.5, 0.5]
    shared.PlaneOrientationSequence, shared.PixelMeasuresSequence = [orientation], [measures]
    for z in (0, 2, 4):
        place, frame = Dataset(), Dataset()
        place.ImagePositionPatient = [10, 20, z]
        frame.PlanePositionSequence = [place]
        frames.append(frame)
    enhanced.SharedFunctionalGroupsSequence, enhanced.PerFrameFunctionalGroupsSequence = [shared], frames
    assert difference(stack([0, 2, 4]), [enhanced]) == ""
    assert "2 slices instead of 3" in difference(stack([0, 2]), [enhanced])


def test_volumes_of_one_series_are_parts_of_it():
    """Three times at the same places, and localizers in another direction."""
    times = [image(z + 0.001 * time) for time in range(3) for z in (0, 2, 4)]
    assert difference(stack([0, 2, 4]), times) == ""
    assert ": 2 slices instead of 3. " in difference(stack([0, 2]), times)
    coronal = [image(0, ImageOrientationPatient=[1, 0, 0, 0, 0, -1], PixelSpacing=[1, 1]) for _ in range(2)]
    assert difference(stack([0, 2, 4]), [*coronal, *IMAGES]) == ""
    assert "turned by 90°" in difference(stack([0, 2, 4]), coronal)


def test_tiles_are_compared_where_they_lie():
    """The image that holds them has a size and a place of its own, for images as large only."""
    mosaic = [image(0, Rows=12, Columns=16, ImagePositionPatient=[8, 18, 0])]
    tiles = TilePlanes(np.array([[10, 20, z, *AXIAL, 0.5, 0.5] for z in (0, 2, 4)]), (6, 8), [0, 0, 0])
    assert difference(stack([0, 2, 4]), mosaic, tiles=tiles) == ""
    told = difference(stack([0, 2, 4]), mosaic)
    assert "3 slices instead of 1; 6 rows and 8 columns instead of 12 and 16" in told
    assert ": 2 slices instead of 3. " in difference(stack([0, 2]), mosaic, tiles=tiles)
    whole = SliceGeometry(np.array([[8.0, 18, 0]]), np.array(AXIAL), (0.5, 0.5), 2.0)
    assert difference(whole, mosaic, (12, 16), tiles=tiles) == ""


def test_images_without_a_place_are_not_compared():
    assert difference(stack([0, 2, 4]), [Dataset()]) == ""
