"""What the SOP classes of single-frame images require, beside pixels and place (PS3.3 A.3 to A.21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

IMAGE_STORAGE = "1.2.840.10008.5.1.4.1.1."


@dataclass(frozen=True, slots=True)
class ImageClass:
    """A SOP class for slices.

    Parameters
    ----------
    uid
        SOP Class UID.
    image_type
        Image Type (0008,0008) of an image that says nothing else.
    attributes
        Attributes that the class requires, and what stands there where nothing is known.
    rescale
        Whether Rescale Slope and Intercept are always written.
    stored_type
        The only type of stored values that the class allows; empty if it does not matter.
    always_primary
        Whether even derived images must call themselves PRIMARY (PS3.3 C.8.9.4.1.1).
    without_intercept
        Whether Rescale Intercept must be 0 (PS3.3 C.8.9.4.1.5).
    monochrome1
        Whether low values may be said to be bright.
    """

    uid: str
    image_type: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    rescale: bool = False
    stored_type: str = ""
    always_primary: bool = False
    without_intercept: bool = False
    monochrome1: bool = False


_CT = ImageClass(
    IMAGE_STORAGE + "2",
    ("ORIGINAL", "PRIMARY", "AXIAL"),
    {"KVP": None, "AcquisitionNumber": None, "RescaleType": "HU"},
    rescale=True,
    monochrome1=True,
)
_MR = ImageClass(
    IMAGE_STORAGE + "4",
    ("ORIGINAL", "PRIMARY", "MPR"),
    {
        "ScanningSequence": "RM",
        "SequenceVariant": "NONE",
        "ScanOptions": "",
        "MRAcquisitionType": "3D",
        "RepetitionTime": None,
        "EchoTime": None,
        "EchoTrainLength": None,
    },
    monochrome1=True,
)
_CR = ImageClass(
    IMAGE_STORAGE + "1",
    ("ORIGINAL", "PRIMARY", "SINGLE PLANE"),
    {"BodyPartExamined": "", "ViewPosition": "", "KVP": None, "PatientOrientation": ""},
    monochrome1=True,
)
_US = ImageClass(
    IMAGE_STORAGE + "6.1", ("ORIGINAL", "PRIMARY"), {"PatientOrientation": ""}, stored_type="uint8"
)
_PT = ImageClass(
    IMAGE_STORAGE + "128",
    ("ORIGINAL", "PRIMARY"),
    {
        "Units": "CNTS",
        "CountsSource": "EMISSION",
        "SeriesType": ["STATIC", "IMAGE"],
        "CorrectedImage": "",
        "DecayCorrection": "NONE",
        "CollimatorType": "",
        "FrameReferenceTime": "0",
        "ActualFrameDuration": "1",
        "AcquisitionDate": "",
        "AcquisitionTime": "",
        "RadiopharmaceuticalInformationSequence": [],
        "PatientOrientationCodeSequence": [],
        "PatientGantryRelationshipCodeSequence": [],
    },
    rescale=True,
    always_primary=True,
    without_intercept=True,
)
_SC = ImageClass(
    IMAGE_STORAGE + "7",
    ("ORIGINAL", "PRIMARY"),
    {"ConversionType": "WSD", "PatientOrientation": ""},
    monochrome1=True,
)
_NM = ImageClass(IMAGE_STORAGE + "20", ("ORIGINAL", "PRIMARY", "STATIC", "EMISSION"))

_EMISSION = ("EMISSION", "TRANSMISSION")

# Body parts of which there is one on either side (PS3.16 annex L).
PAIRED = (
    "ANKLE", "ARM", "AXILLA", "BREAST", "CALCANEUS", "CAROTID", "CLAVICLE", "EAR", "ELBOW", "EXTREMITY",
    "EYE", "FEMUR", "FINGER", "FOOT", "FOREARM", "HAND", "HIP", "HUMERUS", "KIDNEY", "KNEE", "LEG",
    "LOWERLEG", "LUNG", "OVARY", "PATELLA", "RADIUS", "SCAPULA", "SHOULDER", "TESTIS", "THIGH", "THUMB",
    "TIBIA", "TOE", "ULNA", "UPPERARM", "UPPERLEG", "WRIST", "ZYGOMA",
)  # fmt: skip

# As Slicer chooses them; every other modality is written as CT and keeps its name.
CLASS_OF_MODALITY = {"MR": _MR, "CR": _CR, "NM": _NM, "US": _US, "PT": _PT, "SC": _SC, "OT": _SC}
SECONDARY_CAPTURE, ULTRASOUND = _SC, _US
# Of objects that are no images (PS3.3 C.7.3.1.1.1): who reads the modality takes the images for such objects.
NOT_OF_IMAGES = (
    "SEG", "RTDOSE", "RTSTRUCT", "RTPLAN", "REG", "RWV", "SR", "PR", "KO", "M3D", "DOC", "PLAN", "FID",
)  # fmt: skip
OTHER = "OT"


def image_class(modality: str, *, colour: bool = False) -> ImageClass:
    """The SOP class for images of a modality; colours are always Secondary Capture, but for ultrasound."""
    if colour:
        return _US if modality == "US" else _SC
    return CLASS_OF_MODALITY.get(modality, _CT)


def fill_in(dataset: Dataset, kind: ImageClass) -> None:
    """Add the attributes that the class requires and the dataset lacks."""
    for keyword, value in {"ImageType": list(kind.image_type), **kind.attributes}.items():
        if keyword not in dataset:
            setattr(dataset, keyword, DicomSequence(value) if value == [] else value)
    parts = [str(part) for part in dataset.ImageType or ()]
    parts = [part or default for part, default in zip_longest(parts, kind.image_type, fillvalue="")]
    if kind.always_primary:
        parts[1] = "PRIMARY"
    dataset.ImageType = parts
    _set_laterality(dataset)
    if kind is _MR:
        _set_inversion(dataset)
    if kind in (_PT, _NM):  # the code sequence says it (PS3.3 C.7.3.1.1.2)
        dataset.pop("PatientPosition", None)
    if kind is _NM:
        _add_nuclear_medicine(dataset)


def _set_laterality(dataset: Dataset) -> None:
    """Type 2C (PS3.3 C.7.3.1): of a paired structure, or of one that is not known; not of a specimen."""
    part = str(dataset.get("BodyPartExamined") or "")
    is_single = (part and part not in PAIRED) or "SpecimenDescriptionSequence" in dataset
    if is_single and not dataset.get("Laterality"):
        dataset.pop("Laterality", None)
    elif "ImageLaterality" not in dataset and "Laterality" not in dataset:
        dataset.Laterality = ""


def _set_inversion(dataset: Dataset) -> None:
    """Type 2C (PS3.3 C.8.3.1): a time of 0 where nothing is inverted says nothing, and may not be there."""
    sequences = dataset["ScanningSequence"]
    is_inverted = "IR" in (sequences.value if sequences.VM > 1 else [sequences.value])
    if not is_inverted and not dataset.get("InversionTime"):
        dataset.pop("InversionTime", None)


def _add_nuclear_medicine(dataset: Dataset) -> None:
    """One frame of one energy window and one detector (PS3.3 C.8.4.8 to C.8.4.11), which is static."""
    pixels, _class, _kind, emission = dataset.ImageType[:4]
    dataset.ImageType = [pixels, "PRIMARY", "STATIC", emission if emission in _EMISSION else _EMISSION[0]]
    dataset.NumberOfFrames = 1
    dataset.FrameIncrementPointer = [0x00540010, 0x00540020]
    dataset.EnergyWindowVector, dataset.NumberOfEnergyWindows = [1], 1
    dataset.DetectorVector, dataset.NumberOfDetectors = [1], 1
    dataset.ActualFrameDuration, dataset.CountsAccumulated = 1, None
    detector = Dataset()
    detector.CollimatorType = ""
    detector.ImagePositionPatient = dataset.ImagePositionPatient
    detector.ImageOrientationPatient = dataset.ImageOrientationPatient
    dataset.DetectorInformationSequence = DicomSequence([detector])
    for keyword in (
        "EnergyWindowInformationSequence", "RadiopharmaceuticalInformationSequence",
        "PatientOrientationCodeSequence", "PatientGantryRelationshipCodeSequence",
    ):  # fmt: skip
        setattr(dataset, keyword, DicomSequence([]))
