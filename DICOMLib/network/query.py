"""Identifiers of queries: all kinds of matching of PS3.4 section C.2.2.2, written as Python values."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from DICOMLib.standard.character_sets import smallest_character_set
from DICOMLib.standard.key_matching import key_pattern
from DICOMLib.standard.moments import MOMENT_VRS

LEVELS = ("PATIENT", "STUDY", "SERIES", "IMAGE")
# What is asked for where the caller does not say; the unique key of the level first.
RETURN_KEYS: Mapping[str, tuple[str, ...]] = {
    "PATIENT": ("PatientID", "PatientName", "PatientBirthDate", "PatientSex"),
    "STUDY": (
        "StudyInstanceUID",
        "PatientID",
        "PatientName",
        "PatientBirthDate",
        "PatientSex",
        "StudyID",
        "StudyDate",
        "StudyTime",
        "StudyDescription",
        "AccessionNumber",
        "ModalitiesInStudy",
        "NumberOfStudyRelatedSeries",
        "NumberOfStudyRelatedInstances",
    ),
    "SERIES": (
        "SeriesInstanceUID",
        "SeriesNumber",
        "SeriesDescription",
        "SeriesDate",
        "SeriesTime",
        "Modality",
        "BodyPartExamined",
        "NumberOfSeriesRelatedInstances",
    ),
    "IMAGE": ("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Rows", "Columns"),
}


class Range(NamedTuple):
    """Range matching of dates and times; an empty side is open (PS3.4 section C.2.2.2.5)."""

    first: Any = ""
    last: Any = ""


def identifier(level: str, keys: Mapping[str, Any], returned: Sequence[str] | None = None) -> Dataset:
    """The identifier of a C-FIND request.

    Parameters
    ----------
    level
        "PATIENT", "STUDY", "SERIES" or "IMAGE".
    keys
        What to match, by keyword. A text is matched as it is, with "*" and "?" as wild cards; a list is
        matched by any of its values; a `Range`, a date or a time by dates and times; a mapping by an item of
        a sequence; None or "" by everything.
    returned
        Keywords of what else to tell; by default `RETURN_KEYS` of the level.

    Raises
    ------
    ValueError
        If the level or a keyword is not known, or a date or time is none.
    """
    if level not in LEVELS:
        raise ValueError(f"{level!r} is no query level; these are: {', '.join(LEVELS)}.")
    asked = dict.fromkeys(RETURN_KEYS[level] if returned is None else returned, "")
    dataset = _matching({**asked, **keys})
    character_set = smallest_character_set(dataset)
    if character_set:
        dataset.SpecificCharacterSet = character_set
    dataset.QueryRetrieveLevel = level
    return dataset


def _matching(keys: Mapping[str, Any]) -> Dataset:
    dataset = Dataset()
    for keyword, value in keys.items():
        tag = tag_for_keyword(keyword)
        if tag is None:
            raise ValueError(f"{keyword!r} is no keyword of the DICOM dictionary.")
        vr = dictionary_VR(tag)
        if vr == "SQ":
            dataset.add_new(tag, "SQ", [_matching(value or {})])
        else:
            made = _checked(keyword, vr, _value(value))
            # pydicom would write a value that it finds odd, such as one with a wild card, into the log
            dataset.add(DataElement(tag, _plain_vr(vr), made, validation_mode=config.IGNORE))
    return dataset


def _checked(keyword: str, vr: str, value: Any) -> Any:
    """The value, unless it is to be a moment and is none."""
    if vr in MOMENT_VRS and value is not None:
        try:
            key_pattern(vr, value if isinstance(value, list) else [str(value)])
        except ValueError as error:
            raise ValueError(f"{keyword}: {error}") from error
    return value


def _plain_vr(vr: str) -> str:
    return {"US or SS": "US", "OB or OW": "OB", "US or OW": "US", "US or SS or OW": "US"}.get(vr, vr)


def _value(value: Any) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, Range):
        first, last = (_text(side) for side in value)
        return f"{first}-{last}" if first != last else first
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [_text(one) for one in (value if isinstance(value, (list, tuple)) else sorted(value))]
        return texts if len(texts) > 1 else texts[0] if texts else None
    return value if isinstance(value, (int, float)) else _text(value)


def _text(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y%m%d%H%M%S")
    if isinstance(value, datetime.date):
        return value.strftime("%Y%m%d")
    if isinstance(value, datetime.time):
        return value.strftime("%H%M%S")
    return "" if value is None else str(value)
