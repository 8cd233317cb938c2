"""What users write into the search box."""

from __future__ import annotations

import pytest

from DICOMLib.database.search_terms import SearchError, Term, parse


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  ", []),
        ("head", [Term("", "~", "head")]),
        ("Modality:CT  StudyDate:2020-", [Term("Modality", ":", "CT"), Term("StudyDate", ":", "2020-")]),
        ("Modality=CT", [Term("Modality", ":", "CT")]),
        ("-head", [Term("", "~", "head", True)]),
        ("-Modality:SR", [Term("Modality", ":", "SR", True)]),
        ("Modality!=SR", [Term("Modality", ":", "SR", True)]),
        ("SliceThickness<=1.5", [Term("SliceThickness", "<=", "1.5")]),
        ("0018,0050>2", [Term("0018,0050", ">", "2")]),
        ("(0018,0050):2", [Term("(0018,0050)", ":", "2")]),
        ("Series.Modality:CT", [Term("Series.Modality", ":", "CT")]),
        ('"Study date":2020', [Term("Study date", ":", "2020")]),
        ('SeriesDescription:"T1 *"', [Term("SeriesDescription", ":", "T1 *")]),
        ('SeriesDescription:"say ""A"""', [Term("SeriesDescription", ":", 'say "A"')]),
        ('SeriesDescription:""', [Term("SeriesDescription", ":", '""')]),
        ("SeriesDescription:", [Term("SeriesDescription", ":", "")]),
        ("StudyTime:10:30-", [Term("StudyTime", ":", "10:30-")]),
        ('"thorax venös" x', [Term("", "~", "thorax venös"), Term("", "~", "x")]),
        ("1.2.840.113619", [Term("", "~", "1.2.840.113619")]),
        ("Description~liver", [Term("Description", "~", "liver")]),
    ],
)
def test_parse(text, terms):
    assert parse(text) == terms


@pytest.mark.parametrize("text", ['"head', 'Modality:"CT', 'a"b'])
def test_an_open_quote_is_told(text):
    with pytest.raises(SearchError, match="quote"):
        parse(text)


def test_what_is_no_text_is_told():
    with pytest.raises(SearchError, match="no text"):
        parse(b"caf\xe9".decode("utf-8", "surrogateescape"))
