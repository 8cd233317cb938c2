"""Slicer's functions for scripts, on a database and a scene."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from Testing.image_series import heights, image, stack, write
from Testing.ordinary_user import ordinary_user

pytestmark = pytest.mark.mrml


@pytest.fixture
def utils(host) -> Any:
    from DICOMLib import DICOMUtils

    return DICOMUtils


@pytest.fixture
def database(utils, tmp_path, scene) -> Iterator[Any]:
    """A temporary database in place of the application's one."""
    with utils.TemporaryDICOMDatabase(str(tmp_path / "database")) as database:
        yield database


@pytest.fixture
def files(database, utils, tmp_path) -> list[str]:
    """Patient P1 with the series 1.2.3.4 (three slices) and 1.2.3.9, patient P2 with one series."""
    datasets = [
        *stack(heights(0, 3, 6)),
        image(SeriesInstanceUID="1.2.3.9", SeriesNumber=9, SeriesDescription="Other"),
        image(PatientID="P2", PatientName="Roe^Max", StudyInstanceUID="1.5", SeriesInstanceUID="1.5.1"),
    ]
    paths = write(datasets, tmp_path / "files")
    assert utils.importDicom(tmp_path / "files") is True
    return paths


def names(node_ids: list[str]) -> set[str]:
    import slicer

    return {slicer.mrmlScene.GetNodeByID(node_id).GetName() for node_id in node_ids}


# -- loading


def test_load_series_by_uid(utils, files):
    assert names(utils.loadSeriesByUID(["1.2.3.4"])) == {"7: Axial"}
    assert names(utils.loadSeriesByUID(["1.2.3.9", "1.5.1"])) == {"9: Other", "7: Axial_1"}


@pytest.mark.parametrize("uids", [("1.2.3.4",), "1.2.3.4", None, []])
def test_series_uids_must_be_a_list(utils, files, uids):
    with pytest.raises(ValueError, match="UIDs"):
        utils.loadSeriesByUID(uids)


def test_unknown_series_loads_nothing(utils, files):
    messages: list[str] = []
    assert utils.loadSeriesByUID(["9.9"], messages) == []
    assert messages == []


def test_patients(utils, files, database):
    first, second = database.patients()
    assert utils.getDatabasePatientUIDByPatientName("Roe^Max") == second
    assert utils.getDatabasePatientUIDByPatientID("P1") == first
    assert utils.getDatabasePatientUIDByPatientName("Nobody") is None
    assert utils.getDatabasePatientUIDByPatientID("P9") is None
    assert names(utils.loadPatientByUID(int(first))) == {"7: Axial", "9: Other"}
    assert len(utils.loadPatientByName("Roe^Max")) == 1
    assert len(utils.loadPatientByPatientID("P1")) == 2
    assert len(utils.loadPatient(uid=second, name="Doe^Jane")) == 1
    assert len(utils.loadPatient(patientID="P2")) == 1


def test_patients_that_are_not_there(utils, files):
    for call, argument in (
        (utils.loadPatientByUID, 99),
        (utils.loadPatientByName, "Nobody"),
        (utils.loadPatientByPatientID, "P9"),
    ):
        with pytest.raises(OSError, match="no patient"):
            call(argument)
    with pytest.raises(ValueError, match="patientID"):
        utils.loadPatient()


def test_a_patient_without_series(utils, database, tmp_path):
    """As CTK keeps them: who asks for all series passes over them, who asks for the patient is told why."""
    two = [
        image(PatientID=name, PatientName=name, StudyInstanceUID=f"1.2.{name}", SeriesInstanceUID="1.2.100")
        for name in "12"
    ]
    write(two, tmp_path / "two")
    assert utils.importDicom(tmp_path / "two") is True
    first, second = database.patients()
    assert utils.allSeriesUIDsInDatabase() == ["1.2.100"]
    assert "vtkMRMLScalarVolumeNode1" in utils.loadSeriesByUID(utils.allSeriesUIDsInDatabase())
    assert utils.getDatabasePatientUIDByPatientID("1") == first
    assert utils.getDatabasePatientUIDByPatientID("2") is None
    assert "vtkMRMLScalarVolumeNode2" in utils.loadPatientByName("1")
    for call, argument in ((utils.loadPatientByUID, second), (utils.loadPatientByName, "2")):
        with pytest.raises(OSError, match=f"Patient {second} has no series. Files that name it belong to"):
            call(argument)


