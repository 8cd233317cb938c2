"""Windows with settings of their own, and a small folder of DICOM files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, MRImageStorage

# Patient name, ID; study UID, date, description; series UID, number, modality, description, slices
SERIES = [
    ("Adams^Anna", "A1", "1.2.1", "20200102", "Head", "1.2.1.1", 1, "CT", "Bone", 3),
    ("Adams^Anna", "A1", "1.2.1", "20200102", "Head", "1.2.1.2", 2, "MR", "T1", 2),
    ("Adams^Anna", "A1", "1.2.2", "20210304", "Follow-up", "1.2.2.1", 10, "CT", "Soft tissue", 2),
    ("Brown^Bob", "B2", "1.2.3", "20190506", "Thorax", "1.2.3.1", 3, "CT", "Lung", 2),
]
INSTANCES = sum(series[-1] for series in SERIES)


def slice_dataset(series: tuple, index: int) -> Dataset:
    """One axial slice of 4 rows and 5 columns, 2 mm from the one before."""
    name, patient, study, date, study_text, uid, number, modality, text, _slices = series
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage if modality == "CT" else MRImageStorage
    dataset.SOPInstanceUID = f"{uid}.{index + 1}"
    dataset.PatientName, dataset.PatientID = name, patient
    dataset.StudyInstanceUID, dataset.StudyDate, dataset.StudyDescription = study, date, study_text
    dataset.SeriesInstanceUID, dataset.SeriesNumber = uid, number
    dataset.Modality, dataset.SeriesDescription = modality, text
    dataset.InstanceNumber = index + 1
    dataset.ImagePositionPatient = [-10, -20, 30 + 2 * index]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [0.5, 0.75]
    dataset.Rows, dataset.Columns = 4, 5
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    dataset.RescaleIntercept, dataset.RescaleSlope = 0, 1
    values = np.arange(20, dtype=np.int16).reshape(4, 5) + 100 * index
    dataset.PixelData = values.tobytes()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return dataset


@pytest.fixture
def dicom_folder(tmp_path: Path) -> Path:
    """Two patients, three studies, four series, nine images, and a text file."""
    folder = tmp_path / "files"
    folder.mkdir()
    for series in SERIES:
        for index in range(series[-1]):
            dataset = slice_dataset(series, index)
            dataset.save_as(folder / f"{dataset.SOPInstanceUID}.dcm", enforce_file_format=True)
    (folder / "readme.txt").write_text("no image")
    return folder


@pytest.fixture
def settings(qapp, settings_folder: Path, tmp_path: Path):
    """QSettings of this test only."""
    from qtpy.QtCore import QSettings

    organization = qapp.organizationName()
    qapp.setOrganizationName(tmp_path.name)
    yield QSettings()
    qapp.setOrganizationName(organization)


@pytest.fixture
def browser(qtbot, settings, tmp_path: Path):
    """A shown browser on an empty database of its own."""
    from DICOMLib.widgets.browsing.browser import ctkDICOMBrowser

    browser = ctkDICOMBrowser()
    qtbot.addWidget(browser)
    browser.resize(900, 700)
    folder = tmp_path / "database"
    folder.mkdir()
    browser.setDatabaseDirectory(str(folder))
    browser.show()
    qtbot.waitExposed(browser)
    yield browser
    browser.database().closeDatabase()


@pytest.fixture
def filled(browser, dicom_folder: Path):
    """The browser with the files of the folder."""
    browser.importDirectory(str(dicom_folder))
    browser.waitForImportFinished()
    return browser


def counters(browser):
    return (
        browser.patientsAddedDuringImport(),
        browser.studiesAddedDuringImport(),
        browser.seriesAddedDuringImport(),
        browser.instancesAddedDuringImport(),
    )


def totals(browser):
    database = browser.database()
    return (
        database.patientsCount(),
        database.studiesCount(),
        database.seriesCount(),
        database.imagesCount(),
    )
