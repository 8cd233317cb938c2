"""The table of servers, as it is seen."""

from __future__ import annotations

import pytest

from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.widgets.network.server_rows import VERIFICATION
from DICOMLib.widgets.network.servers_table import ServersTable

pytestmark = pytest.mark.gui


@pytest.mark.parametrize("name", ["Archive", "An archive of radiology with a long name"])
def test_the_last_column_takes_what_is_left_and_is_never_cut(qtbot, settings, name):
    save_peers(settings, [Peer("archive.radiology.example.org", 104, "ARCHIVE", "SLICER", name)])
    servers = ServersTable()
    qtbot.addWidget(servers)
    servers.resize(1800, 240)
    servers.show()
    qtbot.waitExposed(servers)
    header, view = servers.table.horizontalHeader(), servers.table.viewport()
    qtbot.waitUntil(lambda: header.length() == view.width())
    others = header.length() - header.sectionSize(VERIFICATION)
    servers.resize(others + 50, 240)
    qtbot.waitUntil(lambda: view.width() <= others + 50)
    assert header.sectionSize(VERIFICATION) >= header.sectionSizeHint(VERIFICATION) > 50
    servers.resize(1800, 240)
    qtbot.waitUntil(lambda: view.width() > 1700)
    assert header.length() == view.width()
