"""Identity hidden wherever a file has room for it; the bytes of the copies are searched for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest
from pydicom.datadict import DicomDictionary
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRBigEndian, ImplicitVRLittleEndian

from DICOMLib.core.jobs import run
from DICOMLib.deidentification import OPTIONS, IdentityMap, Profile, deidentify
from DICOMLib.deidentification.table import option_columns
from Testing import factories
from Testing.deidentified_copies import copies, deidentified

NAME, ID, BORN, DOCTOR, PLACE = (
    "Quagmire^Glenn",
    "QX-90817",
    "19610203",
    "Zoidberg^John=ズ^医",
    "Planet Express",
)
SECRETS = (
    "quagmire",
    "glenn",
    "qx-90817",
    "19610203",
    "03.02.1961",
    "1961-02-03",
    "zoidberg",
    "医",
    "planet ex",
)
TELLING = "Quagmire, Glenn (QX-90817), born 03.02.1961, seen by Dr. Zoidberg at Planet Express"
IDENTITY = {
    "PatientName": NAME,
    "PatientID": ID,
    "PatientBirthDate": BORN,
    "ReferringPhysicianName": DOCTOR,
    "InstitutionName": PLACE,
    "SpecificCharacterSet": "ISO_IR 192",
    "StudyDate": "20240115",
}
LONGEST = {"AE": 16, "SH": 16, "LO": 64}
# Kept as they are, see Resources/Docs/deidentification.md: code strings, codes, and what programs read.
LEFT = {
    "CodeValue", "LongCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "Manufacturer",
    "ManufacturerModelName", "SoftwareVersions", "RescaleType", "MIMETypeOfEncapsulatedDocument",
    "CodingSchemeURL", "URNCodeValue", "SpecificCharacterSet",
}  # fmt: skip
ALL_OPTIONS = tuple(sorted(OPTIONS.keys() - {"retain-dates", "retain-uids"}))


def found_in(report):
    """Secrets in the bytes of the copies and in their names, as text of any of the usual encodings."""
    found = set()
    for _original, path in report.written:
        data = Path(path).read_bytes()
        for encoding in ("utf-8", "latin-1", "utf-16-le"):
            text = data.decode(encoding, "ignore").casefold()
            found |= {(secret, path) for secret in SECRETS if secret in text}
        found |= {(secret, path) for secret in SECRETS if secret in path.casefold()}
    return found


def filled_with(text, vrs, options=()):
    """A text in all attributes of the dictionary that have one of the VRs, but in those that are retained."""
    dataset = Dataset()
    for tag, (vr, _vm, _name, _retired, keyword) in DicomDictionary.items():
        retained = "K" in {option_columns().get(tag, {}).get(option) for option in options}
        known = keyword and keyword not in LEFT and tag >> 16 not in (0x0000, 0x0002, 0x0004)
        if vr in vrs and known and not retained:
            valid = {"PN": NAME, "UR": f"https://planet.example/{ID}/Quagmire"}
            dataset.add_new(tag, vr, valid.get(vr, text[: LONGEST.get(vr, 1000)]))
    return dataset


@pytest.mark.parametrize("options", [(), ALL_OPTIONS, (*ALL_OPTIONS, "retain-uids")])
def test_every_text_of_the_dictionary(tmp_path, options):
    """At the top, in sequences of each kind that is descended into, and in private sequences."""
    text_vrs = {"AE", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}
    image = factories.ct_series(1, "ct")[0]
    image.update(filled_with(TELLING, text_vrs, options))
    for keyword in ("AnatomicRegionSequence", "RequestAttributesSequence", "ReferencedImageSequence"):
        setattr(image, keyword, [filled_with(TELLING, text_vrs, options)])
    image.private_block(0x0029, "SPY", create=True).add_new(1, "SQ", [filled_with(TELLING, {"LO"})])
    for keyword, value in IDENTITY.items():
        setattr(image, keyword, value)
    (path,) = factories.write([image], tmp_path / "in")
    found = {secret for secret, _path in found_in(deidentified([path], tmp_path / "out", *options))}
    assert found == ({"planet ex"} if "retain-institution" in options else set())


def nested(depth, leaf):
    item = leaf
    for _ in range(depth):
        outer = Dataset()
        outer.ContentSequence = [item]
        item = outer
    return item


def image_full_of_identity():
    image = factories.ct_series(1, "ct", **IDENTITY)[0]
    image.StudyDescription, image.SeriesDescription = "Head_QUAGMIRE_2", "GlennQuagmire chest 1961-02-03"
    image.PatientComments = image.ImageComments = TELLING
    image.OtherPatientIDsSequence = [filled_with(TELLING, {"LO"})]
    block = image.private_block(0x0029, "SIEMENS CSA HEADER", create=True)
    block.add_new(0x10, "OB", TELLING.encode())
    block.add_new(0x11, "UN", TELLING.encode())
    image.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0E, "FD", [1.0, 0.0, 0.0])
    image.private_block(0x0019, "SIEMENS MR HEADER", create=True).add_new(0x0D, "LO", TELLING[:64])
    image.add_new(0x60000010, "US", 8)
    image.add_new(0x60000022, "LO", TELLING[:64])
    image.add_new(0x60001500, "LO", TELLING[:64])
    image.add_new(0x60003000, "OW", TELLING.encode() + b"\0")
    image.add_new(0x50000030, "SH", "Quagmire")
    image.add_new(0x50003000, "OW", TELLING.encode() + b"\0")
    image.add_new(0x00100FFE, "LO", TELLING[:64])  # not in any dictionary
    image.add_new(0x00181FFE, "UN", TELLING.encode())
    image.add_new(0xFFFCFFFC, "OB", TELLING.encode())
    image.PixelData += TELLING.encode() + b"\0"  # behind the last pixel
    image.preamble = TELLING.encode().ljust(128)[:128]
    image.file_meta.SourceApplicationEntityTitle = "QUAGMIRE"
    image.file_meta.PrivateInformationCreatorUID = "1.2.3"
    image.file_meta.PrivateInformation = TELLING.encode() + b"\0"
    return image


def report_of_image():
    """Names that only this report tells, texts with many ways to write them, and the UID of the image."""
    person, said, reference = Dataset(), Dataset(), Dataset()
    person.RelationshipType, person.ValueType, person.PersonName = "HAS OBS CONTEXT", "PNAME", NAME
    said.RelationshipType, said.ValueType = "CONTAINS", "TEXT"
    said.TextValue = (
        f"Glenn_Quagmire, QUAGMIRE'S head; {factories.uid('ct', 0)}; doctor@planet.ex; 3 Feb 1961"
    )
    reference.RelationshipType, reference.ValueType, reference.UID = (
        "CONTAINS",
        "UIDREF",
        factories.uid("ct", 0),
    )
    report = factories.text_report(TELLING, **IDENTITY)
    report.ContentSequence = [*report.ContentSequence, person, nested(5, said), reference]
    report.VerifyingObserverSequence = [filled_with(TELLING, {"PN", "LO"})]
    return report


def structures_without_names():
    """A structure set of the same patient whose own header names no physician, though a label does."""
    roi = Dataset()
    roi.ROINumber, roi.ROIName, roi.ROIDescription = 1, "Zoidberg liver", TELLING
    given = {**IDENTITY, "ReferringPhysicianName": "", "InstitutionName": None}
    return factories.rt_structure_set(
        StructureSetROISequence=[roi], StructureSetLabel="ZOIDBERG A", ReviewerName=DOCTOR, **given
    )


def surface(document):
    return factories.instance(
        "1.2.840.10008.5.1.4.1.1.104.3",
        SOPInstanceUID=factories.uid("stl", len(document)),
        SeriesInstanceUID=factories.uid("stl"),
        Modality="M3D",
        EncapsulatedDocument=document,
        DocumentTitle=TELLING,
        **IDENTITY,
    )


def binary_stl():
    triangle = np.arange(12, dtype="<f4").tobytes() + b"\1\2"
    head = f"solid {TELLING}".encode().ljust(80)[:80]
    return head + (1).to_bytes(4, "little") + triangle + TELLING.encode()


@pytest.fixture
def originals():
    return [image_full_of_identity(), report_of_image(), structures_without_names(), surface(binary_stl())]


@pytest.mark.parametrize("syntax", [None, ImplicitVRLittleEndian])
def test_objects_of_one_patient(tmp_path, originals, syntax):
    paths = factories.write(originals, tmp_path / "in", transfer_syntax=syntax)
    assert len(found_in_files(paths)) == len(SECRETS)  # they are there, and can be found
    report = deidentified(paths, tmp_path / "out", "clean-descriptors", "retain-safe-private")
    assert len(report.written) == 4
    assert found_in(report) == set()
    (image,), (text,) = copies(report, "CT"), copies(report, "SR")
    assert image.SOPInstanceUID == text.ContentSequence[3].UID
    leaf = text.ContentSequence[2]
    while "ContentSequence" in leaf:
        leaf = leaf.ContentSequence[0]
    assert str(image.SOPInstanceUID) in leaf.TextValue  # the UID in the text leads to the copy, too
    assert "head" in leaf.TextValue
    assert (image.StudyDescription, image.SeriesDescription) == ("Head__2", "chest")
    assert image.private_block(0x0019, "SIEMENS MR HEADER")[0x0E].value == [1.0, 0.0, 0.0]
    (structures,), (model,) = copies(report, "RTSTRUCT"), copies(report, "M3D")
    assert structures.StructureSetROISequence[0].ROIName == "liver"
    assert structures.StructureSetLabel == "A"
    assert model.EncapsulatedDocument[84:134] == binary_stl()[84:134]
    assert {one.PatientID for one in (image, text, structures, model)} == {image.PatientID}


def found_in_files(paths):
    text = b"".join(Path(path).read_bytes() for path in paths).decode("utf-8", "ignore").casefold()
    return {secret for secret in SECRETS if secret in text}


def test_names_in_the_unused_bits_of_pixels(tmp_path):
    """An overlay in bit 15 of 12 bit pixels, as old scanners write it; signs are in bit 11."""
    values = np.arange(64, dtype=np.uint16)
    stored = values | (np.arange(64) % 2 << 15).astype(np.uint16)
    image = factories.ct_series(1, "ct", BitsStored=12, HighBit=11, PixelData=stored.tobytes())[0]
    for element, value in ((0x0010, 8), (0x0011, 8), (0x0100, 16), (0x0102, 15)):
        image.add_new(0x60000000 | element, "US", value)
    for syntax, kind in ((None, "<u2"), (ExplicitVRBigEndian, ">u2")):
        if syntax:
            image.PixelData = stored.astype(kind).tobytes()
        paths = factories.write([image], tmp_path / f"in{kind[0]}", transfer_syntax=syntax)
        (copy,) = copies(deidentified(paths, tmp_path / f"out{kind[0]}"), "CT")
        assert np.array_equal(np.frombuffer(copy.PixelData, kind), values)
        assert not [element for element in copy if element.tag.group == 0x6000]


def test_documents_that_cannot_be_cleaned_are_left_out(tmp_path):
    text_stl = f"solid {NAME}\nendsolid {NAME}\n".encode()
    pdf = factories.instance("1.2.840.10008.5.1.4.1.1.104.1", EncapsulatedDocument=b"%PDF", **IDENTITY)
    cda = factories.instance("1.2.840.10008.5.1.4.1.1.104.2", EncapsulatedDocument=b"<x>", **IDENTITY)
    hidden = factories.ct_series(1, "ct", EncapsulatedDocument=TELLING.encode(), **IDENTITY)[0]
    documents = [surface(text_stl), surface(b"solid"), pdf, cda, hidden]
    report = deidentified(factories.write(documents, tmp_path / "in"), tmp_path / "out")
    assert len(report.left_out) == len(documents)
    assert not list((tmp_path / "out").rglob("*.dcm"))


@pytest.mark.parametrize(
    ("charset", "name", "text", "left"),
    [
        ("ISO_IR 100", "Müller^Jürgen", "Mueller, JURGEN; müller_2", ", ; _2"),
        ("ISO_IR 144", "Жуков^Иван", "Товарищ жуков, Жукова", "Товарищ , Жукова"),
        ("ISO 2022 IR 6\\ISO 2022 IR 87", "Yamada^Tarou=山田^太郎=やまだ^たろう", "山田太郎様 YAMADA", "様"),
        ("GB18030", "Wang^XiaoDong=王^小东", "王小东先生", "先生"),
        ("ISO_IR 192", "Li^Wu", "LI and Wu, a linear wu", "and , a linear wu"),
        ("ISO_IR 192", "O'Neil-Smith^Ann Mary", "ann O'Neil-Smith Mary!", "!"),
    ],
)
def test_character_sets(tmp_path, charset, name, text, left):
    image = factories.ct_series(1, "ct", PatientName=name, SpecificCharacterSet=charset.split("\\"))[0]
    image.SeriesDescription = text
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out", "clean-descriptors"), "CT")
    assert copy.SeriesDescription == left


def test_a_file_that_names_the_patient_after_another_that_does_not(tmp_path):
    """Texts of the first lose the names that only the second tells."""
    image = factories.ct_series(1, "ct", **{**IDENTITY, "ReferringPhysicianName": None})[0]
    image.SeriesDescription = "For Zoidberg"
    paths = factories.write([image, report_of_image()], tmp_path / "in")
    (copy,) = copies(deidentified(paths, tmp_path / "out", "clean-descriptors"), "CT")
    assert copy.SeriesDescription == "For"


def test_copies_of_copies_keep_their_identity_with_the_map(tmp_path, originals):
    """What is derived from a copy, such as a segmentation, is of its patient and refers to it."""
    identities = IdentityMap()
    paths = factories.write(originals[:1], tmp_path / "in")
    first = deidentified(paths, tmp_path / "first", "shift-dates", identities=identities)
    copy = pydicom.dcmread(first.written[0][1])
    copy.SourceImageSequence = [Dataset()]
    copy.SourceImageSequence[0].ReferencedSOPClassUID = copy.SOPClassUID
    copy.SourceImageSequence[0].ReferencedSOPInstanceUID = copy.SOPInstanceUID
    original = copy.SOPInstanceUID
    copy.SOPInstanceUID = copy.file_meta.MediaStorageSOPInstanceUID = factories.uid("derived")
    derived = factories.write([copy], tmp_path / "derived")
    profile = Profile(frozenset({"shift-dates", "retain-uids"}))
    report = run(deidentify(derived, tmp_path / "second", profile, identities))
    (again,) = copies(report, "CT")
    assert again.PatientID == copy.PatientID
    assert again.StudyDate == copy.StudyDate
    assert again.SourceImageSequence[0].ReferencedSOPInstanceUID == original
