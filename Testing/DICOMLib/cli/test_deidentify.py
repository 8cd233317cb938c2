"""`slicer-dicom deidentify`: selection, map, report, import into another database."""

from __future__ import annotations

import json

from DICOMLib.database import Database
from Testing.DICOMLib.cli.commands import slicer_dicom


def test_a_patient_into_another_database(database, tmp_path):
    result = slicer_dicom(
        *("deidentify", "--database", database, "--patient", "P1", "--output", "out", "--map", "map.json"),
        *("--report", "report.json", "--into", "other", "--json"),
        folder=tmp_path,
    )

    assert result.returncode == 0, result.stderr
    assert "Doe" not in result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert (document["written"], document["patients"], document["series"]) == (4, 1, 2)
    identities = json.loads((tmp_path / "map.json").read_text())
    assert list(identities["patients"]) == ["P1"]
    assert len(json.loads((tmp_path / "report.json").read_text())["written"]) == 4
    with Database.open(tmp_path / "other") as other:
        assert [row["PatientID"] for row in other.rows("patients")] == [identities["patients"]["P1"]]
        assert len(other.rows("series")) == 2


def test_one_series(database, tmp_path):
    with Database.open(database) as opened:
        (uid,) = [row["SeriesInstanceUID"] for row in opened.rows("series") if row["Modality"] == "CT"]
    result = slicer_dicom(
        "deidentify", "--database", database, "--series", uid, "--output", "out", folder=tmp_path
    )
    assert result.returncode == 0, result.stderr
    assert "3 files de-identified (1 patients, 1 studies, 1 series)" in result.stdout


def test_nothing_selected_and_wrong_options(database, tmp_path):
    common = ("deidentify", "--database", database, "--output", "out")
    nothing = slicer_dicom(*common, "--study", "9.9", folder=tmp_path)
    assert (nothing.returncode, "Nothing of that" in nothing.stderr) == (1, True)
    both = slicer_dicom(
        *common, "--all", "--option", "retain-dates", "--option", "shift-dates", folder=tmp_path
    )
    assert (both.returncode, "either retained or shifted" in both.stderr) == (2, True)
    assert not (tmp_path / "out").exists()
