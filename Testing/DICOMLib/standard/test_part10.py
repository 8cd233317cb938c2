"""Files without preamble or file meta information, against the complete ones from which they were made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.errors import InvalidDicomError
from pydicom.pixels.utils import pixel_array

from DICOMLib.standard.part10 import pixel_source, read_file, start_of_file, starts_like_dicom
from DICOMLib.standard.preview import preview
from Testing.DICOMLib.network import files


@pytest.mark.parametrize("number", range(4))
def test_it_is_read_as_if_it_were_complete(tmp_path: Path, number: int) -> None:
    path = files.write_bare(tmp_path)[number]
    source = files.picture(number, "bare")
    found = read_file(path)
    syntax = (*files.BARE, files.EXPLICIT)[number]
    assert found.file_meta.TransferSyntaxUID == syntax
    assert found.SOPInstanceUID == source.SOPInstanceUID
    assert found.PatientName == source.PatientName
    assert np.array_equal(found.pixel_array, source.pixel_array)
    assert np.array_equal(pixel_array(pixel_source(path), raw=True), source.pixel_array)
    assert preview(path, 32) is not None
    assert "PixelData" not in read_file(path, stop_before_pixels=True)
    some = read_file(path, tags=["Modality"])
    assert (some.Modality, "PatientName" in some) == ("CT", False)


def test_where_the_data_set_begins(tmp_path: Path) -> None:
    bare = files.write_bare(tmp_path / "bare")
    assert [start_of_file(path)[:] for path in bare[:3]] == [(0, False)] * 3
    (complete,) = files.write_all(tmp_path, (files.EXPLICIT,))
    offset = len(Path(complete).read_bytes()) - len(files.data_set(complete))
    assert start_of_file(complete) == (offset, True)
    assert start_of_file(bare[3]).is_complete is False
    assert start_of_file(bare[3]).offset == len(Path(bare[3]).read_bytes()) - len(files.data_set(complete))


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\3\4" + bytes(200), bytes(400), b"x" * 4000])
def test_what_is_none_is_not_forced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    assert not starts_like_dicom(content[:132])
    with pytest.raises(InvalidDicomError):
        read_file(path)


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("rtstruct.dcm", files.IMPLICIT),
        ("ExplVR_LitEndNoMeta.dcm", files.EXPLICIT),
        ("ExplVR_BigEndNoMeta.dcm", files.BIG_ENDIAN),
    ],
)
def test_real_files(shared_data: Path, name: str, syntax: str) -> None:
    (path,) = (shared_data / "pydicom").rglob(name)
    found = read_file(path)
    forced = pydicom.dcmread(path, force=True)
    assert found.file_meta.TransferSyntaxUID == syntax
    assert found == forced
