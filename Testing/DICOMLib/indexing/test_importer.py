"""Import of whole folders: hostile files, cancelling, importing again, identity."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from pydicom.uid import MPEG4HP41

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.indexing import ImportOptions, import_paths, importer, read, reasons
from DICOMLib.indexing.walk import WalkOptions
from Testing import factories
from Testing.ordinary_user import open_place as open_place
from Testing.ordinary_user import ordinary_user


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(**options)))


def by_name(entries) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in entries}


FAILED = {
    "truncated.dcm": reasons.TRUNCATED,
    "cut in the header.dcm": reasons.TRUNCATED,
    "no study0000.dcm": reasons.NO_STUDY_UID,
    "no series0000.dcm": reasons.NO_SERIES_UID,
}
SKIPPED = {
    "text.txt": reasons.NO_DICOM,
    "letters.dcm": reasons.NO_DICOM,
    "empty.dcm": reasons.EMPTY,
    "sparse.dcm": reasons.NO_DICOM,
}


def write_hostile(folder: Path) -> None:
    """Six good files among what should not be there."""
    factories.write(factories.ct_series(6), folder)
    whole = (folder / "0000.dcm").read_bytes()
    (folder / "truncated.dcm").write_bytes(whole[:-20])
    (folder / "cut in the header.dcm").write_bytes(whole[:300])
    (folder / "text.txt").write_text("This is no DICOM file, however long it may be. " * 20)
    (folder / "empty.dcm").touch()
    (folder / "letters.dcm").write_bytes(bytes(128) + b"DICM" + b"\xff" * 500)
    with (folder / "sparse.dcm").open("wb") as file:
        file.truncate(2 << 30)
    factories.write([factories.instance(StudyInstanceUID=None)], folder, prefix="no study")
    factories.write([factories.instance(SeriesInstanceUID=None)], folder, prefix="no series")


def test_hostile_files_are_told_and_the_good_ones_come_in(database: Database, tmp_path: Path) -> None:
    write_hostile(tmp_path / "files")
    start = time.monotonic()
    report = take(database, tmp_path / "files")
    assert time.monotonic() - start < 120  # the two gigabytes of nothing are not read
    assert report.instances == 6
    assert (by_name(report.failed), by_name(report.skipped)) == (FAILED, SKIPPED)
    assert all(line.advice for line in report.account())
    assert len(database.files(factories.uid("series"))) == 6


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions and links")
def test_a_folder_with_links_loops_pipes_and_unreadable_files_as_well(
    database: Database, open_place: Path
) -> None:
    folder = open_place / "files"
    write_hostile(folder)
    (folder / "loop").symlink_to(folder)
    (folder / "self.dcm").symlink_to(folder / "self.dcm")
    (folder / "dangling.dcm").symlink_to(open_place / "nowhere.dcm")
    os.mkfifo(folder / "pipe.dcm")
    # Modules and scripts that are read late may lie where an ordinary user reads nothing.
    take(database, folder)
    Database.open(open_place / "database").close()
    for path in (open_place / "database", *(open_place / "database").iterdir()):
        path.chmod(0o777)
    shutil.copy(folder / "0000.dcm", folder / "locked.dcm")
    (folder / "locked.dcm").chmod(0)
    with ordinary_user(), Database.open(open_place / "database") as own:
        report = take(own, folder)
        assert own.counts() == (1, 1, 1, 6)
        good = [str(folder / f"{number:04}.dcm") for number in range(6)]
        assert sorted(own.files(factories.uid("series"))) == good
    assert report.instances == 6
    assert by_name(report.failed + report.skipped) == {
        **FAILED,
        **SKIPPED,
        "locked.dcm": reasons.UNREADABLE,
        "pipe.dcm": reasons.NOT_A_FILE,
        "self.dcm": reasons.UNREADABLE,
        "dangling.dcm": reasons.NOT_FOUND,
    }
    assert all(line.advice for line in report.account())


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
def test_folders_that_cannot_be_read_stop_nothing(database: Database, open_place: Path) -> None:
    """One that is given, one within a folder, one with a file that is given."""
    factories.write(factories.ct_series(2), open_place / "good")
    take(database, open_place / "good")  # modules that are read late may lie where others read nothing
    for name in ("locked", "good/locked", "hidden"):
        factories.write(factories.ct_series(1), open_place / name)
        (open_place / name).chmod(0)
    file = open_place / "hidden" / "0000.dcm"
    with Database.open(":memory:") as own, ordinary_user():
        report = take(own, open_place / "locked", open_place / "good", file)
    assert report.instances == 2
    places = [open_place / "locked", open_place / "good" / "locked", file]
    assert report.failed == [(str(place), reasons.UNREADABLE) for place in places]


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="POSIX permissions")
def test_a_folder_of_a_file_set_that_cannot_be_read_stops_nothing(database, open_place: Path) -> None:
    datasets = [*factories.ct_series(1, "one"), *factories.ct_series(1, "two")]
    factories.write_file_set(datasets, open_place / "disc")
    take(database, open_place / "disc")  # modules that are read late may lie where others read nothing
    first, second = sorted(path for path in (open_place / "disc").rglob("*") if path.name == "IM000000")
    first.parent.chmod(0)
    with Database.open(":memory:") as own, ordinary_user():
        report = take(own, open_place / "disc")
    assert (report.instances, report.failed) == (1, [(str(first), reasons.UNREADABLE)])
    assert second.is_file()


def test_files_of_the_database_itself_are_left_out_of_the_account(database: Database, tmp_path: Path):
    """With those of SQLite beside it; those of another database are told as others are."""
    factories.write(factories.ct_series(1), tmp_path / "files")
    (database.directory / "notes.txt").write_text("of the user")
    (tmp_path / "ctkDICOM.sql").write_text("of another one")
    assert (database.directory / "ctkDICOM.sql-wal").exists()
    report = take(database, tmp_path)
    assert (report.instances, report.failed) == (1, [])
    left_out = [str(tmp_path / "ctkDICOM.sql"), str(database.directory / "notes.txt")]
    assert [path for path, _reason in report.skipped] == left_out
    named = take(database, database.directory / "ctkDICOM.sql")
    assert by_name(named.skipped) == {"ctkDICOM.sql": reasons.NO_DICOM}


def test_a_file_that_vanishes_on_the_way_is_told(database: Database, tmp_path: Path, monkeypatch) -> None:
    paths = factories.write(factories.ct_series(2), tmp_path / "files")
    read_record = read.read_record

    def read_after_removal(path, *arguments):
        Path(paths[1]).unlink(missing_ok=True)
        return read_record(path, *arguments)

    monkeypatch.setattr(read, "read_record", read_after_removal)
    report = take(database, tmp_path / "files")
    assert (report.instances, by_name(report.failed)) == (1, {"0001.dcm": reasons.UNREADABLE})


def test_images_that_nobody_decodes_come_in_with_a_note(database: Database, tmp_path: Path) -> None:
    dataset = factories.ct_series(1)[0]
    dataset.PixelData = b"\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00film"
    dataset["PixelData"].is_undefined_length = True
    factories.write([dataset], tmp_path / "files", transfer_syntax=MPEG4HP41)
    report = take(database, tmp_path / "files")
    assert (report.instances, by_name(report.notes)) == (1, {"0000.dcm": reasons.NO_READER})
    (line,) = report.account()
    assert "convert it" in line.advice


def test_cancelling_leaves_whole_batches_and_importing_again_completes(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(importer, "BATCH_SIZE", 10)
    monkeypatch.setattr(importer, "PROGRESS_EVERY", 10)
    factories.write(factories.ct_series(45), tmp_path / "files")
    with Database.open(tmp_path / "database") as database:
        job = import_paths(database, [tmp_path / "files"])
        while next(job).done < 20:
            pass
        job.throw(JobCancelled())
        report = run(job)  # what has been read is written, and the job ends
        assert (report.cancelled, report.instances) == (True, 20)
    with Database.open(tmp_path / "database") as database:
        assert database.counts() == (1, 1, 1, 20)
        (series,) = database.rows("series")
        assert series["DisplayedCount"] == 20
        report = take(database, tmp_path / "files")
        assert (report.unchanged, report.instances) == (20, 25)
        (series,) = database.rows("series")
        assert series["DisplayedCount"] == 45


def test_unchanged_files_are_not_read_again(database: Database, tmp_path: Path, monkeypatch) -> None:
    factories.write(factories.ct_series(3), tmp_path / "files")
    take(database, tmp_path / "files")
    monkeypatch.setattr(read, "read_record", None)
    assert take(database, tmp_path / "files").unchanged == 3


def test_a_file_that_was_written_again_is_read_again(database: Database, tmp_path: Path) -> None:
    (path,) = factories.write(factories.ct_series(1, SeriesDescription="before"), tmp_path / "files")
    take(database, tmp_path / "files")
    factories.write(factories.ct_series(1, SeriesDescription="after"), tmp_path / "files")
    later = time.time() + 5
    os.utime(path, (later, later))
    report = take(database, tmp_path / "files")
    assert (report.instances, report.replaced) == (0, 1)


def test_the_same_file_by_two_ways_counts_once(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    paths = factories.write(factories.ct_series(3), folder)
    report = take(database, folder, Path(paths[0]), folder / ".." / "files")
    assert (report.instances, report.unchanged, report.replaced) == (3, 0, 0)


def test_hidden_files_and_links_by_choice(database: Database, tmp_path: Path) -> None:
    factories.write(factories.ct_series(2, "seen"), tmp_path / "files")
    factories.write(factories.ct_series(1, "hidden"), tmp_path / "files" / ".hidden")
    factories.write(factories.ct_series(1, "linked"), tmp_path / "elsewhere")
    (tmp_path / "files" / "link").symlink_to(tmp_path / "elsewhere")
    walk = WalkOptions(follow_symlinks=False, include_hidden=False)
    assert take(database, tmp_path / "files", walk=walk).instances == 2
    assert take(database, tmp_path / "files").instances == 2


def test_copies_are_whole_and_independent_of_the_source(database: Database, tmp_path: Path) -> None:
    paths = factories.write(factories.ct_series(2), tmp_path / "files")
    originals = {Path(path).read_bytes() for path in paths}
    assert take(database, tmp_path / "files", copy=True).instances == 2
    shutil.rmtree(tmp_path / "files")
    copies = database.files(factories.uid("series"))
    assert {Path(path).read_bytes() for path in copies} == originals
    assert all(Path(path).is_relative_to(database.directory) for path in copies)
    assert not list(database.directory.rglob("*.part*"))


def test_a_file_set_is_read_by_its_directory(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    factories.write_file_set(factories.ct_series(3), folder)
    factories.write([factories.instance(SOPInstanceUID="1.2.3.4")], folder, prefix="unlisted")
    assert take(database, folder).instances == 3


def test_a_file_set_from_a_disc_of_other_case_with_a_file_gone(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "disc"
    factories.write_file_set(factories.ct_series(3), folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "DICOMDIR")
    files[0].unlink()
    for path in sorted(folder.rglob("*"), key=lambda path: -len(path.parts)):
        path.rename(path.with_name(path.name.lower()))
    report = take(database, folder)
    assert report.instances == 2
    assert list(by_name(report.failed).values()) == [reasons.NOT_FOUND]


def test_a_broken_directory_does_not_hide_the_files(database: Database, tmp_path: Path) -> None:
    factories.write(factories.ct_series(2), tmp_path / "disc")
    (tmp_path / "disc" / "DICOMDIR").write_bytes(b"broken")
    report = take(database, tmp_path / "disc")
    assert report.instances == 2
    assert by_name(report.failed) == {"DICOMDIR": reasons.DAMAGED}


def test_a_series_that_names_several_studies_is_told_and_kept_as_ctk_does(database, tmp_path):
    """The series stays with the study that came first; the other study and patient stay without series."""
    factories.write(factories.series_of_two_patients(), tmp_path / "in")
    report = take(database, tmp_path / "in")
    assert (report.patients, report.studies, report.series, report.instances) == (2, 2, 1, 2)
    assert database.counts() == (2, 2, 1, 2)
    assert by_name(report.notes) == {"0001.dcm": reasons.ELSEWHERE}
    assert [database.studies(patient) for patient in database.patients()] == [["1.2.10"], ["1.2.11"]]
    assert [len(database.instances(uid)) for uid in database.series("1.2.10")] == [2]
    assert database.series("1.2.11") == []
    shown = [row["DisplayedPatientsName"] for row in database.rows("patients")]
    assert shown == ["A", "B"]


def test_a_study_of_two_patients_leaves_one_without_studies(database, tmp_path):
    files = [
        factories.instance(
            SOPInstanceUID=f"1.2.{name}",
            SeriesInstanceUID=f"1.3.{name}",
            PatientID=str(name),
            PatientName=str(name),
        )
        for name in (1, 2)
    ]
    factories.write(files, tmp_path / "in")
    report = take(database, tmp_path / "in")
    assert (report.patients, report.studies, report.series) == (2, 1, 2)
    assert by_name(report.notes) == {"0001.dcm": reasons.ELSEWHERE}
    assert sorted(len(database.studies(patient)) for patient in database.patients()) == [0, 1]


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"]
)
@pytest.mark.parametrize("has_group_length", [True, False])  # without, pydicom reads it
def test_compressed_files_that_are_cut_off(database, tmp_path, syntax, has_group_length):
    """One whose delimiter alone is missing is taken: its pixels are all there."""
    (dataset,) = factories.ct_series(1, size=64)
    dataset.compress(syntax, generate_instance_uid=False)
    (source,) = factories.write([dataset], tmp_path / "source")
    raw = Path(source).read_bytes()
    if not has_group_length:
        raw = raw[:132] + raw[144:]
    (tmp_path / "cut").mkdir()
    for less in (9, 60):
        (tmp_path / "cut" / f"{less}.dcm").write_bytes(raw[:-less])
    report = run(import_paths(database, [tmp_path / "cut"]))
    assert by_name(report.failed) == {"9.dcm": reasons.TRUNCATED, "60.dcm": reasons.TRUNCATED}
    assert report.instances == 0
    (tmp_path / "cut" / "whole.dcm").write_bytes(raw[:-8])
    assert run(import_paths(database, [tmp_path / "cut"])).instances == 1
