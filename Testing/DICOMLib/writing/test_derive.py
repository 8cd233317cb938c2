"""Which image lies where a slice does, whatever the order in which images are named."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pydicom
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.writing.derive import SourceImages
from DICOMLib.writing.geometry import slice_geometry
from DICOMLib.writing.image_series import SEVERAL_AT_A_PLACE, UNEVEN_IMAGES, ImageVolume, image_series
from DICOMLib.writing.series_files import write_series
from Testing import factories

# Of the images that `factories.ct_series` makes: 0.5 mm pixels from LPS (-100, -100, 0), slices of 2.5 mm.
IJK_TO_RAS = np.array([[-0.5, 0, 0, 100], [0, -0.5, 0, 100], [0, 0, 2.5, 0], [0, 0, 0, 1.0]])
UNEVEN_MM = (0.0, 2.0, 3.5, 7.5)
UNEVEN = replace(
    slice_geometry(IJK_TO_RAS, 4), positions_lps=np.array([[-100.0, -100.0, place] for place in UNEVEN_MM])
)
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
    assert numbers(source.placed(UNEVEN if uneven else slice_geometry(IJK_TO_RAS, 4))) == [1, 2, 3, 4]


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


def uneven_images():
    """Images at uneven places, each acquired at a time of its own."""
    images = factories.ct_series(4)
    for number, (image, place) in enumerate(zip(images, UNEVEN_MM, strict=True)):
        image.ImagePositionPatient = [-100.0, -100.0, place]
        image.AcquisitionTime = f"10000{number}"
    return images


def test_slices_at_uneven_places_are_those_of_the_images():
    series = image_series(ImageVolume(VOXELS, UNEVEN), TAGS, SourceImages(uneven_images()))
    assert [float(one.ImagePositionPatient[2]) for one in series] == list(UNEVEN_MM)
    assert [float(one.SliceLocation) for one in series] == list(UNEVEN_MM)
    assert [one.AcquisitionTime for one in series] == ["100000", "100001", "100002", "100003"]
    assert series.notes == []


def test_even_slices_are_none_of_uneven_images():
    """A volume that was resampled to even slices: 0, 2.5, 5, 7.5 mm; the third image lies at 3.5 mm."""
    images = uneven_images()
    series = image_series(ImageVolume(VOXELS, IJK_TO_RAS), TAGS, SourceImages(images))
    assert [float(one.ImagePositionPatient[2]) for one in series] == [0, 2.5, 5, 7.5]
    assert [float(one.SliceLocation) for one in series] == [0, 2.5, 5, 7.5]
    for one in series:
        assert "AcquisitionTime" not in one
        assert one.FrameOfReferenceUID == images[0].FrameOfReferenceUID
        assert len(one.SourceImageSequence) == 4
    assert series.notes == [UNEVEN_IMAGES.format(away=1.5)]


def test_a_volume_turned_about_the_corner_of_its_images_keeps_its_direction():
    """By 0.3 degrees about the axis on which all first pixels lie."""
    images = factories.ct_series(4)
    for image in images:
        image.ImagePositionPatient = [0.0, 0.0, image.ImagePositionPatient[2]]
    angle = np.radians(0.3)
    turn = np.eye(4)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    at_origin = IJK_TO_RAS.copy()
    at_origin[:3, 3] = 0
    series = image_series(ImageVolume(VOXELS, turn @ at_origin), TAGS, SourceImages(images))
    for one in series:
        cosines = np.array(one.ImageOrientationPatient, float)
        assert np.allclose(cosines[:3], [np.cos(angle), np.sin(angle), 0], atol=1e-12)


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
