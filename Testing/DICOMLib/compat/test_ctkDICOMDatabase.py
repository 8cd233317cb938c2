"""The database as Slicer's scripts use it: life, schema, displayed fields, news."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from Testing.DICOMLib.compat.datasets import ABSENT, dataset, write


def test_defaults() -> None:
    database = ctkDICOMDatabase()
    assert (database.isOpen, database.isInMemory, database.lastError) == (False, False, "")
    assert (database.tagsToPrecache, database.tagsToExcludeFromStorage) == ([], ["7FE0,0010"])
    assert (database.useShortStoragePath, database.useSystemFileCopy) == (True, False)
    assert database.loadedSeriesInstanceUIDs == []
    assert (database.schemaVersion(), database.schemaVersionLoaded()) == ("0.8.1", "")
    assert database.patientFieldNames == database.studyFieldNames == database.seriesFieldNames == []
    assert database.thumbnailGenerator() is None
    assert not ctkDICOMDatabase(object()).isOpen  # a parent


def test_everything_is_empty_while_it_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    database = ctkDICOMDatabase()
    lists = ("studiesForPatient", "seriesForStudy", "instancesForSeries", "filesForSeries", "urlsForSeries")
    assert database.patients() == database.allFiles() == []
    assert [getattr(database, name)("1") for name in lists] == [[]] * 5
    texts = (
        "studyForSeries", "patientForStudy", "seriesForFile", "instanceForFile", "instanceForURL",
        "fileForInstance",
        "urlForInstance", "descriptionForSeries", "descriptionForStudy", "nameForPatient",
        "displayedNameForPatient",
    )  # fmt: skip
    assert [getattr(database, name)("1") for name in texts] == [""] * len(texts)
    counts = ("patientsCount", "studiesCount", "seriesCount", "imagesCount")
    assert [getattr(database, name)() for name in counts] == [0] * 4
    assert (
        database.fieldForPatient("PatientID", "1")
        == database.fileValue("/a", "0008,0060")
        == database.cachedTag("1", "x")
        == ""
    )
    assert (
        database.descriptionsForFile("/a")
        == database.instanceValues(["1"], "0008,0060")
        == database.connectionsInformationForPatient(1)
        == {}
    )
    for name in ("removeSeries", "removeStudy", "removePatient", "fileExistsAndUpToDate", "cleanupSeries"):
        assert getattr(database, name)("1") is False
    assert not database.cacheTag("1", "0008,0060", "CT")
    assert not database.tagCacheExists()
    assert not database.initializeDatabase()
    assert not database.updateSchema()
    assert not database.insertDateTimeForInstance("1").isValid()
    assert database.weightForField("Patients", "PatientID") == 2147483647
    for combination in ((True, True), (True, False), (False, True), (False, False)):
        assert database.insert(None, *combination) is None
    database.updateDisplayedFields()
    assert "closed" not in caplog.text
    database.setWeightForField("Patients", "PatientID", 1)
    assert "closed" in caplog.text


def test_opening(tmp_path: Path) -> None:
    database = ctkDICOMDatabase()
    events: list[str] = []
    for name in ("opened", "closed"):
        database.connect(f"{name}()", lambda name=name: events.append(name))
    file = str(tmp_path / "database.test")
    assert database.openDatabase(file) is True
    assert (database.lastError, database.isOpen, database.isInMemory) == ("", True, False)
    assert (database.databaseFilename, database.databaseDirectory) == (file, tmp_path.as_posix())
    assert (tmp_path / "ctkDICOMTagCache.sql").is_file()
    assert database.initializeDatabase()
    assert database.isDisplayedFieldsTableAvailable()
    assert database.tagCacheExists()
    assert database.schemaVersionLoaded() == "0.8.1"
    assert database.openDatabase(str(tmp_path / "missing" / "x.sql")) is False
    assert not database.isOpen
    assert "missing" in database.lastError
    assert events == ["opened", "closed"]
    database.closeDatabase()
    assert events == ["opened", "closed"]
    assert database.patients() == []


def test_opening_adds_the_tags_of_the_displayed_fields(database: ctkDICOMDatabase) -> None:
    # 40 for the rules of CTK, 4 for the geometry
    assert len(database.tagsToPrecache) == len(set(database.tagsToPrecache)) == 44
    assert {"0008,0018", "0028,0010", "300A,0002", "3002,0004", "3006,0002", "0010,4000"} <= set(
        database.tagsToPrecache
    )
    database.tagsToPrecache = ["0008,103e"]
    database.openDatabase(database.databaseFilename)
    assert database.tagsToPrecache[0] == "0008,103e"
    assert len(database.tagsToPrecache) == 45


@pytest.mark.parametrize("name", [":memory:", ""])
def test_private_databases(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "files/a.dcm", dataset())
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    database = ctkDICOMDatabase(name)
    assert database.isOpen
    assert database.isInMemory == (name == ":memory:")
    assert database.databaseDirectory == ("" if name else (tmp_path / "cwd").as_posix())
    database.insert(path)  # nothing is copied
    assert database.fileForInstance("9.1") == path
    assert database.fileValue(path, "0008,0060") == "CT"
    database.closeDatabase()
    assert list((tmp_path / "cwd").iterdir()) == []


def test_a_newer_database_is_not_opened(database: ctkDICOMDatabase) -> None:
    database.closeDatabase()
    with closing(sqlite3.connect(database.databaseFilename)) as connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.9.0'")
        connection.commit()
    assert not database.openDatabase(database.databaseFilename)
    assert "0.9.0" in database.lastError
    assert "0.8.1" in database.lastError


def test_initialize(filled: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    assert filled.initializeDatabase()
    assert heard == [("databaseChanged",)]
    assert filled.patients() == []
    assert filled.cachedTag("9.1", "0008,0060") == "CT"
    assert not filled.initializeDatabase(":/dicom/missing.sql")
    assert "Unable to initialize DICOM database!" in filled.lastError
    assert filled.initializeDatabase(b":/dicom/dicom-qr-schema.sql")
    assert len(filled.patientFieldNames) == 13


def test_updating_what_is_up_to_date(filled: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    assert not filled.updateSchemaIfNeeded()
    assert heard == [("schemaUpdateStarted", 0), ("schemaUpdated",)]
    assert filled.updateSchema()
    assert filled.fileForInstance("9.1") == str(tmp_path / "1.dcm")
    assert filled.instanceValue("9.1", "0008,103E") == "Head"
    assert filled.displayedNameForPatient("1") == "Doe, Jane"


def test_updating_an_old_schema(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    script = tmp_path / "old.sql"
    script.write_text(
        "DROP TABLE IF EXISTS Images; DROP TABLE IF EXISTS Patients;"
        "DROP TABLE IF EXISTS Studies; DROP TABLE IF EXISTS Series;"
        "CREATE TABLE Images (SOPInstanceUID VARCHAR(64) PRIMARY KEY, Filename VARCHAR(1024),"
        " SeriesInstanceUID VARCHAR(64),"
        " InsertTimestamp VARCHAR(20));"
        "CREATE TABLE Patients (UID INTEGER PRIMARY KEY AUTOINCREMENT,"
        " PatientsName VARCHAR(255), PatientID VARCHAR(255));"
        "CREATE TABLE Studies (StudyInstanceUID VARCHAR(64) PRIMARY KEY, PatientsUID INT);"
        "CREATE TABLE Series (SeriesInstanceUID VARCHAR(64) PRIMARY KEY, StudyInstanceUID VARCHAR(64));"
    )
    path = write(tmp_path / "a.dcm", dataset())
    assert database.initializeDatabase(str(script))
    with closing(sqlite3.connect(database.databaseFilename)) as connection:
        connection.execute("INSERT INTO Patients VALUES (1, 'Doe^Jane', 'P1')")
        connection.execute("INSERT INTO Studies VALUES ('1.2', 1)")
        connection.execute("INSERT INTO Series VALUES ('1.2.3', '1.2')")
        connection.execute("INSERT INTO Images VALUES ('9.1', ?, '1.2.3', '2012-01-01T00:00:00')", (path,))
        connection.execute("INSERT INTO Images VALUES ('9.2', '/gone.dcm', '1.2.3', '2012-01-01T00:00:00')")
        connection.commit()
    assert database.openDatabase(database.databaseFilename)
    assert database.schemaVersionLoaded() == ""
    events: list[tuple[object, ...]] = []
    database.connect("schemaUpdateStarted(int)", lambda count: events.append(("started", count)))
    database.connect("schemaUpdateProgress(int)", lambda number: events.append(("number", number)))
    database.connect("schemaUpdateProgress(QString)", lambda file: events.append(("file", file)))
    database.connect("displayedFieldsUpdateStarted()", lambda: events.append(("fields",)))
    database.connect("schemaUpdated()", lambda: events.append(("updated",)))
    assert database.updateSchemaIfNeeded()
    assert database.schemaVersionLoaded() == database.schemaVersion()
    assert events == [
        ("started", 2), ("number", 0), ("file", path), ("number", 1), ("file", "/gone.dcm"),
        ("fields",), ("updated",)
    ]  # fmt: skip
    assert database.allFiles() == [path, "/gone.dcm"]
    assert database.cachedTag("9.1", "0008,103E") == "Head"
    assert database.displayedNameForPatient("1") == "Doe, Jane"
    assert len(list((tmp_path / "db").glob("*.backup.sql"))) == 1


def test_updating_into_another_folder(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    filled.insert(write(tmp_path / "c.dcm", dataset("9.5")))
    copy = filled.fileForInstance("9.5")
    assert filled.updateSchema(newDatabaseDir=str(tmp_path / "new"))
    assert filled.databaseDirectory == (tmp_path / "new").as_posix()
    assert filled.fileForInstance("9.5") == copy
    assert (tmp_path / "db/ctkDICOM.sql").is_file()


def test_displayed_fields(filled: ctkDICOMDatabase, heard: list) -> None:
    filled.updateDisplayedFields()
    assert heard == [
        ("displayedFieldsUpdateProgress", 1),
        ("displayedFieldsUpdateProgress", 2),
        ("displayedFieldsUpdateProgress", 3),
        ("displayedFieldsUpdated",),
        ("databaseChanged",),
    ]
    assert filled.displayedNameForPatient("1") == "Doe, Jane"
    assert filled.fieldForSeries("DisplayedSize", "1.2.3") == "3x2"
    assert filled.fieldForSeries("DisplayedCount", "1.2.3") == "3"
    heard.clear()
    filled.updateDisplayedFields()
    assert heard[-1] == ("databaseChanged",)


def test_others_hear_of_a_change(filled: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    other = ctkDICOMDatabase(filled.databaseFilename)
    heard.clear()
    other.insert(write(tmp_path / "z.dcm", dataset("9.7")), False, False)
    assert heard == [("databaseChanged",)]
    other.closeDatabase()
    heard.clear()
    filled.databaseChanged()  # a script may say so, too
    assert heard == [("databaseChanged",)]


def test_what_another_program_writes_is_noticed(filled: ctkDICOMDatabase, heard: list) -> None:
    heard.clear()
    assert not filled.noticeChangesByOthers()
    with closing(sqlite3.connect(filled.databaseFilename)) as connection:
        connection.execute("UPDATE Series SET SeriesDescription = 'by another program'")
        connection.commit()
    assert filled.noticeChangesByOthers()
    assert heard == [("databaseChanged",)]
    assert filled.descriptionForSeries("1.2.3") == "by another program"
    filled.setWeightForField("Series", "Modality", 9)
    assert not filled.noticeChangesByOthers()
    filled.closeDatabase()
    assert not filled.noticeChangesByOthers()


def test_series_that_are_loaded(database: ctkDICOMDatabase, heard: list) -> None:
    database.loadedSeriesInstanceUIDs = ["1.2.3"]
    database.setLoadedSeriesInstanceUIDs(["1.2.3"])
    assert heard == [("loadedSeriesInstanceUIDsChanged", ["1.2.3"])]
    database.openDatabase(database.databaseFilename)
    assert database.loadedSeriesInstanceUIDs == ["1.2.3"]
    database.openDatabase(str(Path(database.databaseDirectory) / "other.sql"))
    assert database.loadedSeriesInstanceUIDs == []


def test_required_schema_version(database: ctkDICOMDatabase) -> None:
    database.setSchemaVersion("9.9")
    assert (database.schemaVersion(), database.schemaVersionLoaded()) == ("9.9", "0.8.1")


def test_composite_patient_id() -> None:
    assert ctkDICOMDatabase.compositePatientID("P1", "Doe^Jane", "19700131") == "P1~19700131~Doe^Jane"


# Thumbnails


class Painter:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def generateThumbnail(self, path: str, picture: str) -> bool:
        self.asked.append((path, picture))
        Path(picture).write_bytes(b"picture")
        return True


def test_thumbnails(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    os.utime(path, (time.time() - 100,) * 2)
    uids = ("1.2", "1.2.3", "9.1")
    assert database.thumbnailPathForInstance(*uids) == ""
    assert not database.storeThumbnailFile(path, *uids)
    painter = Painter()
    database.setThumbnailGenerator(painter)
    assert database.thumbnailGenerator() is painter
    assert not database.storeThumbnailFile(path, *uids, "SEG")
    assert database.storeThumbnailFile(path, *uids, "CT")
    picture = database.thumbnailPathForInstance(*uids)
    assert picture.startswith(f"{database.databaseDirectory}/thumbs/")
    assert database.storeThumbnailFile(path, *uids)
    assert painter.asked == [(path, picture)]
    database.insert(path, False, True)
    assert len(painter.asked) == 1
    database.insert(write(tmp_path / "b.dcm", dataset("9.2")), False, True)
    assert len(painter.asked) == 2
    database.removeSeries("1.2.3")
    assert not Path(picture).exists()


# CTK's own


def test_the_database_of_ctk(shared: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    import shutil

    folder = tmp_path / "ctk"
    shutil.copytree(shared / "ctk-database", folder)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    database = ctkDICOMDatabase(str(folder / "ctkDICOM.sql"))
    assert database.imagesCount() == 125
    for path in database.allFiles():
        sop = database.instanceForFile(path)
        for tag in ("0008,0060", "0020,0011", "0010,0010"):
            cached = database.cachedTag(sop, tag)
            fresh = database._read(path, [tag])
            assert fresh is not None
            assert fresh.values.get(tag, ABSENT) == cached
        database.fileValue(path, "0020,0032")
        assert database.cachedTag(sop, "0020,0032") != ""
    database.updateDisplayedFields()
    database.closeDatabase()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
