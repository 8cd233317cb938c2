"""Servers in the visual browser: queried, retrieved from, listed and edited, with a real PACS on loopback."""

from __future__ import annotations

import socket

import pytest
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import QLineEdit

from DICOMLib.network.peers import DEFAULT_PEERS, Peer, load_peers
from DICOMLib.widgets.network.server_rows import NAME, PORT, PROTOCOL, PROXY, TIMEOUT, TRUSTED, VERIFICATION
from DICOMLib.widgets.outcome_colors import OutcomeColor
from DICOMLib.widgets.visual.series_tiles import CLOUD, COMING_COLOR, LOADED_COLOR
from Testing.DICOMLib.widgets.visual.test_browser import click_tile, shown_series, shown_studies
from Testing.DICOMModule.driving import click, click_menu, type_into
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]

HEAD, BONE, T1 = "1.2.1", "1.2.1.1", "1.2.1.2"


@pytest.fixture
def visual(online):
    return online


def ask(qtbot, visual, patient_id="A1"):
    """Type a patient ID and press Enter; wait until all has been answered."""
    type_into(qtbot, visual.filterBar.patientID, patient_id)
    qtbot.keyClick(visual.filterBar.patientID, Qt.Key_Return)
    qtbot.waitUntil(lambda: not visual._busy_jobs() and len(shown_studies(visual)) == 2, timeout=30_000)
    qtbot.waitUntil(lambda: not visual.stopButton.isEnabled(), timeout=10_000)


def badge_of(visual, uid):
    (card,) = [one for study in shown_studies(visual) for one in study.study.series if one.uid == uid]
    return visual._tile.badge(card)


def files_of(visual, uid):
    return [path for path in visual.dicomDatabase().filesForSeries(uid) if path]


def test_what_servers_have_is_shown_and_retrieved_when_it_is_loaded(qtbot, visual):
    ask(qtbot, visual)
    assert shown_series(visual) == {"1.2.2": ["1.2.2.1"], HEAD: [BONE, T1]}
    assert badge_of(visual, BONE)[0] == CLOUD
    assert files_of(visual, BONE) == []
    (card,) = [one for one in shown_studies(visual) if one.study.uid == HEAD]
    with qtbot.waitSignal(visual.seriesRetrieved, timeout=30_000) as told:
        click_tile(qtbot, card, BONE, double=True)
    assert told.args == [[BONE]]
    assert len(files_of(visual, BONE)) == 3
    assert files_of(visual, T1) == []
    assert badge_of(visual, BONE) == ("↓", LOADED_COLOR)  # it has come
    assert badge_of(visual, T1)[0] == CLOUD
    assert visual._tasks.information.label.text() == "1 series was retrieved."
    visual.showLoaded([BONE])
    assert badge_of(visual, BONE) == ("✓", LOADED_COLOR)


def test_a_study_is_retrieved_by_its_menu(qtbot, visual):
    ask(qtbot, visual)
    menu = visual.contextMenu("Studies", [HEAD], [BONE, T1])
    (action,) = [one for one in menu.actions() if one.objectName() == "retrieve"]
    assert action.text() == "Retrieve study from the servers"
    click_menu(qtbot, menu, "retrieve")
    assert badge_of(visual, T1) == ("↓", COMING_COLOR)
    qtbot.waitUntil(lambda: len(files_of(visual, BONE) + files_of(visual, T1)) == 5, timeout=30_000)
    done = ("↓", LOADED_COLOR)
    qtbot.waitUntil(lambda: badge_of(visual, T1) == badge_of(visual, BONE) == done, timeout=10_000)
    assert visual._tasks.information.label.text() == "2 series were retrieved."


def test_retrieving_for_a_load_is_cancelled_where_it_is_told(qtbot, visual):
    ask(qtbot, visual)
    visual.scheduler().freezeJobsScheduling = True
    (card,) = [one for one in shown_studies(visual) if one.study.uid == HEAD]
    loaded = []
    visual.seriesRetrieved.connect(loaded.append)
    click_tile(qtbot, card, BONE, double=True)
    line = visual._tasks.information
    assert (line.label.text(), line.actionButton.text()) == ("1 series is being retrieved…", "Cancel")
    qtbot.waitUntil(lambda: visual._busy_jobs() == 1)
    click(qtbot, line.actionButton)
    qtbot.waitUntil(lambda: line.label.text() == "Retrieving was stopped.", timeout=5000)
    assert line.actionButton.isHidden()
    visual.scheduler().freezeJobsScheduling = False
    assert visual.scheduler().waitForDone(10_000)
    assert badge_of(visual, BONE)[0] == CLOUD
    assert (files_of(visual, BONE), loaded) == ([], [])


