"""The generator with CTK's methods: the six rules instance by instance, with CTK's exact outputs."""

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
from Testing.DICOMLib.compat.datasets import dataset, write

TAGS = {
    "0010,0010": "Doe^Jane^^Dr",
    "0010,0020": "P1",
    "0020,000D": "1.2",
    "0020,000E": "1.2.3",
    "0008,0020": "20240115",
    "0008,1030": "Chest",
    "0008,0061": "CT",
    "0008,0080": "Hospital",
    "0008,0090": "Ref^A",
    "0020,0011": "4",
    "0008,0060": "CT",
    "0008,103E": "Axial",
    "0028,0010": "2",
    "0028,0011": "3",
}


@pytest.fixture
def generator(filled: ctkDICOMDatabase):
    made = ctkDICOMDisplayedFieldGenerator()
    made.setDatabase(filled)
    made.startUpdate()
    yield made
    registry.unregister("Failing")


def of_instances(generator, *changes: dict[str, str]) -> tuple[dict, dict, dict]:
    series, study, patient = {"SeriesInstanceUID": "1.2.3"}, {"StudyInstanceUID": "1.2"}, {}
    for number, change in enumerate(changes):
        generator.updateDisplayedFieldsForInstance(f"9.{number}", {**TAGS, **change}, series, study, patient)
    return series, study, patient


def test_the_default_rule(generator) -> None:
    series, study, patient = of_instances(generator, {})
    assert patient == {
        "PatientsName": "Doe^Jane^^Dr",
        "PatientID": "P1",
        "DisplayedPatientsName": "Doe, Jane (Dr)",
    }
    assert study == {
        "StudyInstanceUID": "1.2",
        "StudyDate": "20240115",
        "InstitutionName": "Hospital",
        "StudyDescription": "Chest",
        "ModalitiesInStudy": "CT",
        "ReferringPhysician": "Ref^A",
    }
    assert series == {
        "SeriesInstanceUID": "1.2.3",
        "StudyInstanceUID": "1.2",
        "SeriesNumber": "4",
        "Modality": "CT",
        "SeriesDescription": "Axial",
        "DisplayedSize": "3x2",
    }


def test_values_of_several_instances_are_merged(generator) -> None:
    series, study, _patient = of_instances(
        generator,
        {"0008,103E": "", "0028,0010": ""},
        {"0008,103E": "Arm", "0008,1030": "", "0008,0060": "MR"},
        {"0008,103E": "Ar", "0008,1030": "Chest 2"},
        {"0008,103E": "Leg"},
    )
    assert series["SeriesDescription"] == "Arm, Leg"  # "Ar" is contained in it
    assert series["Modality"] == "CT"  # the first one stays
    assert series["DisplayedSize"] == "3x2"  # the only one that is there
    assert study["StudyDescription"] == "Chest, Chest 2"


@pytest.mark.parametrize(
    ("modality", "tags", "expected"),
    [
        ("RTPLAN", {"300A,0003": "Plan", "300A,0002": "Label"}, "Axial, Plan"),
        ("RTPLAN", {"300A,0002": "Label"}, "Axial, Label"),
        ("RTPLAN", {}, "Axial, Unnamed RT Plan"),
        ("RTSTRUCT", {"3006,0004": "Organs", "3006,0002": "Label"}, "Axial, Organs"),
        ("RTSTRUCT", {"3006,0002": "Label"}, "Axial, Label"),
        ("RTSTRUCT", {}, "Axial, Unnamed RT Structure Set"),
        ("RTIMAGE", {"3002,0003": "Image", "3002,0002": "Label"}, "Axial, Image"),
        ("RTIMAGE", {"3002,0002": "Label", "3002,0004": "Text"}, "Axial, Label"),
        ("RTIMAGE", {"3002,0004": "Text"}, "Axial, Unnamed RT Image"),
        ("RTDOSE", {"300A,0003": "Plan"}, "Axial"),
    ],
)
def test_the_radiotherapy_rule(generator, modality, tags, expected) -> None:
    series, _study, _patient = of_instances(generator, {"0008,0060": modality, **tags})
    assert series["SeriesDescription"] == expected


def test_the_rules_that_count(generator, filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    later = dataset("9.9", StudyInstanceUID="7", SeriesInstanceUID="7.1", StudyDate="20230304")
    filled.insert(write(tmp_path / "later.dcm", later), False, False)
    series: dict = {"1.2.3": {}, "7.1": {}}
    study: dict = {"1.2": {}, "7": {}}
    patient: dict = {
        "P1~19700131~Doe^Jane": {"PatientID": "P1", "PatientsName": "Doe^Jane"},
        "gone": {"PatientID": "P2", "PatientsName": "Nobody"},
    }
    generator.endUpdate(series, study, patient)
    assert series["1.2.3"]["DisplayedCount"] == "3"
    assert series["7.1"]["DisplayedCount"] == "1"
    assert study["1.2"]["DisplayedNumberOfSeries"] == "1"
    found = patient["P1~19700131~Doe^Jane"]
    assert (found["DisplayedNumberOfStudies"], found["DisplayedLastStudyDate"]) == ("2", "2023-03-04")
    assert patient["gone"] == {"PatientID": "P2", "PatientsName": "Nobody"}


def test_no_parsable_study_date(generator) -> None:
    patient = {"P1~19700131~Doe^Jane": {"PatientID": "P1", "PatientsName": "Doe^Jane"}}
    generator.endUpdate({}, {}, patient)
    assert patient["P1~19700131~Doe^Jane"]["DisplayedLastStudyDate"] == ""


@pytest.mark.parametrize("step", ["startUpdate", "getDisplayedFieldsForInstance", "endUpdate"])
def test_a_rule_that_raises_is_left_out(generator, filled, caplog, step) -> None:
    class Failing(AbstractRule):
        pass

    def fail(*_arguments):
        raise ValueError("its own fault")

    setattr(Failing, step, fail)
    assert Factory.instance().registerDisplayedFieldGeneratorRule(Failing())
    generator.startUpdate()
    series, _study, _patient = of_instances(generator, {}, {})
    generator.endUpdate({"1.2.3": series}, {}, {})
    assert (series["SeriesDescription"], series["DisplayedCount"]) == ("Axial", "3")
    assert caplog.text.count("rule Failing failed") == 1


def test_rules_switched_off_since(generator, filled: ctkDICOMDatabase) -> None:
    Factory.instance().setRuleEnabled(filled, "Default", False)
    generator.startUpdate()
    series, _study, _patient = of_instances(generator, {})
    assert series == {"SeriesInstanceUID": "1.2.3"}
    assert "0010,4000" not in generator.getRequiredTags()


def test_without_a_database() -> None:
    generator = ctkDICOMDisplayedFieldGenerator()
    generator.startUpdate()
    series: dict = {}
    generator.updateDisplayedFieldsForInstance("9.1", TAGS, series, {}, {})
    generator.endUpdate({"1.2.3": series}, {}, {})
    assert series["SeriesDescription"] == "Axial"
    assert generator.update().series == 0
