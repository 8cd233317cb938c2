"""Visual browsers: an empty one, one with the files of the folder, and one that has a real PACS to ask."""

from __future__ import annotations

import pytest

from DICOMLib.network.peers import Peer, save_peers
from Testing.DICOMModule.driving import drop
from Testing.orthanc import free_port

ANNA = "1"


@pytest.fixture
def visual(qtbot, settings, tmp_path):
    """A shown visual browser on an empty database of its own."""
    from DICOMLib.widgets import ctkDICOMVisualBrowserWidget

    browser = ctkDICOMVisualBrowserWidget()
    qtbot.addWidget(browser)
    browser.resize(1000, 800)
    folder = tmp_path / "database"
    folder.mkdir()
    browser.setDatabaseDirectory(str(folder))
    browser.show()
    qtbot.waitExposed(browser)
    yield browser
    browser.onClose()
    browser.dicomDatabase().closeDatabase()


@pytest.fixture
def filled(qtbot, visual, dicom_folder):
    """The browser with the files of the folder, Anna's studies shown."""
    with qtbot.waitSignal(visual.directoryImported):
        assert drop(visual, [dicom_folder])
    visual.patientList.choose(ANNA)
    return visual


@pytest.fixture
def online(qtbot, settings, orthanc, dicom_folder, tmp_path):
    """A shown visual browser without images; Orthanc has them. A second server does not answer."""
    from DICOMLib.widgets import ctkDICOMVisualBrowserWidget

    orthanc.upload(sorted(dicom_folder.glob("*.dcm")))
    archive = Peer("localhost", orthanc.dicom_port, "ORTHANC", "SLICER", "Archive")
    dead = Peer("localhost", free_port(), "NOBODY", "SLICER", "Dead", 2.0, query=False)
    save_peers(settings, [archive, dead])
    browser = ctkDICOMVisualBrowserWidget()
    qtbot.addWidget(browser)
    browser.resize(1100, 900)
    folder = tmp_path / "database"
    folder.mkdir()
    browser.setDatabaseDirectory(str(folder))
    browser.show()
    qtbot.waitExposed(browser)
    yield browser
    browser.onClose()
    assert browser.scheduler().waitForDone(20_000)
    browser._tasks.stop()
    browser.dicomDatabase().closeDatabase()
