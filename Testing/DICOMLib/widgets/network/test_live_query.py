"""A query of a thousand studies is cancelled while its answers come; with a server in a process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.origin_servers import OriginServer, save_origin_servers
from DICOMLib.network.peers import Peer, save_peers
from DICOMLib.network.secrets import KeyringSecrets
from Testing.Benchmarks.benchmark_window import wait_for, write_studies
from Testing.DICOMModule.driving import click, click_action
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]

STUDIES = 1000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The ports of a server, of DIMSE and DICOMweb, that has a thousand studies."""
    folder = tmp_path_factory.mktemp("served")
    with Database.open(folder / "database") as database:
        run(import_paths(database, [write_studies(folder / "studies", STUDIES)]))
    dimse, web = free_port(), free_port()
    command = [sys.executable, "-m", "DICOMLib.cli", "serve", "--database", str(folder / "database")]
    ports = ["--dimse-port", str(dimse), "--http-port", str(web)]
    process = subprocess.Popen([*command, *ports], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_for(dimse)
    wait_for(web)
    yield dimse, web
    process.terminate()
    process.wait()


@pytest.mark.parametrize("kind", ["dimse", "web"])
def test_a_live_query_stops_at_once_and_what_came_stays(qtbot, browser, settings, served, kind):
    dimse, web = served
    if kind == "dimse":
        save_peers(settings, [Peer("127.0.0.1", dimse, "SLICER", "TEST", "Archive")])
    else:
        save_peers(settings, [])
        server = OriginServer(f"http://127.0.0.1:{web}/dicom-web", "Archive")
        save_origin_servers(settings, KeyringSecrets(), [server])
    click_action(qtbot, browser.toolBar, browser.toolBar.queryAction)
    window = browser._query_window
    qtbot.waitExposed(window)
    widget = window.widget
    reports = []
    widget.queried.connect(reports.append)
    click(qtbot, widget.form.queryButton)
    qtbot.waitUntil(lambda: widget.results.topLevelItemCount() > 0, timeout=30_000)
    click(qtbot, widget.tasks.progress.cancelButton)
    qtbot.waitUntil(lambda: bool(reports), timeout=60_000)
    (report,) = reports
    assert report.cancelled
    came = len(report.matches)
    assert 0 < came < STUDIES  # it did not wait for the others
    qtbot.waitUntil(lambda: widget.results.topLevelItemCount() == came, timeout=5000)
    qtbot.wait(300)
    assert widget.results.topLevelItemCount() == came  # nothing comes afterwards
    assert "Cancelled." in widget.tasks.information.label.text()
    assert not widget.tasks.busy
    click(qtbot, widget.form.queryButton)  # and the server answers again
    qtbot.waitUntil(lambda: len(reports) == 2, timeout=60_000)
    assert len(reports[1].matches) == STUDIES
    window.close()
