"""`slicer-dicom deidentify`: selection, map, report, import into another database."""

from __future__ import annotations

import json
from pathlib import Path

import pydicom

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories
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
    assert "3 files de-identified (1 patient, 1 study, 1 series)" in result.stdout


def test_what_is_not_there_is_named_and_the_rest_is_written(database, tmp_path):
    """The CT and the report are of one patient; files of each are counted by hand."""
    for option, there, files in (("patient", "P1", 4), ("series", factories.uid("report"), 1)):
        result = slicer_dicom(
            *("deidentify", "--database", database, f"--{option}", there, "9.9"),
            *("--output", f"out-{option}", "--json"),
            folder=tmp_path,
        )
        assert result.returncode == 1
        assert f"{option.capitalize()} 9.9 is not in the database. See which there are with" in result.stderr
        assert json.loads(result.stdout)["written"] == files


def test_nothing_in_the_database(tmp_path):
    Database.open(tmp_path / "db").close()
    result = slicer_dicom("deidentify", "--database", "db", "--all", "--output", "out", folder=tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "db has no files here that could be de-identified.\n"


def test_nothing_selected_and_wrong_options(database, tmp_path):
    common = ("deidentify", "--database", database, "--output", "out")
    nothing = slicer_dicom(*common, "--study", "9.9", folder=tmp_path)
    assert nothing.returncode == 1
    advice = f"See which there are with: slicer-dicom list studies --database {database}"
    assert nothing.stderr.splitlines() == [f"Study 9.9 is not in the database. {advice}"]
    both = slicer_dicom(
        *common, "--all", "--option", "retain-dates", "--option", "shift-dates", folder=tmp_path
    )
    assert (both.returncode, "either retained or shifted" in both.stderr) == (2, True)
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_written_is_told_before_anything_is(database, tmp_path):
    (tmp_path / "file").write_text("no folder")
    common = ("deidentify", "--database", database, "--all")
    for arguments, told in (
        (("--output", "out", "--map", "file/map.json"), "map of identities cannot be written"),
        (("--output", "out", "--report", "file/report.json"), "Choose another folder"),
        (("--output", "file/out"), "Choose another folder"),
    ):
        result = slicer_dicom(*common, *arguments, folder=tmp_path)
        assert result.returncode == 1
        assert told in result.stderr
        assert "Errno" not in result.stderr
        assert not list(tmp_path.glob("out/**/*.dcm"))


def test_a_second_run_fits_to_the_first_or_is_refused(database, tmp_path):
    command = ("deidentify", "--database", database, "--all", "--output", "out")
    assert slicer_dicom(*command, "--map", "map.json", folder=tmp_path).returncode == 0
    first = sorted(tmp_path.glob("out/**/*.dcm"))
    refused = slicer_dicom(*command, folder=tmp_path)
    assert (refused.returncode, "copies of an earlier run" in refused.stderr) == (2, True)
    assert sorted(tmp_path.glob("out/**/*.dcm")) == first
    assert slicer_dicom(*command, "--map", "map.json", folder=tmp_path).returncode == 0
    assert sorted(tmp_path.glob("out/**/*.dcm")) == first


def test_places_where_copies_do_not_belong_are_refused(database, tmp_path):
    """Among the originals, in a database, and with the files that tell who is who."""
    before = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    with Database.open(database) as opened:
        originals = Path(opened.files(opened.rows("series")[0]["SeriesInstanceUID"])[0]).parent
    foreign = tmp_path / "foreign" / "a" / "b" / "c"
    factories.write([factories.instance()], foreign)
    for output, more, told in (
        (originals, (), "holds the originals"),
        (originals.parent, (), "holds the originals"),
        (database, (), "folder of a database"),
        (Path(database, "clean"), (), "folder of a database"),
        ("out", ("--map", "out/map.json"), "tells who is who"),
        ("out", ("--report", "out/sub/report.json"), "tells who is who"),
        ("foreign", (), "no copies without identity"),
    ):
        result = slicer_dicom(
            "deidentify", "--database", database, "--all", "--output", output, *more, folder=tmp_path
        )
        assert (result.returncode, told in result.stderr) == (2, True), (output, result.stderr)
    after = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert {path for path in after - set(before) if path.suffix == ".dcm"} == set(foreign.iterdir())
    assert not (tmp_path / "out").exists()


def test_copies_beside_folders_of_originals_are_told(tmp_path):
    """The folder of the scans holds no file itself, so its subfolders are those of originals."""
    for name in ("a", "b"):
        factories.write(factories.ct_series(1, name), tmp_path / "scans" / name)
    with Database.open(tmp_path / "db") as opened:
        run(import_paths(opened, [tmp_path / "scans"]))
    told = f"The originals lie in {tmp_path / 'scans'}, too: who imports or gives away that folder mixes"
    for output, is_told in (("scans/clean", True), ("clean", False)):
        result = slicer_dicom("deidentify", "--database", "db", "--all", "--output", output, folder=tmp_path)
        assert (result.returncode, told in result.stderr) == (0, is_told), result.stderr


def test_copies_in_the_same_database_are_not_copied_again(database, tmp_path):
    command = ("deidentify", "--database", database, "--all", "--into", database, "--json")
    first = json.loads(slicer_dicom(*command, "--output", "first", folder=tmp_path).stdout)
    second = slicer_dicom(*command, "--output", "second", folder=tmp_path)
    document = json.loads(second.stdout)
    assert second.returncode == 0
    assert (first["skipped"], document["skipped"]) == (0, first["written"])
    assert document["written"] == first["written"] == len(list(tmp_path.glob("second/**/*.dcm")))
    again = slicer_dicom(*command[:-1], "--output", "third", "--again", folder=tmp_path)
    assert f"{3 * first['written']} files de-identified" in again.stdout


def test_what_failed_is_named_and_where_the_report_is(database, files, tmp_path):
    broken = sorted(files.glob("ct*"))[0]
    broken.write_text("gone")
    common = ("deidentify", "--database", database, "--all")
    told = slicer_dicom(*common, "--output", "out", folder=tmp_path)
    assert told.returncode == 1
    assert f"1 failed: no DICOM file.\n  {broken}\n" in told.stdout
    assert "--report FILE" in told.stderr
    again = slicer_dicom(*common, "--output", "more", "--report", "all.json", "--json", folder=tmp_path)
    assert (json.loads(again.stdout)["failed"], json.loads(again.stdout)["report"]) == (1, "all.json")
    assert "What became of each file: all.json" in again.stderr
    assert json.loads((tmp_path / "all.json").read_text())["failed"] == [[str(broken), "no DICOM file"]]


def test_odd_values_are_not_remarked_file_by_file(tmp_path):
    """pydicom warns of a Study ID that is too long each time it is touched."""
    with pydicom.config.disable_value_validation():
        datasets = factories.ct_series(2)
        for dataset in datasets:
            dataset.StudyID = "longer than sixteen"
        factories.write(datasets, tmp_path / "odd")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "odd"]))
    result = slicer_dicom("deidentify", "--database", "db", "--all", "--output", "out", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "arning" not in result.stderr
