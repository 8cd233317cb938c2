"""Databases that can be read but not written."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.errors import DatabaseReadOnly, DatabaseUnavailable
from DICOMLib.database import Database, FileRecord
from Testing.ordinary_user import ordinary_user

Make = Callable[..., FileRecord]
MODALITY = "0008,0060"
pytestmark = pytest.mark.skipif(not hasattr(os, "setresuid"), reason="needs POSIX permissions")


@pytest.fixture
def folder(record: Make) -> Iterator[Path]:
    """Folder of a database of two instances, which other users may look into."""
    with tempfile.TemporaryDirectory() as top:
        Path(top).chmod(0o755)
        folder = Path(top) / "db"
        with Database.open(folder) as database:
            database.insert_records(
                [record("9.1", t0008_0060="CT"), record("9.2", t0008_0060="MR")], [MODALITY]
            )
        yield folder
        folder.chmod(0o755)


def protect(folder: Path, what: str) -> None:
    """Take away the right of others to write to the folder, to its files, or to the tag cache only."""
    folder.chmod(0o555 if what == "folder" else 0o777)
    for file in folder.iterdir():
        is_protected = what == "files" or (what == "tag cache" and file.name == "ctkDICOMTagCache.sql")
        file.chmod(0o444 if is_protected else 0o666)


def content(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("what", ["folder", "files", "tag cache"])
def test_it_is_listed_and_searched_and_stays_as_it_is(folder: Path, what: str, record: Make) -> None:
    protect(folder, what)
    before = content(folder)
    with ordinary_user(), Database.open(folder) as database:
        assert database.read_only
        assert database.counts() == (1, 1, 1, 2)
        assert database.search("series", "Modality:CT") == database.search("series", "")
        assert [database.value(sop, MODALITY) for sop in ("9.1", "9.2")] == ["CT", "MR"]
        for write in (
            lambda: database.insert_records([record("9.3")], []),
            lambda: database.remove_series(*database.search("series", "")),
            lambda: database.cache_tags([("9.1", MODALITY, "PT")]),
            lambda: database.set_column("Series", "Modality", Visibility=0),
        ):
            with pytest.raises(DatabaseReadOnly, match="is read-only: nothing can be added to it"):
                write()
    assert content(folder) == before


def test_it_can_be_asked_for(folder: Path, record: Make) -> None:
    """Also where it could be written."""
    before = content(folder)
    with Database.open(folder, read_only=True) as database:
        assert database.counts() == (1, 1, 1, 2)
        with pytest.raises(DatabaseReadOnly):
            database.insert_records([record("9.3")], [])
    assert content(folder) == before
    with pytest.raises(DatabaseUnavailable, match="There is no database"):
        Database.open(folder / "absent.sql", read_only=True)
    assert not (folder / "absent.sql").exists()


def test_threads_ask_it_too(folder: Path) -> None:
    protect(folder, "folder")
    found: list[object] = []
    with ordinary_user(), Database.open(folder) as database:
        thread = threading.Thread(target=lambda: found.append(database.value("9.1", MODALITY)))
        thread.start()
        thread.join()
    assert found == ["CT"]


def test_what_somebody_else_writes_is_seen(folder: Path, record: Make) -> None:
    """Both where the file was read as one that nobody changes, and while the other has it open."""
    with Database.open(folder, read_only=True) as reader:
        assert len(reader.instances(record("9.3").values["0020,000E"])) == 2
        protect(folder, "folder")
        with ordinary_user(), Database.open(folder) as protected:
            assert protected.counts()[3] == 2
            os.setresuid(0, 0, 0)
            with Database.open(folder) as writer:
                writer.insert_records([record("9.3")], [])
            os.setresuid(65534, 65534, 0)
            assert protected.counts()[3] == 3
        assert reader.counts()[3] == 3


@pytest.mark.parametrize("cache", ["missing", "old", "of CTK"])
def test_a_tag_cache_that_is_missing_or_old(folder: Path, cache: str) -> None:
    file = folder / "ctkDICOMTagCache.sql"
    if cache == "old":  # of our first versions, which had no index of texts
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("DROP INDEX TagVaryingLongIndex")
            connection.commit()
    else:
        file.unlink()
    if cache == "of CTK":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE TagCache (SOPInstanceUID, Tag, Value)")
            connection.execute("INSERT INTO TagCache VALUES ('9.1', '0008,0060', 'CT')")
            connection.commit()
    before = content(folder)
    with Database.open(folder, read_only=True) as database:
        assert database.counts() == (1, 1, 1, 2)
        assert database.value("9.1", MODALITY) == ("" if cache == "missing" else "CT")
    assert content(folder) == before


def test_a_journal_that_was_left_is_told(folder: Path, record: Make) -> None:
    """What a killed program had not written into the file yet would be missing."""
    with Database.open(folder) as database:
        database.insert_records([record("9.3")], [])
        killed = folder.parent / "killed"
        shutil.copytree(folder, killed)
    (killed / "ctkDICOM.sql-shm").unlink()
    protect(killed, "folder")
    with ordinary_user(), pytest.raises(DatabaseUnavailable, match="did not close it"):
        Database.open(killed)
    killed.chmod(0o755)
    with Database.open(killed) as database:
        assert database.counts()[3] == 3


def test_what_cannot_be_opened_is_told(folder: Path) -> None:
    empty = folder.parent / "empty"
    empty.mkdir()
    (empty / "ctkDICOM.sql").touch()
    with pytest.raises(DatabaseUnavailable, match="is empty, and read-only"):
        Database.open(empty, read_only=True)
    (empty / "ctkDICOM.sql").unlink()
    protect(empty, "folder")
    with ordinary_user(), pytest.raises(DatabaseUnavailable, match="no database can be made in it"):
        Database.open(empty)
    (folder / "ctkDICOM.sql").chmod(0o600)
    with ordinary_user(), pytest.raises(DatabaseUnavailable, match="may not be read by this user"):
        Database.open(folder)
    with closing(sqlite3.connect(folder / "ctkDICOM.sql")) as connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.7.0'")
        connection.commit()
    with pytest.raises(DatabaseReadOnly, match="read-only"):
        Database.open(folder, read_only=True)
