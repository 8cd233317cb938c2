"""WADO-RS from a server that stays busy: what is missing is not waited for one by one."""

from __future__ import annotations

import pytest

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
