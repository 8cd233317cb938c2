"""`slicer-dicom export --reference`: a volume is of the modality of its reference."""

from __future__ import annotations

import json

import numpy as np
import pydicom
import pytest

from DICOMLib.database import Database
from Testing import factories
from Testing.DICOMLib.cli.commands import slicer_dicom
from Testing.DICOMLib.cli.test_export import VOXELS, write_nrrd, written
from Testing.validation import dciodvfy_errors

pytestmark = pytest.mark.mrml

PET = "synthetic/pet_siemens_bqml_start"


@pytest.mark.parametrize(
    ("modality", "kept"),
    [
        pytest.param("PT", {"Units": "BQML", "DecayCorrection": "START"}, id="PT"),
        pytest.param("MR", {"MagneticFieldStrength": 3.0}, id="MR"),
    ],
)
def test_a_volume_is_of_the_modality_of_its_reference(shared_data, tmp_path, modality, kept):
    """SOP classes of PS3.4 B.5; a tag that is given goes before the reference."""
    if modality == "MR":
        factories.write(factories.mr_series(5, MagneticFieldStrength=3.0), tmp_path / "files")
    source = tmp_path / "files" if modality == "MR" else shared_data / PET
    slicer_dicom("import", source, "--database", "db", folder=tmp_path)
    with Database.open(tmp_path / "db") as opened:
        (row,) = opened.rows("series")
        path = opened.files(row["SeriesInstanceUID"])[0]
    write_nrrd(tmp_path / "volume.nrrd", np.arange(5 * 8 * 8, dtype=np.int16).reshape(5, 8, 8))
    arguments = (
        *("export", "--input", "volume.nrrd", "--database", "db", "--output", "out"),
        *("--reference", row["SeriesInstanceUID"]),
    )
    told = slicer_dicom(*arguments, "--preview", folder=tmp_path)
    assert told.returncode == 0, told.stderr
    assert "Modality" not in told.stdout
    assert "'' -> ''" not in told.stdout
    result = slicer_dicom(*arguments, folder=tmp_path)
    assert result.returncode == 0, result.stderr
    images = written(tmp_path / "out")
    assert len(images) == 5
    for image in images:
        assert image.SOPClassUID == pydicom.dcmread(path).SOPClassUID
        assert image.Modality == modality
        assert {name: image[name].value for name in kept} == kept
        assert image.get("RescaleType") != "HU"
    new, old = (
        {error.partition(": ")[2] for error in dciodvfy_errors([one])}
        for one in (sorted((tmp_path / "out").rglob("*.dcm"))[0], path)
    )
    assert new <= old  # what the reference lacks, such as a decay factor, nobody can add

    as_ct = slicer_dicom(*arguments, "--tag", "Modality=CT", "--preview", "--json", folder=tmp_path)
    (document,) = json.loads(as_ct.stdout)["exports"]
    changed = {one["tag"]: (one["before"], one["after"]) for one in document["changes"]}
    assert changed["0008,0060"] == (modality, "CT")


def test_a_reference_that_is_no_image_gives_no_modality(database, tmp_path):
    """A volume in the study of a report: CT, as where nothing is known, and not SR."""
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    result = slicer_dicom(
        *("export", "--input", "volume.nrrd", "--database", database, "--output", "out"),
        *("--reference", factories.uid("report")),
        folder=tmp_path,
    )
    assert result.returncode == 0, result.stderr
    assert {image.Modality for image in written(tmp_path / "out")} == {"CT"}


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_a_reference_in_a_study_that_nothing_can_be_written_into(tmp_path):
    """Its Study Instance UID has letters; both ways out that are told are good."""
    factories.write(factories.ct_series(3, "ct", StudyInstanceUID="1.2.840.DOE"), tmp_path / "files")
    slicer_dicom("import", tmp_path / "files", "--database", "db", folder=tmp_path)
    write_nrrd(tmp_path / "volume.nrrd", VOXELS)
    ct = factories.uid("ct")
    common = ("export", "--input", "volume.nrrd", "--database", "db")
    for more in ((), ("--preview",)):
        result = slicer_dicom(*common, "--output", "no", "--reference", ct, *more, folder=tmp_path)
        assert result.returncode == 1
        told = result.stdout + result.stderr
        assert f"The Study Instance UID of the reference, series {ct}, is not valid: " in told
        assert "Give the tag StudyInstanceUID another value" in told
        assert "or leave out the reference: a new study is made." in told
        assert "DOE" not in told

    given = ("--reference", ct, "--tag", "StudyInstanceUID=1.2.5")
    assert slicer_dicom(*common, "--output", "given", *given, folder=tmp_path).returncode == 0
    assert {(one.StudyInstanceUID, one.PatientID) for one in written(tmp_path / "given")} == {("1.2.5", "P1")}
    assert slicer_dicom(*common, "--output", "new", folder=tmp_path).returncode == 0
    (new,) = {one.StudyInstanceUID for one in written(tmp_path / "new")}
    assert new.is_valid
