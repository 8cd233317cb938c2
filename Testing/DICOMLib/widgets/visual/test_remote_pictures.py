"""Pictures of series that only a real server has, over DICOMweb and DIMSE."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QBuffer, Qt
from qtpy.QtGui import QImage

from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.standard.preview import preview
from DICOMLib.widgets.visual.remote_pictures import RemotePictures
from DICOMLib.widgets.visual.series_pictures import AWAY, SeriesPictures
from Testing.DICOMLib.web.client.faulty import Answer, FaultyServer, json_answer, uid_item
from Testing.DICOMLib.widgets.conftest import slice_dataset
from Testing.DICOMLib.widgets.visual.test_browser import shown_series
from Testing.DICOMModule.driving import type_into
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


@pytest.fixture
def archive(orthanc, dicom_folder):
    orthanc.upload(sorted(dicom_folder.glob("*.dcm")))
    return OriginServer(orthanc.web_url, "Web")


def test_the_first_server_that_has_it_renders_it(qapp, archive):
    gone = OriginServer(f"http://127.0.0.1:{free_port()}", "Gone")
    pictures = RemotePictures()
    picture = pictures.picture([gone, archive], "1.2.1", "1.2.1.1")
    assert picture.shape[2] == 3
    assert picture.max() > picture.min()
    assert pictures.picture([archive], "1.2.1", "9.9") is None
    assert pictures.picture([gone], "1.2.1", "1.2.1.1") is None
    pictures.close()


def test_many_pictures_come_over_one_connection(qapp):
    """Also where the server refuses the first way to each of them."""

    def answer(request):
        if "/thumbnail" in request.path:
            return Answer(404)
        if "/rendered" in request.path:
            return Answer(kind="image/png", body=png())
        return json_answer([uid_item("00080018", "1.2.3.4")])

    server = FaultyServer(answer)
    pictures = RemotePictures()
    for burst in (1, 2):
        for number in range(5):
            picture = pictures.picture([OriginServer(server.url)], "1.2", f"1.2.{number}")
            assert picture.shape == (8, 8, 3)
        assert server.connections == burst
        pictures.close()
    server.close()


def test_no_connection_stays_open_once_all_pictures_are_here(qtbot, visual, archive):
    pictures = SeriesPictures(visual.dicomDatabase())
    pictures.serversOf = lambda _series: [archive]
    with qtbot.waitSignal(pictures.changed, timeout=20_000):
        pictures.pixmap("1.2.1.1", "CT", 128, is_here=False)
    qtbot.waitUntil(lambda: pictures._remote_maker._worker._thread is None)
    assert pictures._remote._sessions == []
    pictures.stop()


def png():
    image = QImage(8, 8, QImage.Format_RGB888)
    image.fill(1)
    content = QBuffer()
    content.open(QBuffer.WriteOnly)
    image.save(content, "PNG")
    return bytes(content.data())


def test_what_a_query_finds_gets_its_picture_in_the_window(qtbot, visual, archive):
    visual.removeAllServers()
    visual.addServer(ctkDICOMServer.of_peer(archive))
    visual.filteringPatientID = "B2"
    visual.onQueryPatients()
    qtbot.waitUntil(lambda: shown_series(visual) == {"1.2.3": ["1.2.3.1"]}, timeout=20_000)
    assert not visual._database.filesForSeries("1.2.3.1")

    def picture():
        return visual._pictures.pixmap("1.2.3.1", "CT", 128, is_here=False)

    qtbot.waitUntil(lambda: picture() is not None, timeout=20_000)
    assert max(picture().width(), picture().height()) == 128


def test_what_is_scrolled_away_is_not_asked_for(qtbot, visual, archive, monkeypatch):
    begun, go_on = [], threading.Event()

    def slow(_self, _servers, _study, series):
        begun.append(series)
        go_on.wait(10)

    monkeypatch.setattr(RemotePictures, "picture", slow)
    pictures = SeriesPictures(visual.dicomDatabase())
    pictures.serversOf = lambda _series: [archive]
    pictures.pixmap("1.1", "CT", 128, is_here=False)
    qtbot.waitUntil(lambda: begun == ["1.1"])
    pictures.pixmap("1.2", "CT", 128, is_here=False)
    assert pictures.forgetWaiting()
    assert not pictures.forgetWaiting()
    with qtbot.waitSignal(pictures.changed):
        go_on.set()
    assert begun == ["1.1"]
    assert pictures.pixmap("1.2", "CT", 128, is_here=False) is None  # seen again, asked again
    qtbot.waitUntil(lambda: begun == ["1.1", "1.2"])
    pictures.stop()


@pytest.fixture
def peer(orthanc, archive):
    return Peer("localhost", orthanc.dicom_port, "ORTHANC", "SLICER", "Archive")


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_one_instance_comes_by_c_get_and_leaves_nothing(peer, orthanc, tmp_path, temporary):
    """It is the middle one of three, which is brighter to the left, unlike the others."""
    for index in range(3):
        dataset = slice_dataset(
            ("Adams^Anna", "A1", "1.2.1", "20200102", "Head", "1.2.1.8", 8, "CT", "", 3), index
        )
        if index == 1:
            dataset.PixelData = dataset.pixel_array[:, ::-1].tobytes()
        dataset.save_as(tmp_path / f"{index}.dcm", enforce_file_format=True)
    orthanc.upload(sorted(tmp_path.glob("*.dcm")))
    pictures = RemotePictures()
    gone = replace(peer, port=free_port())
    picture = pictures.picture([gone, peer], "1.2.1", "1.2.1.8")
    assert np.array_equal(picture, preview(tmp_path / "1.dcm", 256))
    assert picture[0, 0] > picture[0, -1]
    assert pictures.picture([peer], "1.2.1", "9.9") is None
    assert pictures.picture([replace(peer, protocol=C_MOVE)], "1.2.1", "1.2.1.1") is None
    assert list(temporary.iterdir()) == []


def test_what_a_pacs_has_is_seen_in_the_window_before_it_is_retrieved(qtbot, online):
    type_into(qtbot, online.filterBar.patientID, "A1")
    qtbot.keyClick(online.filterBar.patientID, Qt.Key_Return)
    shown = {f"{uid}{AWAY}" for uid in ("1.2.2.1", "1.2.1.1", "1.2.1.2")}
    qtbot.waitUntil(lambda: set(online._pictures._pictures) == shown, timeout=30_000)
    assert all(picture is not None for picture in online._pictures._pictures.values())
    assert max(online._pictures.pixmap("1.2.1.1", "CT", 128, is_here=False).size().width(), 0) > 100
    assert not any(online.dicomDatabase().filesForSeries("1.2.1.1"))


def test_a_server_that_may_not_be_asked_about_a_patient_gives_no_picture(qtbot, online):
    type_into(qtbot, online.filterBar.patientID, "A1")
    qtbot.keyClick(online.filterBar.patientID, Qt.Key_Return)
    qtbot.waitUntil(lambda: bool(online._origins.get("1.2.1.1")), timeout=30_000)
    assert [one.name for one in online._picture_servers("1.2.1.1")] == ["Archive"]
    online.server("Archive").trustedEnabled = False
    online.dicomDatabase().updateConnectionsForPatient(online.patientList.current(), [], ["Archive"])
    assert online._picture_servers("1.2.1.1") == []
