"""ctkDICOMDatabase: patients, studies, series, files and the columns of their tables."""

from __future__ import annotations

import os
import time
from datetime import datetime
from pathlib import Path

import pytest

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase


def test_lookups(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = str(tmp_path / "1.dcm")
    assert filled.patients() == ["1"]
    assert filled.studiesForPatient("1") == filled.studiesForPatient(1) == ["1.2"]
    assert filled.seriesForStudy("1.2") == ["1.2.3"]
    assert filled.instancesForSeries("1.2.3") == ["9.0", "9.1", "9.2"]
    assert filled.instancesForSeries("1.2.3", 2) == ["9.0", "9.1"]
    assert filled.filesForSeries("1.2.3", 1) == [str(tmp_path / "0.dcm")]
    assert (filled.studyForSeries("1.2.3"), filled.patientForStudy("1.2")) == ("1.2", "1")
    assert (filled.seriesForFile(path), filled.instanceForFile(path)) == ("1.2.3", "9.1")
    assert filled.seriesForFile(Path(path)) == "1.2.3"
    assert filled.allFiles() == [str(tmp_path / f"{n}.dcm") for n in range(3)]
    assert filled.descriptionsForFile(path) == {
        "SeriesDescription": "Head",
        "StudyDescription": "",
        "PatientsName": "Doe^Jane",
    }
    assert filled.descriptionsForFile("/unknown") == {}
    assert (filled.descriptionForSeries("1.2.3"), filled.descriptionForStudy("1.2")) == ("Head", "")
    assert (filled.nameForPatient("1"), filled.displayedNameForPatient("1")) == ("Doe^Jane", "")
    assert filled.fieldForPatient("PatientsBirthDate", "1") == "1970-01-31"
    assert filled.fieldForStudy("PatientsUID", "1.2") == "1"
    assert filled.fieldForSeries("SeriesNumber", "1.2.3") == "0"
    assert filled.fieldForSeries("BodyPartExamined", "1.2.3") == ""
    assert (
        filled.descriptionForSeries("unknown")
        == filled.fileForInstance("unknown")
        == filled.nameForPatient(77)
        == ""
    )


def test_an_unknown_column_is_logged(filled: ctkDICOMDatabase, caplog: pytest.LogCaptureFixture) -> None:
    assert filled.fieldForSeries("NoSuchColumn", "1.2.3") == ""
    assert "NoSuchColumn" in caplog.text


def test_insert_times(filled: ctkDICOMDatabase) -> None:
    for moment in (
        filled.insertDateTimeForPatient("1"),
        filled.insertDateTimeForStudy("1.2"),
        filled.insertDateTimeForSeries("1.2.3"),
        filled.insertDateTimeForInstance("9.1"),
    ):
        assert moment.isValid()
        assert abs(moment.toMSecsSinceEpoch() / 1000 - datetime.now().timestamp()) < 10
    assert not filled.insertDateTimeForSeries("unknown").isValid()


def test_files_that_are_up_to_date(filled: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = tmp_path / "1.dcm"
    os.utime(path, (time.time() - 100,) * 2)
    assert filled.fileExistsAndUpToDate(str(path))
    os.utime(path, (time.time() + 100,) * 2)
    assert not filled.fileExistsAndUpToDate(str(path))
    path.unlink()
    assert not filled.fileExistsAndUpToDate(str(path))
    assert not filled.fileExistsAndUpToDate("/unknown")


def test_connections(filled: ctkDICOMDatabase) -> None:
    assert filled.connectionsInformationForPatient("1") == {"allow": [""], "deny": []}
    assert filled.updateConnectionsForPatient("1", ["A", "Ö"], ["B"]) is True
    assert filled.connectionsInformationForPatient("1") == {"allow": ["A", "Ö"], "deny": ["B"]}
    assert filled.connectionsInformationForPatient("99") == {}


def test_column_properties(filled: ctkDICOMDatabase, heard: list) -> None:
    assert filled.displayedNameForField("Series", "Modality") == "Modality"
    assert filled.visibilityForField("Series", "Modality") is True
    assert filled.weightForField("Series", "Modality") == 3
    assert filled.formatForField("Series", "Modality") == '{"resizeMode":"resizeToContents"}'
    filled.setDisplayedNameForField("Series", "Modality", "Kind")
    filled.setVisibilityForField("Series", "Modality", False)
    filled.setWeightForField("Series", "Modality", 11)
    filled.setFormatForField("Series", "Modality", "{}")
    assert heard == [("databaseChanged",)] * 4
    assert filled.displayedNameForField("Series", "Modality") == "Kind"
    assert filled.visibilityForField("Series", "Modality") is False
    assert filled.weightForField("Series", "Modality") == 11
    assert filled.formatForField("Series", "Modality") == "{}"
    assert (
        filled.displayedNameForField("Series", "Nothing"),
        filled.weightForField("Series", "Nothing"),
    ) == ("", 0)
    assert (filled.visibilityForField("Series", "Nothing"), filled.formatForField("Series", "Nothing")) == (
        False,
        "",
    )


def test_names_of_columns(database: ctkDICOMDatabase) -> None:
    assert database.patientFieldNames[:3] == ["UID", "PatientsName", "PatientID"]
    assert database.patientFieldNames[-1] == "Connections"
    assert database.studyFieldNames[:2] == ["StudyInstanceUID", "PatientsUID"]
    assert database.seriesFieldNames[2] == "SeriesNumber"
    assert (
        len(database.patientFieldNames),
        len(database.studyFieldNames),
        len(database.seriesFieldNames),
    ) == (14, 14, 19)
