"""The database as Slicer's scripts use it: every name, answer, default and signal."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem

CT = "1.2.840.10008.5.1.4.1.1.2"
ABSENT, NOT_STORED = "__TAG_NOT_IN_INSTANCE__", "__VALUE_IS_NOT_STORED__"


def dataset(sop: str = "9.1", **values: object) -> Dataset:
    made = Dataset()
    made.SOPClassUID = CT
    made.SOPInstanceUID = sop
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2", "1.2.3"
    made.PatientName, made.PatientID, made.PatientBirthDate = "Doe^Jane", "P1", "19700131"
    made.StudyDescription, made.SeriesDescription = "", "Head"
    made.Modality, made.Rows, made.Columns = "CT", 2, 3
    for name, value in values.items():
        setattr(made, name, value)
    return made


def write(path: Path, made: Dataset) -> str:
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path.parent.mkdir(parents=True, exist_ok=True)
    made.save_as(path, enforce_file_format=True)
    return str(path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[ctkDICOMDatabase]:
    (tmp_path / "db").mkdir()
    opened = ctkDICOMDatabase(str(tmp_path / "db/ctkDICOM.sql"))
    assert opened.isOpen
    yield opened
    opened.closeDatabase()


@pytest.fixture
def heard(database: ctkDICOMDatabase) -> list[tuple[object, ...]]:
    events: list[tuple[object, ...]] = []
    for name in database.SIGNALS:
        getattr(database, name).connect(lambda *arguments, name=name: events.append((name, *arguments)))
    return events


# Life


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
    assert len(database.tagsToPrecache) == len(set(database.tagsToPrecache)) == 40
    assert {"0008,0018", "0028,0010", "300A,0002", "3002,0004", "3006,0002", "0010,4000"} <= set(
        database.tagsToPrecache
    )
    database.tagsToPrecache = ["0008,103e"]
    database.openDatabase(database.databaseFilename)
    assert database.tagsToPrecache[0] == "0008,103e"
    assert len(database.tagsToPrecache) == 41


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


# Insertion


def test_a_link(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path, False, False)
    assert database.fileForInstance("9.1") == path
    assert database.instanceForFile(path) == "9.1"
    assert heard == [
        ("patientAdded", 1, "P1", "Doe^Jane", "19700131"),
        ("connectionNameAdded", 1, "P1", "Doe^Jane", "19700131", ""),
        ("studyAdded", "1.2"),
        ("seriesAdded", "1.2.3"),
        ("instanceAdded", "9.1"),
        ("databaseChanged",),
    ]
    heard.clear()
    database.insert(write(tmp_path / "b.dcm", dataset("9.2")), False)
    assert heard == [("instanceAdded", "9.2"), ("databaseChanged",)]


def test_a_copy(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path)
    copy = Path(database.fileForInstance("9.1"))
    assert copy.is_relative_to(tmp_path / "db/dicom")
    assert copy.read_bytes() == Path(path).read_bytes()
    assert database.instanceForFile(str(copy)) == "9.1"
    assert database.instanceForFile(path) == ""
    database.useShortStoragePath = False
    database.insert(write(tmp_path / "b.dcm", dataset("9.2")))
    assert database.fileForInstance("9.2") == f"{database.databaseDirectory}/dicom/1.2/1.2.3/9.2.dcm"


def test_what_cannot_be_inserted_is_logged(
    database: ctkDICOMDatabase, heard: list, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    letter = tmp_path / "Doe Jane.txt"
    letter.write_text("Dear colleague, " * 20)
    database.insert(str(letter))
    database.insert(str(tmp_path / "missing.dcm"))
    without = dataset()
    del without.StudyInstanceUID
    database.insert(write(tmp_path / "c.dcm", without), False)
    assert len(caplog.records) == 3
    assert "Doe" not in caplog.text
    assert [event for event in heard if event != ("databaseChanged",)] == []
    assert database.imagesCount() == 0


def test_a_missing_series_uid_is_accepted(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    without = dataset()
    del without.SeriesInstanceUID
    database.insert(write(tmp_path / "a.dcm", without), False)
    counts = (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )
    assert counts == (1, 1, 0, 0)


def test_the_latest_path_wins(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    first = write(tmp_path / "a.dcm", dataset())
    database.insert(first, False)
    Path(first).unlink()
    second = write(tmp_path / "b.dcm", dataset())
    database.insert(second, False)
    assert database.fileForInstance("9.1") == second


def test_a_dataset_without_a_file(database: ctkDICOMDatabase) -> None:
    database.insert(ctkDICOMItem(dataset()), False, False)
    assert (database.patientsCount(), database.seriesCount(), database.imagesCount()) == (1, 1, 0)
    database.insert(dataset(), True, False)
    assert database.imagesCount() == 1
    path = database.fileForInstance("9.1")
    item = ctkDICOMItem()
    item.InitializeFromFile(path)
    assert item.GetElementAsString("0010,0010") == "Doe^Jane"


class Result:
    """What an indexer hands over."""

    def __init__(self, path: str, made: Dataset, copy: bool = False, overwrite: bool = False) -> None:
        self.filePath, self.dataset, self.copyFile, self.overwriteExistingDataset = (
            path,
            ctkDICOMItem(made),
            copy,
            overwrite,
        )


def test_results_of_an_indexer(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.dcm", dataset(f"9.{n}")) for n in range(3)]
    results = [Result(path, dataset(f"9.{n}"), copy=n == 2) for n, path in enumerate(paths)]
    assert database.insert(results) == database.Inserted == 1
    assert database.insert(results[:2]) == database.NotInserted == 0
    assert database.filesForSeries("1.2.3")[:2] == paths[:2]
    assert "/db/dicom/" in database.filesForSeries("1.2.3")[2]


class JobType:
    def __init__(self, name: str) -> None:
        self.name = name


class Answer:
    """What a peer answered."""

    def __init__(self, job: str, *made: Dataset, connection: str = "PACS", path: str = "") -> None:
        self._job, self._made, self.connectionName, self.filePath = JobType(job), made, connection, path
        self.copyFile = False

    def jobType(self) -> JobType:
        return self._job

    def datasets(self) -> dict[str, ctkDICOMItem]:
        return {str(number): ctkDICOMItem(one) for number, one in enumerate(self._made)}


def part(**values: object) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_answers_of_a_peer(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    uids = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3"}
    assert database.insert([Answer("QueryPatients", part(PatientID="P1", PatientName="Doe^Jane"))]) == 1
    assert (database.patientsCount(), database.studiesCount()) == (1, 0)
    assert database.connectionsInformationForPatient("1") == {"allow": ["PACS"], "deny": []}
    database.insert(
        [Answer("QueryStudies", part(PatientID="P1", PatientName="Doe^Jane", StudyInstanceUID="1.2"))]
    )
    # lower levels do not repeat who the patient is
    database.insert([Answer("QuerySeries", part(**uids, Modality="CT"))])
    database.insert(
        [Answer("QueryInstances", part(**uids, SOPInstanceUID="9.1"), part(**uids, SOPInstanceUID="9.2"))]
    )
    counts = (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )
    assert counts == (1, 1, 1, 2)
    url = "dimse+ctk://PACS/1.2/1.2.3/9.1"
    assert database.urlsForSeries("1.2.3") == [url, url[:-1] + "2"]
    assert database.filesForSeries("1.2.3") == ["", ""]
    assert (database.instanceForURL(url), database.urlForInstance("9.1")) == ("9.1", url)
    assert database.fileValue(url, "0008,0070") == ""
    assert ("instanceAdded", "9.2") in heard
    path = write(tmp_path / "a.dcm", dataset())
    database.insert([Answer("RetrieveSOPInstance", dataset(), path=path)])
    assert database.filesForSeries("1.2.3", 5) == ["", path]
    assert database.urlForInstance("9.1") == ""


# Lookups


@pytest.fixture
def filled(database: ctkDICOMDatabase, tmp_path: Path) -> ctkDICOMDatabase:
    for number in range(3):
        database.insert(
            write(tmp_path / f"{number}.dcm", dataset(f"9.{number}", InstanceNumber=number)), False, False
        )
    return database


def test_lookups(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = str(tmp_path / "1.dcm")
    assert filled.patients() == ["1"]
    assert filled.studiesForPatient("1") == filled.studiesForPatient(1) == ["1.2"]
    assert filled.seriesForStudy("1.2") == ["1.2.3"]
    assert filled.instancesForSeries("1.2.3") == ["9.0", "9.1", "9.2"]
    assert filled.instancesForSeries("1.2.3", 2) == ["9.0", "9.1"]
    assert filled.filesForSeries("1.2.3", 1) == [str(tmp_path / "0.dcm")]
    assert (filled.studyForSeries("1.2.3"), filled.patientForStudy("1.2")) == ("1.2", "1")
    assert (filled.seriesForFile(path), filled.instanceForFile(path)) == ("1.2.3", "9.1")
    assert filled.seriesForFile(Path(path)) == "1.2.3"
    assert filled.allFiles() == [str(tmp_path / f"{n}.dcm") for n in range(3)]
    assert filled.descriptionsForFile(path) == {
        "SeriesDescription": "Head",
        "StudyDescription": "",
        "PatientsName": "Doe^Jane",
    }
    assert filled.descriptionsForFile("/unknown") == {}
    assert (filled.descriptionForSeries("1.2.3"), filled.descriptionForStudy("1.2")) == ("Head", "")
    assert (filled.nameForPatient("1"), filled.displayedNameForPatient("1")) == ("Doe^Jane", "")
    assert filled.fieldForPatient("PatientsBirthDate", "1") == "1970-01-31"
    assert filled.fieldForStudy("PatientsUID", "1.2") == "1"
    assert filled.fieldForSeries("SeriesNumber", "1.2.3") == "0"
    assert filled.fieldForSeries("BodyPartExamined", "1.2.3") == ""
    assert (
        filled.descriptionForSeries("unknown")
        == filled.fileForInstance("unknown")
        == filled.nameForPatient(77)
        == ""
    )


def test_an_unknown_column_is_logged(filled: ctkDICOMDatabase, caplog: pytest.LogCaptureFixture) -> None:
    assert filled.fieldForSeries("NoSuchColumn", "1.2.3") == ""
    assert "NoSuchColumn" in caplog.text


def test_insert_times(filled: ctkDICOMDatabase) -> None:
    for moment in (
        filled.insertDateTimeForPatient("1"),
        filled.insertDateTimeForStudy("1.2"),
        filled.insertDateTimeForSeries("1.2.3"),
        filled.insertDateTimeForInstance("9.1"),
    ):
        assert moment.isValid()
        assert abs(moment.toMSecsSinceEpoch() / 1000 - datetime.now().timestamp()) < 10
    assert not filled.insertDateTimeForSeries("unknown").isValid()


def test_files_that_are_up_to_date(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = tmp_path / "1.dcm"
    os.utime(path, (time.time() - 100,) * 2)
    assert filled.fileExistsAndUpToDate(str(path))
    os.utime(path, (time.time() + 100,) * 2)
    assert not filled.fileExistsAndUpToDate(str(path))
    path.unlink()
    assert not filled.fileExistsAndUpToDate(str(path))
    assert not filled.fileExistsAndUpToDate("/unknown")


def test_connections(filled: ctkDICOMDatabase) -> None:
    assert filled.connectionsInformationForPatient("1") == {"allow": [""], "deny": []}
    assert filled.updateConnectionsForPatient("1", ["A", "Ö"], ["B"]) is True
    assert filled.connectionsInformationForPatient("1") == {"allow": ["A", "Ö"], "deny": ["B"]}
    assert filled.connectionsInformationForPatient("99") == {}


def test_column_properties(filled: ctkDICOMDatabase, heard: list) -> None:
    assert filled.displayedNameForField("Series", "Modality") == "Modality"
    assert filled.visibilityForField("Series", "Modality") is True
    assert filled.weightForField("Series", "Modality") == 3
    assert filled.formatForField("Series", "Modality") == '{"resizeMode":"resizeToContents"}'
    filled.setDisplayedNameForField("Series", "Modality", "Kind")
    filled.setVisibilityForField("Series", "Modality", False)
    filled.setWeightForField("Series", "Modality", 11)
    filled.setFormatForField("Series", "Modality", "{}")
    assert heard == [("databaseChanged",)] * 4
    assert filled.displayedNameForField("Series", "Modality") == "Kind"
    assert filled.visibilityForField("Series", "Modality") is False
    assert filled.weightForField("Series", "Modality") == 11
    assert filled.formatForField("Series", "Modality") == "{}"
    assert (
        filled.displayedNameForField("Series", "Nothing"),
        filled.weightForField("Series", "Nothing"),
    ) == ("", 0)
    assert (filled.visibilityForField("Series", "Nothing"), filled.formatForField("Series", "Nothing")) == (
        False,
        "",
    )


def test_names_of_columns(database: ctkDICOMDatabase) -> None:
    assert database.patientFieldNames[:3] == ["UID", "PatientsName", "PatientID"]
    assert database.patientFieldNames[-1] == "Connections"
    assert database.studyFieldNames[:2] == ["StudyInstanceUID", "PatientsUID"]
    assert database.seriesFieldNames[2] == "SeriesNumber"
    assert (
        len(database.patientFieldNames),
        len(database.studyFieldNames),
        len(database.seriesFieldNames),
    ) == (14, 14, 19)


# Values


def test_cached_and_uncached_values(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = str(tmp_path / "1.dcm")
    assert filled.cachedTag("9.1", "0020,0013") == ""
    assert filled.fileValue(path, "0020,0013") == "1"
    assert filled.cachedTag("9.1", "0020,0013") == "1"
    assert filled.fileValue(path, 0x0008, 0x0060) == filled.instanceValue("9.1", 8, 0x60) == "CT"
    assert filled.fileValue(path, "0008,103e") == filled.instanceValue("9.1", "0008,103e") == "Head"
    assert filled.instanceValue("9.1", "9999,9999") == ""
    assert filled.cachedTag("9.1", "9999,9999") == ABSENT
    assert filled.instanceValue("unknown", "0008,0060") == ""
    assert filled.fileValue("/no/such/file", "00ff,eeee") == ""
    assert filled.fileValue(path, "no tag") == filled.fileValue(path, "") == ""
    # what is cached needs no file any more
    Path(path).unlink()
    assert filled.fileValue(path, "0020,0013") == "1"
    assert filled.fileValue(path, "0018,0050") == ""
    assert filled.cachedTag("9.1", "0018,0050") == ""


def test_the_first_look_is_as_good_as_the_second(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    with_pixels = dataset(PixelData=bytes(12), BitsAllocated=16, BitsStored=16, HighBit=15,
                          PixelRepresentation=0,
                          SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2")  # fmt: skip
    with_pixels["PixelData"].VR = "OW"
    path = write(tmp_path / "a.dcm", with_pixels)
    other = write(tmp_path / "b.dcm", dataset("9.2"))
    for one in (path, other):
        database.insert(one, False, False)
    for _ in range(2):
        assert database.fileValue(path, "7FE0,0010") == ""
        assert database.fileValueExists(path, "7FE0,0010") is True
        assert database.fileValueExists(other, "7FE0,0010") is False
        assert database.instanceValueExists("9.2", "0018,0050") is False
        assert database.instanceValueExists("9.2", "0008,1030") is False  # there, but empty
        assert database.instanceValueExists("9.2", "0008,0060") is True
    assert database.cachedTag("9.1", "7FE0,0010") == NOT_STORED
    assert database.cachedTag("9.2", "7FE0,0010") == ABSENT


def test_files_outside_the_database_do_not_mix(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    one = write(tmp_path / "x.dcm", dataset("9.8", Modality="MR"))
    two = write(tmp_path / "y.dcm", dataset("9.9", Modality="PT"))
    assert (filled.fileValue(one, "0008,0060"), filled.fileValue(two, "0008,0060")) == ("MR", "PT")
    assert filled.fileValueExists(two, "0008,0060")
    assert not filled.fileValueExists(two, "0018,0050")
    assert filled.cachedTag("", "0008,0060") == ""


def test_values_of_all_kinds(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    made = dataset(SpecificCharacterSet="ISO_IR 192", PatientName="Möller^Jürgen",
                   ImageType=["ORIGINAL", "PRIMARY"],
                   PixelSpacing=["0.50", "0.25"])  # fmt: skip
    path = write(tmp_path / "a.dcm", made)
    database.insert(path, False, False)
    assert database.fileValue(path, "0010,0010") == "Möller^Jürgen"
    assert database.nameForPatient("1") == "Möller^Jürgen"
    assert database.fileValue(path, "0008,0008") == "ORIGINAL\\PRIMARY"
    assert database.fileValue(path, "0028,0030") == "0.50\\0.25"
    assert database.fileValue(path, "0028,0010") == "2"


def test_many_values(filled: ctkDICOMDatabase) -> None:
    sops = ["9.0", "9.1", "unknown"]
    assert filled.instanceValues(sops, "0008,103e") == {"9.0": "Head", "9.1": "Head"}
    assert filled.instanceValues(sops, "0008,1030") == {}


def test_the_cache_itself(filled: ctkDICOMDatabase) -> None:
    assert filled.tagCacheExists()
    assert filled.initializeTagCache()
    assert filled.cachedTag("9.1", "0008,103E") == ""
    assert filled.cacheTag("9.1", "0008,103e", "text")
    assert filled.cachedTag("9.1", "0008,103E") == "text"
    assert filled.cacheTags(["9.1", "9.2"], ["0008,1030", "0008,1030"], ["", "Study"])
    assert (filled.cachedTag("9.1", "0008,1030"), filled.cachedTag("9.2", "0008,1030")) == (ABSENT, "Study")
    assert not filled.cacheTags(["9.1"], ["0008,1030"], [])
    filled.removeCachedTags("9.1")
    assert filled.cachedTag("9.1", "0008,103E") == ""
    assert filled.instanceValue("9.1", "0008,103E") == "Head"


def test_tags_to_precache(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    database.setTagsToPrecache(["0008,103e"])
    assert database.tagsToPrecache == ["0008,103e"]
    database.tagsToPrecache = ["0008,103e"]
    database.tagsToExcludeFromStorage = ["7fe0,0010"]
    database.tagsToExcludeFromStorage = ["7FE0,0010", "0008,0060"]
    assert heard == [("tagsToPrecacheChanged",), ("tagsToExcludeFromStorageChanged",)]
    database.tagsToPrecache = ["0008,103e", "0008,0060", "nonsense"]
    database.insert(write(tmp_path / "a.dcm", dataset()), False, False)
    assert database.cachedTag("9.1", "0008,103e") == "Head"
    assert database.cachedTag("9.1", "0008,0060") == NOT_STORED
    assert database.cachedTag("9.1", "0008,0018") == ""


def test_tags_as_text_and_numbers(database: ctkDICOMDatabase) -> None:
    assert database.groupElementToTag(0x0008, 0x103E) == "0008,103E"
    for text, is_tag in {
        "0008,103E": True,
        "0008,103e": True,
        "0008": False,
        "0008,10,3E": False,
        "x,y": False,
    }.items():
        assert database.tagToGroupElement(text, 0, 0) is is_tag


def test_whole_headers(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    filled.loadInstanceHeader("9.1")
    keys = filled.headerKeys()
    assert keys == sorted(keys)
    assert filled.headerValue("0010,0010").startswith("(0010,0010) PN [Doe^Jane]")
    assert filled.headerValue("0010,0010").endswith("1 PatientName")
    assert filled.headerValue("0028,0010").startswith("(0028,0010) US 2 ")
    assert filled.headerValue("0008,0016").startswith("(0008,0016) UI =CTImageStorage")
    assert filled.headerValue("0008,1030").startswith("(0008,1030) LO (no value available)")
    assert filled.headerValue("9999,9999") == ""
    filled.loadFileHeader("/no/such/file")
    assert filled.headerKeys() == []


# Removal, clean-up


def test_removal_step_by_step(filled: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    assert filled.removeSeries("1.2.3")
    assert heard == [("seriesRemoved", "1.2.3"), ("databaseChanged",)]
    assert filled.seriesForStudy("1.2") == []
    assert filled.studiesForPatient("1") == ["1.2"]
    heard.clear()
    assert filled.removeStudy("1.2")
    assert heard == [("studyRemoved", "1.2"), ("databaseChanged",)]
    heard.clear()
    assert filled.removePatient("1")
    assert heard == [("patientRemoved", "1", "P1"), ("databaseChanged",)]
    assert filled.patients() == []
    assert (tmp_path / "1.dcm").exists()
    assert filled.cachedTag("9.1", "0008,0060") == "CT"


def test_removal_of_a_patient_at_once(filled: ctkDICOMDatabase, heard: list) -> None:
    assert filled.removePatient("1")
    assert heard == [
        ("seriesRemoved", "1.2.3"),
        ("studyRemoved", "1.2"),
        ("patientRemoved", "1", "P1"),
        ("databaseChanged",),
    ]
    heard.clear()
    assert filled.removeSeries("unknown")
    assert filled.removeStudy("unknown")
    assert filled.removePatient("99")
    assert [event for event in heard if event != ("databaseChanged",)] == [
        ("seriesRemoved", "unknown"), ("studyRemoved", "unknown"), ("patientRemoved", "99", "")
    ]  # fmt: skip


def test_clean_up(filled: ctkDICOMDatabase) -> None:
    assert not filled.cleanupSeries("1.2.3")
    assert not filled.cleanupStudy("1.2")
    assert not filled.cleanupPatient("1")
    assert filled.cleanupSeries("unknown", True)
    filled.removeSeries("1.2.3", True, False)
    assert filled.cachedTag("9.1", "0008,0060") == ""
    assert filled.seriesForStudy("1.2") == ["1.2.3"]
    assert filled.cleanup(True)
    assert filled.patients() == []


def test_removal_that_fails(filled: ctkDICOMDatabase, heard: list, caplog: pytest.LogCaptureFixture) -> None:
    filled.core._busy_timeout_s = 0.05
    Path(filled.databaseFilename).rename(filled.databaseFilename + ".moved")
    assert filled.removePatient("1") is False
    assert heard == []
    assert "removed or replaced" in caplog.text


# Schema, displayed fields, news


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


def test_series_that_are_loaded(database: ctkDICOMDatabase, heard: list) -> None:
    database.loadedSeriesInstanceUIDs = ["1.2.3"]
    database.setLoadedSeriesInstanceUIDs(["1.2.3"])
    assert heard == [("loadedSeriesInstanceUIDsChanged", ["1.2.3"])]


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
