"""What of values that images tell against the Standard may be written."""

from __future__ import annotations

import pytest

from DICOMLib.writing.header import valid_part


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("StudyID", "IBSI_1_STS_001_CT", "IBSI_1_STS_001_C"),
        ("StudyID", "S1", "S1"),
        ("StudyDescription", "a" * 70, "a" * 64),
        ("PatientBirthDate", "***", ""),
        ("PatientBirthDate", "19700203", "19700203"),
        ("StudyTime", "10:46", ""),
        ("PatientComments", "x" * 10241, ""),
        ("PatientName", "Doe^Jane", "Doe^Jane"),
    ],
)
def test_valid_part(name, value, expected):
    assert valid_part(name, value) == expected
