"""Order, search and pages of the rows of a table."""

from __future__ import annotations

import pytest

from DICOMLib.database import Database, table_pages
from DICOMLib.database.records import FileRecord
from DICOMLib.database.table_query import TableQuery

# Series UID, number, description, date
SERIES = [
    ("1.1", "10", "thorax", "20110203"),
    ("1.2", "9", "Abdomen", "20110101"),
    ("1.3", "", "zzz", ""),
    ("1.4", "2", "", "20121231"),
    ("1.5", "11", "SCHÄDEL 50%_a", "20110203"),
]


def record(series, number, description, date):
    values = {
        "0010,0020": "A",
        "0010,0010": "Adams^Anna",
        "0020,000D": "1",
        "0020,000E": series,
        "0008,0018": f"{series}.1",
        "0020,0011": number,
        "0008,103E": description,
        "0008,0021": date,
        "0008,0031": "101112",
    }
    return FileRecord(f"/data/{series}.dcm", f"/data/{series}.dcm", 0.0, values, frozenset())


@pytest.fixture
def database(tmp_path):
    with Database.open(tmp_path / "ctkDICOM.sql") as database:
        database.insert_records([record(*series) for series in SERIES], [])
        yield database


def uids(database, **options):
    return database.read(lambda main: table_pages.identifiers(main, TableQuery("Series"), **options))


def test_without_an_order_rows_come_as_they_were_inserted(database):
    assert uids(database) == ["1.1", "1.2", "1.3", "1.4", "1.5"]


@pytest.mark.parametrize(
    ("sort", "descending", "expected"),
    [
        ("SeriesNumber", False, ["1.3", "1.4", "1.2", "1.1", "1.5"]),  # an empty one is kept as 0
        ("SeriesNumber", True, ["1.5", "1.1", "1.2", "1.4", "1.3"]),
        ("SeriesDescription", False, ["1.2", "1.5", "1.1", "1.3", "1.4"]),
        ("SeriesDescription", True, ["1.3", "1.1", "1.5", "1.2", "1.4"]),
        ("SeriesDate", False, ["1.2", "1.1", "1.5", "1.4", "1.3"]),
        ("SeriesDate", True, ["1.4", "1.1", "1.5", "1.2", "1.3"]),
    ],
)
def test_order_has_numbers_by_size_text_without_case_and_empty_ones_last(
    database, sort, descending, expected
):
    assert uids(database, sort=sort, descending=descending) == expected


def test_dates_sort_alike_however_they_are_stored(database):
    with database.transaction() as connections:
        connections.main.execute("UPDATE Series SET SeriesDate='2011-02-02' WHERE SeriesInstanceUID='1.4'")
    assert uids(database, sort="SeriesDate")[:3] == ["1.2", "1.4", "1.1"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("THOR", ["1.1"]),
        ("z*z", ["1.3"]),
        ("?bdom", ["1.2"]),
        ("2011-0?-0", ["1.1", "1.2", "1.5"]),
        ("2012-12-31", ["1.4"]),
        ("10:11:12", ["1.1", "1.2", "1.3", "1.4", "1.5"]),
        ("1.4", ["1.4"]),
        ("thor*2011", []),
        ("schädel", ["1.5"]),
        ("0%_", ["1.5"]),
        ("0%a", []),
        ("' OR 1=1 --", []),
        ("nothing", []),
    ],
)
def test_search_looks_within_each_value_as_people_read_it(database, search, expected):
    assert uids(database, search=search) == expected


def test_rows_are_given_by_identifier_and_those_that_are_gone_are_left_out(database):
    rows = database.read(table_pages.rows, TableQuery("Series"), ["1.4", "9.9", "1.1"])
    number = database.field_names("Series").index("SeriesNumber")
    assert {uid: row[number] for uid, row in rows.items()} == {"1.4": 2, "1.1": 10}
    (patient,) = database.read(table_pages.rows, TableQuery("Patients"), ["1", "2"])
    assert patient == "1"


def test_patients_without_displayed_name_are_sorted_by_their_name_until_it_is_made(database):
    """Anna waits for her displayed fields, Bob's are made; a name that was made empty comes last."""
    with database.transaction() as connections:
        connections.main.executemany(
            "INSERT INTO Patients (UID, PatientID, PatientsName, DisplayedPatientsName, InsertTimestamp, "
            "DisplayedFieldsUpdatedTimestamp) VALUES (?, ?, ?, ?, '', ?)",
            [(2, "B", "Brown^Bob", "Brown, Bob", "2026"), (3, "C", "Abel^Cain", "", "2026")],
        )
        studies = [(f"1.{patient}", patient) for patient in (2, 3)]
        connections.main.executemany(
            "INSERT INTO Studies (StudyInstanceUID, PatientsUID, InsertTimestamp) VALUES (?, ?, '')", studies
        )
        connections.main.executemany(
            "INSERT INTO Series (SeriesInstanceUID, StudyInstanceUID, InsertTimestamp) VALUES (?, ?, '')",
            [(f"{study}.1", study) for study, _patient in studies],
        )

    def patients(descending):
        query = TableQuery("Patients")
        return database.read(
            lambda main: table_pages.identifiers(main, query, "", "DisplayedPatientsName", descending)
        )

    assert patients(False) == ["1", "2", "3"]
    assert patients(True) == ["2", "1", "3"]


def test_patients_without_displayed_name_are_sorted_by_what_is_shown(database):
    """ "Lee, Ann" comes before "Lee-Roy, Ann", "Lee^Ann" after "Lee-Roy^Ann"; each waits for its fields."""
    with database.transaction() as connections:
        main = connections.main
        main.execute("DELETE FROM Patients")
        for number, name in ((5, "Lee-Roy^Ann"), (6, "Lee^Ann"), (7, "Lee Smith^Ann")):
            main.execute(
                "INSERT INTO Patients (UID, PatientID, PatientsName, InsertTimestamp) VALUES (?, ?, ?, '')",
                (number, name, name),
            )
            main.execute(
                "INSERT INTO Studies (StudyInstanceUID, PatientsUID, InsertTimestamp) VALUES (?, ?, '')",
                (f"1.{number}", number),
            )
            main.execute(
                "INSERT INTO Series (SeriesInstanceUID, StudyInstanceUID, InsertTimestamp) VALUES (?, ?, '')",
                (f"1.{number}.1", f"1.{number}"),
            )
    found = database.read(
        lambda main: table_pages.identifiers(main, TableQuery("Patients"), "", "DisplayedPatientsName")
    )
    assert found == ["7", "6", "5"]  # space, comma, hyphen, in the order of ASCII
