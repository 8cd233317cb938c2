"""Copies in the database folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, storage
from DICOMLib.indexing import ImportOptions, import_paths, reasons
from Testing import factories
from Testing.file_limits import files_of_at_most

SERIES = factories.uid("series")


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(copy=True, **options)))


def test_a_copy_has_content_and_time_of_its_source(database: Database, tmp_path: Path) -> None:
    (path,) = factories.write(factories.ct_series(1), tmp_path / "files")
    os.utime(path, (1_600_000_000, 1_600_000_000))
    take(database, tmp_path / "files")
    (copy,) = database.files(SERIES)
    assert Path(copy).read_bytes() == Path(path).read_bytes()
    assert Path(copy).stat().st_mtime == 1_600_000_000
    assert not Path(copy).samefile(path)


def test_copying_again_writes_nothing(database: Database, tmp_path: Path, monkeypatch) -> None:
    factories.write(factories.ct_series(3), tmp_path / "files")
    take(database, tmp_path / "files")
    monkeypatch.setattr(storage, "copy_data", None)
    report = take(database, tmp_path / "files")
    assert (report.failed, len(database.files(SERIES))) == ([], 3)
    assert (report.unchanged, report.replaced, report.instances) == (3, 0, 0)


def test_a_copy_that_was_lost_is_made_anew(database: Database, tmp_path: Path) -> None:
    factories.write(factories.ct_series(3), tmp_path / "files")
    take(database, tmp_path / "files")
    lost = Path(database.files(SERIES)[0])
    lost.unlink()
    report = take(database, tmp_path / "files")
    assert (report.unchanged, report.replaced, report.instances) == (2, 1, 0)
    assert lost.is_file()


def test_hard_links_where_the_user_allows_them(database: Database, tmp_path: Path) -> None:
    (path,) = factories.write(factories.ct_series(1), tmp_path / "files")
    take(database, tmp_path / "files", hard_links=True)
    (copy,) = database.files(SERIES)
    assert Path(copy).samefile(path)
    factories.write(factories.ct_series(1, SeriesDescription="afterwards"), tmp_path / "files")
    assert Path(copy).samefile(path)  # written in place
    take(database, tmp_path / "files", hard_links=True)
    assert database.rows("series")[0]["SeriesInstanceUID"] == SERIES
    assert database.value(factories.uid("series", 0), "0008,103E") == "afterwards"
    database.remove_series(SERIES)
    assert Path(path).exists()
    assert not Path(copy).exists()


def test_without_hard_links_on_the_file_system_there_are_copies(
    database: Database, tmp_path: Path, monkeypatch
) -> None:
    (path,) = factories.write(factories.ct_series(1), tmp_path / "files")

    def no_links(*_arguments):
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", no_links)
    take(database, tmp_path / "files", hard_links=True)
    (copy,) = database.files(SERIES)
    assert not Path(copy).samefile(path)
    assert Path(copy).read_bytes() == Path(path).read_bytes()


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    paths = factories.write(factories.ct_series(2), folder)
    Path(paths[1]).rename(os.fsdecode(os.fsencode(folder) + b"/Gr\xf6\xdfe.dcm"))
    report = run(import_paths(database, [folder], ImportOptions(copy=False)))
    assert report.instances == 1
    assert [reason for _, reason in report.failed] == [reasons.BAD_NAME]
    assert take(database, folder).instances == 1
    assert len(database.files(SERIES)) == 2


def test_a_hard_link_never_takes_the_place_of_another_file(database: Database, tmp_path: Path) -> None:
    (first,) = factories.write(factories.ct_series(1), tmp_path / "one")
    (other,) = factories.write(factories.ct_series(1, StudyDescription="other"), tmp_path / "other")
    take(database, tmp_path / "one", hard_links=True)
    report = take(database, tmp_path / "other", hard_links=True)
    assert [reason for _, reason in report.notes] == [reasons.SECOND_FILE]
    copies = sorted(path for path in (tmp_path / "database" / "dicom").rglob("*.dcm"))
    assert sorted(copy.read_bytes() for copy in copies) == sorted(
        Path(path).read_bytes() for path in (first, other)
    )


def test_a_copy_larger_than_files_may_be(database: Database, tmp_path: Path) -> None:
    """3 MB where files end at 2 MB; the disk has room, so more of it would not help."""
    pytest.importorskip("resource", reason="this system has no limits of files")
    (path,) = factories.write(factories.ct_series(1, size=1254), tmp_path / "files")
    assert Path(path).stat().st_size > 3_000_000
    with files_of_at_most(2_000_000):
        report = take(database, tmp_path / "files")
    assert report.failed == [(str(path), reasons.TOO_LARGE_TO_COPY)]
    assert "FAT32" in reasons.advice(reasons.TOO_LARGE_TO_COPY)
    assert database.files(SERIES) == []
