"""The table of servers, as it is seen."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt

from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.widgets.network.server_rows import VERIFICATION
from DICOMLib.widgets.network.servers_table import ServersTable
from Testing.contrast import READABLE, contrasts
from Testing.DICOMModule.driving import click
from Testing.orthanc import free_port

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


@pytest.mark.network
def test_what_a_server_answered_can_be_read_when_the_colours_change(qtbot, settings):
    save_peers(settings, [Peer("127.0.0.1", free_port(), "NOBODY", "SLICER", "Nobody")])
    servers = ServersTable()
    qtbot.addWidget(servers)
    servers.show()
    servers.table.setCurrentCell(0, 0)
    click(qtbot, servers.verifyButton)
    cell = servers.table.model().index(0, VERIFICATION)
    qtbot.waitUntil(lambda: cell.data() not in ("", "asking…"), timeout=20_000)
    assert min(contrasts(cell, Qt.ForegroundRole)) >= READABLE
    servers.stop()
