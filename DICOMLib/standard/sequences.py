"""Byte walking: past sequences and fragments, and the shapes of element headers (PS3.5 section 7)."""

from __future__ import annotations

import mmap
import struct

Buffer = bytes | mmap.mmap

UNDEFINED = 0xFFFFFFFF
MAX_DEPTH = 64

LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())

ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
SEQUENCE_END = 0xFFFEE0DD

explicit_header = struct.Struct("<HH2sH").unpack_from
implicit_header = struct.Struct("<HHI").unpack_from
long_length = struct.Struct("<I").unpack_from
short_length = struct.Struct("<H").unpack_from


class Unusual(Exception):
    """The fast readers do not read this file."""


class RanOut(Exception):
    """More bytes are needed, up to the position that is the argument."""


def skip_sequence(data: Buffer, position: int, end: int, explicit: bool) -> int:
    """Pass a sequence of undefined length; returns the position behind its delimiter.

    Raises
    ------
    RanOut
        If it does not end before `end`.
    Unusual
        If it is no sequence as it should be.
    """
    stack = [False]  # for each open level, whether it is an item
    while stack:
        if position + 8 > end:
            raise RanOut(position + 8)
        group, element, length = implicit_header(data, position)
        tag = group << 16 | element
        position += 8
        if tag == ITEM and not stack[-1]:
            if length == UNDEFINED:
                stack.append(True)
            else:
                position += length
        elif (tag == _ITEM_END and stack[-1]) or (tag == SEQUENCE_END and not stack[-1]):
            stack.pop()
        elif stack[-1]:
            position, undefined = _nested_element(data, position, end, explicit)
            if undefined:
                stack.append(False)
        else:
            raise Unusual("odd sequence")
        if len(stack) > MAX_DEPTH:
            raise Unusual("deep nesting")
    return position


def _nested_element(data: Buffer, position: int, end: int, explicit: bool) -> tuple[int, bool]:
    """Pass the header of an element inside an item, and its value if its length is defined.

    `position` is behind the first eight bytes.
    """
    (length,) = long_length(data, position - 4)
    if explicit:
        vr = bytes(data[position - 4 : position - 2])
        if vr in LONG_VRS:
            if position + 4 > end:
                raise RanOut(position + 4)
            (length,) = long_length(data, position)
            position += 4
        elif vr in SHORT_VRS:
            length >>= 16
        else:
            raise Unusual("unknown VR")
        if length == UNDEFINED and vr == b"UN":
            raise Unusual("nested UN of undefined length")
    if length == UNDEFINED:
        return position, True
    return position + length, False


def skip_fragments(data: Buffer, position: int, end: int) -> int:
    """Pass encapsulated pixel data (PS3.5 annex A.4); raises as `skip_sequence`."""
    while True:
        if position + 8 > end:
            raise RanOut(position + 8)
        group, element, length = implicit_header(data, position)
        tag = group << 16 | element
        position += 8
        if tag == SEQUENCE_END:
            return position
        if tag != ITEM or length == UNDEFINED:
            raise Unusual("odd fragments")
        position += length
