"""Texts of the faults: what, where, and what to do."""

from __future__ import annotations

import errno
import logging
from pathlib import Path

import pytest

from DICOMLib.core.errors import (
    DatabaseError,
    DatabaseTooNew,
    DICOMError,
    InvalidDICOM,
    PeerStatus,
    is_disk_full,
    is_file_too_large,
    log_failure,
    reason_for_user,
    reason_of,
)


def test_invalid_file_names_path_and_reason():
    error = InvalidDICOM(Path("/data/a.dcm"), "truncated")
    assert str(error) == "/data/a.dcm: truncated"
    assert (error.path, error.reason) == ("/data/a.dcm", "truncated")
    assert isinstance(error, DICOMError)


def test_too_new_database_names_both_versions():
    text = str(DatabaseTooNew("0.9", "0.8.1"))
    assert "0.9" in text
    assert "0.8.1" in text


def test_peer_status_shows_the_code_as_in_the_standard():
    error = PeerStatus(0xA700, "Out of resources")
    assert str(error) == "Out of resources (status 0xA700)"
    assert error.code == 0xA700


def fail(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as raised:
        return raised


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidDICOM("/scans/Doe^Jane/1.dcm", "It is cut off."), "It is cut off."),
        (FileNotFoundError(2, "No such file or directory", "/scans/Doe^Jane"), "No such file or directory"),
        (DatabaseError("no /scans/Doe^Jane"), "DatabaseError"),
        (ValueError("Doe^Jane"), "ValueError"),
        (OSError("Doe^Jane"), "OSError"),
    ],
)
def test_a_log_tells_the_reason_and_the_text_only_at_debug(caplog, error, reason):
    assert reason_of(error) == reason
    with caplog.at_level(logging.DEBUG):
        log_failure(logging.getLogger("test"), "Import failed", fail(error))
    told, traced = caplog.records
    assert (told.levelname, traced.levelname) == ("ERROR", "DEBUG")
    assert told.getMessage().startswith(f"Import failed ({reason})")
    assert "Doe" not in told.getMessage()
    assert told.exc_info is None
    assert traced.exc_info[1] is error


def test_a_fault_of_the_code_tells_where_it_happened(caplog):
    with caplog.at_level(logging.ERROR):
        log_failure(logging.getLogger("test"), "It failed", fail(KeyError("Doe^Jane")))
        log_failure(logging.getLogger("test"), "It failed", fail(OSError(28, "No space left on device")))
    code, disk = (record.getMessage() for record in caplog.records)
    assert "test_errors.py" in code
    assert "in fail" in code
    assert "Doe" not in code
    assert disk == "It failed (No space left on device)"


def test_a_fault_of_the_code_is_told_to_the_user_in_one_line():
    """pydicom puts the traceback of a fault into its text."""
    assert (
        reason_for_user(ValueError("no such tag\nTraceback (most recent call last):\n"))
        == "ValueError: no such tag"
    )
    assert reason_for_user(KeyError()) == "KeyError"


@pytest.mark.parametrize(
    ("number", "is_full", "is_large"),
    [
        (errno.ENOSPC, True, False),
        pytest.param(
            getattr(errno, "EDQUOT", None),
            True,
            False,
            marks=pytest.mark.skipif(not hasattr(errno, "EDQUOT"), reason="no quotas here"),
        ),
        (errno.EFBIG, False, True),
        (errno.EACCES, False, False),
    ],
)
def test_no_room_and_too_large_are_told_apart(number, is_full, is_large):
    """Of a file system on which files end at 4 GB, more room would not help."""
    error = OSError(number, "fault")
    assert (is_disk_full(error), is_file_too_large(error)) == (is_full, is_large)
