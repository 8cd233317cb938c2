"""Headers of a series that are laid out as one before them, byte for byte: these need not be read again.

Most files of a series differ in a few values only. Such a header is compared with a known one in one go, and
what an `ImageHeader` is made of is the same then, but for the path and the position.
"""

from __future__ import annotations

import io
from typing import Any, NamedTuple

import numpy as np

from DICOMLib.indexing.layout import plain_elements
from DICOMLib.indexing.scan import IMPLICIT_LITTLE_ENDIAN
from DICOMLib.mrml.images.image_header import POSITION, WANTED, ImageHeader, read_image_header
from DICOMLib.standard.sequences import long_length
from DICOMLib.standard.values import element_text

_KNOWN = 4
# A series in which so many files more were not like a known one than were is left to the scanner.
_PATIENCE = 8
_META_START = 144  # behind preamble, prefix and group length (PS3.10 7.1)
_PREAMBLE_BYTES = 128
_TRANSFER_SYNTAX = 0x00020010


class _Known(NamedTuple):
    """A header up to the value of Pixel Data.

    Parameters
    ----------
    before, after
        What was read of it: the fields of an ImageHeader between path and position, and those behind.
    mask
        Bytes: 255 where another header must be equal, else 0.
    expected
        The header, masked.
    position
        Where the value of Image Position (Patient) lies.
    """

    before: tuple[Any, ...]
    after: tuple[Any, ...]
    mask: np.ndarray
    expected: bytes
    position: slice

    def matches(self, start: np.ndarray) -> bool:
        """Whether a file that begins with these bytes is laid out like this one, with the same values."""
        size = len(self.mask)
        return len(start) >= size and (start[:size] & self.mask).tobytes() == self.expected

    def header_of(self, path: str, start: np.ndarray) -> ImageHeader:
        """The header of a file that matches."""
        position = element_text(b"DS", start[self.position].tobytes(), "")
        return ImageHeader._make((path, *self.before, position, *self.after))


class KnownHeaders:
    """The headers that were read last; it may be used from several threads."""

    def __init__(self) -> None:
        self._known: tuple[_Known, ...] = ()  # replaced as a whole
        self._size = 0
        self._patience = _PATIENCE

    def read(self, path: str, file: io.FileIO) -> ImageHeader:
        """Read the header of a file that is open at its start; errors as of `read_image_header`."""
        if self._patience <= 0:
            return read_image_header(path, file.fileno())
        known = self._known
        start = np.frombuffer(file.read(self._size), np.uint8) if known else np.empty(0, np.uint8)
        for place, one in enumerate(known):
            if one.matches(start):
                self._patience += 1
                if place:
                    self._known = (one, *known[:place], *known[place + 1 :])
                return one.header_of(path, start)
        self._patience -= 1
        file.seek(0)
        header = read_image_header(path, file.fileno())
        self._learn(header, file)
        return header

    def _learn(self, header: ImageHeader, file: io.FileIO) -> None:
        if not header.is_native or header.has_frame_descriptions:
            return
        file.seek(0)
        start = file.read(header.pixel_offset)
        if len(start) == header.pixel_offset:
            self._known = (_known(header, start), *self._known[: _KNOWN - 1])
            self._size = max(self._size, header.pixel_offset)


def _known(header: ImageHeader, data: bytes) -> _Known:
    """The mask leaves out the values that an ImageHeader does not have."""
    mask = np.full(len(data), 255, np.uint8)
    mask[:_PREAMBLE_BYTES] = 0
    meta_end = _META_START + long_length(data, _META_START - 4)[0]
    for element in plain_elements(data, _META_START, meta_end, explicit=True):
        if element.tag != _TRANSFER_SYNTAX:
            mask[element.value : element.end] = 0
    position = slice(0, 0)
    explicit = header.transfer_syntax != IMPLICIT_LITTLE_ENDIAN
    for element in plain_elements(data, meta_end, len(data), explicit):
        if element.tag == POSITION:
            position = slice(element.value, element.end)
        if element.tag == POSITION or not (element.undefined or element.tag in WANTED.numbers):
            mask[element.value : element.end] = 0
    expected = (np.frombuffer(data, np.uint8) & mask).tobytes()
    place = ImageHeader._fields.index("position")
    return _Known(header[1:place], header[place + 1 :], mask, expected, position)