def test_jobs_are_listed_stopped_retried_and_cleared(qtbot, visual, tmp_path):
    click(qtbot, visual.networkButton)
    jobs = visual.jobListWidget()
    visual.scheduler().maximumNumberOfRetry = 0
    ask(qtbot, visual)
    qtbot.waitUntil(lambda: jobs.table.model().rowCount() == 0, timeout=10_000)  # all are completed
    click(qtbot, jobs.completedBox)
    types = [jobs.model.index(row, 0).data() for row in range(jobs.model.rowCount())]
    assert types.count("Query patients") == 1
    assert types.count("Query studies") == 1
    assert types.count("Query series") == 2
    type_into(qtbot, jobs.filterEdit, "query ser")
    assert jobs.table.model().rowCount() == 2
    click(qtbot, jobs.selectAllButton)
    assert jobs.detailsText.toPlainText().count("Server: Archive") == 2
    assert not jobs.retryButton.isEnabled()
    jobs.saveLog(str(tmp_path / "jobs.txt"))
    assert (tmp_path / "jobs.txt").read_text().count("Status: completed") == 2
    jobs.resetFilters()
    click(qtbot, jobs.clearCompletedButton)
    assert jobs.model.rowCount() == 0


def test_a_job_that_failed_is_tried_again(qtbot, visual):
    click(qtbot, visual.networkButton)
    jobs = visual.jobListWidget()
    visual.scheduler().maximumNumberOfRetry = 0
    visual.server("Archive").queryRetrieveEnabled = False
    visual.server("Dead").queryRetrieveEnabled = True
    type_into(qtbot, visual.filterBar.patientID, "A1")
    click(qtbot, visual.queryButton)
    qtbot.waitUntil(lambda: "Dead" in visual._tasks.information.label.text(), timeout=20_000)
    qtbot.waitUntil(lambda: jobs.table.model().rowCount() == 1, timeout=5000)
    assert jobs.table.model().index(0, 1).data() == "failed"
    jobs.table.selectRow(0)
    first = jobs.selectedJobs()
    assert "Dead" in jobs.detailsText.toPlainText()
    click(qtbot, jobs.retryButton)
    qtbot.waitUntil(lambda: jobs.model.uids() not in ([], first), timeout=5000)
    qtbot.waitUntil(lambda: jobs.table.model().index(0, 1).data() == "failed", timeout=20_000)
    click(qtbot, jobs.clearButton)
    assert jobs.model.rowCount() == 0


def cell(table, row, column):
    return table.item(row, column).text()


def is_marked(table, row, column):
    """Whether a cell is dark yellow: not applied yet."""
    box = table.cellWidget(row, column)
    return "#b58900" in (box.styleSheet() if box else table.item(row, column).background().color().name())


def edit(qtbot, table, row, column, text):
    """Double-click a cell and type."""
    at = table.visualItemRect(table.item(row, column)).center()
    table.scrollToItem(table.item(row, column))
    at = table.visualItemRect(table.item(row, column)).center()
    qtbot.mouseClick(table.viewport(), Qt.LeftButton, pos=at)
    qtbot.mouseDClick(table.viewport(), Qt.LeftButton, pos=at)
    editor = table.viewport().focusWidget() or table.focusWidget()
    qtbot.keyClick(editor, Qt.Key_A, Qt.ControlModifier)
    qtbot.keyClicks(editor, text)
    qtbot.keyClick(editor, Qt.Key_Return)
    qtbot.waitUntil(lambda: not table.viewport().findChildren(QLineEdit))


def test_servers_are_edited_and_applied_or_discarded(qtbot, visual):
    visual.openServerSettingsSection()
    panel, table = visual.serverSettingsWidget(), visual.serverSettingsWidget().servers.table
    assert [cell(table, row, NAME) for row in range(table.rowCount())] == ["Archive", "Dead"]
    assert not panel.applyButton.isEnabled()
    edit(qtbot, table, 1, NAME, "Second")
    edit(qtbot, table, 1, TIMEOUT, "33")
    edit(qtbot, table, 1, PORT, "no number")
    table.item(1, TRUSTED).setCheckState(Qt.Unchecked)
    columns = {(row, column) for row in range(2) for column in range(table.columnCount())}
    marked = {(1, NAME), (1, TIMEOUT), (1, TRUSTED)}
    assert {at for at in columns if is_marked(table, *at)} == marked
    table.cellWidget(0, PROTOCOL).setCurrentIndex(1)
    assert {at for at in columns if is_marked(table, *at)} == {*marked, (0, PROTOCOL)}
    table.cellWidget(0, PROTOCOL).setCurrentIndex(0)
    assert visual.getServerIndexFromName("Second") == -1  # nothing is used before it is applied
    assert [peer.name for peer in load_peers(QSettings())] == ["Archive", "Dead"]
    port = visual.server("Dead").port
    with qtbot.waitSignal(panel.serversSettingsChanged):
        click(qtbot, panel.applyButton)
    assert not any(is_marked(table, *at) for at in columns)
    second = visual.server("Second")
    assert (second.connectionTimeout, second.port, second.trustedEnabled) == (33, port, False)
    kept = load_peers(QSettings())[1]
    assert (kept.name, kept.timeout_s, kept.port, kept.trusted) == ("Second", 33.0, port, False)
    table.selectRow(1)
    click(qtbot, panel.servers.upButton)
    assert [cell(table, row, NAME) for row in range(2)] == ["Second", "Archive"]
    assert is_marked(table, 0, NAME)
    click(qtbot, panel.discardButton)
    assert [cell(table, row, NAME) for row in range(2)] == ["Archive", "Second"]
    assert not any(is_marked(table, *at) for at in columns)
    click(qtbot, panel.restoreButton)
    assert [cell(table, row, NAME) for row in range(2)] == [peer.name for peer in DEFAULT_PEERS]
    click(qtbot, panel.discardButton)


