"""Dates and times of DICOM in the form of ISO 8601; expected values are those of Python's own parser."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest

from DICOMLib.standard.iso_moments import iso_date, iso_date_time, iso_time


@pytest.mark.parametrize("text", ["20240229", "2024.02.29", "2024-02-29", " 20240229 "])
def test_a_date(text: str) -> None:
    assert date.fromisoformat(iso_date(text)) == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["", "20230229", "2024", "0000", "20240115-20240116", "unknown"])
def test_what_is_no_date_stays(text: str) -> None:
    assert iso_date(text) == text


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("101500", "10:15:00"),
        ("101500.25", "10:15:00.25"),
        ("1015", "10:15"),
        ("10", "10"),
        ("10:15:00", "10:15:00"),
        ("235960", "23:59:60"),
        ("246000", "246000"),
        ("1", "1"),
        ("", ""),
    ],
)
def test_a_time(text: str, iso: str) -> None:
    assert iso_time(text) == iso


def test_a_time_is_read_by_others() -> None:
    assert time.fromisoformat(iso_time("101500.123456")) == time(10, 15, 0, 123456)


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("20240115101500.123000+0130", "2024-01-15T10:15:00.123000+01:30"),
        ("20240115101500", "2024-01-15T10:15:00"),
        ("20240115", "2024-01-15"),
        ("2024", "2024"),
    ],
)
def test_a_date_with_a_time(text: str, iso: str) -> None:
    assert iso_date_time(text) == iso
    if len(text) > 8:
        parsed = datetime.fromisoformat(iso)
        assert (parsed.hour, parsed.minute) == (10, 15)
