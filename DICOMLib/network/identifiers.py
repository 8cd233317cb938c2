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
