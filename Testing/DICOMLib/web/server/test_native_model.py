"""Metadata as XML (PS3.19 section A.1), against dcm2xml of DCMTK and by hand."""

from __future__ import annotations

import base64
import email
import email.policy
import shutil
import subprocess
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pydicom
import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset

from DICOMLib.database import Database
from DICOMLib.web.server.json_model import Header
from DICOMLib.web.server.native_model import native_model
from DICOMLib.web.server.origin_server import OriginServer
from Testing.DICOMLib.web.server.files import ENCODINGS, MULTI, SERIES, STUDY, SYNTAX_STUDY
from Testing.factories import ct_series, uid

pytestmark = pytest.mark.network
XML = 'multipart/related; type="application/dicom+xml"'
NAME = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
Value = tuple[object, ...]


def parts_of(answer: requests.Response) -> list[email.message.Message]:
    """The parts, as the library of Python reads them."""
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + answer.content, policy=email.policy.HTTP)
    assert not message.defects
    return list(message.iter_parts())


def ask(server: OriginServer, path: str, accept: str = XML) -> requests.Response:
    return requests.get(f"{server.url}{path}/metadata", headers={"Accept": accept}, timeout=30)


def read(document: bytes) -> Element:
    root = fromstring(document)
    assert root.tag == f"{NAME}NativeDicomModel"
    return root


def plain(node: Element) -> dict[str, Value]:
    """What a document says, with numbers as numbers, and without what is bulk data of one side only."""
    found = {}
    for attribute in node:
        vr, is_number = attribute.get("vr"), attribute.get("vr") in ("FL", "FD")
        content: list[object] = [
            float(f"{float(one.text or 'nan'):.6g}") if is_number else (one.get("number"), one.text or "")
            for one in attribute.findall(f"{NAME}Value")
        ]
        content += [plain(item) for item in attribute.findall(f"{NAME}Item")]
        content += [
            one.text for one in attribute.findall(f"{NAME}InlineBinary") if len(one.text or "") < 1400
        ]
        for name in attribute.findall(f"{NAME}PersonName"):
            content += [(part.tag, part.text) for part in name.iter() if not len(part)]
        creator = attribute.get("privateCreator")
        found[f"{attribute.get('tag')} {creator or ''}"] = (vr, attribute.get("keyword"), *content)
    return found


def odd() -> Dataset:
    """A dataset with all kinds of values."""
    [dataset] = ct_series(1)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.PatientName = "Doe^Jane^M.^Dr.^Jr.=山田^太郎=やまだ^たろう"
    dataset.OtherPatientNames = ["One^A", "Two"]
    dataset.ImageType = ["ORIGINAL", "", "AXIAL"]
    dataset.PatientComments = 'a < b & "c"\r\nd'
    dataset.PixelSpacing = ["0.500", "1.50e0"]
    dataset.FrameIncrementPointer = [0x00180050, 0x00181063]
    dataset.RecommendedDisplayFrameRateInFloat = 0.1
    dataset.RealWorldValueIntercept = 1e-7
    block = dataset.private_block(0x0009, "ACME 1.1", create=True)
    block.add_new(1, "LO", "secret")
    block.add_new(2, "UN", b"\1\2")
    item = Dataset()
    item.CodeValue = "1"
    dataset.ReferencedImageSequence = [item, Dataset()]
    dataset.ReferencedStudySequence = []
    return dataset


@pytest.fixture
def path(tmp_path: Path) -> Path:
    odd().save_as(tmp_path / "odd.dcm", enforce_file_format=True)
    return tmp_path / "odd.dcm"


def by_dcmtk(path: Path) -> bytes:
    command = ["dcm2xml", "--native-format", "--use-xml-namespace", "--encode-base64", str(path)]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.mark.skipif(not shutil.which("dcm2xml"), reason="needs dcm2xml of DCMTK")
def test_as_dcmtk_writes_it(path: Path) -> None:
    ours, theirs = plain(read(native_model(Header(str(path)), "u"))), plain(read(by_dcmtk(path)))
    assert ours.pop("7FE00010 ") == theirs.pop("7FE00010 ")[:2] == ("OW", "PixelData")  # told by URL
    assert ours == theirs
    assert ours["00090001 ACME 1.1"] == ("LO", None, ("1", "secret"))


