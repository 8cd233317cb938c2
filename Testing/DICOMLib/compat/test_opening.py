"""ctkDICOMDatabase: what the name of a file may be, and what is kept when its tables are made anew."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from Testing.DICOMLib.compat.datasets import dataset, write


def change(database: ctkDICOMDatabase, statement: str, *values: object) -> None:
    """As another program does."""
    with closing(sqlite3.connect(database.databaseFilename)) as connection:
        connection.execute(statement, values)
        connection.commit()


def test_the_constructor_opens_in_silence(tmp_path: Path) -> None:
    database = ctkDICOMDatabase(str(tmp_path / "missing" / "ctkDICOM.sql"))
    assert not database.isOpen
    assert "missing" in database.lastError
    assert list(tmp_path.iterdir()) == []


def test_an_empty_file_gets_the_tables(tmp_path: Path) -> None:
    file = tmp_path / "any name.db"
    file.touch()
    database = ctkDICOMDatabase()
    assert database.openDatabase(str(file), "a name of a connection")
    assert (database.schemaVersionLoaded(), database.patients()) == ("0.8.1", [])
    assert database.weightForField("Patients", "PatientID") == 2
    database.closeDatabase()


def test_a_name_is_relative_to_the_working_directory(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    database = ctkDICOMDatabase("ctkDICOM.sql")
    assert (database.databaseFilename, database.databaseDirectory) == ("ctkDICOM.sql", tmp_path.as_posix())
    database.closeDatabase()
    assert (tmp_path / "ctkDICOMTagCache.sql").is_file()


def test_an_error_is_forgotten_by_the_next_opening(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    file = database.databaseFilename
    assert not database.openDatabase(str(tmp_path / "missing" / "x.sql"))
    assert database.openDatabase(file)
    assert database.lastError == ""


def test_new_tables_leave_files_and_cached_values(
    database: ctkDICOMDatabase, heard: list, tmp_path: Path
) -> None:
    database.insert(write(tmp_path / "a.dcm", dataset()))
    database.setWeightForField("Series", "Modality", 17)
    copy = Path(database.fileForInstance("9.1"))
    heard.clear()
    assert database.initializeDatabase()
    assert heard == [("databaseChanged",)]
    assert (database.patients(), database.weightForField("Series", "Modality")) == ([], 3)
    assert copy.is_file()
    assert database.instanceValue("9.1", "0008,103E") == "Head"  # from the cache


def test_columns_that_are_not_there_are_no_error(filled: ctkDICOMDatabase, heard: list) -> None:
    filled.setWeightForField("Series", "NoSuchField", 1)
    filled.setVisibilityForField("NoSuchTable", "Modality", True)
    assert heard == [("databaseChanged",)] * 2
    assert filled.weightForField("Series", "NoSuchField") == 0
    change(filled, "DROP TABLE ColumnDisplayProperties")
    assert filled.weightForField("Series", "Modality") == 2147483647
    assert filled.displayedNameForField("Series", "Modality") == ""
    assert filled.visibilityForField("Series", "Modality") is False
    assert filled.formatForField("Series", "Modality") == ""


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        (None, {}),
        ("", {}),
        ("no JSON", {}),
        (json.dumps({"allow": ["A"], "deny": []}), {"allow": ["A"], "deny": []}),
    ],
)
def test_connections_as_another_program_stores_them(filled: ctkDICOMDatabase, stored, shown) -> None:
    change(filled, "UPDATE Patients SET Connections = ?", stored)
    assert filled.connectionsInformationForPatient("1") == shown


@pytest.mark.parametrize("stored", ["2015-06-07T08:09:10", "2015-06-07T08:09:10.000"])
def test_times_with_and_without_milliseconds(filled: ctkDICOMDatabase, stored: str) -> None:
    change(filled, "UPDATE Series SET InsertTimestamp = ?", stored)
    moment = filled.insertDateTimeForSeries("1.2.3")
    assert moment.isValid()
    assert moment.toMSecsSinceEpoch() == datetime(2015, 6, 7, 8, 9, 10).timestamp() * 1000


def test_an_empty_text_of_another_program(filled: ctkDICOMDatabase) -> None:
    with closing(sqlite3.connect(Path(filled.databaseDirectory) / "ctkDICOMTagCache.sql")) as cache:
        cache.execute("INSERT OR REPLACE INTO TagCache VALUES ('9.1', '0018,0015', '')")
        cache.commit()
    assert filled.cachedTag("9.1", "0018,0015") == "__VALUE_IS_EMPTY_STRING__"
    assert filled.instanceValue("9.1", "0018,0015") == ""
    assert filled.instanceValues(["9.1"], "0018,0015") == {}


def test_about_to_close_comes_while_the_database_is_open(tmp_path):
    database = ctkDICOMDatabase(str(tmp_path / "ctkDICOM.sql"))
    seen = []
    database.aboutToClose.connect(lambda: seen.append(("about", database.isOpen)))
    database.closed.connect(lambda: seen.append(("closed", database.isOpen)))
    database.closeDatabase()
    database.closeDatabase()
    assert seen == [("about", True), ("closed", False)]
