"""Where frames lie: single files, functional groups, dose grids."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, RTDoseStorage

from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.volumes.volume import is_left_handed, read_volume
from DICOMLib.standard.geometry import MissingGeometry
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml


def item(**attributes) -> Dataset:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dataset


def enhanced(z_positions, slopes=None, orientation=(1, 0, 0, 0, 1, 0), **attributes) -> Dataset:
    """An enhanced CT image; frame number k has the stored values 100 k and more."""
    count = len(z_positions)
    pixels = np.arange(20, dtype=np.uint16).reshape(1, 4, 5) + 100 * np.arange(
        count, dtype=np.uint16
    ).reshape(-1, 1, 1)
    groups = []
    for index, z in enumerate(z_positions):
        group = item(PlanePositionSequence=Sequence([item(ImagePositionPatient=[-10.0, 5.0, float(z)])]))
        if slopes:
            rescale = item(RescaleSlope=str(slopes[index]), RescaleIntercept="-5", RescaleType="HU")
            group.PixelValueTransformationSequence = Sequence([rescale])
        groups.append(group)
    shared = item(
        PlaneOrientationSequence=Sequence([item(ImageOrientationPatient=list(orientation))]),
        PixelMeasuresSequence=Sequence([item(PixelSpacing=[0.7, 0.8], SpacingBetweenSlices=9.0)]),
    )
    return image(
        pixels=pixels,
        SOPClassUID=EnhancedCTImageStorage,
        NumberOfFrames=count,
        ImagePositionPatient=None,
        ImageOrientationPatient=None,
        PixelSpacing=None,
        SharedFunctionalGroupsSequence=Sequence([shared]),
        PerFrameFunctionalGroupsSequence=Sequence(groups),
        **attributes,
    )


def first_voxels(volume) -> list:
    columns, rows, slices = volume.image.GetDimensions()
    return voxels_of(volume.image).reshape(slices, rows, columns)[:, 0, 0].tolist()


def test_files_by_hand(tmp_path):
    paths = write(stack([(-10, 20, 0), (-10, 21, 3), (-10, 22, 6)]), tmp_path)
    volume = read_volume(paths)
    expected = [[-0.5, 0, 0, 10], [0, -2, -1, -20], [0, 0, 3, 0], [0, 0, 0, 1]]
    assert np.allclose(volume.ijk_to_ras, expected)
    assert first_voxels(volume) == [0, 100, 200]


def test_single_slice_is_as_thick_as_its_header_says(tmp_path):
    with_spacing = read_volume(write([image(SpacingBetweenSlices=2.5)], tmp_path / "a"))
    assert with_spacing.ijk_to_ras[2, 2] == 2.5
    without = read_volume(write([image()], tmp_path / "b"))
    assert without.ijk_to_ras[2, 2] == 1


def test_slices_at_one_place_are_one_millimetre_apart(tmp_path):
    volume = read_volume(write(stack(heights(4, 4), SpacingBetweenSlices=2.5), tmp_path))
    assert volume.ijk_to_ras[:3, 2].tolist() == [0, 0, 1]


def test_no_geometry_is_an_axial_volume_at_the_origin(tmp_path):
    dataset = image(ImagePositionPatient=None, ImageOrientationPatient=None, PixelSpacing=None)
    assert np.allclose(read_volume(write([dataset], tmp_path)).ijk_to_ras, np.diag([-1, -1, 1, 1]))


def test_zero_spacing_is_refused(tmp_path):
    with pytest.raises(MissingGeometry):
        read_volume(write([image(PixelSpacing=[0, 0])], tmp_path))


def test_frames_are_sorted_by_position_and_scaled_one_by_one(tmp_path):
    volume = read_volume(write([enhanced([8, 2, 5], slopes=[1, 2, 0.5])], tmp_path))
    expected = [[-0.8, 0, 0, 10], [0, -0.7, 0, -5], [0, 0, 3, 2], [0, 0, 0, 1]]
    assert np.allclose(volume.ijk_to_ras, expected)
    # frames 1, 2, 0: 100 * 2 - 5, 200 * 0.5 - 5, 0 * 1 - 5
    assert first_voxels(volume) == [195, 95, -5]
    assert not is_left_handed(volume.ijk_to_ras)


def test_frames_that_share_places_stay_in_their_order(tmp_path):
    volume = read_volume(write([enhanced([0, 4, 0, 4])], tmp_path))
    assert first_voxels(volume) == [0, 100, 200, 300]
    assert np.allclose(volume.ijk_to_ras[:3, 2], [0, 0, 4])


def test_enhanced_file_of_one_frame(tmp_path):
    volume = read_volume(write([enhanced([6])], tmp_path))
    assert np.allclose(volume.ijk_to_ras, [[-0.8, 0, 0, 10], [0, -0.7, 0, -5], [0, 0, 9, 6], [0, 0, 0, 1]])


def test_several_enhanced_files_are_one_volume(tmp_path):
    volume = read_volume(write([enhanced([6, 9]), enhanced([3, 0])], tmp_path))
    assert first_voxels(volume) == [100, 0, 0, 100]
    assert volume.ijk_to_ras[2].tolist() == pytest.approx([0, 0, 3, 0])


@pytest.mark.parametrize("offsets", [[0, 2.5, 5], [-30, -27.5, -25]])
def test_dose_grid(tmp_path, offsets):
    pixels = np.arange(3 * 20, dtype=np.uint32).reshape(3, 4, 5)
    dose = image(
        (-1, -2, -30),
        pixels=pixels,
        SOPClassUID=RTDoseStorage,
        Modality="RTDOSE",
        NumberOfFrames=3,
        GridFrameOffsetVector=offsets,
        DoseGridScaling="0.25",
    )
    volume = read_volume(write([dose], tmp_path))
    assert first_voxels(volume) == [0, 5, 10]
    assert np.allclose(volume.ijk_to_ras, [[-0.5, 0, 0, 1], [0, -2, 0, 2], [0, 0, 2.5, -30], [0, 0, 0, 1]])
