"""Differences of two datasets, attribute by attribute."""

from pydicom.dataset import Dataset

from DICOMLib.writing.differences import TagChange, differences


def test_added_removed_and_changed():
    before, after = Dataset(), Dataset()
    before.PatientID, before.StudyID, before.KVP, before.PixelData = "1", "same", "120", b"\0\0"
    after.PatientID, after.StudyID, after.Modality = "2", "same", "CT"

    assert differences(before, after) == [
        TagChange("0008,0060", "Modality", "", "CT", "added"),
        TagChange("0010,0020", "Patient ID", "1", "2", "changed"),
        TagChange("0018,0060", "KVP", "120", "", "removed"),
    ]


def test_values_are_short():
    before, after = Dataset(), Dataset()
    after.PatientComments = "x" * 500
    after.ImageType = ["DERIVED", "SECONDARY"]
    after.ProcedureCodeSequence = [Dataset(), Dataset()]
    texts = {change.tag: change.after for change in differences(before, after)}
    assert texts["0008,0008"] == "DERIVED\\SECONDARY"
    assert texts["0008,1032"] == "2 item(s)"
    assert len(texts["0010,4000"]) == 120


def test_no_value_is_the_same_as_no_attribute():
    before, after = Dataset(), Dataset()
    before.PatientSex, before.StudyID, before.ProcedureCodeSequence = "", "1", []
    after.KVP, after.StudyID = None, ""
    assert differences(before, after) == [TagChange("0020,0010", "Study ID", "1", "", "changed")]
