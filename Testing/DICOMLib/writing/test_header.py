"""What of values that images tell against the Standard may be written."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset

from DICOMLib.core.errors import ExportError
from DICOMLib.writing.header import set_tag, valid_part


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


def test_a_study_whose_uid_has_parts_that_begin_with_0_is_kept():
    dataset = Dataset()
    set_tag(dataset, "StudyInstanceUID", "999.999.1.19941016.083000")
    assert dataset.StudyInstanceUID == "999.999.1.19941016.083000"
    for wrong in ("1.2.abc", "1..2", "1.2.", "1." + "2" * 63):
        with pytest.raises(ExportError, match="64 digits and dots"):
            set_tag(dataset, "StudyInstanceUID", wrong)
