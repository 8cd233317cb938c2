"""Zip archives, friendly and hostile."""

from __future__ import annotations

import shutil
import time
import warnings
import zipfile
from collections import namedtuple
from pathlib import Path

import pytest

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.database import Database
from DICOMLib.indexing import ImportOptions, archives, import_paths, importer, reasons
from Testing import factories

SERIES = factories.uid("series")


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


@pytest.fixture
def contents(tmp_path: Path) -> list[bytes]:
    """Three CT images."""
    return [Path(path).read_bytes() for path in factories.write(factories.ct_series(3), tmp_path / "files")]


def take(database: Database, *paths: Path, **options):
    return run(import_paths(database, paths, ImportOptions(**options)))


def zipped(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def by_name(entries) -> dict[str, str]:
    return {Path(path).name: reason for path, reason in entries}


METHODS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]


@pytest.mark.parametrize("method", METHODS)
def test_images_of_an_archive_are_copied_into_the_database(
    database: Database, tmp_path: Path, contents: list[bytes], method: int
) -> None:
    members = {f"study/{number}": content for number, content in enumerate(contents)}
    path = zipped(tmp_path / "study.zip", {**members, "study/": b"", "readme.txt": b"hello " * 40}, method)
    report = take(database, path)
    assert (report.instances, report.failed) == (3, [])
    assert report.skipped == [(f"{path}/readme.txt", reasons.NO_DICOM)]
    files = [Path(file) for file in database.files(SERIES)]
    assert [file.read_bytes() for file in files] == contents
    assert all(file.is_relative_to(database.directory / "dicom") for file in files)
    assert not list(database.directory.glob(".import-*"))
    again = take(database, path)
    assert (again.instances, again.failed, again.notes) == (0, [], [])
    assert (again.unchanged, again.replaced) == (3, 0)


def test_names_lead_nowhere(database: Database, tmp_path: Path, contents: list[bytes]) -> None:
    names = ["../../escaped.dcm", "/tmp/absolute-escape.dcm", "C:\\Windows\\x.dcm"]
    take(database, zipped(tmp_path / "evil.zip", dict(zip(names, contents, strict=True))))
    assert database.counts()[3] == 3
    written = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert not {path.name for path in written} & {"escaped.dcm", "absolute-escape.dcm", "x.dcm"}
    assert not Path("/tmp/absolute-escape.dcm").exists()


def test_a_bomb_is_not_taken_out(database: Database, tmp_path: Path, contents, monkeypatch) -> None:
    monkeypatch.setattr(archives, "MIN_LIMIT_BYTES", 1 << 20)
    bomb = contents[0] + bytes(300 << 20)
    path = zipped(tmp_path / "bomb.zip", {"1.dcm": contents[1], "bomb.dcm": bomb, "2.dcm": contents[2]})
    assert path.stat().st_size < 1 << 20
    start = time.monotonic()
    report = take(database, path)
    assert by_name(report.failed) == {"bomb.dcm": reasons.BOMB}
    assert report.instances == 2
    assert time.monotonic() - start < 120
    assert sum(file.stat().st_size for file in database.directory.rglob("*.dcm")) < 1 << 20


def test_no_more_is_taken_out_than_there_is_room(
    database: Database, tmp_path: Path, contents, monkeypatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1, 1, archives.RESERVE_BYTES))
    report = take(database, zipped(tmp_path / "a.zip", {"1.dcm": contents[0]}))
    assert by_name(report.failed) == {"1.dcm": reasons.NO_SPACE}


def test_damaged_encrypted_and_empty_members(
    database: Database, tmp_path: Path, contents: list[bytes]
) -> None:
    path = tmp_path / "odd.zip"
    members = {
        "good.dcm": contents[0],
        "bad crc.dcm": contents[1],
        "empty.dcm": b"",
        "locked.dcm": contents[2],
    }
    zipped(path, members, zipfile.ZIP_STORED)
    raw = bytearray(path.read_bytes())
    raw[raw.index(contents[1]) + 600] ^= 0xFF
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.index(b"locked.dcm", raw.rindex(signature) if flags == 8 else 0)
        raw[raw.rindex(signature, 0, at) + flags] |= 1
    path.write_bytes(raw)
    report = take(database, path)
    assert by_name(report.failed) == {"bad crc.dcm": reasons.BAD_ARCHIVE, "locked.dcm": reasons.ENCRYPTED}
    assert by_name(report.skipped) == {"empty.dcm": reasons.EMPTY}
    assert report.instances == 1


