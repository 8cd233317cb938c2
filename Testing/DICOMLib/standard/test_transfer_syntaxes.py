"""What is said to be decodable has a decoder."""

from __future__ import annotations

import pytest
from pydicom.pixels import get_decoder
from pydicom.uid import MPEG4HP41, UID, AllTransferSyntaxes

from DICOMLib.standard.transfer_syntaxes import ENCAPSULATED, NATIVE, is_decodable


@pytest.mark.parametrize("syntax", sorted(NATIVE | ENCAPSULATED))
def test_decodable(syntax):
    assert get_decoder(UID(syntax)).is_available
    assert is_decodable(syntax)


def test_every_syntax_that_pydicom_decodes_here_is_listed():
    found = set()
    for syntax in AllTransferSyntaxes:
        try:
            if get_decoder(syntax).is_available:
                found.add(str(syntax))
        except NotImplementedError:
            continue
    assert found == NATIVE | ENCAPSULATED


def test_films_are_not():
    assert not is_decodable(MPEG4HP41)


def test_private_syntaxes_are_native_encodings():
    assert is_decodable("1.2.840.113619.5.2")
