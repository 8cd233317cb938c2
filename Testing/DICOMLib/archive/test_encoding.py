"""Answers as bytes: worked out by hand, and those that pydicom makes of the same values."""

from __future__ import annotations

import warnings

import pytest
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from DICOMLib.archive.encoding import Answer, AnswerEncoder, dataset_of
from DICOMLib.network.identifiers import decoded, encoded
from DICOMLib.network.models import IMPLICIT_LITTLE_ENDIAN, PLAIN_SYNTAXES

EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
ITEM = Dataset()
ITEM.RequestedProcedureID = "R1"
NAME = "Yamada^Tarou=山田^太郎=やまだ^たろう"


@pytest.mark.parametrize(
    ("syntax", "answer", "expected"),
    [
        (IMPLICIT_LITTLE_ENDIAN, {"0008,0060": "CT", "0020,000D": "1.2.3"},
         b"\x08\0\x60\0\2\0\0\0CT" b"\x20\0\x0D\0\6\0\0\x001.2.3\0"),
        (EXPLICIT_LITTLE_ENDIAN, {"0008,0060": "PTX", "0020,000D": "1.23"},
         b"\x08\0\x60\0CS\4\0PTX " b"\x20\0\x0D\0UI\4\x001.23"),
        (EXPLICIT_LITTLE_ENDIAN, {"0010,0010": "Müller", "0010,0030": ""},
         b"\x08\0\5\0CS\x0A\0ISO_IR 100" b"\x10\0\x10\0PN\6\0M\xFCller" b"\x10\0\x30\0DA\0\0"),
        (IMPLICIT_LITTLE_ENDIAN, {"0010,0010": "山"},
         b"\x08\0\5\0\x0A\0\0\0ISO_IR 192" b"\x10\0\x10\0\4\0\0\0\xE5\xB1\xB1 "),
        (EXPLICIT_LITTLE_ENDIAN, {"0028,0010": "512"}, b"\x28\0\x10\0US\2\0\0\2"),
    ],
)  # fmt: skip
def test_by_hand(syntax: str, answer: Answer, expected: bytes) -> None:
    assert AnswerEncoder(syntax).encode(answer) == expected


@pytest.mark.parametrize("syntax", PLAIN_SYNTAXES)
@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"0008,0001": "", "0010,0010": NAME, "0010,4000": "語\r\n語"},
        {"0010,0010": NAME, "0028,0010": "512", "0028,0011": "no number", "0040,0275": ""},
        {"0010,0010": "Müller^Jörg=", "0010,1001": "Ä^B\\C^Ö"},
        {"0010,0010": "Doe^Jane==", "0010,1001": "A\\B^C=", "0010,1005": "="},
        {"0008,1030": "größer\\kleiner", "0009,0010": "private", "0009,1001": "pri\u3000vate"},
        {"0008,1030": "one\\\u3000two"},
        {"0008,0060": "Ü", "0010,0010": "Doe"},
        {"0008,0062": "1.2\\1.2.3 \\1.2.4\0", "0020,000D": " 1.2.3 ", "0020,000E": "", "0020,0052": "\0"},
        {"0020,0011": "007", "0020,0012": " -5 ", "0020,0013": "1.0", "0020,1206": "x", "0020,1208": "1\\2"},
        {"0020,0011": "-0", "0020,0013": "99999999999999"},
        {"0018,0050": "2.50", "0018,9087": "0.1", "0020,0032": "-1.5\\2\\3e2", "0028,0030": "1\\"},
        {"0008,0020": "20240229", "0008,002A": "20240229093000.5", "0008,0030": "0930", "0010,1010": "012Y"},
        {"0008,0020": "not a date", "0008,0030": "\\", "0008,0054": "A AE ", "0010,1010": " "},
        {"0008,1030": "long" * 5000, "0010,4000": "ü" * 16000},
        {"0008,0018": "1.2", "0040,0275": DataElement(0x00400275, "SQ", Sequence([ITEM]))},
        {"0010,0010": NAME, "0040,0275": DataElement(0x00400275, "SQ", Sequence([ITEM]))},
    ],
)
def test_as_pydicom_does(syntax: str, answer: Answer) -> None:
    encoder = AnswerEncoder(syntax)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom tells what it thinks of some of these
        expected = encoded(dataset_of(answer), syntax)
        assert encoder.encode(answer) == expected
        assert encoder.encode(answer) == expected  # what is remembered is the same


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"0008,0060": "Ü山"}, b"\x08\0\5\0CS\x0a\0ISO_IR 100\x08\0\x60\0CS\2\0\xdc?"),
        ({"0020,0011": "\uff11"}, b"\x08\0\5\0CS\x0a\0ISO_IR 192\x20\0\x11\0IS\0\0"),
    ],
)
def test_what_has_no_place_in_its_vr(answer: Answer, expected: bytes) -> None:
    assert AnswerEncoder(EXPLICIT_LITTLE_ENDIAN).encode(answer) == expected


def test_all_of_several_texts_decide_the_character_set() -> None:
    raw = AnswerEncoder(EXPLICIT_LITTLE_ENDIAN).encode({"0008,1030": "a\\\u3000b"})
    answer = decoded(raw, EXPLICIT_LITTLE_ENDIAN)
    assert answer is not None
    assert (answer.SpecificCharacterSet, answer.StudyDescription) == ("ISO_IR 192", ["a", "\u3000b"])