@pytest.mark.skipif(not shutil.which("dcm2xml"), reason="needs dcm2xml of DCMTK")
@pytest.mark.parametrize("name", ENCODINGS)
def test_all_encodings_as_dcmtk(server: OriginServer, files: dict[str, Path], name: str) -> None:
    sop = str(uid(name, 0))
    [part] = parts_of(ask(server, f"/studies/{SYNTAX_STUDY}/series/{uid(name)}/instances/{sop}"))
    ours, theirs = plain(read(part.get_content())), plain(read(by_dcmtk(files[sop])))
    for one in (ours, theirs):
        assert one.pop("7FE00010 ")[1] == "PixelData"
    assert ours == theirs


def test_values_by_hand(path: Path) -> None:
    root = read(native_model(Header(str(path)), "http://x/i"))
    texts = {
        one.get("keyword"): [value.text for value in one.findall(f"{NAME}Value")]
        for one in root.findall(f"{NAME}DicomAttribute")
    }
    assert texts["PixelSpacing"] == ["0.500", "1.50e0"]  # as the file has them
    assert texts["PatientComments"] == ['a < b & "c"\r\nd']
    assert texts["FrameIncrementPointer"] == ["00180050", "00181063"]
    assert texts["ImageType"] == ["ORIGINAL", None, "AXIAL"]
    [uri] = [node.get("uri") for node in root.iter(f"{NAME}BulkData")]
    assert uri == "http://x/i/bulkdata/7FE00010"


def test_what_no_xml_can_hold(tmp_path: Path) -> None:
    [dataset] = ct_series(1)
    dataset.StudyDescription = "a\x01b\x0bc"
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    content = native_model(Header(str(tmp_path / "a.dcm")), "")
    assert "a\ufffdb\ufffdc" in [node.text for node in read(content).iter()]


def test_a_study_has_one_document_for_each_instance(server: OriginServer, files: dict[str, Path]) -> None:
    answer = ask(server, f"/studies/{STUDY}")
    assert answer.headers["Content-Type"].startswith(f"{XML}; boundary=")
    parts = parts_of(answer)
    assert {part.get_content_type() for part in parts} == {"application/dicom+xml"}
    found = [plain(read(part.get_content()))["00080018 "][2] for part in parts]
    expected = {sop for sop, file in files.items() if pydicom.dcmread(file).StudyInstanceUID == STUDY}
    assert {sop for _number, sop in found} == expected
    assert len(found) == len(expected) == 4
    sop = str(uid("series", 0))
    places = [part["Content-Location"] for part in parts]
    assert f"{server.url}/studies/{STUDY}/series/{SERIES}/instances/{sop}/metadata" in places


def test_texts_become_utf_8(server: OriginServer) -> None:
    [first, _second] = parts_of(ask(server, f"/studies/{uid('study 2')}"))
    values = plain(read(first.get_content()))
    assert values["00080005 "][2:] == (("1", "ISO_IR 192"),)
    assert (f"{NAME}FamilyName", "Müller") in values["00100010 "]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (XML, "multipart/related"),
        ("multipart/related; type=application/*", "multipart/related"),
        (f"application/dicom+json;q=0.5, {XML}", "multipart/related"),
        (f"{XML};q=0.5, application/json", "application/dicom+json"),
        ("*/*", "application/dicom+json"),
        ("", "application/dicom+json"),
        ("application/xml", None),
        ('multipart/related; type="application/dicom"', None),
    ],
)
def test_accept_chooses(server: OriginServer, accept: str, media_type: str | None) -> None:
    series = f"/studies/{SYNTAX_STUDY}/series/{uid('multi')}"
    answer = ask(server, f"{series}/instances/{MULTI}", accept)
    assert answer.status_code == (200 if media_type else 406)
    if media_type:
        assert answer.headers["Content-Type"].partition(";")[0] == media_type


def test_bulk_data_can_be_had(store: tuple[OriginServer, Database]) -> None:
    """What is told by URL, below sequences too, is there; what is short is told itself."""
    server, _database = store
    [dataset] = ct_series(1)
    item = Dataset()
    item.EncapsulatedDocument = bytes([1]) * 2000
    dataset.ReferencedImageSequence = [Dataset(), item]
    dataset.ICCProfile = bytes([2]) * 100
    DICOMwebClient(server.url).store_instances([dataset])
    root = read(parts_of(ask(server, f"/studies/{STUDY}"))[0].get_content())
    [below, _pixels] = [str(node.get("uri")) for node in root.iter(f"{NAME}BulkData")]
    assert below.endswith("/bulkdata/00081140/1/00420011")
    alone = requests.get(below, headers={"Accept": "application/octet-stream"}, timeout=10)
    assert alone.content == bytes([1]) * 2000
    [inline] = [node.text for node in root.iter(f"{NAME}InlineBinary")]
    assert base64.b64decode(str(inline)) == bytes([2]) * 100
