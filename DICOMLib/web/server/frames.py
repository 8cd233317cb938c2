"""Frames of an image, one at a time: as they are stored, or decoded (PS3.18 section 8.7.3.3, PS3.5)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array
from starlette.exceptions import HTTPException

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.network.models import DEFLATED, EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN
from DICOMLib.network.outgoing import OutgoingFile
from DICOMLib.standard.part10 import pixel_source, read_file
from DICOMLib.standard.transfer_syntaxes import ENCAPSULATED, NATIVE, is_decodable
from DICOMLib.web.server.json_model import UNREADABLE, Header

# Of a frame that is decoded; whoever sends files shall not decide how much memory we need.
_MAX_FRAME_BYTES = 1 << 30
_MEDIA_TYPES = {
    "image/jpeg": ("50", "51", "57", "70"),
    "image/jls": ("80", "81"),
    "image/jp2": ("90", "91"),
    "image/jphc": ("201", "202", "203"),
}
_BY_SYNTAX = {
    f"1.2.840.10008.1.2.4.{end}": media_type for media_type, ends in _MEDIA_TYPES.items() for end in ends
}
_DECODING = (*UNREADABLE, RuntimeError, MemoryError)


class Frames:
    """The frames of a file.

    Attributes
    ----------
    count
        How many there are.
    is_native
        Whether the pixels are stored without being compressed.
    media_type
        Of frames as they are stored.

    Raises
    ------
    HTTPException
        404 if there are no pixels.
    InvalidDICOM
        If the file cannot be read.
    """

    def __init__(self, file: OutgoingFile) -> None:
        self._file = file
        self._header = header = Header(file.path)
        if header.pixels is None:
            raise HTTPException(404, "This instance has no pixels.")
        self.syntax = file.transfer_syntax
        self.is_native = self.syntax in NATIVE or not self.syntax.startswith("1.2.840.10008.")
        self.media_type = _BY_SYNTAX.get(self.syntax, "application/octet-stream")
        if self.syntax == "1.2.840.10008.1.2.5":
            self.media_type = "image/dicom-rle"
        try:
            self.count = max(1, int(header.dataset.get("NumberOfFrames") or 1))
            self._bits = [int(header.dataset[name].value) for name in ("Rows", "Columns", "SamplesPerPixel")]
            self._allocated = int(header.dataset.BitsAllocated)
        except UNREADABLE as error:
            raise InvalidDICOM(file.path, "the image has no valid size") from error

    @property
    def is_decodable(self) -> bool:
        """Whether the pixels can be given without compression."""
        return self.is_native or (self.syntax in ENCAPSULATED and is_decodable(self.syntax))

    @property
    def size_bytes(self) -> int:
        """Of a frame without compression, not rounded up."""
        rows, columns, samples = self._bits
        return rows * columns * samples * self._allocated // 8

    def stored(self, number: int) -> bytes:
        """A frame as it is stored, from 1 on; of native pixels the same as `decoded`.

        Raises
        ------
        InvalidDICOM
            If the file is damaged.
        """
        if self.is_native:
            return self.decoded(number)
        dataset = self._header.dataset
        offsets = dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths")
        try:
            with Path(self._file.path).open("rb") as file:
                file.seek(self._header.position + 12)
                return get_frame(
                    file,
                    number - 1,
                    number_of_frames=self.count,
                    extended_offsets=offsets if all(offsets) else None,
                )
        except UNREADABLE as error:
            raise InvalidDICOM(self._file.path, "a frame cannot be found") from error

    def decoded(self, number: int) -> bytes:
        """A frame without compression, little endian; as the instance has it that is decompressed.

        Raises
        ------
        InvalidDICOM
            If it cannot be decoded.
        """
        if self._is_plain() and self.size_bytes <= _MAX_FRAME_BYTES:
            return self._slice(number)
        pixels = self.pixels(number)
        if self._allocated == 1:
            return np.packbits(pixels.ravel(), bitorder="little").tobytes()
        return pixels.astype(pixels.dtype.newbyteorder("<"), copy=False).tobytes()

    def pixels(self, number: int) -> npt.NDArray[Any]:
        """A frame as (rows, columns) or (rows, columns, samples).

        Raises
        ------
        InvalidDICOM
            If it cannot be decoded.
        """
        if self.size_bytes > _MAX_FRAME_BYTES:
            raise InvalidDICOM(self._file.path, "a frame is too large to be decoded")
        try:
            with no_warnings:
                # pydicom finds single frames in all files but these
                is_deflated = self.syntax == DEFLATED
                source = read_file(self._file.path) if is_deflated else pixel_source(self._file.path)
                return pixel_array(source, index=number - 1)
        except _DECODING as error:
            raise InvalidDICOM(self._file.path, "a frame cannot be decoded") from error

    def _is_plain(self) -> bool:
        """Whether frames lie in the file as they are given."""
        if self.syntax not in (EXPLICIT_LITTLE_ENDIAN, IMPLICIT_LITTLE_ENDIAN) or self._allocated % 8:
            return False
        return "422" not in str(self._header.dataset.get("PhotometricInterpretation", ""))

    def _slice(self, number: int) -> bytes:
        start = self._header.position + (8 if self.syntax == IMPLICIT_LITTLE_ENDIAN else 12)
        try:
            with Path(self._file.path).open("rb") as file:
                file.seek(start + (number - 1) * self.size_bytes)
                frame = file.read(self.size_bytes)
        except OSError as error:
            raise InvalidDICOM(self._file.path, "cannot be read") from error
        if len(frame) < self.size_bytes:
            raise InvalidDICOM(self._file.path, "the pixels are cut off")
        return frame


def frame_numbers(text: str, count: int) -> list[int]:
    """Numbers of frames such as "1,3", from 1 on.

    Raises
    ------
    HTTPException
        400 for what is no such list, 404 for a frame that is not there.
    """
    numbers = text.split(",")
    if not all(one.isascii() and one.isdecimal() and len(one) < 10 and int(one) > 0 for one in numbers):
        raise HTTPException(400, "Frames are numbered from 1 on, and separated by commas: 1,2,3.")
    if max(map(int, numbers)) > count:
        raise HTTPException(404, f"This instance has no such frame; it has {count}.")
    return [int(one) for one in numbers]
