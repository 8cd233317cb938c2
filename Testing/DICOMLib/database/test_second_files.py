"""Files of an instance that is known from another file: moved, the same, or another one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.database.second_files import is_same_content
from DICOMLib.indexing import ImportOptions, import_paths, reasons
from Testing import factories

SERIES = factories.uid("series")
DESCRIPTION = "0008,103E"


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(**options)))


def write(folder: Path, description: str = "first", **attributes) -> Path:
    dataset = factories.ct_series(1, SeriesDescription=description, **attributes)[0]
    return Path(factories.write([dataset], folder)[0])


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_a_second_file_with_other_content_is_set_aside(
    database: Database, tmp_path: Path, copy: bool, together: bool
) -> None:
    first, second = write(tmp_path / "a"), write(tmp_path / "b", "second")
    contents = first.read_bytes(), second.read_bytes()
    if together:
        report = take(database, first, second, copy=copy)
    else:
        take(database, first, copy=copy)
        report = take(database, second, copy=copy)
    assert report.notes == [(str(second), reasons.SECOND_FILE)]
    (file,) = database.files(SERIES)
    assert Path(file).read_bytes() == contents[0]
    sop = database.instances(SERIES)[0]
    assert database.value(sop, DESCRIPTION) == "first"
    (aside,) = database.second_files()
    assert (aside.sop, aside.series) == (sop, SERIES)
    assert Path(database.absolute_path(aside.stored_path)).read_bytes() == contents[1]
    assert (first.read_bytes(), second.read_bytes()) == contents


def test_importing_again_tells_it_no_second_time(database: Database, tmp_path: Path) -> None:
    files = write(tmp_path / "a"), write(tmp_path / "b", "second")
    take(database, *files)
    report = take(database, *files)
    assert (report.unchanged, report.notes) == (2, [])


@pytest.mark.parametrize("copy", [False, True])
def test_it_goes_with_its_series_but_no_original_is_deleted(
    database: Database, tmp_path: Path, copy: bool
) -> None:
    files = write(tmp_path / "a"), write(tmp_path / "b", "second")
    take(database, *files, copy=copy)
    database.remove_series(SERIES)
    assert all(file.exists() for file in files)
    assert database.second_files() == []
    assert not list(database.directory.rglob("*.dcm"))
    assert take(database, files[1]).instances == 1
    assert database.value(database.instances(SERIES)[0], DESCRIPTION) == "second"


def test_a_copy_is_not_given_up_for_a_link_inside_the_folder(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "database" / "patient")
    take(database, path, copy=True)
    (copy,) = database.files(SERIES)
    assert Path(copy) != path
    take(database, path)
    assert database.files(SERIES) == [copy]


def test_a_file_that_moved_is_the_same_instance(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    take(database, path)
    moved = path.rename(tmp_path / "moved.dcm")
    report = take(database, moved)
    assert (report.replaced, report.instances, database.files(SERIES)) == (1, 0, [str(moved)])
    assert database.second_files() == []


def test_a_file_that_was_rewritten_is_read_again(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    take(database, path)
    write(tmp_path / "a", "rewritten")
    later = path.stat().st_mtime + 5
    os.utime(path, (later, later))
    assert take(database, path).replaced == 1
    assert database.value(database.instances(SERIES)[0], DESCRIPTION) == "rewritten"


def test_of_two_equal_files_the_latest_path_counts(database: Database, tmp_path: Path) -> None:
    files = write(tmp_path / "a"), write(tmp_path / "b")
    take(database, files[0])
    assert take(database, files[1]).replaced == 1
    assert (database.files(SERIES), database.second_files()) == ([str(files[1])], [])


def test_a_copy_is_not_given_up_for_a_link(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path / "a")
    take(database, path, copy=True)
    report = take(database, path)
    assert (report.unchanged, report.replaced) == (1, 0)
    assert Path(database.files(SERIES)[0]).is_relative_to(database.directory)


def test_one_that_takes_the_place_of_the_first_is_no_longer_aside(database: Database, tmp_path: Path) -> None:
    files = write(tmp_path / "a"), write(tmp_path / "b", "second")
    take(database, *files)
    files[0].unlink()
    later = files[1].stat().st_mtime + 5
    os.utime(files[1], (later, later))
    assert take(database, files[1]).replaced == 1
    assert (database.files(SERIES), database.second_files()) == ([str(files[1])], [])


def test_what_programs_write_about_themselves_is_no_content(tmp_path: Path) -> None:
    dataset = factories.ct_series(1)[0]
    paths = []
    for program in ("ACME_1", "ANOTHER_VERSION"):
        dataset.file_meta.ImplementationVersionName = program
        paths += factories.write([dataset], tmp_path / program)
    assert Path(paths[0]).read_bytes() != Path(paths[1]).read_bytes()
    assert is_same_content(*paths)
    (implicit,) = factories.write_implicit([dataset], tmp_path / "implicit")
    assert not is_same_content(paths[0], implicit)


def test_contents_are_compared_to_the_last_byte(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a", "b", "c")]
    for number, name in enumerate(names):
        Path(name).write_bytes(bytes(3_000_000) + bytes([number // 2]))
        os.utime(name, (number, number))
    assert is_same_content(names[0], names[1])
    assert not is_same_content(names[0], names[2])


def test_times_in_whole_seconds_tell_nothing(tmp_path: Path) -> None:
    names = [str(tmp_path / name) for name in ("a", "b")]
    for moment, same in ((1_600_000_000_000_000_000, False), (1_600_000_000_123_456_789, True)):
        for name in names:
            Path(name).write_text(name)
            os.utime(name, ns=(moment, moment))
        assert is_same_content(*names) is same


def test_the_table_is_made_only_when_it_is_needed(database: Database, tmp_path: Path) -> None:
    take(database, write(tmp_path / "a"))
    assert database.select("SELECT name FROM sqlite_master WHERE name = 'SecondFiles'") == []
    assert database.second_files() == []


def test_they_survive_a_copy_of_the_database_and_not_an_emptying(database: Database, tmp_path: Path) -> None:
    take(database, write(tmp_path / "a"), write(tmp_path / "b", "second"), copy=True)
    (aside,) = database.second_files()
    (tmp_path / "other").mkdir()
    database.copy_into(tmp_path / "other")
    with Database.open(tmp_path / "other") as other:
        assert other.second_files()[0].stored_path == database.absolute_path(aside.stored_path)
    database.initialize()
    assert database.second_files() == []
