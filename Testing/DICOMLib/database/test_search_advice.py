"""What is said of searches that find nothing since they are written in another language."""

from __future__ import annotations

import pytest

from DICOMLib.database.search_advice import advice


@pytest.mark.parametrize(
    ("text", "beginnings"),
    [
        ("Modality:CT OR Modality:MR", ["OR and |"]),
        ("head or neck", ["OR and |"]),
        ("Modality:CT|MR", ["OR and |"]),
        ("Modality:CT || Modality:MR", ["OR and |"]),
        ("head AND neck", ["AND and &"]),
        ("head && neck", ["AND and &"]),
        ("NOT Modality:SR", ["NOT and !"]),
        ("!Modality:SR", ["NOT and !"]),
        ("(Modality:CT OR Modality:MR) head", ["OR and |", "Parentheses"]),
        ("SeriesDescription:t1(fs)", ["Parentheses"]),
    ],
)
def test_operators_of_other_languages(text: str, beginnings: list[str]) -> None:
    lines = advice(text).split("\n")
    assert len(lines) == len(beginnings)
    assert all(line.startswith(start) for line, start in zip(lines, beginnings, strict=True))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "head Modality:CT,MR -scout",
        "thorax north Oregon brand",
        "Modality!=SR",
        "(0018,0050):1.5",
        'SeriesDescription:"T1 (fs)" "this OR that"',
    ],
)
def test_nothing_is_said_of_others(text: str) -> None:
    assert advice(text) == ""
