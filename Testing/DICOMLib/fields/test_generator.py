"""Displayed fields: the six rules, rules of one's own, sessions, faults."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import ClassVar

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database, displayed_fields
from DICOMLib.fields import DisplayedFieldGenerator, DisplayedFieldRule, Merge, RuleError, RuleRegistry
from DICOMLib.fields.builtin import BUILTIN_RULES
from DICOMLib.indexing import ImportOptions, import_paths
from Testing import factories


class Scanner(DisplayedFieldRule):
    """A column of its own in the series table."""

    name = "Scanner"
    required_tags = ("0008,0070", "0018,0050")
    merge: ClassVar = {
        "Series.Scanner": Merge.CONCATENATE,
        "Studies.FirstScanner": Merge.EXPECT_SAME_VALUE,
    }
    titles: ClassVar = {"Studies.FirstScanner": "First scanner"}

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        text = f"{tags['0008,0070']} {tags['0018,0050']}".strip()
        return {"Series.Scanner": text, "Studies.FirstScanner": tags["0008,0070"]}


class Failing(DisplayedFieldRule):
    name = "Failing"
    required_tags = ("0008,0060",)

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        raise ZeroDivisionError("a rule's own fault")


class Modality(DisplayedFieldRule):
    name = "Modality"
    required_tags = ("0008,0060",)

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        return {"Series.BodyPartExamined": tags["0008,0060"]}


class Undeclared(DisplayedFieldRule):
    name = "Undeclared"
    required_tags = ("0008,0060",)

    def fields_for_instance(self, tags: Mapping[str, str]) -> Mapping[str, str]:
        return {"Series.NoSuchColumn": "x", "Series.BodyPartExamined": "KNEE"}


@pytest.fixture
def database(tmp_path: Path):
    with Database.open(tmp_path / "database") as opened:
        yield opened


def registry(*rules: DisplayedFieldRule) -> RuleRegistry:
    return RuleRegistry([*(rule() for rule in BUILTIN_RULES), *rules])


def take(database: Database, folder: Path, datasets, rules: RuleRegistry | None = None, prefix: str = ""):
    factories.write(datasets, folder, prefix=prefix)
    generator = DisplayedFieldGenerator(rules or registry())
    return run(import_paths(database, [folder], ImportOptions(generator=generator)))


def only(database: Database, level: str) -> dict:
    (row,) = database.rows(level)
    return row


def test_the_six_rules(database: Database, tmp_path: Path) -> None:
    name = "Doe^Jane^Mary^Dr^Jr"
    datasets = [*factories.ct_series(3, PatientName=name), factories.rt_plan(PatientName=name)]
    take(database, tmp_path / "files", datasets)
    patient, study = only(database, "patients"), only(database, "studies")
    assert patient["DisplayedPatientsName"] == "Doe, Jane Mary, Jr (Dr)"
    assert (patient["DisplayedNumberOfStudies"], patient["DisplayedLastStudyDate"]) == (1, "2024-01-15")
    assert study["DisplayedNumberOfSeries"] == 2
    series = {row["Modality"]: row for row in database.rows("series")}
    assert (series["CT"]["DisplayedCount"], series["CT"]["DisplayedSize"]) == (3, "8x8")
    assert series["CT"]["SeriesDescription"] == "Axial"
    assert series["RTPLAN"]["SeriesDescription"] == "Plan A"


def test_instances_that_disagree(database: Database, tmp_path: Path, caplog) -> None:
    datasets = factories.ct_series(3)
    for dataset, description, modality in zip(
        datasets, ("Arm", "Leg", "Arm"), ("CT", "MR", "CT"), strict=True
    ):
        dataset.SeriesDescription, dataset.Modality = description, modality
    take(database, tmp_path / "files", datasets)
    row = only(database, "series")
    assert row["SeriesDescription"] == "Arm, Leg"  # joined
    assert row["Modality"] == "CT"  # expected to be the same: the first one stays, and it is said
    assert "disagree about Modality" in caplog.text


def test_a_rule_of_ones_own_has_its_columns(database: Database, tmp_path: Path) -> None:
    datasets = factories.ct_series(4, Manufacturer="ACME")
    datasets[3].Manufacturer = "Other"
    take(database, tmp_path / "files", datasets, registry(Scanner()))
    assert only(database, "series")["Scanner"] == "ACME 2.5, Other 2.5"
    assert only(database, "studies")["FirstScanner"] == "ACME"
    column = next(column for column in database.columns("Series") if column.field == "Scanner")
    assert (column.visible, column.displayed_name) == (True, "Scanner")
    column = next(column for column in database.columns("Studies") if column.field == "FirstScanner")
    assert column.displayed_name == "First scanner"
    assert database.search("studies", '"First scanner":acme') == [
        only(database, "studies")["StudyInstanceUID"]
    ]
    assert "0018,0050" in DisplayedFieldGenerator(registry(Scanner())).required_tags(database)


def test_only_new_instances_are_processed_until_all_are_wanted(database: Database, tmp_path: Path) -> None:
    take(database, tmp_path / "files", factories.ct_series(2), registry())
    generator = DisplayedFieldGenerator(registry(Modality()))
    assert generator.update(database).series == 0
    assert generator.update(database, recompute=True).series == 1
    assert only(database, "series")["BodyPartExamined"] == "CT"


class CutOff(DisplayedFieldRule):
    """Ends the process, as a power failure does, after the fields are written and before they are counted."""

    name = "CutOff"

    def finish(self, database: Database, touched: object) -> None:
        raise KeyboardInterrupt


def test_a_session_that_is_cut_off_is_done_again(database: Database, tmp_path: Path) -> None:
    factories.write(factories.ct_series(3), tmp_path / "files")
    dying = DisplayedFieldGenerator(RuleRegistry([CutOff(), *(rule() for rule in BUILTIN_RULES)]))
    with pytest.raises(KeyboardInterrupt):
        run(import_paths(database, [tmp_path / "files"], ImportOptions(generator=dying)))
    assert database.rows("series")[0]["DisplayedCount"] is None
    run(import_paths(database, [tmp_path / "files"]))
    assert database.rows("series")[0]["DisplayedCount"] == 3


def test_instances_that_arrive_during_a_session_wait_for_the_next(database: Database) -> None:
    columns = "SOPInstanceUID, Filename, SeriesInstanceUID, InsertTimestamp"
    insert = f"INSERT INTO Images ({columns}) VALUES (?, ?, ?, '')"
    with database.transaction() as connections:
        connections.main.execute(insert, ("1.2.1", "1.dcm", "1.2"))
        newest = displayed_fields.newest_instance(connections.main)
        connections.main.execute(insert, ("1.2.2", "2.dcm", "1.2"))
        displayed_fields.mark_processed(connections.main, ["1.2"], newest)
    query = "SELECT SOPInstanceUID FROM Images WHERE DisplayedFieldsUpdatedTimestamp IS NULL"
    assert database.read(lambda one: one.execute(query).fetchall()) == [("1.2.2",)]


def test_a_rule_that_is_switched_off_in_one_database(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connections:
        displayed_fields.set_rule_enabled(connections.main, "SeriesImageCount", False)
    take(database, tmp_path / "files", factories.ct_series(2))
    row = only(database, "series")
    assert (row["DisplayedCount"], row["DisplayedSize"]) == (None, "8x8")


def test_a_rule_that_fails_harms_nothing_else(database: Database, tmp_path: Path, caplog) -> None:
    rules = registry(Failing())
    imported = take(database, tmp_path / "files", factories.ct_series(2), rules)
    assert only(database, "series")["DisplayedCount"] == 2
    assert "rule Failing failed" in caplog.text
    assert imported.failed_rules == [("Failing", "ZeroDivisionError")]
    assert "The rule Failing failed (ZeroDivisionError) and was left out" in imported.as_text()
    assert "slicer-dicom fields --disable Failing" in imported.as_text()
    assert imported.as_dict()["failed_rules"] == [{"rule": "Failing", "error": "ZeroDivisionError"}]
    report = DisplayedFieldGenerator(rules).update(database, recompute=True)
    assert report.failed_rules == [("Failing", "ZeroDivisionError")]


def test_a_field_without_a_column_harms_nothing_else(database: Database, tmp_path: Path, caplog) -> None:
    take(database, tmp_path / "files", factories.ct_series(2), registry(Undeclared()))
    row = only(database, "series")
    assert (row["DisplayedCount"], row["BodyPartExamined"]) == (2, "KNEE")
    assert "Series.NoSuchColumn" in caplog.text


@pytest.mark.parametrize(
    "merge", [{"Doctors.Name": Merge.CONCATENATE}, {"Series.no column": Merge.CONCATENATE}]
)
def test_rules_that_cannot_be_registered(merge) -> None:
    rule = Scanner()
    rule.merge = merge
    with pytest.raises(RuleError, match="is no field"):
        RuleRegistry([rule])


def test_names_are_needed_and_unique() -> None:
    rules = RuleRegistry([Scanner()])
    with pytest.raises(RuleError, match="already"):
        rules.register(Scanner())
    with pytest.raises(RuleError, match="needs a name"):
        rules.register(DisplayedFieldRule())
    rules.unregister("Scanner")
    assert rules.rules() == []


def test_a_second_session_replaces_what_the_first_joined(database: Database, tmp_path: Path) -> None:
    first = factories.ct_series(2)
    first[0].SeriesDescription, first[1].SeriesDescription = "Arm", "Leg"
    take(database, tmp_path / "files", first)
    assert only(database, "series")["SeriesDescription"] == "Arm, Leg"
    later = factories.ct_series(3)[2]
    later.SeriesDescription = "Head"
    take(database, tmp_path / "files", [later], prefix="later")
    assert only(database, "series")["SeriesDescription"] == "Head"


@pytest.mark.skipif(sys.platform == "win32", reason="there the time zone of a process is not set so")
def test_times_of_displayed_fields_are_utc_and_those_of_insertion_local(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")  # nine hours before UTC
    time.tzset()
    try:
        take(database, tmp_path / "files", factories.ct_series(1))
        row = only(database, "series")
    finally:
        monkeypatch.undo()
        time.tzset()
    inserted = datetime.fromisoformat(row["InsertTimestamp"])
    processed = datetime.fromisoformat(row["DisplayedFieldsUpdatedTimestamp"])
    assert abs((inserted - processed).total_seconds() - 9 * 3600) < 60
