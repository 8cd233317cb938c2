"""A header that is recognised is what reading it would give, whatever differs."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from DICOMLib.core.errors import DICOMError
from DICOMLib.mrml.images import known_headers
from DICOMLib.mrml.images.image_header import ImageHeader, read_image_header
from DICOMLib.mrml.images.known_headers import KnownHeaders
from DICOMLib.mrml.images.voxels import voxels_of
from DICOMLib.mrml.volumes.volume import read_volume
from Testing.image_series import image, write

pytestmark = pytest.mark.mrml


@pytest.fixture
def scanned(monkeypatch) -> list[str]:
    """Paths of the headers that are not recognised but read."""
    paths = []

    def counted(path: str, descriptor: int) -> ImageHeader:
        paths.append(path)
        return read_image_header(path, descriptor)

    monkeypatch.setattr(known_headers, "read_image_header", counted)
    return paths


def series(heights: Sequence[float], **attributes) -> list[Dataset]:
    """Slices with a nested sequence, of defined length unless it is told otherwise; UIDs of one length."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3.4.5"
    return [
        image(
            (0, 0, height),
            **{
                "InstanceNumber": number,
                "SOPInstanceUID": f"1.2.3.{1000 + number}",
                "ReferencedImageSequence": [item],
                **attributes,
            },
        )
        for number, height in enumerate(heights)
    ]


def read(known: KnownHeaders, path: str) -> ImageHeader | str:
    """The header, or the kind of what is raised."""
    with io.FileIO(path) as file:
        try:
            return known.read(path, file)
        except DICOMError as error:
            return type(error).__name__


def read_afresh(path: str) -> ImageHeader | str:
    try:
        return read_image_header(path)
    except DICOMError as error:
        return type(error).__name__


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_slices_of_a_series(tmp_path, scanned, syntax):
    paths = write(series(np.arange(10, 20) + 0.5, TransferSyntaxUID=syntax), tmp_path)
    known = KnownHeaders()
    headers = [read(known, path) for path in paths]
    assert headers == [read_image_header(path) for path in paths]
    assert [header.position for header in headers[:2]] == ["0.0\\0.0\\10.5", "0.0\\0.0\\11.5"]
    assert scanned == paths[:1]


def test_values_of_other_lengths_are_another_layout(tmp_path, scanned):
    heights = [8.0, 10.25, 9.0, 11.25, 7.0, 12.25]
    paths = write(series(heights), tmp_path)
    known = KnownHeaders()
    assert [read(known, path) for path in paths] == [read_image_header(path) for path in paths]
    assert scanned == paths[:2]  # of 11 and 13 characters; both are remembered


@pytest.mark.parametrize(("undefined", "step"), [(False, 1), (True, 3)])
def test_a_byte_that_differs_anywhere(tmp_path, undefined, step):
    """Each byte of the header in turn becomes another one."""
    first, second = series([1.5, 2.5])
    for dataset in (first, second):
        dataset["ReferencedImageSequence"].is_undefined_length = undefined
    paths = write([first, second], tmp_path)
    known = KnownHeaders()
    read(known, paths[0])
    content = Path(paths[1]).read_bytes()
    offset = read_image_header(paths[1]).pixel_offset
    changed = tmp_path / "changed.dcm"
    numbers = random.Random(1)
    for place in range(128, offset, step):
        new = numbers.choice([value for value in (0, 1, 2, 32, 49, 255) if value != content[place]])
        changed.write_bytes(content[:place] + bytes([new]) + content[place + 1 :])
        known._patience = 8
        assert read(known, str(changed)) == read_afresh(str(changed)), f"byte {place} is {new}"


def test_an_element_more_where_the_length_is_the_same(tmp_path):
    plain = image(SeriesDescription="x" * 20, SOPInstanceUID="1.2.9")
    # 8 bytes of header and "-2" less of the description
    more = image(SeriesDescription="x" * 10, SOPInstanceUID="1.2.9", RescaleIntercept="-2")
    paths = write([plain, more], tmp_path)
    assert len({Path(path).stat().st_size for path in paths}) == 1
    known = KnownHeaders()
    assert [read(known, path).intercept for path in paths] == [0, -2]


def test_a_series_in_which_no_header_is_like_another(tmp_path, scanned):
    paths = write([image(RescaleSlope=str(slope)) for slope in range(100, 130)], tmp_path)
    known = KnownHeaders()
    assert [read(known, path).slope for path in paths] == list(range(100, 130))
    assert scanned == paths
    assert len(known._known) == 4


def test_a_volume_of_recognised_files(tmp_path, scanned):
    datasets = series([0.0, 2.5, 5.0], RescaleIntercept="-1024")
    for number, dataset in enumerate(datasets):
        dataset.PixelData = np.full(20, 100 * number, np.int16).tobytes()
    paths = write(datasets, tmp_path)
    volume = read_volume(paths)
    assert voxels_of(volume.image).reshape(3, 20)[:, 7].tolist() == [-1024, -924, -824]
    assert volume.ijk_to_ras[:3, 2].tolist() == [0, 0, 2.5]
    assert len(scanned) < 3


def test_a_recognised_file_without_all_its_pixels(tmp_path):
    paths = write(series([0.0, 1.0, 2.0]), tmp_path)
    with Path(paths[2]).open("r+b") as file:
        file.truncate(Path(paths[2]).stat().st_size - 6)
    with pytest.raises(DICOMError, match=r"truncated|decoded|expected"):
        read_volume(paths)
