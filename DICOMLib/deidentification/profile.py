"""What becomes of each attribute: the basic profile and its options (PS3.15 E.2, E.3).

The table of the Standard (E.1-1) comes from the package dicom-anonymizer, which follows its editions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cache

from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector
from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement

EDITION = "dicomfields_2026c"

# Option, code of CID 7050 and its meaning.
OPTIONS: dict[str, tuple[str, str]] = {
    "retain-uids": ("113110", "Retain UIDs Option"),
    "retain-device": ("113109", "Retain Device Identity Option"),
    "retain-institution": ("113112", "Retain Institution Identity Option"),
    "retain-characteristics": ("113108", "Retain Patient Characteristics Option"),
    "retain-dates": ("113106", "Retain Longitudinal Temporal Information Full Dates Option"),
    "shift-dates": ("113107", "Retain Longitudinal Temporal Information Modified Dates Option"),
    "retain-safe-private": ("113111", "Retain Safe Private Option"),
    "clean-descriptors": ("113105", "Clean Descriptors Option"),
    "clean-pixels": ("113101", "Clean Pixel Data Option"),
}
BASIC_PROFILE = ("113100", "Basic Application Confidentiality Profile")
# Reports and presentation states are always cleaned rather than emptied: without content they are nothing.
ALWAYS = (("113104", "Clean Structured Content Option"), ("113103", "Clean Graphics Option"))


class Action(Enum):
    """What is done with an attribute (PS3.15 Table E.1-1a, with the choice between alternatives made)."""

    KEEP = "keep"
    REMOVE = "remove"
    EMPTY = "empty"
    DUMMY = "replace by a dummy"
    UID = "replace the UID"
    SHIFT = "shift the date"
    CLEAN = "clean the text"
    DESCEND = "clean the items"


_OF_CATEGORY = {
    "X_TAGS": Action.REMOVE,
    "Z_TAGS": Action.EMPTY,
    "D_TAGS": Action.DUMMY,
    "U_TAGS": Action.UID,
    "Z_D_TAGS": Action.DUMMY,
    "X_Z_TAGS": Action.EMPTY,
    "X_D_TAGS": Action.DUMMY,
    "X_Z_D_TAGS": Action.DUMMY,
    "X_Z_U_STAR_TAGS": Action.DESCEND,
}
# Columns of Table E.1-1 for the options.
_DEVICE = {
    "StationName", "DeviceSerialNumber", "DeviceUID", "DetectorID", "PlateID", "GantryID", "CassetteID",
    "GeneratorID", "PerformedStationAETitle", "PerformedStationName", "PerformedStationNameCodeSequence",
    "ScheduledStationAETitle", "ScheduledStationName", "ScheduledStationNameCodeSequence",
    "SourceSerialNumber", "SourceManufacturer", "DeviceDescription", "DeviceLabel",
    "TransducerIdentificationSequence", "XRayDetectorID", "XRaySourceID", "UniqueDeviceIdentifier",
    "ManufacturerDeviceIdentifier", "DeviceAlternateIdentifier", "LensMake", "LensModel",
}  # fmt: skip
_INSTITUTION = {
    "InstitutionName", "InstitutionAddress", "InstitutionCodeSequence", "InstitutionalDepartmentName",
    "InstitutionalDepartmentTypeCodeSequence",
}  # fmt: skip
_CHARACTERISTICS = {
    "PatientSex", "PatientAge", "PatientSize", "PatientWeight", "EthnicGroup",
    "EthnicGroupCodeSequence", "SmokingStatus", "PregnancyStatus", "PatientSexNeutered",
}  # fmt: skip
_DESCRIPTORS = {
    "StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription",
    "PerformedProcedureStepDescription", "ScheduledProcedureStepDescription", "ImageComments",
    "FrameComments", "DerivationDescription", "AcquisitionProtocolDescription", "ContrastBolusAgent",
    "RequestedContrastAgent", "StructureSetName", "StructureSetDescription", "ROIDescription",
    "ROIObservationLabel", "RTPlanLabel", "RTPlanName", "RTPlanDescription", "ReasonForStudy",
    "StudyComments", "AcquisitionComments", "AdmittingDiagnosesDescription",
    "ReasonForTheRequestedProcedure", "BeamDescription", "UserContentLabel", "EntityLabel",
}  # fmt: skip
_ALWAYS_CLEANED = {"ContentSequence", "GraphicAnnotationSequence"}
# UIDs that name a kind of thing, not a thing.
_UIDS_OF_KINDS = ("ClassUID", "SyntaxUID", "ContextUID", "CodingSchemeUID", "CreatorUID", "ResourceUID")
# Names of what was drawn, without which a segment or structure is worth nothing, and free texts that the
# table does not list: they are cleaned.
_CLEANED_TEXTS = {
    "ROIName", "SegmentLabel", "StructureSetLabel", "ContentLabel", "ContentDescription",
    "SegmentDescription", "DoseComment", "RTImageLabel", "RTImageDescription",
}  # fmt: skip
# Of these no option retains the date or time: they are of the patient, not of the examination.
_ALWAYS_WITHOUT_DATE = {"PatientBirthDate", "PatientBirthTime"}

# Private attributes of Table E.3.10-1 that image readers need: (group, creator) and the elements.
SAFE_PRIVATE: dict[tuple[int, str], frozenset[int]] = {
    (0x0019, "SIEMENS MR HEADER"): frozenset({0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0x27, 0x28, 0x29}),
    (0x0019, "GEMS_ACQU_01"): frozenset({0x23, 0x24, 0x27, 0x9E, 0xBB, 0xBC, 0xBD}),
    (0x0043, "GEMS_PARM_01"): frozenset({0x27, 0x39, 0x6F}),
    (0x2001, "Philips Imaging DD 001"): frozenset({0x03, 0x04}),
    (0x2005, "Philips MR Imaging DD 001"): frozenset({0x0D, 0x0E}),
    (0x7053, "Philips PET Private Group"): frozenset({0x00, 0x09}),
}


@dataclass(frozen=True, slots=True)
class Profile:
    """The basic profile with options.

    Parameters
    ----------
    options
        Names of `OPTIONS`.

    Raises
    ------
    ValueError
        If an option is not known, or two contradict each other.
    """

    options: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        unknown = self.options - OPTIONS.keys()
        if unknown:
            raise ValueError(f"{', '.join(sorted(unknown))}: not an option. There are {', '.join(OPTIONS)}.")
        if {"retain-dates", "shift-dates"} <= self.options:
            raise ValueError("Dates are either retained or shifted.")

    def action(self, element: DataElement) -> Action:
        """What becomes of an element that is not private."""
        keyword = keyword_for_tag(element.tag)
        if keyword in _ALWAYS_CLEANED:
            return Action.DESCEND
        listed = table_action(int(element.tag))
        if keyword == "EncapsulatedDocument":
            return Action.KEEP  # only surfaces come so far, see `job.reason_to_leave_out`
        if keyword in _CLEANED_TEXTS:
            return Action.CLEAN
        if listed is None:
            return _unlisted(element, keyword, self.options)
        return self._by_option(element, keyword, listed) or listed

    def _by_option(self, element: DataElement, keyword: str, listed: Action) -> Action | None:
        """The action that an option asks for; None if none does."""
        if element.VR == "UI" and listed is not Action.REMOVE and "retain-uids" in self.options:
            return Action.KEEP
        if element.VR == "UI" and listed is Action.DUMMY:
            return Action.UID  # another UID is the only dummy to which references still lead
        if self.options & {"retain-dates", "shift-dates"} and _is_moment(element, keyword):
            shifted = "shift-dates" in self.options and element.VR in ("DA", "DT")
            return Action.SHIFT if shifted else Action.KEEP  # by whole days, so times mean what they meant
        for option, keywords in (
            ("retain-device", _DEVICE),
            ("retain-institution", _INSTITUTION),
            ("retain-characteristics", _CHARACTERISTICS),
        ):
            if option in self.options and keyword in keywords:
                return Action.DESCEND if element.VR == "SQ" else Action.KEEP
        return Action.CLEAN if "clean-descriptors" in self.options and keyword in _DESCRIPTORS else None

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Codes of De-identification Method Code Sequence (CID 7050): value and meaning."""
        return [BASIC_PROFILE, *ALWAYS, *(OPTIONS[name] for name in OPTIONS if name in self.options)]


