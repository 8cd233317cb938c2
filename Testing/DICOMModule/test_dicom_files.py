"""Files and folders that are opened or dropped: what the module takes, and what becomes of it."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QMimeData, QSettings, QUrl

slicer = pytest.importorskip("slicer", reason="slicer-core is not installed")
pytestmark = [pytest.mark.gui, pytest.mark.mrml]


@pytest.fixture
def file_dialog(host):
    """The class for drops."""
    from DICOMModule.dicom_files import DICOMFileDialog

    return DICOMFileDialog


@pytest.fixture
def reader(host):
    """The reader of files."""
    from DICOMModule.dicom_files import DICOMFileReader

    return DICOMFileReader(None)


def test_folders_and_files_of_a_drop_are_told_apart(file_dialog, dicom_folder):
    mime = QMimeData()
    file = dicom_folder / "readme.txt"
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in (dicom_folder, file, dicom_folder / "gone")])
    assert file_dialog.pathsFromMimeData(mime) == ([str(dicom_folder)], [str(file)])
    assert file_dialog.pathsFromMimeData(QMimeData()) == ([], [])


def test_names_that_the_code_page_cannot_hold(file_dialog, tmp_path, monkeypatch):
    assert file_dialog.isAscii("Head")
    assert not file_dialog.isAscii("Sch\xe4del")
    (tmp_path / "a" / "Sch\xe4del").mkdir(parents=True)
    (tmp_path / "b" / "Head").mkdir(parents=True)
    for utf8, expected in ((True, True), (False, False)):
        monkeypatch.setattr(slicer.app, "isCodePageUtf8", lambda utf8=utf8: utf8, raising=False)
        assert file_dialog.validDirectories([str(tmp_path / "a")]) is expected
        assert file_dialog.validDirectories([str(tmp_path / "b")])


def test_a_database_is_made_where_none_is_open(file_dialog, dicom, tmp_path):
    opened = dicom.database.databaseFilename
    assert file_dialog.createDefaultDatabase()
    assert dicom.database.databaseFilename == opened
    QSettings().setValue(slicer.dicomDatabaseDirectorySettingsKey, str(tmp_path / "new"))
    dicom.database.closeDatabase()
    assert file_dialog.createDefaultDatabase()
    assert dicom.database.isOpen
    assert dicom.database.databaseFilename != opened
    assert dicom.database.patientsCount() == 0


def test_the_reader_imports_the_whole_folder_of_a_file(reader, dicom, dicom_folder):
    assert reader.fileType() == "DICOMFileImport"
    assert reader.extensions() == ["DICOM (*.dcm)", "DICOM (*)"]
    image = str(dicom_folder / "1.2.1.1.1.dcm")
    assert reader.canLoadFileConfidence(image) == 0.6
    for other in ("readme.txt", "gone.dcm"):
        assert reader.canLoadFileConfidence(str(dicom_folder / other)) == 0.0
    assert reader.load({"fileName": image})
    dicom.browser.dicomBrowser.waitForImportFinished()
    assert dicom.database.imagesCount() == 14
    assert slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode") == []
    assert dicom.database.fileForInstance("1.2.1.1.1") == image  # linked, as the settings say
