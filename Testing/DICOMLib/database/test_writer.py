"""What a batch of records becomes: who they belong to, and how values are stored."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from DICOMLib.database import Database, FileRecord, storage
from DICOMLib.database.stored_values import seconds_since_epoch, timestamp

Make = Callable[..., FileRecord]
NAME, ID, STUDY, SERIES, SOP = "t0010_0010", "t0010_0020", "t0020_000D", "t0020_000E", "t0008_0018"


@pytest.mark.parametrize(
    ("first", "second", "patients", "studies", "series", "instances"),
    [
        ({}, {}, 1, 1, 1, 1),
        ({}, {SOP: "9.1"}, 1, 1, 1, 2),
        ({"t0010_0030": "19700101"}, {"t0010_0030": "19800202", SOP: "9.1"}, 1, 1, 1, 2),
        ({}, {ID: "P2", STUDY: "1.9", SERIES: "1.9.1", SOP: "9.1"}, 2, 2, 2, 2),
        ({}, {NAME: "Doe^John", STUDY: "1.9", SERIES: "1.9.1", SOP: "9.1"}, 2, 2, 2, 2),
        # a study stays with the patient by whom it came, a series with its study
        ({}, {ID: "P2", SERIES: "1.9.1", SOP: "9.1"}, 2, 1, 2, 2),
        ({}, {STUDY: "1.9", SOP: "9.1"}, 1, 2, 1, 2),
        # without identifiers
        ({ID: "", NAME: ""}, {ID: "", NAME: "", SOP: "9.1"}, 1, 1, 1, 2),
        ({ID: "", NAME: ""}, {ID: "", NAME: "", STUDY: "1.9", SERIES: "1.9.1", SOP: "9.1"}, 2, 2, 2, 2),
        ({}, {SERIES: "", SOP: "9.1"}, 1, 1, 1, 1),
        ({}, {SOP: ""}, 1, 1, 1, 1),
        ({}, {STUDY: "", SOP: "9.1"}, 1, 1, 1, 1),
    ],
)
def test_identity(  # noqa: PLR0917
    database: Database, record: Make, first: dict[str, str], second: dict[str, str],
    patients: int, studies: int, series: int, instances: int,
) -> None:  # fmt: skip
    database.insert_records([record(path="/a.dcm", **first)], [])
    database.insert_records([record(path="/b.dcm", **second)], [])
    assert database.counts() == (patients, studies, series, instances)


@pytest.mark.parametrize("together", [True, False])
def test_the_same_rules_hold_within_a_batch_and_between_batches(
    database: Database, record: Make, together: bool
) -> None:
    records = [
        record("9.1"),
        record("9.2", **{NAME: "", ID: ""}),
        record("9.3", **{NAME: ""}),
        record("9.4", **{ID: "P4", STUDY: "1.4", SERIES: "1.4.1"}),
        record("9.1", path="/later.dcm"),
    ]
    for batch in [records] if together else [[one] for one in records]:
        database.insert_records(batch, [])
    assert [(row["PatientID"], row["PatientsName"]) for row in database.rows("patients")] == [
        ("P1", "Doe^Jane"),
        ("1.2", "1.2"),
        ("P1", "P1"),
        ("P4", "Doe^Jane"),
    ]
    assert database.counts()[1:] == (2, 2, 4)
    assert database.rows("instances", SOPInstanceUID="9.1")[0]["Filename"] == "/later.dcm"


def test_a_record_without_a_study_is_rejected_and_harms_no_other(database: Database, record: Make) -> None:
    report = database.insert_records([record("9.1"), record("9.2", **{STUDY: ""})], [])
    assert report.rejected == [("/data/9.2.dcm", "no Study Instance UID")]
    assert report.instances == 1


def test_values_are_stored_as_slicer_stores_them(database: Database) -> None:
    values = {
        "0008,0018": "9.1",
        "0020,000E": "1.2.3",
        "0020,000D": "1.2",
        "0010,0020": "P1",
        "0010,0010": "Doe^Jane=Möller",
        "0010,0030": "19700131",
        "0010,0032": "010203",
        "0010,0040": "F",
        "0008,0020": "20240229",
        "0008,0021": "20230229",  # there is no such day
        "0008,0030": "101500.123456",
        "0020,0011": "7",
        "0020,0012": "x",
        "0018,0086": "2\\3",
        "0018,0020": "SE\\IR",
    }
    empty = frozenset(("0008,0050", "0018,0010"))
    database.insert_records([FileRecord("/a.dcm", "/a.dcm", 0.0, values, empty=empty)], [])
    (patient,), (study,), (series,) = (database.rows(level) for level in ("patients", "studies", "series"))
    assert patient["PatientsName"] == "Doe^Jane=Möller"
    assert patient["PatientsBirthDate"] == "1970-01-31"
    assert patient["PatientsBirthTime"] == 10203  # a column of type TIME turns digits into a number
    assert patient["PatientsComments"] is None
    assert patient["PatientsAge"] is None
    assert patient["Connections"] == '{"allow":[""],"deny":[]}'
    assert (study["StudyDate"], study["StudyTime"]) == ("2024-02-29", "101500.123456")
    assert (study["AccessionNumber"], study["InstitutionName"]) == ("", None)
    assert (series["SeriesNumber"], series["AcquisitionNumber"], series["TemporalPosition"]) == (7, 0, 0)
    assert (series["EchoNumber"], series["ScanningSequence"]) == (2, "SE\\IR")
    assert series["SeriesDate"] is None
    assert (series["ContrastAgent"], series["BodyPartExamined"]) == ("", None)


def test_insert_times_are_local_with_milliseconds(database: Database, record: Make) -> None:
    before = datetime.now()
    database.insert_records([record()], [])
    after = datetime.now()
    for level in ("patients", "studies", "series", "instances"):
        text = database.rows(level)[0]["InsertTimestamp"]
        assert len(text) == len("2024-01-01T00:00:00.000")
        assert timestamp(before) <= text <= timestamp(after)


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [(0, "04.000"), (1, "04.001"), (123000, "04.123"), (123456, "04.124"), (999999, "05.000")],
)
def test_what_was_written_before_an_insertion_is_not_younger(microsecond: int, text: str) -> None:
    moment = datetime(2020, 1, 2, 3, 5, 4, microsecond)
    assert timestamp(moment) == f"2020-01-02T03:05:{text}"
    assert moment.timestamp() <= seconds_since_epoch(timestamp(moment))


def test_times_of_older_databases_are_read_too() -> None:
    assert seconds_since_epoch("2020-01-02T03:04:05") == datetime(2020, 1, 2, 3, 4, 5).timestamp()
    assert seconds_since_epoch("2020-01-02T03:04:05.250") == datetime(2020, 1, 2, 3, 4, 5).timestamp() + 0.25
    assert seconds_since_epoch("yesterday") == 0.0


@pytest.mark.parametrize(
    ("again", "overwrite", "outcome"),
    [
        ({"path": "/data/9.1.dcm", "modified": -60}, False, "unchanged"),
        ({"path": "/data/9.1.dcm", "modified": -60}, True, "replaced"),
        ({"path": "/data/9.1.dcm", "modified": +60}, False, "replaced"),
        ({"path": "/data/other.dcm", "modified": -60}, False, "replaced"),
        ({"path": "dicom/x/y/z.dcm", "modified": -60}, False, "replaced"),
    ],
)
def test_an_instance_that_is_known(
    database: Database, record: Make, again: dict[str, object], overwrite: bool, outcome: str
) -> None:
    database.insert_records([record("9.1", t0008_0070="old")], ["0008,0070"])
    again["modified"] = time.time() + float(str(again["modified"]))
    report = database.insert_records(
        [record("9.1", t0008_0070="new", **again)], ["0008,0070"], overwrite=overwrite
    )
    assert (report.unchanged, report.replaced, report.instances) == (
        outcome == "unchanged",
        outcome == "replaced",
        0,
    )
    assert database.value("9.1", "0008,0070") == ("old" if outcome == "unchanged" else "new")


def test_copies_are_written_again(database: Database, record: Make) -> None:
    copy = record("9.1", path=storage.copy_name("1.2", "1.2.3", "9.1"))
    database.insert_records([copy], [])
    report = database.insert_records([copy], [])
    assert (report.replaced, report.unchanged) == (1, 0)


def test_files_inside_the_folder_are_stored_relative(tmp_path: Path, record: Make) -> None:
    folder = tmp_path / "db"
    folder.mkdir()
    with Database.open(folder) as database:
        inside, beside = f"{folder}/own/a.dcm", f"{folder}2/a.dcm"
        database.insert_records([record("9.1", path=inside), record("9.2", path=beside)], [])
        assert [row["Filename"] for row in database.rows("instances")] == ["own/a.dcm", beside]
        assert database.files("1.2.3") == [inside, beside]
        assert database.sop_of_file(inside) == "9.1"
        assert database.sop_of_file(f"{folder}/own/../own/a.dcm") == "9.1"


def test_a_replaced_instance_may_move_to_another_series(database: Database, record: Make) -> None:
    database.insert_records([record("9.1")], [])
    report = database.insert_records([record("9.1", path="/new.dcm", **{SERIES: "1.2.4"})], [])
    assert database.instances("1.2.3") == []
    assert database.instances("1.2.4") == ["9.1"]
    assert report.changed_series == {"1.2.3", "1.2.4"}


def test_the_report_tells_what_was_added_in_order(database: Database, record: Make) -> None:
    report = database.insert_records([record("9.1", t0010_0030="19700131"), record("9.2")], [])
    assert [(event.kind, event.uid, event.details) for event in report.events] == [
        ("patient", "1", ("P1", "Doe^Jane", "19700131")),
        ("connection", "1", ("P1", "Doe^Jane", "19700131", "")),
        ("study", "1.2", ()),
        ("series", "1.2.3", ()),
        ("instance", "9.1", ()),
        ("instance", "9.2", ()),
    ]
    assert (report.patients, report.studies, report.series, report.instances) == (1, 1, 1, 2)
    assert (report.changed_patients, report.changed_studies, report.changed_series) == (
        {1},
        {"1.2"},
        {"1.2.3"},
    )


class _Broken(Mapping[str, str]):
    """Values that cannot be read: stands for any fault in the middle of a batch."""

    def __getitem__(self, tag: str) -> str:
        raise RuntimeError("broken")

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(())

    def __len__(self) -> int:
        return 0

    def get(self, tag: str, default: object = None) -> str:  # type: ignore[override]
        if tag == "0008,0018":
            return "9.9"
        raise RuntimeError("broken")


def test_a_batch_is_inserted_whole_or_not_at_all(database: Database, record: Make) -> None:
    news: list[object] = []
    database.changed.connect(news.append)
    records = [record("9.1"), FileRecord("/b.dcm", "/b.dcm", 0.0, _Broken())]
    with pytest.raises(RuntimeError, match="broken"):
        database.insert_records(records, ["0008,0060"])
    assert database.counts() == (0, 0, 0, 0)
    assert database.cached_tag("9.1", "0008,0060") is None
    assert news == []
    database.insert_records([record("9.1")], ["0008,0060"])
    assert database.counts() == (1, 1, 1, 1)


def test_peers_are_remembered_with_the_patient(database: Database, record: Make) -> None:
    database.insert_records([record("9.1", path="")], [], connection_name="PACS 1")
    database.insert_records([record("9.1", path="")], [], connection_name="PACS 2")
    report = database.insert_records([record("9.1")], [])
    assert database.rows("patients")[0]["Connections"] == '{"allow":["PACS 1","PACS 2",""],"deny":[]}'
    assert [event.details[-1] for event in report.events if event.kind == "connection"] == [""]


def test_an_instance_that_a_peer_has_gets_its_url_until_there_is_a_file(
    database: Database, record: Make
) -> None:
    url = "dimse+ctk://pacs/1.2/1.2.3/9.1"
    known = FileRecord("", "", 0.0, record("9.1").values, url=url)
    database.insert_records([known], [], connection_name="pacs")
    assert [(row["Filename"], row["URL"]) for row in database.rows("instances")] == [("", url)]
    assert database.sop_of_file(url) == "9.1"
    database.insert_records([record("9.1")], [])
    database.insert_records([known], [], connection_name="pacs")
    assert [(row["Filename"], row["URL"]) for row in database.rows("instances")] == [("/data/9.1.dcm", "")]


def test_patients_alone(database: Database, record: Make) -> None:
    records = [record(**{STUDY: ""}), record(**{STUDY: "", ID: ""})]
    report = database.insert_records(records, [], connection_name="pacs", patients_only=True)
    assert database.counts() == (1, 0, 0, 0)
    assert [reason for _path, reason in report.rejected] == ["no Patient ID"]
