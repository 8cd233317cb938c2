"""Attribute matching; expectations are those of PS3.4 C.2.2.2 and of the docstrings, written by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from DICOMLib.standard.folding import fold
from DICOMLib.standard.matching import Anything, Contains, Empty, comparison, pattern


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("CT", "ct"),
        ("MÜLLER", "muller"),
        ("Mu\N{COMBINING DIAERESIS}ller", "muller"),
        ("Søren Łukasz Đorđe", "soren lukasz dorde"),
        ("Straße", "strasse"),
        ("山田^太郎", "山田^太郎"),
        ("İstanbul", "istanbul"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


def matching(vr, text, values):
    wanted = pattern(vr, text)
    return [value for value in values if wanted.matches(value)]


@pytest.mark.parametrize(
    ("vr", "text", "yes", "no"),
    [
        # C.2.2.2.1 and C.2.2.2.4
        ("LO", "Head", ["Head", "HEAD", "head "], ["Head scan", "ahead", ""]),
        ("LO", "h?ad*", ["Head", "head 1", "HEAD\\x", "a\\hoad"], ["had", "ahead"]),
        ("LO", "a.c", ["a.c"], ["abc"]),
        ("LO", "muller*", ["Müller, Praxis", "MULLER"], ["Miller"]),
        ("LO", "a,b", ["a,b"], ["a", "b"]),
        ("CS", "CT,MR", ["CT", "mr", "PT\\MR"], ["PT"]),
        ("CS", "CT\\MR", ["CT", "MR"], ["PT", "CTX"]),
        # C.2.2.2.2
        ("UI", "1.2\\1.3", ["1.2", "1.3", "9\\1.3"], ["1.2.3", "1"]),
        ("UI", "1.2.*", ["1.2.3"], ["1.2", "1.3"]),
        # C.2.2.2.5
        ("DA", "20200501-20200601", ["20200501", "20200531", "20200601"], ["20200430", "20200602", ""]),
        ("DA", "20200501-", ["20200501", "20991231"], ["20200430", "none"]),
        ("DA", "-20200501", ["20200501", "19000101"], ["20200502", "", "none"]),
        ("DA", "2020", ["20200101", "2020-12-31", "2020.02.03"], ["20191231", "20210101"]),
        ("DA", "2020-05", ["20200501", "2020-05-31"], ["20200601"]),
        ("DA", "2019-2020", ["20190101", "20201231"], ["20181231", "20210101"]),
        ("DA", "2020-05-01-2020-06-01", ["20200601"], ["20200602"]),
        ("DA", "2019,2021", ["20190101", "20210101"], ["20200101"]),
        ("TM", "10:00-", ["10", "1000", "100000.0", "23:59:59"], ["095959.9", "", "x"]),
        ("TM", "-10", ["000000", "10", "105959.999"], ["1100"]),
        ("TM", "0800-0930", ["08", "0930", "093059.5"], ["0931", "075959"]),
        ("TM", "103000.50", ["103000.5", "103000.50"], ["103000.6", "103000"]),
        ("DT", "2020-", ["2026-11-26T21:00:00.000", "20200102101010.5+0100"], ["20191231235959"]),
        ("DT", "2020-01-02T10", ["20200102100000", "2020-01-02 10:59:00"], ["20200102110000"]),
        # component groups and components of names
        ("PN", "doe", ["Doe^Jane", "DOE", "Döe^J"], ["Doe Smith^Jane", "Jane^Doe"]),
        ("PN", "^jane", ["Doe^Jane", "X^Jane^M"], ["Jane^Doe", "Doe"]),
        ("PN", "doe^j*", ["Doe^Jane", "Doe^J"], ["Doe^Anne", "Smith^Jane"]),
        ("PN", "doe*", ["Doe^Jane", "Doegood"], ["Adoe"]),
        ("PN", "*jan*", ["Doe^Jane", "Janson"], ["Doe"]),
        ("PN", "山田", ["Yamada^Tarou=山田^太郎=やまだ^たろう"], ["Yamada^Tarou"]),
        ("PN", "やまだ^*", ["Yamada^Tarou=山田^太郎=やまだ^たろう"], ["Yamada^Tarou"]),
        ("PN", "^*", ["Doe", "Doe^Jane", ""], []),
        ("PN", "doe^*", ["Doe", "Doe^Jane"], ["Smith^Doe"]),
        ("PN", "^", [], ["Doe"]),
        ("PN", "Doe^Jane^^Dr^", ["Doe^Jane^M^Dr"], ["Doe^Jane"]),
        # numbers
        ("IS", "5", ["5", "+5", "5.0", "1\\5"], ["15", "", "x"]),
        ("DS", "0.5-1", ["0.5", "1.0", ".75"], ["0.49", "1.01"]),
        ("DS", "-5", ["-5.0"], ["5"]),
        ("DS", "-5--1", ["-3"], ["0", "3"]),
        ("US", "2-", ["2", "65535"], ["1"]),
        ("IS", "1,3", ["1", "3"], ["2"]),
    ],
)
def test_pattern(vr, text, yes, no):
    assert matching(vr, text, yes + no) == yes


@pytest.mark.parametrize("vr", ["LO", "PN", "DA", "IS", "UI"])
def test_universal_and_empty_value_matching(vr):
    assert pattern(vr, " ") == pattern(vr, "*") == pattern(vr, "\\") == Anything()
    assert Anything().matches("")
    assert pattern(vr, '""') == Empty()
    assert Empty().matches("")
    assert not Empty().matches("x")


@pytest.mark.parametrize(
    ("vr", "operator", "text", "yes", "no"),
    [
        ("DA", "<", "2020", ["20191231"], ["20200101", ""]),
        ("DA", "<=", "2020", ["20201231"], ["20210101", ""]),
        ("DA", ">", "2020-05", ["20200601"], ["20200531"]),
        ("DA", ">=", "20200501", ["20200501"], ["20200430", "x"]),
        ("TM", ">", "10:30", ["1031"], ["103059"]),
        ("DS", "<", "1.5", ["1.4"], ["1.5", "", "x"]),
        ("DS", "<=", "1.5", ["1.5"], ["1.6"]),
        ("IS", ">", "2", ["3"], ["2"]),
        ("IS", ">=", "-2", ["-2"], ["-3"]),
    ],
)
def test_comparison(vr, operator, text, yes, no):
    wanted = comparison(vr, operator, text)
    assert [value for value in yes + no if wanted.matches(value)] == yes


@pytest.mark.parametrize(
    ("vr", "text", "hint"),
    [("DA", "May", "2020-05-31"), ("DA", "20201301", "2020-"), ("TM", "25", "10:30"), ("IS", "x", "2-7")],
)
def test_what_is_no_date_time_or_number_is_told(vr, text, hint):
    with pytest.raises(ValueError, match=hint):
        pattern(vr, text)


@pytest.mark.parametrize(("vr", "text"), [("LO", "a"), ("IS", "1-2"), ("DA", "2020-"), ("DS", "x")])
def test_what_cannot_be_compared_is_told(vr, text):
    with pytest.raises(ValueError, match=r"compares|is not|is no|neither"):
        comparison(vr, "<", text)


def test_contains_ignores_case_and_accents():
    assert Contains("eno").matches("Thorax VENÖS")
    assert Contains("x v*s").matches("Thorax venös")
    assert not Contains("vena").matches("Thorax venös")


@given(st.text(max_size=20), st.sampled_from(["LO", "PN", "UI", "CS"]))
def test_any_text_is_a_pattern_and_any_value_can_be_asked(text, vr):
    wanted = pattern(vr, text)
    assert wanted.matches("some value") in (True, False)


@given(st.dates(), st.dates())
def test_ranges_agree_with_the_calendar(low, high):
    found = pattern("DA", f"{low.isoformat()}-").matches(high.isoformat().replace("-", ""))
    assert found == (high >= low)
