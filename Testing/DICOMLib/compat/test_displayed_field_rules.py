"""Displayed-field rules with CTK's methods, written in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMDisplayedFieldGenerator import ctkDICOMDisplayedFieldGenerator
from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorAbstractRule import (
    ctkDICOMDisplayedFieldGeneratorAbstractRule as AbstractRule,
)
from DICOMLib.compat.ctkDICOMDisplayedFieldGeneratorRuleFactory import (
    ctkDICOMDisplayedFieldGeneratorRuleFactory as Factory,
)
from DICOMLib.fields import registry
from Testing import factories


class KernelRule(AbstractRule):
    """The kernels of a series, and how many instances of it were seen."""

    def name(self):
        return "Kernel"

    def getRequiredDICOMTags(self):
        return ["0018,1210", "0008,0018"]

    def ownedFields(self):
        return ["Series.Kernels", "Series.Seen", "Patients.Note"]

    def startUpdate(self):
        self.seen = 0

    def registerEmptyFieldNames(self, series, study, patient):
        series["Kernels"] = ["UNKNOWN"]

    def getDisplayedFieldsForInstance(self, tags, series, study, patient):
        self.seen += 1
        series["Kernels"] = tags["0018,1210"]

    def mergeDisplayedFieldsForInstance(self, *fields):
        initial, new, merged, empty = fields[0], fields[3], fields[6], fields[9]
        self.mergeConcatenate("Kernels", initial, new, merged, empty)

    def endUpdate(self, series, study, patient):
        for fields in series.values():
            fields["Seen"] = str(self.seen)
        for key, fields in patient.items():
            fields["Note"] = key


@pytest.fixture
def factory():
    yield Factory.instance()
    for name in ("Kernel", "Failing"):
        registry.unregister(name)


def imported(database: ctkDICOMDatabase, folder: Path, kernels: list[str]) -> dict:
    datasets = factories.ct_series(len(kernels))
    for dataset, kernel in zip(datasets, kernels, strict=True):
        dataset.ConvolutionKernel = kernel
    for path in factories.write(datasets, folder):
        database.insert(path, False, False)
    database.updateDisplayedFields()
    (row,) = database.core.rows("series")
    return row


def test_a_rule_in_python(factory, database: ctkDICOMDatabase, tmp_path: Path) -> None:
    heard: list[object] = []
    factory.displayedFieldGeneratorRuleRegistered.connect(heard.append)
    rule = KernelRule()
    assert factory.registerDisplayedFieldGeneratorRule(rule)
    assert heard == [rule]
    row = imported(database, tmp_path / "files", ["UNKNOWN", "SOFT", "BONE", "SOFT"])
    assert row["Kernels"] == "SOFT, BONE"
    assert row["Seen"] == "4"
    (patient,) = database.core.rows("patients")
    assert patient["Note"] == "P1~1970-02-03~Doe^Jane"
    assert "Kernels" in database.seriesFieldNames
    assert rule.database().patients() == ["1"]


def test_names_are_unique(factory) -> None:
    assert factory.registerDisplayedFieldGeneratorRule(KernelRule())
    assert not factory.registerDisplayedFieldGeneratorRule(KernelRule())
    assert not factory.registerDisplayedFieldGeneratorRule(None)
    assert not factory.registerDisplayedFieldGeneratorRule("no rule")
    heard: list[object] = []
    factory.displayedFieldGeneratorRuleUnregistered.connect(heard.append)
    assert factory.unregisterDisplayedFieldGeneratorRule("Kernel")
    assert [rule.name() for rule in heard] == ["Kernel"]
    assert not factory.unregisterDisplayedFieldGeneratorRule("Kernel")


def test_rules_that_are_there(factory, database: ctkDICOMDatabase) -> None:
    names = [rule.name() for rule in factory.displayedFieldGeneratorRules()]
    assert names == [
        "Default",
        "RadiotherapySeriesDescription",
        "LastStudyDate",
        "SeriesImageCount",
        "StudyNumberOfSeries",
        "PatientNumberOfStudies",
        "SliceGeometry",
    ]
    factory.setRuleEnabled(database, "LastStudyDate", False)
    copies = factory.copyEnabledDisplayedFieldGeneratorRules(database)
    assert [rule.name() for rule in copies] == [name for name in names if name != "LastStudyDate"]


def test_the_generator_knows_the_tags(factory, database: ctkDICOMDatabase) -> None:
    factory.registerDisplayedFieldGeneratorRule(KernelRule())
    generator = ctkDICOMDisplayedFieldGenerator()
    generator.setDatabase(database)
    tags = generator.getRequiredTags()
    assert len(tags) == len(set(tags))
    assert {"0018,1210", "300A,0003", "0028,0010"} <= set(tags)


def test_rules_registered_later_are_computed_on_request(factory, database, tmp_path: Path) -> None:
    assert "Kernels" not in imported(database, tmp_path / "files", ["SOFT", "BONE"])
    factory.registerDisplayedFieldGeneratorRule(KernelRule())
    generator = ctkDICOMDisplayedFieldGenerator()
    generator.setDatabase(database)
    assert generator.update(recompute=True).failed_rules == []
    (row,) = database.core.rows("series")
    assert (row["Kernels"], row["Seen"]) == ("SOFT, BONE", "2")


def test_a_rule_that_raises(factory, database, tmp_path: Path, caplog) -> None:
    class Failing(AbstractRule):
        def getDisplayedFieldsForInstance(self, *fields):
            raise ValueError("its own fault")

    factory.registerDisplayedFieldGeneratorRule(Failing())
    assert imported(database, tmp_path / "files", ["SOFT"])["DisplayedCount"] == 1
    assert "rule Failing failed" in caplog.text


@pytest.mark.parametrize(
    ("initial", "new", "same", "joined"),
    [
        ({}, {"F": "a"}, {"F": "a"}, {"F": "a"}),
        ({"F": "a"}, {}, {"F": "a"}, {"F": "a"}),
        ({"F": "a"}, {"F": "b"}, {"F": "a"}, {"F": "a, b"}),
        ({"F": "a, b"}, {"F": "b"}, {"F": "a, b"}, {"F": "a, b"}),
        ({"F": "none"}, {"F": "b"}, {"F": "b"}, {"F": "b"}),
        ({}, {"F": "none"}, {}, {}),
        ({}, {}, {}, {}),
    ],
)
def test_merging(initial, new, same, joined) -> None:
    for helper, expected in (
        (AbstractRule.mergeExpectSameValue, same),
        (AbstractRule.mergeConcatenate, joined),
    ):
        merged: dict[str, str] = {}
        helper("F", initial, new, merged, {"F": ["none"]})
        assert merged == expected


def test_defaults_of_the_abstract_rule() -> None:
    rule = AbstractRule()
    assert rule.name() == "ctkDICOMDisplayedFieldGeneratorAbstractRule"
    assert rule.getRequiredDICOMTags() == rule.ownedFields() == []
    fields: list[dict] = [{} for _ in range(12)]
    rule.registerEmptyFieldNames(*fields[9:])
    rule.startUpdate()
    rule.getDisplayedFieldsForInstance({}, *fields[3:6])
    rule.mergeDisplayedFieldsForInstance(*fields)
    rule.endUpdate({}, {}, {})
    assert fields == [{}] * 12
    rule.setDatabase("database")
    copy = rule.clone()
    assert copy is not rule
    assert (type(copy), copy.database()) == (AbstractRule, "database")


def test_empty_fields() -> None:
    assert AbstractRule.isFieldEmpty("F", {}, {})
    assert AbstractRule.isFieldEmpty("F", {"F": ""}, {})
    assert AbstractRule.isFieldEmpty("F", {"F": "none"}, {"F": ["none", "no"]})
    assert AbstractRule.isFieldEmpty("F", {"F": "none"}, {"F": "none"})
    assert not AbstractRule.isFieldEmpty("F", {"F": "none"}, {"G": ["none"]})


@pytest.mark.parametrize("tag", [0x0020000D, (0x20, 0xD)])
def test_tags_as_text(tag) -> None:
    assert AbstractRule.dicomTagToString(tag) == "0020,000D"
