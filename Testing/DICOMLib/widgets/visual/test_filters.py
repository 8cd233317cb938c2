"""Filters of the visual browser: what passes, and which one lets nothing pass."""

from __future__ import annotations

from datetime import date

import pytest

from DICOMLib.widgets.visual.cards import PatientCard, SeriesCard, StudyCard
from DICOMLib.widgets.visual.filters import DateType, Filters, apply

TODAY = date(2024, 3, 15)


def series(uid, description, modality):
    return SeriesCard(uid, "1", description, modality, 3, "4x5")


def study(uid, description, day, *below):
    return StudyCard(uid, "S", description, day, "", below, len(below))


PATIENTS = [
    PatientCard(
        "1",
        "Adams, Anna",
        "Adams^Anna",
        "A1",
        "",
        "F",
        "",
        [
            study("1.1", "Head", "2024-03-15", series("1.1.1", "Bone", "CT"), series("1.1.2", "T1", "MR")),
            study("1.2", "Follow-up", "20230401", series("1.2.1", "Soft tissue", "CT")),
        ],
        2,
    ),
    PatientCard(
        "2",
        "Brown, Bob",
        "Brown^Bob",
        "B2",
        "",
        "M",
        "",
        [study("2.1", "Thorax", "", series("2.1.1", "Lung", "CT"))],
        1,
    ),
]


@pytest.mark.parametrize(
    ("number", "description", "day", "title"),
    [
        ("7", "Head", "20240315", "7 - Head"),
        ("7", "", "20240315", "7"),
        ("", "Head", "20240315", "Head"),
        ("", "", "20240315", "Study of 2024-03-15"),
        ("", "", "", "No description"),
    ],
)
def test_a_study_has_a_title_of_what_is_known_of_it(number, description, day, title):
    assert StudyCard("1.1", number, description, day, "", [], 0).title == title


def shown(**values):
    result = apply(Filters(**values), PATIENTS, TODAY)
    return [s.uid for p in result.patients for study in p.studies for s in study.series]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ["1.1.1", "1.1.2", "1.2.1", "2.1.1"]),
        ({"patient_id": "a1"}, ["1.1.1", "1.1.2", "1.2.1"]),
        ({"patient_name": "brown, b"}, ["2.1.1"]),
        ({"patient_name": "Brown^B"}, ["2.1.1"]),
        ({"study_description": "HEAD"}, ["1.1.1", "1.1.2"]),
        ({"series_description": "t"}, ["1.1.2", "1.2.1"]),
        ({"modalities": ("MR", "PT")}, ["1.1.2"]),
        ({"modalities": ("Any", "MR")}, ["1.1.1", "1.1.2", "1.2.1", "2.1.1"]),
        ({"date": DateType.Today}, ["1.1.1", "1.1.2", "2.1.1"]),
        ({"date": DateType.Yesterday}, ["2.1.1"]),
        ({"date": DateType.LastYear}, ["1.1.1", "1.1.2", "1.2.1", "2.1.1"]),
        ({"date": DateType.LastMonth}, ["1.1.1", "1.1.2", "2.1.1"]),
        (
            {"date": DateType.CustomRange, "first": date(2023, 4, 1), "last": date(2023, 4, 1)},
            ["1.2.1", "2.1.1"],
        ),
        ({"modalities": ("CT",), "study_description": "head"}, ["1.1.1"]),
    ],
)
def test_all_filters_must_hold_and_studies_without_a_date_pass(values, expected):
    assert shown(**values) == expected


@pytest.mark.parametrize(
    ("values", "level"),
    [
        ({"patient_id": "nobody"}, "no_patient"),
        ({"study_description": "nothing"}, "no_study"),
        ({"modalities": ("US",)}, "no_series"),
        ({"series_description": "nothing"}, "no_series"),
    ],
)
def test_it_is_told_which_filter_lets_nothing_pass(values, level):
    result = apply(Filters(**values), PATIENTS, TODAY)
    assert result.patients == []
    told = {name: getattr(result, name) for name in ("no_patient", "no_study", "no_series")}
    assert told == {**dict.fromkeys(told, False), level: True}


def test_counts_are_those_before_the_filter():
    (patient,) = apply(Filters(modalities=("MR",)), PATIENTS, TODAY).patients
    assert (patient.number_of_studies, len(patient.studies)) == (2, 1)
    assert (patient.studies[0].number_of_series, len(patient.studies[0].series)) == (2, 1)
