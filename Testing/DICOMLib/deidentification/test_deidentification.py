"""De-identification: what is left of an identity, references, options, the map, validity."""

from __future__ import annotations

import errno
import re
import stat
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import JobCancelled, run
from DICOMLib.deidentification import IdentityMap, deidentify
from Testing import factories
from Testing.deidentified_copies import copies, deidentified, texts
from Testing.DICOMLib.network import files as network_files
from Testing.validation import dciodvfy_errors

SECRETS = (
    "Doe",
    "Jane",
    "P1",
    "19700203",
    "A1",
    "Zürich",
    "Müller",
    "Weiß",
    "Smith",
    "Op^One",
    "12345",
)


def holds(text, secret):
    """Whether a text has a secret as a word; the digits of UIDs and pseudonyms are chance."""
    return re.search(rf"(?<![^\W_]){re.escape(secret)}(?![^\W_])", text, re.IGNORECASE) is not None


def report_of_images():
    """A report that names the patient and a physician, and refers to the first image by its UID."""
    report = factories.text_report(
        "Jane Doe has no findings. Seen by Dr. Smith.", PerformingPhysicianName="Smith^John"
    )
    person, reference, moment = Dataset(), Dataset(), Dataset()
    person.RelationshipType, person.ValueType, person.PersonName = "HAS OBS CONTEXT", "PNAME", "Smith^John"
    reference.RelationshipType, reference.ValueType, reference.UID = (
        "CONTAINS",
        "UIDREF",
        factories.uid("ct", 0),
    )
    moment.RelationshipType, moment.ValueType, moment.Date = "CONTAINS", "DATE", "20240115"
    report.ContentSequence = [*report.ContentSequence, person, reference, moment]
    return report


def structures_of_images():
    series, image, frame, study = Dataset(), Dataset(), Dataset(), Dataset()
    image.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    image.ReferencedSOPInstanceUID = factories.uid("ct", 0)
    series.SeriesInstanceUID, series.ContourImageSequence = factories.uid("ct"), [image]
    study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    study.ReferencedSOPInstanceUID, study.RTReferencedSeriesSequence = factories.uid("study"), [series]
    frame.FrameOfReferenceUID = factories.uid("frame of reference")
    frame.RTReferencedStudySequence = [study]
    roi = Dataset()
    roi.ROINumber, roi.ROIName, roi.ReferencedFrameOfReferenceUID = 1, "Liver Doe", frame.FrameOfReferenceUID
    return factories.rt_structure_set(
        ReferencedFrameOfReferenceSequence=[frame], StructureSetROISequence=[roi]
    )


@pytest.fixture
def files(tmp_path):
    """Two CT slices with a scanner's header, a structure set and a report, all of one patient."""
    images = [factories.scanner_header(one) for one in factories.ct_series(2, "ct")]
    images[0].file_meta.SourceApplicationEntityTitle = "DOE_AE"
    images[0].DeviceUID, images[0].TimezoneOffsetFromUTC = "1.2.3.4", "+0100"
    return [
        str(path)
        for path in factories.write([*images, structures_of_images(), report_of_images()], tmp_path / "in")
    ]


def test_nothing_of_the_identity_is_left(files, tmp_path):
    report = deidentified(files, tmp_path / "out")

    assert len(report.written) == 4
    for _, path in report.written:
        dataset = pydicom.dcmread(path)
        for text in texts(dataset):
            for secret in SECRETS:
                assert not holds(text, secret), (path, secret, text)
            assert not any(uid in text for uid in ORIGINAL_UIDS), text
        assert not dataset.get("StudyDescription")
        assert dataset.preamble == b"\0" * 128
        assert not any(element.tag.is_private for element in dataset.iterall())
        for secret in SECRETS[:2]:
            assert secret not in path


ORIGINAL_UIDS = [
    factories.uid(*names) for names in (("ct", 0), ("ct", 1), ("ct",), ("study",), ("report", 0))
]


def test_originals_stay(files, tmp_path):
    before = [Path(path).read_bytes() for path in files]
    deidentified(files, tmp_path / "out")
    assert [Path(path).read_bytes() for path in files] == before


def test_pixels_and_geometry_stay(files, tmp_path):
    originals = [pydicom.dcmread(path) for path in files[:2]]
    for original, copy in zip(originals, copies(deidentified(files, tmp_path / "out"), "CT"), strict=True):
        assert np.array_equal(original.pixel_array, copy.pixel_array)
        assert original.ImagePositionPatient == copy.ImagePositionPatient
        assert original.RescaleIntercept == copy.RescaleIntercept


