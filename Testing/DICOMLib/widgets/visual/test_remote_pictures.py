"""Pictures of series that only a real DICOMweb server has."""

from __future__ import annotations

import threading

import pytest
from qtpy.QtCore import QBuffer
from qtpy.QtGui import QImage

from DICOMLib.compat.ctkDICOMServer import ctkDICOMServer
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.widgets.visual.remote_pictures import RemotePictures
from DICOMLib.widgets.visual.series_pictures import SeriesPictures
from Testing.DICOMLib.web.client.faulty import Answer, FaultyServer, json_answer, uid_item
from Testing.DICOMLib.widgets.visual.test_browser import shown_series
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
    pictures.webServers = lambda: [archive]
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
    pictures.webServers = lambda: [archive]
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
