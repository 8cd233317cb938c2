"""Files that moved or are gone: found again, relinked, or dropped after a preview."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, FileRecord, storage
from DICOMLib.indexing import ImportOptions, import_paths
from DICOMLib.indexing.repair import apply, examine
from Testing import factories

CT, MR = factories.uid("ct"), factories.uid("mr")


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


@pytest.fixture
def files(tmp_path: Path) -> Path:
    factories.write(factories.ct_series(4, "ct"), tmp_path / "files" / "ct")
    factories.write(factories.mr_series(3, "mr"), tmp_path / "files" / "mr")
    return tmp_path / "files"


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(**options)))


def rows_without_paths(database: Database) -> list[object]:
    levels = ("patients", "studies", "series", "instances")
    return [[{**row, "Filename": ""} for row in database.rows(level)] for level in levels]


def test_a_sound_database(database: Database, files: Path) -> None:
    take(database, files)
    plan = run(examine(database))
    assert (plan.files, plan.is_sound) == (7, True)


def test_moved_files_are_relinked_under_a_new_root(database: Database, files: Path, tmp_path: Path) -> None:
    take(database, files)
    before = rows_without_paths(database)
    new = tmp_path / "new" / "place"
    new.parent.mkdir()
    files.rename(new)
    (new / "notes.txt").write_text("no image " * 30)
    (new / "ct" / "0000.dcm").rename(new / "renamed")
    preview = run(examine(database))
    assert (len(preview.gone), preview.found) == (7, {})
    plan = run(examine(database, [tmp_path / "nowhere", new.parent]))
    assert (len(plan.found), plan.gone) == (7, [])
    assert not any(Path(file).exists() for file in database.files(CT))  # nothing has been changed so far
    apply(database, plan)
    assert database.files(CT)[0] == str(new / "renamed")
    assert all(Path(file).exists() for series in (CT, MR) for file in database.files(series))
    assert rows_without_paths(database) == before
    assert database.value(database.files(CT)[1], "0008,0060") == "CT"
    assert run(examine(database)).is_sound
    assert take(database, new).unchanged == 7


def test_what_is_gone_is_dropped_only_if_asked_to(database: Database, files: Path) -> None:
    take(database, files)
    known = FileRecord("", "", 0.0, {"0010,0020": "P9", "0010,0010": "Known^To^A^Peer"})
    database.insert_records([known], [], connection_name="PACS", patients_only=True)
    shutil.rmtree(files / "mr")
    (files / "ct" / "0002.dcm").unlink()
    plan = run(examine(database, [files]))
    gone = {one.series: one for one in plan.gone}
    assert set(gone) == {CT, MR}
    assert len(plan.gone) == 4
    apply(database, plan)
    assert database.counts() == (2, 1, 2, 7)
    sop = gone[MR].sop
    apply(database, plan, drop=True)
    assert database.counts() == (2, 1, 1, 3)  # the patient without studies was so before
    assert database.cached_tag(sop, "0008,0060") is None
    assert len(list(files.rglob("*.dcm"))) == 3
    assert run(examine(database)).is_sound


def test_a_file_that_came_back_meanwhile_is_not_dropped(
    database: Database, files: Path, tmp_path: Path
) -> None:
    take(database, files)
    (files / "mr").rename(tmp_path / "aside")
    plan = run(examine(database))
    assert len(plan.gone) == 3
    (tmp_path / "aside").rename(files / "mr")
    apply(database, plan, drop=True)
    assert database.counts()[3] == 7


def test_a_second_file_takes_the_place_of_a_first_that_is_gone(database: Database, tmp_path: Path) -> None:
    first = factories.write(factories.ct_series(1, "ct"), tmp_path / "a")[0]
    second = factories.write(factories.ct_series(1, "ct", SeriesDescription="second"), tmp_path / "b")[0]
    take(database, Path(first), Path(second))
    Path(first).unlink()
    plan = run(examine(database))
    assert list(plan.found.values()) == [second]
    apply(database, plan)
    assert (database.files(CT), database.second_files()) == ([second], [])


def test_a_folder_moved_elsewhere_finds_its_copies_and_with_a_root_its_links(
    tmp_path: Path, files: Path
) -> None:
    with Database.open(tmp_path / "database") as database:
        take(database, files / "ct", copy=True)
        take(database, files / "mr")
    (tmp_path / "disk").mkdir()
    (tmp_path / "database").rename(tmp_path / "disk" / "database")
    files.rename(tmp_path / "disk" / "files")
    with Database.open(tmp_path / "disk" / "database") as database:
        assert all(Path(file).is_file() for file in database.files(CT))
        plan = run(examine(database, [tmp_path / "disk" / "files"]))
        assert (len(plan.found), plan.gone) == (3, [])
        apply(database, plan)
        assert all(Path(file).is_file() for file in database.files(MR))
        assert database.value(database.files(MR)[0], "0008,0060") == "MR"


def test_lost_copies_are_found_in_the_source(database: Database, files: Path) -> None:
    take(database, files, copy=True)
    shutil.rmtree(database.directory / "dicom")
    plan = run(examine(database, [files]))
    apply(database, plan)
    assert all(Path(file).is_relative_to(files) for file in database.files(CT))
    assert run(examine(database)).is_sound


def test_what_belongs_to_nothing_is_deleted_only_in_the_database_folder(
    database: Database, files: Path
) -> None:
    take(database, files, copy=True)
    copies = database.directory / "dicom"
    orphan = database.directory / storage.copy_name("1.2", "1.2.3", "1.2.3.4")
    orphan.parent.mkdir(parents=True)
    shutil.copy(files / "ct" / "0000.dcm", orphan)
    shutil.copy(files / "ct" / "0000.dcm", copies / "own.dcm")  # has not the name of a copy
    old, young = copies / ".old.part", copies / ".young.part"
    for path in (old, young):
        path.touch()
    scratch = database.directory / ".import-killed"
    scratch.mkdir()
    (scratch / "0.dcm").touch()
    before = time.time() - 7200
    for path in (old, scratch):
        os.utime(path, (before, before))
    plan = run(examine(database))
    assert plan.unreferenced == [str(orphan)]
    assert sorted(plan.leftovers) == sorted([str(scratch), str(old)])
    apply(database, plan)
    assert old.exists()
    apply(database, plan, tidy=True)
    assert not any(path.exists() for path in (old, scratch, orphan))
    assert young.exists()
    assert (copies / "own.dcm").exists()
    assert len(list(copies.rglob("*.dcm"))) == 7 + 1
    plan.unreferenced = [str(files / "ct" / "0000.dcm")]
    apply(database, plan, tidy=True)
    assert len(list(files.rglob("*.dcm"))) == 7
