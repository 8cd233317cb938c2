"""Secrets in the segments and boxes of compressed frames: gone from the copy, while its pixels stay."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.encaps import encapsulate, encapsulate_extended, generate_frames

from DICOMLib.core.jobs import run
from DICOMLib.deidentification import deidentify
from DICOMLib.deidentification.codestreams import texts_of
from Testing import factories

SECRET = b"Quagmire^Glenn"
SYNTAXES = {
    "jpeg": "1.2.840.10008.1.2.4.50",
    "lossless": "1.2.840.10008.1.2.4.70",
    "jpeg-ls": "1.2.840.10008.1.2.4.80",
    "jpeg2000": "1.2.840.10008.1.2.4.90",
}
VALUES = np.random.default_rng(7).integers(0, 256, (16, 24)).astype(np.uint8)


def segment(marker, payload):
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(payload) + 2) + payload


def jpeg_with_secrets(stream):
    """Comment, Exif and a thumbnail of JFIF after the first marker, a comment before the scan, a tail."""
    jfif = segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\4\1" + SECRET[:12])
    first = (
        jfif + segment(0xE1, b"Exif\0\0" + SECRET) + segment(0xFE, SECRET) + segment(0xEE, b"Adobe" + SECRET)
    )
    scan = stream.index(b"\xff\xda")
    return stream[:2] + first + stream[2:scan] + segment(0xFE, SECRET) + stream[scan:] + SECRET


def jpeg_2000_with_secrets(stream):
    """Comments in the main header and in that of the first tile-part, whose length grows, and a tail."""
    comment = b"\xff\x64" + struct.pack(">HH", len(SECRET) + 4, 1) + SECRET
    tile = stream.index(b"\xff\x90\x00\x0a")
    data = stream.index(b"\xff\x93", tile)
    (length,) = struct.unpack_from(">L", stream, tile + 6)
    head = stream[tile : tile + 6] + struct.pack(">L", length + len(comment) if length else 0)
    return stream[:tile] + comment + head + stream[tile + 10 : data] + comment + stream[data:] + SECRET


def encoded(kind, values=VALUES):
    if kind == "jpeg":
        file = io.BytesIO()
        Image.fromarray(values).save(file, "JPEG", quality=95)
        return jpeg_with_secrets(file.getvalue())
    if kind == "lossless":
        return jpeg_with_secrets(imagecodecs.ljpeg_encode(values))
    if kind == "jpeg-ls":
        return jpeg_with_secrets(imagecodecs.jpegls_encode(values))
    return jpeg_2000_with_secrets(imagecodecs.jpeg2k_encode(values, codecformat="J2K", reversible=True))


def compressed(kind, pixel_data, frames=1):
    dataset = factories.ct_series(1, Modality="MR")[0]
    dataset.Rows, dataset.Columns = VALUES.shape
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 8, 8, 7, 0
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    if frames > 1:
        dataset.NumberOfFrames = frames
    dataset.PixelData = pixel_data
    dataset["PixelData"].VR, dataset["PixelData"].is_undefined_length = "OB", True
    dataset.file_meta.TransferSyntaxUID = SYNTAXES[kind]
    return dataset


def copied(dataset, tmp_path):
    paths = factories.write([dataset], tmp_path / "in")
    report = run(deidentify(paths, tmp_path / "out"))
    assert (report.failed, report.left_out) == ([], [])
    return report.written[0][1]


@pytest.mark.parametrize("kind", SYNTAXES)
def test_segments_are_blanked_and_pixels_stay(tmp_path, kind):
    dataset = compressed(kind, encapsulate([encoded(kind)]))
    before = dataset.pixel_array.copy()
    assert dataset.PixelData.count(SECRET) >= 3
    path = copied(dataset, tmp_path)
    assert SECRET[:8] not in Path(path).read_bytes()
    after = pydicom.dcmread(path)
    assert np.array_equal(after.pixel_array, before)
    if kind != "jpeg":  # lossless
        assert np.array_equal(before, VALUES)


def test_frames_in_several_fragments(tmp_path):
    """A secret that lies across two fragments is found; the offset table needs no change."""
    frames = [encoded("jpeg-ls", VALUES + number) for number in range(3)]
    dataset = compressed("jpeg-ls", encapsulate(frames, fragments_per_frame=9), 3)
    before = dataset.pixel_array.copy()
    after = pydicom.dcmread(copied(dataset, tmp_path))
    assert all(SECRET[:8] not in frame for frame in generate_frames(after.PixelData, number_of_frames=3))
    assert np.array_equal(after.pixel_array, before)
    assert len(after.PixelData) == len(dataset.PixelData)


def test_an_extended_offset_table_stays_right(tmp_path):
    frames = [encoded("jpeg2000", VALUES + number) for number in range(3)]
    pixel_data, offsets, lengths = encapsulate_extended(frames)
    dataset = compressed("jpeg2000", pixel_data, 3)
    dataset.ExtendedOffsetTable, dataset.ExtendedOffsetTableLengths = offsets, lengths
    path = copied(dataset, tmp_path)
    after = pydicom.dcmread(path)
    assert SECRET not in after.PixelData
    assert np.array_equal(after.pixel_array, [VALUES, VALUES + 1, VALUES + 2])


def test_what_decoders_need_of_colours_stays(tmp_path):
    """Adobe's segment tells that the samples are RGB: without it they would be taken for YCbCr."""
    values = np.random.default_rng(7).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\0" + SECRET)
    stream = imagecodecs.jpeg8_encode(values, level=100, colorspace="RGB", outcolorspace="RGB")
    marked = stream[:2] + adobe + stream[2:]
    cleaned = bytearray(marked)
    for begin, end in texts_of(marked):
        cleaned[begin:end] = bytes(end - begin)
    assert SECRET not in cleaned
    assert b"Adobe\0\x64" in cleaned
    assert np.array_equal(imagecodecs.jpeg8_decode(bytes(cleaned)), imagecodecs.jpeg8_decode(marked))