@pytest.mark.skipif(not hasattr(os, "setresuid"), reason="needs POSIX permissions")
def test_a_database_that_may_only_be_read(utils, files, database):
    """Its series are loaded as those of others; what is not cached is read from the files."""
    source = Path(database.databaseDirectory)
    with tempfile.TemporaryDirectory() as top:
        folder = Path(top) / "database"
        shutil.copytree(source, folder)
        for place in (Path(top), folder):
            place.chmod(0o755)
        with ordinary_user():
            assert database.openDatabase(str(folder / "ctkDICOM.sql"))
        assert names(utils.loadSeriesByUID(["1.2.3.4"])) == {"7: Axial"}
        assert database.fileValue(files[0], "0008,0016").startswith("1.2.840.10008.5.1.4.1.1.")
        assert database.removeSeries("1.2.3.4") is False
        assert utils.importDicom(source.parent / "files") is False
        assert sorted(utils.allSeriesUIDsInDatabase()) == ["1.2.3.4", "1.2.3.9", "1.5.1"]
        database.closeDatabase()


def test_closed_database(utils, files, database):
    database.closeDatabase()
    for call, argument in (
        (utils.loadPatientByUID, 1),
        (utils.loadSeriesByUID, ["1.2.3.4"]),
        (utils.loadByInstanceUID, "1.2"),
        (utils.getDatabasePatientUIDByPatientID, "P1"),
    ):
        with pytest.raises(OSError, match="not open"):
            call(argument)
    assert utils.loadSeriesWithVerification(["1.2.3.4"]) is False


def test_load_by_instance(utils, files, database):
    uid = database.instanceForFile(files[1])
    assert names(utils.loadByInstanceUID(uid)) == {"7: Axial"}
    with pytest.raises(AttributeError):
        utils.loadByInstanceUID("9.9.9")


def test_verification(utils, files):
    expected = {"Scalar Volume": 1}, {"vtkMRMLScalarVolumeNode": 1}
    assert utils.loadSeriesWithVerification(["1.2.3.4"], *expected) is True
    assert utils.loadSeriesWithVerification({"1.2.3.4"}, *expected) is True
    assert utils.loadSeriesWithVerification(["1.2.3.4"], {"Scalar Volume": 2}) is False
    assert utils.loadSeriesWithVerification(["1.2.3.4"], {"Unknown": 1}) is False
    assert utils.loadSeriesWithVerification(["1.2.3.4"], None, {"vtkMRMLScalarVolumeNode": 0}) is False
    assert utils.loadSeriesWithVerification([]) is False


# -- loadables


@pytest.mark.parametrize("lists", [[], (), ["a.dcm"], "a.dcm", None])
def test_wrong_file_lists(utils, files, caplog, lists):
    assert utils.getLoadablesFromFileLists(lists) == ({}, False)
    assert "lists" in caplog.text


def test_loadables(utils, files):
    instances: dict[str, Any] = {}
    loadables, enabled = utils.getLoadablesFromFileLists(
        [files[:3]], ["DICOMScalarVolumePlugin"], pluginInstances=instances
    )
    (plugin,) = loadables
    assert instances == {"DICOMScalarVolumePlugin": plugin}
    assert enabled is True
    assert loadables[plugin][0].files == files[:3]
    again, _ = utils.getLoadablesFromFileLists(
        [files[:3]], ["DICOMScalarVolumePlugin"], pluginInstances=instances
    )
    assert again[plugin][0] is loadables[plugin][0]


