"""The header scanner: its values are those of pydicom, and no file makes it crash."""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian

from DICOMLib.indexing.decode import decoded_values
from DICOMLib.indexing.read import NEEDED_TAGS, read_header
from DICOMLib.indexing.scan import Truncated, Unusual, WantedTags, scan
from DICOMLib.standard.tags import tag_text
from Testing import factories

PYDICOM_DATA = Path(pydicom.__file__).parent / "data"
PIXEL_DATA = 0x7FE00010
# pydicom reads until the end of the file what it does not find before; longer values are not compared.
MAX_COMPARED = 60000


def scanned(path: str | Path, *tags: str) -> dict[str, str]:
    wanted = WantedTags(tags)
    return decoded_values(scan(str(path), wanted), wanted)


def text_by_pydicom(element: pydicom.DataElement) -> str:
    """The value as pydicom understands it, in the form of the database."""
    if element.VR == "SQ" or element.value is None or isinstance(element.value, bytes):
        return ""
    if element.VR in ("LT", "ST", "UT"):  # one value, whose leading spaces count (PS3.5 table 6.2-1)
        return str(element.value).rstrip(" \0")
    digits = {"FL": 9, "FD": 17}.get(element.VR)
    values = element.value if element.VM > 1 else [element.value]
    texts = [f"{value:.{digits}g}" if digits and value != "" else str(value) for value in values]
    text = "\\".join(texts).lower() if element.VR == "AT" else "\\".join(texts)
    return "\\".join(value.strip(" \0") for value in text.split("\\"))


def dataset_by_pydicom(path: Path) -> Dataset | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path)
            len([element for element in dataset if element.tag.group != 2])
            return dataset
    except Exception:  # noqa: BLE001  whatever pydicom cannot read is no oracle
        return None


def disagreements(path: Path, dataset: Dataset) -> Iterator[tuple[str, str, str]]:
    """(tag, our text, pydicom's text) where they differ."""
    elements = [element for element in dataset if element.tag.group != 2 and element.tag.element]
    wanted = WantedTags(tag_text(element.tag) for element in elements)
    values = decoded_values(scan(str(path), wanted), wanted)
    for element in elements:
        if element.tag == PIXEL_DATA:
            continue
        expected = text_by_pydicom(element)
        if element.VR == "PN":
            expected = expected.rstrip("=")
        found = values.get(tag_text(element.tag), "")
        if element.VR == "PN":
            found = found.rstrip("=")
        if found != expected and len(expected) < MAX_COMPARED:
            yield tag_text(element.tag), found, expected


def compare_all(files: list[Path]) -> int:
    """Compare every value of every file that both can read; returns the number of files."""
    compared = 0
    for path in files:
        dataset = dataset_by_pydicom(path)
        if dataset is None:
            continue
        try:
            differing = list(disagreements(path, dataset))
        except (Unusual, Truncated):
            continue
        assert not differing, path.name
        compared += 1
    return compared


def test_values_are_those_of_pydicom_over_its_own_files() -> None:
    files = sorted(path for path in PYDICOM_DATA.rglob("*") if path.is_file())
    assert compare_all(files) > 60


def test_values_are_those_of_pydicom_over_real_files(shared_data: Path) -> None:
    files = sorted(path for path in shared_data.rglob("*") if path.is_file() and "_ref" not in path.parts)
    assert compare_all(files[::2]) > 500


@pytest.mark.parametrize("write", [factories.write, factories.write_implicit])
def test_a_header_as_scanners_write_it(tmp_path: Path, write) -> None:
    dataset = factories.scanner_header(factories.ct_series(1)[0])
    (path,) = write([dataset], tmp_path)

    values = scanned(path, "0008,0080", "0010,0010", "0018,0060", "0028,0010", "0028,1050", "0009,1001")

    assert values == {
        "0008,0080": "University Hospital Zürich",
        "0010,0010": "Doe^Jane",
        "0018,0060": "120",
        "0028,0010": "8",
        "0028,1050": "40\\-600",
        "0009,1001": "private 1",
    }


