"""What must be known of an image file to read its pixels: how they are stored, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.indexing import scan
from DICOMLib.standard.faults import faults_of
from DICOMLib.standard.part10 import tell_transfer_syntax
from DICOMLib.standard.values import element_text

NATIVE = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1")  # implicit and explicit VR little endian

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
    # Frames with a place or scaling of their own: detectors, dose scaling, functional groups.
    0x00540022: "DetectorInformationSequence",
    0x3004000E: "DoseGridScaling",
    0x52009229: "SharedFunctionalGroupsSequence",
    0x52009230: "PerFrameFunctionalGroupsSequence",
}
_FRAME_DESCRIPTIONS = tuple(_KEYWORDS.values())[-4:]
WANTED = scan.WantedTags(f"{tag >> 16:04X},{tag & 0xFFFF:04X}" for tag in _KEYWORDS)
POSITION = 0x00200032
_IN_PLANE_SPACINGS = ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing")


class ImageHeader(NamedTuple):
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

    def is_like(self, other: ImageHeader) -> bool:
        """Whether the images differ in nothing but their position."""
        return _OF_A_SERIES(self) == _OF_A_SERIES(other)

    @property
    def is_native(self) -> bool:
        """Whether the pixels can be copied from the file as they lie there."""
        return (
            self.pixel_offset > 0
            and self.transfer_syntax in NATIVE
            and self.bits_allocated in (8, 16, 32)
            and (self.samples == 1 or (self.photometric == "RGB" and self.planar == 0))
        )


_OF_A_SERIES = attrgetter(
    *(
        name
        for name in ImageHeader._fields
        if name not in ("path", "position", "pixel_offset", "pixel_length")
    )
)


def read_image_header(path: str, descriptor: int | None = None) -> ImageHeader:
    """Read the header of one image file.

    Parameters
    ----------
    path
        The file.
    descriptor
        The same file where it is already open, at its start.

    Raises
    ------
    InvalidDICOM
        If it is no DICOM file, or not of an image.
    """
    try:
        if descriptor is None:
            return _of_scanned(path, scan.scan(path, WANTED))
        return _of_scanned(path, scan.scan_open(descriptor, WANTED))
    except (scan.Unusual, scan.Truncated):
        return _header(path, *_read_with_pydicom(path))


@lru_cache(maxsize=64)
def _like(
    transfer_syntax: str, tags: tuple[int, ...], vrs: tuple[bytes, ...], raws: tuple[bytes, ...]
) -> ImageHeader:
    """The header of files with these elements: those of a series differ in little but their position."""
    if b"UN" in vrs:
        raise scan.Unusual("a value of unknown representation")
    elements = zip(tags, vrs, raws, strict=True)
    values = {_KEYWORDS[tag]: element_text(vr, raw, "") for tag, vr, raw in elements if tag in _KEYWORDS}
    return _header("", transfer_syntax, values, 0, 0)


def _header(path: str, syntax: str, values: Mapping[str, str], offset: int, length: int) -> ImageHeader:
    try:
        return _header_of_values(path, syntax, values, offset, length)
    except (KeyError, ValueError):
        raise InvalidDICOM(path, "no image, or its description is incomplete") from None


def _header_of_values(
    path: str, syntax: str, values: Mapping[str, str], offset: int, length: int
) -> ImageHeader:
    spacing = next((values[name] for name in _IN_PLANE_SPACINGS if values.get(name)), "")
    allocated = int(values["BitsAllocated"])
    stored = int(values.get("BitsStored") or allocated)
    return ImageHeader(
        path=path,
        transfer_syntax=syntax,
        rows=int(values["Rows"]),
        columns=int(values["Columns"]),
        frames=max(1, int(values.get("NumberOfFrames") or 1)),
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
        has_frame_descriptions=any(name in values for name in _FRAME_DESCRIPTIONS),
        pixel_offset=offset,
        pixel_length=length,
    )


def _of_scanned(path: str, header: scan.Header) -> ImageHeader:
    """The header by the scanner: its position alone is looked at in each file."""
    if not header.pixel_offset:
        raise scan.Unusual("no pixel data that lies in the file as it is")
    tags, vrs, raws = _columns(header)
    position = ""
    if POSITION in tags:
        place = tags.index(POSITION)
        position = element_text(vrs[place], raws[place], "")
        raws = (*raws[:place], b"", *raws[place + 1 :])
    try:
        like = _like(header.transfer_syntax, tags, vrs, raws)
    except InvalidDICOM as error:
        raise InvalidDICOM(path, error.reason) from None
    return like._replace(
        path=path,
        position=position,
        pixel_offset=header.pixel_offset,
        pixel_length=header.pixel_length,
    )


def _columns(header: scan.Header) -> tuple[tuple[int, ...], tuple[bytes, ...], tuple[bytes, ...]]:
    """Tags, VRs and value fields of the wanted elements."""
    if header.shape is not None and not header.rest:
        return tuple(header.shape.tags), tuple(header.shape.vrs), tuple(header.raws)
    elements = header.elements
    vrs, raws = zip(*elements.values(), strict=True) if elements else ((), ())
    return tuple(elements), vrs, raws


def _read_with_pydicom(path: str) -> tuple[str, dict[str, str], int, int]:
    """The same through pydicom; the place of the pixel data stays unknown."""
    with faults_of(path):
        dataset = read_dataset(path, stop_before_pixels=True)
        values = {
            name: "" if name in _FRAME_DESCRIPTIONS else _joined(dataset.get(name))
            for name in _KEYWORDS.values()
            if name in dataset
        }
    meta = getattr(dataset, "file_meta", {})
    return str(meta.get("TransferSyntaxUID", NATIVE[0])), values, 0, 0


def read_dataset(path: str, *, stop_before_pixels: bool = False, only: Sequence[str] | None = None) -> Any:
    """Read a file with pydicom, however odd it is; its warnings are for those who write files.

    `only` are the keywords of the elements that are wanted, all by default.
    """
    import pydicom

    with no_warnings:
        dataset = pydicom.dcmread(
            path,
            stop_before_pixels=stop_before_pixels,
            specific_tags=None if only is None else list(only),
            force=True,
        )
        tell_transfer_syntax(dataset)
        if only is not None:
            dataset.walk(
                lambda _dataset, _element: None
            )  # values are converted, and warned of, when first seen
        return dataset


def _joined(value: Any) -> str:
    """A value as text, numbers as they stand in the file."""
    if value is None:
        return ""
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        return str(getattr(value, "original_string", value)).strip()
    return "\\".join(_joined(part) for part in value)
