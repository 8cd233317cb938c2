"""CTK's query filters as the keys of the Standard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.network.query import Range

PATIENT_KEYS = ("PatientID", "PatientName", "PatientBirthDate")
STUDY_KEYS = (
    *PATIENT_KEYS,
    "StudyID",
    "StudyInstanceUID",
    "StudyDescription",
    "StudyDate",
    "StudyTime",
    "ModalitiesInStudy",
    "AccessionNumber",
    "NumberOfStudyRelatedInstances",
    "NumberOfStudyRelatedSeries",
)
SERIES_KEYS = (
    "SeriesNumber",
    "SeriesDescription",
    "SeriesInstanceUID",
    "SeriesDate",
    "SeriesTime",
    "Modality",
    "Rows",
    "Columns",
    "NumberOfSeriesRelatedInstances",
)
INSTANCE_KEYS = ("InstanceNumber", "SOPInstanceUID", "Rows", "Columns", "Modality")

_TEXTS = (
    ("Name", "PatientName"),
    ("ID", "PatientID"),
    ("Study", "StudyDescription"),
    ("AccessionNumber", "AccessionNumber"),
)


def patient_keys(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a query for patients: name and ID only."""
    return {
        keyword: f"*{filters[name]}*" for name, keyword in _TEXTS[:2] if str(filters.get(name) or "").strip()
    }


def study_keys(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a query for studies."""
    keys: dict[str, Any] = {
        keyword: f"*{filters[name]}*" for name, keyword in _TEXTS if str(filters.get(name) or "").strip()
    }
    modalities = modalities_of(filters)
    if modalities:
        keys["ModalitiesInStudy"] = modalities
    first, last = filters.get("StartDate"), filters.get("EndDate")
    if first and last:
        keys["StudyDate"] = Range(first, last)
    return keys


def series_keys(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Keys of a query for series, beside the study."""
    text = filters.get("Series")
    return {"SeriesDescription": f"*{text}*"} if text else {}


def modalities_of(filters: Mapping[str, Any]) -> list[str]:
    """The wanted modalities, given as a list or as a text; empty for all."""
    given = filters.get("Modalities") or []
    texts: Sequence[Any] = given.replace(",", "\\").split("\\") if isinstance(given, str) else list(given)
    return [str(text).strip() for text in texts if str(text).strip()]


def is_wanted(match: Dataset, filters: Mapping[str, Any]) -> bool:
    """Whether the modality of a series is among the wanted ones; this is judged here, not by the peer."""
    wanted = {text.upper() for text in modalities_of(filters)}
    return not wanted or str(match.get("Modality", "") or "").upper() in wanted
