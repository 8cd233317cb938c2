"""What must be known of an image file to read its pixels: how they are stored, and where."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import InvalidDICOM

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
NATIVE = (IMPLICIT_LITTLE_ENDIAN, EXPLICIT_LITTLE_ENDIAN)
# Syntaxes whose elements cannot be walked as they lie in the file: deflated, big endian.
UNWALKABLE = ("1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2")

PIXEL_DATA = 0x7FE00010
FIRST_READ_BYTES = 16384

_LONG_FORM = frozenset(
    (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV")
)
_UNDEFINED = 0xFFFFFFFF
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD

_US = ("Rows", "Columns", "SamplesPerPixel", "PlanarConfiguration", "BitsAllocated", "BitsStored", "HighBit",
       "PixelRepresentation")  # fmt: skip
_KEYWORDS = {
    0x00180088: "SpacingBetweenSlices",
    0x00181164: "ImagerPixelSpacing",
    0x00182010: "NominalScannedPixelSpacing",
    0x00200032: "ImagePositionPatient",
    0x00200037: "ImageOrientationPatient",
    0x00280002: "SamplesPerPixel",
    0x00280004: "PhotometricInterpretation",
    0x00280006: "PlanarConfiguration",
    0x00280008: "NumberOfFrames",
    0x00280010: "Rows",
    0x00280011: "Columns",
    0x00280030: "PixelSpacing",
    0x00280100: "BitsAllocated",
    0x00280101: "BitsStored",
    0x00280102: "HighBit",
    0x00280103: "PixelRepresentation",
    0x00281052: "RescaleIntercept",
    0x00281053: "RescaleSlope",
}
# Frames with a place or scaling of their own: detectors, dose scaling, functional groups.
_FRAME_DESCRIPTIONS = {
    0x00540022: "DetectorInformationSequence",
    0x3004000E: "DoseGridScaling",
    0x52009229: "SharedFunctionalGroupsSequence",
    0x52009230: "PerFrameFunctionalGroupsSequence",
}
_IN_PLANE_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """Image Pixel, Image Plane and Modality LUT attributes of one file (PS3.3 C.7.6.3, C.7.6.2, C.11.1).

    Parameters
    ----------
    position, orientation, pixel_spacing
        Text of the elements, numbers joined with backslashes; empty if absent.
    slice_spacing
        Spacing Between Slices; 0 if absent.
    has_frame_descriptions
        Whether place or scaling of the frames stand in other attributes than these.
    pixel_offset, pixel_length
        Where the value of Pixel Data lies in the file, in bytes; the offset is 0 if it cannot be read as it
        lies there. The length of encapsulated data is that of the rest of the file.
    """

    path: str
    transfer_syntax: str
    rows: int
    columns: int
    frames: int
    samples: int
    photometric: str
    planar: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    slope: float
    intercept: float
    position: str
    orientation: str
    pixel_spacing: str
    slice_spacing: float
    has_frame_descriptions: bool = False
    pixel_offset: int = 0
    pixel_length: int = 0

    @property
    def frame_bytes(self) -> int:
        """Size of one uncompressed frame."""
        return self.rows * self.columns * self.samples * self.bits_allocated // 8

    @property
    def is_native(self) -> bool:
        """Whether the pixels can be copied from the file as they lie there."""
        return (
            self.pixel_offset > 0
            and self.transfer_syntax in NATIVE
            and self.bits_allocated in (8, 16, 32)
            and (self.samples == 1 or (self.photometric == "RGB" and self.planar == 0))
        )


class _NotWalkable(Exception):
    """The file is none that the quick walk can read."""


def read_image_header(path: str) -> ImageHeader:
    """Read the header of one image file.

    Raises
    ------
    InvalidDICOM
        If it is no DICOM file, or not of an image.
    """
    try:
        syntax, values, offset, length = _walk_file(path)
    except (_NotWalkable, struct.error):
        syntax, values, offset, length = _read_with_pydicom(path)
    try:
        return _header(path, syntax, values, offset, length)
    except (KeyError, ValueError):
        raise InvalidDICOM(path, "no image, or its description is incomplete") from None


def _header(path: str, syntax: str, values: Mapping[str, str], offset: int, length: int) -> ImageHeader:
    spacing = next((values[name] for name in _IN_PLANE_SPACINGS if values.get(name)), "")
    allocated = int(values["BitsAllocated"])
    stored = int(values.get("BitsStored") or allocated)
    return ImageHeader(
        path=path,
        transfer_syntax=syntax,
        rows=int(values["Rows"]),
        columns=int(values["Columns"]),
        frames=int(values.get("NumberOfFrames") or 1),
        samples=int(values.get("SamplesPerPixel") or 1),
        photometric=values.get("PhotometricInterpretation", ""),
        planar=int(values.get("PlanarConfiguration") or 0),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=int(values.get("HighBit") or stored - 1),
        signed=values.get("PixelRepresentation") == "1",
        slope=float(values.get("RescaleSlope") or 1),
        intercept=float(values.get("RescaleIntercept") or 0),
        position=values.get("ImagePositionPatient", ""),
        orientation=values.get("ImageOrientationPatient", ""),
        pixel_spacing=spacing,
        slice_spacing=float(values.get("SpacingBetweenSlices") or 0),
        has_frame_descriptions=any(name in values for name in _FRAME_DESCRIPTIONS.values()),
        pixel_offset=offset,
        pixel_length=length,
    )


# -- the quick way: Part 10 files in little endian, walked without decoding what is not wanted


def _walk_file(path: str) -> tuple[str, dict[str, str], int, int]:
    """Transfer syntax, wanted values, and place of the pixel data."""
    with Path(path).open("rb", buffering=0) as file:
        data = file.read(FIRST_READ_BYTES)
        while True:
            try:
                return _walk(data, Path(path))
            except (IndexError, struct.error):
                more = file.read(len(data) * 3)
                if not more:
                    raise _NotWalkable from None
                data += more


def _walk(data: bytes, path: Path) -> tuple[str, dict[str, str], int, int]:
    if data[128:132] != b"DICM":
        raise _NotWalkable
    syntax, at = _transfer_syntax(data)
    if syntax in UNWALKABLE:
        raise _NotWalkable
    explicit = syntax != IMPLICIT_LITTLE_ENDIAN
    raw: dict[str, bytes] = {}
    while True:
        tag, length, start = _element(data, at, explicit)
        if tag == PIXEL_DATA:
            end = path.stat().st_size if length == _UNDEFINED else start + length
            return syntax, {name: _text(name, value) for name, value in raw.items()}, start, end - start
        if tag > PIXEL_DATA:
            raise _NotWalkable
        if tag in _FRAME_DESCRIPTIONS:
            raw[_FRAME_DESCRIPTIONS[tag]] = b""
        if length == _UNDEFINED:
            at = _end_of_sequence(data, start, explicit)
            continue
        if tag in _KEYWORDS:
            raw[_KEYWORDS[tag]] = data[start : start + length]
        at = start + length


def _transfer_syntax(data: bytes) -> tuple[str, int]:
    """Transfer syntax UID from the file meta information, and where the data set starts."""
    at, syntax = 132, ""
    while True:
        tag, length, start = _element(data, at, explicit=True)
        if tag >> 16 != 2:
            if not syntax:
                raise _NotWalkable
            return syntax, at
        if tag == 0x00020010:
            syntax = data[start : start + length].rstrip(b"\0 ").decode("ascii", "replace")
        at = start + length


def _element(data: bytes, at: int, explicit: bool) -> tuple[int, int, int]:
    """Tag, length and start of the value of the element at `at`."""
    group, number = struct.unpack_from("<HH", data, at)
    tag = group << 16 | number
    if not explicit or group == 0xFFFE:
        return tag, struct.unpack_from("<I", data, at + 4)[0], at + 8
    if data[at + 4 : at + 6] in _LONG_FORM:
        return tag, struct.unpack_from("<I", data, at + 8)[0], at + 12
    return tag, struct.unpack_from("<H", data, at + 6)[0], at + 8


def _end_of_sequence(data: bytes, at: int, explicit: bool) -> int:
    """Where a sequence of undefined length ends; `at` is the start of its first item."""
    while True:
        tag, length, start = _element(data, at, explicit)
        if tag == _SEQUENCE_END:
            return start
        if tag != _ITEM:
            raise _NotWalkable
        at = _end_of_item(data, start, explicit) if length == _UNDEFINED else start + length


def _end_of_item(data: bytes, at: int, explicit: bool) -> int:
    """Where an item of undefined length ends; `at` is the start of its first element."""
    while True:
        tag, length, start = _element(data, at, explicit)
        if tag == _ITEM_END:
            return start
        at = _end_of_sequence(data, start, explicit) if length == _UNDEFINED else start + length


def _text(name: str, value: bytes) -> str:
    if name in _US:
        return str(struct.unpack_from("<H", value)[0]) if len(value) >= 2 else ""
    return value.decode("ascii", "replace").strip("\0 ")


# -- the sure way


def _read_with_pydicom(path: str) -> tuple[str, dict[str, str], int, int]:
    """The same through pydicom; the place of the pixel data stays unknown."""
    import pydicom
    from pydicom.errors import InvalidDicomError

    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    except (InvalidDicomError, OSError, EOFError, ValueError, NotImplementedError):
        raise InvalidDICOM(path, "no DICOM file") from None
    values = {name: _joined(dataset.get(name)) for name in _KEYWORDS.values()}
    values |= {name: "" for name in _FRAME_DESCRIPTIONS.values() if name in dataset}
    meta = getattr(dataset, "file_meta", {})
    return str(meta.get("TransferSyntaxUID", IMPLICIT_LITTLE_ENDIAN)), values, 0, 0


def _joined(value: Any) -> str:
    """A value as text, numbers as they stand in the file."""
    if value is None:
        return ""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return str(getattr(value, "original_string", value)).strip()
    return "\\".join(_joined(part) for part in value)
