"""The tasks of Slicer's script repository that need a network, with a real PACS."""

from __future__ import annotations

import time
from urllib.parse import quote

import pytest
import requests

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.web.server.application import Access
from DICOMLib.web.server.origin_server import OriginServer, ServerOptions
from DICOMLib.web.server.services import Services
from Testing import factories
from Testing.orthanc import AE_TITLE, Orthanc, free_port, program

pytestmark = [pytest.mark.gui, pytest.mark.mrml, pytest.mark.network]

STUDY = str(factories.uid("study"))
SERIES = str(factories.uid("ct"))
USER, PASSWORD, TOKEN = "me", "word", "eyJhbGciOiJIUzI1NiJ9"


@pytest.fixture
def files(tmp_path):
    """Three slices of one series."""
    return factories.write(factories.ct_series(3, "ct"), tmp_path / "source")


@pytest.fixture
def pacs(orthanc, files):
    """A PACS that has the series."""
    orthanc.upload(files)
    return orthanc


@pytest.fixture
def guarded(tmp_path, files):
    """A guarded PACS that has the series."""
    folder = tmp_path / "guarded"
    folder.mkdir()
    server = Orthanc(folder, AuthenticationEnabled=True, RegisteredUsers={USER: PASSWORD})
    for path in files:
        answer = requests.post(f"{server.url}/instances", path_bytes(path), auth=(USER, PASSWORD), timeout=10)
        answer.raise_for_status()
    yield server
    server.close()


def path_bytes(path) -> bytes:
    with open(path, "rb") as file:  # noqa: PTH123  a path as text
        return file.read()


def sop_uids(database, series=SERIES) -> set[str]:
    return set(database.instancesForSeries(series))


EXPECTED = {str(dataset.SOPInstanceUID) for dataset in factories.ct_series(3, "ct")}


def test_03_import_over_dicomweb(dicom, pacs):
    import slicer

    from DICOMLib import DICOMUtils

    slicer.util.selectModule("DICOM")
    slicer.app.processEvents()
    imported = DICOMUtils.importFromDICOMWeb(dicomWebEndpoint=pacs.web_url, studyInstanceUID=STUDY)
    assert list(imported) == [SERIES]
    assert sop_uids(slicer.dicomDatabase) == EXPECTED


def test_04_import_over_dicomweb_with_a_token(dicom, pacs):
    import slicer

    from DICOMLib import DICOMUtils

    slicer.util.selectModule("DICOM")
    slicer.app.processEvents()
    DICOMUtils.importFromDICOMWeb(
        dicomWebEndpoint=pacs.web_url, studyInstanceUID=STUDY, accessToken="eyJhbGciOiJIUzI1NiJ9"
    )
    assert sop_uids(slicer.dicomDatabase) == EXPECTED


def test_05_import_over_dicomweb_with_credentials(dicom, guarded):
    import slicer
    from requests import HTTPBasicAuth  # as the repository writes it: requests itself has it in `auth`

    from DICOMLib import DICOMUtils

    with pytest.raises(Exception, match="401"):
        DICOMUtils.importFromDICOMWeb(dicomWebEndpoint=guarded.web_url, studyInstanceUID=STUDY)
    DICOMUtils.importFromDICOMWeb(
        dicomWebEndpoint=guarded.web_url, studyInstanceUID=STUDY, auth=HTTPBasicAuth(USER, PASSWORD)
    )
    assert sop_uids(slicer.dicomDatabase) == EXPECTED


def test_06_credentials_in_the_settings(dicom, guarded):
    import qt
    import slicer

    from DICOMLib import DICOMUtils

    settings = qt.QSettings()
    settings.setValue(DICOMUtils.GLOBAL_DICOMWEB_USER_KEY, USER)
    settings.setValue(DICOMUtils.GLOBAL_DICOMWEB_PASSWORD_KEY, PASSWORD)
    DICOMUtils.importFromDICOMWeb(
        dicomWebEndpoint=guarded.web_url, studyInstanceUID=STUDY, auth=DICOMUtils.getGlobalDICOMAuth()
    )
    assert sop_uids(slicer.dicomDatabase) == EXPECTED


