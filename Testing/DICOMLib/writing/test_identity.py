"""What objects keep of patient and study: the lists against the modules of PS3.3 as highdicom has them."""

from __future__ import annotations

import json
from pathlib import Path

import highdicom
import pytest
from pydicom.dataset import Dataset

from DICOMLib.writing.header import code
from DICOMLib.writing.identity import (
    IDENTITY,
    OF_THE_PATIENT,
    OF_THE_STUDY,
    UIDS,
    forget_others,
    identity_changes,
    take_identity,
)

MODULES = json.loads(
    Path(highdicom.__file__).with_name("_standard").joinpath("module_attribute_map.json").read_text()
)


def of_module(name):
    return {str(one["keyword"]) for one in MODULES[name] if not one["path"]} - set(UIDS)


def image(**values):
    dataset = Dataset()
    dataset.PatientID, dataset.StudyInstanceUID = "P1", "1.2"
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("module", ["patient", "clinical-trial-subject"])
def test_modules_of_the_patient(module):
    assert of_module(module) <= set(OF_THE_PATIENT)


@pytest.mark.parametrize("module", ["general-study", "clinical-trial-study"])
def test_modules_of_the_study(module):
    assert of_module(module) <= set(OF_THE_STUDY)


def test_module_of_both():
    assert of_module("patient-study") <= {*OF_THE_PATIENT, *OF_THE_STUDY}


def test_no_attribute_is_named_twice():
    assert len(IDENTITY) == len(set(IDENTITY))


@pytest.mark.parametrize(
    ("tags", "kept"),
    [
        ({}, ["Occupation", "AccessionNumber"]),
        ({"PatientID": "P1", "StudyInstanceUID": "1.2"}, ["Occupation", "AccessionNumber"]),
        ({"PatientID": "P2"}, ["AccessionNumber"]),
        ({"StudyInstanceUID": "1.3"}, ["Occupation"]),
    ],
)
def test_what_is_forgotten(tags, kept):
    dataset = image(Occupation="Turner", AccessionNumber="A1")
    forget_others(dataset, tags)
    assert [name for name in ("Occupation", "AccessionNumber") if name in dataset] == kept


def test_an_object_takes_patient_and_study_of_its_image():
    made = image(PatientName="", PatientComments="of before", Modality="REG")
    source = image(PatientName="Doe^Jane", PatientAge="053Y", ProcedureCodeSequence=[code("1", "99X", "one")])
    take_identity(made, source, {"PatientName": "Roe^Jane", "SeriesDescription": "not of this"})
    assert (made.PatientName, made.PatientAge, made.Modality) == ("Roe^Jane", "053Y", "REG")
    assert made.ProcedureCodeSequence[0].CodeMeaning == "one"
    assert "PatientComments" not in made
    assert "SeriesDescription" not in made
    made.ProcedureCodeSequence[0].CodeMeaning = "changed"
    assert source.ProcedureCodeSequence[0].CodeMeaning == "one"


def test_nothing_is_taken_of_no_image():
    made = image(PatientComments="of before")
    take_identity(made, None, {"PatientName": "Roe^Jane"})
    assert made == image(PatientComments="of before")


def test_changes_of_nothing_are_not_told():
    """An empty value that is taken away is no change; one that is emptied is."""
    source = image(PatientAge="", PatientComments="gone", PatientName="Doe^Jane")
    changes = identity_changes(source, {"PatientComments": ""})
    assert [(one.name, one.before, one.after, one.kind) for one in changes] == [
        ("Patient Comments", "gone", "", "removed")
    ]
