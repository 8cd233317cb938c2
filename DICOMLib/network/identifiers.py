"""Identifiers of queries and retrievals (PS3.4 annex C) as bytes."""

from __future__ import annotations

import contextlib
import io
import logging
import struct
from typing import Any

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.models import IMPLICIT_LITTLE_ENDIAN
from DICOMLib.standard.character_sets import smallest_character_set

log = logging.getLogger(__name__)

_PADDING = " \0"  # some peers pad UIDs as other texts, or within lists

_NUMBER_VRS = ("DS", "IS")

# What pydicom raises where bytes are no identifier, or values cannot be written.
UNREADABLE = (
    InvalidDicomError,
    BytesLengthException,
    EOFError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    NotImplementedError,
    OverflowError,
    OSError,
    struct.error,
)


def encoded(identifier: Dataset, transfer_syntax: str) -> bytes:
    """An identifier as it is sent, with "?" for characters that have no place in it.

    Raises
    ------
    DICOMError
        If it holds what cannot be encoded.
    """
    with contextlib.suppress(*UNREADABLE):
        return _written(identifier, transfer_syntax)
    try:
        return _written(encodable(identifier), transfer_syntax)
    except UNREADABLE as error:
        raise DICOMError("An identifier cannot be encoded.") from error


def encodable(identifier: Dataset) -> Dataset:
    """The identifier itself, or where it holds texts that cannot be encoded a copy of it without these.

    Texts of VRs that are ASCII (PS3.5 section 6.2) get "?" for what is not in Latin-1, which matches any
    character of a key; others decide the character set. A number of such characters is left empty.
    """
    try:
        _written(identifier, IMPLICIT_LITTLE_ENDIAN)
    except UNREADABLE:
        log.warning("An identifier holds characters that cannot be sent; question marks take their places.")
        with contextlib.suppress(*UNREADABLE):  # it is something else: told by who writes it
            return _replaced(identifier)
    return identifier


def _written(identifier: Dataset, transfer_syntax: str) -> bytes:
    target = DicomBytesIO()
    target.is_implicit_VR = transfer_syntax == IMPLICIT_LITTLE_ENDIAN
    target.is_little_endian = True
    write_dataset(target, identifier)
    return target.getvalue()


def _replaced(identifier: Dataset) -> Dataset:
    copy = Dataset()
    for element in identifier:
        if element.VR == "SQ":
            value: Any = [_replaced(item) for item in element.value]
        else:
            value = _replaced_value(element)
        copy.add(DataElement(element.tag, element.VR, value, validation_mode=config.IGNORE))
    character_set = smallest_character_set(copy)
    if character_set:
        copy.SpecificCharacterSet = character_set
    return copy


def _replaced_value(element: DataElement) -> Any:
    """The value of an element, if it is no text with characters that have no place in it."""
    # what was never decoded has no place in any character set
    codec = "utf-8" if element.VR in CUSTOMIZABLE_CHARSET_VR else "latin-1"
    values = element.value if element.VM > 1 else [element.value]
    texts = [str(value).encode(codec, "replace").decode(codec) for value in values]
    if texts == [str(value) for value in values]:
        return element.value
    if element.VR in _NUMBER_VRS:
        return None
    return texts if len(texts) > 1 else texts[0]


def decoded(raw: bytes, transfer_syntax: str) -> Dataset | None:
    """Undo `encoded`; None if the bytes are no identifier."""
    try:
        with no_warnings:
            return read_dataset(io.BytesIO(raw), transfer_syntax == IMPLICIT_LITTLE_ENDIAN, True)
    except UNREADABLE:
        return None


def uids_of(identifier: Dataset | None, keyword: str) -> list[str]:
    """UIDs of an element, however they are padded; pydicom writes those that are odd into the log."""
    element = identifier.get_item(keyword) if identifier is not None and keyword in identifier else None
    value = element.value if element is not None else None
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace").split("\\")
    elif value is None or isinstance(value, str):
        value = [value or ""]
    return [uid for uid in (str(one).strip(_PADDING) for one in value) if uid]
