"""Headers by the quick scan and by pydicom say the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.mrml.images.image_header import read_image_header
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml


def test_values(tmp_path):
    dataset = image((1.5, -2.0, 30.0), SpacingBetweenSlices=2.5, RescaleSlope="2", RescaleIntercept="-1024.5")
    (path,) = write([dataset], tmp_path)
    header = read_image_header(path)
    assert (header.rows, header.columns, header.frames, header.samples) == (4, 5, 1, 1)
    assert (header.bits_allocated, header.bits_stored, header.high_bit, header.signed) == (16, 16, 15, True)
    assert (header.slope, header.intercept, header.slice_spacing) == (2.0, -1024.5, 2.5)
    assert (header.position, header.pixel_spacing) == ("1.5\\-2.0\\30.0", "2.0\\0.5")
    assert header.pixel_length == header.frame_bytes == 40
    assert Path(path).read_bytes()[header.pixel_offset :][:4] == b"\0\0\1\0"
    assert header.is_native


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_other_syntaxes_give_the_same_values(tmp_path, syntax):
    attributes = {"SOPInstanceUID": "1.2.9"}
    (plain,) = write([image(**attributes)], tmp_path / "plain")
    (other,) = write([image(TransferSyntaxUID=syntax, **attributes)], tmp_path / "other")
    same = {"path": "", "transfer_syntax": "", "pixel_offset": 0, "pixel_length": 0}
    headers = [read_image_header(path)._replace(**same) for path in (plain, other)]
    assert headers[0] == headers[1]


def test_what_cannot_be_copied_from_the_file_is_not_native(tmp_path):
    dataset = image(TransferSyntaxUID=ExplicitVRBigEndian)
    (path,) = write([dataset], tmp_path)
    header = read_image_header(path)
    assert header.rows == 4
    assert not header.is_native


def test_imager_spacing_where_there_is_no_pixel_spacing(tmp_path):
    (path,) = write([image(PixelSpacing=None, ImagerPixelSpacing=[0.2, 0.3])], tmp_path)
    assert read_image_header(path).pixel_spacing == "0.2\\0.3"


def test_no_image(tmp_path):
    path = tmp_path / "text.dcm"
    path.write_text("no DICOM at all")
    with pytest.raises(InvalidDICOM):
        read_image_header(str(path))
    (path,) = write([image(Rows=None)], tmp_path)
    with pytest.raises(InvalidDICOM):
        read_image_header(path)
