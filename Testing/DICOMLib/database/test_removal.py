"""Removal of rows, of copies and thumbnails; files of the user stay where they are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord, storage
from DICOMLib.indexing import import_paths
from Testing import factories

Make = Callable[..., FileRecord]


@pytest.fixture
def filled(tmp_path: Path, record: Make):
    """Two series of a study: one copied with thumbnail, one linked; and a second patient."""
    folder, outside = tmp_path / "db", tmp_path / "outside"
    outside.mkdir()
    with Database.open(folder) as database:
        copy = storage.copy_name("1.2", "1.2.3", "9.1")
        for path in (folder / copy, outside / "9.2.dcm", folder / "9.4.dcm"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"file")
        picture = Path(storage.thumbnail_path(str(folder), "1.2", "1.2.3", "9.1"))
        picture.parent.mkdir(parents=True)
        picture.write_bytes(b"picture")
        database.insert_records(
            [
                record("9.1", path=copy),
                record("9.2", path=str(outside / "9.2.dcm"), t0020_000E="1.2.4"),
                record("9.3", path="../outside/9.2.dcm", t0020_000E="1.2.5"),
                record(
                    "9.4", path=str(folder / "9.4.dcm"), t0010_0020="P2", t0020_000D="2.2", t0020_000E="2.2.3"
                ),
            ],
            ["0008,0018"],
        )
        yield database


def test_a_series_goes_with_its_copies_and_thumbnails(filled: Database) -> None:
    folder = Path(filled.folder)
    filled.remove_series("1.2.3")
    assert filled.series("1.2") == ["1.2.4", "1.2.5"]
    assert filled.instances("1.2.3") == []
    assert not (folder / "dicom").exists()
    assert not (folder / "thumbs").exists()
    assert folder.exists()
    assert filled.cached_tag("9.1", "0008,0018") == "9.1"  # of use if it is imported again


def test_files_of_the_user_stay(filled: Database, tmp_path: Path) -> None:
    filled.remove_series("1.2.4", "1.2.5")
    assert (tmp_path / "outside/9.2.dcm").exists()
    assert filled.series("1.2") == ["1.2.3"]


def test_linked_files_inside_the_folder_stay(filled: Database) -> None:
    filled.remove_series("2.2.3")
    assert (Path(filled.folder) / "9.4.dcm").exists()


@pytest.mark.parametrize("name", ["patient", "dicom"])
@pytest.mark.parametrize("second", [False, True])
def test_a_database_in_the_folder_of_linked_originals(tmp_path: Path, name: str, second: bool) -> None:
    """A file of the user that lies in the database folder is stored by a relative path, as a copy is."""
    paths = factories.write(factories.ct_series(3), tmp_path / name)
    if second:
        other = factories.ct_series(1, SeriesDescription="another content")
        paths += factories.write(other, tmp_path / name / "again")
    before = {path: Path(path).read_bytes() for path in paths}
    with Database.open(tmp_path) as database:
        run(import_paths(database, [tmp_path / name]))
        assert len(database.second_files()) == second
        (stored, *_) = [row["Filename"] for row in database.rows("instances")]
        assert stored.startswith(f"{name}/")
        assert run(import_paths(database, [tmp_path / name])).unchanged == len(paths)
        database.remove_patient(1)
        assert database.counts() == (0, 0, 0, 0)
    assert {path: Path(path).read_bytes() for path in paths} == before


@pytest.mark.parametrize("folder", ["incoming", "DICOMweb/20240115"])
def test_what_was_written_into_the_folder_goes(tmp_path: Path, folder: str) -> None:
    factories.write(factories.ct_series(2), tmp_path / folder)
    with Database.open(tmp_path) as database:
        run(import_paths(database, [tmp_path / folder]))
        database.remove_patient(1)
    assert not list(tmp_path.rglob("*.dcm"))


def test_options_of_removal(filled: Database) -> None:
    filled.remove_series("1.2.3", clear_cached_tags=True, cleanup=False)
    assert filled.cached_tag("9.1", "0008,0018") is None
    assert filled.cached_tag("9.2", "0008,0018") == "9.2"
    assert filled.series("1.2") == ["1.2.3", "1.2.4", "1.2.5"]
    assert filled.instances("1.2.3") == []


def test_study_and_patient_rows_stay_until_they_are_removed(filled: Database) -> None:
    filled.remove_series("1.2.3", "1.2.4", "1.2.5")
    assert filled.studies(1) == ["1.2"]
    filled.remove_study("1.2")
    assert filled.studies(1) == []
    assert filled.patients() == [1, 2]
    filled.remove_patient(1)
    assert filled.patients() == [2]
    filled.remove_patient("2")
    assert filled.counts() == (0, 0, 0, 0)


def test_unknown_uids_are_ignored(filled: Database) -> None:
    before = filled.counts()
    filled.remove_series("no such series")
    filled.remove_study("no such study")
    filled.remove_patient(99)
    assert filled.counts() == before


def test_only_empty_rows_are_cleaned_up(filled: Database) -> None:
    assert not filled.remove_if_empty("series", "1.2.3")
    assert not filled.remove_if_empty("studies", "1.2")
    assert not filled.remove_if_empty("patients", "1")
    assert filled.remove_if_empty("patients", "99")
    filled.remove_series("2.2.3", cleanup=False)
    filled.cleanup(vacuum=True)
    assert filled.counts() == (1, 1, 3, 3)


def test_a_file_that_cannot_be_deleted_is_logged_without_its_name(
    filled: Database, caplog: pytest.LogCaptureFixture
) -> None:
    path = Path(filled.files("1.2.3")[0])
    path.unlink()
    path.mkdir()
    with caplog.at_level(logging.WARNING):
        filled.remove_series("1.2.3")
    assert filled.series("1.2") == ["1.2.4", "1.2.5"]
    assert "1 files" in caplog.text
    assert path.name not in caplog.text
