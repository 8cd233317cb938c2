"""Dates and times of DICOM as ISO 8601 writes them, which other programs read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

_DATE = re.compile(r"(\d{4})[.-]?(\d\d)[.-]?(\d\d)")
_TIME = re.compile(r"(\d\d)(?::?(\d\d)(?::?(\d\d)(\.\d{1,6})?)?)?")
_DATE_TIME = re.compile(r"(\d{8})(?:(\d\d(?:\d\d(?:\d\d(?:\.\d{1,6})?)?)?))?(?:([+-]\d\d)(\d\d))?")


def iso_date(text: str) -> str:
    """Such as "2024-01-15" of "20240115" or, in old files, "2024.01.15"; what is no date stays as it is.

    References
    ----------
    PS3.5 section 6.2, DA.
    """
    found = _DATE.fullmatch(text.strip())
    if not found:
        return text
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        return text


def iso_time(text: str) -> str:
    """Such as "10:15:00.25" of "101500.25", and as short as it is; what is no time stays as it is.

    References
    ----------
    PS3.5 section 6.2, TM.
    """
    found = _TIME.fullmatch(text.strip())
    if not found:
        return text
    hours, minutes, seconds, fraction = found.groups()
    in_range = int(hours) < 24 and int(minutes or 0) < 60 and int(seconds or 0) <= 60  # a leap second
    return ":".join(filter(None, (hours, minutes, seconds))) + (fraction or "") if in_range else text


def iso_date_time(text: str) -> str:
    """Such as "2024-01-15T10:15:00+01:00" of "20240115101500+0100"; what is shorter than a date stays.

    References
    ----------
    PS3.5 section 6.2, DT.
    """
    found = _DATE_TIME.fullmatch(text.strip())
    if not found:
        return text
    day, time, hours, minutes = found.groups()
    zone = f"{hours}:{minutes}" if hours else ""
    return iso_date(day) + (f"T{iso_time(time)}{zone}" if time else zone)


# By value representation.
ISO: Mapping[str, Callable[[str], str]] = {"DA": iso_date, "TM": iso_time, "DT": iso_date_time}
