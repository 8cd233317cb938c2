"""Decoders: the same values by all of them, frame by frame, in threads."""

from __future__ import annotations

import threading
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import encapsulate
from pydicom.pixels.utils import compress
from pydicom.uid import HTJ2KLossless, JPEG2000Lossless, JPEGLSLossless, RLELossless

from DICOMLib.mrml.images import decoding
from DICOMLib.mrml.images.decoding import FrameDecoder, UnreadablePixels, for_each, is_decodable
from DICOMLib.mrml.images.image_header import read_image_header
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml

JPEG_LOSSLESS = "1.2.840.10008.1.2.4.70"
JPEG_XL_LOSSLESS = "1.2.840.10008.1.2.4.110"


def pixels(kind, bits):
    """All bits are used, the sign bit too."""
    low = -(2 ** (bits - 1)) if np.dtype(kind).kind == "i" else 0
    values = np.linspace(low, low + 2**bits - 1, 40 * 36).round()
    return values.reshape(40, 36).astype(kind)


def packed(dataset, syntax, frames):
    """Put frames that are compressed already into a dataset."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(frames)
    dataset["PixelData"].is_undefined_length = True
    return dataset


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16])
@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, JPEG2000Lossless, JPEG_LOSSLESS])
@pytest.mark.parametrize("stored", [None, 12])
def test_lossless_codecs(tmp_path, monkeypatch, kind, syntax, stored):
    bits = stored or np.dtype(kind).itemsize * 8
    if bits > np.dtype(kind).itemsize * 8:
        pytest.skip("more bits stored than allocated")
    values = pixels(kind, bits)
    dataset = image(pixels=values, BitsStored=bits, HighBit=bits - 1)
    if syntax == JPEG_LOSSLESS:
        plain = values.view(f"u{values.dtype.itemsize}") & (2**bits - 1)
        packed(dataset, syntax, [imagecodecs.ljpeg_encode(plain.astype(plain.dtype), bitspersample=bits)])
    else:
        compress(dataset, syntax)
    (path,) = write([dataset], tmp_path)
    header = read_image_header(path)
    fast = FrameDecoder().decode(header, 0)
    assert fast.dtype == values.dtype
    assert np.array_equal(fast, values)
    monkeypatch.setattr(decoding, "_imagecodecs", lambda: None)
    assert np.array_equal(FrameDecoder().decode(header, 0), values)


def test_frames_of_one_file(tmp_path):
    frames = np.arange(5 * 40 * 30, dtype=np.uint16).reshape(5, 40, 30)
    dataset = image(pixels=frames, NumberOfFrames=5, Rows=40, Columns=30)
    packed(dataset, JPEGLSLossless, [imagecodecs.jpegls_encode(frame) for frame in frames])
    header = read_image_header(write([dataset], tmp_path)[0])
    decoder, found = FrameDecoder(), {}
    for_each(5, lambda index: found.update({index: decoder.decode(header, index)}))
    assert [np.array_equal(found[index], frames[index]) for index in range(5)] == [True] * 5


def test_jpeg_xl(tmp_path):
    values = pixels(np.uint16, 16)
    dataset = packed(image(pixels=values), HTJ2KLossless, [imagecodecs.jpegxl_encode(values, lossless=True)])
    (path,) = write([dataset], tmp_path)
    # pydicom does not write the syntax; it knows one with a UID of the same length
    Path(path).write_bytes(Path(path).read_bytes().replace(HTJ2KLossless.encode(), JPEG_XL_LOSSLESS.encode()))
    header = read_image_header(path)
    assert np.array_equal(FrameDecoder().decode(header, 0), values)
    assert is_decodable(JPEG_XL_LOSSLESS)


def test_real_jpeg_xl(shared_data):
    (path,) = shared_data.glob("dcm4che/**/will-jxl.dcm")
    header = read_image_header(str(path))
    frame = FrameDecoder().decode(header, 0)
    assert (frame.shape, frame.dtype) == ((708, 1016, 3), np.uint8)
    # against the JPEG image that it was made of: its decoder puts colours together in another way
    dataset = pydicom.dcmread(path)
    encoded = next(pydicom.encaps.generate_frames(dataset.PixelData, number_of_frames=27))
    original = imagecodecs.jpeg8_decode(imagecodecs.jpegxl_decode_jpeg(encoded)).astype(int)
    assert np.abs(frame - original).max() <= 16
    assert np.abs(frame - original).mean() < 0.2


def test_broken_frames_are_refused(tmp_path):
    header = read_image_header(write([packed(image(), JPEGLSLossless, [b"\xff\xd8 no image"])], tmp_path)[0])
    with pytest.raises(UnreadablePixels):
        FrameDecoder().decode(header, 0)


def test_a_size_that_is_not_that_of_the_header(tmp_path):
    other = imagecodecs.jpegls_encode(np.zeros((7, 7), np.int16).view(np.uint16))
    header = read_image_header(write([packed(image(), JPEGLSLossless, [other])], tmp_path)[0])
    with pytest.raises(UnreadablePixels):
        FrameDecoder().decode(header, 0)


def test_the_first_error_ends_the_work():
    done = []

    def work(index):
        if index == 3:
            raise UnreadablePixels("no")
        done.append(index)

    with pytest.raises(UnreadablePixels):
        for_each(10_000, work)
    assert len(done) < 10_000
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("decode")]


@pytest.mark.parametrize(("count", "together"), [(0, 4), (3, 4), (8, 4), (1001, 8)])
def test_each_number_is_given_out_once(count, together):
    done = []
    for_each(count, done.append, together=together)
    assert sorted(done) == list(range(count))


def test_unknown_syntaxes():
    assert not is_decodable("1.2.840.10008.1.2.4.53")
    assert is_decodable(RLELossless)