def test_failing_plugins_are_told_in_an_empty_list_too(utils, files):
    messages: list[str] = []
    loadables, enabled = utils.getLoadablesFromFileLists([files], ["NoSuchPlugin"], messages)
    assert (loadables, enabled, messages) == ({}, False, ["Plugin failed: NoSuchPlugin."])


def test_progress_stops_examination(utils, files):
    calls = []

    def stop(name, percent):
        calls.append((name, percent))
        return True

    names_of_plugins = ["DICOMScalarVolumePlugin", "NoSuchPlugin"]
    loadables, enabled = utils.getLoadablesFromFileLists([files], names_of_plugins, None, stop)
    assert (loadables, enabled) == ({}, False)
    assert calls == [("DICOMScalarVolumePlugin", 0)]


def test_highest_confidence_overrules_what_plugins_selected(utils, files):
    from DICOMLib import DICOMLoadable

    def offer(path, confidence, selected):
        loadable = DICOMLoadable()
        loadable.files, loadable.confidence, loadable.selected = [path], confidence, selected
        return loadable

    low, high, tie = offer(files[0], 0.4, True), offer(files[1], 0.7, False), offer(files[2], 0.7, False)
    other = offer(files[3], 0.1, False)
    utils.selectHighestConfidenceLoadables({"a": [low, high, other], "b": [tie]})
    assert [loadable.selected for loadable in (low, high, tie, other)] == [False, True, True, True]


def test_load_messages(utils, files):
    import slicer

    from DICOMLib import DICOMLoadable

    loadable = DICOMLoadable()
    loadable.files, loadable.name, loadable.selected = ["/nowhere/1.dcm"], "lost", True
    plugin = slicer.modules.dicomPlugins["DICOMScalarVolumePlugin"]()
    messages: list[str] = []
    assert utils.loadLoadables({plugin: [loadable]}, messages) == []
    assert messages == ["Could not load: lost as a Scalar Volume"]


# -- the database


def test_lists_of_series(utils, files, database):
    assert utils.allSeriesUIDsInDatabase() == ["1.2.3.4", "1.2.3.9", "1.5.1"]
    assert utils.allSeriesUIDsInDatabase(database) == utils.allSeriesUIDsInDatabase()
    assert utils.seriesUIDsForFiles([*files, "/nowhere"]) == {"1.2.3.4", "1.2.3.9", "1.5.1"}


def test_import_of_a_missing_folder_is_no_failure(utils, database, tmp_path):
    assert utils.importDicom(tmp_path / "nowhere") is True
    assert database.patients() == []


def test_an_import_that_fails_gives_false(utils, database, tmp_path):
    write(stack(heights(0, 3)), tmp_path / "files")
    database.closeDatabase()
    assert utils.importDicom(tmp_path / "files") is False


def test_import_with_copies_and_clear(utils, database, tmp_path):
    write(stack(heights(0, 3)), tmp_path / "files")
    assert utils.importDicom(tmp_path / "files", database, True)
    copies = Path(database.databaseDirectory) / "dicom"
    assert len(list(copies.rglob("*.dcm"))) == 2
    changes = []
    database.connect("databaseChanged()", lambda: changes.append(1))
    utils.clearDatabase()
    assert database.patients() == []
    assert not list(copies.rglob("*"))
    assert changes


def test_empty_folders_are_removed(utils, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "c").mkdir()
    (tmp_path / "a" / "c" / "file").touch()
    utils.removeEmptyDirs(tmp_path / "a")
    assert [path.name for path in sorted((tmp_path / "a").rglob("*"))] == ["c", "file"]


