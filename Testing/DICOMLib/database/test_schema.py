"""The tables are those that Slicer and CTK know: expected here by hand, column by column."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.database import Database, schema

TEXT64, TEXT255, TIME20 = "VARCHAR(64)", "VARCHAR(255)", "VARCHAR(20)"

# table → (column, declared type, not null, default, part of the primary key)
EXPECTED = {
    "SchemaInfo": [("Version", "VARCHAR(1024)", 1, None, 0)],
    "Images": [
        ("SOPInstanceUID", TEXT64, 1, None, 1),
        ("Filename", "VARCHAR(1024)", 0, None, 0),
        ("URL", "VARCHAR(2048)", 0, None, 0),
        ("SeriesInstanceUID", TEXT64, 1, None, 0),
        ("InsertTimestamp", TIME20, 1, None, 0),
        ("DisplayedFieldsUpdatedTimestamp", "DATETIME", 0, None, 0),
    ],
    "Patients": [
        ("UID", "INTEGER", 0, None, 1),
        ("PatientsName", TEXT255, 0, None, 0),
        ("PatientID", TEXT255, 0, None, 0),
        ("PatientsBirthDate", "DATE", 0, None, 0),
        ("PatientsBirthTime", "TIME", 0, None, 0),
        ("PatientsSex", "VARCHAR(1)", 0, None, 0),
        ("PatientsAge", "VARCHAR(10)", 0, None, 0),
        ("PatientsComments", TEXT255, 0, None, 0),
        ("InsertTimestamp", TIME20, 1, None, 0),
        ("DisplayedPatientsName", TEXT255, 0, None, 0),
        ("DisplayedNumberOfStudies", "INT", 0, None, 0),
        ("DisplayedLastStudyDate", "DATE", 0, None, 0),
        ("DisplayedFieldsUpdatedTimestamp", "DATETIME", 0, None, 0),
        ("Connections", "VARCHAR(2048)", 0, None, 0),
    ],
    "Studies": [
        ("StudyInstanceUID", TEXT64, 1, None, 1),
        ("PatientsUID", "INT", 1, None, 0),
        ("StudyID", TEXT255, 0, None, 0),
        ("StudyDate", "DATE", 0, None, 0),
        ("StudyTime", TIME20, 0, None, 0),
        ("StudyDescription", TEXT255, 0, None, 0),
        ("AccessionNumber", TEXT255, 0, None, 0),
        ("ModalitiesInStudy", TEXT255, 0, None, 0),
        ("InstitutionName", TEXT255, 0, None, 0),
        ("ReferringPhysician", TEXT255, 0, None, 0),
        ("PerformingPhysiciansName", TEXT255, 0, None, 0),
        ("InsertTimestamp", TIME20, 1, None, 0),
        ("DisplayedNumberOfSeries", "INT", 0, None, 0),
        ("DisplayedFieldsUpdatedTimestamp", "DATETIME", 0, None, 0),
    ],
    "Series": [
        ("SeriesInstanceUID", TEXT64, 1, None, 1),
        ("StudyInstanceUID", TEXT64, 1, None, 0),
        ("SeriesNumber", "INT", 0, None, 0),
        ("SeriesDate", "DATE", 0, None, 0),
        ("SeriesTime", TIME20, 0, None, 0),
        ("SeriesDescription", TEXT255, 0, None, 0),
        ("Modality", TIME20, 0, None, 0),
        ("BodyPartExamined", TEXT255, 0, None, 0),
        ("FrameOfReferenceUID", TEXT64, 0, None, 0),
        ("AcquisitionNumber", "INT", 0, None, 0),
        ("ContrastAgent", TEXT255, 0, None, 0),
        ("ScanningSequence", "VARCHAR(45)", 0, None, 0),
        ("EchoNumber", "INT", 0, None, 0),
        ("TemporalPosition", "INT", 0, None, 0),
        ("InsertTimestamp", TIME20, 1, None, 0),
        ("DisplayedCount", "INT", 0, None, 0),
        ("DisplayedSize", TIME20, 0, None, 0),
        ("DisplayedNumberOfFrames", "INT", 0, None, 0),
        ("DisplayedFieldsUpdatedTimestamp", "DATETIME", 0, None, 0),
    ],
    "Directories": [("Dirname", "VARCHAR(1024)", 0, None, 1)],
    "ColumnDisplayProperties": [
        ("TableName", TEXT64, 1, None, 1),
        ("FieldName", TEXT64, 1, None, 2),
        ("DisplayedName", TEXT255, 0, None, 0),
        ("Visibility", "INT", 0, "1", 0),
        ("Weight", "INT", 0, None, 0),
        ("Format", TEXT255, 0, None, 0),
    ],
    "DisplayedFieldGeneratorRules": [
        ("Name", TEXT64, 1, None, 1),
        ("Enabled", "INT", 0, "1", 0),
        ("Options", TEXT255, 0, None, 0),
    ],
}
INDICES = {
    "ImagesFilenameIndex": ("Images", "Filename", 0),
    "ImagesSeriesIndex": ("Images", "SeriesInstanceUID", 0),
    "SeriesStudyIndex": ("Series", "StudyInstanceUID", 0),
    "StudiesPatientIndex": ("Studies", "PatientsUID", 0),
}
# The columns that are shown, in the order of their weights.
SHOWN = {
    "Patients": [
        ("DisplayedPatientsName", "Patient name", 1, '{"resizeMode":"stretch"}'),
        ("PatientID", "Patient ID", 2, ""),
        ("PatientsBirthDate", "Birth date", 3, '{"resizeMode":"resizeToContents"}'),
        ("PatientsSex", "Sex", 4, '{"resizeMode":"resizeToContents"}'),
        ("DisplayedNumberOfStudies", "Studies", 5, '{"resizeMode":"resizeToContents"}'),
        ("DisplayedLastStudyDate", "Last study date", 6, ""),
        ("InsertTimestamp", "Date added", 7, '{"sort": "descending"}'),
    ],
    "Studies": [
        ("StudyDate", "Study date", 1, '{"resizeMode":"resizeToContents", "sort": "ascending"}'),
        ("StudyID", "Study ID", 2, ""),
        ("StudyDescription", "Study description", 3, '{"resizeMode":"stretch"}'),
        ("DisplayedNumberOfSeries", "Series", 4, '{"resizeMode":"resizeToContents"}'),
        ("InsertTimestamp", "Date added", 5, ""),
    ],
    "Series": [
        ("SeriesNumber", "Series #", 1, '{"resizeMode":"resizeToContents", "sort": "ascending"}'),
        ("SeriesDescription", "Series description", 2, '{"resizeMode":"stretch"}'),
        ("Modality", "Modality", 3, '{"resizeMode":"resizeToContents"}'),
        ("DisplayedSize", "Size", 4, '{"resizeMode":"resizeToContents"}'),
        ("DisplayedCount", "Count", 5, '{"resizeMode":"resizeToContents"}'),
        ("InsertTimestamp", "Date added", 6, ""),
    ],
}


def tables_of(connection: sqlite3.Connection) -> dict[str, list[tuple[object, ...]]]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite#_%' ESCAPE '#'"
    names = [name for (name,) in connection.execute(query)]
    columns = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'
    return {name: connection.execute(columns, (name,)).fetchall() for name in names}


def indices_of(connection: sqlite3.Connection) -> dict[str, tuple[object, ...]]:
    query = (
        'SELECT l.name, m.tbl_name, i.name, l."unique" FROM sqlite_master AS m'
        " JOIN pragma_index_list(m.name) AS l JOIN pragma_index_info(l.name) AS i"
        " WHERE m.type = 'table' AND l.origin = 'c'"
    )
    return {row[0]: row[1:] for row in connection.execute(query)}


def shown(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
    query = (
        "SELECT FieldName, DisplayedName, Weight, Format FROM ColumnDisplayProperties"
        " WHERE TableName = ? AND Visibility = 1 ORDER BY Weight"
    )
    return connection.execute(query, (table,)).fetchall()


def test_a_new_database_has_the_tables_of_version_0_8_1(database: Database) -> None:
    with closing(sqlite3.connect(database.filename)) as connection:
        assert tables_of(connection) == EXPECTED
        assert indices_of(connection) == INDICES
        assert connection.execute("SELECT Version FROM SchemaInfo").fetchall() == [("0.8.1",)]
        assert connection.execute("SELECT count(*) FROM DisplayedFieldGeneratorRules").fetchone() == (0,)


@pytest.mark.parametrize("table", ["Patients", "Studies", "Series"])
def test_columns_are_shown_as_in_slicer(database: Database, table: str) -> None:
    with closing(sqlite3.connect(database.filename)) as connection:
        assert shown(connection, table) == SHOWN[table]
        query = "SELECT FieldName FROM ColumnDisplayProperties WHERE TableName = ?"
        described = [field for (field,) in connection.execute(query, (table,))]
    assert sorted(described) == sorted(column[0] for column in EXPECTED[table])


def test_tables_equal_those_of_a_database_by_ctk(shared: Path, database: Database) -> None:
    theirs = f"{(shared / 'ctk-database' / 'ctkDICOM.sql').as_uri()}?immutable=1"
    with (
        closing(sqlite3.connect(database.filename)) as ours,
        closing(sqlite3.connect(theirs, uri=True)) as ctk,
    ):
        assert tables_of(ours) == tables_of(ctk)
        assert indices_of(ours) == indices_of(ctk)
        query = "SELECT * FROM ColumnDisplayProperties ORDER BY TableName, FieldName"
        assert ours.execute(query).fetchall() == ctk.execute(query).fetchall()


def test_schema_of_query_results_differs_where_it_should() -> None:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.create_tables(connection, schema.script(":/dicom/dicom-qr-schema.sql"))
        tables = tables_of(connection)
        assert "DisplayedFieldGeneratorRules" not in tables
        assert [row for row in tables["Images"] if row[0] == "Filename"] == [
            ("Filename", "VARCHAR(1024)", 1, None, 0)
        ]
        assert "DisplayedLastStudyDate" not in [row[0] for row in tables["Patients"]]
        assert indices_of(connection)["ImagesFilenameIndex"] == ("Images", "Filename", 1)
        assert shown(connection, "Patients") == [
            ("PatientsName", "Patient name", 0, '{"sort": "ascending", "resizeMode":"stretch"}'),
            ("PatientID", "Patient ID", 1, ""),
            ("PatientsBirthDate", "Birth date", 2, '{"resizeMode":"resizeToContents"}'),
            ("PatientsSex", "Sex", 3, '{"resizeMode":"resizeToContents"}'),
        ]
        assert [(row[0], row[2]) for row in shown(connection, "Series")] == [
            ("SeriesNumber", 0),
            ("Modality", 1),
            ("SeriesDescription", 2),
            ("SeriesTime", 3),
        ]
        hidden = (
            "SELECT Visibility, Weight FROM ColumnDisplayProperties WHERE TableName = ? AND FieldName = ?"
        )
        for table, weights in (("Series", (6, 4, 5)), ("Studies", (5, 4))):
            fields = ("InsertTimestamp", "DisplayedSize", "DisplayedCount")
            fields = fields if table == "Series" else ("InsertTimestamp", "DisplayedNumberOfSeries")
            for field, weight in zip(fields, weights, strict=True):
                assert connection.execute(hidden, (table, field)).fetchone() == (0, weight)


def test_statements_are_split_at_their_ends_only() -> None:
    text = "CREATE TABLE a (x DEFAULT ';');\r\n-- a; remark\nINSERT INTO a VALUES ('b;c'); SELECT 1"
    parts = [part.strip() for part in schema.statements(text)]
    assert parts == ["CREATE TABLE a (x DEFAULT ';');", "-- a; remark\nINSERT INTO a VALUES ('b;c');"]


@pytest.mark.parametrize(
    ("version", "newer"),
    [("0.8.1", False), ("0.8.0", False), ("", False), ("0.10.0", True), ("0.8.2", True), ("1", True)],
)
def test_versions_are_compared_as_numbers(version: str, newer: bool) -> None:
    assert schema.is_newer(version) is newer


def test_an_unknown_script_is_reported() -> None:
    with pytest.raises(FileNotFoundError):
        schema.script(":/dicom/no-such-schema.sql")
