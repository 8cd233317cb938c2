"""ctkDICOMDatabase: insertion of files, datasets, results and answers of peers."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom.dataset import Dataset

from DICOMLib.compat.ctkDICOMDatabase import ctkDICOMDatabase
from DICOMLib.compat.ctkDICOMItem import ctkDICOMItem
from Testing.DICOMLib.compat.datasets import dataset, write


def test_a_link(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path, False, False)
    assert database.fileForInstance("9.1") == path
    assert database.instanceForFile(path) == "9.1"
    assert heard == [
        ("patientAdded", 1, "P1", "Doe^Jane", "19700131"),
        ("connectionNameAdded", 1, "P1", "Doe^Jane", "19700131", ""),
        ("studyAdded", "1.2"),
        ("seriesAdded", "1.2.3"),
        ("instanceAdded", "9.1"),
        ("databaseChanged",),
    ]
    heard.clear()
    database.insert(write(tmp_path / "b.dcm", dataset("9.2")), False)
    assert heard == [("instanceAdded", "9.2"), ("databaseChanged",)]


def test_a_copy(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path)
    copy = Path(database.fileForInstance("9.1"))
    assert copy.is_relative_to(tmp_path / "db/dicom")
    assert copy.read_bytes() == Path(path).read_bytes()
    assert database.instanceForFile(str(copy)) == "9.1"
    assert database.instanceForFile(path) == ""
    database.useShortStoragePath = False
    database.insert(write(tmp_path / "b.dcm", dataset("9.2")))
    assert database.fileForInstance("9.2") == f"{database.databaseDirectory}/dicom/1.2/1.2.3/9.2.dcm"


def test_what_cannot_be_inserted_is_logged(
    database: ctkDICOMDatabase, heard: list, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    letter = tmp_path / "Doe Jane.txt"
    letter.write_text("Dear colleague, " * 20)
    database.insert(str(letter))
    database.insert(str(tmp_path / "missing.dcm"))
    without = dataset()
    del without.StudyInstanceUID
    database.insert(write(tmp_path / "c.dcm", without), False)
    assert len(caplog.records) == 3
    assert "Doe" not in caplog.text
    assert [event for event in heard if event != ("databaseChanged",)] == []
    assert database.imagesCount() == 0


def test_a_missing_series_uid_is_accepted(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    without = dataset()
    del without.SeriesInstanceUID
    database.insert(write(tmp_path / "a.dcm", without), False)
    counts = (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )
    assert counts == (1, 1, 0, 0)


def test_the_latest_path_wins(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    first = write(tmp_path / "a.dcm", dataset())
    database.insert(first, False)
    Path(first).unlink()
    second = write(tmp_path / "b.dcm", dataset())
    database.insert(second, False)
    assert database.fileForInstance("9.1") == second


def test_a_dataset_without_a_file(database: ctkDICOMDatabase) -> None:
    database.insert(ctkDICOMItem(dataset()), False, False)
    assert (database.patientsCount(), database.seriesCount(), database.imagesCount()) == (1, 1, 0)
    database.insert(dataset(), True, False)
    assert database.imagesCount() == 1
    path = database.fileForInstance("9.1")
    item = ctkDICOMItem()
    item.InitializeFromFile(path)
    assert item.GetElementAsString("0010,0010") == "Doe^Jane"


class Result:
    """What an indexer hands over."""

    def __init__(self, path: str, made: Dataset, copy: bool = False, overwrite: bool = False) -> None:
        self.filePath, self.dataset, self.copyFile, self.overwriteExistingDataset = (
            path,
            ctkDICOMItem(made),
            copy,
            overwrite,
        )


def test_results_of_an_indexer(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    paths = [write(tmp_path / f"{n}.dcm", dataset(f"9.{n}")) for n in range(3)]
    results = [Result(path, dataset(f"9.{n}"), copy=n == 2) for n, path in enumerate(paths)]
    assert database.insert(results) == database.Inserted == 1
    assert database.insert(results[:2]) == database.NotInserted == 0
    assert database.filesForSeries("1.2.3")[:2] == paths[:2]
    assert "/db/dicom/" in database.filesForSeries("1.2.3")[2]


class JobType:
    def __init__(self, name: str) -> None:
        self.name = name


class Answer:
    """What a peer answered."""

    def __init__(self, job: str, *made: Dataset, connection: str = "PACS", path: str = "") -> None:
        self._job, self._made, self.connectionName, self.filePath = JobType(job), made, connection, path
        self.copyFile = False

    def jobType(self) -> JobType:
        return self._job

    def datasets(self) -> dict[str, ctkDICOMItem]:
        return {str(number): ctkDICOMItem(one) for number, one in enumerate(self._made)}


def part(**values: object) -> Dataset:
    made = Dataset()
    for name, value in values.items():
        setattr(made, name, value)
    return made


def test_answers_of_a_peer(database: ctkDICOMDatabase, heard: list, tmp_path: Path) -> None:
    uids = {"StudyInstanceUID": "1.2", "SeriesInstanceUID": "1.2.3"}
    assert database.insert([Answer("QueryPatients", part(PatientID="P1", PatientName="Doe^Jane"))]) == 1
    assert (database.patientsCount(), database.studiesCount()) == (1, 0)
    assert database.connectionsInformationForPatient("1") == {"allow": ["PACS"], "deny": []}
    database.insert(
        [Answer("QueryStudies", part(PatientID="P1", PatientName="Doe^Jane", StudyInstanceUID="1.2"))]
    )
    # lower levels do not repeat who the patient is
    database.insert([Answer("QuerySeries", part(**uids, Modality="CT"))])
    database.insert(
        [Answer("QueryInstances", part(**uids, SOPInstanceUID="9.1"), part(**uids, SOPInstanceUID="9.2"))]
    )
    counts = (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )
    assert counts == (1, 1, 1, 2)
    url = "dimse+ctk://PACS/1.2/1.2.3/9.1"
    assert database.urlsForSeries("1.2.3") == [url, url[:-1] + "2"]
    assert database.filesForSeries("1.2.3") == ["", ""]
    assert (database.instanceForURL(url), database.urlForInstance("9.1")) == ("9.1", url)
    assert database.fileValue(url, "0008,0070") == ""
    assert ("instanceAdded", "9.2") in heard
    path = write(tmp_path / "a.dcm", dataset())
    database.insert([Answer("RetrieveSOPInstance", dataset(), path=path)])
    assert database.filesForSeries("1.2.3", 5) == ["", path]
    assert database.urlForInstance("9.1") == ""


def test_system_file_copy_keeps_the_time(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    os.utime(path, (1e9, 1e9))
    database.useSystemFileCopy = True
    database.insert(path)
    copy = Path(database.fileForInstance("9.1"))
    assert copy.is_relative_to(database.databaseDirectory)
    assert copy.stat().st_mtime == 1e9


def test_rows_that_another_object_removed_are_made_again(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    path = write(tmp_path / "a.dcm", dataset())
    database.insert(path, False, False)
    other = ctkDICOMDatabase(database.databaseFilename)
    assert other.removePatient("1")
    other.closeDatabase()
    database.prepareInsert()
    database.insert(path, False, False)
    assert (database.patientsCount(), database.imagesCount()) == (1, 1)


def test_insert_result_of_what_fails(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    result = SimpleNamespace(
        filePath=write(tmp_path / "a.dcm", dataset()),
        dataset=None,
        copyFile=False,
        overwriteExistingDataset=False,
    )
    Path(database.databaseFilename).unlink()
    assert database.insert([result]) == ctkDICOMDatabase.InsertResult.Failed == -1
    assert ctkDICOMDatabase.Failed == ctkDICOMDatabase.InsertResult.Failed


def test_a_patient_is_an_id_and_a_name(database: ctkDICOMDatabase, tmp_path: Path) -> None:
    for number, values in enumerate(
        (
            {"PatientBirthDate": "19700131"},
            {"PatientBirthDate": "19800131"},  # the birth date does not count
            {"PatientName": "Doe^John"},
            {"PatientID": "", "PatientName": ""},  # the study stands for the ID, the ID for the name
        )
    ):
        uids = {"StudyInstanceUID": f"1.{number}", "SeriesInstanceUID": f"1.{number}.1"}
        database.insert(
            write(tmp_path / f"{number}.dcm", dataset(f"9.{number}", **uids, **values)), False, False
        )
    people = [
        (database.fieldForPatient("PatientID", uid), database.nameForPatient(uid))
        for uid in database.patients()
    ]
    assert people == [("P1", "Doe^Jane"), ("P1", "Doe^John"), ("1.3", "1.3")]
    assert database.studiesForPatient("1") == ["1.0", "1.1"]


def test_a_second_file_does_not_take_the_place_of_the_first(
    database: ctkDICOMDatabase, tmp_path: Path, caplog
) -> None:
    contents = []
    for folder, comment in (("a", "first"), ("b", "second")):
        path = write(tmp_path / folder / "a.dcm", dataset("9.1", ImageComments=comment))
        contents.append(Path(path).read_bytes())
        database.insert(path, True, False)
    copy = Path(database.fileForInstance("9.1"))
    assert copy.read_bytes() == contents[0]
    (aside,) = database.core.second_files()
    assert Path(database.core.absolute_path(aside.stored_path)).read_bytes() == contents[1]
    assert "1 second files of instances were set aside." in caplog.text
