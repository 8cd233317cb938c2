"""Volumes as series: pixels, places, validity by dciodvfy, and what dcm2niix reads."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime

import numpy as np
import pydicom
import pytest

from DICOMLib.core.errors import ExportError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.writing.image_series import PLACED_ULTRASOUND, ImageVolume, image_series
from DICOMLib.writing.series_files import free_folder, write_series
from Testing.validation import dciodvfy_errors

TAGS = {
    "PatientName": "Müller^Jörg",
    "PatientID": "P7",
    "PatientSex": "M",
    "Modality": "CT",
    "SeriesNumber": "301",
    "SeriesDescription": "Test",
}
# 0.5 mm along rows, 0.7 mm along columns, 2.5 mm slices; axial
AXIAL_RAS = np.array([[-0.5, 0, 0, 10], [0, -0.7, 0, 20], [0, 0, 2.5, -30], [0, 0, 0, 1.0]])


def voxels(kind=np.int16, shape=(3, 6, 8)):
    low, high = (-1000, 3000) if np.dtype(kind).kind == "i" else (0, 200)
    return np.random.default_rng(1).integers(low, high, shape).astype(kind)


def written(volume, tags, folder, **more):
    series = image_series(volume, tags, **more)
    paths = run(write_series(series, folder))
    return series, [pydicom.dcmread(path) for path in paths], paths


def real_values(datasets):
    """Rescaled by hand (PS3.3 C.11.1.1.2)."""
    return np.array(
        [
            dataset.pixel_array * float(dataset.get("RescaleSlope", 1))
            + float(dataset.get("RescaleIntercept", 0))
            for dataset in datasets
        ]
    )


@pytest.mark.parametrize(
    ("modality", "sop_class", "kind"),
    [
        ("CT", "1.2.840.10008.5.1.4.1.1.2", np.int16),
        ("MR", "1.2.840.10008.5.1.4.1.1.4", np.int16),
        ("PT", "1.2.840.10008.5.1.4.1.1.128", np.int16),
        ("CR", "1.2.840.10008.5.1.4.1.1.1", np.uint16),
        ("NM", "1.2.840.10008.5.1.4.1.1.20", np.uint16),
        ("US", "1.2.840.10008.5.1.4.1.1.7", np.uint8),
        ("SC", "1.2.840.10008.5.1.4.1.1.7", np.int16),
        ("XX", "1.2.840.10008.5.1.4.1.1.2", np.int16),
    ],
)
def test_each_modality_is_valid_and_exact(tmp_path, modality, sop_class, kind):
    array = voxels(kind)
    _, datasets, paths = written(ImageVolume(array, AXIAL_RAS), {**TAGS, "Modality": modality}, tmp_path)

    assert dciodvfy_errors(paths) == []
    assert {dataset.SOPClassUID for dataset in datasets} == {sop_class}
    assert {dataset.Modality for dataset in datasets} == {modality}
    assert np.array_equal(real_values(datasets), array)


def test_places_are_those_of_the_matrix(tmp_path):
    _, datasets, _ = written(ImageVolume(voxels(), AXIAL_RAS), TAGS, tmp_path)

    # RAS (10, 20, -30) is LPS (-10, -20, -30)
    positions = [[float(part) for part in dataset.ImagePositionPatient] for dataset in datasets]
    assert positions == [[-10, -20, -30], [-10, -20, -27.5], [-10, -20, -25]]
    assert [float(part) for part in datasets[0].ImageOrientationPatient] == [1, 0, 0, 0, 1, 0]
    assert [float(part) for part in datasets[0].PixelSpacing] == [0.7, 0.5]
    assert float(datasets[0].SliceThickness) == 2.5
    assert [dataset.InstanceNumber for dataset in datasets] == [1, 2, 3]


def test_oblique_places_within_a_tenth_of_a_micron(tmp_path):
    axis, angle = np.array([1, 2, 3]) / np.sqrt(14), 0.4
    cross = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    turn = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
    matrix = np.eye(4)
    matrix[:3, :3] = turn @ np.diag([0.31, 0.62, 1.7])
    matrix[:3, 3] = [12.3456789, -98.7654321, 55.5]
    _, datasets, _ = written(ImageVolume(voxels(), matrix), TAGS, tmp_path)

    for index, dataset in enumerate(datasets):
        expected = np.diag([-1, -1, 1]) @ (matrix @ [0, 0, index, 1])[:3]
        assert np.abs(np.array(dataset.ImagePositionPatient, float) - expected).max() < 1e-7


def test_colours_are_secondary_capture(tmp_path):
    array = voxels(np.uint8, (2, 5, 7, 3))
    _, datasets, paths = written(ImageVolume(array, AXIAL_RAS), TAGS, tmp_path)

    assert dciodvfy_errors(paths) == []
    assert datasets[0].SOPClassUID.name == "Secondary Capture Image Storage"
    assert np.array_equal([dataset.pixel_array for dataset in datasets], array)


def test_ultrasound_that_is_no_8_bit_becomes_secondary_capture(tmp_path):
    array = voxels(np.int16)
    _, datasets, _ = written(ImageVolume(array, AXIAL_RAS), {**TAGS, "Modality": "US"}, tmp_path)

    assert datasets[0].SOPClassUID.name == "Secondary Capture Image Storage"
    assert np.array_equal(real_values(datasets), array)


def test_large_whole_numbers_are_unsigned(tmp_path):
    array = voxels().astype(np.int32) + 40000
    _, datasets, paths = written(ImageVolume(array, AXIAL_RAS), TAGS, tmp_path)

    assert dciodvfy_errors(paths) == []
    assert datasets[0].PixelRepresentation == 0
    assert np.array_equal(real_values(datasets), array)


def test_fractions_are_rounded_and_the_user_is_told(tmp_path):
    array = np.random.default_rng(2).normal(0, 5, (2, 6, 8))
    series, datasets, paths = written(ImageVolume(array, AXIAL_RAS), TAGS, tmp_path)

    step = (array.max() - array.min()) / 65534
    assert np.abs(real_values(datasets) - array).max() <= step / 2 * 1.001
    assert series.stored.error == pytest.approx(np.abs(real_values(datasets) - array).max())
    assert "rounded to steps" in series.notes[0]
    assert dciodvfy_errors(paths) == []


@pytest.mark.parametrize(("lowest", "signed"), [(0.0, 0), (1.5, 0), (-2.5, 1)])
def test_fractions_of_pet_have_a_slope_alone(tmp_path, lowest, signed):
    # PS3.3 C.8.9.4.1.5: Rescale Intercept shall be 0
    array = np.random.default_rng(3).uniform(lowest, 25, (2, 6, 8))
    array[0, 0, 0] = lowest
    tags = {**TAGS, "Modality": "PT"}
    series, datasets, paths = written(ImageVolume(array, AXIAL_RAS), tags, tmp_path)

    assert dciodvfy_errors(paths) == []
    assert {float(dataset.RescaleIntercept) for dataset in datasets} == {0.0}
    assert {dataset.PixelRepresentation for dataset in datasets} == {signed}
    step = array.max() / (32766 if signed else 65534)
    assert 0 < np.abs(real_values(datasets) - array).max() <= step / 2 * 1.001
    assert "rounded to steps" in series.notes[0]


@pytest.mark.parametrize(
    ("slices", "of_several", "sop_class", "notes"),
    [
        (1, False, "1.2.840.10008.5.1.4.1.1.6.1", []),
        (1, True, "1.2.840.10008.5.1.4.1.1.7", [PLACED_ULTRASOUND]),
        (3, False, "1.2.840.10008.5.1.4.1.1.7", [PLACED_ULTRASOUND]),
    ],
)
def test_slices_of_ultrasound_keep_their_place(slices, of_several, sop_class, notes):
    array = voxels(np.uint8, (slices, 6, 8))
    tags = {**TAGS, "Modality": "US"}
    series = image_series(ImageVolume(array, AXIAL_RAS), tags, of_several=of_several)
    assert (series.kind.uid, series.notes) == (sop_class, notes)


def test_positions_are_never_longer_than_the_standard_allows(tmp_path):
    """A number a little below 10, rounded, has a digit more (PS3.5 6.2: VR DS has 16 characters at most)."""
    matrix = AXIAL_RAS.copy()
    matrix[0, 3] = 9.9999999999999982
    _, datasets, _ = written(ImageVolume(voxels(), matrix), TAGS, tmp_path)
    for dataset in datasets:
        text = dataset.ImagePositionPatient[0].original_string
        assert len(text) <= 16
        assert float(text) == -10


def test_one_value_everywhere(tmp_path):
    _, datasets, _ = written(ImageVolume(np.full((2, 3, 4), 0.25), AXIAL_RAS), TAGS, tmp_path)

    assert np.array_equal(real_values(datasets), np.full((2, 3, 4), 0.25))


def test_identity_is_new_and_the_same_for_all_slices(tmp_path):
    first, datasets, _ = written(ImageVolume(voxels(), AXIAL_RAS), TAGS, tmp_path / "a")
    second, _, _ = written(ImageVolume(voxels(), AXIAL_RAS), TAGS, tmp_path / "b")

    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert len({dataset[keyword].value for dataset in datasets}) == 1
    assert len({dataset.SOPInstanceUID for dataset in datasets}) == 3
    assert datasets[0].SeriesInstanceUID == first.series_uid != second.series_uid
    assert datasets[0].SpecificCharacterSet == "ISO_IR 192"
    assert datasets[0].PatientName == "Müller^Jörg"
    assert datasets[0].SeriesDate == datetime.now().strftime("%Y%m%d")


def test_given_values_are_written(tmp_path):
    tags = {
        **TAGS,
        "StudyInstanceUID": "1.2.3",
        "SeriesDate": "20200131",
        "Model": "X1",
        "0008,0080": "Clinic",
    }
    _, datasets, _ = written(ImageVolume(voxels(), AXIAL_RAS), tags, tmp_path)

    assert datasets[0].StudyInstanceUID == "1.2.3"
    assert datasets[0].SeriesDate == "20200131"
    assert datasets[0].ManufacturerModelName == "X1"
    assert datasets[0].InstitutionName == "Clinic"


@pytest.mark.parametrize(
    ("tags", "text"),
    [
        ({"Modality": ""}, "modality is empty"),
        ({"StudyDate": "2024-01-15"}, "YYYYMMDD"),
        ({"NoSuchTag": "1"}, "NoSuchTag"),
        ({"StudyInstanceUID": "abc"}, "digits and dots"),
    ],
)
def test_bad_tags_are_told_by_name(tags, text):
    series_tags = {**TAGS, **tags}
    with pytest.raises(ExportError, match=text):
        image_series(ImageVolume(voxels(), AXIAL_RAS), series_tags).instance(0)


def test_a_value_that_may_name_the_patient_is_not_told():
    with pytest.raises(ExportError) as raised:
        image_series(ImageVolume(voxels(), AXIAL_RAS), {**TAGS, "PatientBirthDate": "Doe^Jane"}).instance(0)
    assert "Doe" not in str(raised.value)


def test_what_slices_cannot_express_is_refused():
    sheared = AXIAL_RAS.copy()
    sheared[0, 1] = 0.3
    with pytest.raises(ExportError, match="not perpendicular"):
        image_series(ImageVolume(voxels(), sheared), TAGS)
    with pytest.raises(ExportError, match="no finite numbers"):
        image_series(ImageVolume(np.full((1, 2, 2), np.nan), AXIAL_RAS), TAGS)


def test_tilted_slices_keep_their_places(tmp_path):
    tilted = AXIAL_RAS.copy()
    tilted[1, 2] = 0.6  # each slice lies 0.6 mm further to the front
    _, datasets, _ = written(ImageVolume(voxels(), tilted), TAGS, tmp_path)

    assert [float(dataset.ImagePositionPatient[1]) for dataset in datasets] == [-20, -20.6, -21.2]
    assert float(datasets[0].SliceThickness) == 2.5


@pytest.mark.parametrize("at", [0, 1])
def test_nothing_is_left_of_a_cancelled_series(tmp_path, at):
    job = write_series(image_series(ImageVolume(voxels(), AXIAL_RAS), TAGS), tmp_path / "out")
    for _ in range(at + 1):
        next(job)
    with pytest.raises(JobCancelled):
        job.throw(JobCancelled())
    assert not (tmp_path / "out").exists()


def test_what_is_in_the_folder_stays(tmp_path):
    assert free_folder(tmp_path, "Series") == tmp_path / "Series"
    (tmp_path / "Series").mkdir()
    assert free_folder(tmp_path, "Series") == tmp_path / "Series"
    (tmp_path / "Series" / "a.dcm").touch()
    assert free_folder(tmp_path, "Series") == tmp_path / "Series_2"


def test_dcm2niix_reads_the_same_volume(tmp_path):
    if shutil.which("dcm2niix") is None:
        pytest.skip("dcm2niix is not installed")
    array = voxels(shape=(5, 6, 8))
    written(ImageVolume(array, AXIAL_RAS), TAGS, tmp_path / "series")
    (tmp_path / "nii").mkdir()
    command = ["dcm2niix", "-z", "n", "-f", "out", "-o", tmp_path / "nii", tmp_path / "series"]
    subprocess.run(command, check=True, capture_output=True, timeout=60)

    data = (tmp_path / "nii" / "out.nii").read_bytes()
    image = np.frombuffer(data, np.int16, 240, offset=352).reshape(5, 6, 8)
    affine = np.frombuffer(data, np.float32, 12, offset=280).reshape(3, 4)  # srow_x, srow_y, srow_z
    # dcm2niix turns the rows around, so that they run to the front
    assert np.array_equal(image[:, ::-1], array)
    assert affine[:, 0] == pytest.approx(AXIAL_RAS[:3, 0], abs=1e-5)
    assert affine[:, 1] == pytest.approx(-AXIAL_RAS[:3, 1], abs=1e-5)
    assert affine[:, 2] == pytest.approx(AXIAL_RAS[:3, 2], abs=1e-5)
    assert affine[:, 3] == pytest.approx((AXIAL_RAS @ [0, 5, 0, 1])[:3], abs=1e-4)


@pytest.mark.parametrize(
    ("modality", "kind", "image_type"),
    [
        ("CT", np.int16, ["ORIGINAL", "PRIMARY", "AXIAL"]),
        ("XX", np.int16, ["ORIGINAL", "PRIMARY", "AXIAL"]),
        ("MR", np.int16, ["ORIGINAL", "PRIMARY", "MPR"]),
        ("CR", np.uint16, ["ORIGINAL", "PRIMARY", "SINGLE PLANE"]),
        ("PT", np.int16, ["ORIGINAL", "PRIMARY"]),
        ("SC", np.int16, ["ORIGINAL", "PRIMARY"]),
    ],
)
def test_image_type_and_units_of_each_modality(tmp_path, modality, kind, image_type):
    tags = {**TAGS, "Modality": modality, "PatientSex": "X", "StudyDescription": ""}
    _, (dataset,), _ = written(ImageVolume(voxels(kind, (1, 3, 4)), AXIAL_RAS), tags, tmp_path)

    assert list(dataset.ImageType) == image_type
    if modality in ("CT", "XX"):
        assert (dataset.RescaleType, dataset.PatientPosition) == ("HU", "HFS")
    assert dataset.PatientSex == ""  # neither M, F nor O
    assert not dataset.get("StudyDescription")
