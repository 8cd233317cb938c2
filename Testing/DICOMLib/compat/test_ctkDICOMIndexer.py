"""The indexer as scripts use it: what it adds, the signals in their order, cancel, waiting."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pydicom
import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMIndexer import ctkDICOMIndexer
from DICOMLib.core.events import main_thread
from Testing import factories


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five instances: four visible ones in two folders, one in a hidden folder; and a text file."""
    folder = tmp_path / "files"
    factories.write(factories.ct_series(3), folder)
    factories.write([factories.text_report()], folder / "deep" / "er", prefix="sr")
    factories.write(factories.mr_series(1), folder / ".hidden")
    (folder / "readme.txt").write_text("no DICOM")
    return folder


@pytest.fixture
def indexer(database: ctkDICOMDatabase) -> ctkDICOMIndexer:
    made = ctkDICOMIndexer()
    made.setDatabase(database)
    return made


@pytest.fixture
def signals(indexer: ctkDICOMIndexer) -> list[tuple]:
    heard: list[tuple] = []
    for name in indexer.SIGNALS:
        getattr(indexer, name).connect(lambda *arguments, name=name: heard.append((name, *arguments)))
    return heard


def test_defaults() -> None:
    indexer = ctkDICOMIndexer(None)
    assert (indexer.backgroundImportEnabled, indexer.followSymlinks, indexer.importing) == (
        False,
        True,
        False,
    )
    assert indexer.database() is None
    indexer.waitForImportFinished()  # nothing to wait for
    indexer.waitForImportFinished(10)


def test_signals_in_their_order(indexer, signals, folder) -> None:
    indexer.addDirectory(str(folder))
    details = [text for name, *text in signals if name == "progressDetail"]
    assert details
    percents = [arguments[0] for name, *arguments in signals if name == "progress"]
    assert percents == sorted(percents)
    assert percents[0] == 0
    assert percents[-2:] == [95, 100]
    assert [signal for signal in signals if signal[0] not in ("progressDetail", "progress")] == [
        ("updatingDatabase", True),
        ("progressStep", "Parsing DICOM files"),
        ("progressStep", "Updating database fields"),
        ("progressStep", "Updating database displayed fields"),
        ("updatingDatabase", False),
        ("progressStep", "Indexing complete"),
        ("indexingComplete", 1, 1, 3, 5),
    ]
    signals.clear()
    indexer.addDirectory(str(folder))
    assert signals[-1] == ("indexingComplete", 0, 0, 0, 0)


def test_links_and_copies(indexer, database, folder) -> None:
    indexer.addDirectory(str(folder), False, False)
    assert database.imagesCount() == 4  # without what is hidden
    assert all(Path(path).is_relative_to(folder) for path in database.allFiles())
    indexer.addDirectory(str(folder / ".hidden"), copyFile=True)
    copies = [path for path in database.allFiles() if not Path(path).is_relative_to(folder)]
    assert len(copies) == 1
    assert Path(copies[0]).is_relative_to(Path(database.databaseDirectory) / "dicom")


def test_files_and_another_database(indexer, database, folder, tmp_path) -> None:
    files = sorted(str(path) for path in folder.glob("*.dcm"))
    indexer.addFile(files[0])
    assert database.allFiles() == files[:1]
    indexer.addListOfFiles(files, False)
    assert sorted(database.allFiles()) == files
    other = ctkDICOMDatabase(str(tmp_path / "other.sql"))
    indexer.addFile(other, files[0])
    assert other.allFiles() == files[:1]
    other.closeDatabase()
    with pytest.raises(TypeError, match="needs a path"):
        indexer.addDirectory(database)


def test_dicomdir(indexer, database, tmp_path) -> None:
    folder = tmp_path / "disc"
    factories.write_file_set(factories.ct_series(2), folder)
    factories.write(factories.mr_series(1), folder, prefix="unlisted")
    assert indexer.addDicomdir(str(folder)) is True
    assert database.imagesCount() == 2
    indexer.addDirectory(str(folder))
    assert database.imagesCount() == 2  # only what the DICOMDIR lists
    assert indexer.addDicomdir(str(tmp_path)) is False  # there is none


