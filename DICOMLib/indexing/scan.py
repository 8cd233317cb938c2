"""The fast header scanner: top-level elements of little endian files, read once, decoded on request.

It takes Part 10 files in implicit and explicit VR little endian, pixel data encapsulated or not. At
anything else it raises `Unusual`, and the file is left to pydicom, which is slower and knows more. It never
guesses: where a length or a VR looks wrong, it gives up.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from DICOMLib.standard.tags import PIXEL_DATA, tag_number
from DICOMLib.standard.values import element_text

FIRST_READ_BYTES = 16384
MAX_VALUE_BYTES = 65536
MAX_DEPTH = 64

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
OTHER_ENCODINGS = frozenset(
    (
        "1.2.840.10008.1.2.2",  # explicit VR big endian
        "1.2.840.113619.5.2",  # GE private: implicit VR little endian with big endian pixels
    )
)

DEFLATED = "1.2.840.10008.1.2.1.99"
MAX_INFLATED_BYTES = 1 << 24

_UNDEFINED = 0xFFFFFFFF
_LONG_VRS = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
_ITEM = 0xFFFEE000
_ITEM_END = 0xFFFEE00D
_SEQUENCE_END = 0xFFFEE0DD
_CHARACTER_SET = 0x00080005

_explicit = struct.Struct("<HH2sH").unpack_from
_tag_and_length = struct.Struct("<HHI").unpack_from
_length = struct.Struct("<I").unpack_from

Buffer = bytes | mmap.mmap


class Unusual(Exception):
    """The fast scanner does not read this file."""


class Truncated(Exception):
    """The file ends in the middle of an element."""


class _NeedMore(Exception):
    """The header does not end in what was read first."""


@dataclass(slots=True)
class Header:
    """The wanted elements of one file.

    Parameters
    ----------
    transfer_syntax, media_class
        UIDs from the file meta information (PS3.10 section 7.1).
    elements
        (VR, value field) by tag number. The value field is empty for pixel data, for sequences, and for
        values longer than `MAX_VALUE_BYTES`.
    pixel_offset, pixel_length
        Where the value of Pixel Data lies in the file, in bytes; 0 if there is none, or if the dataset is
        deflated. The length of encapsulated data is that of the rest of the file.
    """

    transfer_syntax: str
    media_class: str = ""
    elements: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    pixel_offset: int = 0
    pixel_length: int = 0


class WantedTags:
    """The tags to look for, prepared once for many files.

    Parameters
    ----------
    tags
        As "GGGG,EEEE", in any case.
    """

    def __init__(self, tags: Iterable[str]) -> None:
        self.names = {tag_number(tag): tag.upper() for tag in tags}
        self.numbers = frozenset((*self.names, _CHARACTER_SET))
        self.beyond_pixels = any(number > PIXEL_DATA for number in self.numbers)
        # VRs of implicit files are looked up once.
        self.vrs: dict[int, bytes] = {}

    def implicit_vr(self, tag: int) -> bytes:
        """VR of an element whose file does not tell it (PS3.6)."""
        vr = self.vrs.get(tag)
        if vr is None:
            vr = self.vrs[tag] = _dictionary_vr(tag)
        return vr


def scan(path: str, wanted: WantedTags) -> Header:
    """Read the wanted elements of a file.

    Raises
    ------
    Unusual
        If another reader is needed; also if it is no DICOM file.
    Truncated
        If the file ends inside an element, pixel data included.
    OSError
        If it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        size = os.fstat(descriptor).st_size
        if hasattr(os, "posix_fadvise"):
            # Read-ahead would fetch pixels that nobody asks for.
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        start = os.read(descriptor, FIRST_READ_BYTES)
        try:
            return _Scan(start, size, wanted).header()
        except _NeedMore:
            with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as whole:
                return _Scan(whole, size, wanted).header()
    finally:
        os.close(descriptor)


