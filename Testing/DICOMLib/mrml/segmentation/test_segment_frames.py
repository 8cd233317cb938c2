"""Frames of segmentations: packed bits, run lengths, deflated frames, and data that is cut off."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, RLELossless

from DICOMLib.mrml.images.decoding import UnreadablePixels
from DICOMLib.mrml.segmentation.segment_frames import DEFLATED_IMAGE_FRAME, RLE_HEADER_BYTES, read_frames

pytestmark = pytest.mark.mrml

ROWS, COLUMNS = 3, 5  # 15 bits: the second frame begins within a byte


def dataset(data, syntax=ExplicitVRLittleEndian, bits=1, frames=2):
    found = Dataset()
    found.file_meta = FileMetaDataset()
    found.file_meta.TransferSyntaxUID = syntax
    found.Rows, found.Columns, found.NumberOfFrames, found.BitsAllocated = ROWS, COLUMNS, frames, bits
    found.PixelData = data
    return found


@pytest.fixture
def bits():
    return np.random.default_rng(3).integers(0, 2, (2, ROWS, COLUMNS), dtype=np.uint8)


def packed(frame):
    return np.packbits(frame.reshape(-1), bitorder="little").tobytes()


def test_packed_bits(bits):
    frames = list(read_frames(dataset(packed(bits)), [1, 0]))
    assert np.array_equal(frames[0], bits[1])
    assert np.array_equal(frames[1], bits[0])


def test_deflated_frames(bits):
    def deflated(data):
        compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return compressor.compress(data) + compressor.flush()

    data = encapsulate([deflated(packed(frame)) for frame in bits])
    assert np.array_equal(list(read_frames(dataset(data, DEFLATED_IMAGE_FRAME), range(2))), bits)
    whole = encapsulate([deflated(frame.tobytes()) for frame in bits])
    found = list(read_frames(dataset(whole, DEFLATED_IMAGE_FRAME, bits=8), range(2)))
    assert np.array_equal(found, bits)


def test_run_lengths():
    header = (1).to_bytes(4, "little") + RLE_HEADER_BYTES.to_bytes(4, "little") + bytes(56)
    # literal 0x0F, no operation, 0x55 twice (PS3.5 G.3.1): only the first 15 bits are pixels
    data = encapsulate([header + bytes([0, 0x0F, 128, 255, 0x55])])
    (frame,) = read_frames(dataset(data, RLELossless, frames=1), [0])
    assert frame.reshape(-1).tolist() == [1, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("data", "syntax"),
    [
        (b"\0", ExplicitVRLittleEndian),
        (encapsulate([b"no deflated data"]), DEFLATED_IMAGE_FRAME),
        (encapsulate([bytes(64) + b"\0"]), RLELossless),
    ],
    ids=["native", "deflated", "run lengths"],
)
def test_truncated_data_is_reported(data, syntax):
    with pytest.raises(UnreadablePixels):
        list(read_frames(dataset(data, syntax, frames=1), [0]))


def test_no_pixels():
    found = dataset(b"")
    del found.PixelData
    with pytest.raises(UnreadablePixels, match="no pixel data"):
        list(read_frames(found, [0]))
