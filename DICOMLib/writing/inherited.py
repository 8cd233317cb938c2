"""Faults of source images that would make what is derived from them invalid, and that can be mended."""

from __future__ import annotations

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence

# Must have a value where they are present (Type 1C or 3 of PS3.3).
_NOT_EMPTY = (
    "DeidentificationMethod",
    "PatientIdentityRemoved",
    "PatientAge",
    "PatientSize",
    "BurnedInAnnotation",
    "AnatomicRegionSequence",
)
# Attributes of clinical trials (PS3.3 C.7.1.3, C.7.2.3, C.7.3.2) that bring others with them.
_TRIAL_PATIENT = ("ClinicalTrialSponsorName", "ClinicalTrialProtocolID", "ClinicalTrialSubjectID")
_TRIAL_STUDY = ("ClinicalTrialTimePointID", "ClinicalTrialTimePointDescription")
_TRIAL_SERIES = (
    "ClinicalTrialCoordinatingCenterName",
    "ClinicalTrialSeriesID",
    "ClinicalTrialSeriesDescription",
)
# What says of an image that it holds many slices side by side: values of Image Type, and private elements
# of Siemens (number of the slices, their times, headers that tell the number again) and United Imaging.
_TILED = ("MOSAIC", "VFRAME")
_OF_TILES = (
    (0x0019, "SIEMENS MR HEADER", (0x0A, 0x29)),
    (0x0029, "SIEMENS CSA HEADER", (0x08, 0x09, 0x10, 0x18, 0x19, 0x20)),
    (0x0065, "Image Private Header", (0x50, 0x51)),
)
NOT_TOLD = "Not told by the source images"


def mend(dataset: Dataset) -> None:
    """Take away values that are none, incomplete codes, and the gaps of clinical trials."""
    for keyword in _NOT_EMPTY:
        if keyword in dataset and dataset[keyword].is_empty:
            del dataset[keyword]
    _drop_incomplete_codes(dataset)
    if dataset.get("PatientIdentityRemoved") == "YES" and not (
        dataset.get("DeidentificationMethod") or dataset.get("DeidentificationMethodCodeSequence")
    ):
        dataset.DeidentificationMethod = NOT_TOLD
    if "SeriesType" in dataset and dataset.SeriesType[0] not in ("DYNAMIC", "GATED"):
        dataset.pop("NumberOfTimeSlices", None)  # PS3.3 C.8.9.1
    in_trial = any(keyword in dataset for keyword in (*_TRIAL_PATIENT, *_TRIAL_STUDY, *_TRIAL_SERIES))
    for keyword in ("ClinicalTrialTimePointID", "ClinicalTrialCoordinatingCenterName") if in_trial else ():
        if keyword not in dataset:
            setattr(dataset, keyword, "")


def forget_tiles(dataset: Dataset) -> None:
    """Let a slice not say that it is an image of many slices, as the one does that it was taken from."""
    image_type = [str(part) for part in dataset.get("ImageType") or ()]
    if any(part.upper() in _TILED for part in image_type):
        dataset.ImageType = [part for part in image_type if part.upper() not in _TILED]
    for group, creator, elements in _OF_TILES:
        try:
            block = dataset.private_block(group, creator)
        except KeyError:
            continue
        for element in elements:
            dataset.pop(block.get_tag(element), None)


def _drop_incomplete_codes(dataset: Dataset) -> None:
    """Remove codes without a scheme: nobody can say what they mean (PS3.3 8.8)."""
    for element in [element for element in dataset if element.VR == "SQ"]:
        if not element.keyword.endswith("CodeSequence"):
            for item in element.value:
                _drop_incomplete_codes(item)
            continue
        kept = [
            item for item in element.value if item.get("CodingSchemeDesignator") or "CodeValue" not in item
        ]
        if len(kept) == len(element.value):
            continue
        if kept:
            element.value = DicomSequence(kept)
        else:
            del dataset[element.tag]
