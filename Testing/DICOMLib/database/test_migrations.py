"""Databases of older programs: made here by hand, with the tables those had."""

# ruff: noqa: E501  tables as they were written

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.errors import DatabaseTooNew, DatabaseUnavailable
from DICOMLib.database import Database, displayed_fields, schema

PATIENT = "PatientsName VARCHAR(255), PatientID VARCHAR(255), PatientsBirthDate DATE, PatientsBirthTime TIME, PatientsSex VARCHAR(1), PatientsAge VARCHAR(10), PatientsComments VARCHAR(255)"
STUDY = "StudyID VARCHAR(255), StudyDate DATE, StudyTime VARCHAR(20), StudyDescription VARCHAR(255), AccessionNumber VARCHAR(255), ModalitiesInStudy VARCHAR(255), InstitutionName VARCHAR(255), ReferringPhysician VARCHAR(255), PerformingPhysiciansName VARCHAR(255)"
SERIES = "SeriesNumber INT, SeriesDate DATE, SeriesTime VARCHAR(20), SeriesDescription VARCHAR(255), Modality VARCHAR(20), BodyPartExamined VARCHAR(255), FrameOfReferenceUID VARCHAR(64), AcquisitionNumber INT, ContrastAgent VARCHAR(255), ScanningSequence VARCHAR(45), EchoNumber INT, TemporalPosition INT"
COLUMNS = "CREATE TABLE ColumnDisplayProperties (TableName VARCHAR(64) NOT NULL, FieldName VARCHAR(64) NOT NULL, DisplayedName VARCHAR(255), Visibility INT DEFAULT 1, Weight INT, Format VARCHAR(255), PRIMARY KEY (TableName, FieldName));"
CUSTOM = (
    "INSERT INTO ColumnDisplayProperties VALUES"
    " ('Series', 'SeriesTime', 'When', 1, 9, ''), ('Series', 'Modality', 'Kind', 0, 3, '{}');"
)


def old_tables(version: str) -> str:
    """The script that an older program ran."""
    number = tuple(int(part) for part in version.split(".")) if version else (0, 0)
    later = number >= (0, 6)
    times = ", InsertTimestamp VARCHAR(20) NOT NULL" if later else ""
    displayed = ", DisplayedFieldsUpdatedTimestamp DATETIME" if later else ""
    url = ", URL VARCHAR(2048)" if number >= (0, 7) else ""
    connections = ", Connections VARCHAR(2048)" if number >= (0, 8) else ""
    names = (
        ", DisplayedPatientsName VARCHAR(255), DisplayedNumberOfStudies INT, DisplayedNumberOfRemarks INT"
        if later
        else ""
    )
    return f"""
    {"CREATE TABLE SchemaInfo (Version VARCHAR(1024) NOT NULL); INSERT INTO SchemaInfo VALUES ('" + version + "');" if version else ""}
    CREATE TABLE Images (SOPInstanceUID VARCHAR(64) NOT NULL, Filename VARCHAR(1024) NOT NULL{url},
        SeriesInstanceUID VARCHAR(64) NOT NULL, InsertTimestamp VARCHAR(20) NOT NULL{displayed}, PRIMARY KEY (SOPInstanceUID));
    CREATE UNIQUE INDEX ImagesFilenameIndex ON Images (Filename);
    CREATE TABLE Patients (UID INTEGER PRIMARY KEY AUTOINCREMENT, {PATIENT}{times}{names}{displayed}{connections});
    CREATE TABLE Studies (StudyInstanceUID VARCHAR(64) NOT NULL, PatientsUID INT NOT NULL, {STUDY}{times}{displayed},
        PRIMARY KEY (StudyInstanceUID));
    CREATE TABLE Series (SeriesInstanceUID VARCHAR(64) NOT NULL, StudyInstanceUID VARCHAR(64) NOT NULL, {SERIES}{times}{displayed},
        PRIMARY KEY (SeriesInstanceUID));
    CREATE TABLE Directories (Dirname VARCHAR(1024), PRIMARY KEY (Dirname));
    INSERT INTO Directories VALUES ('/old/files');
    {COLUMNS + CUSTOM if later else ""}
    INSERT INTO Patients (UID, PatientsName, PatientID, PatientsBirthDate{", InsertTimestamp" if later else ""})
        VALUES (7, 'Doe^Jane', 'P1', '1970-01-31'{", '2015-01-01T00:00:00.000'" if later else ""});
    INSERT INTO Studies (StudyInstanceUID, PatientsUID, StudyDate{", InsertTimestamp" if later else ""})
        VALUES ('1.2', 7, '2014-05-06'{", '2015-01-01T00:00:00.000'" if later else ""});
    INSERT INTO Series (SeriesInstanceUID, StudyInstanceUID, SeriesNumber, Modality{", InsertTimestamp" if later else ""})
        VALUES ('1.2.3', '1.2', 4, 'CT'{", '2015-01-01T00:00:00.000'" if later else ""});
    INSERT INTO Images (SOPInstanceUID, Filename, SeriesInstanceUID, InsertTimestamp) VALUES
        ('9.1', 'dicom/a/b/c.dcm', '1.2.3', '2015-01-01T10:00:00'), ('9.2', '/old/files/2.dcm', '1.2.3', '2015-01-01T09:00:00');
    """


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    with closing(sqlite3.connect(tmp_path / "ctkDICOM.sql")) as connection:
        connection.executescript(old_tables(request.param))
    with closing(sqlite3.connect(tmp_path / "ctkDICOMTagCache.sql")) as connection:
        connection.execute(
            "CREATE TABLE TagCache (SOPInstanceUID, Tag, Value, PRIMARY KEY (SOPInstanceUID, Tag))"
        )
        connection.execute("INSERT INTO TagCache VALUES ('9.1', '0008,0060', 'CT')")
        connection.commit()
    copy = tmp_path / "dicom/a/b/c.dcm"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(b"copy")
    return tmp_path


