"""Servers, queries and transfers, with a real server on this machine."""

from __future__ import annotations

import time
from typing import Any

from pictures.camera import Camera

from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.peers import Peer
from DICOMLib.standard.phantom import SERIES_UID

PATIENCE_S = 20


def query_and_transfers(camera: Camera) -> None:
    """The servers, what one of them has, what comes of retrieving, and of a server that is not there."""
    import slicer

    from DICOMLib.archive.dimse_server import DimseServer
    from DICOMLib.network.acceptor import Acceptance
    from DICOMLib.network.listener import ListenerOptions

    how = ListenerOptions(port=0, address="127.0.0.1", acceptance=Acceptance("ARCHIVE"))
    with DimseServer(slicer.dicomDatabase.core, how) as server:
        there = Peer("127.0.0.1", server.port, "ARCHIVE", "SLICER", "Archive")
        gone = Peer("127.0.0.1", 1, "WORKSTATION", "SLICER", "Workstation")
        web = OriginServer("https://pacs.example/dicom-web", "Web archive")
        window = camera.browser().openQueryDialog()
        window.widget.servers.show_servers([there, gone, web])
        camera.save("query", window)
        _dialogs_of_servers(camera, window.widget.servers)
        window.widget.servers.show_servers([there])
        window.widget.query()
        results = window.widget.results
        _until(camera, lambda: results.topLevelItemCount() > 0)
        results.expandItem(results.topLevelItem(0))
        results.topLevelItem(0).setSelected(True)
        camera.save("query-results", window, seconds=1)
        window.widget.retrieve()
        _transfers(camera, window.widget, gone)
        window.close()


def _dialogs_of_servers(camera: Camera, servers: Any) -> None:
    """What can be set of a server of each kind, and the way to one that is not there."""
    for row, name in ((0, "server"), (servers.table.rowCount() - 1, "web-server")):
        servers.table.selectRow(row)
        camera.save_and_close(name, servers.editCurrent())
    servers.table.selectRow(1)
    camera.save_and_close("diagnosis", servers.diagnoseCurrent(), seconds=2)


def _transfers(camera: Camera, widget: Any, gone: Peer) -> None:
    """One that was done, and one that failed."""
    import slicer

    from DICOMLib.widgets.network.transfers import AT_WORK, transfers_of

    queue = transfers_of(slicer.dicomDatabase)
    failing = queue.send(gone, slicer.dicomDatabase.filesForSeries(SERIES_UID))
    _until(camera, lambda: not any(one.state in AT_WORK for one in queue.transfers()))
    camera.save_and_close("transfers", widget.showTransfers(queue.transfers()[0]), seconds=0.5)
    camera.save_and_close("transfers-failed", widget.showTransfers(failing), seconds=0.5)


def _until(camera: Camera, condition: Any) -> None:
    """Wait until something has come."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the server did not answer in time")
        camera.wait(0.1)


def jobs(camera: Camera) -> None:
    """Servers, and jobs, below the visual browser."""
    camera.window.moduleSelector().selectModule("DICOM")
    camera.module().showBrowser(True)
    camera.panel().ui.showVisualBrowserButton.setChecked(True)
    visual = camera.panel().browserWidget.dicomVisualBrowser
    visual.openServerSettingsSection()
    camera.save("servers", seconds=2)
    visual.openJobsSection()
    camera.save("jobs", seconds=1)
    visual.networkButton.setChecked(False)
    camera.panel().ui.showVisualBrowserButton.setChecked(False)


ALL = (query_and_transfers, jobs)
