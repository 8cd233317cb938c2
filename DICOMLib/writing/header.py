"""Patient, study, series and equipment of what is written, from tags that a user may edit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import generate_uid
from pydicom.valuerep import validate_value

from DICOMLib import __version__
from DICOMLib.core.errors import ExportError
from DICOMLib.standard.tags import tag_number, tag_of

CHARACTER_SET = "ISO_IR 192"

PATIENT_TAGS = ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientComments")
STUDY_TAGS = ("StudyInstanceUID", "StudyID", "StudyDescription", "StudyDate", "StudyTime")

# What of patient and study is emptied where a tag is empty on purpose; all of the other tags need a value.
_CLEARED = ("PatientBirthDate", "PatientSex", "PatientComments", "StudyID", "StudyDescription")
# Who makes what is written, by Slicer's default (Content Creator's Name).
CREATOR = "Slicer"

# Names that Slicer gives to tags, where they are no keywords of the Standard.
_KEYWORDS = {"Model": "ManufacturerModelName"}

# Type 2 attributes that all composite objects have in common (PS3.3 C.7.1.1, C.7.2.1, C.7.3.1, C.7.5.1).
PRESENT = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex",
    "StudyDate", "StudyTime", "StudyID", "AccessionNumber", "ReferringPhysicianName",
    "SeriesNumber", "Manufacturer",
)  # fmt: skip


def new_instance(sop_class: str, tags: Mapping[str, str]) -> Dataset:
    """A dataset with the modules of patient, study, series and equipment, and UIDs of its own.

    Parameters
    ----------
    sop_class
        SOP Class UID.
    tags
        Values by keyword, by Slicer's name or as "GGGG,EEEE". Empty ones leave the attribute empty where
        the Standard wants it to be there, and absent otherwise. UIDs of study, series and frame of
        reference that are not given are made.

    Raises
    ------
    ExportError
        If a tag is not known, or its value is none that the Standard allows.
    """
    dataset = Dataset()
    dataset.SpecificCharacterSet = CHARACTER_SET
    for keyword in PRESENT:
        setattr(dataset, keyword, "" if keyword != "SeriesNumber" else None)
    now = datetime.now()
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = dicom_date(now), dicom_time(now)
    dataset.SOPClassUID = sop_class
    dataset.SOPInstanceUID = generate_uid()
    dataset.SoftwareVersions = f"slicer-dicom {__version__}"
    set_tags(dataset, tags)
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
        if not dataset.get(keyword):
            setattr(dataset, keyword, generate_uid())
    return dataset


def set_tags(dataset: Dataset, tags: Mapping[str, str]) -> None:
    """Set the attributes that have a value, and empty those of patient and study that have none.

    See `new_instance`.
    """
    for name, value in tags.items():
        text = str(value).strip()
        if text:
            set_tag(dataset, name, text)
        elif name in _CLEARED and dataset.get(name):
            _clear(dataset, name)
    if dataset.get("PatientSex") not in (None, "", "M", "F", "O"):
        dataset.PatientSex = ""  # Slicer writes no other either


def _clear(dataset: Dataset, keyword: str) -> None:
    if keyword in PRESENT:
        setattr(dataset, keyword, "")
    else:
        del dataset[keyword]


def set_tag(dataset: Dataset, name: str, text: str) -> None:
    """Set one attribute from text, several values joined with backslashes.

    Raises
    ------
    ExportError
        If the tag is not known, or the value is none that the Standard allows.
    """
    try:
        tag = tag_number(tag_of(_KEYWORDS.get(name, name)))
        vr = dictionary_VR(tag)
    except (ValueError, KeyError):
        raise ExportError(f"{name!r} is no tag that can be written.") from None
    values = text.split("\\") if vr not in ("LT", "ST", "UT", "UR") else [text]
    try:
        for value in values:
            _check_value(vr, value)
        kept = values if len(values) > 1 else values[0]
        dataset.add(DataElement(tag, vr, kept, validation_mode=config.IGNORE))
    except (ValueError, TypeError, OverflowError):
        # the value itself may name a patient
        raise ExportError(f"The value of {name} is not valid: {_EXPECTED.get(vr, f'VR {vr}')}.") from None


def _check_value(vr: str, value: str) -> None:
    """Raise ValueError for a value that its VR does not allow.

    Of a UID, a part may begin with 0, against PS3.5 9.1: so do those of some old studies, which must be kept.
    """
    if vr != "UI" or not _is_old_uid(value):
        validate_value(vr, value, config.RAISE)


def _is_old_uid(value: str) -> bool:
    return len(value) <= _LONGEST_UID and _OLD_UID.fullmatch(value) is not None


def can_be_written(name: str, value: str) -> bool:
    """Whether `set_tag` takes one value for a keyword of the Standard."""
    try:
        _check_value(dictionary_VR(tag_number(tag_of(name))), value)
    except ValueError:
        return False
    return True


def valid_part(name: str, value: str) -> str:
    """What of an inherited value may be written: all of it, the beginning of a long text, or nothing."""
    vr = dictionary_VR(tag_number(tag_of(name)))
    for text in (value, value[: _LONGEST.get(vr, len(value))].strip()):
        try:
            validate_value(vr, text, config.RAISE)
        except ValueError:
            continue
        return text
    return ""


_OLD_UID = re.compile(r"\d+(?:\.\d+)+")
_LONGEST_UID = 64
_LONGEST = {"SH": 16, "LO": 64}  # characters, PS3.5 6.2
_EXPECTED = {
    "DA": "a date is written YYYYMMDD",
    "TM": "a time is written HHMMSS",
    "UI": "a UID consists of at most 64 digits and dots",
    "IS": "a whole number is expected",
    "DS": "a number of at most 16 characters is expected",
    "CS": "at most 16 capital letters, digits, blanks and underscores",
    "SH": "at most 16 characters",
    "LO": "at most 64 characters",
    "PN": "at most 64 characters, the parts of a name separated by ^",
}


def person_name(text: str) -> str:
    """A name that is written with the family name last, as VR PN; one with ^ is such a value already."""
    return text if "^" in text else "^".join(reversed(text.split()))


def dicom_date(moment: datetime) -> str:
    """A date as VR DA."""
    return moment.strftime("%Y%m%d")


def dicom_time(moment: datetime) -> str:
    """A time as VR TM, with microseconds."""
    return moment.strftime("%H%M%S.%f")


def dates_of(moment: datetime) -> dict[str, str]:
    """Date and time of a series and of its content, by keyword, for one that is made at a moment."""
    date, time = dicom_date(moment), dicom_time(moment)
    return {"SeriesDate": date, "SeriesTime": time, "ContentDate": date, "ContentTime": time}


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """A coded entry (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def instance_reference(sop_class: str, sop_instance: str) -> Dataset:
    """An item that refers to a SOP instance (PS3.3 10.8)."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = sop_class, sop_instance
    return item


def add_contributing_equipment(dataset: Dataset) -> None:
    """Say which program derived the instance (PS3.3 C.12.1, Contributing Equipment Sequence)."""
    item = Dataset()
    item.PurposeOfReferenceCodeSequence = DicomSequence([code("109103", "DCM", "Modifying Equipment")])
    item.Manufacturer = "slicer-dicom"
    item.ManufacturerModelName = "slicer-dicom"
    item.SoftwareVersions = __version__
    item.ContributionDateTime = datetime.now().strftime("%Y%m%d%H%M%S")
    known = list(dataset.get("ContributingEquipmentSequence") or ())
    dataset.ContributingEquipmentSequence = DicomSequence([*known, item])


def keyword_of(name: str) -> str:
    """The keyword of the Standard for a name that Slicer gives to a tag."""
    return _KEYWORDS.get(name, name)
