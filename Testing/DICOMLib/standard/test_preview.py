"""Small pictures of instances: window, inversion, colour, frames, shape; compared with hand calculation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from DICOMLib.standard.preview import picture, preview

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"


def header(**elements):
    dataset = Dataset()
    dataset.PhotometricInterpretation = "MONOCHROME2"
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset


def test_the_window_is_applied_as_the_standard_says():
    # PS3.3 C.11.2.1.2 with center 100, width 201: from -0.5 to 199.5, 100 is 256 * 100.5 / 200 …
    values = np.array([[-1000, 0], [100, 1000]], np.int16)
    shown = picture(values, header(WindowCenter=100, WindowWidth=201))
    assert shown.tolist() == [[0, 1], [128, 255]]


def test_rescale_comes_before_the_window():
    values = np.array([[0, 1024], [1124, 2048]], np.int16)
    shown = picture(values, header(WindowCenter=0, WindowWidth=201, RescaleSlope=1, RescaleIntercept=-1024))
    assert shown.tolist() == [[0, 128], [191 + 64, 255]]


def test_the_first_of_several_windows_is_used():
    values = np.array([[0, 100]], np.int16)
    shown = picture(values, header(WindowCenter=[50, 1000], WindowWidth=[101, 10]))
    assert shown.tolist() == [[1, 255]]


@pytest.mark.parametrize("window", [{}, {"WindowCenter": -5000, "WindowWidth": 10}])
def test_without_a_useful_window_the_range_of_the_values_is_shown(window):
    values = np.linspace(0, 1000, 100).reshape(10, 10)
    shown = picture(values, header(**window))
    assert (shown.min(), shown.max()) == (0, 255)
    assert abs(int(shown[5, 0]) - 128) < 4


def test_monochrome1_is_inverted():
    values = np.array([[0, 100]], np.int16)
    dark = picture(values, header(WindowCenter=50, WindowWidth=101))
    light = picture(values, header(WindowCenter=50, WindowWidth=101, PhotometricInterpretation="MONOCHROME1"))
    assert (light == 255 - dark).all()


@pytest.mark.parametrize(("spacing", "shape"), [([2.0, 1.0], (80, 40)), ([1.0, 2.0], (40, 80))])
def test_pixels_become_square(spacing, shape):
    assert picture(np.zeros((40, 40)), header(PixelSpacing=spacing)).shape == shape


def test_a_constant_image_is_no_error():
    assert picture(np.full((4, 4), 7), header()).tolist() == np.full((4, 4), 128).tolist()


def write_frames(path, frames=5):
    dataset = header(Rows=4, Columns=5, NumberOfFrames=frames, SamplesPerPixel=1, WindowCenter=100)
    dataset.WindowWidth, dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 201, 16, 16, 15
    dataset.PixelRepresentation, dataset.SOPClassUID, dataset.SOPInstanceUID = 1, CTImageStorage, "1.2"
    values = np.repeat(np.arange(frames, dtype=np.int16) * 50, 20)
    dataset.PixelData = values.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.save_as(path, enforce_file_format=True)


def test_the_middle_frame_is_shown(tmp_path):
    write_frames(tmp_path / "frames.dcm")
    assert (preview(tmp_path / "frames.dcm") == 128).all()  # the third of 0, 50, 100, 150, 200


@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small_RLE.dcm", "JPEG2000.dcm", "MR_small_jpeg_ls_lossless.dcm"]
)
def test_compressed_and_plain_samples_have_contrast(name):
    shown = preview(SAMPLES / name)
    assert shown is not None
    assert shown.std() > 10
    assert max(shown.shape[:2]) < 512


def test_colour_stays_colour():
    shown = preview(SAMPLES / "examples_palette.dcm")
    assert shown is not None
    assert shown.ndim == 3
    assert len({channel.tobytes() for channel in np.moveaxis(shown, 2, 0)}) > 1


def test_an_object_without_pixels_has_no_picture():
    assert preview(SAMPLES / "reportsi.dcm") is None


def test_a_file_that_is_no_dicom_is_an_error(tmp_path):
    (tmp_path / "text").write_text("no image")
    with pytest.raises(pydicom.errors.InvalidDicomError):
        preview(tmp_path / "text")


def voi_lut(*outputs, bits=16):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [len(outputs), 0, bits])
    item.add_new("LUTData", "US", list(outputs))
    return item


def test_a_voi_lut_is_applied_where_there_is_no_window():
    """Outputs of 16 bits divided by 257; inputs beyond the table have its last output."""
    values = np.array([[0, 1, 2, 9]], np.uint16)
    falling = header(VOILUTSequence=[voi_lut(65535, 257 * 100, 0)])
    assert picture(values, falling).tolist() == [[255, 100, 0, 0]]
    both = header(VOILUTSequence=[voi_lut(65535, 257 * 100, 0)], WindowCenter=1, WindowWidth=3)
    assert picture(values, both).tolist() == [[64, 191, 255, 255]]  # the window goes before


def test_a_voi_lut_that_is_cut_off_is_passed_over():
    item = voi_lut(0, 65535)
    item["LUTDescriptor"].value = [5, 0, 16]
    shown = picture(np.array([[0, 5, 10]], np.uint16), header(VOILUTSequence=[item]))
    assert (shown[0, 0], shown[0, -1]) == (0, 255)


def test_a_sigmoid_is_one():
    """255 / (1 + exp(-4 (x - c) / w)), PS3.3 C.11.2.1.3.1."""
    shown = picture(
        np.array([[0, 100, 200]], np.uint16),
        header(WindowCenter=100, WindowWidth=200, VOILUTFunction="SIGMOID"),
    )
    assert shown.tolist() == [[30, 128, 225]]  # 255 x 0.1192, 0.5, 0.8808
