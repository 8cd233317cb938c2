"""Each patching rule on a dataset that needs it and on one that does not."""

from __future__ import annotations

import io

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import JPEGBaseline8Bit

from DICOMLib.patching import (
    AddMissingSliceSpacingToMultiframe,
    Anonymize,
    FixCompressedUltrasoundPhotometricInterpretation,
    FixExposureFiasco,
    FixPrivateMediaStorageSOPClassUID,
    ForceSamePatientNameIdInEachDirectory,
    ForceSameSeriesInstanceUidInEachDirectory,
    GenerateMissingIDs,
    SplitUltrasoundSeriesByInstanceNumber,
    UseCharacterSet,
)

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"
US = "1.2.840.10008.5.1.4.1.1.6.1"
MR = "1.2.840.10008.5.1.4.1.1.4"
PRIVATE = "1.2.276.0.7230010.3.1.0.1"


def dataset(**attributes):
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID = attributes.get("SOPClassUID", CT)
    for keyword, value in attributes.items():
        setattr(ds, keyword, value)
    return ds


def reread(ds, raw=b"", at=b""):
    """The dataset as it comes from a file, with its bytes `at` replaced by `raw`."""
    buffer = io.BytesIO()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    ds.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    pydicom.dcmwrite(buffer, ds, enforce_file_format=True)
    return pydicom.dcmread(io.BytesIO(buffer.getvalue().replace(at, raw)))


def started(rule):
    rule.processStart("in", "out")
    rule.processDirectory(".")
    return rule


@pytest.mark.parametrize(("told", "microamperes"), [("12.5", 12500), ("1234.567", 1234567)])
def test_fractional_tube_current_becomes_microampere(told, microamperes):
    integer = "1" * len(told)
    ds = reread(dataset(XRayTubeCurrent=integer), raw=told.encode(), at=integer.encode())
    FixExposureFiasco().processDataSet(ds)
    assert "XRayTubeCurrent" not in ds
    assert ds[0x0018, 0x8151].value == microamperes


def test_integer_tube_current_stays():
    ds = reread(dataset(XRayTubeCurrent="250"))
    FixExposureFiasco().processDataSet(ds)
    assert ds.XRayTubeCurrent == 250


@pytest.mark.parametrize(
    ("sop_class", "syntax", "expected"),
    [
        (US_MULTIFRAME, JPEGBaseline8Bit, "YBR_FULL_422"),
        (US, JPEGBaseline8Bit, "YBR_FULL_422"),
        (US_MULTIFRAME, "1.2.840.10008.1.2.1", "RGB"),
        (CT, JPEGBaseline8Bit, "RGB"),
    ],
)
def test_photometric_interpretation_of_jpeg_ultrasound(sop_class, syntax, expected):
    ds = dataset(SOPClassUID=sop_class, PhotometricInterpretation="RGB")
    ds.file_meta.TransferSyntaxUID = syntax
    FixCompressedUltrasoundPhotometricInterpretation().processDataSet(ds)
    assert ds.PhotometricInterpretation == expected


def test_grey_jpeg_ultrasound_stays_grey():
    ds = dataset(SOPClassUID=US, PhotometricInterpretation="MONOCHROME2")
    ds.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    FixCompressedUltrasoundPhotometricInterpretation().processDataSet(ds)
    assert ds.PhotometricInterpretation == "MONOCHROME2"


def test_a_missing_media_storage_class_becomes_ct():
    ds = dataset(SOPClassUID=MR)
    del ds.file_meta.MediaStorageSOPClassUID
    FixPrivateMediaStorageSOPClassUID().processDataSet(ds)
    assert (ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID) == (MR, CT)


def test_private_sop_class_becomes_ct():
    ds = dataset(SOPClassUID=PRIVATE)
    FixPrivateMediaStorageSOPClassUID().processDataSet(ds)
    assert (ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID) == (CT, CT)


def test_true_sop_class_stays():
    ds = dataset(SOPClassUID=US_MULTIFRAME)
    FixPrivateMediaStorageSOPClassUID().processDataSet(ds)
    assert (ds.SOPClassUID, ds.file_meta.MediaStorageSOPClassUID) == (US_MULTIFRAME, US_MULTIFRAME)


