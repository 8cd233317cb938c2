"""The fast header scanner: top-level elements of little endian files, read once, decoded on request.

It takes Part 10 files in implicit and explicit VR little endian, pixel data encapsulated or not. At
anything else it raises `Unusual`, and the file is left to pydicom, which is slower and knows more. It never
guesses: where a length or a VR looks wrong, it gives up.
"""

from __future__ import annotations

import mmap
import os
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NoReturn

from DICOMLib.indexing.decode import UNTOLD, Elements, Shape
from DICOMLib.indexing.layout import MAX_VALUE_BYTES
from DICOMLib.indexing.wanted import WantedTags
from DICOMLib.standard.sequences import (
    LONG_VRS,
    SHORT_VRS,
    UNDEFINED,
    Buffer,
    RanOut,
    Unusual,
    explicit_header,
    implicit_header,
    long_length,
    skip_fragments,
    skip_sequence,
)
from DICOMLib.standard.tags import PIXEL_DATA

__all__ = [
    "Endless",
    "FIRST_READ_BYTES",
    "MAX_VALUE_BYTES",
    "Header",
    "Truncated",
    "Unusual",
    "WantedTags",
    "scan",
    "scan_open",
    "scan_start",
]

FIRST_READ_BYTES = 16384

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
OTHER_ENCODINGS = frozenset(
    (
        "1.2.840.10008.1.2.2",  # explicit VR big endian
        "1.2.840.113619.5.2",  # GE private: implicit VR little endian with big endian pixels
    )
)

DEFLATED = "1.2.840.10008.1.2.1.99"
MAX_INFLATED_BYTES = 1 << 24

_MEDIA_CLASS = 0x00020002
_TRANSFER_SYNTAX = 0x00020010
_META = WantedTags(("0002,0002", "0002,0010"))


@lru_cache(maxsize=64)
def _uid_text(raw: bytes) -> str:
    return raw.rstrip(b" \0").decode("latin_1")


class Truncated(Exception):
    """The file ends in the middle of an element."""


class Endless(Exception):
    """A deflated header is longer than any header is."""


class _NeedMore(Exception):
    """The header does not end in what was read first."""


@dataclass(slots=True)
class Header:
    """The wanted elements of one file.

    Parameters
    ----------
    transfer_syntax, media_class
        UIDs from the file meta information (PS3.10 section 7.1).
    pixel_offset, pixel_length
        Where the value of Pixel Data lies in the file, in bytes; 0 if there is none, or if the dataset is
        deflated. The length of encapsulated data is that of the rest of the file.
    shape, raws
        The wanted elements that a layout gave: their tags and VRs, and the value fields.
    rest
        The other elements.
    """

    transfer_syntax: str
    media_class: str = ""
    pixel_offset: int = 0
    pixel_length: int = 0
    shape: Shape | None = None
    raws: Sequence[bytes] = ()
    rest: Elements = field(default_factory=dict)

    @property
    def elements(self) -> Elements:
        """(VR, value field) by tag number.

        The value field is empty for pixel data, for sequences, and for values longer than `MAX_VALUE_BYTES`.
        """
        if self.shape is not None:
            self.rest = {**self.shape.elements(self.raws), **self.rest}
            self.shape = None
        return self.rest

    def element(self, tag: int) -> tuple[bytes, bytes] | None:
        """One of `elements`, which are not put together for it; None for one that is not there."""
        place = self.shape.places.get(tag) if self.shape is not None else None
        if self.shape is None or place is None:
            return self.rest.get(tag)
        return self.shape.vrs[place], self.raws[place]


