"""Column properties of the database as they are shown."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from DICOMLib.widgets.tables.columns import TableColumn, shown_text, table_columns


def stored(field, weight=0, visible=True, format_text="", name=""):
    return SimpleNamespace(
        field=field, displayed_name=name or field, visible=visible, weight=weight, format=format_text
    )


def test_order_is_by_weight_and_the_tables_among_equals():
    columns = table_columns([stored("c", 2), stored("a", 1), stored("b", 1), stored("d", 0)])
    assert [column.field for column in columns] == ["d", "a", "b", "c"]


def test_format_gives_resize_mode_and_sort():
    text = '{"resizeMode":"stretch", "sort": "descending"}'
    assert table_columns([stored("a", 0, True, text, "Name")]) == [
        TableColumn("a", "Name", True, "stretch", "descending")
    ]


@pytest.mark.parametrize("text", ["{", "[1]", '{"resizeMode": "wide"}', '{"sort": "up"}'])
def test_malformed_format_is_warned_of_and_ignored(caplog, text):
    (column,) = table_columns([stored("a", 0, True, text)])
    assert (column.resize_mode, column.sort) == ("interactive", "")
    assert "column a" in caplog.text


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("StudyDate", 20110203, "2011-02-03"),
        ("StudyDate", "2011-02-03", "2011-02-03"),
        ("PatientsBirthDate", "19700101", "1970-01-01"),
        ("StudyDate", "1997.04.24", "1997-04-24"),
        ("InsertTimestamp", "2026-11-24T13:05:09.123", "2026-11-24 13:05"),
        ("StudyTime", "132514.123", "13:25:14"),
        ("StudyTime", "1325", "1325"),
        ("SeriesNumber", 303, "303"),
        ("PatientsSex", None, ""),
        ("SeriesDescription", "20110203", "20110203"),
    ],
)
def test_values_as_people_read_them(field, value, text):
    assert shown_text(field, value) == text
