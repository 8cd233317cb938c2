"""Frames that do not lie in their files as they are: compressed, in other byte order, in other colours.

imagecodecs decodes in all threads at once, since it releases Python's lock; the decoders of pydicom
(pylibjpeg, pyjpegls) hold it, and serve what imagecodecs does not read, or not surely the same.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.no_warnings import no_warnings
from DICOMLib.core.quiet import quiet_loggers
from DICOMLib.mrml.images.image_header import NATIVE, ImageHeader, read_dataset

log = logging.getLogger(__name__)

RLE_LOSSLESS = "1.2.840.10008.1.2.5"
# Pixels are kept whole, with bits that are not used: native ones, also deflated or big endian, and RLE.
WHOLE_PIXELS = (*NATIVE, "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2", RLE_LOSSLESS)
# Lossless, or with one result that the Standard fixes; decoders of lossy JPEG differ in the last bit.
_FUNCTIONS = {
    RLE_LOSSLESS: "dicomrle_decode",
    "1.2.840.10008.1.2.4.57": "ljpeg_decode",
    "1.2.840.10008.1.2.4.70": "ljpeg_decode",
    "1.2.840.10008.1.2.4.80": "jpegls_decode",
    "1.2.840.10008.1.2.4.81": "jpegls_decode",
    "1.2.840.10008.1.2.4.90": "jpeg2k_decode",
    "1.2.840.10008.1.2.4.91": "jpeg2k_decode",
}
# Retired syntaxes of JPEG (spectral selection, full progression), which the ITK readers know.
READ_BY_ITK = ("1.2.840.10008.1.2.4.53", "1.2.840.10008.1.2.4.55")
_JPEG_XL = ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111", "1.2.840.10008.1.2.4.112")


# They log what each decoder raises, with its traceback, and it is raised as well; and what is odd in a file.
LOGGERS_OF_DECODERS = ("pydicom", "pydicom.pixels.decoders.base")


class UnreadablePixels(DICOMError):
    """No installed decoder can read the pixels."""


def is_decodable(transfer_syntax: str) -> bool:
    """Whether some installed decoder reads a compressed transfer syntax."""
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    if transfer_syntax in _JPEG_XL:
        return _imagecodecs() is not None
    try:
        return bool(get_decoder(UID(transfer_syntax)).is_available)
    except NotImplementedError:
        return False


def without_decoder(transfer_syntax: str) -> str:
    """A sentence, if no installed decoder reads a transfer syntax; empty otherwise."""
    from pydicom.uid import UID

    if transfer_syntax in NATIVE or is_decodable(transfer_syntax):
        return ""
    return f"The pixels are compressed ({UID(transfer_syntax).name}), which no installed decoder can read."


def why_undecoded(error: BaseException) -> str:
    """One sentence on what decoders raised; of several, what the first said, which is the usual one."""
    first, *others = str(error).strip().splitlines() or [type(error).__name__]
    return f"The pixels cannot be decoded: {(others[0] if others else first).strip()}"


def try_first_frame(header: ImageHeader) -> None:
    """Decode the first frame of a file, without reading the others.

    Raises
    ------
    UnreadablePixels
        If no installed decoder can read it.
    """
    decoder = FrameDecoder()
    if header.frames > 1 and header.pixel_offset and header.transfer_syntax not in NATIVE:
        decoder.take_first(header)
    with no_warnings:
        decoder.decode(header, 0)


# What decoders raise about frames that they cannot read.
_FAULTS = (RuntimeError, ValueError, AttributeError, NotImplementedError, EOFError, KeyError)


class FrameDecoder:
    """Decodes frames of some files, in any thread; what the frames of a file share is read once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._encoded: dict[str, list[bytes]] = {}
        self._datasets: dict[str, Any] = {}

    def decode(self, header: ImageHeader, index: int) -> np.ndarray:
        """One frame: stored values, or RGB.

        Raises
        ------
        UnreadablePixels
            If no installed decoder can read it.
        """
        try:
            with quiet_loggers(*LOGGERS_OF_DECODERS):
                array = self._decoded(header, index)
        except _FAULTS as error:
            raise UnreadablePixels(without_decoder(header.transfer_syntax) or why_undecoded(error)) from error
        if array.dtype.kind == "f":
            raise UnreadablePixels("The pixels are no whole numbers.")
        if _has_unused_bits(header):
            array = array.copy()
            clear_unused_bits(array, header)
        return array

    def take_first(self, header: ImageHeader) -> None:
        """Read the first of several compressed frames alone; no other of the file can be decoded then."""
        from pydicom.encaps import generate_frames

        try:
            with Path(header.path).open("rb") as file:
                file.seek(header.pixel_offset)
                frames = generate_frames(file, number_of_frames=header.frames)
                self._encoded[header.path] = [next(frames)]
        except (*_FAULTS, StopIteration) as error:
            raise UnreadablePixels(why_undecoded(error)) from error

    def _decoded(self, header: ImageHeader, index: int) -> np.ndarray:
        if not header.pixel_offset or header.photometric == "PALETTE COLOR":
            return self._decode_from_dataset(header, index)
        if header.transfer_syntax in NATIVE:
            return _decode_native(header, index)
        encoded = self._encoded_frame(header, index)
        fast = _decode_with_imagecodecs(header, encoded)
        return _decode_with_pydicom(header, encoded) if fast is None else fast

    def _encoded_frame(self, header: ImageHeader, index: int) -> bytes:
        if header.frames == 1:
            return _encoded_frames(header)[0]
        with self._lock:
            if header.path not in self._encoded:
                self._encoded[header.path] = _encoded_frames(header)
            return self._encoded[header.path][index]

    def _decode_from_dataset(self, header: ImageHeader, index: int) -> np.ndarray:
        """Through pydicom's reader: other byte orders, deflated files, palettes."""
        from pydicom.pixels.processing import apply_color_lut
        from pydicom.pixels.utils import pixel_array

        with self._lock:
            dataset = self._datasets.get(header.path) or read_dataset(header.path)
            if header.frames > 1:
                self._datasets[header.path] = dataset
        # pydicom knows no High Bit: it takes the lowest bits for the value
        options: dict[str, Any] = {"correct_unused_bits": False} if _has_unused_bits(header) else {}
        pixels: np.ndarray = pixel_array(dataset, index=index, **options)
        if header.photometric != "PALETTE COLOR":
            return pixels
        # 16 bit palettes are reduced to what a screen shows.
        colours = apply_color_lut(pixels, dataset)[..., :3]
        bits = int(dataset.RedPaletteColorLookupTableDescriptor[2])
        reduced: np.ndarray = (colours >> (bits - 8)).astype(np.uint8)
        return reduced