VERSIONS = ["", "0.5.3", "0.5.4", "0.6.2", "0.6.3", "0.7.0", "0.8.0"]


@pytest.mark.parametrize("folder", VERSIONS, indirect=True)
def test_every_row_is_kept(folder: Path, request: pytest.FixtureRequest) -> None:
    version = request.node.callspec.params["folder"]
    with Database.open(folder) as database:
        assert database.schema_version_loaded == "0.8.1"
        assert database.patients() == [7]
        assert database.rows("patients")[0]["PatientsBirthDate"] == "1970-01-31"
        assert database.rows("studies")[0]["StudyDate"] == "2014-05-06"
        assert (database.rows("series")[0]["SeriesNumber"], database.rows("series")[0]["Modality"]) == (
            4,
            "CT",
        )
        assert database.files("1.2.3") == [f"{folder}/dicom/a/b/c.dcm", "/old/files/2.dcm"]
        assert Path(database.files("1.2.3")[0]).read_bytes() == b"copy"
        assert database.select("SELECT Dirname FROM Directories") == [("/old/files",)]
        expected = "2015-01-01T00:00:00.000" if version >= "0.6" else "2015-01-01T09:00:00"
        for level in ("patients", "studies", "series"):
            assert database.rows(level)[0]["InsertTimestamp"] == expected
        assert database.value("9.1", "0008,0060") == "CT"
        assert {column.field for column in database.columns("Patients")} == set(
            database.field_names("Patients")
        )


@pytest.mark.parametrize("folder", ["0.6.2", "0.8.0"], indirect=True)
def test_how_columns_are_shown_is_kept(folder: Path) -> None:
    with Database.open(folder) as database:
        columns = {column.field: column for column in database.columns("Series")}
    assert (
        columns["SeriesTime"].displayed_name,
        columns["SeriesTime"].visible,
        columns["SeriesTime"].weight,
    ) == ("When", True, 9)
    assert (columns["Modality"].displayed_name, columns["Modality"].visible, columns["Modality"].format) == (
        "Kind",
        False,
        "{}",
    )
    assert (columns["SeriesNumber"].displayed_name, columns["SeriesNumber"].visible) == ("Series #", True)