def test_the_caller_hears_of_changes_but_not_of_each_instance(indexer, database, folder, heard) -> None:
    indexer.addDirectory(str(folder))
    assert ("databaseChanged",) in heard
    assert not [event for event in heard if event[0].endswith("Added")]
    assert database.fieldForSeries(
        "DisplayedCount", database.seriesForStudy(database.studiesForPatient(1)[0])[0]
    )


def test_in_the_background(indexer, signals, database, folder, monkeypatch) -> None:
    monkeypatch.setattr(main_thread, "post", None)  # the listener has to hold the worker, not this thread
    held = threading.Event()
    indexer.progressStep.connect(lambda _text: held.wait(120))
    indexer.backgroundImportEnabled = True
    indexer.addDirectory(str(folder))
    assert indexer.importing
    indexer.addFile(str(folder / "nothing.dcm"))  # joins the same import
    indexer.waitForImportFinished(10)
    assert indexer.importing  # it took longer than that
    held.set()
    indexer.waitForImportFinished()
    assert not indexer.importing
    assert database.imagesCount() == 5
    assert [signal for signal in signals if signal[0] == "indexingComplete"] == [
        ("indexingComplete", 1, 1, 3, 5)
    ]
    assert [path for path, _reason in indexer.report.failed] == [str(folder / "nothing.dcm")]


def test_what_is_added_at_the_very_end_is_waited_for(indexer, database, folder, monkeypatch) -> None:
    monkeypatch.setattr(main_thread, "post", None)
    files = sorted(str(path) for path in folder.glob("*.dcm"))
    added = []

    def add_one_more(*_numbers) -> None:
        if not added:  # the worker takes no more requests now, but has not ended
            added.append(files[1])
            indexer.addFile(files[1])

    indexer.indexingComplete.connect(add_one_more)
    indexer.backgroundImportEnabled = True
    indexer.addFile(files[0])
    indexer.waitForImportFinished()
    assert not indexer.importing
    assert sorted(database.allFiles()) == files[:2]


def test_cancel_keeps_what_was_read(indexer, signals, database, tmp_path) -> None:
    factories.write(factories.ct_series(250), tmp_path / "many")
    indexer.progressDetail.connect(lambda _path: indexer.cancel())
    indexer.addDirectory(str(tmp_path / "many"))
    assert 0 < database.imagesCount() < 250
    assert signals[-1] == ("indexingComplete", 1, 1, 1, database.imagesCount())
    assert indexer.report.cancelled
    indexer.progressDetail.disconnect()
    indexer.cancel()  # while idle: it does nothing
    indexer.addDirectory(str(tmp_path / "many"))
    assert database.imagesCount() == 250


def test_what_was_added_without_a_database_waits_for_one(database, folder, caplog) -> None:
    indexer = ctkDICOMIndexer()
    indexer.addDirectory(str(folder))
    assert "No database has been set" in caplog.text
    assert not indexer.importing
    indexer.setDatabase(database)
    assert indexer.database() is database
    assert database.imagesCount() == 5


def test_a_database_that_is_closed(indexer, database, folder, caplog) -> None:
    database.closeDatabase()
    indexer.addDirectory(str(folder))
    assert "not open" in caplog.text
    assert indexer.report is None