def test_a_proxy_is_not_asked_itself(qtbot, visual):
    visual.openServerSettingsSection()
    panel = visual.serverSettingsWidget()
    box = panel.servers.table.cellWidget(0, PROXY)
    assert [box.itemText(row) for row in range(box.count())] == ["itself", "Dead"]
    box.setCurrentIndex(1)
    click(qtbot, panel.applyButton)
    assert visual.serversCount() == 1
    assert visual.server(0).proxyServer().connectionName == "Dead"
    assert [peer.proxy for peer in load_peers(QSettings())] == ["Dead", ""]


def test_servers_are_verified(qtbot, visual):
    visual.openServerSettingsSection()
    servers = visual.serverSettingsWidget().servers
    for row, outcome in ((0, OutcomeColor.GOOD), (1, OutcomeColor.BAD)):
        servers.table.selectRow(row)
        click(qtbot, servers.verifyButton)
        assert cell(servers.table, row, VERIFICATION) == "asking…"
        qtbot.waitUntil(lambda row=row: cell(servers.table, row, VERIFICATION) != "asking…", timeout=9000)
        assert servers.table.item(row, VERIFICATION).foreground().color() == outcome.color
    assert cell(servers.table, 0, VERIFICATION).startswith("answers in ")


def is_taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_listener_takes_what_is_sent(qtbot, visual, dicom_folder):
    from DICOMLib.core.jobs import run
    from DICOMLib.network.send import send

    visual.openServerSettingsSection()
    panel = visual.serverSettingsWidget()
    port = free_port()
    panel.portBox.setValue(port)
    click(qtbot, panel.storageBox)
    click(qtbot, panel.applyButton)
    assert panel.statusLabel.text() == "Starting…"
    qtbot.waitUntil(lambda: panel.statusLabel.text() == "Active", timeout=20_000)
    assert is_taken(port)
    files = [str(path) for path in sorted(dicom_folder.glob("1.2.3.1.*.dcm"))]
    receipt = run(send(Peer("localhost", port, "CTKSTORE", "ARCHIVE"), files))
    assert receipt.complete
    qtbot.waitUntil(lambda: len(files_of(visual, "1.2.3.1")) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: shown_series(visual) == {"1.2.3": ["1.2.3.1"]}, timeout=10_000)
    click(qtbot, panel.storageBox)
    click(qtbot, panel.applyButton)
    qtbot.waitUntil(lambda: panel.statusLabel.text() == "Inactive", timeout=10_000)


def test_the_state_of_the_listener_is_told(qtbot, visual):
    """A port that is taken is an error; what is applied again at the same port waits for it."""
    visual.openServerSettingsSection()
    panel = visual.serverSettingsWidget()
    with socket.create_server(("", 0)) as other:
        port = other.getsockname()[1]
        panel.portBox.setValue(port)
        click(qtbot, panel.storageBox)
        click(qtbot, panel.applyButton)
        problem = f"Another program listens at port {port} already. Close it, or choose another port."
        qtbot.waitUntil(lambda: panel.statusLabel.text() == problem, timeout=20_000)
    for title in ("FIRST", "SECOND"):
        type_into(qtbot, panel.titleEdit, title)
        click(qtbot, panel.applyButton)
        assert panel.statusLabel.text() == "Starting…"
        qtbot.waitUntil(lambda: panel.statusLabel.text() == "Active", timeout=20_000)
        assert is_taken(port)
    click(qtbot, panel.storageBox)
    click(qtbot, panel.applyButton)
    qtbot.waitUntil(lambda: panel.statusLabel.text() == "Inactive", timeout=10_000)
