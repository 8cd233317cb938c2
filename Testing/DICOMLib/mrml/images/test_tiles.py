"""Slices side by side in one image: mosaics in many transfer syntaxes, headers that tell too little."""

from __future__ import annotations

import numpy as np
import pytest

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.tiles import csa_values, is_tiled, read_tiles, tiles_of_file
from DICOMLib.mrml.images.voxels import voxels_of
from Testing.image_series import image, write
from Testing.nifti import by_place, nifti

pytestmark = pytest.mark.mrml


def test_mosaics_of_all_transfer_syntaxes_equal_dcm2niix(shared_data):
    reference, matrix = nifti(shared_data / "dcm_qa_ts" / "_ref" / "Ref" / "1.nii.gz")
    paths = sorted((shared_data / "dcm_qa_ts" / "In").iterdir())
    assert len(paths) == 9
    for path in paths:
        volume = read_tiles(tiles_of_file(str(path)))
        columns, rows, slices = volume.image.GetDimensions()
        voxels = voxels_of(volume.image).reshape(slices, rows, columns)
        assert np.array_equal(voxels, by_place(reference[0], matrix, volume.ijk_to_ras)), path.name
        corners = [(m @ (31.5, 31.5, 17, 1))[:3] for m in (matrix, volume.ijk_to_ras)]
        assert np.allclose(*corners, atol=0.01)


@pytest.mark.parametrize(
    ("image_type", "expected"),
    [
        ("ORIGINAL\\PRIMARY\\M\\ND\\MOSAIC", True),
        ("ORIGINAL\\PRIMARY\\M\\VFRAME", True),
        ("ORIGINAL\\PRIMARY", False),
    ],
)
def test_image_type(image_type, expected):
    assert is_tiled(image_type) is expected


def test_images_that_do_not_tell_where_their_slices_lie(tmp_path):
    (path,) = write([image()], tmp_path)
    with pytest.raises(InvalidDICOM, match="many slices"):
        tiles_of_file(path)


def test_no_csa_header():
    with pytest.raises(ValueError, match="CSA"):
        csa_values(b"anything", "SliceNormalVector")
