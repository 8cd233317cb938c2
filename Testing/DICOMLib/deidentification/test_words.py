"""Words, dates and UIDs in texts; what is left is worked out by hand."""

from __future__ import annotations

import pytest

from DICOMLib.deidentification.identities import IdentityMap
from DICOMLib.deidentification.texts import TextCleaner
from Testing import factories

UID = "1.2.840.113619.2.55.3.1"


@pytest.fixture
def cleaner():
    cleaner = TextCleaner(IdentityMap())
    dataset = factories.instance(
        PatientName="Doe^Jane", PatientID="MRN 0042", PatientBirthDate="19700203", AccessionNumber="A77",
        InstitutionName="Green Hospital",
    )  # fmt: skip
    cleaner.learn(dataset, "P")
    return cleaner


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("CT of DOE, jane", "CT of ,"),
        ("doesn't hurt", "doesn't hurt"),
        ("JaneDoe_1 and DoeJane", "_1 and"),
        ("0042 but 10042", "but 10042"),
        ("A77, A771", ", A771"),
        ("born 3.2.70 or 1970-02-03 or 02/03/1970 or Feb 3rd, 1970", "born or or or"),
        ("in the hospital", "in the"),
        ("seen 15.01.2024, 2024-01-15 and 15 January 2024", "seen , and"),
        ("version 12.3.45, 512 x 512, 1.5 T", "version 12.3.45, 512 x 512, 1.5 T"),
        ("to jane@doe.org or x.y@z.com.", "to or ."),
        ("  as   it was ", "  as   it was "),
    ],
)
def test_free_texts(cleaner, text, left):
    assert cleaner.cleaned(text, "P") == left


def test_short_texts_lose_people_and_whole_names_of_places_only(cleaner):
    assert cleaner.unnamed("Hospital bed 2024-01-15", "P") == "Hospital bed 2024-01-15"
    assert cleaner.unnamed("green hospital, Jane", "P") == ","
    assert cleaner.unnamed("Jane Doe", "another patient") == "Jane Doe"


def test_uids_are_replaced_by_those_of_the_map(cleaner):
    text = cleaner.cleaned(f"see {UID}, and 1.2.840.10008.1.2.1; version 1.2.3.4", "P")
    assert text == f"see {cleaner.identities.uids[UID]}, and 1.2.840.10008.1.2.1; version 1.2.3.4"
    assert TextCleaner(IdentityMap(), with_uids=True).cleaned(f"see {UID}", "P") == f"see {UID}"


def test_dates_stay_where_they_are_retained(cleaner):
    keeping = TextCleaner(IdentityMap(), with_dates=True)
    keeping.learn(factories.instance(PatientBirthDate="19700203"), "P")
    assert keeping.cleaned("seen 15.01.2024, born 03.02.1970", "P") == "seen 15.01.2024, born"
