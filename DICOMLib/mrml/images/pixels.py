"""Pixels of image files as one array of voxels that a vtkImageData owns."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from vtkmodules.vtkCommonDataModel import vtkImageData

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.decoding import (
    WHOLE_PIXELS,
    FrameDecoder,
    UnreadablePixels,
    clear_unused_bits,
    for_each,
)
from DICOMLib.mrml.images.image_header import ImageHeader
from DICOMLib.mrml.images.known_headers import KnownHeaders
from DICOMLib.mrml.images.voxels import allocate

READ_TOGETHER_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Frame:
    """One slice of the volume to be: a frame of a file, and how its stored values become real ones.

    Parameters
    ----------
    header
        The file.
    index
        Number of the frame in the file, from 0.
    slope, intercept
        Value = stored value x slope + intercept (PS3.3 C.11.1.1.2).
    """

    header: ImageHeader
    index: int = 0
    slope: float = 1.0
    intercept: float = 0.0


# Puts the stored values of the frame of a number into an array of their type, and returns its header.
ReadFrame = Callable[[int, np.ndarray], ImageHeader]


def read_image(frames: Sequence[Frame]) -> vtkImageData:
    """Read frames into a new image, one slice each, in the given order.

    Whole numbers stay whole: the scalar type is the smallest that holds all values that the files can
    have, and 16 bit where they could have more but do not. Other values become double.

    Raises
    ------
    InvalidDICOM
        If the images do not fit together, or a file is truncated.
    UnreadablePixels
        If the pixels are compressed in a way that no installed decoder can read.
    """
    check_alike([frame.header for frame in frames])
    if any(_is_colour(frame.header) for frame in frames[:1]):
        return _read_colour(frames)
    shift = _common_integral_intercept(frames)
    if shift is None:
        return _read_rescaled(frames)
    decoder = FrameDecoder()

    def read(index: int, target: np.ndarray) -> ImageHeader:
        _read_stored(decoder, frames[index], target)
        return frames[index].header

    return _read_shifted(frames[0].header, len(frames), shift, read)


def read_uniform_image(
    first: Frame, paths: Sequence[str], take: Callable[[int, ImageHeader], None]
) -> vtkImageData | None:
    """As `read_image`, for files of one frame that have the size, the type and the intercept of the first.

    Each file is opened once; headers are read while pixels of others are.

    Parameters
    ----------
    first
        The frame of file 0.
    paths
        The files.
    take
        Is told the number and the header of each file, in several threads; what it raises ends the reading.

    Returns
    -------
    vtkImageData or None
        None if the values of such frames are colours, or scaled by a slope.
    """
    shift = None if _is_colour(first.header) else _common_integral_intercept([first])
    if shift is None:
        return None
    check_alike([first.header])
    decoder, known = FrameDecoder(), KnownHeaders()

    def read(index: int, target: np.ndarray) -> ImageHeader:
        with io.FileIO(paths[index]) as file:
            header = known.read(paths[index], file)
            take(index, header)
            if header.is_native:
                _copy_from(file, target, header, 0)
                return header
        target[...] = decoder.decode(header, 0)
        return header

    return _read_shifted(first.header, len(paths), shift, read)


def _read_shifted(header: ImageHeader, count: int, shift: int, read: ReadFrame) -> vtkImageData:
    """Read frames whose real values are the stored ones and `shift`."""
    stored = _stored_type(header)
    is_short = shift != 0 and stored.itemsize == 2
    image, voxels = _allocate(header, count, np.dtype(np.int16) if is_short else stored)
    # Threads that fill the same large page of fresh memory would hinder each other.
    together = max(1, READ_TOGETHER_BYTES // header.frame_bytes) if header.is_native else 1
    low, high = _fill(voxels.view(stored), read, shift if is_short else 0, together)
    limits = np.iinfo(np.int16)
    if shift == 0 or (is_short and limits.min <= low + shift and high + shift <= limits.max):
        return image
    if is_short:
        _add_in_place(voxels, -shift)
    return _shifted(voxels.view(stored), shift, header)


def _allocate(
    header: ImageHeader, slices: int, dtype: np.dtype[Any], components: int = 1
) -> tuple[vtkImageData, np.ndarray]:
    """A new image of slices of this size."""
    return allocate((header.columns, header.rows, slices), dtype, components)


def check_alike(headers: Sequence[ImageHeader]) -> None:
    """Raise InvalidDICOM if the files differ in size or kind of pixels."""
    first = headers[0]
    kind = (first.rows, first.columns, first.samples)
    if 0 in kind:
        raise InvalidDICOM(first.path, "the image has no pixels")
    for header in headers:
        if (header.rows, header.columns, header.samples) != kind:
            raise InvalidDICOM(header.path, "the image has another size than the first one of its series")


# -- filling


def _fill(voxels: np.ndarray, read: ReadFrame, shift: int, together: int = 1) -> tuple[int, int]:
    """Read stored values into `voxels`, whose type is that of all files, and add `shift` to them.

    Sums of 16 bits may wrap around; the lowest and the highest stored value tell whether any did.
    Both are 0 without shift. It is done frame by frame, while the processor has the frame at hand; each
    thread takes `together` neighbouring frames at a time.
    """
    extremes = np.zeros((len(voxels), 2), np.int64)

    def read_and_shift(index: int) -> None:
        target = voxels[index]
        header = read(index, target)
        if shift:
            extremes[index] = _range(target, header, shift)
            _add_in_place(target, shift)

    for_each(len(voxels), read_and_shift, together=together)
    return int(extremes[:, 0].min()), int(extremes[:, 1].max())


def _read_stored(decoder: FrameDecoder, frame: Frame, target: np.ndarray) -> None:
    """Read or decode the stored values of a frame into `target`, which has their type."""
    header = frame.header
    if header.is_native:
        with io.FileIO(header.path) as file:
            _copy_from(file, target, header, frame.index)
    else:
        target[...] = decoder.decode(header, frame.index)


def _copy_from(file: io.FileIO, target: np.ndarray, header: ImageHeader, index: int) -> None:
    """Read one native frame of an open file straight into `target`."""
    file.seek(header.pixel_offset + index * header.frame_bytes)
    view = memoryview(target.reshape(-1).view(np.uint8))  # type: ignore[arg-type]
    while view:
        count = file.readinto(view)
        if not count:
            raise InvalidDICOM(header.path, "the pixel data is truncated")
        view = view[count:]
    clear_unused_bits(target, header)


# -- real values


def _common_integral_intercept(frames: Sequence[Frame]) -> int | None:
    """The whole number that all values are shifted by; None if values are scaled, or not all alike."""
    first = frames[0]
    types = {_stored_type(frame.header) for frame in frames}
    alike = all(frame.slope == 1 and frame.intercept == first.intercept for frame in frames)
    if not alike or not float(first.intercept).is_integer() or len(types) > 1:
        return None
    return int(first.intercept)


def _range(stored: np.ndarray, header: ImageHeader, shift: int) -> tuple[int, int]:
    """Bounds of stored values, as exact as it takes to know whether a shift by `shift` leaves 16 bits."""
    low, high, low_may_wrap, high_may_wrap = _bounds(_value_bits(header), header.signed, shift)
    return (int(stored.min()) if low_may_wrap else low), (int(stored.max()) if high_may_wrap else high)


@lru_cache(maxsize=64)
def _bounds(bits: int, signed: bool, shift: int) -> tuple[int, int, bool, bool]:
    """What the stored bits can mean, and whether that and `shift` may leave 16 bits at either end."""
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    limits = np.iinfo(np.int16)
    return low, high, low + shift < limits.min, high + shift > limits.max


def _add_in_place(voxels: np.ndarray, shift: int) -> None:
    """Add to 16 bit numbers; sums wrap around, so the type of the operands does not matter."""
    raw = voxels.view(np.uint16)
    np.add(raw, np.uint16(shift % 65536), out=raw)


def _shifted(voxels: np.ndarray, shift: int, header: ImageHeader) -> vtkImageData:
    """A new image with `shift` added to all voxels, of the smallest type for all that could be stored."""
    low, high = int(voxels.min()) + shift, int(voxels.max()) + shift
    possible = _possible_range(header, 1, shift)
    result, target = _allocate(
        header, len(voxels), _smallest_type(min(low, possible[0]), max(high, possible[1]))
    )
    np.add(voxels, shift, out=target, casting="unsafe", dtype=target.dtype)
    return result


def _read_rescaled(frames: Sequence[Frame]) -> vtkImageData:
    """Read frames of which each has its own slope and intercept."""
    image, voxels = _allocate(frames[0].header, len(frames), _rescaled_type(frames))
    decoder = FrameDecoder()

    def read(index: int) -> None:
        frame, target = frames[index], voxels[index]
        stored = np.empty(target.shape, _stored_type(frame.header))
        _read_stored(decoder, frame, stored)
        np.multiply(stored, frame.slope, out=target, casting="unsafe")
        np.add(target, frame.intercept, out=target, casting="unsafe")

    for_each(len(frames), read)
    return image


def _rescaled_type(frames: Sequence[Frame]) -> np.dtype[Any]:
    """The smallest type of whole numbers for all possible values, or double."""
    factors = {(frame.slope, frame.intercept) for frame in frames}
    if not all(float(number).is_integer() for pair in factors for number in pair):
        return np.dtype(np.float64)
    ranges = [_possible_range(frame.header, frame.slope, frame.intercept) for frame in frames]
    return _smallest_type(min(low for low, _ in ranges), max(high for _, high in ranges))


def _possible_range(header: ImageHeader, slope: float, intercept: float) -> tuple[float, float]:
    """Lowest and highest value that the stored bits can mean."""
    bits = _value_bits(header)
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if header.signed else (0, 2**bits - 1)
    ends = (low * slope + intercept, high * slope + intercept)
    return min(ends), max(ends)


def _value_bits(header: ImageHeader) -> int:
    """How many bits values can have: of compressed ones, as many as the codec was given, whatever is told."""
    return header.bits_stored if header.transfer_syntax in WHOLE_PIXELS else header.bits_allocated


def _smallest_type(low: float, high: float) -> np.dtype[Any]:
    """The smallest type that holds `low` to `high`, unsigned where nothing is negative."""
    kinds = (np.uint8, np.uint16, np.uint32) if low >= 0 else (np.int8, np.int16, np.int32)
    for kind in kinds:
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.dtype(kind)
    return np.dtype(np.float64)


def _stored_type(header: ImageHeader) -> np.dtype[Any]:
    """Type of the stored values, in the byte order of this machine."""
    if header.bits_allocated not in (1, 8, 16, 32):
        raise UnreadablePixels(f"Pixels of {header.bits_allocated} bits cannot be read.")
    size = max(1, header.bits_allocated // 8)
    return np.dtype(f"{'i' if header.signed else 'u'}{size}")


# -- colour


def _is_colour(header: ImageHeader) -> bool:
    return header.samples > 1 or header.photometric == "PALETTE COLOR"


def _read_colour(frames: Sequence[Frame]) -> vtkImageData:
    """Read frames as RGB."""
    header = frames[0].header
    image, voxels = _allocate(header, len(frames), _colour_type(header), components=3)
    decoder = FrameDecoder()

    def read(index: int) -> None:
        frame = frames[index]
        if frame.header.is_native and frame.header.samples == 3:
            _read_stored(decoder, frame, voxels[index])
        else:
            voxels[index] = decoder.decode(frame.header, frame.index)

    for_each(len(frames), read)
    return image


def _colour_type(header: ImageHeader) -> np.dtype[Any]:
    """Palettes give 8 bits for each colour, other images what they store."""
    return np.dtype(np.uint8) if header.photometric == "PALETTE COLOR" else _stored_type(header)
