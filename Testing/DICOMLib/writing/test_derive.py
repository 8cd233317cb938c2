"""Which image lies where a slice does, whatever the order in which images are named."""

from __future__ import annotations

import itertools

import numpy as np
import pydicom
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.geometry import slice_geometry
from DICOMLib.writing.image_series import SEVERAL_AT_A_PLACE, ImageVolume, image_series
from DICOMLib.writing.series_files import write_series
from Testing import factories

# Of the images that `factories.ct_series` makes: 0.5 mm pixels from LPS (-100, -100, 0), slices of 2.5 mm.
IJK_TO_RAS = np.array([[-0.5, 0, 0, 100], [0, -0.5, 0, 100], [0, 0, 2.5, 0], [0, 0, 0, 1.0]])
UNEVEN_MM = (0.0, 2.0, 3.5, 7.5)
VOXELS = np.arange(4, dtype=np.int16).repeat(64).reshape(4, 8, 8)
TAGS = {"PatientID": "P1", "Modality": "CT"}


def numbers(images):
    return [int(image.InstanceNumber) for image in images]


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
@pytest.mark.parametrize("uneven", [False, True])
def test_images_in_any_order(order, uneven):
    images = factories.ct_series(4)
    if uneven:
        for image, place in zip(images, UNEVEN_MM, strict=True):
            image.ImagePositionPatient = [-100.0, -100.0, place]
    source = SourceImages([images[index] for index in order])
    assert numbers(source.placed(slice_geometry(IJK_TO_RAS, 4))) == [1, 2, 3, 4]


def test_a_volume_from_the_last_image_to_the_first():
    downwards = IJK_TO_RAS.copy()
    downwards[2, 2:] = -2.5, 7.5
    source = SourceImages(factories.ct_series(4))
    assert numbers(source.placed(slice_geometry(downwards, 4))) == [4, 3, 2, 1]


def test_a_volume_that_has_moved_has_no_images():
    moved = IJK_TO_RAS.copy()
    moved[2, 3] = 1
    assert SourceImages(factories.ct_series(4)).placed(slice_geometry(moved, 4)) == []


def test_slices_are_written_where_their_images_lie(tmp_path):
    """The first and the last file are the first and the last slice, those between are not in order."""
    source = SourceImages([factories.ct_series(4)[index] for index in (0, 2, 1, 3)])
    run(write_series(image_series(ImageVolume(VOXELS, IJK_TO_RAS), TAGS, source), tmp_path))

    written = [pydicom.dcmread(path) for path in tmp_path.rglob("*") if path.is_file()]
    values = {
        float(one.ImagePositionPatient[2]): one.pixel_array[0, 0] * one.RescaleSlope + one.RescaleIntercept
        for one in written
    }
    assert values == {0.0: 0, 2.5: 1, 5.0: 2, 7.5: 3}
    named = {int(one.InstanceNumber): one.SourceImageSequence[0].ReferencedSOPInstanceUID for one in written}
    assert named == {number + 1: factories.uid("series", number) for number in range(4)}


def test_slices_are_told_to_be_where_uneven_images_lie():
    images = factories.ct_series(4)
    for image, place in zip(images, UNEVEN_MM, strict=True):
        image.ImagePositionPatient = [-100.0, -100.0, place]
    series = image_series(ImageVolume(VOXELS, IJK_TO_RAS), TAGS, SourceImages(images))
    assert [float(one.ImagePositionPatient[2]) for one in series] == list(UNEVEN_MM)
    assert [float(one.SliceLocation) for one in series] == list(UNEVEN_MM)
    assert series.away_mm() == 1.5  # the third of 0, 2.5, 5, 7.5
    even = image_series(ImageVolume(VOXELS, IJK_TO_RAS), TAGS, SourceImages(factories.ct_series(4)))
    assert even.away_mm() == 0


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize(("modality", "time"), [("CT", None), ("PT", "100000")])
def test_images_of_several_times(first, modality, time):
    """A volume does not tell which time it is of: nothing of one time is said of it, whatever comes first."""
    images = factories.ct_series(4) + factories.ct_series(4, "later")
    for number, image in enumerate(images):
        image.SeriesInstanceUID = images[0].SeriesInstanceUID
        image.AcquisitionTime, image.AcquisitionNumber = ("100000", "100030")[number // 4], number // 4 + 1
    source = SourceImages(images[4 * first :] + images[: 4 * first])
    series = image_series(ImageVolume(VOXELS, IJK_TO_RAS), {**TAGS, "Modality": modality}, source)
    for number, one in enumerate(series):
        assert one.get("AcquisitionTime") == time  # images of PET must have one
        assert not one.get("AcquisitionNumber")
        assert {item.ReferencedSOPInstanceUID for item in one.SourceImageSequence} == {
            images[number].SOPInstanceUID,
            images[number + 4].SOPInstanceUID,
        }
    assert SEVERAL_AT_A_PLACE in series.notes
    alone = image_series(ImageVolume(VOXELS, IJK_TO_RAS), TAGS, SourceImages(images[4:]))
    assert (alone.instance(0).AcquisitionTime, alone.notes) == ("100030", [])
