"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from DICOMLib.core.wording import counted


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (1, ["patient"], "1 patient"),
        (0, ["patient"], "0 patients"),
        (2, ["study", "studies"], "2 studies"),
        (1, ["study", "studies"], "1 study"),
        (3, ["series", "series"], "3 series"),
    ],
)
def test_one_and_several(number, words, text):
    assert counted(number, *words) == text