def scan(path: str, wanted: WantedTags) -> Header:
    """Read the wanted elements of a file.

    Raises
    ------
    Unusual
        If another reader is needed; also if it is no DICOM file.
    Truncated
        If the file ends inside an element, pixel data included.
    Endless
        If it is deflated and too long.
    OSError
        If it cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0))
    try:
        if hasattr(os, "posix_fadvise"):
            # Read-ahead would fetch pixels that nobody asks for.
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        return scan_open(descriptor, wanted)
    finally:
        os.close(descriptor)


def scan_start(start: bytes, size: int, path: str, wanted: WantedTags) -> Header:
    """As `scan`, of a file whose first bytes are known; it is read only if its header is longer.

    Parameters
    ----------
    start, size
        The first bytes of the file, and how many it has.
    path, wanted
        As of `scan`.
    """
    try:
        return _Scan(start, size, wanted).header()
    except _NeedMore:
        return scan(path, wanted)


def scan_open(descriptor: int, wanted: WantedTags) -> Header:
    """As `scan`, of a file that is open for reading at its start."""
    size = os.fstat(descriptor).st_size
    start = os.read(descriptor, FIRST_READ_BYTES)
    try:
        return _Scan(start, size, wanted).header()
    except _NeedMore:
        with mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as whole:
            return _Scan(whole, size, wanted).header()


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
        try:
            self._dataset(start, header)
        except RanOut as gap:
            self._run_out(gap.args[0])
        told = header.shape is None or header.shape.told
        if not told or any(vr in UNTOLD for vr, _ in header.rest.values()):
            self._wanted.resolve(header.elements)
        return header

    def _dataset(self, start: int, header: Header) -> None:
        """Take what a layout knows, and read the rest element by element."""
        explicit = header.transfer_syntax != IMPLICIT_LITTLE_ENDIAN
        layouts = self._wanted.explicit_layouts if explicit else self._wanted.implicit_layouts
        end = self._end
        position, last_tag = start, 0
        try:
            followed = layouts.follow(self._data, start, end)
        except RanOut:
            if end < self._size:
                raise
            followed = None
        if followed is not None:
            position, layout, header.raws = followed
            last_tag, header.shape = layout.last_tag, layout.shape
        read = self._explicit_elements if explicit else self._implicit_elements
        read(position, header, last_tag)
        if followed is None:
            layouts.learn(self._data, start, end)

    def _file_meta(self) -> tuple[int, Header]:
        """End of the file meta information, and a header with what it says."""
        data = self._data
        if data[128:132] != b"DICM":
            raise Unusual("no preamble")
        if self._size < 144:
            raise Truncated
        if data[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
            raise Unusual("no group length")
        end = 144 + long_length(data, 140)[0]
        if self._size < end < FIRST_READ_BYTES:
            raise Truncated
        if end > self._end:
            raise Unusual("long file meta information")
        try:
            followed = _META.explicit_layouts.follow(data, 144, end)
        except RanOut:  # the file ends here
            followed = None
        if followed is not None and followed[0] == end:
            uids = dict(zip(followed[1].shape.tags, followed[2], strict=True))
        else:
            uids = self._meta_uids(end)
            _META.explicit_layouts.learn(data, 144, end)
        syntax = _uid_text(uids.get(_TRANSFER_SYNTAX, b""))
        media_class = _uid_text(uids.get(_MEDIA_CLASS, b""))
        if not syntax:
            raise Unusual("odd file meta information")
        return end, Header(syntax, media_class)

    def _meta_uids(self, end: int) -> dict[int, bytes]:
        """The two wanted elements of the file meta information, read element by element."""
        data, position = self._data, 144
        uids: dict[int, bytes] = {}
        while position + 8 <= end:
            group, element, vr, length = explicit_header(data, position)
            if group != 2:
                raise Unusual("wrong length of the file meta information")
            position += 8
            if vr in LONG_VRS:
                length = long_length(data, position)[0]
                position += 4
            tag = group << 16 | element
            if tag in _META.numbers:
                uids[tag] = bytes(data[position : position + length])
            position += length
        if position != end:
            raise Unusual("odd file meta information")
        return uids

    def _inflate(self, start: int) -> None:
        """Go on with the inflated dataset, or with as much of it as any header needs."""
        if self._end < self._size:
            raise _NeedMore
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            self._data = inflater.decompress(self._data[start:], MAX_INFLATED_BYTES)
        except zlib.error:
            raise Truncated from None
        if not inflater.eof and not inflater.unconsumed_tail:
            raise Truncated
        self._end = len(self._data)
        self._size = self._end if inflater.eof else sys.maxsize

    def _explicit_elements(self, position: int, header: Header, previous: int) -> None:
        data, stop, wanted = self._data, self._end - 8, self._wanted.numbers
        while position <= stop:
            group, element, vr, length = explicit_header(data, position)
            tag = group << 16 | element
            position += 8
            if vr in LONG_VRS:
                if position + 4 > self._end:
                    break
                length = long_length(data, position)[0]
                position += 4
            elif vr not in SHORT_VRS:
                raise Unusual("unknown VR")
            if tag <= previous or group <= 2:
                self._check_order(tag)
            previous = tag
            if tag >= PIXEL_DATA:
                position = self._pixels_or_later(tag, vr, position, length, header)
                continue
            if length == UNDEFINED:
                position = skip_sequence(data, position, self._end, vr != b"UN")
                length = 0
            elif tag in wanted:
                self._take(header, tag, vr, position, length)
            position += length
            if tag in wanted and vr == b"SQ":
                header.rest[tag] = (vr, b"")
        self._check_end(position)

    def _implicit_elements(self, position: int, header: Header, previous: int) -> None:
        data, stop, wanted = self._data, self._end - 8, self._wanted
        while position <= stop:
            group, element, length = implicit_header(data, position)
            tag = group << 16 | element
            position += 8
            if tag <= previous or group <= 2:
                self._check_order(tag)
            previous = tag
            if tag >= PIXEL_DATA:
                vr = wanted.implicit_vr(tag) if tag in wanted.numbers else b"UN"
                position = self._pixels_or_later(tag, vr, position, length, header)
                continue
            if length == UNDEFINED:
                position = skip_sequence(data, position, self._end, False)
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
            header.rest[tag] = (vr, b"")
            return
        if position + length > self._end:
            self._run_out(position + length)
        header.rest[tag] = (vr, bytes(self._data[position : position + length]))

    def _check_end(self, position: int) -> None:
        """The elements must end exactly where the file does."""
        if position > self._size:
            raise Truncated
        if self._end < self._size:
            self._run_out(self._size)
        if position != self._size and any(self._data[position:]):
            raise Truncated

    def _run_out(self, needed: int) -> NoReturn:
        """Say why the bytes up to `needed` are not there."""
        if needed > self._size:
            raise Truncated
        if self._size == sys.maxsize:
            raise Endless
        raise _NeedMore

    def _pixels_or_later(self, tag: int, vr: bytes, position: int, length: int, header: Header) -> int:
        """Pass the pixel data or something behind it; returns where to go on, or the end of the file."""
        wanted = tag in self._wanted.numbers
        # of what is deflated without end, nothing behind the pixels is looked for
        go_on = self._wanted.beyond_pixels and self._size != sys.maxsize
        if tag == PIXEL_DATA:
            if header.transfer_syntax != DEFLATED:
                header.pixel_offset = position
                header.pixel_length = self._size - position if length == UNDEFINED else length
            if wanted:
                header.rest[tag] = (vr, b"")
            if length != UNDEFINED:
                if position + length > self._size:
                    raise Truncated
                after = position + length
                return after if go_on else self._finish(after)
            if not go_on:
                return self._finish(self._size)
            return skip_fragments(self._data, position, self._end)
        if length == UNDEFINED:
            return skip_sequence(self._data, position, self._end, vr not in (b"UN", b""))
        if wanted:
            self._take(header, tag, vr, position, length)
        return position + length

    def _finish(self, position: int) -> int:
        """Nothing behind the pixel data is wanted: go to the end."""
        self._end = self._size
        return max(position, self._size)