def test_boxes_around_jpeg_2000():
    """A JP2 file instead of a codestream: DICOM does not allow it, and it is met; its XML and UUID go."""
    stream = imagecodecs.jpeg2k_encode(VALUES, codecformat="JP2", reversible=True)
    code = stream.index(b"jp2c") - 4
    boxes = b"".join(struct.pack(">L4s", 8 + len(SECRET), kind) + SECRET for kind in (b"xml ", b"uuid"))
    marked = stream[:code] + boxes + jpeg_2000_box(stream[code:])
    cleaned = bytearray(marked)
    for begin, end in texts_of(marked):
        cleaned[begin:end] = bytes(end - begin)
    assert marked.count(SECRET) == 3
    assert SECRET not in cleaned
    assert np.array_equal(imagecodecs.jpeg2k_decode(bytes(cleaned)), VALUES)


def jpeg_2000_box(box):
    """The box of a codestream with a comment in its main header."""
    comment = b"\xff\x64" + struct.pack(">HH", len(SECRET) + 4, 1) + SECRET
    tile = box.index(b"\xff\x90\x00\x0a")
    (size,) = struct.unpack_from(">L", box)
    return struct.pack(">L", size + len(comment) if size else 0) + box[4:tile] + comment + box[tile:]


@pytest.mark.parametrize("kind", SYNTAXES)
def test_a_broken_stream_ends_somewhere(kind):
    """Cut anywhere, or with any byte changed: what is found lies within the stream, and it ends."""
    stream = encoded(kind)
    random = np.random.default_rng(3)
    for length in range(0, len(stream), 7):
        assert all(0 <= begin <= length and end <= length for begin, end in texts_of(stream[:length]))
    for at in random.integers(2, len(stream), 200):
        broken = bytearray(stream)
        broken[at] = random.integers(256)
        assert all(end <= len(stream) for _begin, end in texts_of(bytes(broken)))
