"""Questions to the database, and how its columns are shown."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from DICOMLib.core.errors import DatabaseError
from DICOMLib.database import Column, Database, FileRecord

Make = Callable[..., FileRecord]


@pytest.fixture
def filled(database: Database, record: Make) -> Database:
    database.insert_records(
        [
            record("9.2", t0020_0011="2", t0008_0060="CT"),
            record("9.1", t0020_0011="2"),
            record("9.3", path="dicom/9.3.dcm", t0020_000E="1.2.0", t0008_0060="MR"),
            record("9.4", t0010_0020="P0", t0020_000D="2.2", t0020_000E="2.2.3"),
        ],
        ["0008,0060"],
    )
    return database


def test_lists_are_in_order_of_insertion(filled: Database) -> None:
    assert filled.patients() == [1, 2]
    assert filled.studies(1) == filled.studies("1") == ["1.2"]
    assert filled.series("1.2") == ["1.2.3", "1.2.0"]
    assert filled.instances("1.2.3") == ["9.2", "9.1"]
    assert filled.files("1.2.3") == ["/data/9.2.dcm", "/data/9.1.dcm"]
    assert filled.files("1.2.0") == [f"{filled.folder}/dicom/9.3.dcm"]
    assert filled.studies(99) == filled.series("x") == filled.instances("x") == filled.files("x") == []
    assert filled.counts() == (2, 2, 3, 4)


def test_rows(filled: Database) -> None:
    assert [row["SOPInstanceUID"] for row in filled.rows("instances")] == ["9.2", "9.1", "9.3", "9.4"]
    assert [row["Modality"] for row in filled.rows("series", StudyInstanceUID="1.2")] == ["CT", "MR"]
    assert [row["UID"] for row in filled.rows("patients", PatientID=["P0", "P9"])] == [2]
    assert filled.rows("series", StudyInstanceUID="1.2", Modality="PT") == []
    assert filled.rows("patients", UID=[]) == []
    with pytest.raises(ValueError, match="no column"):
        filled.rows("patients", **{"UID = 1 OR 1": 1})
    with pytest.raises(ValueError, match="no level"):
        filled.rows("Images; DROP TABLE Images")


def test_single_fields(filled: Database) -> None:
    assert filled.field("Series", "SeriesNumber", "SeriesInstanceUID", "1.2.3") == "2"
    assert filled.field("Series", "BodyPartExamined", "SeriesInstanceUID", "1.2.3") == ""
    assert filled.field("Series", "Modality", "SeriesInstanceUID", "x") == ""
    with pytest.raises(ValueError, match="no column"):
        filled.field("Series", "Modality FROM Series --", "SeriesInstanceUID", "x")


def test_files_that_are_known(filled: Database) -> None:
    paths = ["/data/9.1.dcm", "/data/9.2.dcm", "/data/9.4.dcm", f"{filled.folder}/dicom/9.3.dcm"]
    known = filled.insertion_times([*paths, "/data/9.5.dcm", f"{filled.folder}/9.3.dcm"])
    assert sorted(known) == sorted(paths)
    now = time.time()
    assert all(abs(moment - now) < 60 for moment in known.values())
    inserted = filled.rows("instances")[0]["InsertTimestamp"]
    from datetime import datetime

    assert known["/data/9.2.dcm"] == pytest.approx(datetime.fromisoformat(inserted).timestamp(), abs=1e-3)


def test_faulty_statements_are_faults_of_the_database(filled: Database) -> None:
    with pytest.raises(DatabaseError, match="no such table"):
        filled.select("SELECT * FROM Missing")


def test_initializing_keeps_the_tag_cache(filled: Database) -> None:
    filled.initialize()
    assert filled.counts() == (0, 0, 0, 0)
    assert filled.schema_version_loaded == "0.8.1"
    assert filled.value("9.2", "0008,0060") == "CT"


def test_columns(database: Database) -> None:
    columns = database.columns("Patients")
    assert [column.field for column in columns] == database.field_names("Patients")
    assert columns[2] == Column("PatientID", "Patient ID", True, 2, "")
    database.set_column("Patients", "PatientID", DisplayedName="MRN", Visibility=0)
    database.set_column("Patients", "PatientID", Weight=9)
    database.set_column("Patients", "NoSuchField", Weight=9)
    assert database.columns("Patients")[2] == Column("PatientID", "MRN", False, 9, "")
    assert database.columns("NoSuchTable") == []
    with pytest.raises(ValueError, match="no property"):
        database.set_column("Patients", "PatientID", **{"Weight = 1 --": 1})


def test_a_thousand_series_are_asked_for_at_once(database: Database, record: Make) -> None:
    records = [record(f"9.{n}", t0008_0060="CT", t0020_0013=str(n)) for n in range(1500)]
    database.insert_records(records, ["0008,0060", "0020,0013"])
    values = database.values([f"9.{n}" for n in range(1500)], ["0020,0013"])
    assert {sop: tags["0020,0013"] for sop, tags in values.items()} == {f"9.{n}": str(n) for n in range(1500)}
