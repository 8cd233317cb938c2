"""Identifiers of queries and retrievals (PS3.4 annex C) as bytes."""

from __future__ import annotations

import io
import struct
import warnings

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from DICOMLib.core.errors import DICOMError
from DICOMLib.network.models import IMPLICIT_LITTLE_ENDIAN

_PADDING = " \0"  # some peers pad UIDs as other texts, or within lists

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
    """An identifier as it is sent.

    Raises
    ------
    DICOMError
        If it holds what cannot be encoded.
    """
    target = DicomBytesIO()
    target.is_implicit_VR = transfer_syntax == IMPLICIT_LITTLE_ENDIAN
    target.is_little_endian = True
    try:
        write_dataset(target, identifier)
    except UNREADABLE as error:
        raise DICOMError("An identifier cannot be encoded.") from error
    return target.getvalue()


def decoded(raw: bytes, transfer_syntax: str) -> Dataset | None:
    """Undo `encoded`; None if the bytes are no identifier."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
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