@pytest.fixture
def web(tmp_path, files):
    """Our own server with a token, which has the series and another one."""
    others = factories.write(factories.ct_series(2, "other"), tmp_path / "others")
    with Database.open(tmp_path / "served") as database:
        run(import_paths(database, [*files, *others]))
        how = ServerOptions(port=0, access=Access(TOKEN))
        services = Services(database, settle=lambda: time.sleep(0.1))  # it takes a moment to answer
        with OriginServer(services, how) as server:
            yield server


def test_all_arguments_of_the_import(dicom, web, caplog):
    import slicer
    from requests.auth import HTTPBasicAuth

    from DICOMLib import DICOMUtils

    with pytest.raises(Exception, match="401"):
        DICOMUtils.importFromDICOMWeb(web.url, STUDY, accessToken="wrong")
    # credentials come before a token
    with pytest.raises(Exception, match="401"):
        DICOMUtils.importFromDICOMWeb(web.url, STUDY, None, TOKEN, HTTPBasicAuth(USER, PASSWORD))
    assert "token is not used" in caplog.text
    assert slicer.dicomDatabase.patients() in ([], ())
    one = DICOMUtils.importFromDICOMWeb(web.url, STUDY, SERIES, TOKEN, None, False)
    assert (one, sop_uids(slicer.dicomDatabase)) == ([SERIES], EXPECTED)
    # what is there is told, too
    both = DICOMUtils.importFromDICOMWeb(
        dicomWebEndpoint=web.url, studyInstanceUID=STUDY, accessToken=TOKEN, bulkRetrieve=True
    )
    assert sorted(both) == sorted([SERIES, str(factories.uid("other"))])
    assert len(sop_uids(slicer.dicomDatabase, str(factories.uid("other")))) == 2


def test_an_import_is_seen_and_can_be_cancelled(dicom, web):
    import qt
    import slicer
    from qtpy.QtWidgets import QPushButton

    from DICOMLib import DICOMUtils

    seen = []

    def cancel():
        dialogs = slicer.util.mainWindow().findChildren(qt.QProgressDialog)
        (dialog,) = (one for one in dialogs if one.isVisible())
        seen.append(dialog.windowTitle())
        dialog.findChild(QPushButton).click()

    qt.QTimer.singleShot(0, cancel)
    imported = DICOMUtils.importFromDICOMWeb(web.url, STUDY, accessToken=TOKEN)
    assert seen == ["Retrieving from the DICOMweb server"]
    assert imported == []
    # the window is alive, and asks again
    assert len(DICOMUtils.importFromDICOMWeb(web.url, STUDY, accessToken=TOKEN)) == 2


@pytest.mark.parametrize(("bulk", "more"), [("", True), ("&bulk_retrieve=0", False)])
def test_a_link_with_a_token(dicom, web, monkeypatch, bulk, more):
    """What a web page hands over: the study is imported, and its series are selected in the browser."""
    import slicer

    from DICOMLib import DICOMUtils

    asked = []
    ask = DICOMUtils.importFromDICOMWeb
    monkeypatch.setattr(DICOMUtils, "importFromDICOMWeb", lambda **given: asked.append(given) or ask(**given))
    endpoint = quote(quote(web.url, safe=""), safe="")  # encoded twice, as servers do it
    link = f"slicer://Viewer/?studyUID={STUDY}&access_token={TOKEN}&dicomweb_endpoint={endpoint}{bulk}"
    slicer.app.urlReceived(link)
    (given,) = asked
    assert (given["dicomWebEndpoint"], given["accessToken"]) == (web.url, TOKEN)
    assert given["bulkRetrieve"] is more
    assert sop_uids(slicer.dicomDatabase) == EXPECTED
    assert set(dicom.tables.currentSeriesSelection()) == {SERIES, str(factories.uid("other"))}


@pytest.mark.parametrize(
    "link",
    [
        f"slicer://viewer/?studyUID={STUDY}",
        "slicer://viewer/?dicomweb_endpoint=http%3A%2F%2Flocalhost%3A1",
        f"slicer://other/?studyUID={STUDY}&dicomweb_endpoint=http%3A%2F%2Flocalhost%3A1",
        "slicer://[",
    ],
)
def test_links_for_others_are_ignored(dicom, monkeypatch, link):
    import slicer

    from DICOMLib import DICOMUtils

    asked = []
    monkeypatch.setattr(DICOMUtils, "importFromDICOMWeb", lambda **given: asked.append(given))
    slicer.app.urlReceived(link)
    assert asked == []


