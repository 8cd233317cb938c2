"""Matching exactly as PS3.4 section C.2.2.2 says."""

from __future__ import annotations

import pytest

from DICOMLib.standard.key_matching import key_pattern


@pytest.mark.parametrize(
    ("vr", "asked", "value", "matches"),
    [
        ("LO", "", "anything", True),
        ("LO", "*", "", True),
        ("AS", "*", "034Y", True),
        ("IS", "*", "", True),
        ("UI", "*", "1.2", False),
        ("LO", "Head", "Head", True),
        ("LO", "Head", "head", False),
        ("LO", "H*d", "Head", True),
        ("LO", "h*", "Head", False),
        ("LO", "Hea?", "Head", True),
        ("LO", "Hea?", "Hea", False),
        ("LO", "a[b]*", "a[b]c", True),
        ("LO", "Zürich", "Zurich", False),
        ("CS", "DERIVED", "ORIGINAL\\DERIVED", True),
        ("AS", "0?0Y", "010Y", False),  # no wildcards in an age
        ("UI", "1.2", "1.2", True),
        ("UI", "1.2", "1.2.3", False),
        ("DA", "20200101-20200131", "20200131", True),
        ("DA", "20200101-20200131", "20200201", False),
        ("DA", "-20200131", "19991231", True),
        ("DA", "20200131-", "20200130", False),
        ("TM", "1000-1130", "113059.5", True),
        ("TM", "1000-1130", "113100", False),
        ("IS", "7", "007", True),
        ("DS", "2.50", "2.5", True),
        ("PN", "doe^jane", "Doe^Jane", True),
        ("PN", "doe", "Doe^Jane", False),
        ("PN", "doe*", "Doe^Jane", True),
        ("PN", "muller^jorg^^^", "Müller^Jörg", True),
        ("PN", "yamada*", "Yamada^Tarou=山田^太郎", True),
        ("PN", "山田^太郎", "Yamada^Tarou=山田^太郎", True),
        ("LO", '""', "", True),
        ("LO", '""', "x", False),
    ],
)
def test_kinds_of_matching(vr: str, asked: str, value: str, matches: bool) -> None:
    assert key_pattern(vr, [asked] if asked else []).matches(value) is matches


def test_lists_of_uids() -> None:
    pattern = key_pattern("UI", ["1.2", "1.3"])
    assert [pattern.matches(uid) for uid in ("1.2", "1.3", "1.4")] == [True, True, False]


@pytest.mark.parametrize(
    ("asked", "value", "matches"),
    [
        ("doe", "Doe^Jane", True),
        ("jane", "Doe^Jane", True),
        ("^jane", "Doe^Jane", True),
        ("^doe", "Doe^Jane", False),
        ("doe^jane", "Doe^Jane^Ann", True),
        ("jane^doe", "Doe^Jane", False),
        ("doe jane", "Doe^Jane", True),
        ("JANE  DOE", "Doe^Jane", True),
        ("Doe, Jane", "Doe^Jane^^Dr", True),
        ("jane ann", "Doe^Jane Ann", True),
        ("jane roe", "Doe^Jane", False),
        ("ja* doe", "Doe^Jane", True),
        ("do", "Doe^Jane", False),
        ("jorg muller", "Müller^Jörg", True),
        ("MÜLLER JÖRG", "Muller^Jorg", True),
        ("müller", "Meier-Müller^Eva", True),
        ("meier-müller eva", "Meier-Müller^Eva", True),
        ("太郎　山田", "Yamada^Tarou=山田^太郎", True),
        ("tarou 山田", "Yamada^Tarou=山田^太郎", False),
        ("jane", "Roe^Ann\\Doe^Jane", True),
        (",", "Doe^Jane", False),
        ("jane", "", False),
    ],
)
def test_fuzzy_names(asked: str, value: str, matches: bool) -> None:
    assert key_pattern("PN", [asked], fuzzy=True).matches(value) is matches


@pytest.mark.parametrize(("vr", "text"), [("DA", "tomorrow"), ("TM", "25"), ("IS", "many")])
def test_what_is_no_value_is_told(vr: str, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        key_pattern(vr, [text])
