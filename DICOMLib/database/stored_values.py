"""Elements as the columns of the tables and the tag cache hold them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from DICOMLib.database.records import FileRecord

# What the tag cache holds in place of a text where there is none.
NOT_IN_INSTANCE = "__TAG_NOT_IN_INSTANCE__"
EMPTY_STRING = "__VALUE_IS_EMPTY_STRING__"
NOT_STORED = "__VALUE_IS_NOT_STORED__"
SENTINELS = frozenset((NOT_IN_INSTANCE, EMPTY_STRING, NOT_STORED))

SOP_INSTANCE_UID = "0008,0018"
SERIES_INSTANCE_UID = "0020,000E"
STUDY_INSTANCE_UID = "0020,000D"
PATIENT_ID = "0010,0020"
PATIENT_NAME = "0010,0010"
PATIENT_BIRTH_DATE = "0010,0030"

# Column, tag; how the text is stored follows from the name of the column.
PATIENT_COLUMNS = (
    ("PatientsBirthDate", PATIENT_BIRTH_DATE),
    ("PatientsBirthTime", "0010,0032"),
    ("PatientsSex", "0010,0040"),
    ("PatientsComments", "0010,4000"),
)
STUDY_COLUMNS = (
    ("StudyID", "0020,0010"),
    ("StudyDate", "0008,0020"),
    ("StudyTime", "0008,0030"),
    ("StudyDescription", "0008,1030"),
    ("AccessionNumber", "0008,0050"),
    ("ModalitiesInStudy", "0008,0061"),
    ("InstitutionName", "0008,0080"),
    ("ReferringPhysician", "0008,0090"),
    ("PerformingPhysiciansName", "0008,1050"),
)
SERIES_COLUMNS = (
    ("SeriesNumber", "0020,0011"),
    ("SeriesDate", "0008,0021"),
    ("SeriesTime", "0008,0031"),
    ("SeriesDescription", "0008,103E"),
    ("Modality", "0008,0060"),
    ("BodyPartExamined", "0018,0015"),
    ("FrameOfReferenceUID", "0020,0052"),
    ("AcquisitionNumber", "0020,0012"),
    ("ContrastAgent", "0018,0010"),
    ("ScanningSequence", "0018,0020"),
    ("EchoNumber", "0018,0086"),
    ("TemporalPosition", "0020,0100"),
)
# The tags that an insert looks at, whatever is cached.
COLUMN_TAGS = tuple(
    dict.fromkeys(
        [SOP_INSTANCE_UID, SERIES_INSTANCE_UID, STUDY_INSTANCE_UID, PATIENT_ID, PATIENT_NAME]
        + [tag for _, tag in PATIENT_COLUMNS + STUDY_COLUMNS + SERIES_COLUMNS]
    )
)
_INTEGERS = frozenset(("SeriesNumber", "AcquisitionNumber", "EchoNumber", "TemporalPosition"))
_DATES = frozenset(("PatientsBirthDate", "StudyDate", "SeriesDate"))


def timestamp(moment: datetime) -> str:
    """A point of time as the InsertTimestamp columns hold it: local, with milliseconds.

    It is rounded up: files that were written before must be older, else they are read again.
    """
    rounded = moment + timedelta(microseconds=-moment.microsecond % 1000)
    return rounded.isoformat(timespec="milliseconds")


def seconds_since_epoch(stored: str) -> float:
    """The point of time that an InsertTimestamp names; 0 if it cannot be read."""
    try:
        return datetime.fromisoformat(stored).timestamp()
    except ValueError:
        return 0.0


def stored_row(record: FileRecord, columns: Sequence[tuple[str, str]]) -> dict[str, str | int | None]:
    """The columns that come from the elements of a file."""
    return {column: _stored_value(record, column, tag) for column, tag in columns}


def _stored_value(record: FileRecord, column: str, tag: str) -> str | int | None:
    """The value of a column as Slicer stores it; NULL for an absent element, "" for an empty one."""
    text = record.values.get(tag)
    if column in _INTEGERS:
        return _integer(text)
    if column in _DATES:
        return _date(text)
    if text is None and tag in record.empty:
        return ""
    return text


def _integer(text: str | None) -> int:
    try:
        return int((text or "").split("\\")[0])
    except ValueError:
        return 0


def _date(text: str | None) -> str | None:
    """Date as "yyyy-MM-dd"; None if there is none that can be read."""
    if text is None or len(text) != 8 or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:])).isoformat()
    except ValueError:
        return None
