"""Voxels: exact values, the smallest honest type, and refusals."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.pixels.utils import compress
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    RLELossless,
)

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.frames import placed_frames
from DICOMLib.mrml.images.image_header import read_image_header
from DICOMLib.mrml.images.pixels import Frame, UnreadablePixels, read_image
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.standard.part10 import start_of_file
from Testing.DICOMLib.network import files as network_files
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

array = np.array


def voxels(paths: list[str]) -> np.ndarray:
    frames = [frame for path in paths for frame, _ in placed_frames(read_image_header(path))]
    result = read_image(frames)
    columns, rows, slices = result.GetDimensions()
    return voxels_of(result).reshape(slices, rows, columns, -1).squeeze(-1)


def colours(paths: list[str]) -> np.ndarray:
    result = read_image([Frame(read_image_header(path)) for path in paths])
    columns, rows, slices = result.GetDimensions()
    return voxels_of(result).reshape(slices, rows, columns, 3)


def written(folder, pixels, **attributes) -> list[str]:
    return write([image(pixels=np.array(pixels), **attributes)], folder)


def test_slices_in_the_order_given(tmp_path):
    paths = write(stack(heights(0, 1, 2)), tmp_path)
    result = voxels(paths[::-1])
    assert result.dtype == np.int16
    assert result[:, 0, 0].tolist() == [200, 100, 0]
    assert result[0, 3].tolist() == [215, 216, 217, 218, 219]


@pytest.mark.parametrize(
    ("stored", "bits", "rescale", "expected"),
    [
        # whole numbers stay what they are stored as
        (array([[0, 255]], np.uint8), 8, (1, 0), array([[0, 255]], np.uint8)),
        (array([[0, 65535]], np.uint16), 16, (1, 0), array([[0, 65535]], np.uint16)),
        (array([[-5, 5]], np.int16), 16, (1, 0), array([[-5, 5]], np.int16)),
        # shifted: 16 bit as long as the values fit, whatever the stored bits could hold
        (array([[0, 3000]], np.int16), 16, (1, -1024), array([[-1024, 1976]], np.int16)),
        (array([[0, 3000]], np.uint16), 16, (1, -1024), array([[-1024, 1976]], np.int16)),
        (array([[0, 33791]], np.uint16), 16, (1, -1024), array([[-1024, 32767]], np.int16)),
        (array([[0, 33792]], np.uint16), 16, (1, -1024), array([[-1024, 32768]], np.int32)),
        (array([[-32768, 0]], np.int16), 16, (1, -1024), array([[-33792, -1024]], np.int32)),
        (array([[0, 255]], np.uint8), 8, (1, -1), array([[-1, 254]], np.int16)),
        # scaled by whole numbers: the smallest type for what could be stored
        (array([[0, 4095]], np.uint16), 12, (2, 0), array([[0, 8190]], np.uint16)),
        (array([[0, 4095]], np.uint16), 12, (2, -10), array([[-10, 8180]], np.int16)),
        # fractions become double
        (array([[0, 3]], np.uint16), 12, (0.5, 0), array([[0, 1.5]], np.float64)),
        (array([[0, 3]], np.uint16), 12, (1, 0.25), array([[0.25, 3.25]], np.float64)),
    ],
)
def test_rescale_and_type(tmp_path, stored, bits, rescale, expected):
    slope, intercept = rescale
    paths = written(
        tmp_path,
        stored,
        RescaleSlope=str(slope),
        RescaleIntercept=str(intercept),
        BitsStored=bits,
        HighBit=bits - 1,
    )
    result = voxels(paths)
    assert result.dtype == expected.dtype
    assert np.array_equal(result[0], expected)


def test_each_slice_has_its_own_slope(tmp_path):
    datasets = stack(heights(0, 1), pixels=np.full((4, 5), 3, np.uint16))
    datasets[0].RescaleSlope, datasets[1].RescaleSlope = "2", "0.5"
    result = voxels(write(datasets, tmp_path))
    assert result.dtype == np.float64
    assert result[:, 0, 0].tolist() == [6, 1.5]


def test_unused_bits_are_cleared(tmp_path):
    # 12 bits stored: an overlay in the high bits is no part of the value, and the sign is bit 11.
    paths = written(tmp_path / "u", np.array([[0xF123, 0x0FFF]], np.uint16), BitsStored=12, HighBit=11)
    assert voxels(paths)[0].tolist() == [[0x123, 0xFFF]]
    paths = written(tmp_path / "s", np.array([[0x0FFF, 0x07FF]], np.int16), BitsStored=12, HighBit=11)
    assert voxels(paths)[0].tolist() == [[-1, 0x7FF]]


CELLS = {
    # stored bits are the highest ones: 0x7FFF is 0x7FF, or signed, and 0x800F is 0x800 or -0x800
    (15, 0): ([0x7FF0, 0x7FFF, 0x800F, 0xFFF0], [0x7FF, 0x7FF, 0x800, 0xFFF]),
    (15, 1): ([0x7FF0, 0x7FFF, 0x800F, 0xFFF0], [0x7FF, 0x7FF, -0x800, -1]),
    # the lowest ones, below an overlay
    (11, 0): ([0x07FF, 0xF7FF, 0x0800, 0xFFFF], [0x7FF, 0x7FF, 0x800, 0xFFF]),
    (11, 1): ([0x07FF, 0xF7FF, 0x0800, 0xFFFF], [0x7FF, 0x7FF, -0x800, -1]),
}


@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian, RLELossless]
)
@pytest.mark.parametrize(("high_bit", "signed"), CELLS)
def test_high_bit_in_each_syntax(tmp_path, syntax, high_bit, signed):
    cells, expected = CELLS[high_bit, signed]
    pixels = np.array([cells], np.uint16)
    swapped = pixels.byteswap() if syntax == ExplicitVRBigEndian else pixels
    dataset = image(pixels=pixels, PixelData=swapped.tobytes())
    if syntax == RLELossless:
        compress(dataset, syntax)
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.BitsStored, dataset.HighBit, dataset.PixelRepresentation = 12, high_bit, signed
    assert voxels(write([dataset], tmp_path))[0].tolist() == [expected]


@pytest.mark.parametrize(("slope", "intercept"), [(1, -1024), (3, 7)])
def test_compressed_values_beyond_the_stored_bits(tmp_path, slope, intercept):
    """Bits Stored that is too small: the codec knows better, and no value may wrap around."""
    pixels = np.array([[0, 4095, 5000, 65535]], np.uint16).repeat(8, axis=0)
    dataset = image(pixels=pixels, RescaleSlope=str(slope), RescaleIntercept=str(intercept))
    compress(dataset, JPEGLSLossless)
    dataset.BitsStored, dataset.HighBit = 12, 11
    result = voxels(write([dataset], tmp_path))
    assert result[0, 0].tolist() == [value * slope + intercept for value in (0, 4095, 5000, 65535)]


@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless])
def test_compressed_equals_native(tmp_path, syntax):
    pixels = np.arange(64 * 48, dtype=np.int16).reshape(64, 48) - 700
    plain = image(pixels=pixels, RescaleSlope="1", RescaleIntercept="-24")
    packed = image(pixels=pixels, RescaleSlope="1", RescaleIntercept="-24")
    compress(packed, syntax)
    first, second = voxels(write([plain], tmp_path / "plain")), voxels(write([packed], tmp_path / "packed"))
    assert first.dtype == second.dtype == np.int16
    assert np.array_equal(first, second)
    assert first[0, 0, 0] == -724


def test_big_endian(tmp_path):
    pixels = np.array([[1, 2], [300, -4]], np.int16)
    dataset = image(
        pixels=pixels, TransferSyntaxUID=ExplicitVRBigEndian, PixelData=pixels.byteswap().tobytes()
    )
    assert voxels(write([dataset], tmp_path))[0].tolist() == pixels.tolist()


def test_rgb(tmp_path):
    pixels = np.arange(24, dtype=np.uint8)
    attributes = {
        "Rows": 2,
        "Columns": 4,
        "SamplesPerPixel": 3,
        "PhotometricInterpretation": "RGB",
        "PixelData": pixels.tobytes(),
        "pixels": np.zeros((2, 4), np.uint8),
    }
    by_pixel = write([image(PlanarConfiguration=0, **attributes)], tmp_path / "0")
    assert colours(by_pixel)[0].tolist() == pixels.reshape(2, 4, 3).tolist()
    by_plane = write([image(PlanarConfiguration=1, **attributes)], tmp_path / "1")
    assert colours(by_plane)[0].tolist() == pixels.reshape(3, 2, 4).transpose(1, 2, 0).tolist()


def test_palette(tmp_path):
    table = np.array([0x0000, 0x8000, 0xFF00], np.uint16)
    dataset = image(pixels=np.array([[0, 1], [2, 0]], np.uint8), PhotometricInterpretation="PALETTE COLOR")
    for colour, scale in (("Red", 1), ("Green", 0), ("Blue", 1)):
        setattr(dataset, f"{colour}PaletteColorLookupTableDescriptor", [3, 0, 16])
        setattr(dataset, f"{colour}PaletteColorLookupTableData", (table * scale).tobytes())
    result = colours(write([dataset], tmp_path))
    assert result.dtype == np.uint8
    assert result[0].tolist() == [[[0, 0, 0], [128, 0, 128]], [[255, 0, 255], [0, 0, 0]]]


def test_refusals(tmp_path):
    other_size = stack(heights(0, 1))
    other_size[1] = image(pixels=np.zeros((3, 5), np.int16))
    with pytest.raises(InvalidDICOM, match="another size"):
        voxels(write(other_size, tmp_path / "size"))
    short = write([image(PixelData=b"\0\0\0\0")], tmp_path / "short")
    with pytest.raises((InvalidDICOM, UnreadablePixels)):
        voxels(short)
    unknown = image(TransferSyntaxUID="1.2.840.10008.1.2.4.53")
    unknown["PixelData"].is_undefined_length = True
    unknown.PixelData = b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\2\0\0\0\0\0"
    with pytest.raises(UnreadablePixels):
        voxels(write([unknown], tmp_path / "unknown"))


def test_file_that_shrank_after_its_header_was_read(tmp_path):
    (path,) = write([image()], tmp_path)
    header = read_image_header(path)
    with Path(path).open("r+b") as file:
        file.truncate(header.pixel_offset + 10)
    with pytest.raises(InvalidDICOM, match="truncated"):
        read_image([Frame(header)])


def test_signed_12_bits_of_files_without_meta_information(tmp_path):
    """As ACR-NEMA files are: the sign is the highest of the stored bits, and our own reader reads them."""
    values = np.arange(-10, 10, dtype=np.int16).reshape(4, 5) * 100
    attributes = {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1}
    for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        dataset = image(pixels=values & 0xFFF, TransferSyntaxUID=syntax, **attributes)
        (complete,) = write([dataset], tmp_path / syntax)
        bare = tmp_path / f"{syntax}.acr"
        bare.write_bytes(Path(complete).read_bytes()[start_of_file(complete).offset :])
        assert np.array_equal(voxels([str(bare)])[0], values)


def test_pictures_without_meta_information_in_any_byte_order(tmp_path):
    for number, path in enumerate(network_files.write_bare(tmp_path / "bare")):
        (found,) = voxels([path])
        expected = network_files.picture(number, "bare")
        assert np.array_equal(found, expected.pixel_array.astype(int) + int(expected.RescaleIntercept))
