"""Identifiers as bytes, also of texts that have no place in them."""

from __future__ import annotations

import logging

import pytest
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError
from DICOMLib.network.identifiers import encodable, encoded
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN


def dataset(*elements: tuple[int, str, object]) -> Dataset:
    made = Dataset()
    for tag, vr, value in elements:
        made.add(DataElement(tag, vr, value, validation_mode=config.IGNORE))
    return made


@pytest.mark.parametrize(
    ("tag", "vr", "value", "expected"),
    [
        (0x00080060, "CS", "\u6f22", b"\x08\x00\x60\x00CS\x02\x00? "),
        (0x00080061, "CS", ["CT", "\u6f22"], b"\x08\x00\x61\x00CS\x04\x00CT\\?"),
        (0x0020000D, "UI", "1.\u6f22", b"\x20\x00\x0d\x00UI\x04\x001.?\0"),
        (0x00080020, "DA", "\u6f22", b"\x08\x00\x20\x00DA\x02\x00? "),
        (0x00080054, "AE", "A\u6f22", b"\x08\x00\x54\x00AE\x02\x00A?"),
        (0x00180015, "CS", "M\xdc", b"\x18\x00\x15\x00CS\x02\x00M\xdc"),
    ],
)
def test_ascii_vrs_get_question_marks(tag: int, vr: str, value: object, expected: bytes) -> None:
    assert encoded(dataset((tag, vr, value)), EXPLICIT_LITTLE_ENDIAN) == expected


def test_the_other_texts_stay_whole(caplog) -> None:
    """The name decides the character set; the log says that something was replaced, but not what."""
    asked = dataset(
        (0x00080005, "CS", "ISO_IR 192"), (0x00080060, "CS", "\u6f22"), (0x00100010, "PN", "\u5c71\u7530")
    )
    with caplog.at_level(logging.DEBUG):
        sent = encodable(asked)
    assert (sent.Modality, sent.PatientName, sent.SpecificCharacterSet) == ("?", "\u5c71\u7530", "ISO_IR 192")
    assert "\u5c71\u7530".encode() in encoded(asked, EXPLICIT_LITTLE_ENDIAN)
    assert "question marks" in caplog.text
    assert not {"\u6f22", "\u5c71"} & set(caplog.text)
    assert asked.Modality == "\u6f22"


def test_what_can_be_encoded_is_itself() -> None:
    asked = dataset((0x00080060, "CS", "CT"))
    assert encodable(asked) is asked


def test_what_is_no_value_is_told() -> None:
    with pytest.raises(DICOMError, match="cannot be encoded"):
        encoded(dataset((0x00280010, "US", "many")), EXPLICIT_LITTLE_ENDIAN)
