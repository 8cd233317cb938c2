"""The statements by which CTK works, played by another SQLite connection on files that we made.

They do what CTK does at opening, insertion, displayed fields, removal and a new beginning; names of columns
stand in quotes, which SQLite takes in both forms.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from Testing import factories

NOW = "2026-01-02T03:04:05.678"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    factories.write(factories.ct_series(3), tmp_path / "files")
    with Database.open(tmp_path / "db") as database:
        run(import_paths(database, [tmp_path / "files"]))
    return tmp_path / "db"


@pytest.fixture
def ctk(folder: Path) -> Iterator[sqlite3.Connection]:
    """CTK's connection to the main file; that to the tag cache is `cache`."""
    with closing(sqlite3.connect(folder / "ctkDICOM.sql", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


@pytest.fixture
def cache(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "ctkDICOMTagCache.sql", isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        yield connection


def one(connection: sqlite3.Connection, statement: str, *values: object) -> object:
    rows = connection.execute(statement, values).fetchall()
    assert len(rows) == 1
    return rows[0][0]


def test_opening(ctk, cache) -> None:
    tables = {name for (name,) in ctk.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {
        *("SchemaInfo", "Images", "Patients", "Studies", "Series", "Directories"),
        *("ColumnDisplayProperties", "DisplayedFieldGeneratorRules"),
    } <= tables
    assert one(ctk, "SELECT Version from SchemaInfo") == "0.8.1"
    # what Qt lists as tables are tables and views
    listed = "SELECT count(*) FROM sqlite_master WHERE name = 'TagCache' AND type IN ('table', 'view')"
    assert one(cache, listed) == 1
    assert [row[1] for row in cache.execute("PRAGMA table_info(TagCache)")] == [
        "SOPInstanceUID",
        "Tag",
        "Value",
    ]


def test_lists(ctk, folder) -> None:
    with Database.open(folder) as database:
        (series,) = database.rows("series")
        patient = one(ctk, "SELECT UID FROM Patients")
        study = one(ctk, "SELECT StudyInstanceUID FROM Studies WHERE PatientsUID = ?", patient)
        uid = one(ctk, "SELECT SeriesInstanceUID FROM Series WHERE StudyInstanceUID=?", study)
        assert uid == series["SeriesInstanceUID"]
        instances = ctk.execute(
            "SELECT SOPInstanceUID FROM Images WHERE SeriesInstanceUID= ?", (uid,)
        ).fetchall()
        assert [sop for (sop,) in instances] == database.instances(uid)
        files = ctk.execute("SELECT Filename, URL FROM Images WHERE SeriesInstanceUID=?", (uid,)).fetchall()
        assert [name for name, _url in files] == database.files(uid)
        assert one(ctk, "SELECT DisplayedPatientsName FROM Patients WHERE UID = ?", patient) == "Doe, Jane"
        assert one(ctk, "SELECT DisplayedCount FROM Series WHERE SeriesInstanceUID = ?", uid) == 3
        missing = "SELECT count(*) FROM Images WHERE DisplayedFieldsUpdatedTimestamp IS NULL"
        assert one(ctk, missing) == 0


def insert_by_ctk(ctk: sqlite3.Connection, cache: sqlite3.Connection) -> None:
    """A new patient with one instance, inside transactions on both files."""
    ctk.execute("BEGIN")
    cache.execute("BEGIN")
    assert not ctk.execute(
        "SELECT * FROM Patients WHERE PatientID = ? AND PatientsName = ?", ("C1", "Ctk^Carl")
    ).fetchall()
    patient = ctk.execute(
        "INSERT INTO Patients ( 'UID', 'PatientsName', 'PatientID', 'PatientsBirthDate', "
        "'PatientsBirthTime', 'PatientsSex', 'PatientsAge', 'PatientsComments', 'InsertTimestamp', "
        "'DisplayedPatientsName', "
        "'DisplayedNumberOfStudies', 'DisplayedFieldsUpdatedTimestamp', 'Connections' ) "
        "VALUES ( NULL, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, ? )",
        ("Ctk^Carl", "C1", "1960-01-02", "", "M", "", "", NOW, '{"allow":[""],"deny":[]}'),
    ).lastrowid
    ctk.execute(
        "INSERT INTO Studies ( 'StudyInstanceUID', 'PatientsUID', 'StudyID', 'StudyDate', 'StudyTime', "
        "'AccessionNumber', 'ModalitiesInStudy', 'InstitutionName', 'ReferringPhysician', "
        "'PerformingPhysiciansName', 'StudyDescription', 'InsertTimestamp' ) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        ("5.1", patient, "", "2025-06-07", "", "", "", "", "", "", "By CTK", NOW),
    )
    ctk.execute(
        "INSERT INTO Series ( 'SeriesInstanceUID', 'StudyInstanceUID', 'SeriesNumber', 'SeriesDate', "
        "'SeriesTime', 'SeriesDescription', 'Modality', 'InsertTimestamp' ) VALUES (?,?,?,?,?,?,?,?)",
        ("5.1.1", "5.1", 3, "2025-06-07", "", "Series by CTK", "MR", NOW),
    )
    ctk.execute("DELETE FROM Images WHERE SOPInstanceUID = ?", ("5.1.1.1",))
    ctk.execute(
        "INSERT INTO Images ( 'SOPInstanceUID', 'Filename', 'URL', 'SeriesInstanceUID', 'InsertTimestamp' ) "
        "VALUES ( ?, ?, ?, ?, ? )",
        ("5.1.1.1", "dicom/aa/bb/cc.dcm", "", "5.1.1", NOW),
    )
    for tag, value in (
        ("0008,0060", "MR"),
        ("0008,103E", "Series by CTK"),
        ("0018,0050", "__TAG_NOT_IN_INSTANCE__"),
    ):
        cache.execute("INSERT OR REPLACE INTO TagCache VALUES(?,?,?)", ("5.1.1.1", tag, value))
    cache.execute("COMMIT")
    ctk.execute("COMMIT")


def test_we_read_what_ctk_inserts(ctk, cache, folder) -> None:
    insert_by_ctk(ctk, cache)
    with Database.open(folder) as database:
        assert database.counts() == (2, 2, 2, 4)
        assert database.files("5.1.1") == [f"{folder.as_posix()}/dicom/aa/bb/cc.dcm"]
        assert database.values(["5.1.1.1"], ["0008,0060", "0018,0050"]) == {"5.1.1.1": {"0008,0060": "MR"}}
        assert database.search("series", "Modality:MR name:ctk") == ["5.1.1"]
        assert database.rows("patients")[1]["Connections"] == '{"allow":[""],"deny":[]}'


def test_we_process_what_ctk_did_not(ctk, cache, folder) -> None:
    from DICOMLib.fields import DisplayedFieldGenerator

    insert_by_ctk(ctk, cache)
    for tag, value in (
        ("0010,0010", "Ctk^Carl"),
        ("0010,0020", "C1"),
        ("0020,000D", "5.1"),
        ("0008,0020", "20250607"),
    ):
        cache.execute("INSERT OR REPLACE INTO TagCache VALUES(?,?,?)", ("5.1.1.1", tag, value))
    with Database.open(folder) as database:
        assert DisplayedFieldGenerator().update(database).series == 1
    assert one(ctk, "SELECT DisplayedPatientsName FROM Patients WHERE PatientID = 'C1'") == "Ctk, Carl"
    assert one(ctk, "SELECT DisplayedLastStudyDate FROM Patients WHERE PatientID = 'C1'") == "2025-06-07"


def test_displayed_fields_and_columns_by_ctk(ctk, folder) -> None:
    ctk.execute(
        "UPDATE Series SET SeriesDescription = ? , DisplayedFieldsUpdatedTimestamp = CURRENT_TIMESTAMP",
        ("By CTK",),
    )
    ctk.execute("UPDATE Images SET DisplayedFieldsUpdatedTimestamp=CURRENT_TIMESTAMP")
    ctk.execute(
        "UPDATE ColumnDisplayProperties SET Weight = ? WHERE TableName = ? AND FieldName = ?",
        (7, "Series", "Modality"),
    )
    ctk.execute("INSERT INTO DisplayedFieldGeneratorRules (Name, Enabled) VALUES ('LastStudyDate', 0)")
    with Database.open(folder) as database:
        (row,) = database.rows("series")
        assert row["SeriesDescription"] == "By CTK"
        weights = {column.field: column.weight for column in database.columns("Series")}
        assert weights["Modality"] == 7
        from DICOMLib.fields import registry

        assert "LastStudyDate" not in [rule.name for rule in registry.enabled(database)]


def test_removal_by_ctk(ctk, cache, folder) -> None:
    query = (
        "SELECT Images.Filename, Images.SOPInstanceUID, Studies.StudyInstanceUID "
        "FROM Images, Series, Studies WHERE Series.StudyInstanceUID = Studies.StudyInstanceUID "
        "AND Images.SeriesInstanceUID = Series.SeriesInstanceUID AND Images.SeriesInstanceUID = ?"
    )
    series = one(ctk, "SELECT SeriesInstanceUID FROM Series")
    removed = ctk.execute(query, (series,)).fetchall()
    assert len(removed) == 3
    ctk.execute("DELETE FROM Images WHERE SeriesInstanceUID = ?", (series,))
    ctk.execute("DELETE FROM Series WHERE SeriesInstanceUID = ?", (series,))
    for _name, sop, _study in removed:
        cache.execute("DELETE FROM TagCache WHERE SOPInstanceUID = ?", (sop,))
    for table, key, below, reference in (
        ("Studies", "StudyInstanceUID", "Series", "StudyInstanceUID"),
        ("Patients", "UID", "Studies", "PatientsUID"),
    ):
        ctk.execute(
            f"DELETE FROM {table} "
            f"WHERE ( SELECT COUNT(*) FROM {below} WHERE {below}.{reference} = {table}.{key} ) = 0"
        )
    with Database.open(folder) as database:
        assert database.counts() == (0, 0, 0, 0)
        assert database.values([sop for _, sop, _ in removed], ["0008,0060"]) == {
            sop: {} for _, sop, _ in removed
        }


def test_both_have_it_open(ctk, cache, folder, tmp_path) -> None:
    factories.write(factories.mr_series(2), tmp_path / "more")
    with Database.open(folder) as database:
        before = database.data_version()
        insert_by_ctk(ctk, cache)
        assert database.data_version() != before
        assert database.search("series", "SeriesDescription:*ctk") == ["5.1.1"]
        run(import_paths(database, [tmp_path / "more"]))
        assert one(ctk, "SELECT count(*) FROM Images") == 3 + 1 + 2
        sop = one(ctk, "SELECT SOPInstanceUID FROM Images WHERE Filename LIKE '%more%' LIMIT 1")
        assert (
            one(cache, "SELECT Value FROM TagCache WHERE SOPInstanceUID = ? AND Tag = ?", sop, "0008,0060")
            == "MR"
        )


def test_ctk_starts_anew(ctk, cache, folder) -> None:
    """CTK drops and makes all tables, and drops the tag cache, which for us is a view."""
    from DICOMLib.database import schema

    for statement in schema.statements(schema.script(schema.DEFAULT_SCRIPT)):
        ctk.execute(statement)
    assert one(ctk, "SELECT count(*) FROM Patients") == 0
    with Database.open(folder) as database:
        assert database.counts() == (0, 0, 0, 0)
        assert database.schema_version_loaded == "0.8.1"