def test_an_archive_that_is_cut_off(database: Database, tmp_path: Path, contents: list[bytes]) -> None:
    path = zipped(tmp_path / "cut.zip", {"1.dcm": contents[0]})
    path.write_bytes(path.read_bytes()[:-30])
    assert by_name(take(database, path).failed) == {"cut.zip": reasons.BAD_ARCHIVE}


def test_archives_in_folders_are_imported_by_their_name(database: Database, tmp_path: Path, contents) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "0.dcm").write_bytes(contents[0])
    inner = zipped(folder / "inner.ZIP", {"../1.dcm": contents[1], "2": contents[2], "readme": b"hello" * 40})
    zipped(folder / "letter.docx", {"word/document.xml": b"<xml/>" * 40})
    for instances in (3, 0):
        report = take(database, folder)
        assert (report.instances, report.failed) == (instances, [])
        assert by_name(report.skipped) == {"letter.docx": reasons.ARCHIVE, "readme": reasons.NO_DICOM}
    names = database.files(SERIES)
    assert [Path(name).is_relative_to(tmp_path / "database") for name in names].count(True) == 2
    assert sorted(Path(name).read_bytes() for name in names) == sorted(contents)
    assert (folder / "0.dcm").as_posix() in names
    assert not (tmp_path / "1.dcm").exists()
    inner.write_bytes(inner.read_bytes()[:-30])
    assert by_name(take(database, folder).failed) == {"inner.ZIP": reasons.BAD_ARCHIVE}


def test_a_database_in_memory_leaves_archives_in_folders_alone(tmp_path: Path, contents: list[bytes]) -> None:
    (tmp_path / "folder").mkdir()
    zipped(tmp_path / "folder/inner.zip", {"1.dcm": contents[0]})
    with Database.open(":memory:") as memory:
        assert by_name(take(memory, tmp_path / "folder").skipped) == {"inner.zip": reasons.ARCHIVE}


def test_archives_in_archives_are_told(database: Database, tmp_path: Path, contents) -> None:
    inner = zipped(tmp_path / "inner.zip", {"1.dcm": contents[0]})
    outer = zipped(tmp_path / "outer.zip", {"inner.zip": inner.read_bytes()})
    report = take(database, outer)
    assert by_name(report.skipped) == {"inner.zip": reasons.NO_DICOM}
    assert report.instances == 0


def test_a_database_in_memory_has_no_place_for_them(tmp_path: Path, contents: list[bytes]) -> None:
    path = zipped(tmp_path / "a.zip", {"1.dcm": contents[0]})
    with Database.open(":memory:") as database:
        assert by_name(take(database, path).failed) == {"a.zip": reasons.ARCHIVE_IN_MEMORY}


def test_the_same_name_twice_and_a_second_file_of_an_instance(
    database: Database, tmp_path: Path, contents: list[bytes]
) -> None:
    path = tmp_path / "twice.zip"
    other = factories.ct_series(1, SeriesDescription="other")
    second = Path(factories.write(other, tmp_path / "other")[0]).read_bytes()
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # of two members with one name
        for content in (contents[0], contents[1], second):
            archive.writestr("image.dcm", content)
    report = take(database, path)
    assert report.instances == 2
    assert report.notes == [(f"{path}/image.dcm", reasons.SECOND_FILE)]


def test_cancelling_leaves_nothing_behind(database: Database, tmp_path: Path, contents, monkeypatch) -> None:
    monkeypatch.setattr(importer, "PROGRESS_EVERY", 1)
    path = zipped(tmp_path / "a.zip", {f"{n}.dcm": content for n, content in enumerate(contents)})
    job = import_paths(database, [path])
    while next(job).done < 1:
        pass
    job.throw(JobCancelled())
    assert run(job).instances == 1
    assert not list(database.directory.glob(".import-*"))


def test_a_file_set_in_an_archive(database: Database, tmp_path: Path) -> None:
    dicomdir = factories.write_file_set(factories.ct_series(3), tmp_path / "disc")
    members = {
        str(path.relative_to(dicomdir.parent)): path.read_bytes()
        for path in dicomdir.parent.rglob("*")
        if path.is_file()
    }
    report = take(database, zipped(tmp_path / "disc.zip", members))
    assert report.instances == 3
    assert by_name(report.skipped) == {"DICOMDIR": reasons.DIRECTORY_RECORD}
