"""Pixels without burned-in text: all that lies outside the regions of an ultrasound image is blanked."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.utils import get_expected_length

from DICOMLib.core.errors import UnusableData
from DICOMLib.deidentification.codestreams import blank_comments

NO_REGIONS = "identity is burned into the pixels, and no ultrasound regions tell where the image is"
SUBSAMPLED = "identity is burned into pixels of a photometric interpretation that cannot be blanked"
# Black in each photometric interpretation of colours; that of grey ones is 0, or the largest value.
_BLACK = {"RGB": (0, 0, 0), "YBR_FULL": (0, 128, 128)}


def has_regions(dataset: Dataset) -> bool:
    """Whether the image tells its Sequence of Ultrasound Regions (PS3.3 C.8.5.5)."""
    return bool(dataset.get("SequenceOfUltrasoundRegions"))


def blank_outside_regions(dataset: Dataset) -> None:
    """Make all pixels black that lie in none of the ultrasound regions; the others stay as they are.

    Compressed pixels are decompressed, since blocks of a codec do not end where a region does.

    Raises
    ------
    UnusableData
        If there are no regions, or no black.

    References
    ----------
    PS3.15 E.3.1, Clean Pixel Data Option; PS3.3 C.8.5.5.1.3, location of a region.
    """
    if not has_regions(dataset):
        raise UnusableData(NO_REGIONS)
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        dataset.decompress(generate_instance_uid=False)
    pixels = _pixels(dataset)
    outside = _outside(dataset)
    pixels[:, outside] = _black(dataset)
    if dataset.get("PlanarConfiguration") == 1 and pixels.ndim == 4:
        pixels = np.moveaxis(pixels, -1, 1)
    stored = np.ascontiguousarray(pixels).tobytes()
    dataset.PixelData = stored + b"\0" * (len(stored) % 2)
    dataset.BurnedInAnnotation = "NO"


def _pixels(dataset: Dataset) -> np.ndarray:
    """Stored values, shape (frames, rows, columns[, samples]), which may be written to."""
    samples = int(dataset.get("SamplesPerPixel", 1))
    if samples > 1 and dataset.PhotometricInterpretation not in _BLACK:
        raise UnusableData(SUBSAMPLED)
    kind = np.dtype(f"<u{int(dataset.BitsAllocated) // 8}")
    if not dataset.file_meta.TransferSyntaxUID.is_little_endian:
        kind = kind.newbyteorder(">")
    frames = int(dataset.get("NumberOfFrames") or 1)
    count = frames * dataset.Rows * dataset.Columns * samples
    values = np.frombuffer(dataset.PixelData, kind, count).copy()
    if samples == 1:
        return values.reshape(frames, dataset.Rows, dataset.Columns)
    if dataset.get("PlanarConfiguration") == 1:
        planes = values.reshape(frames, samples, dataset.Rows, dataset.Columns)
        return np.moveaxis(planes, 1, -1)
    return values.reshape(frames, dataset.Rows, dataset.Columns, samples)


def _outside(dataset: Dataset) -> np.ndarray:
    """Pixels in none of the regions, shape (rows, columns); the corners of a region belong to it."""
    outside = np.ones((dataset.Rows, dataset.Columns), bool)
    for region in dataset.SequenceOfUltrasoundRegions:
        try:
            left, top = int(region.RegionLocationMinX0), int(region.RegionLocationMinY0)
            right, bottom = int(region.RegionLocationMaxX1), int(region.RegionLocationMaxY1)
        except (AttributeError, TypeError, ValueError):
            raise UnusableData(NO_REGIONS) from None
        outside[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = False
    return outside


def _black(dataset: Dataset) -> int | tuple[int, int, int]:
    interpretation = str(dataset.get("PhotometricInterpretation", ""))
    if interpretation in _BLACK:
        return _BLACK[interpretation]
    return 2 ** int(dataset.BitsStored) - 1 if interpretation == "MONOCHROME1" else 0


def drop_hidden_data(dataset: Dataset) -> None:
    """Take from the pixels what is no pixel.

    That is bytes after the last one and overlays in unused bits; in compressed ones comments and the like.

    References
    ----------
    PS3.5 8.1.2: bits beside the stored ones; their use for overlays was retired in 2004, and is still met.
    """
    if "PixelData" not in dataset:
        return
    if dataset.file_meta.TransferSyntaxUID.is_compressed:
        blank_comments(dataset)
        return
    expected = get_expected_length(dataset)
    expected += expected % 2
    if len(dataset.PixelData) > expected:
        dataset.PixelData = dataset.PixelData[:expected]
    if _has_overlay_in_pixels(dataset) and dataset.BitsAllocated > dataset.BitsStored:
        little = dataset.file_meta.TransferSyntaxUID.is_little_endian
        kind = np.dtype(f"{'<' if little else '>'}u{int(dataset.BitsAllocated) // 8}")
        stored = (1 << int(dataset.BitsStored)) - 1 << int(dataset.HighBit) + 1 - int(dataset.BitsStored)
        values = np.frombuffer(dataset.PixelData, kind) & kind.type(stored)
        dataset.PixelData = values.astype(kind).tobytes()  # back in their order of bytes


def _has_overlay_in_pixels(dataset: Dataset) -> bool:
    """Whether a repeating group 60xx has a plane but no Overlay Data of its own."""
    groups = {tag.group for tag in dataset.keys() if tag.group & 0xFF00 == 0x6000}  # noqa: SIM118
    return any((group, 0x0010) in dataset and (group, 0x3000) not in dataset for group in groups)