def test_frames_get_positions_along_the_normal():
    ds = dataset(
        SOPClassUID=CT,
        NumberOfFrames=3,
        SliceThickness=2.5,
        PixelSpacing=[0.5, 0.75],
        ImagePositionPatient=[10, 20, 30],
        ImageOrientationPatient=[1, 0, 0, 0, 0, -1],
    )
    AddMissingSliceSpacingToMultiframe().processDataSet(ds)
    positions = [g.PlanePositionSequence[0].ImagePositionPatient for g in ds.PerFrameFunctionalGroupsSequence]
    assert positions == [[10, 20, 30], [10, 22.5, 30], [10, 25, 30]]
    shared = ds.SharedFunctionalGroupsSequence[0]
    assert shared.PixelMeasuresSequence[0].PixelSpacing == [0.5, 0.75]
    assert ds.SOPClassUID == ENHANCED_CT


def test_frames_without_any_geometry():
    ds = dataset(SOPClassUID=MR, NumberOfFrames=2)
    AddMissingSliceSpacingToMultiframe().processDataSet(ds)
    shared = ds.SharedFunctionalGroupsSequence[0]
    assert shared.PlaneOrientationSequence[0].ImageOrientationPatient == [1, 0, 0, 0, 1, 0]
    measures = shared.PixelMeasuresSequence[0]
    assert (measures.SliceThickness, list(measures.PixelSpacing)) == (1, [1, 1])
    positions = [g.PlanePositionSequence[0].ImagePositionPatient for g in ds.PerFrameFunctionalGroupsSequence]
    assert positions == [[0, 0, 0], [0, 0, 1]]
    assert ds.SOPClassUID == MR  # only CT images become enhanced ones


def test_functional_groups_that_are_there_stay():
    group = pydicom.Dataset()
    group.FrameAcquisitionNumber = 7
    ds = dataset(SOPClassUID=MR, NumberOfFrames=2)
    ds.SharedFunctionalGroupsSequence, ds.PerFrameFunctionalGroupsSequence = [group], [group, group]
    AddMissingSliceSpacingToMultiframe().processDataSet(ds)
    assert list(ds.SharedFunctionalGroupsSequence[0].keys()) == list(group.keys())
    assert len(ds.PerFrameFunctionalGroupsSequence) == 2


def test_single_frame_is_left_alone():
    ds = dataset(SOPClassUID=CT)
    AddMissingSliceSpacingToMultiframe().processDataSet(ds)
    assert "PerFrameFunctionalGroupsSequence" not in ds


@pytest.mark.parametrize("sop_class", [US_MULTIFRAME, US])
def test_ultrasound_series_is_split(sop_class):
    rule = started(SplitUltrasoundSeriesByInstanceNumber())
    clips = [
        dataset(SOPClassUID=sop_class, SeriesInstanceUID="1.2", SeriesNumber=4, InstanceNumber=n)
        for n in (1, 2, 1)
    ]
    for clip in clips:
        rule.processDataSet(clip)
    assert [clip.SeriesNumber for clip in clips] == [4001, 4002, 4001]
    assert clips[0].SeriesInstanceUID == clips[2].SeriesInstanceUID != clips[1].SeriesInstanceUID


@pytest.mark.parametrize(
    "changes",
    [{"SOPClassUID": CT}, {"SeriesNumber": None}, {"InstanceNumber": None}, {"SeriesInstanceUID": ""}],
)
def test_what_is_no_clip_with_numbers_is_not_split(changes):
    attributes = {"SOPClassUID": US, "SeriesInstanceUID": "1.2", "SeriesNumber": 4, "InstanceNumber": 2}
    ds = dataset(**attributes | changes)
    before = str(ds)
    started(SplitUltrasoundSeriesByInstanceNumber()).processDataSet(ds)
    assert str(ds) == before


def test_patient_of_the_first_file_is_forced():
    rule = started(ForceSamePatientNameIdInEachDirectory())
    files = [dataset(PatientName="A", PatientID="1"), dataset(PatientName="B"), dataset()]
    rule.processDataSet(files[0])
    rule.processDataSet(files[1])
    rule.processDirectory("next")
    rule.processDataSet(files[2])
    assert [str(ds.PatientName) for ds in files] == ["A", "A", "Unspecified Patient 2"]
    assert files[1].PatientID == "1"
    assert files[2].PatientID


def test_directory_becomes_one_series():
    rule = started(ForceSameSeriesInstanceUidInEachDirectory())
    files = [dataset(SeriesInstanceUID="1.1"), dataset(), dataset()]
    rule.processDataSet(files[0])
    rule.processDataSet(files[1])
    rule.processDirectory("next")
    rule.processDataSet(files[2])
    assert files[0].SeriesInstanceUID == files[1].SeriesInstanceUID != files[2].SeriesInstanceUID


