"""WADO-RS: what is missing when a server stays busy, and instances whose series nobody has named."""

from __future__ import annotations

import pytest

from DICOMLib.core.errors import NetworkError
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from Testing import factories
from Testing.DICOMLib.web.client.faulty import Answer
from Testing.DICOMLib.web.client.test_retrieve import STUDY, Pacs, get, multipart

pytestmark = pytest.mark.network


def test_a_server_that_becomes_busy_for_good(faulty, receiver, tmp_path):
    """It gives a part of a series, and then nothing more."""
    sources = factories.write(factories.ct_series(40), tmp_path / "source")
    server = faulty(Pacs(sources, whole=[multipart(sources[:2])], instance=Answer(503)))
    receipt = get(OriginServer(server.url, "pacs"), Wanted(STUDY), receiver)
    assert (receipt.asked, receipt.done, receipt.complete) == (40, 2, False)
    assert receipt.remarks == ["pacs is busy or being maintained. Try again later (HTTP 503)."]
    assert len([one for one in server.requests if "/instances/" in one.path]) == 6


def test_instances_whose_series_is_not_named(orthanc, pacs, receiver, tmp_path):
    orthanc.upload(factories.write([*factories.ct_series(3), *factories.mr_series(2)], tmp_path / "source"))
    first, second = str(factories.uid("series", 1)), str(factories.uid("mr", 0))
    receipt = get(pacs, Wanted(STUDY, "", (first, second, "1.2.3")), receiver)
    assert set(receiver.files) == {first, second}
    assert (receipt.asked, receipt.done) == (2, 2)
    assert receipt.faults == [("1.2.3", "the server has nothing of it")]


def test_instances_whose_series_cannot_be_found(faulty, receiver, tmp_path):
    (source,) = factories.write(factories.ct_series(1), tmp_path / "source")
    server = OriginServer(faulty(Pacs([source], instances=Answer(501))).url)
    wanted = Wanted(STUDY, "", (str(factories.uid("series", 0)),))
    with pytest.raises(NetworkError, match="name the series"):
        get(server, wanted, receiver)
