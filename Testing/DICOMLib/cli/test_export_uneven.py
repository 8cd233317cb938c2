"""`slicer-dicom load` and `export` of series with uneven slices: everything comes back where it was."""

from __future__ import annotations

import numpy as np
import pydicom
import pytest

from Testing import factories
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.DICOMLib.cli.test_export import write_nrrd, written
from Testing.nrrd import read_nrrd

pytestmark = pytest.mark.mrml

HEIGHTS = (0.0, 2.0, 3.5, 7.5)  # mm; even ones are 0, 2.5, 5, 7.5
TRANSFORM = "acquisition_transform.h5"


@pytest.fixture
def uneven(tmp_path):
    """A database with a CT whose pixels are 100 times their height."""
    images = factories.ct_series(4, "ct")
    for image, height in zip(images, HEIGHTS, strict=True):
        image.ImagePositionPatient = [-100.0, -100.0, height]
        image.RescaleSlope, image.RescaleIntercept = 1, 0
        shape = (image.Rows, image.Columns)
        image.PixelData = np.full(shape, 100 * height, image.pixel_array.dtype).tobytes()
    factories.write(images, tmp_path / "files")
    slicer_dicom("import", tmp_path / "files", "--database", "db", folder=tmp_path)
    return images


def exported(folder, file, *more):
    """What is written of a file with the CT as its reference, and what is told."""
    out = f"out{len(list(folder.iterdir()))}"
    result = slicer_dicom(
        *("export", "--input", file, "--database", "db", "--output", out),
        *("--reference", factories.uid("ct"), *more),
        folder=folder,
    )
    assert result.returncode == 0, result.stderr
    return written(folder / out), result.stdout + result.stderr


def loaded(folder, *more):
    """The volume file that `load` writes."""
    out = f"loaded{len(list(folder.iterdir()))}"
    result = slicer_dicom("load", "--database", "db", "--all", "--output", out, *more, folder=folder)
    assert result.returncode == 0, result.stderr
    (path,) = [path for path in (folder / out).iterdir() if path.suffix in (".nrrd", ".gz")]
    return path


def values(images):
    """The value of each slice by its height."""
    found = {}
    for image in images:
        (value,) = np.unique(image.pixel_array * float(image.RescaleSlope) + float(image.RescaleIntercept))
        found[float(image.ImagePositionPatient[2])] = float(value)
    return found


def test_a_volume_as_it_is_loaded(uneven, tmp_path):
    images, told = exported(tmp_path, loaded(tmp_path))
    assert values(images) == {height: 100 * height for height in HEIGHTS}
    assert f"{TRANSFORM}, beside the file" in told
    assert "uneven" not in told


def test_a_volume_as_it_is_loaded_with_its_transform_elsewhere(uneven, tmp_path):
    path = loaded(tmp_path)
    (transform,) = path.parent.glob(f"*{TRANSFORM}")
    transform.rename(tmp_path / "elsewhere.h5")
    images, _told = exported(tmp_path, path, "--transform", "elsewhere.h5")
    assert values(images) == {height: 100 * height for height in HEIGHTS}
    _images, told = exported(tmp_path, path)
    assert "up to 1.5 mm from the images" in told


@pytest.mark.parametrize("kind", ["nrrd", "nii.gz"])
def test_a_straightened_volume(uneven, tmp_path, kind):
    """The resampling is linear, as the values are: at 5 mm it is 500, though an image lies at 3.5 mm."""
    images, _told = exported(tmp_path, loaded(tmp_path, "--straighten", "--format", kind))
    assert values(images) == {0: 0, 2.5: 250, 5: 500, 7.5: 750}
    assert {one.StudyInstanceUID for one in images} == {uneven[0].StudyInstanceUID}


def test_segments_of_a_file(uneven, tmp_path):
    """Those of the third slice of an even grid: at 5 mm, or in the third image."""
    path = loaded(tmp_path)
    (transform,) = path.parent.glob(f"*{TRANSFORM}")
    labels = np.zeros((4, 8, 8), np.uint8)
    labels[2, 2:6, 3:7] = 1
    header = {"Segment0_ID": "S1", "Segment0_LabelValue": "1"}
    write_nrrd(tmp_path / "organs.seg.nrrd", labels, **header)
    (own,), told = exported(tmp_path, "organs.seg.nrrd")
    assert place_of_frame(own) == (-98.5, -99.0, 5.0)
    assert "they are written in voxels of their own" in told
    (in_images,), told = exported(tmp_path, "organs.seg.nrrd", "--transform", transform)
    assert place_of_frame(in_images) == (-100, -100, 3.5)
    assert np.array_equal(in_images.pixel_array, labels[2])
    assert "voxels of their own" not in told
    (structures,), _told = exported(tmp_path, "organs.seg.nrrd", "--plugin", "DicomRtImportExportPlugin")
    (contour,) = structures.ROIContourSequence[0].ContourSequence
    assert {float(z) for z in contour.ContourData[2::3]} == {5.0}
    assert "ContourImageSequence" not in contour


def place_of_frame(segmentation):
    """Position of the only frame."""
    (frame,) = segmentation.PerFrameFunctionalGroupsSequence
    return tuple(float(part) for part in frame.PlanePositionSequence[0].ImagePositionPatient)


def test_what_is_no_transform_is_refused(uneven, tmp_path):
    write_nrrd(tmp_path / "volume.nrrd", np.zeros((3, 8, 8), np.int16))
    common = ("export", "--input", "volume.nrrd", "--output", "out")
    result = slicer_dicom(*common, "--transform", "volume.nrrd", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert "volume.nrrd is no transform." in result.stderr
    result = slicer_dicom(*common, "--transform", "missing.h5", folder=tmp_path)
    assert "There is no file missing.h5." in result.stderr


@pytest.mark.parametrize("straighten", [(), ("--straighten",)], ids=["as loaded", "straightened"])
def test_a_real_tilted_gantry_with_uneven_slices(shared_data, tmp_path, straighten):
    """What is written is loaded again: the same voxels at the same places."""
    folder = shared_data / "dcm_qa_ct_tilt" / "In" / "GE"
    slicer_dicom("import", folder, "--database", "db", folder=tmp_path)
    uid = str(pydicom.dcmread(next(folder.glob("*.dcm"))).SeriesInstanceUID)
    first = loaded(tmp_path, *straighten)
    result = slicer_dicom(
        *("export", "--input", first, "--database", "db", "--output", "out", "--reference", uid),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    slicer_dicom("import", "out", "--database", "second", folder=tmp_path)
    again = slicer_dicom("load", "--database", "second", "--all", "--output", "again", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    (second,) = (tmp_path / "again").glob("*.nrrd")
    assert len(list((tmp_path / "again").iterdir())) == (1 if straighten else 2)  # with a transform
    (voxels, matrix), (same_voxels, same_matrix) = read_nrrd(first), read_nrrd(second)
    assert np.array_equal(voxels, same_voxels)
    corners = np.array([(i, j, k, 1) for i in (0, 511) for j in (0, 511) for k in (0, 27)])
    assert np.abs(corners @ (matrix - same_matrix).T).max() < 1e-4
