"""A small picture of an image instance: window applied, colour as colour, one frame of many."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt
from pydicom import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array

from DICOMLib.standard.grayscale import LINEAR, LookupTable, lookup_table, windowed
from DICOMLib.standard.part10 import pixel_source, read_file

log = logging.getLogger(__name__)

Bytes: TypeAlias = npt.NDArray[np.uint8]

# What is needed to show the pixels, besides the elements of the Image Pixel module (PS3.3 C.7.6.3).
_TAGS = (
    "Modality",
    "NumberOfFrames",
    "WindowCenter",
    "WindowWidth",
    "VOILUTFunction",
    "VOILUTSequence",
    "PixelRepresentation",  # by which the values of that are read
    "RescaleSlope",
    "RescaleIntercept",
    "PixelSpacing",
    "ImagerPixelSpacing",
    "PixelAspectRatio",
    "PhotometricInterpretation",
    "SharedFunctionalGroupsSequence",
    "RedPaletteColorLookupTableDescriptor",
    "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor",
    "RedPaletteColorLookupTableData",
    "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData",
)
_LOW, _HIGH = 1.0, 99.0  # percentiles between which an image without a window is shown


def preview(path: str | os.PathLike[str], size: int = 256, frame: int | None = None) -> Bytes | None:
    """A frame of a file as it is to be looked at.

    Parameters
    ----------
    path
        A DICOM file.
    size
        About how many pixels the longer side shall have; it may be up to twice as many, or fewer.
    frame
        Its number, from 0; None for the one in the middle.

    Returns
    -------
    Array (rows, columns) of grey values or (rows, columns, 3) of RGB, square pixels; None for an object
    without pixels.

    Raises
    ------
    OSError
        If the file cannot be read.
    pydicom.errors.InvalidDicomError, ValueError, RuntimeError, NotImplementedError, AttributeError
        If its pixels cannot be decoded.
    """
    header = read_file(path, stop_before_pixels=True, tags=[*_TAGS, "Rows", "Columns"])
    if "Rows" not in header or "Columns" not in header:
        return None
    frames = int(header.get("NumberOfFrames") or 1)
    pixels = pixel_array(pixel_source(path), index=frames // 2 if frame is None else frame)
    return picture(pixels, header, size)


def picture(pixels: npt.NDArray[Any], header: Dataset, size: int = 256) -> Bytes:
    """Grey values or RGB of decoded pixels of one frame; see `preview`."""
    step = max(1, max(pixels.shape[:2]) // size)
    small = pixels[::step, ::step]
    if header.get("PhotometricInterpretation") == "PALETTE COLOR":
        colours = apply_color_lut(small, header)
        small = (colours >> 8).astype(np.uint8) if colours.dtype == np.uint16 else colours
    if small.ndim == 3:
        shown = _as_bytes(small)
    else:
        shown = _windowed(small, header)
        if header.get("PhotometricInterpretation") == "MONOCHROME1":
            shown = 255 - shown
    return _square_pixels(shown, _aspect(header))


def _as_bytes(colours: npt.NDArray[Any]) -> Bytes:
    if colours.dtype == np.uint8:
        return np.ascontiguousarray(colours)
    highest = max(1, int(colours.max()))
    return (colours.astype(np.float32) * (255 / highest)).astype(np.uint8)


def _windowed(values: npt.NDArray[Any], header: Dataset) -> Bytes:
    """Apply rescale and window, or else the VOI LUT (PS3.3 C.11.2.1).

    If there is neither, show what lies between percentiles.
    """
    real = values.astype(np.float32) * _number(header, "RescaleSlope", 1.0)
    real += _number(header, "RescaleIntercept", 0.0)
    center, width = _number(header, "WindowCenter"), _number(header, "WindowWidth")
    table = _voi_table(header) if center is None or width is None else None
    function = str(header.get("VOILUTFunction") or LINEAR).strip().upper()
    if table is not None:
        return _of_grey(table.grey(real))
    if center is None or width is None or width < 1 or _outside(real, center, width):
        low, high = np.percentile(real, (_LOW, _HIGH))
        if high <= low:
            low, high = float(real.min()), float(real.max())
    elif function != LINEAR:
        return _of_grey(windowed(real, center, width, function))
    else:
        low, high = center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    if high <= low:
        return np.full(real.shape, 128 if real.any() else 0, np.uint8)
    return _of_grey(np.clip((real - low) / (high - low), 0, 1))


def _of_grey(grey: npt.NDArray[Any]) -> Bytes:
    """Bytes of grey from 0 to 1."""
    return cast(Bytes, (grey * 255 + 0.5).astype(np.uint8))


def _voi_table(header: Dataset) -> LookupTable | None:
    """The first VOI LUT; None if there is none that can be used."""
    for item in (header.get("VOILUTSequence") or ())[:1]:
        try:
            return lookup_table(item)
        except (AttributeError, TypeError, ValueError):
            log.debug("A VOI LUT cannot be used.", exc_info=True)
    return None


def _outside(values: npt.NDArray[np.float32], center: float, width: float) -> bool:
    """Whether a window would show nothing but black or white."""
    low, high = center - width / 2, center + width / 2
    return bool(values.max() <= low or values.min() >= high)


def _number(header: Dataset, keyword: str, default: float | None = None) -> Any:
    """First value of an element of the data set or of the functional groups that all frames share."""
    value = header.get(keyword)
    if value is None:
        for group in _shared_groups(header):
            if keyword in group:
                value = group[keyword].value
                break
    if isinstance(value, Sequence) and not isinstance(value, str):
        value = value[0] if len(value) else None
    return default if value is None or value == "" else float(value)


def _shared_groups(header: Dataset) -> list[Dataset]:
    shared = header.get("SharedFunctionalGroupsSequence") or []
    return [
        item for element in (shared[0] if len(shared) else []) if element.VR == "SQ" for item in element.value
    ]


def _aspect(header: Dataset) -> float:
    """Height of a pixel divided by its width."""
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "PixelAspectRatio"):
        value = header.get(keyword)
        if value and len(value) == 2 and float(value[1]) > 0 and float(value[0]) > 0:
            return float(value[0]) / float(value[1])
    return 1.0


def _square_pixels(shown: Bytes, aspect: float) -> Bytes:
    """Repeat rows or columns of pixels that are not square."""
    rows, columns = shown.shape[:2]
    if aspect > 1.02:
        return shown[np.arange(round(rows * aspect)) * rows // round(rows * aspect)]
    if aspect < 0.98:
        wide = max(1, round(columns / aspect))
        return np.ascontiguousarray(shown[:, np.arange(wide) * columns // wide])
    return shown
