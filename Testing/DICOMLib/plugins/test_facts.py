"""What an explanation tells of files: their sizes, transfer syntaxes, and whether a frame can be decoded."""

from __future__ import annotations

import imagecodecs
import numpy as np
import pytest
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGLSLossless, RLELossless

from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.plugins.explain import explain
from DICOMLib.plugins.facts import hindrance
from Testing.image_series import heights, image, stack, write

pytestmark = pytest.mark.mrml

MPEG4 = "1.2.840.10008.1.2.4.102"
PROGRESSIVE_JPEG = "1.2.840.10008.1.2.4.55"
BROKEN = b"\xff\xd8 no codestream at all "


def packed(dataset, syntax, *frames):
    """Put frames that are compressed already into a dataset."""
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].is_undefined_length = True
    return dataset


def large(dataset):
    """The same image with 6 x 7 pixels."""
    dataset.Rows, dataset.Columns, dataset.PixelData = 6, 7, bytes(84)
    return dataset


@pytest.fixture
def facts(database, tmp_path):
    """Indexes datasets and gives the facts of their series."""

    def make(datasets):
        for path in write(datasets, tmp_path / "files"):
            database.insert(path, False)
        return run(explain("1.2.3.4", {})).facts

    return make


def test_sizes(facts):
    datasets = stack(heights(0, 3, 6))
    large(datasets[1])
    assert facts(datasets)[1] == (
        "The images differ in size, so that they make no single volume: 2 of 5 x 4 pixels, 1 of 7 x 6 pixels."
    )


def test_colours_among_grey_images(facts):
    datasets = stack(heights(0, 3))
    datasets[1].SamplesPerPixel, datasets[1].PhotometricInterpretation = 3, "RGB"
    datasets[1].PlanarConfiguration, datasets[1].PixelData = 0, bytes(120)
    assert "1 of 5 x 4 pixels in grey, 1 of 5 x 4 pixels in colour" in facts(datasets)[1]


def test_what_can_be_decoded_needs_no_word(facts):
    pixels = np.arange(20, dtype=np.uint16).reshape(4, 5)
    datasets = [
        packed(one, JPEGLSLossless, imagecodecs.jpegls_encode(pixels)) for one in stack(heights(0, 3))
    ]
    assert facts(datasets) == ["Kind of data: CT Image Storage.", "2 slices, 3 mm apart."]


@pytest.mark.parametrize("syntax", [JPEG2000Lossless, JPEGLSLossless, RLELossless])
@pytest.mark.parametrize("frames", [1, 2])
def test_a_frame_is_tried(facts, caplog, capfd, syntax, frames):
    dataset = packed(image(NumberOfFrames=frames), syntax, *[BROKEN] * frames)
    (fact,) = [one for one in facts([dataset]) if "decoded" in one]
    assert fact.startswith("The pixels cannot be decoded: ")
    assert fact.endswith(" (tried with 0000.dcm).")
    assert "\n" not in fact
    assert caplog.text == ""
    assert capfd.readouterr().err == ""


def test_only_the_first_frame_is_decoded(facts):
    pixels = np.arange(20, dtype=np.uint16).reshape(4, 5)
    dataset = packed(image(NumberOfFrames=2), JPEGLSLossless, imagecodecs.jpegls_encode(pixels), BROKEN)
    assert facts([dataset]) == ["Kind of data: CT Image Storage."]


@pytest.mark.parametrize("broken", [0, 2, 4])
def test_first_middle_and_last_image_are_tried(facts, broken):
    good = imagecodecs.jpegls_encode(np.arange(20, dtype=np.uint16).reshape(4, 5))
    datasets = [packed(one, JPEGLSLossless, good) for one in stack(heights(0, 3, 6, 9, 12))]
    packed(datasets[broken], JPEGLSLossless, BROKEN)
    (fact,) = [one for one in facts(datasets) if "decoded" in one]
    assert fact.endswith(f" (tried with {broken:04d}.dcm).")


def test_all_transfer_syntaxes_are_tried(facts):
    datasets = stack(heights(0, 3, 6, 9))
    packed(datasets[1], MPEG4, BROKEN)
    packed(datasets[3], RLELossless, BROKEN)
    found = facts(datasets)
    assert found[1] == (
        "The images have several transfer syntaxes: Explicit VR Little Endian, "
        "MPEG-4 AVC/H.264 High Profile / Level 4.1, RLE Lossless."
    )
    assert found[2] == (
        "1 of 4 images: The pixels are compressed (MPEG-4 AVC/H.264 High Profile / Level 4.1), "
        "which no installed decoder can read."
    )
    assert found[3].startswith("1 of 4 images: The pixels cannot be decoded: ")


def test_what_only_the_reader_of_itk_knows(facts):
    assert "only the slower reader of ITK" in facts([packed(image(), PROGRESSIVE_JPEG, BROKEN)])[1]


def test_it_can_be_left_while_headers_are_read(database, tmp_path):
    for path in write(stack(heights(0, 3)), tmp_path / "files"):
        database.insert(path, False)
    job = explain("1.2.3.4", {})
    assert next(job).step == "Reading headers"
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    assert end.value.value.cancelled


@pytest.mark.parametrize(
    ("dataset", "told"),
    [
        (image(), ""),
        (image(PixelData=None), "There is no pixel data in the files."),
        (packed(image(), MPEG4, BROKEN), "which no installed decoder can read."),
        (packed(image(), PROGRESSIVE_JPEG, BROKEN), ""),
        (packed(image(), JPEG2000Lossless, BROKEN), ""),  # that is for the plugin to find out
    ],
)
def test_what_is_not_even_tried(database, tmp_path, dataset, told):
    (path,) = write([dataset], tmp_path / "files")
    database.insert(path, False)
    assert hindrance(path).endswith(told)
    assert bool(hindrance(path)) == bool(told)
    assert "not on the disk" in hindrance(path + ".gone")
