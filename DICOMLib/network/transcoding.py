"""Files in other transfer syntaxes, always without loss, for peers that do not take them as they are."""

from __future__ import annotations

import io
import zlib
from typing import BinaryIO

import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import UID

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.models import (
    DEFLATED,
    EXPLICIT_BIG_ENDIAN,
    EXPLICIT_LITTLE_ENDIAN,
    IMPLICIT_LITTLE_ENDIAN,
    PLAIN_SYNTAXES,
)
from DICOMLib.standard.part10 import read_file

JPEG_LS, JPEG_2000, RLE = "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.5"
# What a file may be turned into, the best first; all of them keep every value of every pixel.
TARGETS = (*PLAIN_SYNTAXES, DEFLATED, JPEG_LS, JPEG_2000, RLE)
_COMPRESSED = frozenset((JPEG_LS, JPEG_2000, RLE))
# Those whose pixel data are as they are in memory.
_NATIVE = frozenset((*PLAIN_SYNTAXES, EXPLICIT_BIG_ENDIAN, DEFLATED))
_FAILURES = (
    InvalidDicomError,
    EOFError,
    ValueError,
    AttributeError,
    KeyError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
)


def encoded(path: str, source: str, target: str) -> tuple[BinaryIO, int]:
    """The data set of a file in another transfer syntax, and its length in bytes.

    All frames are in memory at the same time, decoded and as they are written: about twice the size of the
    uncompressed pixels. What is sent or given as it is stored never comes here, and is read in pieces.

    Parameters
    ----------
    path
        The file.
    source, target
        Transfer syntaxes that it has and shall have, the latter one of `TARGETS`.

    Raises
    ------
    InvalidDICOM
        If it cannot be decoded, or the target cannot hold it.
    """
    try:
        with no_warnings:
            dataset = read_file(path)
            _make_native(dataset, source)
            if target in _COMPRESSED and "PixelData" in dataset:
                dataset.file_meta.TransferSyntaxUID = UID(EXPLICIT_LITTLE_ENDIAN)
                dataset.compress(target, generate_instance_uid=False)
            raw = _written(dataset, target)
    except _FAILURES as error:
        raise InvalidDICOM(path, f"cannot be encoded anew, from {source} to {target}") from error
    return io.BytesIO(raw), len(raw)


def _make_native(dataset: Dataset, transfer_syntax: str) -> None:
    if "PixelData" not in dataset:
        return
    if transfer_syntax not in _NATIVE:
        dataset.decompress(generate_instance_uid=False)
    elif transfer_syntax == EXPLICIT_BIG_ENDIAN:
        # pydicom turns all values but these
        pixels = dataset.pixel_array
        dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        dataset["PixelData"].VR = "OW" if dataset.BitsAllocated > 8 else "OB"


def _written(dataset: Dataset, target: str) -> bytes:
    """The bytes of a data set, without file meta information."""
    bare = Dataset()
    bare.update(dataset)
    implicit, little = dataset.original_encoding
    bare.set_original_encoding(implicit, little, dataset.original_character_set)
    buffer = io.BytesIO()
    implicit_vr = target == IMPLICIT_LITTLE_ENDIAN
    pydicom.dcmwrite(buffer, bare, implicit_vr=implicit_vr, little_endian=True, overwrite=True)
    raw = buffer.getvalue()
    if target != DEFLATED:
        return raw
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return deflate.compress(raw) + deflate.flush()