def test_17_query_and_retrieve(dicom, pacs):
    import ctk
    import slicer

    dicomQuery = ctk.ctkDICOMQuery()
    dicomQuery.callingAETitle = "SLICER"
    dicomQuery.calledAETitle = AE_TITLE
    dicomQuery.host = "localhost"
    dicomQuery.port = pacs.dicom_port
    dicomQuery.setFilters({"Name": "Doe", "Modalities": "CT"})
    tempDb = ctk.ctkDICOMDatabase()
    tempDb.openDatabase("")
    assert dicomQuery.query(tempDb)
    dicomRetrieve = ctk.ctkDICOMRetrieve()
    dicomRetrieve.callingAETitle = dicomQuery.callingAETitle
    dicomRetrieve.calledAETitle = dicomQuery.calledAETitle
    dicomRetrieve.host = dicomQuery.host
    dicomRetrieve.port = dicomQuery.port
    dicomRetrieve.setDatabase(slicer.dicomDatabase)
    for study, series in dicomQuery.studyAndSeriesInstanceUIDQueried:
        slicer.app.processEvents()
        assert dicomRetrieve.getSeries(study, series)
    slicer.dicomDatabase.updateDisplayedFields()
    tempDb.closeDatabase()
    assert dicomQuery.studyAndSeriesInstanceUIDQueried == [(STUDY, SERIES)]
    assert sop_uids(slicer.dicomDatabase) == EXPECTED


