"""What CTK's own tests of the database expect, step by step, on an MR head of our own making.

CTK's data are a series "3D Cor T1 FAST IR-prepped GRE" of a patient "Facial Expression" without a study
description, and a database without a schema version.
"""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMIndexer import ctkDICOMIndexer
from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from Testing.DICOMLib.compat.datasets import ABSENT, dataset, write

DESCRIPTION = "3D Cor T1 FAST IR-prepped GRE"
SERIES_DESCRIPTION = "0008,103E"
SOP, SERIES, STUDY = "1.2.3.177", "1.2.3.1", "1.2.3"


def head(sop: str = SOP, **values: object):
    known = {
        "PatientName": "Facial Expression",
        "PatientID": "Facial Expression",
        "StudyInstanceUID": STUDY,
        "SeriesInstanceUID": SERIES,
        "SeriesDescription": DESCRIPTION,
        "Modality": "MR",
    }
    return dataset(sop, **{**known, **values})


@pytest.fixture
def file(tmp_path: Path) -> str:
    return write(tmp_path / "head" / "000055.IMA", head())


def test_database_1(tmp_path: Path) -> None:
    database = ctkDICOMDatabase()
    path = str(tmp_path / "database.test")
    database.openDatabase(path)
    assert database.lastError == ""
    assert (database.isOpen, database.isInMemory) == (True, False)
    assert database.databaseFilename == path
    assert database.databaseDirectory == tmp_path.as_posix()
    assert database.initializeDatabase()
    for flags in itertools.product((True, False), repeat=2):
        database.insert(ctkDICOMItem(), *flags)
        database.insert(None, *flags)
    assert database.patientsCount() == 0
    database.closeDatabase()
    assert database.initializeDatabase() is False


def test_database_2(database: ctkDICOMDatabase, file: str) -> None:
    assert database.tagToGroupElement("0008,103E")
    assert database.tagToGroupElement("0008,103e")
    assert database.groupElementToTag(0x8, 0x103E) == "0008,103E"
    database.insert(file, False, False)
    assert database.fileForInstance(SOP) == file
    assert database.instanceForFile(file) == SOP
    assert database.tagCacheExists()
    assert database.initializeTagCache()
    assert database.cachedTag(SOP, SERIES_DESCRIPTION) == ""
    assert database.cacheTag(SOP, SERIES_DESCRIPTION, DESCRIPTION)
    assert database.cachedTag(SOP, SERIES_DESCRIPTION) == DESCRIPTION
    assert database.instanceValue(SOP, SERIES_DESCRIPTION) == DESCRIPTION
    assert database.updateSchema()
    assert database.fileForInstance(SOP) == file
    assert database.instanceValue(SOP, SERIES_DESCRIPTION) == DESCRIPTION