def test_references_lead_to_the_copies(files, tmp_path):
    report = deidentified(files, tmp_path / "out")
    image = copies(report, "CT")[0]
    (structures,), (text,) = copies(report, "RTSTRUCT"), copies(report, "SR")

    frame = structures.ReferencedFrameOfReferenceSequence[0]
    study = frame.RTReferencedStudySequence[0]
    series = study.RTReferencedSeriesSequence[0]
    assert frame.FrameOfReferenceUID == image.FrameOfReferenceUID
    assert study.ReferencedSOPInstanceUID == image.StudyInstanceUID == structures.StudyInstanceUID
    assert series.SeriesInstanceUID == image.SeriesInstanceUID
    assert series.ContourImageSequence[0].ReferencedSOPInstanceUID == image.SOPInstanceUID
    assert study.ReferencedSOPClassUID == "1.2.840.10008.3.1.2.3.1"
    assert image.SOPInstanceUID == text.ContentSequence[2].UID
    assert {one.PatientID for one in (image, structures, text)} == {image.PatientID}


def test_segmentations_follow_their_images(tmp_path):
    images = factories.ct_series(2, "ct")
    liver = hd.sr.CodedConcept("10200004", "SCT", "Liver")
    segment = hd.seg.SegmentDescription(
        1, "Liver of Doe", liver, liver, hd.seg.SegmentAlgorithmTypeValues.MANUAL
    )
    mask = np.ones((2, images[0].Rows, images[0].Columns), np.uint8)
    names = ("Maker", "Model", "1.0", "12345")
    segmentation = hd.seg.Segmentation(
        images, mask, "BINARY", [segment], factories.uid("seg"), 9, factories.uid("seg", 0), 1, *names
    )
    segmentation.ContentDate = images[0].StudyDate
    paths = factories.write([*images, segmentation], tmp_path / "in")
    report = deidentified(paths, tmp_path / "out", "shift-dates")
    (copy,), image_copies = copies(report, "SEG"), copies(report, "CT")

    new_uids = {image.SOPInstanceUID for image in image_copies}
    referenced = copy.ReferencedSeriesSequence[0]
    assert referenced.SeriesInstanceUID == image_copies[0].SeriesInstanceUID
    assert {item.ReferencedSOPInstanceUID for item in referenced.ReferencedInstanceSequence} == new_uids
    sources = {
        item.ReferencedSOPInstanceUID
        for frame in copy.PerFrameFunctionalGroupsSequence
        for derivation in frame.DerivationImageSequence
        for item in derivation.SourceImageSequence
    }
    assert sources == new_uids
    assert copy.FrameOfReferenceUID == image_copies[0].FrameOfReferenceUID
    assert copy.DimensionOrganizationSequence[0].DimensionOrganizationUID == (
        copy.DimensionIndexSequence[0].DimensionOrganizationUID
    )
    assert copy.ContentDate == image_copies[0].StudyDate == copy.StudyDate != images[0].StudyDate
    assert copy.SegmentSequence[0].SegmentLabel == "Liver of"
    assert np.array_equal(copy.PixelData, segmentation.PixelData)


def test_names_of_structures_and_texts_of_reports_are_cleaned(files, tmp_path):
    report = deidentified(files, tmp_path / "out")

    assert copies(report, "RTSTRUCT")[0].StructureSetROISequence[0].ROIName == "Liver"
    content = copies(report, "SR")[0].ContentSequence
    assert "has no findings" in content[0].TextValue
    assert content[1].PersonName == "REMOVED"
    assert content[3].Date == "19000101"


