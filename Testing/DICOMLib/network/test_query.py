"""Identifiers of queries: the kinds of matching of PS3.4 section C.2.2.2, as they go over the wire."""

from __future__ import annotations

import datetime

import pytest

from DICOMLib.network.query import RETURN_KEYS, Range, identifier


def element(keyword, value, level="STUDY"):
    return identifier(level, {keyword: value}, ())[keyword].value


def test_what_is_not_matched_is_asked_for():
    query = identifier("SERIES", {"StudyInstanceUID": "1.2"})
    assert query.QueryRetrieveLevel == "SERIES"
    assert query.StudyInstanceUID == "1.2"
    assert all(keyword in query and not query[keyword].value for keyword in RETURN_KEYS["SERIES"])
    assert "SpecificCharacterSet" not in query


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (Range("20240101", "20240201"), "20240101-20240201"),
        (Range(datetime.date(2024, 1, 1), None), "20240101-"),
        (Range("", "20240201"), "-20240201"),
        (Range("20240101", "20240101"), "20240101"),
        (datetime.date(2024, 1, 31), "20240131"),
    ],
)
def test_dates(value, sent):
    assert element("StudyDate", value) == sent


def test_list_of_uids():
    assert element("StudyInstanceUID", None) is None
    assert element("StudyInstanceUID", []) is None
    assert list(element("StudyInstanceUID", ["1.2", "1.3"])) == ["1.2", "1.3"]
    assert element("StudyInstanceUID", {"1.2"}) == "1.2"


def test_wild_cards_stay():
    assert str(element("PatientName", "D?E*")) == "D?E*"


def test_an_item_of_a_sequence():
    query = identifier("STUDY", {"RequestAttributesSequence": {"RequestedProcedureID": "R1"}}, ())
    (item,) = query.RequestAttributesSequence
    assert item.RequestedProcedureID == "R1"


@pytest.mark.parametrize(
    ("name", "character_set"), [("Doe", None), ("Müller", "ISO_IR 100"), ("Ольга", "ISO_IR 192")]
)
def test_character_set_is_the_smallest(name, character_set):
    assert identifier("PATIENT", {"PatientName": name}, ()).get("SpecificCharacterSet") == character_set


def test_misuse_is_named():
    with pytest.raises(ValueError, match="'STUDIES' is no query level"):
        identifier("STUDIES", {})
    with pytest.raises(ValueError, match="'PatientsName' is no keyword"):
        identifier("STUDY", {"PatientsName": "x"})
