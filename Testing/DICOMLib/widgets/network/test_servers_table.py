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
    servers.resize(1160, 240)
    servers.show()
    qtbot.waitExposed(servers)
    header, view = servers.table.horizontalHeader(), servers.table.viewport()
    for width in (1160, 900, 1800):
        servers.resize(width, 240)
        qtbot.waitUntil(lambda width=width: abs(view.width() - width) < 40)
        qtbot.waitUntil(lambda: header.sectionSize(VERIFICATION) >= header.sectionSizeHint(VERIFICATION))
        qtbot.waitUntil(lambda: header.length() >= view.width())
    assert header.length() == view.width()
