"""ctkDICOMDatabase: removal and clean-up."""

from __future__ import annotations

from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from Testing.DICOMLib.compat.datasets import dataset, write


def test_removal_step_by_step(filled: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    assert filled.removeSeries("1.2.3")
    assert heard == [("seriesRemoved", "1.2.3"), ("databaseChanged",)]
    assert filled.seriesForStudy("1.2") == []
    assert filled.studiesForPatient("1") == ["1.2"]
    heard.clear()
    assert filled.removeStudy("1.2")
    assert heard == [("studyRemoved", "1.2"), ("databaseChanged",)]
    heard.clear()
    assert filled.removePatient("1")
    assert heard == [("patientRemoved", "1", "P1"), ("databaseChanged",)]
    assert filled.patients() == []
    assert (tmp_path / "1.dcm").exists()
    assert filled.cachedTag("9.1", "0008,0060") == "CT"


def test_removal_of_a_patient_at_once(filled: ctkDICOMDatabase, heard: list) -> None:
    assert filled.removePatient("1")
    assert heard == [
        ("seriesRemoved", "1.2.3"),
        ("studyRemoved", "1.2"),
        ("patientRemoved", "1", "P1"),
        ("databaseChanged",),
    ]
    heard.clear()
    assert filled.removeSeries("unknown")
    assert filled.removeStudy("unknown")
    assert filled.removePatient("99")
    assert [event for event in heard if event != ("databaseChanged",)] == [
        ("seriesRemoved", "unknown"), ("studyRemoved", "unknown"), ("patientRemoved", "99", "")
    ]  # fmt: skip


def test_clean_up(filled: ctkDICOMDatabase) -> None:
    assert not filled.cleanupSeries("1.2.3")
    assert not filled.cleanupStudy("1.2")
    assert not filled.cleanupPatient("1")
    assert filled.cleanupSeries("unknown", True)
    filled.removeSeries("1.2.3", True, False)
    assert filled.cachedTag("9.1", "0008,0060") == ""
    assert filled.seriesForStudy("1.2") == ["1.2.3"]
    assert filled.cleanup(True)
    assert filled.patients() == []


def test_removal_that_fails(filled: ctkDICOMDatabase, heard: list, caplog: pytest.LogCaptureFixture) -> None:
    filled.core._busy_timeout_s = 0.05
    Path(filled.databaseFilename).rename(filled.databaseFilename + ".moved")
    assert filled.removePatient("1") is False
    assert heard == []
    assert "removed or replaced" in caplog.text


def test_a_copy_goes_with_its_series_and_its_tags_stay(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path)
    database.cacheTag("9.1", "0018,0015", "HEAD")
    copy = Path(database.fileForInstance("9.1"))
    assert database.removeSeries("1.2.3")
    assert not copy.exists()
    assert not copy.parent.exists()  # nor what is left of its folders
    assert Path(path).is_file()
    assert (database.seriesForStudy("1.2"), database.studiesForPatient("1")) == ([], ["1.2"])
    assert database.cachedTag("9.1", "0018,0015") == "HEAD"
    database.insert(path)
    assert database.instanceValue("9.1", "0008,103E") == "Head"


def test_a_series_row_may_stay(filled: ctkDICOMDatabase, heard: list) -> None:
    assert filled.removeSeries("1.2.3", True, False)
    assert heard == [("seriesRemoved", "1.2.3"), ("databaseChanged",)]
    assert (filled.seriesCount(), filled.imagesCount()) == (1, 0)
    assert filled.cachedTag("9.1", "0008,0060") == ""
