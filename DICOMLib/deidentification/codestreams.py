"""Texts within compressed pixels: comments, Exif and the like in JPEG, JPEG-LS, JPEG 2000 and JPEG XL."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from pydicom.dataset import Dataset
from pydicom.encaps import parse_basic_offsets, parse_fragments
from pydicom.filebase import DicomBytesIO

JPEG, JPEG_2000 = b"\xff\xd8\xff", b"\xff\x4f\xff\x51"
BOXES = tuple(b"\0\0\0\x0c" + kind + b"\r\n\x87\n" for kind in (b"jP  ", b"JXL "))

# Two-byte markers (ISO/IEC 10918-1 B.1.1.3, 14495-1 C.1.1, 15444-1 A.2).
_TABLELESS = {0x01, *range(0xD0, 0xDA)}  # without a length: TEM, RSTn, SOI, EOI
_END, _SCAN, _COMMENT = 0xD9, 0xDA, 0xFE
_APPLICATION = range(0xE0, 0xF0)
_TILE_PART, _DATA, _COMMENT_2000 = 0xFF90, 0xFF93, 0xFF64
# What application segments say of colours; decoders need it. All that follows these bytes is blanked.
_OF_COLOURS = {
    (0xE0, b"JFIF\0"): 12,  # the size of a picture of the picture comes after it
    (0xE8, b"mrfx"): 5,
    (0xEE, b"Adobe"): 12,
}
# Boxes that hold no pixels and nothing that they need (ISO/IEC 15444-1 I, 18181-2).
_TELLING_BOXES = {b"uuid", b"xml ", b"uinf", b"jp2i", b"Exif", b"brob", b"jumb", b"jbrd", b"asoc", b"lbl "}
_NEXT_MARKER = re.compile(rb"\xff[\x80-\xcf\xd8-\xfe]")  # in coded data 00, or less than 80, follows an FF

Span = tuple[int, int]


def blank_comments(dataset: Dataset) -> None:
    """Fill with zeros what the compressed frames of a dataset hold beside the pixels.

    No length changes, so that offset tables stay right. Frames of other codecs are left as they are.
    """
    pixels = bytearray(dataset.PixelData)
    changed = False
    for spans in _frames(pixels):
        frame = bytearray().join(pixels[begin:end] for begin, end in spans)
        for begin, end in texts_of(bytes(frame)):
            if any(frame[begin:end]):
                frame[begin:end] = bytes(end - begin)
                changed = True
        at = 0
        for begin, end in spans:
            pixels[begin:end] = frame[at : at + end - begin]
            at += end - begin
    if changed:
        dataset.PixelData = bytes(pixels)


def _frames(pixels: bytearray) -> Iterator[list[Span]]:
    """Where the fragments of each frame lie: a frame begins where a codestream does (PS3.5 A.4)."""
    stream = DicomBytesIO(bytes(pixels))
    stream.is_little_endian = True
    parse_basic_offsets(stream)
    _count, offsets = parse_fragments(stream)
    frame: list[Span] = []
    for offset in offsets:
        (length,) = struct.unpack_from("<L", pixels, offset + 4)
        begin, end = offset + 8, min(offset + 8 + length, len(pixels))
        if frame and pixels[begin : begin + 12].startswith((JPEG, JPEG_2000, *BOXES)):
            yield frame
            frame = []
        frame.append((begin, end))
    if frame:
        yield frame


def texts_of(codestream: bytes) -> Iterator[Span]:
    """Begin and end of each part of a codestream that is no pixels, nor needed to read them."""
    found: Iterator[Span] = iter(())
    if codestream.startswith(JPEG):
        found = _texts_of_jpeg(codestream)
    elif codestream.startswith(JPEG_2000):
        found = _texts_of_jpeg_2000(codestream, 0, len(codestream))
    elif codestream.startswith(BOXES):
        found = _texts_of_boxes(codestream)
    for begin, end in found:
        if begin < len(codestream):  # a broken one may claim more than there is
            yield begin, min(end, len(codestream))


def _texts_of_jpeg(stream: bytes) -> Iterator[Span]:
    at = 2
    while at + 2 <= len(stream):
        marker = stream[at + 1]
        if stream[at] != 0xFF or marker == 0xFF:
            at += 1  # fill bytes
        elif marker == _END:
            yield at + 2, len(stream)
            return
        elif marker in _TABLELESS:
            at += 2
        else:
            begin, end = at + 4, at + 2 + int.from_bytes(stream[at + 2 : at + 4], "big")
            if marker == _COMMENT or marker in _APPLICATION:
                kept = _bytes_of_colours(marker, stream[begin:end])
                yield min(begin + kept, end), end
            at = max(end, begin)
            if marker == _SCAN:
                following = _NEXT_MARKER.search(stream, at)
                at = following.start() if following else len(stream)


def _bytes_of_colours(marker: int, payload: bytes) -> int:
    return next(
        (size for (of, name), size in _OF_COLOURS.items() if of == marker and payload.startswith(name)), 0
    )


def _texts_of_jpeg_2000(stream: bytes, begin: int, end: int) -> Iterator[Span]:
    """Comments of the main header and of the headers of tile-parts, and what follows the last of these."""
    at = tile_part_end = begin + 2
    while at + 4 <= end:
        marker, length = struct.unpack_from(">HH", stream, at)
        if marker == _COMMENT_2000:
            yield at + 4, at + 2 + length
        elif marker == _TILE_PART and at + 12 <= end:
            (size,) = struct.unpack_from(">L", stream, at + 6)
            tile_part_end = at + size if size else end - 2  # the last one may leave it open
        elif marker == _DATA:
            at = max(tile_part_end, at + 2)
            continue
        elif marker == 0xFF00 | _END:
            break
        at += 2 + max(length, 2)
    if stream[at : at + 2] == bytes((0xFF, _END)):
        yield at + 2, end


def _texts_of_boxes(stream: bytes) -> Iterator[Span]:
    at = 0
    while at + 8 <= len(stream):
        size, kind = struct.unpack_from(">L4s", stream, at)
        head = 16 if size == 1 else 8
        if size == 1 and at + 16 <= len(stream):
            (size,) = struct.unpack_from(">Q", stream, at + 8)
        end = at + size if size else len(stream)
        if kind in _TELLING_BOXES:
            yield at + head, end
        elif kind == b"jp2c":
            yield from _texts_of_jpeg_2000(stream, at + head, end)
        at = max(end, at + head)