def test_lower_case_tags_are_given_back_in_upper_case(tmp_path: Path) -> None:
    (path,) = factories.write([factories.instance()], tmp_path)
    assert scanned(path, "0008,103e") == {"0008,103E": "Axial"}


def test_where_the_pixels_lie(tmp_path: Path) -> None:
    dataset = factories.ct_series(3)[2]
    (path,) = factories.write([dataset], tmp_path)

    header = scan(path, WantedTags(["7FE0,0010"]))

    assert header.pixel_length == 128
    raw = Path(path).read_bytes()
    assert raw[header.pixel_offset : header.pixel_offset + 128] == dataset.PixelData
    assert header.elements[PIXEL_DATA] == (b"OW", b"")


def test_elements_behind_the_pixels_are_found(tmp_path: Path) -> None:
    dataset = factories.ct_series(1)[0]
    dataset.add_new(0x7FE10010, "LO", "creator")
    (path,) = factories.write([dataset], tmp_path)
    assert scanned(path, "7FE1,0010") == {"7FE1,0010": "creator"}


def test_sequences_of_undefined_length_are_passed(tmp_path: Path) -> None:
    dataset = factories.scanner_header(factories.instance())
    for sequence in (element for element in dataset.iterall() if element.VR == "SQ"):
        sequence.is_undefined_length = True
        for item in sequence.value:
            item.is_undefined_length_sequence_item = True
    for write in (factories.write, factories.write_implicit):
        (path,) = write([dataset], tmp_path)
        assert scanned(path, "0020,000D", "0008,1140") == {"0020,000D": str(dataset.StudyInstanceUID)}


def test_a_header_longer_than_the_first_read(tmp_path: Path) -> None:
    dataset = factories.instance(ImageComments="a long story " * 700)
    dataset.add_new(0x00091001, "OB", bytes(40_000))
    (path,) = factories.write([dataset], tmp_path)
    values = scanned(path, "0020,000D", "0020,4000", "0009,1001")
    assert values == {
        "0020,000D": str(dataset.StudyInstanceUID),
        "0020,4000": ("a long story " * 700).rstrip(),
    }


def test_a_value_of_megabytes_is_not_taken(tmp_path: Path) -> None:
    dataset = factories.instance()
    dataset.add_new(0x00204000, "UT", "x" * 3_000_000)
    (path,) = factories.write([dataset], tmp_path)
    assert scanned(path, "0020,4000", "0010,0020") == {"0010,0020": "P1"}


def test_signed_or_unsigned_as_the_pixels_are(tmp_path: Path) -> None:
    for signed, expected in ((1, "-2000"), (0, "63536")):
        dataset = factories.ct_series(1, PixelRepresentation=signed)[0]
        dataset.add_new(0x00280120, "SS" if signed else "US", -2000 if signed else 63536)
        (path,) = factories.write_implicit([dataset], tmp_path)
        assert scanned(path, "0028,0120") == {"0028,0120": expected}


def test_private_elements_of_implicit_files_by_the_dictionary_of_their_maker(tmp_path: Path) -> None:
    dataset = factories.instance()
    dataset.private_block(0x0043, "GEMS_PARM_01", create=True).add_new(0x39, "IS", [1000, 8])
    (path,) = factories.write_implicit([dataset], tmp_path)
    assert scanned(path, "0043,0010", "0043,1039") == {"0043,0010": "GEMS_PARM_01", "0043,1039": "1000\\8"}


def test_values_of_unknown_vr_are_read_as_the_standard_says(tmp_path: Path) -> None:
    (path,) = factories.write([factories.instance()], tmp_path)
    raw = Path(path).read_bytes()
    patient_id = struct.pack("<HH2sH", 0x0010, 0x0020, b"LO", 2) + b"P1"
    unknown = struct.pack("<HH2sHI", 0x0010, 0x0020, b"UN", 0, 2) + b"P1"
    assert raw.count(patient_id) == 1
    Path(path).write_bytes(raw.replace(patient_id, unknown))
    assert scanned(path, "0010,0020") == {"0010,0020": "P1"}