def test_missing_identifiers_are_made_up_and_series_numbered_once():
    rule = started(GenerateMissingIDs())
    files = [dataset(), dataset(), dataset(PatientID="7", SeriesInstanceUID="1.9", SeriesNumber=3)]
    for ds in files:
        rule.processDataSet(ds)
    assert [str(ds.PatientName) for ds in files] == ["Unspecified Patient"] * 3
    assert files[0].SeriesInstanceUID == files[1].SeriesInstanceUID
    assert [ds.SeriesNumber for ds in files] == [1, 1, 3]
    assert (files[2].PatientID, files[2].SeriesInstanceUID) == ("7", "1.9")
    uids = {ds.SOPInstanceUID for ds in files}
    assert len(uids) == 3
    assert all(ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID for ds in files)


def test_identifiers_are_made_up_for_the_run_the_directory_or_the_file():
    rule = started(GenerateMissingIDs())
    files = [dataset(PatientName="", PatientID="", StudyInstanceUID="") for _number in range(3)]
    rule.processDataSet(files[0])
    rule.processDataSet(files[1])
    rule.processDirectory("next")
    rule.processDataSet(files[2])
    assert len({ds.PatientID for ds in files}) == 1
    assert files[0].PatientID
    assert files[0].StudyInstanceUID == files[1].StudyInstanceUID != files[2].StudyInstanceUID
    assert files[0].SeriesInstanceUID != files[2].SeriesInstanceUID
    other = started(GenerateMissingIDs())
    other.eachFileIsSeparateSeries = True
    more = [dataset(StudyInstanceUID="1.2") for _number in range(2)]
    for ds in more:
        other.processDataSet(ds)
    assert more[0].PatientID != files[0].PatientID  # another run
    assert more[0].SeriesInstanceUID != more[1].SeriesInstanceUID
    assert [ds.SeriesNumber for ds in more] == [1, 2]


def test_anonymize_leaves_no_identifier_and_keeps_series_together():
    rule = started(Anonymize())
    files = [
        dataset(
            PatientName="Test^Firstname",
            PatientID="123456",
            PatientSex="F",
            PatientBirthDate="19700101",
            ReferringPhysicianName="Doctor^Who",
            StudyDate="20200202",
            SeriesInstanceUID=series,
        )
        for series in ("1.1", "1.1", "1.2")
    ]
    for ds in files:
        rule.processDataSet(ds)
    text = str(files[0])
    for secret in ("Test", "123456", "1970", "Doctor", "2020", "1.1"):
        assert f" {secret}" not in text
        assert f"'{secret}" not in text
    assert files[0].SeriesInstanceUID == files[1].SeriesInstanceUID != files[2].SeriesInstanceUID
    assert files[0].PatientID == files[2].PatientID


@pytest.mark.parametrize("name", ["cp1251", "ISO_IR 144"])
def test_text_is_read_in_the_given_character_set(name):
    codec = {"cp1251": "cp1251", "ISO_IR 144": "iso8859_5"}[name]
    item = dataset(CodeMeaning="XXXX")
    ds = reread(
        dataset(PatientName="XXXX", ConceptNameCodeSequence=[item]), raw="Юрий".encode(codec), at=b"XXXX"
    )
    rule = started(UseCharacterSet({"CharacterSet": name}))
    rule.processDataSet(ds)
    written = reread(ds)
    assert str(written.PatientName) == "Юрий"
    assert written.ConceptNameCodeSequence[0].CodeMeaning == "Юрий"
    assert written.SpecificCharacterSet == "ISO_IR 192"


def test_text_that_is_unicode_already_stays():
    ds = reread(dataset(SpecificCharacterSet="ISO_IR 192", PatientName="Юрий"))
    rule = started(UseCharacterSet({"CharacterSet": "cp1251"}))
    rule.processDataSet(ds)
    assert str(ds.PatientName) == "Юрий"


def test_character_set_must_be_given_and_known():
    with pytest.raises(RuntimeError, match="Specify a character set"):
        UseCharacterSet().processStart("in", "out")
    with pytest.raises(RuntimeError, match="'klingon' is neither"):
        UseCharacterSet({"CharacterSet": "klingon"}).processStart("in", "out")
