"""Searches in a small database with known contents, and against matching row by row."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from DICOMLib.database import Database
from DICOMLib.database.search_terms import SearchError
from DICOMLib.standard.matching import Contains, comparison, pattern
from Testing.DICOMLib.database.conftest import judge, make_record

THICKNESS, NUMBER, PRIVATE = "0018,0050", "0020,0013", "0019,100A"
CACHED = ("0008,0060", "0008,103E", THICKNESS, NUMBER, PRIVATE)


def record(sop, patient, study, series, **values):
    return make_record(
        sop, t0010_0020=patient[0], t0010_0010=patient[1], t0020_000D=study, t0020_000E=series, **values
    )


MUELLER, DOE = ("P1", "Müller^Änne"), ("P2", "Doe^Jane")


@pytest.fixture
def filled(database: Database) -> Database:
    ct = {"t0008_0060": "CT", "t0008_0020": "20200115", "t0008_103E": "Thorax venös", "t0008_1030": "Chest"}
    records = [
        record("1.1", MUELLER, "st1", "s1", t0018_0050="1.25", t0020_0013="1", t0019_100A="abc", **ct),
        record("1.2", MUELLER, "st1", "s1", t0018_0050="1.25", t0020_0013="2", t0019_100A="abc", **ct),
        record("2.1", MUELLER, "st1", "s2", t0008_0060="SR", t0008_0020="20200115", t0008_103E="Report"),
        record(
            "3.1",
            DOE,
            "st2",
            "s3",
            t0008_0060="MR",
            t0008_0020="20210320",
            t0008_0030="103000",
            t0008_103E="Head 1",
            t0008_1030="Brain",
            t0010_0030="19700501",
            t0018_0050="3",
            t0020_0011="7",
        ),
    ]
    database.insert_records(records, CACHED)
    return database


@pytest.mark.parametrize(
    ("level", "text", "found"),
    [
        ("series", "", ["s1", "s2", "s3"]),
        ("series", "Modality:CT", ["s1"]),
        ("series", "modality:ct,mr", ["s1", "s3"]),
        ("series", "Modality!=CT", ["s2", "s3"]),
        ("series", "-Modality:CT -Modality:SR", ["s3"]),
        ("series", "StudyDate:2020", ["s1", "s2"]),
        ("series", "StudyDate:2020- Modality:MR", ["s3"]),
        ("series", "date>2020", ["s3"]),
        ("series", "StudyTime:10:30", ["s3"]),
        ("series", 'StudyTime:""', ["s1", "s2"]),
        ("series", "SeriesNumber:5-9", ["s3"]),
        ("series", "SeriesNumber<7 SeriesNumber>0", []),
        ("series", "SeriesDescription:thorax*", ["s1"]),
        ("series", "SeriesDescription~VENOS", ["s1"]),
        ("series", '"Series description":"head ?"', ["s3"]),
        ("series", "Series.Modality:MR", ["s3"]),
        ("series", "PatientName:muller", ["s1", "s2"]),
        ("series", "name:^j*", ["s3"]),
        ("series", "PatientBirthDate:1970-05", ["s3"]),
        ("series", "SeriesInstanceUID:s1\\s3", ["s1", "s3"]),
        ("series", "InsertTimestamp:2020-", ["s1", "s2", "s3"]),
        # cached elements
        ("series", "SliceThickness<2", ["s1"]),
        ("series", "0018,0050:1.250", ["s1"]),
        ("series", "SliceThickness:2-", ["s3"]),
        ("series", 'SliceThickness:""', ["s2"]),
        ("series", "-SliceThickness:3", ["s1", "s2"]),
        ("series", "InstanceNumber:2", ["s1"]),
        ("series", "InstanceNumber:3", []),
        ("series", "(0019,100a):AB?", ["s1"]),
        ("series", "SliceThickness:", ["s1", "s2", "s3"]),
        # words
        ("series", "venos", ["s1"]),
        ("series", "änne", ["s1", "s2"]),
        ("series", "anne report", ["s2"]),
        ("series", "anne -report", ["s1"]),
        ("series", "chest", ["s1", "s2"]),
        ("series", '"head 1"', ["s3"]),
        ("series", "2021", ["s3"]),
        ("series", "nothing", []),
        # rows above
        ("studies", "Modality:SR", ["st1"]),
        ("studies", "Modality:SR PatientID:P2", []),
        ("studies", "ModalitiesInStudy:SR", ["st1"]),
        ("studies", "ModalitiesInStudy:ct,mr", ["st1", "st2"]),
        ("studies", "-ModalitiesInStudy:CT", ["st2"]),
        ("series", "ModalitiesInStudy:SR", ["s1", "s2"]),
        ("patients", "ModalitiesInStudy:PT", []),
        ("studies", "StudyDescription:b*", ["st2"]),
        ("studies", "muller", ["st1"]),
        ("studies", "muller thorax modality:ct", ["st1"]),
        ("studies", "muller thorax modality:sr", []),
        ("patients", "Modality:MR", ["2"]),
        ("patients", "muller", ["1"]),
        ("patients", "venos chest", ["1"]),
        ("patients", "PatientID:p?", ["1", "2"]),
        ("patients", "SliceThickness:1.25 StudyDate:2021", []),
        ("patients", "SliceThickness:1.25 StudyDate:2020 PatientID:P1", ["1"]),
        ("patients", "PatientID:P* Modality:CT StudyDate:2020", ["1"]),
        ("patients", "PatientID:P2 Modality:CT", []),
        ("studies", "StudyDate:2020- Modality:CT -Modality:SR", ["st1"]),
        ("studies", "StudyDate:2020- Modality:CT Modality:MR", []),
        ("studies", "StudyDate:2020- PatientID:P2 Modality:MR", ["st2"]),
        ("studies", "StudyDate:2020- report", ["st1"]),
    ],
)
def test_search(filled, level, text, found):
    assert filled.search(level, text) == found


def test_a_patient_without_series_is_found_by_its_own_columns(filled):
    filled.remove_series("s3")
    assert filled.search("patients", "PatientID:P2") == filled.search("patients", "jane") == ["2"]
    assert filled.search("studies", "brain") == ["st2"]
    assert filled.search("patients", "jane Modality:MR") == []


@pytest.mark.parametrize(
    ("level", "text", "message"),
    [
        ("series", "SeriesDescriptn:x", "Is it SeriesDescription"),
        ("series", "StudyDate:May", "StudyDate: 'May' is not a date"),
        ("series", "StudyDate:2021-2019", "ends before it begins"),
        ("series", "StudyTime:12-08", "ends before it begins"),
        ("series", "SeriesNumber:1,7-2", "ends before it begins"),
        ("series", "Modality<CT", "compares dates, times and numbers"),
        ("series", '"x', "quote"),
        ("instances", "x", "cannot be searched"),
        ("series", "KVP:120", r"No values of KVP \(0018,0060\) are cached"),
        ("series", "0019,1055:x", r"the tag \(0019,1055\)"),
    ],
)
def test_what_cannot_be_understood_is_told(filled, level, text, message):
    with pytest.raises(SearchError, match=message):
        filled.search(level, text)


def test_cached_values_are_found_as_they_change(filled):
    filled.cache_tags([("2.1", THICKNESS, "9"), ("1.1", THICKNESS, "8")])
    assert filled.search("series", "SliceThickness:9") == ["s2"]
    assert filled.search("series", "SliceThickness:8") == ["s1"]
    assert filled.search("series", "SliceThickness:1.25") == ["s1"]
    filled.cache_tags([("1.2", THICKNESS, "8")])
    assert filled.search("series", "SliceThickness:1.25") == []
    filled.forget_tags(["1.1", "1.2"])
    assert filled.search("series", "SliceThickness:8") == []


PAGE = Path(__file__).resolve().parents[3] / "Resources" / "Docs" / "search.md"
EXAMPLES = re.findall(r"`(.+?)`", PAGE.read_text(encoding="utf-8").split("| search | finds |")[1])
EXAMPLES = [text for text in EXAMPLES if len(text) > 3]


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples_of_the_page_are_understood(filled, text):
    assert len(EXAMPLES) > 20
    judge(filled, {})
    filled.search("series", text)


def test_an_empty_database_has_no_answers(database):
    assert database.search("series", "KVP:120 Modality:CT head") == []


def test_values_of_a_file_that_was_imported_anew_replace_the_old_ones(filled):
    new = record("3.1", DOE, "st2", "s3", t0018_0050="4", modified=2e9)
    filled.insert_records([new], CACHED, overwrite=True)
    assert filled.search("series", "SliceThickness:3") == []
    assert filled.search("series", "SliceThickness:4") == ["s3"]


def test_what_another_program_writes_through_the_view_is_found(filled):
    with filled.tag_transaction() as connections:
        connections.cache.execute("INSERT OR REPLACE INTO TagCache VALUES ('2.1', '0018,0050', '11')")
        connections.cache.execute(
            "UPDATE TagCache SET Value = '12' WHERE SOPInstanceUID = '3.1' AND Tag = '0018,0050'"
        )
    assert filled.search("series", "SliceThickness:11") == ["s2"]
    assert filled.search("series", "SliceThickness:12") == ["s3"]
    assert filled.search("series", "SliceThickness:3") == []


def test_the_plain_cache_of_ctk_is_searched(filled):
    values = filled.values(["1.1", "1.2", "2.1", "3.1"], CACHED)
    with filled.tag_transaction() as connections:
        connections.cache.execute("DROP VIEW TagCache")
        connections.cache.execute(
            "CREATE TABLE TagCache (SOPInstanceUID, Tag, Value, PRIMARY KEY (SOPInstanceUID, Tag))"
        )
        rows = [(sop, tag, value) for sop, found in values.items() for tag, value in found.items()]
        connections.cache.executemany("INSERT INTO TagCache VALUES (?, ?, ?)", rows)
        connections.cache.execute(
            "INSERT INTO TagCache VALUES ('2.1', '0018,0050', '__TAG_NOT_IN_INSTANCE__')"
        )
    with pytest.raises(SearchError, match="No values of KVP"):
        filled.search("series", "KVP:120")
    assert filled.search("series", "SliceThickness<2") == ["s1"]
    assert filled.search("series", "InstanceNumber:2") == ["s1"]
    assert filled.search("series", 'SliceThickness:""') == ["s2"]


def test_a_cache_of_the_first_version_gets_what_searches_need(filled):
    filename = filled.filename
    with filled.tag_transaction() as connections:
        for statement in (
            "TABLE TagVarying",
            "INDEX TagDefaultValuesIndex",
            "INDEX TagInstancesDefaultIndex",
        ):
            connections.cache.execute(f"DROP {statement}")
    filled.close()
    with Database.open(filename) as again:
        assert again.search("series", "InstanceNumber:2") == ["s1"]
        assert again.value("1.2", NUMBER) == "2"


WORDS = st.text(alphabet="aAäöÖé1 \\*?_%~", max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(WORDS, min_size=1, max_size=8), WORDS.filter(lambda text: text.strip(" \\*")))
def test_sqlite_and_python_agree_on_texts(tmp_path, descriptions, wanted):
    texts = [text.strip() for text in descriptions]
    with Database.open(":memory:") as database:
        records = [record(f"{i}.1", DOE, "st", f"s{i}", t0008_103E=text) for i, text in enumerate(texts)]
        database.insert_records(records, ())
        quoted = wanted.replace('"', '""')
        for operator, asked in (
            (":", pattern("LO", wanted)),
            ("~", Contains(wanted.lower().replace("ä", "a").replace("ö", "o").replace("é", "e"))),
        ):
            found = database.search("series", f'SeriesDescription{operator}"{quoted}"')
            assert found == [f"s{i}" for i, text in enumerate(texts) if asked.matches(text)]


CODES = st.lists(st.text(alphabet="CTM ", max_size=3).map(str.strip), min_size=1, max_size=3).map("\\".join)


@settings(max_examples=60, deadline=None)
@given(st.lists(CODES, min_size=1, max_size=8), st.text(alphabet="cTM*?,", min_size=1, max_size=5))
def test_sqlite_and_python_agree_on_several_values(values, wanted):
    with Database.open(":memory:") as database:
        records = [record(f"{i}.1", DOE, "st", f"s{i}", t0018_0020=text) for i, text in enumerate(values)]
        database.insert_records(records, ())
        asked = pattern("CS", wanted)
        expected = [f"s{i}" for i, text in enumerate(values) if asked.matches(text)]
        assert database.search("series", f"ScanningSequence:{wanted}") == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(-20, 20), min_size=1, max_size=8),
    st.integers(-20, 20),
    st.sampled_from(["<", "<=", ">", ">="]),
)
def test_sqlite_and_python_agree_on_numbers(numbers, limit, operator):
    with Database.open(":memory:") as database:
        records = [
            record(f"{i}.1", DOE, "st", f"s{i}", t0020_0011=str(number), t0018_0050=str(number))
            for i, number in enumerate(numbers)
        ]
        database.insert_records(records, CACHED)
        asked = comparison("IS", operator, str(limit))
        expected = [f"s{i}" for i, number in enumerate(numbers) if asked.matches(str(number))]
        for field in ("SeriesNumber", "SliceThickness"):
            assert database.search("series", f"{field}{operator}{limit}") == expected


DAYS = ["19991231", "20191231", "20200101", "20200430", "20200501", "20200531", "20210101"]
TIMES = ["00", "0010", "001030", "10", "1000", "1030", "10:30:00", "103000.5", "1031", "235959.999999"]
ASKED = {
    "DA": ["2020", "2020-01", "202005", "2020-05-01", "20191231"],
    "TM": ["00", "10", "10:00", "1030", "10:30:00", "10:30:00.5", "10:31", "23:59:59"],
    "DT": ["2020", "2020-05", "20200501", "2020-05-01T10", "2020-05-01T10:30:00.5"],
}
STAMPS = [
    "2019-12-31T23:59:59.999",
    "2020-05-01T10:30:00.500",
    "2020-05-01T10:31:00.000",
    "2020-05-02T00:00:00.000",
]


def stored_moments(database, stamps):
    """Series with each of the days, times and stamps, and what their columns mean as DICOM writes it."""
    count = max(len(DAYS), len(TIMES), len(stamps))
    values = [tuple(texts[i % len(texts)] for texts in (DAYS, TIMES, stamps)) for i in range(count)]
    records = [
        record(
            f"{i}.1", DOE, f"st{i}", f"s{i}", t0008_0020=day, t0008_0021=day, t0008_0030=time, t0008_0031=time
        )
        for i, (day, time, _) in enumerate(values)
    ]
    database.insert_records(records, ())
    with database.transaction() as connections:
        for i, (_, _, stamp) in enumerate(values):
            connections.main.execute(
                "UPDATE Series SET InsertTimestamp = ? WHERE SeriesInstanceUID = ?", (stamp, f"s{i}")
            )
    return values


@pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", ":"])
def test_sqlite_and_python_agree_on_moments(database, operator):
    values = stored_moments(database, STAMPS)
    columns = {"StudyDate": 0, "SeriesDate": 0, "StudyTime": 1, "SeriesTime": 1, "InsertTimestamp": 2}
    for field, place in columns.items():
        vr = ("DA", "TM", "DT")[place]
        for text in ASKED[vr]:
            wanted = pattern(vr, text) if operator == ":" else comparison(vr, operator, text)
            expected = [f"s{i}" for i, value in enumerate(values) if wanted.matches(value[place])]
            assert database.search("series", f"{field}{operator}{text}") == expected, (field, text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("StudyDate<2020-05-01", ["s0"]),
        ("SeriesDate<=2020-05-01", ["s0", "s1"]),
        ("StudyDate>2020-05-01", []),
        ("StudyTime<10:31", ["s0"]),
        ("SeriesTime<=10:31", ["s0", "s1"]),
    ],
)
def test_what_is_before_is_before(database, text, found):
    days = (("s0", "20200430", "1030"), ("s1", "20200501", "1031"))
    records = [
        record(uid, DOE, uid, uid, t0008_0020=day, t0008_0021=day, t0008_0030=time, t0008_0031=time)
        for uid, day, time in days
    ]
    database.insert_records(records, ())
    assert database.search("series", text) == found


def test_dates_that_another_program_stored_as_digits_are_numbers(filled):
    with filled.transaction() as connections:
        connections.main.execute("UPDATE Series SET SeriesDate = '20200501' WHERE SeriesInstanceUID = 's3'")
        stored = connections.main.execute("SELECT typeof(SeriesDate) FROM Series ORDER BY rowid").fetchall()
        assert stored[2] == ("integer",)
    for text in ("=2020-05-01", "=2020", "=2020-04-", "<2020-05-02", "<=2020-05", ">2020-04", ">=2020-05-01"):
        assert filled.search("series", f"SeriesDate{text}") == ["s3"], text
    for text in ("=2019", "=-2020-04", "<2020-05-01", "<2020-05", "<=2020-04", ">2020-05-01", ">=2021"):
        assert filled.search("series", f"SeriesDate{text}") == [], text


@pytest.mark.parametrize(
    ("stored", "found", "missed"),
    [
        ("1030", ["10:30", "10", "-11", "00:10:30"], ["10:31", "11-"]),
        ("001030", ["00:10:30", "00"], ["00:11", "11-"]),
        ("093000", ["09:30", "09-10"], ["10", "-09:29"]),
        ("10", ["10", "10:00"], ["11-"]),
        ("093000.5", ["09:30", "09:30:00.5"], ["09:30:01", "10"]),
    ],
)
def test_times_of_birth_that_sqlite_made_numbers_of(database, stored, found, missed):
    database.insert_records([record("1", DOE, "st", "s", t0010_0032=stored)], ())
    for text in found:
        assert database.search("series", f"PatientBirthTime:{text}") == ["s"], text
    for text in missed:
        assert database.search("series", f"PatientBirthTime:{text}") == [], text


NAMES = (
    "Modality name StudyDate SeriesTime InsertTimestamp SeriesNumber ModalitiesInStudy SliceThickness Nothing"
)
FIELDS = st.sampled_from(
    [*NAMES.split(), "0018,0050", "(0020,0013)", "SeriesInstanceUID", '"Study date"', ""]
)
OPERATORS = st.sampled_from([":", "=", "~", "<", "<=", ">", ">=", "!=", ""])
VALUES = st.one_of(st.text(max_size=8), st.text(alphabet='0123456789-.:*?\\,"^= T', max_size=12))
TERMS = st.builds(lambda *parts: "".join(parts), st.sampled_from(["", "-"]), FIELDS, OPERATORS, VALUES)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TERMS, min_size=1, max_size=3), st.sampled_from(["patients", "studies", "series"]))
def test_any_text_is_answered_or_explained(filled, terms, level):
    with suppress(SearchError):  # and nothing else
        assert set(filled.search(level, " ".join(terms))) <= set(filled.search(level, ""))