def test_big_endian_is_left_to_pydicom(tmp_path: Path) -> None:
    (path,) = factories.write([factories.instance()], tmp_path, transfer_syntax=ExplicitVRBigEndian)
    wanted = WantedTags([*NEEDED_TAGS, "0010,0010"])
    with pytest.raises(Unusual):
        scan(path, wanted)
    assert decoded_values(read_header(path, wanted), wanted)["0010,0010"] == "Doe^Jane"


def test_private_encodings_are_left_to_pydicom(tmp_path: Path) -> None:
    (path,) = factories.write([factories.instance()], tmp_path)
    raw = Path(path).read_bytes()
    Path(path).write_bytes(raw.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.113619.5.2\0\0"))
    with pytest.raises(Unusual):
        scan(path, WantedTags(NEEDED_TAGS))


def test_deflated_datasets_are_inflated(tmp_path: Path) -> None:
    (path,) = factories.write(
        [factories.scanner_header(factories.instance())],
        tmp_path,
        transfer_syntax=DeflatedExplicitVRLittleEndian,
    )
    assert scanned(path, "0010,0010", "0018,0060") == {"0010,0010": "Doe^Jane", "0018,0060": "120"}


@pytest.mark.parametrize("write", [factories.write, factories.write_implicit])
def test_a_file_cut_off_inside_an_element_is_truncated(tmp_path: Path, write) -> None:
    (path,) = write([factories.ct_series(1, size=16)[0]], tmp_path)
    raw = Path(path).read_bytes()
    for cut in (len(raw) - 1, len(raw) - 300, 400, 150, 140):
        Path(path).write_bytes(raw[:cut])
        with pytest.raises(Truncated):
            scan(path, WantedTags(NEEDED_TAGS))


def test_a_file_that_ends_where_its_meta_information_should_begin(tmp_path: Path) -> None:
    """Also after other files have shown how meta information looks."""
    for path in factories.write(factories.ct_series(3), tmp_path):
        scan(path, WantedTags(NEEDED_TAGS))
    cut = tmp_path / "cut.dcm"
    cut.write_bytes(bytes(128) + b"DICM\x02\0\0\0UL\x04\0" + bytes(4))
    with pytest.raises(Unusual):
        scan(str(cut), WantedTags(NEEDED_TAGS))


@pytest.mark.parametrize("sender", ["STORESCU", "ME", ""])
def test_meta_information_like_that_of_files_before_is_not_walked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sender: str
) -> None:
    """However short its last value is, here the AE title of the sender."""
    for number, dataset in enumerate(factories.ct_series(6)):
        dataset.file_meta.SourceApplicationEntityTitle = sender
        (path,) = factories.write([dataset], tmp_path)
        if number == 3:
            monkeypatch.setattr("DICOMLib.indexing.scan._Scan._meta_uids", None)
        header = scan(path, WantedTags(NEEDED_TAGS))
        assert header.media_class == "1.2.840.10008.5.1.4.1.1.2"


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_makes_it_crash(tmp_path: Path, data: st.DataObject) -> None:
    dataset = factories.scanner_header(factories.ct_series(1)[0])
    implicit = data.draw(st.booleans())
    (path,) = (factories.write_implicit if implicit else factories.write)([dataset], tmp_path)
    raw = bytearray(Path(path).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(128, len(raw) - 8))
        damage = data.draw(st.binary(min_size=1, max_size=8))
        raw[place : place + len(damage)] = damage
    del raw[data.draw(st.integers(140, len(raw))) :]
    Path(path).write_bytes(raw)
    wanted = WantedTags([*NEEDED_TAGS, "0010,0010", "0018,0060", "0043,1001", "7FE0,0010"])
    try:
        values = decoded_values(scan(path, wanted), wanted)
    except (Unusual, Truncated):
        return
    assert all(isinstance(text, str) for text in values.values())