class _Scan:
    """One pass over one file."""

    def __init__(self, data: Buffer, size: int, wanted: WantedTags) -> None:
        self._data = data
        self._end = len(data)
        self._size = size
        self._wanted = wanted

    def header(self) -> Header:
        """Read file meta information and dataset."""
        start, header = self._file_meta()
        syntax = header.transfer_syntax
        if syntax in OTHER_ENCODINGS:
            raise Unusual(syntax)
        if syntax == DEFLATED:
            self._inflate(start)
            start = 0
        if syntax == IMPLICIT_LITTLE_ENDIAN:
            self._implicit_elements(start, header)
        else:
            self._explicit_elements(start, header)
        return header

    def _file_meta(self) -> tuple[int, Header]:
        """End of the file meta information, and a header with what it says."""
        data = self._data
        if self._end < 144 or data[128:132] != b"DICM" or data[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
            raise Unusual("no preamble, or no group length")
        position, end = 144, 144 + _length(data, 140)[0]
        if end > self._end:
            raise Unusual("long file meta information")
        uids = {0x02: "", 0x10: ""}
        while position + 8 <= end:
            group, element, vr, length = _explicit(data, position)
            if group != 2:
                raise Unusual("wrong length of the file meta information")
            position += 8
            if vr in _LONG_VRS:
                length = _length(data, position)[0]
                position += 4
            if element in uids:
                uids[element] = bytes(data[position : position + length]).rstrip(b" \0").decode("latin_1")
            position += length
        if position != end or not uids[0x10]:
            raise Unusual("odd file meta information")
        return end, Header(uids[0x10], uids[0x02])

    def _inflate(self, start: int) -> None:
        """Go on with the inflated dataset, or with as much of it as any header needs."""
        if self._end < self._size:
            raise _NeedMore
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            self._data = inflater.decompress(self._data[start:], MAX_INFLATED_BYTES)
        except zlib.error:
            raise Truncated from None
        self._end = len(self._data)
        self._size = self._end if inflater.eof else sys.maxsize

    def _explicit_elements(self, position: int, header: Header) -> None:
        data, stop, wanted = self._data, self._end - 8, self._wanted.numbers
        previous = 0
        while position <= stop:
            group, element, vr, length = _explicit(data, position)
            tag = group << 16 | element
            position += 8
            if vr in _LONG_VRS:
                if position + 4 > self._end:
                    break
                length = _length(data, position)[0]
                position += 4
            elif vr not in _SHORT_VRS:
                raise Unusual("unknown VR")
            if tag <= previous or group <= 2:
                self._check_order(tag)
            previous = tag
            if tag >= PIXEL_DATA:
                position = self._pixels_or_later(tag, vr, position, length, header)
                continue
            if length == _UNDEFINED:
                position = self._skip_sequence(position, explicit=vr != b"UN")
                length = 0
            elif tag in wanted:
                self._take(header, tag, vr, position, length)
            position += length
            if tag in wanted and vr == b"SQ":
                header.elements[tag] = (vr, b"")
        self._check_end(position)

    def _implicit_elements(self, position: int, header: Header) -> None:
        data, stop, wanted = self._data, self._end - 8, self._wanted
        previous = 0
        while position <= stop:
            group, element, length = _tag_and_length(data, position)
            tag = group << 16 | element
            position += 8
            if tag <= previous or group <= 2:
                self._check_order(tag)
            previous = tag
            if tag >= PIXEL_DATA:
                vr = wanted.implicit_vr(tag) if tag in wanted.numbers else b"UN"
                position = self._pixels_or_later(tag, vr, position, length, header)
                continue
            if length == _UNDEFINED:
                position = self._skip_sequence(position, explicit=False)
                length = 0
            elif tag in wanted.numbers:
                self._take(header, tag, wanted.implicit_vr(tag), position, length)
            position += length
        self._check_end(position)

    @staticmethod
    def _check_order(tag: int) -> None:
        """Elements out of order are odd; a zero tag is no element at all but a hole in the file."""
        if tag == 0:
            raise Truncated
        raise Unusual("elements out of order")

    def _take(self, header: Header, tag: int, vr: bytes, position: int, length: int) -> None:
        if length > MAX_VALUE_BYTES or vr == b"SQ":
            header.elements[tag] = (vr, b"")
            return
        if position + length > self._end:
            self._run_out(position + length)
        header.elements[tag] = (vr, bytes(self._data[position : position + length]))

    def _check_end(self, position: int) -> None:
        """The elements must end exactly where the file does."""
        if position > self._size:
            raise Truncated
        if self._end < self._size:
            self._run_out(self._size)
        if position != self._size and any(self._data[position:]):
            raise Truncated

    def _run_out(self, needed: int) -> None:
        """Say why the bytes up to `needed` are not there."""
        if needed > self._size:
            raise Truncated
        if self._size == sys.maxsize:
            raise Unusual("very long header")
        raise _NeedMore

    def _pixels_or_later(self, tag: int, vr: bytes, position: int, length: int, header: Header) -> int:
        """Pass the pixel data or something behind it; returns where to go on, or the end of the file."""
        wanted = tag in self._wanted.numbers
        if tag == PIXEL_DATA:
            if header.transfer_syntax != DEFLATED:
                header.pixel_offset = position
                header.pixel_length = self._size - position if length == _UNDEFINED else length
            if wanted:
                header.elements[tag] = (vr, b"")
            if length != _UNDEFINED:
                if position + length > self._size:
                    raise Truncated
                after = position + length
                return after if self._wanted.beyond_pixels else self._finish(after)
            if not self._wanted.beyond_pixels:
                return self._finish(self._size)
            return self._skip_fragments(position)
        if length == _UNDEFINED:
            return self._skip_sequence(position, explicit=vr not in (b"UN", b""))
        if wanted:
            self._take(header, tag, vr, position, length)
        return position + length

    def _finish(self, position: int) -> int:
        """Nothing behind the pixel data is wanted: go to the end."""
        self._end = self._size
        return max(position, self._size)

    def _skip_fragments(self, position: int) -> int:
        """Pass encapsulated pixel data (PS3.5 annex A.4)."""
        while True:
            if position + 8 > self._end:
                self._run_out(position + 8)
            group, element, length = _tag_and_length(self._data, position)
            tag = group << 16 | element
            position += 8
            if tag == _SEQUENCE_END:
                return position
            if tag != _ITEM or length == _UNDEFINED:
                raise Unusual("odd fragments")
            position += length
            if position > self._size:
                raise Truncated

    def _skip_sequence(self, position: int, explicit: bool) -> int:
        """Pass a sequence of undefined length; returns the position behind its delimiter.

        The stack holds, for each open level, whether it is an item.
        """
        data = self._data
        stack = [False]
        while stack:
            if position + 8 > self._end:
                self._run_out(position + 8)
            group, element, length = _tag_and_length(data, position)
            tag = group << 16 | element
            position += 8
            if tag == _ITEM and not stack[-1]:
                if length == _UNDEFINED:
                    stack.append(True)
                else:
                    position += length
            elif (tag == _ITEM_END and stack[-1]) or (tag == _SEQUENCE_END and not stack[-1]):
                stack.pop()
            elif stack[-1]:
                position, undefined = self._nested_element(position, length, explicit)
                if undefined:
                    stack.append(False)
            else:
                raise Unusual("odd sequence")
            if len(stack) > MAX_DEPTH:
                raise Unusual("deep nesting")
        return position

    def _nested_element(self, position: int, length: int, explicit: bool) -> tuple[int, bool]:
        """Pass the header of an element inside an item, and its value if its length is defined."""
        if explicit:
            vr = bytes(self._data[position - 4 : position - 2])
            if vr in _LONG_VRS:
                if position + 4 > self._end:
                    self._run_out(position + 4)
                length = _length(self._data, position)[0]
                position += 4
            elif vr in _SHORT_VRS:
                length = length >> 16
            else:
                raise Unusual("unknown VR")
            if length == _UNDEFINED and vr == b"UN":
                raise Unusual("nested UN of undefined length")
        if length == _UNDEFINED:
            return position, True
        return position + length, False


def decoded_values(header: Header, wanted: WantedTags) -> dict[str, str]:
    """Text of the wanted elements by "GGGG,EEEE"; those without a text are left out."""
    elements = header.elements
    raw_set = elements.get(_CHARACTER_SET)
    character_set = element_text(raw_set[0], raw_set[1], "") if raw_set is not None else ""
    values = {}
    for number, name in wanted.names.items():
        element = elements.get(number)
        if element is not None and element[1]:
            text = _text(element[0], element[1], character_set)
            if text:
                values[name] = text
    return values


_text = lru_cache(maxsize=16384)(element_text)


def _dictionary_vr(tag: int) -> bytes:
    """VR by PS3.6; UN for private and unknown elements, the first of several."""
    if tag & 0xFFFF == 0:
        return b"UL"
    from pydicom.datadict import dictionary_VR

    try:
        return dictionary_VR(tag)[:2].encode()
    except KeyError:
        return b"UN"
