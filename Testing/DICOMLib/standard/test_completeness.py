"""Files that are cut off, against where each of their parts is known to end."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pydicom
import pytest

from DICOMLib.standard.completeness import are_fragments_cut_off, is_cut_off
from Testing import factories
from Testing.DICOMLib.network import files

DELIMITER = b"\xfe\xff\xdd\xe0\0\0\0\0"


def item(value):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(value)) + value


WHOLE = b"before" + item(b"") + item(b"a" * 10) + item(b"b" * 6)


@pytest.mark.parametrize(
    ("data", "cut_off"),
    [
        (WHOLE + DELIMITER, False),
        (WHOLE, False),  # only the delimiter is missing
        (WHOLE + DELIMITER + b"an element behind", False),
        (WHOLE + bytes(7), False),  # padding
        (WHOLE + bytes(50), False),
        (WHOLE + DELIMITER[:5], True),
        (WHOLE[:-1], True),
        (WHOLE[:-6], True),
        (WHOLE[:-10], True),  # inside the header of the last item
        (b"before" + b"no item at all", False),
        (b"before" + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF), False),
    ],
)
def test_fragments(data, cut_off):
    assert are_fragments_cut_off(BytesIO(data), len(b"before")) is cut_off


def cut(path, length):
    """Whether a file is found to be cut off when so many bytes of it are there."""
    short = Path(f"{path}.short")
    short.write_bytes(Path(path).read_bytes()[:length])
    explicit = files.syntax_of(path) != files.IMPLICIT
    return is_cut_off(str(short), short.read_bytes()[:16384], offset_of(path), explicit)


def offset_of(path):
    return pydicom.dcmread(path, stop_before_pixels=True).file_meta.FileMetaInformationGroupLength + 144


@pytest.mark.parametrize(
    "syntax", [files.EXPLICIT, files.IMPLICIT, files.JPEG_LS, files.JPEG_2000, files.RLE]
)
@pytest.mark.parametrize("long_header", [False, True])
def test_pixels(tmp_path, syntax, long_header):
    dataset = files.in_syntax(files.picture(0, size=128), syntax)
    if long_header:  # longer than what is read first
        dataset.ReferencedImageSequence = [pydicom.Dataset() for _ in range(2)]
        for one in dataset.ReferencedImageSequence:
            one.TextValue = "x" * 10000
        dataset["ReferencedImageSequence"].is_undefined_length = True
    path = tmp_path / "whole.dcm"
    dataset.save_as(path, enforce_file_format=True)
    size = path.stat().st_size
    assert not cut(path, size)
    assert [cut(path, size - less) for less in (1, 20, 300)] == [True, True, True]


def test_elements_behind_the_pixels_and_an_icon(tmp_path):
    dataset = files.picture(0)
    dataset.DataSetTrailingPadding = b"\0" * 50
    icon = pydicom.Dataset()
    icon.PixelData = b"\1" * 64
    icon["PixelData"].VR = "OB"
    dataset.IconImageSequence = [icon]
    path = tmp_path / "whole.dcm"
    dataset.save_as(path, enforce_file_format=True)
    size = path.stat().st_size
    assert not cut(path, size)
    assert not cut(path, size - 20)  # only of the padding
    assert cut(path, size - 63)


def test_without_pixels(tmp_path):
    (path,) = factories.write([factories.text_report()], tmp_path)
    size = Path(path).stat().st_size
    assert not cut(path, size)
    assert cut(path, size - 1)


@pytest.mark.filterwarnings("ignore")
def test_no_real_file_is_found_cut_off(shared_data):
    paths = sorted((shared_data / "ct-transfer-syntaxes").rglob("CT*"))
    paths += sorted((shared_data / "dcm_qa_enh").rglob("*.dcm"))
    assert len(paths) > 20
    assert [
        path
        for path in paths
        if is_cut_off(
            str(path), path.read_bytes()[:16384], offset_of(path), files.syntax_of(path) != files.IMPLICIT
        )
    ] == []
