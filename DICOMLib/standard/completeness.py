"""Whether a file is there to its end: elements, pixel data and its fragments (PS3.5 section 7, annex A.4)."""

from __future__ import annotations

import mmap
import os
from typing import BinaryIO

from DICOMLib.standard.sequences import (
    ITEM,
    LONG_VRS,
    SHORT_VRS,
    UNDEFINED,
    Buffer,
    RanOut,
    Unusual,
    explicit_header,
    implicit_header,
    long_length,
    skip_sequence,
)
from DICOMLib.standard.tags import PIXEL_DATA

_PIXEL_TAG = b"\xe0\x7f\x10\x00"
_DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"
# An icon has pixel data, too; after so many of them all elements are walked.
_CANDIDATES = 8
MAX_FRAGMENTS = 1_000_000


def are_fragments_cut_off(file: BinaryIO, position: int) -> bool:
    """Whether encapsulated pixel data does not end within a file.

    Only the headers of the items are read, and those only where the file does not end with the delimiter. A
    delimiter that is missing behind whole items, and what is no item, are let pass.

    Parameters
    ----------
    file
        Open for reading; it stands anywhere afterwards.
    position
        Of the first item, bytes.
    """
    size = file.seek(0, os.SEEK_END)
    if size >= position + 8 and _eight_bytes(file, size - 8) == _DELIMITER:
        return False
    for _ in range(MAX_FRAGMENTS):
        header = _eight_bytes(file, position)
        if len(header) < 8:
            return position > size or any(header)  # zeros are padding
        group, element, length = implicit_header(header)
        if group << 16 | element != ITEM or length == UNDEFINED:
            return False
        position += 8 + length
    return False


def _eight_bytes(file: BinaryIO, position: int) -> bytes:
    file.seek(position)
    return file.read(8)


def is_cut_off(path: str, start: bytes, offset: int, explicit: bool) -> bool:
    """Whether a file ends inside one of its elements, pixel data included.

    Parameters
    ----------
    path
        A little endian file.
    start
        Its first bytes, or all of it.
    offset
        Where its data set begins, bytes.
    explicit
        Whether each element has its VR.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123  paths cost time here
        size = os.fstat(file.fileno()).st_size
        try:
            try:
                return _ends_early(file, start, size, offset, explicit)
            except RanOut:
                if len(start) >= size:
                    return True
            with mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) as whole:
                return _ends_early(file, whole, size, offset, explicit)
        except RanOut:
            return True
        except Unusual:  # not ours to judge
            return False


def _ends_early(file: BinaryIO, data: Buffer, size: int, offset: int, explicit: bool) -> bool:
    """The same, of a file of which `data` is known; raises RanOut if that does not reach far enough."""
    if _is_plainly_whole(data, size, offset, explicit):
        return False
    position, length = _pixel_data(data, size, offset, explicit)
    return are_fragments_cut_off(file, position) if length == UNDEFINED else position + length > size


def _is_plainly_whole(data: Buffer, size: int, offset: int, explicit: bool) -> bool:
    """Whether something that looks like pixel data ends exactly where the file does; that is seen fast."""
    place = offset
    for _ in range(_CANDIDATES):
        place = data.find(_PIXEL_TAG, place)
        if place < 0 or place + 12 > len(data):
            return False
        value = place + (12 if explicit else 8)
        if value + long_length(data, value - 4)[0] == size:
            return True
        place += 4
    return False


def _pixel_data(data: Buffer, size: int, position: int, explicit: bool) -> tuple[int, int]:
    """Where the value of Pixel Data begins, and its length; the end of the file and 0 if there is none."""
    end = len(data)
    while position + 8 <= end:
        group, element, vr, length = explicit_header(data, position)
        tag = group << 16 | element
        position += 8
        if not explicit:
            length = long_length(data, position - 4)[0]
        elif vr in LONG_VRS:
            if position + 4 > end:
                break
            length = long_length(data, position)[0]
            position += 4
        elif vr not in SHORT_VRS:
            raise Unusual("unknown VR")
        if tag == PIXEL_DATA:
            return position, length
        if tag > PIXEL_DATA or tag == 0:
            return size, 0
        if length == UNDEFINED:
            position = skip_sequence(data, position, end, explicit and vr != b"UN")
        else:
            position += length
    if position > size or end < size or any(data[position:]):
        raise RanOut(position)
    return size, 0
