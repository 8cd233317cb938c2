"""Invented and damaged files: the scanner agrees with pydicom or leaves them to it, without hanging."""

from __future__ import annotations

import io
import time
import tracemalloc
import warnings
import zlib
from pathlib import Path

import pydicom
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.indexing.decode import decoded, decoded_values
from DICOMLib.indexing.read import NEEDED_TAGS, read_header
from DICOMLib.indexing.scan import MAX_INFLATED_BYTES, Truncated, Unusual, WantedTags, scan
from DICOMLib.standard.tags import tag_text
from Testing import factories
from Testing.DICOMLib.indexing.test_scan import disagreements

FUZZ = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
DAMAGE = st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, bytes(4)]))
STARTS = st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\x00\x05\x00"])
SYNTAXES = (ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)

_text = st.text("abc XYZ0123^äöü-.", max_size=40)
_digits = st.integers(-9999, 9999).map(str)
# A tag of each VR, and values that a file may have there.
ELEMENTS: dict[tuple[int, str], st.SearchStrategy[object]] = {
    (0x00080008, "CS"): st.lists(st.sampled_from(["ORIGINAL", "AXIAL", "X"]), max_size=4),
    (0x00080020, "DA"): st.sampled_from(["20240101", "", "19000101"]),
    (0x00080030, "TM"): st.sampled_from(["101112", "10", ""]),
    (0x0008002A, "DT"): st.just("20240101101112.5"),
    (0x00080054, "AE"): st.sampled_from(["PACS", ""]),
    (0x0008103E, "LO"): _text,
    (0x00080050, "SH"): st.text("ab1", max_size=16),
    (0x00081140, "SQ"): st.integers(0, 3),
    (0x00100010, "PN"): _text,
    (0x00101010, "AS"): st.just("054Y"),
    (0x00102160, "SH"): _text.map(lambda text: text[:16]),
    (0x00180050, "DS"): _digits,
    (0x00181300, "DS"): st.lists(_digits, max_size=3),
    (0x00189074, "DT"): st.just("20240101"),
    (0x0018605A, "FL"): st.floats(-1e6, 1e6, width=32),
    (0x00186031, "CS"): st.just("A"),
    (0x00189087, "FD"): st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=3),
    (0x00200013, "IS"): _digits,
    (0x00204000, "LT"): st.text("abc äöü.", max_size=3000),
    (0x00280010, "US"): st.integers(0, 65535),
    (0x00280009, "AT"): st.sampled_from([0x00181063, [0x00181063, 0x00181065]]),
    (0x00287FE0, "UR"): st.just("http://localhost/a"),
    (0x00409225, "FD"): st.floats(-1e9, 1e9),
    (0x00091001, "LO"): _text,
    (0x00091002, "UN"): st.binary(max_size=300),
    (0x00091003, "OB"): st.binary(max_size=20_000).map(lambda raw: raw + bytes(len(raw) % 2)),
    (0x00091004, "UL"): st.integers(0, 2**32 - 1),
    (0x00091005, "SL"): st.integers(-(2**31), 2**31 - 1),
    (0x00091006, "UT"): st.text("xyz", max_size=500),
}


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """A CT image with elements that were drawn; sequences are nested as deep as there is patience."""
    (dataset,) = factories.ct_series(1, size=4, SpecificCharacterSet="ISO_IR 100")
    dataset.add_new(0x00090010, "LO", "FUZZ")
    for tag, vr in draw(st.lists(st.sampled_from(sorted(ELEMENTS)), max_size=14, unique=True)):
        value = draw(ELEMENTS[tag, vr])
        dataset.add_new(tag, vr, nested(value, draw(st.booleans())) if vr == "SQ" else value)
    return dataset


def nested(depth: object, undefined: bool) -> list[Dataset]:
    """A sequence in a sequence in a sequence."""
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2.3"
    assert isinstance(depth, int)
    if depth:
        item.ReferencedImageSequence = nested(depth - 1, not undefined)
        item["ReferencedImageSequence"].is_undefined_length = undefined
    return [item, Dataset()]


def written(dataset: Dataset, syntax: str, folder: Path, name: str) -> Path:
    dataset.file_meta.TransferSyntaxUID = syntax
    path = folder / name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path, enforce_file_format=True)
    return path


@FUZZ
@given(dataset=datasets(), syntax=st.sampled_from(SYNTAXES))
def test_invented_files_have_the_values_that_pydicom_reads(
    tmp_path: Path, dataset: Dataset, syntax: str
) -> None:
    path = written(dataset, syntax, tmp_path, "file.dcm")
    reread = pydicom.dcmread(path)
    assert list(disagreements(path, reread)) == []