@pytest.mark.parametrize("folder", ["0.6.2", "0.8.0"], indirect=True)
def test_rules_process_all_instances_again(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ctkDICOM.sql")) as connection:
        connection.execute("UPDATE Images SET DisplayedFieldsUpdatedTimestamp = '2015-01-01 00:00:00'")
        connection.execute("ALTER TABLE Series ADD COLUMN OfARule VARCHAR(255)")
        connection.execute(
            "INSERT INTO ColumnDisplayProperties VALUES ('Series', 'OfARule', 'Mine', 0, 7, '')"
        )
        connection.commit()
    with Database.open(folder) as database:
        assert database.select("SELECT DISTINCT DisplayedFieldsUpdatedTimestamp FROM Images") == [(None,)]
        with database.transaction() as connections:  # as the generator does for the columns of its rules
            displayed_fields.ensure_columns(connections.main, "Series", {"OfARule": "Of a rule"})
        column = next(column for column in database.columns("Series") if column.field == "OfARule")
    assert (column.displayed_name, column.visible, column.weight) == ("Mine", False, 7)


@pytest.mark.parametrize("folder", ["", "0.5.3", "0.8.0"], indirect=True)
def test_the_updated_tables_are_those_of_a_new_database(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    def described(database: Database) -> list[tuple[object, ...]]:
        query = "SELECT m.name, c.* FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c WHERE m.type = 'table' ORDER BY 1, 2"
        return database.select(query)

    with Database.open(folder) as updated, Database.open(tmp_path_factory.mktemp("new")) as new:
        assert described(updated) == described(new)


@pytest.mark.parametrize("folder", ["0.6.2"], indirect=True)
def test_a_copy_is_made_first(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "ctkDICOM.sql")) as before:
        content = list(before.iterdump())
    Database.open(folder).close()
    with closing(sqlite3.connect(folder / "ctkDICOM-0.6.2.backup.sql")) as copy:
        assert list(copy.iterdump()) == content


@pytest.mark.parametrize("folder", ["0.6.2"], indirect=True)
def test_a_failing_update_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "broken.sql"
    script.write_text(schema.script(schema.DEFAULT_SCRIPT) + "CREATE TABLE Images (x);\n")
    with Database.open(folder, update=False) as database:
        before = database.select("SELECT * FROM sqlite_master")
        with pytest.raises(Exception, match="already exists"):
            database.update_schema(str(script))
        assert database.select("SELECT * FROM sqlite_master") == before
        assert database.schema_version_loaded == "0.6.2"
        assert database.counts() == (1, 1, 1, 2)
    assert not list(folder.glob("*.backup*"))


@pytest.mark.parametrize("folder", ["0.5.3"], indirect=True)
def test_an_older_database_can_be_opened_as_it_is(folder: Path) -> None:
    with Database.open(folder, update=False) as database:
        assert database.schema_version_loaded == "0.5.3"
        assert database.counts() == (1, 1, 1, 2)
    assert not list(folder.glob("*.backup*"))


def test_a_newer_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    Database.open(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ctkDICOM.sql")) as connection:
        connection.execute("UPDATE SchemaInfo SET Version = '0.12.0'")
        connection.commit()
    with pytest.raises(DatabaseTooNew) as caught:
        Database.open(tmp_path)
    assert (caught.value.found, caught.value.known) == ("0.12.0", "0.8.1")
    assert "0.12.0" in str(caught.value)
    assert "0.8.1" in str(caught.value)


def test_other_sqlite_files_are_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "notes.sql"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE Notes (Text)")
        connection.commit()
    with pytest.raises(Exception, match="is no DICOM database"):
        Database.open(file)
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("Notes",)]


def test_a_copy_in_another_folder_finds_its_files(tmp_path: Path, record) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    new.mkdir()
    with Database.open(old) as database:
        database.insert_records([record("9.1", path="dicom/a.dcm"), record("9.2")], ["0008,0018"])
        database.copy_into(new)
        with pytest.raises(DatabaseUnavailable, match="already"):
            database.copy_into(new)
    with Database.open(new) as database:
        assert database.files("1.2.3") == [f"{old}/dicom/a.dcm", "/data/9.2.dcm"]
        assert database.value("9.1", "0008,0018") == "9.1"
