"""One dataset without identity, sequences of any depth included (PS3.15 E.1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pydicom.datadict import keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence as DicomSequence

from DICOMLib.deidentification.identities import OWN_ROOT, IdentityMap
from DICOMLib.deidentification.profile import OPTIONS, TEXTS, Profile
from DICOMLib.deidentification.table import Action, safe_private
from DICOMLib.deidentification.texts import TextCleaner
from DICOMLib.writing.header import code

METHOD = "slicer-dicom, PS3.15 E.2 Basic Confidentiality Profile"
DUMMY_TEXT = "REMOVED"
_DUMMIES: dict[str, object] = {
    **dict.fromkeys(("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"), DUMMY_TEXT),
    **dict.fromkeys(("FD", "FL"), 0.0),
    **dict.fromkeys(("SL", "SS", "UL", "US", "SV", "UV"), 0),
    **dict.fromkeys(("OB", "OW", "UN"), b"\0\0"),
    **dict.fromkeys(("DS", "IS"), "0"),
    "AS": "000Y",
    "DA": "19000101",
    "TM": "000000",
    "DT": "19000101000000",
    "UR": "http://removed.invalid",
}


@dataclass(slots=True)
class Cleaner:
    """Takes the identity from datasets, one after the other.

    Parameters
    ----------
    profile
        What becomes of each attribute.
    identities
        What stands for UIDs and patients.
    """

    profile: Profile
    identities: IdentityMap
    _patient: str = field(default="", init=False)
    _texts: TextCleaner = field(init=False)

    def __post_init__(self) -> None:
        options = self.profile.options
        self._texts = TextCleaner(self.identities, "retain-dates" in options, "retain-uids" in options)

    def learn(self, dataset: Dataset) -> None:
        """Take the names in a dataset into account when texts of other files of the patient are cleaned."""
        self._texts.learn(dataset, patient_of(dataset))

    def clean(self, dataset: Dataset) -> None:
        """Change a dataset to one without identity."""
        self._patient = patient_of(dataset)
        self.learn(dataset)
        self._clean_items(dataset)
        identity = self.identities.patient(self._patient)
        dataset.PatientID, dataset.PatientName = identity, identity
        for keyword in ("PatientBirthDate", "PatientSex"):
            if keyword not in dataset:
                setattr(dataset, keyword, "")
        self._declare(dataset)
        self._clean_file_meta(dataset)

    def _clean_items(self, dataset: Dataset) -> None:
        """Clean one level and what is below it."""
        self._clean_private(dataset)
        for tag in list(dataset.keys()):
            if tag.is_private or tag not in dataset:
                continue
            if not keyword_for_tag(tag) and dataset.get_item(tag).VR in (None, "UN"):
                del dataset[tag]  # no dictionary tells what it is
            else:
                element = dataset[tag]
                self._apply(self.profile.action(element), dataset, element)

    def _apply(self, action: Action, dataset: Dataset, element: DataElement) -> None:
        if action is Action.REMOVE or (action is Action.EMPTY and element.VR == "SQ"):
            del dataset[element.tag]  # where a sequence may be empty it may almost always be absent
        elif action is Action.EMPTY:
            element.value = None
        elif action is Action.DUMMY:
            self._replace_by_dummy(element)
        elif action is Action.UID:
            element.value = _each(element.value, self.identities.uid)
        elif action is Action.SHIFT:
            element.value = _each(element.value, lambda value: self.identities.shifted(value, self._patient))
        elif action is Action.CLEAN:
            element.value = _each(element.value, self._cleaned)
        elif action is Action.UNNAME:
            element.value = _each(element.value, self._unnamed)
        elif action is Action.DESCEND and element.VR == "SQ":
            for item in element.value:
                self._clean_items(item)

    def _cleaned(self, text: str) -> str:
        return self._texts.cleaned(text, self._patient) or DUMMY_TEXT

    def _unnamed(self, text: str) -> str:
        return self._texts.unnamed(text, self._patient) or DUMMY_TEXT

    def _replace_by_dummy(self, element: DataElement) -> None:
        if element.VR == "SQ":
            for item in element.value:
                if "CodeMeaning" in item:  # a code names a person or place as well as a text does
                    item.clear()
                    item.update(code(DUMMY_TEXT, "99REMOVED", DUMMY_TEXT))
                self._clean_items(item)
        elif not element.is_empty:
            element.value = _DUMMIES.get(element.VR)

    def _clean_private(self, dataset: Dataset) -> None:
        """Remove private attributes but those that are known to be safe, if they are wanted."""
        kept = set()
        if "retain-safe-private" in self.profile.options:
            kept = set(_safe_private_tags(dataset))
        for tag in [tag for tag in list(dataset.keys()) if tag.is_private]:
            if tag not in kept:
                del dataset[tag]
            elif dataset[tag].VR == "SQ":
                self._apply(Action.DESCEND, dataset, dataset[tag])
            elif dataset[tag].VR in TEXTS:
                self._apply(Action.UNNAME, dataset, dataset[tag])

    def _declare(self, dataset: Dataset) -> None:
        """Say what was done (PS3.15 E.1.1, PS3.3 C.7.1.1)."""
        options = self.profile.options
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = METHOD
        dataset.DeidentificationMethodCodeSequence = DicomSequence(
            [code(value, "DCM", meaning) for value, meaning in self.profile.codes]
        )
        dataset.LongitudinalTemporalInformationModified = (
            "UNMODIFIED"
            if "retain-dates" in options
            else "MODIFIED"
            if "shift-dates" in options
            else "REMOVED"
        )

    def _clean_file_meta(self, dataset: Dataset) -> None:
        dataset.preamble = b"\0" * 128
        meta = getattr(dataset, "file_meta", None)
        if meta is None:
            return
        for tag in [
            tag for tag in list(meta.keys()) if tag.element not in (0x0000, 0x0001, 0x0002, 0x0003, 0x0010)
        ]:
            del meta[tag]


def patient_of(dataset: Dataset) -> str:
    """By what a patient is known: ID, else name, else the study."""
    return str(
        dataset.get("PatientID") or dataset.get("PatientName") or dataset.get("StudyInstanceUID") or ""
    )


def is_copy(dataset: Dataset) -> bool:
    """Whether a dataset is a copy that was made here, rather than something derived from one."""
    methods = dataset.get("DeidentificationMethod") or ()
    if METHOD not in ([methods] if isinstance(methods, str) else methods):
        return False
    codes = [item.get("CodeValue") for item in dataset.get("DeidentificationMethodCodeSequence") or ()]
    retained = OPTIONS["retain-uids"][0] in codes
    return retained or str(dataset.get("SOPInstanceUID", "")).startswith(OWN_ROOT)


def _each(value: object, change: object) -> object:
    """A value, or each of several ones, changed."""
    if value is None or value == "":
        return value
    if isinstance(value, (list, MultiValue)):
        return [change(str(part)) for part in value]  # type: ignore[operator]
    return change(str(value))  # type: ignore[operator]


def _safe_private_tags(dataset: Dataset) -> Iterator[int]:
    """Tags of safe private attributes and of their creators."""
    for (group, creator), elements in safe_private().items():
        try:
            block = dataset.private_block(group, creator)
        except KeyError:
            continue
        there = [block.get_tag(element) for element in elements if element in block]
        if there:
            yield group << 16 | block.block_start >> 8
            yield from there