@FUZZ
@given(
    dataset=datasets(),
    syntax=st.sampled_from(SYNTAXES),
    changes=st.lists(st.tuples(st.sampled_from(sorted(ELEMENTS)), st.data()), min_size=1, max_size=5),
)
def test_what_was_seen_before_changes_no_answer(
    tmp_path: Path, dataset: Dataset, syntax: str, changes: list[tuple[tuple[int, str], st.DataObject]]
) -> None:
    """The files of a series, each a little different, read with and without memory of the others."""
    tags = [*NEEDED_TAGS, "0010,0020", *(tag_text(tag) for tag, _vr in ELEMENTS)]
    remembering = WantedTags(tags)
    for number, ((tag, vr), data) in enumerate([*changes, *changes]):
        if vr != "SQ":
            dataset.add_new(tag, vr, data.draw(ELEMENTS[tag, vr]))
        dataset.InstanceNumber = number
        path = str(written(dataset, syntax, tmp_path, f"{number}.dcm"))
        fresh = WantedTags(tags)
        with_memory, without = (decoded(scan(path, one), one) for one in (remembering, fresh))
        assert with_memory.values == without.values
        assert with_memory.present == without.present
        assert with_memory.empty == without.empty
        if with_memory.base is not None:  # what is said to be shared is shared
            rest = with_memory.values.keys() - set(with_memory.changed)
            assert all(with_memory.base.get(name) == with_memory.values[name] for name in rest)
            assert with_memory.base.keys() - set(with_memory.changed) <= with_memory.values.keys()


def raw_elements(path: Path, tags: list[int]) -> dict[int, bytes] | None:
    """Value fields as pydicom finds them; None if it reads no such file to its end."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            dataset = pydicom.dcmread(path)
            found = {tag: dataset.get_item(tag) for tag in tags if tag in dataset}
            return {
                tag: element.value
                for tag, element in found.items()
                if element is not None and isinstance(element.value, bytes)
            }
    except Exception:  # noqa: BLE001  whatever pydicom cannot read is no oracle
        return None


@FUZZ
@given(dataset=datasets(), syntax=st.sampled_from((*SYNTAXES[:2], JPEGBaseline8Bit)), data=st.data())
def test_damaged_files_have_the_elements_that_pydicom_finds(
    tmp_path: Path, dataset: Dataset, syntax: str, data: st.DataObject
) -> None:
    if syntax == JPEGBaseline8Bit:
        dataset.PixelData = pydicom.encaps.encapsulate([b"1234"])
    path = written(dataset, syntax, tmp_path, "file.dcm")
    wanted = WantedTags([*NEEDED_TAGS, "0010,0010", "0018,0050", "0020,4000", "0009,1002", "0028,0010"])
    for _ in range(3):
        scan(str(path), wanted)  # so that its layout is known
    raw = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(132, len(raw) - 1))
        damage = data.draw(
            st.one_of(st.binary(min_size=1, max_size=8), st.sampled_from([b"\xff" * 4, bytes(4)]))
        )
        raw[place : place + len(damage)] = damage
    del raw[data.draw(st.one_of(st.just(len(raw)), st.integers(140, len(raw)))) :]
    path.write_bytes(raw)
    start = time.monotonic()
    try:
        header = scan(str(path), wanted)
    except (Unusual, Truncated):
        check_fallback(path, wanted)
        return
    finally:
        assert time.monotonic() - start < 60
    assert all(isinstance(text, str) for text in decoded_values(header, wanted).values())
    expected = raw_elements(path, list(wanted.names))
    if expected is None:
        return
    for tag, (vr, value) in header.elements.items():
        if tag in expected and vr not in (b"SQ", b"UN"):
            assert value == expected[tag], tag_text(tag)


def check_fallback(path: Path, wanted: WantedTags) -> None:
    """What the scanner does not read becomes a reason or values, nothing else."""
    try:
        header = read_header(str(path), wanted)
    except InvalidDICOM:
        return
    assert all(isinstance(text, str) for text in decoded_values(header, wanted).values())


@FUZZ
@given(
    content=st.binary(max_size=600), prefix=st.sampled_from([b"", bytes(128) + b"DICM", b"\x08\x00\x05\x00"])
)
def test_any_bytes_are_a_file_or_a_reason(tmp_path: Path, content: bytes, prefix: bytes) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(prefix + content)
    check_fallback(path, WantedTags(NEEDED_TAGS))


@pytest.mark.parametrize("wanted", [NEEDED_TAGS, (*NEEDED_TAGS, "0020,4000", "FFFC,FFFC")])
def test_a_deflated_bomb_takes_little_memory(tmp_path: Path, wanted: tuple[str, ...]) -> None:
    dataset = factories.instance()
    path = written(dataset, DeflatedExplicitVRLittleEndian, tmp_path, "bomb.dcm")
    raw = path.read_bytes()
    meta_end = 144 + int.from_bytes(raw[140:144], "little")
    body = zlib.decompress(raw[meta_end:], -zlib.MAX_WBITS)
    size = 200 << 20
    deflater, packed = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS), io.BytesIO()
    packed.write(deflater.compress(body + b"\xe0\x7f\x10\x00OW\0\0" + size.to_bytes(4, "little")))
    for _ in range(size >> 20):
        packed.write(deflater.compress(bytes(1 << 20)))
    packed.write(deflater.flush())
    path.write_bytes(raw[:meta_end] + packed.getvalue())
    tracemalloc.start()
    try:
        values = decoded_values(scan(str(path), tags := WantedTags(wanted)), tags)
        assert values["0020,000D"] == str(dataset.StudyInstanceUID)
    except Unusual:
        pytest.fail("a deflated file is left to pydicom, which inflates all of it")
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 3 * MAX_INFLATED_BYTES
