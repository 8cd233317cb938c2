"""Frames of a Segmentation object in any transfer syntax, packed bits included."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from DICOMLib.core.quiet import quiet_loggers
from DICOMLib.mrml.images.decoding import LOGGERS_OF_DECODERS, UnreadablePixels, why_undecoded

EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
# PS3.5 A.4.13; pydicom 3.0 does not know it
DEFLATED_IMAGE_FRAME = "1.2.840.10008.1.2.8.1"
NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99")
RLE_HEADER_BYTES = 64


def read_frames(dataset: Any, indices: Iterable[int]) -> Iterator[np.ndarray]:
    """Stored values of frames, each (rows, columns).

    Raises
    ------
    UnreadablePixels
        If pixels are missing, truncated, or no installed decoder can read them.
    """
    if "PixelData" not in dataset:
        raise UnreadablePixels("The object has no pixel data.")
    meta = getattr(dataset, "file_meta", None) or {}
    syntax = str(meta.get("TransferSyntaxUID", NATIVE[0]))
    is_packed = int(dataset.BitsAllocated) == 1
    for index in indices:
        if syntax in NATIVE and is_packed:
            yield _unpacked(dataset, dataset.PixelData, index * int(dataset.Rows) * int(dataset.Columns))
        elif syntax == DEFLATED_IMAGE_FRAME or (syntax == RLE_LOSSLESS and is_packed):
            yield _from_bytes(dataset, _decompressed(dataset, syntax, index), is_packed)
        else:
            yield _decoded(dataset, index)


def _unpacked(dataset: Any, data: bytes, start: int) -> np.ndarray:
    """A frame of packed bits from bit `start`; frames need not begin with a byte (PS3.5 8.1.1)."""
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    stop = start + rows * columns
    packed = np.frombuffer(data, np.uint8)[start // 8 : -(-stop // 8)]
    bits = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + rows * columns]
    return _shaped(bits, rows, columns)


def _from_bytes(dataset: Any, data: bytes, is_packed: bool) -> np.ndarray:
    """A frame from its decompressed bytes."""
    if is_packed:
        return _unpacked(dataset, data, 0)
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    values = np.frombuffer(data, f"<u{int(dataset.BitsAllocated) // 8}")[: rows * columns]
    return _shaped(values, rows, columns)


def _shaped(values: np.ndarray, rows: int, columns: int) -> np.ndarray:
    if len(values) < rows * columns:
        raise UnreadablePixels("The pixel data is truncated.")
    return values.reshape(rows, columns)


def _decompressed(dataset: Any, syntax: str, index: int) -> bytes:
    """Bytes of one encapsulated frame."""
    from pydicom.encaps import get_frame

    count = int(dataset.get("NumberOfFrames") or 1)
    try:
        frame = get_frame(dataset.PixelData, index, number_of_frames=count)
        return (
            zlib.decompress(frame, -zlib.MAX_WBITS) if syntax == DEFLATED_IMAGE_FRAME else _run_lengths(frame)
        )
    except (ValueError, IndexError, EOFError, zlib.error) as error:
        raise UnreadablePixels(why_undecoded(error)) from error


def _run_lengths(frame: bytes) -> bytes:
    """Decode the one segment of an RLE frame (PS3.5 G.3): decoders expect whole bytes for each pixel."""
    data = frame[RLE_HEADER_BYTES:]
    result = bytearray()
    at = 0
    while at < len(data):
        count = data[at]
        if count < 128:
            result += data[at + 1 : at + 2 + count]
            at += 2 + count
        elif count > 128:
            result += data[at + 1 : at + 2] * (257 - count)
            at += 2
        else:
            at += 1
    return bytes(result)


def _decoded(dataset: Any, index: int) -> np.ndarray:
    """A frame through pydicom and its decoders."""
    from pydicom.pixels.utils import pixel_array

    try:
        with quiet_loggers(*LOGGERS_OF_DECODERS):
            frame: np.ndarray = pixel_array(dataset, raw=True, index=index)
    except (RuntimeError, ValueError, AttributeError, NotImplementedError, EOFError, KeyError) as error:
        raise UnreadablePixels(why_undecoded(error)) from error
    return frame