def test_database_3(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    script = tmp_path / "dicom-sample.sql"
    tables = ("Images", "Patients", "Studies", "Series", "Directories")
    script.write_text(
        "".join(f"DROP TABLE IF EXISTS '{table}' ;\n" for table in tables)
        + "CREATE TABLE 'Images' ('SOPInstanceUID' VARCHAR(64) NOT NULL, 'Filename' VARCHAR(1024) NOT NULL ,"
        " 'SeriesInstanceUID' VARCHAR(64) NOT NULL, 'InsertTimestamp' VARCHAR(20) NOT NULL ,"
        " PRIMARY KEY ('SOPInstanceUID') );\n"
        "CREATE TABLE 'Patients' ('UID' INTEGER PRIMARY KEY AUTOINCREMENT, 'PatientsName' VARCHAR(255) NULL,"
        " 'PatientID' VARCHAR(255) NULL );\n"
        "CREATE TABLE 'Studies' ('StudyInstanceUID' VARCHAR(64) NOT NULL, 'PatientsUID' INT NOT NULL,"
        " PRIMARY KEY ('StudyInstanceUID') );\n"
        "CREATE TABLE 'Series' ('SeriesInstanceUID' VARCHAR(64) NOT NULL,"
        " 'StudyInstanceUID' VARCHAR(64) NOT NULL, PRIMARY KEY ('SeriesInstanceUID') );\n"
        "CREATE TABLE 'Directories' ('Dirname' VARCHAR(1024) , PRIMARY KEY ('Dirname') );\n"
        "INSERT INTO 'Patients' VALUES(NULL,'Doe^John','1') ;\n"
    )
    assert database.initializeDatabase(str(script).encode())
    assert database.schemaVersionLoaded() == ""
    filename = database.databaseFilename
    database.closeDatabase()
    database.openDatabase(filename)
    assert database.schemaVersionLoaded() != database.schemaVersion()
    assert database.updateSchema()
    assert database.schemaVersionLoaded() == database.schemaVersion()
    assert database.nameForPatient("1") == "Doe^John"


def test_database_4(database: ctkDICOMDatabase, file: str) -> None:
    unknown = "9999,9999"
    assert database.cachedTag(SOP, SERIES_DESCRIPTION) == database.cachedTag(SOP, unknown) == ""
    database.setTagsToPrecache(["0008,103e"])
    assert database.tagsToPrecache == ["0008,103e"]
    database.insert(file, False, False)
    inserted = database.insertDateTimeForInstance(SOP)
    assert inserted.isValid()
    assert abs(inserted.toMSecsSinceEpoch() / 1000 - time.time()) < 5
    assert database.cachedTag(SOP, "0008,103e") == DESCRIPTION
    assert database.instanceValue(SOP, unknown) == ""
    assert database.cachedTag(SOP, unknown) == ABSENT


def test_database_5(database: ctkDICOMDatabase, file: str, tmp_path: Path) -> None:
    database.insert(file, False, False)
    assert database.fileForInstance(SOP) == file
    moved = write(tmp_path / "elsewhere" / "000055.IMA", head())
    Path(file).unlink()
    database.insert(moved, False, False)
    assert database.fileForInstance(SOP) == moved


def test_database_6(database: ctkDICOMDatabase, heard: list, file: str) -> None:
    database.insert(file, False, False)
    assert database.descriptionForSeries("123.456") == ""
    assert database.descriptionsForFile(file) == {
        "PatientsName": "Facial Expression",
        "StudyDescription": "",
        "SeriesDescription": DESCRIPTION,
    }
    series = database.seriesForFile(file)
    study = database.studyForSeries(series)
    patient = database.patientForStudy(study)
    assert database.descriptionForSeries(series) == DESCRIPTION
    assert database.descriptionForStudy(study) == ""
    assert database.nameForPatient(patient) == "Facial Expression"
    heard.clear()
    assert database.removeSeries(series)
    assert [event for event in heard if event[0] == "seriesRemoved"] == [("seriesRemoved", series)]
    assert (database.seriesForStudy(study), database.studiesForPatient(patient)) == ([], [study])
    assert database.removeStudy(study)
    assert [event for event in heard if event[0] == "studyRemoved"] == [("studyRemoved", study)]
    assert (database.studiesForPatient(patient), database.patients()) == ([], [patient])
    assert database.removePatient(patient)
    expected = [("patientRemoved", patient, "Facial Expression")]
    assert [event for event in heard if event[0] == "patientRemoved"] == expected
    assert database.patients() == []


def test_database_7(database: ctkDICOMDatabase) -> None:
    assert database.fileValue("/tmp/file-that-does-not-exist", "00ff,eeee") == ""


def test_indexer_1(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = ctkDICOMDatabase()
    database.openDatabase(":memory:")
    indexer = ctkDICOMIndexer()
    indexer.addDirectory(database, str(Path(file).parent))
    indexer.waitForImportFinished()
    indexer.addDirectory(database, str(Path(file).parent), True)
    indexer.waitForImportFinished()
    assert database.imagesCount() == 1
    database.closeDatabase()