def test_it_says_what_was_done(files, tmp_path):
    image = copies(deidentified(files, tmp_path / "out", "shift-dates"), "CT")[0]

    assert image.PatientIdentityRemoved == "YES"
    assert image.LongitudinalTemporalInformationModified == "MODIFIED"
    codes = [item.CodeValue for item in image.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113104", "113103", "113107"]


def test_copies_are_as_valid_as_the_originals(files, tmp_path):
    def kinds(paths):
        return {error.partition("Error")[2] for error in dciodvfy_errors(paths)}

    report = deidentified(files[:2], tmp_path / "out")
    assert kinds(path for _, path in report.written) <= kinds(files[:2])


@pytest.mark.parametrize(
    ("option", "keyword", "kept"),
    [
        ("retain-device", "DeviceSerialNumber", "12345"),
        ("retain-institution", "InstitutionName", "University Hospital Zürich"),
        ("retain-characteristics", "PatientAge", "054Y"),
        ("retain-device", "DeviceUID", "1.2.3.4"),
        ("retain-uids", "DeviceUID", "1.2.3.4"),
        ("retain-dates", "StudyDate", "20240115"),
        ("retain-dates", "TimezoneOffsetFromUTC", "+0100"),
        ("shift-dates", "TimezoneOffsetFromUTC", "+0100"),
        ("retain-uids", "StudyInstanceUID", str(factories.uid("study"))),
        ("clean-descriptors", "SeriesDescription", "Axial"),
        ("clean-descriptors", "ProtocolName", "Abdomen routine"),
    ],
)
def test_options_retain_what_they_name(files, tmp_path, option, keyword, kept):
    without = copies(deidentified(files, tmp_path / "without"), "CT")[0]
    with_it = copies(deidentified(files, tmp_path / "with", option), "CT")[0]

    assert str(without.get(keyword)) != kept
    assert str(with_it.get(keyword)) == kept
    assert with_it.PatientName == with_it.PatientID != "P1"


def test_overlays_are_removed(tmp_path):
    image = factories.instance(OverlayRows=None)
    image.add_new(0x60003000, "OW", b"\1\0")
    image.add_new(0x60024000, "LT", "Doe")
    (path,) = factories.write([image], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out"), "CT")
    assert not [element for element in copy if element.tag.group & 0xFF00 == 0x6000]


def test_what_cannot_be_cleaned_is_left_out(tmp_path):
    pdf = factories.instance("1.2.840.10008.5.1.4.1.1.104.1", EncapsulatedDocument=b"%PDF", Modality="DOC")
    burned = factories.instance(SOPInstanceUID="1.2.2", BurnedInAnnotation="YES")
    paths = factories.write([pdf, burned], tmp_path / "in")
    report = deidentified(paths, tmp_path / "out")

    assert report.written == []
    assert [path for path, _ in report.left_out] == [str(path) for path in paths]
    assert "document" in report.left_out[0][1]
    assert "burned" in report.left_out[1][1]
    assert "Doe" not in report.as_text()


def test_the_header_of_a_surface_is_blanked(tmp_path):
    surface = b"solid Doe".ljust(80, b" ") + (0).to_bytes(4, "little")
    model = factories.instance("1.2.840.10008.5.1.4.1.1.104.3", EncapsulatedDocument=surface, Modality="M3D")
    (path,) = factories.write([model], tmp_path / "in")
    (copy,) = copies(deidentified([path], tmp_path / "out"), "M3D")
    assert copy.EncapsulatedDocument == b"\0" * 84


def test_documents_have_no_pixels_into_which_identity_was_burned(tmp_path):
    """Burned In Annotation is of documents, too (PS3.3 C.24.2): it tells of their text or shape."""
    kinds = {"1": "an encapsulated document, whose text", "3": "an encapsulated surface that says it shows"}
    models = [
        factories.instance(
            f"1.2.840.10008.5.1.4.1.1.104.{kind}",
            SOPInstanceUID=f"1.2.{kind}",
            EncapsulatedDocument=b"\0" * 84,
            BurnedInAnnotation="YES",
        )
        for kind in kinds
    ]
    report = deidentified(factories.write(models, tmp_path / "in"), tmp_path / "out")
    for (_path, reason), words in zip(report.left_out, kinds.values(), strict=True):
        assert reason.startswith(words)
        assert "pixels" not in reason


def test_images_to_look_at(tmp_path):
    capture = factories.ct_series(1, "sc", Modality="SC")[0]
    sure = factories.ct_series(1, "us", Modality="US", BurnedInAnnotation="NO")[0]
    paths = factories.write([capture, sure], tmp_path / "in")
    report = deidentified(paths, tmp_path / "out")
    assert len(report.to_check) == 1
    assert "Look at them" in report.as_text()


def test_files_that_are_no_dicom(files, tmp_path):
    (tmp_path / "text").write_text("no DICOM")
    report = run(deidentify([str(tmp_path / "text"), "/nowhere", *files], tmp_path / "out"))
    assert [path for path, _ in report.failed] == [str(tmp_path / "text"), "/nowhere"]
    assert len(report.written) == 4


def test_the_map_leads_to_the_same_copies_again(files, tmp_path):
    identities = IdentityMap()
    first = deidentified(files, tmp_path / "first", identities=identities)
    identities.save(tmp_path / "map.json")
    second = deidentified(files, tmp_path / "second", identities=IdentityMap.load(tmp_path / "map.json"))
    other = deidentified(files, tmp_path / "other")

    def uids(report):
        return [pydicom.dcmread(path).SOPInstanceUID for _, path in report.written]

    assert uids(first) == uids(second)
    assert not set(uids(first)) & set(uids(other))
    assert identities.patients["P1"] == pydicom.dcmread(first.written[0][1]).PatientID
    assert identities.uids[str(factories.uid("ct", 0))] == uids(first)[0]
    assert stat.S_IMODE((tmp_path / "map.json").stat().st_mode) == 0o600


def test_a_file_that_is_no_map(tmp_path):
    (tmp_path / "map.json").write_text("{}")
    with pytest.raises(DICOMError, match="no map"):
        IdentityMap.load(tmp_path / "map.json")


@pytest.mark.parametrize("at", [0, 2, 3])
def test_cancelling_keeps_what_is_done(files, tmp_path, at):
    job = deidentify(files, tmp_path / "out")
    for _ in range(len(files) + at + 1):  # all are looked at before the first is written
        next(job)
    with pytest.raises(StopIteration) as end:
        job.throw(JobCancelled())
    report = end.value.value
    assert report.cancelled
    assert len(report.written) == at
    assert len(list((tmp_path / "out").rglob("*.dcm"))) == at


def test_a_file_without_meta_information_is_copied(tmp_path):
    bare = network_files.write_bare(tmp_path / "bare")
    report = run(deidentify(bare, tmp_path / "out"))
    assert report.failed == []
    for number, (_path, copy) in enumerate(report.written):
        found = pydicom.dcmread(copy)
        assert found.PatientName != "Doe^Jane"
        assert found.file_meta.MediaStorageSOPInstanceUID == found.SOPInstanceUID
        assert (found.pixel_array == network_files.picture(number, "bare").pixel_array).all()
    assert len(report.written) == 4


@pytest.mark.parametrize("kept", [0.5, 0.9, -1])
def test_a_file_that_is_cut_off_is_not_copied(files, tmp_path, kept):
    """In its header, within its pixels, or before its last byte: pydicom would let it pass."""
    whole = Path(files[1]).read_bytes()
    Path(files[1]).write_bytes(whole[: kept if kept < 0 else int(len(whole) * kept)])
    report = run(deidentify(files, tmp_path / "out"))
    assert report.failed == [(files[1], "truncated")]
    assert len(report.written) == len(files) - 1 == len(list((tmp_path / "out").rglob("*.dcm")))


def test_what_failed_is_named_with_a_reason_in_words(files, tmp_path):
    text, rows = tmp_path / "text", tmp_path / "rows"
    text.write_text("no DICOM")
    odd = pydicom.dcmread(files[0])
    odd["Rows"].VR = "LO"
    odd["Rows"].value = "many"
    odd.save_as(rows)
    report = run(deidentify([str(text), str(rows), *files], tmp_path / "out"))
    reasons = {str(text): "no DICOM file", str(rows): "damaged DICOM file"}
    assert dict(report.failed) == reasons
    assert str(text) not in report.as_text()
    told = report.as_text(10)
    assert f"1 failed: no DICOM file.\n  {text}\n" in told
    assert f"1 failed: damaged DICOM file.\n  {rows}\n" in told


def test_not_all_of_many_are_named(tmp_path):
    report = run(deidentify([f"/nowhere/{number}" for number in range(5)], tmp_path / "out"))
    assert "5 failed: does not exist.\n  /nowhere/0\n  /nowhere/1\n  … and 3 more" in report.as_text(2)


def test_a_full_disk_is_no_fault_of_the_file(files, tmp_path, monkeypatch):
    def full(_dataset, _path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("DICOMLib.deidentification.job.write_dataset", full)
    report = run(deidentify(files, tmp_path / "out"))
    assert {reason for _path, reason in report.failed} == {
        "its copy cannot be written (No space left on device)"
    }
