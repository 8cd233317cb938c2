"""What the tables of patients, studies and series ask the database."""

from __future__ import annotations

import pytest

from DICOMLib.core.errors import DatabaseError
from DICOMLib.database import Database
from DICOMLib.database.records import FileRecord
from DICOMLib.database.table_query import Condition, TableQuery


def record(patient, study, series, modality="CT", number="1"):
    values = {
        "0010,0020": patient,
        "0010,0010": patient,
        "0020,000D": study,
        "0020,000E": series,
        "0008,0018": f"{series}.1",
        "0008,0060": modality,
        "0020,0011": number,
    }
    return FileRecord(f"/data/{series}.dcm", f"/data/{series}.dcm", 0.0, values, frozenset())


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path / "ctkDICOM.sql") as database:
        records = [
            record("A", "1", "1.1", "CT", "1"),
            record("A", "1", "1.2", "MR", "2"),
            record("A", "2", "2.1", "PT", "3"),
            record("B", "3", "3.1", "MR", "10"),
        ]
        database.insert_records(records, [])
        yield database


def keys(database, query):
    text, values = query.sql()
    return [
        str(row[0]) for row in database.read(lambda connection: connection.execute(text, values).fetchall())
    ]


def test_patients_and_studies_without_series_are_not_listed(database):
    database.remove_series("3.1")
    assert keys(database, TableQuery("Patients")) == ["1"]
    assert keys(database, TableQuery("Studies")) == ["1", "2"]


@pytest.mark.parametrize(
    ("table", "parents", "expected"),
    [
        ("Studies", ["1"], ["1", "2"]),
        ("Studies", ["2"], ["3"]),
        ("Studies", [], []),
        ("Studies", None, ["1", "2", "3"]),
        ("Series", ["1", "3"], ["1.1", "1.2", "3.1"]),
        ("Series", ["unknown"], []),
    ],
)
def test_parents_restrict(database, table, parents, expected):
    assert keys(database, TableQuery(table, parents=parents)) == expected


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ([Condition("Modality", "IN", ("MR", "PT"))], ["1.2", "2.1", "3.1"]),
        ([Condition("Series.Modality", "=", ("MR",))], ["1.2", "3.1"]),
        ([Condition("SeriesNumber", ">", ("2",))], ["2.1", "3.1"]),
        ([Condition("SeriesNumber", "<=", ("2",))], ["1.1", "1.2"]),
        ([Condition("PatientID", "=", ("A",)), Condition("Modality", "=", ("MR",))], ["1.2"]),
        ([Condition("StudyInstanceUID", "=", ("3",))], ["3.1"]),
        ([Condition("Modality", "=", ("' OR 1=1 --",))], []),
    ],
)
def test_all_conditions_must_hold(database, conditions, expected):
    assert keys(database, TableQuery("Series", conditions=conditions)) == expected


def test_conditions_on_series_restrict_patients(database):
    query = TableQuery("Patients", conditions=[Condition("Modality", "=", ("PT",))])
    assert keys(database, query) == ["1"]


@pytest.mark.parametrize(
    ("table", "among", "expected"),
    [
        ("Patients", ["2", "9"], ["2"]),
        ("Studies", ["2"], ["2"]),
        ("Series", ["1.2", "3.1"], ["1.2", "3.1"]),
        ("Series", [], []),
    ],
)
def test_rows_among_those_that_a_search_found(database, table, among, expected):
    assert keys(database, TableQuery(table, among=among)) == expected


def test_all_restrictions_must_hold(database):
    query = TableQuery("Series", parents=["1"], among=["1.2", "2.1", "3.1"])
    assert keys(database, query) == ["1.2"]
    query.conditions.append(Condition("Modality", "=", ("CT",)))
    assert keys(database, query) == []


def test_forty_thousand_parents(database):
    parents = [str(number) for number in range(40_000)]
    assert keys(database, TableQuery("Series", parents=parents)) == ["1.1", "1.2", "2.1", "3.1"]


@pytest.mark.parametrize(
    "query",
    [
        TableQuery("Images"),
        TableQuery("Series", conditions=[Condition("Modality; DROP TABLE Series", "=", ("x",))]),
        TableQuery("Series", conditions=[Condition("Modality", "LIKE", ("x",))]),
    ],
)
def test_what_is_no_name_is_refused(query):
    with pytest.raises(DatabaseError):
        query.sql()


def test_a_column_that_is_not_there_is_an_error(database):
    with pytest.raises(DatabaseError):
        keys(database, TableQuery("Series", conditions=[Condition("Colour", "=", ("x",))]))