def test_18_query_by_the_visual_browser(dicom, pacs, qtbot):
    import ctk
    import slicer

    browserWidget = slicer.modules.dicom.widgetRepresentation().self().browserWidget
    visualBrowser = browserWidget.dicomVisualBrowser
    browserWidget.toggleBrowsers(True)
    try:
        for index in range(visualBrowser.serversCount()):
            visualBrowser.server(index).queryRetrieveEnabled = False
        server = ctk.ctkDICOMServer()
        server.connectionName = "pacs of the test"
        server.callingAETitle = "SLICER"
        server.calledAETitle = AE_TITLE
        server.host = "localhost"
        server.port = pacs.dicom_port
        server.queryRetrieveEnabled = True
        server.retrieveProtocol = ctk.ctkDICOMServer.CGET
        assert visualBrowser.addServer(server) >= 0
        assert visualBrowser.addServer(server) == -1  # the name is taken
        visualBrowser.filteringPatientID = "P1"
        visualBrowser.filteringDate = ctk.ctkDICOMPatientItemWidget.Any
        assert ctk.ctkDICOMPatientItemWidget.LastYear == ctk.ctkDICOMVisualBrowserWidget.LastYear
        visualBrowser.onQueryRetrieveOptionToggled()
        visualBrowser.onQueryPatients()
        qtbot.waitUntil(lambda: slicer.dicomDatabase.seriesForStudy(STUDY) == [SERIES], timeout=30_000)
        assert slicer.dicomDatabase.filesForSeries(SERIES) in ([], [""])
        qtbot.waitUntil(lambda: "Doe" in str(shown_patients(visualBrowser)), timeout=10_000)
        # loading a series of which only the server has the images retrieves it first
        visualBrowser.setSelectedSeries([SERIES])
        with qtbot.waitSignal(browserWidget.loadingFinished, timeout=60_000):
            visualBrowser.load()
        assert len(slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")) == 1
        assert sop_uids(slicer.dicomDatabase) == EXPECTED
    finally:
        visualBrowser.onStop(True)
        assert visualBrowser.scheduler().waitForDone(10_000)
        visualBrowser.removeAllServers()
        visualBrowser.resetFilters()
        slicer.dicomDatabase.loadedSeriesInstanceUIDs = []
        browserWidget.toggleBrowsers(False)
        visualBrowser.onClose()


def shown_patients(visualBrowser) -> list[str]:
    return [patient.name for patient in visualBrowser._shown.values()]


def test_19_scheduler(dicom, pacs, qtbot):
    import ctk
    import qt
    import slicer

    class Follower(qt.QObject):
        """Asks for the studies of each patient that comes, and gets each study that comes."""

        def __init__(self, scheduler, parent=None):
            super().__init__(parent)
            self.scheduler = scheduler
            self.failed = []
            self.finished = []

        def onProgress(self, details):
            for detail in details:
                if detail.jobType() == ctk.ctkDICOMJobResponseSet.QueryPatients:
                    for patientID in detail.queriedPatientIDs():
                        self.scheduler.queryStudies(patientID)
                elif detail.jobType() == ctk.ctkDICOMJobResponseSet.QueryStudies:
                    for study in detail.queriedStudyInstanceUIDs():
                        patientItem = slicer.dicomDatabase.patientForStudy(study)
                        patientID = slicer.dicomDatabase.fieldForPatient("PatientID", patientItem)
                        self.scheduler.retrieveStudy(patientID, study)

        def onFinished(self, details):
            self.finished += [detail.jobClass() for detail in details]

        def onFailed(self, details):
            self.failed += details

    server = ctk.ctkDICOMServer()
    server.connectionName = "pacs"
    server.callingAETitle = "SLICER"
    server.calledAETitle = AE_TITLE
    server.host = "localhost"
    server.port = pacs.dicom_port
    server.retrieveProtocol = ctk.ctkDICOMServer.CGET
    server.queryRetrieveEnabled = True
    scheduler = ctk.ctkDICOMScheduler()
    scheduler.setDicomDatabase(slicer.dicomDatabase)
    scheduler.addServer(server)
    follower = Follower(scheduler)
    scheduler.progressJobDetail.connect(follower.onProgress)
    scheduler.jobFinished.connect(follower.onFinished)
    scheduler.jobFailed.connect(follower.onFailed)
    today = qt.QDate(2024, 1, 20)
    begin = qt.QDate(2024, 1, 20).addDays(-30)
    scheduler.setFilters(
        {"ID": "P1", "StartDate": begin.toString("yyyyMMdd"), "EndDate": today.toString("yyyyMMdd")}
    )
    scheduler.queryPatients()
    try:
        qtbot.waitUntil(lambda: sop_uids(slicer.dicomDatabase) == EXPECTED, timeout=60_000)
    finally:
        scheduler.stopAllJobs(True)
        assert scheduler.waitForDone(10_000)
    assert follower.failed == []
    assert "ctkDICOMQueryJob" in follower.finished


@pytest.mark.parametrize("protocol", ["DIMSE", "DICOMweb"])
def test_20_and_21_send(dicom, orthanc, files, protocol):
    from DICOMLib import DICOMSender

    address = f"localhost:{orthanc.dicom_port}" if protocol == "DIMSE" else orthanc.web_url
    sender = DICOMSender(files=files, address=address, protocol=protocol, aeTitle=AE_TITLE, delayed=True)
    assert requests.get(f"{orthanc.url}/instances", timeout=10).json() == []
    sender.send()
    stored = requests.get(f"{orthanc.url}/instances?expand", timeout=10).json()
    assert {one["MainDicomTags"]["SOPInstanceUID"] for one in stored} == EXPECTED


def test_22_a_command_of_dcmtk(dicom, files):
    from DICOMLib import DICOMCommand

    program("dcmdump")
    output = DICOMCommand("dcmdump", [files[0]]).start()
    assert "Doe^Jane" in output.data().decode()


def test_a_listener_of_the_module(dicom, files, qtbot, kept_settings):
    import slicer

    from DICOMLib import DICOMSender

    port = free_port()
    kept_settings.setValue("StoragePort", str(port))
    slicer.modules.DICOMInstance.stopListener()
    assert slicer.modules.DICOMInstance.startListener() is not False
    try:
        listener = slicer.dicomListener
        assert (int(listener.port), listener.tlsEnabled) == (port, False)
        states = []
        listener.process.connect("stateChanged(QProcess::ProcessState)", states.append)
        assert listener.process.state() == 2
        DICOMSender(files, f"localhost:{port}")
        qtbot.waitUntil(lambda: sop_uids(slicer.dicomDatabase) == EXPECTED, timeout=30_000)
    finally:
        slicer.modules.DICOMInstance.stopListener()
    assert states == [0]
    assert not hasattr(slicer, "dicomListener")