def clear_unused_bits(target: np.ndarray, header: ImageHeader) -> None:
    """Bring the stored bits to their place: what lies in the others is undefined (PS3.5 8.1.1)."""
    left, right = header.bits_allocated - 1 - header.high_bit, header.bits_allocated - header.bits_stored
    if right > 0 and left == right and not header.signed:
        np.bitwise_and(target, 2**header.bits_stored - 1, out=target)
    elif right > 0 and 0 <= left <= right:
        np.left_shift(target, left, out=target)
        np.right_shift(target, right, out=target)


def _has_unused_bits(header: ImageHeader) -> bool:
    """Whether decoders give pixels with bits that are no part of the value, and need not be the highest."""
    return (
        header.bits_stored < header.bits_allocated
        and header.samples == 1
        and header.photometric != "PALETTE COLOR"
        and header.transfer_syntax in WHOLE_PIXELS
    )


def for_each(count: int, work: Callable[[int], object], *, together: int = 1) -> None:
    """Call `work` with 0, 1, …, in as many threads as there are cores; the first error ends it.

    A thread takes `together` neighbouring numbers at a time.
    """
    workers = min(-(-count // together), _cores())
    with no_warnings:  # for all threads; odd files are decoded as far as they can be
        if workers < 2:
            for index in range(count):
                work(index)
            return
        with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
            # all threads take from it: its next number is given out once
            starts = iter(range(0, count, together))
            stopped = threading.Event()

            def work_together(start: int) -> None:
                for index in range(start, min(start + together, count)):
                    work(index)

            for result in [pool.submit(_take, starts, work_together, stopped) for _ in range(workers)]:
                result.result()


def _take(starts: Iterator[int], work: Callable[[int], object], stopped: threading.Event) -> None:
    """Work on one number after the other, until there are no more or another thread has failed."""
    try:
        for start in starts:
            if stopped.is_set():
                return
            work(start)
    except BaseException:
        stopped.set()
        raise


def _cores() -> int:
    """Cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _encoded_frames(header: ImageHeader) -> list[bytes]:
    """The compressed frames of a file."""
    from pydicom.encaps import generate_frames

    with Path(header.path).open("rb") as file:
        file.seek(header.pixel_offset)
        value = file.read(header.pixel_length)
    return list(generate_frames(value, number_of_frames=header.frames))


def _decode_native(header: ImageHeader, index: int) -> np.ndarray:
    """A frame that is not compressed, but not stored as voxels are: planes of colour, YBR, single bits."""
    frames, first, length = 1, 0, header.frame_bytes
    if header.photometric == "YBR_FULL_422":
        length = length // 3 * 2
    if header.bits_allocated == 1:  # frames do not begin at whole bytes
        frames, first, length = header.frames, index, header.pixel_length
    with Path(header.path).open("rb") as file:
        file.seek(header.pixel_offset + (index if frames == 1 else 0) * length)
        value = file.read(length)
    return _as_array(header, value, frames, first)


def _decode_with_pydicom(header: ImageHeader, encoded: bytes) -> np.ndarray:
    from pydicom.encaps import encapsulate

    return _as_array(header, encapsulate([encoded], has_bot=False), 1, 0)


def _as_array(header: ImageHeader, value: bytes, frames: int, index: int) -> np.ndarray:
    from pydicom.pixels.decoders.base import get_decoder
    from pydicom.uid import UID

    options: dict[str, Any] = {
        "pixel_keyword": "PixelData",
        "rows": header.rows,
        "columns": header.columns,
        "number_of_frames": frames,
        "samples_per_pixel": header.samples,
        "photometric_interpretation": header.photometric,
        "planar_configuration": header.planar,
        "bits_allocated": header.bits_allocated,
        "bits_stored": header.bits_stored,
        "pixel_representation": int(header.signed),
    }
    if _has_unused_bits(header):
        options["correct_unused_bits"] = False
    array, _ = get_decoder(UID(header.transfer_syntax)).as_array(value, index=index, **options)
    return array


# -- imagecodecs


def _imagecodecs() -> Any:
    """The package; None where it is not installed."""
    try:
        import imagecodecs
    except ImportError:
        return None
    return imagecodecs


def _decode_with_imagecodecs(header: ImageHeader, encoded: bytes) -> np.ndarray | None:
    """Stored values, or RGB of JPEG XL; None if it is for pydicom's decoders."""
    codecs = _imagecodecs()
    if codecs is None:
        return None
    if header.transfer_syntax in _JPEG_XL:
        return _expected(header, codecs.jpegxl_decode(encoded))
    name = _FUNCTIONS.get(header.transfer_syntax)
    if name is None or header.samples > 1:
        return None
    try:
        return _expected(header, _call(getattr(codecs, name), header, encoded))
    except (RuntimeError, ValueError, ImportError) as error:
        log.debug("imagecodecs does not decode an image (%s)", type(error).__name__)
        return None


def _call(function: Callable[..., Any], header: ImageHeader, encoded: bytes) -> np.ndarray:
    if header.transfer_syntax != RLE_LOSSLESS:
        decoded: np.ndarray = function(encoded)
        return decoded
    kind = np.dtype(f"<u{header.bits_allocated // 8}")
    flat = np.frombuffer(function(encoded, dtype=kind), kind)
    return flat.reshape(header.rows, header.columns)


def _expected(header: ImageHeader, decoded: np.ndarray) -> np.ndarray | None:
    """The decoded values in their stored type; None if they are not of the size that the header tells."""
    shape = (header.rows, header.columns) + ((header.samples,) if header.samples > 1 else ())
    if decoded.shape != shape or decoded.dtype.itemsize * 8 != header.bits_allocated:
        return None
    if not header.signed:
        return decoded.view(f"u{decoded.dtype.itemsize}")
    unused = 0 if _has_unused_bits(header) else header.bits_allocated - header.bits_stored
    signed = decoded.view(f"i{decoded.dtype.itemsize}")
    return (signed << unused) >> unused if unused else signed  # codecs know no sign: it is the highest bit
