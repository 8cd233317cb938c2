"""What becomes of each attribute: the basic profile and its options (PS3.15 E.2, E.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement

from DICOMLib.deidentification.table import Action, option_columns, table_action

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
ALWAYS = {
    "clean-structured-content": ("113104", "Clean Structured Content Option"),
    "clean-graphics": ("113103", "Clean Graphics Option"),
}
# Dates come first: whoever shifts them does not want those of devices as they were.
_ORDER = ("shift-dates", "retain-dates", *ALWAYS, *OPTIONS)
TEXTS = {"AE", "CS", "LO", "LT", "SH", "ST", "UC", "UT"}
_MOMENTS = {"DA", "DT", "TM"}
_ZONE = re.compile(r"[+-]\d{4}")
# UIDs that name a kind of thing, not a thing.
_UIDS_OF_KINDS = ("ClassUID", "SyntaxUID", "ContextUID", "CodingSchemeUID", "CreatorUID", "ResourceUID")
# Texts of reports, names of what was drawn (without which a segment or structure is worth nothing), and free
# texts that the table does not list: they are cleaned.
_CLEANED_TEXTS = (
    "TextValue", "UnformattedTextValue", "ROIName", "SegmentLabel", "StructureSetLabel", "ContentLabel",
    "ContentDescription", "SegmentDescription", "DoseComment", "RTImageLabel", "RTImageDescription",
)  # fmt: skip
_WHATEVER_THE_TABLE_SAYS = {
    **dict.fromkeys(_CLEANED_TEXTS, Action.CLEAN),
    "EncapsulatedDocument": Action.KEEP,  # only surfaces come so far, see `documents.prepare_document`
}
_FREE_TEXTS = ("Description", "Comment", "Comments", "Notes", "Explanation", "Label", "Title")
# Not in the table, and yet of a person, a place or an order, or not to be read.
_UNLISTED_IDENTITIES = {
    "PatientBirthDateInAlternativeCalendar", "PatientDeathDateInAlternativeCalendar", "EncryptedContent",
    "PlacerOrderNumberProcedure", "FillerOrderNumberProcedure", "LocalNamespaceEntityID",
    "PlacerOrderNumberImagingServiceRequestRetired", "FillerOrderNumberImagingServiceRequestRetired",
    "UniversalEntityID", "HL7InstanceIdentifier", "NTPSourceAddress", "ContactDisplayName",
    "HangingProtocolUserGroupName", "OwnerID", "Signature", "ReferenceToRecordedSound",
    "HPGLDocument",
}  # fmt: skip
_URLS_OF_KINDS = {"CodingSchemeURL", "URNCodeValue"}
# Not in the table, and read by programs: they stay as they are.
_FACTS = {
    "CodeValue", "LongCodeValue", "CodingSchemeDesignator", "CodingSchemeVersion", "Manufacturer",
    "ManufacturerModelName", "SoftwareVersions", "RescaleType", "MIMETypeOfEncapsulatedDocument",
}  # fmt: skip


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
        if element.tag.group & 0xFF00 == 0x6000 or element.tag.element == 0:
            return Action.REMOVE  # overlays, of which the planes may show a name, and lengths of groups
        if keyword in _WHATEVER_THE_TABLE_SAYS:
            return _WHATEVER_THE_TABLE_SAYS[keyword]
        by_option = self._by_option(element)
        if by_option is not None:
            return by_option
        listed = table_action(int(element.tag))
        if listed is None:
            return self._unlisted(element, keyword)
        # another UID is the only dummy to which references still lead
        return Action.UID if element.VR == "UI" and listed is Action.DUMMY else listed

    def _by_option(self, element: DataElement) -> Action | None:
        """The action that an option asks for; None if none does."""
        columns = option_columns().get(int(element.tag), {})
        for option in _ORDER:
            if option not in columns or option not in (self.options | ALWAYS.keys()):
                continue
            if element.VR == "SQ":
                return Action.DESCEND  # what is retained holds nothing that is not
            if columns[option] == "K":
                return Action.KEEP
            cleaned = _moved(element) if option == "shift-dates" else _cleaned(element)
            if cleaned is not None:
                return cleaned
        return None

    def _unlisted(self, element: DataElement, keyword: str) -> Action:
        """What becomes of an attribute that the table does not name."""
        if element.VR == "SQ":
            return Action.DESCEND
        if not keyword or element.VR == "UN" or keyword in _UNLISTED_IDENTITIES:
            return Action.REMOVE  # nobody knows what it tells
        if element.VR in _MOMENTS:
            return self._unlisted_moment(element)
        if element.VR == "UI":
            kind = "retain-uids" in self.options or keyword.endswith(_UIDS_OF_KINDS)
            return Action.KEEP if kind else Action.UID  # it may refer to an instance, as in reports
        return _of_unlisted_text(element.VR, keyword)

    def _unlisted_moment(self, element: DataElement) -> Action:
        if "shift-dates" in self.options:
            return _moved(element) or Action.DUMMY
        return Action.KEEP if "retain-dates" in self.options else Action.DUMMY

    @property
    def codes(self) -> list[tuple[str, str]]:
        """Codes of De-identification Method Code Sequence (CID 7050): value and meaning."""
        chosen = (OPTIONS[name] for name in OPTIONS if name in self.options)
        return [BASIC_PROFILE, *ALWAYS.values(), *chosen]


def _of_unlisted_text(vr: str, keyword: str) -> Action:
    """What becomes of an attribute with text that the table does not name; numbers stay."""
    if vr == "PN":
        return Action.DUMMY
    if vr == "UR":
        return Action.KEEP if keyword in _URLS_OF_KINDS else Action.REMOVE
    if vr not in TEXTS - {"CS"} or keyword in _FACTS:
        return Action.KEEP
    return Action.CLEAN if vr in ("LT", "ST", "UT") or keyword.endswith(_FREE_TEXTS) else Action.UNNAME


def _moved(element: DataElement) -> Action | None:
    """What shifting by whole days does: times and time zones mean what they meant."""
    if element.VR in ("DA", "DT"):
        return Action.SHIFT
    zone = element.VR == "SH" and _ZONE.fullmatch(str(element.value).strip())
    return Action.KEEP if element.VR == "TM" or zone else None


def _cleaned(element: DataElement) -> Action | None:
    """What cleaning does; None if it cannot be done."""
    return Action.CLEAN if element.VR in TEXTS else None