def _is_moment(element: DataElement, keyword: str) -> bool:
    """Whether the options of dates name an element: it tells when something of the examination was."""
    if keyword == "TimezoneOffsetFromUTC":
        return True
    return element.VR in ("DA", "DT", "TM") and keyword not in _ALWAYS_WITHOUT_DATE


def _unlisted(element: DataElement, keyword: str, options: frozenset[str]) -> Action:
    """What becomes of an attribute that the table does not name."""
    if element.VR == "SQ":
        return Action.DESCEND
    if element.VR == "PN":
        return Action.DUMMY
    if element.VR == "UI" and "retain-uids" not in options and not keyword.endswith(_UIDS_OF_KINDS):
        return Action.UID  # it may refer to an instance of the patient, as UID references of reports do
    return Action.KEEP


def table_action(tag: int) -> Action | None:
    """What Table E.1-1 says of a tag; None if it is not listed."""
    single, repeating = _table()
    if tag in single:
        return single[tag]
    for pattern, mask, action in repeating:
        if tag & mask == pattern & mask:
            return action
    return None


@cache
def _table() -> tuple[dict[int, Action], tuple[tuple[int, int, Action], ...]]:
    """Single tags, and those of repeating groups with the mask of what counts."""
    single: dict[int, Action] = {}
    repeating: list[tuple[int, int, Action]] = []
    listed = dicom_anonymization_database_selector(EDITION)
    for category, action in _OF_CATEGORY.items():
        for tag in listed[category]:
            number = tag[0] << 16 | tag[1]
            if len(tag) > 2:
                repeating.append((number, tag[2] << 16 | tag[3], action))
            else:
                single[number] = action
    return single, tuple(repeating)