def test_a_database_in_memory(folder, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = ctkDICOMDatabase(":memory:")
    indexer = ctkDICOMIndexer()
    indexer.addDirectory(database, str(folder), False)
    indexer.addDirectory(database, str(folder), True)
    indexer.waitForImportFinished()
    assert database.imagesCount() == 5
    database.closeDatabase()
    assert [path.name for path in tmp_path.iterdir()] == ["files"]


def test_links_to_folders_are_followed_if_wanted(indexer, database, folder, tmp_path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "to").symlink_to(folder, target_is_directory=True)
    indexer.followSymlinks = False
    indexer.addDirectory(str(tmp_path / "links"))
    assert database.imagesCount() == 0
    indexer.followSymlinks = True
    indexer.addDirectory(str(tmp_path / "links"))
    assert database.imagesCount() == 5


def test_tags_of_the_database_are_cached(indexer, database, folder) -> None:
    database.tagsToPrecache = [*database.tagsToPrecache, "0018,0060"]
    indexer.addDirectory(str(folder))
    sop = database.instanceForFile(str(folder / "0000.dcm"))
    assert database.cachedTag(sop, "0018,0060") in ("__TAG_NOT_IN_INSTANCE__", "120")
    assert database.cachedTag(sop, "0018,0061") == ""


@pytest.mark.parametrize("background", [False, True])
def test_an_import_that_fails_says_so_and_the_next_one_works(
    indexer, signals, database, folder, background, caplog
) -> None:
    """Another program takes a table away: what an import then raises is no end of the indexer."""
    with closing(sqlite3.connect(database.databaseFilename)) as other:
        (create,) = other.execute("SELECT sql FROM sqlite_master WHERE name = 'Images'").fetchone()
        other.execute("DROP TABLE Images")
        other.commit()
        indexer.backgroundImportEnabled = background
        indexer.addDirectory(str(folder))
        indexer.waitForImportFinished()
        assert indexer.error is not None
        assert (signals[-1], indexer.importing) == (("indexingComplete", 0, 0, 0, 0), False)
        assert str(folder) not in caplog.text
        other.execute(create)
        other.commit()
    indexer.addDirectory(str(folder))
    indexer.waitForImportFinished()
    assert indexer.error is None
    assert database.imagesCount() == 5


def test_signals_come_while_the_main_thread_waits(indexer, folder, monkeypatch) -> None:
    """In a window, signals of a worker are posted to the main thread."""
    posted: list = []
    monkeypatch.setattr(main_thread, "post", posted.append)
    monkeypatch.setattr(main_thread, "deliver", lambda: [posted.pop(0)() for _ in list(posted)])
    heard: list = []
    indexer.progressStep.connect(lambda step: heard.append((step, indexer.importing)))
    indexer.backgroundImportEnabled = True
    indexer.addDirectory(str(folder))
    indexer.waitForImportFinished()
    assert [step for step, _importing in heard][-1] == "Indexing complete"


def test_only_a_dicomdir_at_the_top_restricts_the_import(indexer, database, tmp_path) -> None:
    factories.write_file_set(factories.ct_series(2), tmp_path / "top" / "disc")
    factories.write(factories.mr_series(1), tmp_path / "top" / "disc", prefix="unlisted")
    indexer.addDirectory(str(tmp_path / "top"))
    assert database.imagesCount() == 3


def test_a_dicomdir_with_an_incomplete_record(indexer, database, tmp_path) -> None:
    dicomdir = factories.write_file_set(factories.ct_series(3), tmp_path / "disc")
    listed = pydicom.dcmread(dicomdir)
    records = [item for item in listed.DirectoryRecordSequence if "ReferencedFileID" in item]
    del records[0].ReferencedFileID
    listed.save_as(dicomdir)
    assert indexer.addDicomdir(str(tmp_path / "disc")) is False
    assert database.imagesCount() == 2


def test_a_file_that_was_written_again_is_read_again(indexer, signals, database, tmp_path) -> None:
    (path,) = factories.write(factories.ct_series(1), tmp_path / "files")
    indexer.addFile(str(path))
    changed = pydicom.dcmread(path)
    changed.SeriesDescription = "written again"
    changed.save_as(path)
    os.utime(path, (time.time() + 60,) * 2)
    indexer.addFile(str(path))
    assert signals[-1] == ("indexingComplete", 0, 0, 0, 0)  # nothing was added
    assert database.fileValue(str(path), "0008,103E") == "written again"
    assert database.imagesCount() == 1