def test_temporary_database_gives_the_old_one_back(utils, host, tmp_path):
    import slicer

    old = tmp_path / "old"
    old.mkdir()
    assert utils.openDatabase(str(old)) is True
    (path,) = write([image()], tmp_path / "files")
    slicer.dicomDatabase.insert(path, False)
    with utils.TemporaryDICOMDatabase() as database:
        folder = Path(database.databaseDirectory)
        assert database is slicer.dicomDatabase
        assert folder.parent == Path(slicer.app.temporaryPath)
        assert folder.name.endswith("_TempDICOMDatabase")
        assert database.patients() == []
    assert slicer.dicomDatabase.databaseDirectory == str(old)
    assert len(slicer.dicomDatabase.patients()) == 1
    assert not folder.exists()
    slicer.dicomDatabase.closeDatabase()


def test_temporary_database_in_a_folder_of_the_user(utils, host, tmp_path):
    import slicer

    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "note.txt").touch()
    slicer.dicomDatabase.closeDatabase()
    assert utils.openTemporaryDatabase(str(kept)) is None
    assert utils.closeTemporaryDatabase(None) is True
    assert (kept / "note.txt").exists()
    assert not slicer.dicomDatabase.isOpen
    assert utils.closeTemporaryDatabase(None) is False


def test_setting_is_restored(utils, host, tmp_path, monkeypatch):
    import slicer

    monkeypatch.setattr(slicer, "dicomDatabaseDirectorySettingsKey", "DatabaseDirectoryTest_0", raising=False)
    slicer.app.settings().setValue("DatabaseDirectoryTest_0", "/before")
    slicer.dicomDatabase.closeDatabase()
    with utils.TemporaryDICOMDatabase(str(tmp_path / "new")):
        assert slicer.app.settings().value("DatabaseDirectoryTest_0") == str(tmp_path / "new")
    assert slicer.app.settings().value("DatabaseDirectoryTest_0") == "/before"
    slicer.app.settings().remove("DatabaseDirectoryTest_0")


def test_open_database_of_a_missing_folder(utils, host, tmp_path, caplog):
    assert utils.openDatabase(str(tmp_path / "nowhere")) is False
    assert "does not exist" in caplog.text


def test_independent_database(utils, files, database, tmp_path):
    other = utils.createTemporaryDatabase(str(tmp_path / "other"))
    assert other is not database
    assert utils.importDicom(tmp_path / "files", other)
    assert len(other.patients()) == 2
    assert utils.deleteTemporaryDatabase(other) is True
    assert not (tmp_path / "other").exists()
    assert database.isOpen


# -- the application


def test_credentials(utils, host):
    import slicer

    assert utils.getGlobalDICOMAuth() is None
    slicer.app.settings().setValue(utils.GLOBAL_DICOMWEB_USER_KEY, "me")
    assert (utils.getGlobalDICOMAuth().username, utils.getGlobalDICOMAuth().password) == ("me", "")
    slicer.app.settings().remove(utils.GLOBAL_DICOMWEB_USER_KEY)


@pytest.mark.skipif(sys.platform == "win32", reason="writes into the registry of the user")
def test_links_are_for_windows_only(utils, host):
    with pytest.raises(NotImplementedError):
        utils.registerSlicerURLHandler()


def test_archive_is_imported_and_loaded(utils, database, tmp_path, monkeypatch):
    import slicer

    folder = tmp_path / "archive"

    def extract(url, archive, target, count, checksum=None):
        assert (url, Path(archive).name, count) == ("http://localhost/data.zip?x=1", "data.zip", 3)
        write(stack(heights(0, 3, 6)), Path(target))
        return True

    monkeypatch.setattr(slicer.util, "downloadAndExtractArchive", extract)
    arguments = {"dicomDataDir": str(folder), "expectedNumberOfFiles": 3}
    with utils.LoadDICOMFilesToDatabase(
        "http://localhost/data.zip?x=1", loadedNodes={"vtkMRMLScalarVolumeNode": 1}, **arguments
    ) as success:
        assert success is True
    monkeypatch.setattr(slicer.util, "downloadAndExtractArchive", lambda *args, **kwargs: False)
    with utils.LoadDICOMFilesToDatabase("http://localhost/data.zip") as success:
        assert success is False
