"""Texts of the faults: what, where, and what to do."""

from __future__ import annotations

from pathlib import Path

from DICOMLib.core.errors import DatabaseTooNew, DICOMError, InvalidDICOM, PeerStatus


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
