"""`load --straighten` of a sequence of volumes with uneven slices."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

HEIGHTS = (0, 3, 7, 10, 14)


def test_all_volumes_are_resampled(tmp_path):
    """The one that is shown only was, and the transform of the others was gone."""
    images = [
        image(
            (0, 0, height),
            AcquisitionTime=f"1000{10 * time:02d}",
            pixels=np.full((4, 5), 100 * height + time, np.int16),
        )
        for time in range(2)
        for height in HEIGHTS
    ]
    write(images, tmp_path / "files")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "files"]))
    options = ("--database", tmp_path / "db", "--all", "--output", "out", "--straighten")
    assert slicer_dicom("load", *options, folder=tmp_path).returncode == 0
    assert list((tmp_path / "out").glob("*transform*")) == []
    (path,) = (tmp_path / "out").glob("*.seq.nrrd")
    head, _, data = path.read_bytes().partition(b"\n\n")
    assert b"sizes: 5 4 5 2\n" in head
    assert b"space directions: (0.5,0,0) (0,2,0) (0,0,3.5) none\n" in head
    voxels = np.frombuffer(gzip.decompress(data), "<i2").reshape(2, 5, 4, 5)
    # pixels are linear in the height, which is a multiple of 3.5 mm now
    expected = [[350 * number + time for number in range(5)] for time in range(2)]
    assert np.allclose(voxels[:, :, 1, 2], expected, atol=1.5)
