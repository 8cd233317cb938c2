"""Names of persons, as people read them."""

from __future__ import annotations

import pytest

from DICOMLib.standard.person_names import displayed_person_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("A^B^C^Dr^III", "A, B C, III (Dr)"),
        ("Doe^Jane", "Doe, Jane"),
        ("Doe", "Doe"),
        ("Doe^^M", "Doe, M"),
        ("Doe^Jane=山田^太郎", "Doe, Jane"),
        ("", ""),
    ],
)
def test_names_for_people(name: str, shown: str) -> None:
    assert displayed_person_name(name) == shown
