"""What is asked about a study is shown on its card, and listed among the transfers; with a real PACS."""

from __future__ import annotations

from pathlib import Path

import pytest
from qtpy.QtCore import Qt

from DICOMLib.archive.dimse_server import DimseServer
from DICOMLib.compat.ctkDICOMJobDetail import ctkDICOMJobDetail
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.core.jobs import run
from DICOMLib.database import Database
from DICOMLib.indexing import import_paths
from DICOMLib.network.listener import ListenerOptions
from DICOMLib.widgets.network.transfers import State, Transfers, transfers_of
from DICOMLib.widgets.visual.series_tiles import CLOUD
from DICOMLib.widgets.visual.study_jobs import StudyJobs, StudyState
from Testing.DICOMLib.widgets.visual.test_browser import click_tile, shown_studies
from Testing.DICOMLib.widgets.visual.test_retrieval import BONE, HEAD, T1, badge_of, files_of
from Testing.DICOMLib.widgets.visual.test_retrieval import ask as query
from Testing.DICOMModule.driving import click
from Testing.orthanc import free_port

pytestmark = [pytest.mark.gui, pytest.mark.network]


def detail(job, study="1.2", kind=JobType.RetrieveSeries):
    return ctkDICOMJobDetail(JobUID=job, studyInstanceUID=study, jobType=kind)


def test_the_worst_is_told_of_a_study():
    jobs = StudyJobs()
    assert jobs.state("1.2") is StudyState.IDLE
    jobs.note(detail("a"), StudyState.WORKING)
    jobs.note(detail("b"), StudyState.FAILED)
    jobs.note(detail("c", kind=JobType.ThumbnailGenerator), StudyState.FAILED)
    jobs.note(detail("d", study="1.3"), StudyState.STOPPED)
    assert jobs.state("1.2") is StudyState.WORKING
    assert jobs.of_state("1.2", StudyState.WORKING) == ["a"]
    jobs.note(detail("a"), StudyState.IDLE)
    assert jobs.state("1.2") is StudyState.FAILED
    assert jobs.take_ended("1.2") == ["b"]
    assert [jobs.state(study) for study in ("1.2", "1.3")] == [StudyState.IDLE, StudyState.STOPPED]


def card_of(browser, study=HEAD):
    (card,) = (one for one in shown_studies(browser) if one.study.uid == study)
    return card


def transfers(browser):
    """Server, series and state of each, the oldest first."""
    return [
        (one.order.peer.name, one.order.wanted[0].series, one.state)
        for one in transfers_of(browser.dicomDatabase()).transfers()
    ]


def orders(browser) -> list[Path]:
    """What is still to be done, as it lies on the disk."""
    return list(Path(browser.databaseDirectory, "transfers").glob("*.json"))


def has_state(browser, state, study=HEAD):
    return lambda: card_of(browser, study).state is state


def ask(qtbot, browser):
    """Ask, and wait until the cards know that all has been answered: a click would stop it."""
    query(qtbot, browser)
    qtbot.waitUntil(has_state(browser, StudyState.IDLE), timeout=10_000)


def test_a_click_on_the_cloud_retrieves_a_study_and_leaves_receipts(qtbot, online):
    ask(qtbot, online)
    card = card_of(online)
    assert card.statusButton.toolTip() == "2 series are only at servers; a click retrieves them"
    click(qtbot, card.statusButton)
    assert card.state is StudyState.IDLE or card.state is StudyState.WORKING
    qtbot.waitUntil(lambda: len(files_of(online, BONE) + files_of(online, T1)) == 5, timeout=30_000)
    qtbot.waitUntil(lambda: card_of(online).statusButton.isHidden(), timeout=10_000)
    qtbot.waitUntil(
        lambda: sorted(transfers(online)) == [("Archive", BONE, State.DONE), ("Archive", T1, State.DONE)],
        timeout=10_000,
    )
    assert orders(online) == []
    page = online.networkPanel().transfers
    page.choose(next(one for one in page.transfers.transfers() if one.order.wanted[0].series == BONE))
    item = page.receiptView.topLevelItem(0)
    assert [item.text(column) for column in range(4)] == ["CT Bone", "3", "3", ""]


def test_a_click_stops_what_is_asked_and_another_tries_again(qtbot, online):
    ask(qtbot, online)
    online.scheduler().freezeJobsScheduling = True
    click(qtbot, card_of(online).statusButton)
    qtbot.waitUntil(has_state(online, StudyState.WORKING), timeout=5000)
    assert {state for _server, _series, state in transfers(online)} == {State.WAITING}
    assert len(orders(online)) == 2  # a killed program would go on with them
    click(qtbot, card_of(online).statusButton)
    qtbot.waitUntil(has_state(online, StudyState.STOPPED), timeout=5000)
    qtbot.waitUntil(lambda: {state for *_, state in transfers(online)} == {State.STOPPED}, timeout=5000)
    online.scheduler().freezeJobsScheduling = False
    assert files_of(online, BONE) == []
    click(qtbot, card_of(online).statusButton)
    qtbot.waitUntil(lambda: len(files_of(online, BONE) + files_of(online, T1)) == 5, timeout=30_000)
    qtbot.waitUntil(has_state(online, StudyState.IDLE), timeout=10_000)


def test_a_transfer_is_cancelled_in_the_list(qtbot, online):
    ask(qtbot, online)
    online.scheduler().freezeJobsScheduling = True
    online.openJobsSection()
    online.retrieve([BONE])
    qtbot.waitUntil(lambda: len(transfers(online)) == 1, timeout=5000)
    page = online.networkPanel().transfers
    online.networkPanel().setCurrentWidget(page)
    page.choose(page.transfers.transfers()[0])
    click(qtbot, page.cancelButton)
    qtbot.waitUntil(lambda: transfers(online) == [("Archive", BONE, State.STOPPED)], timeout=5000)
    assert badge_of(online, BONE)[0] == CLOUD
    online.scheduler().freezeJobsScheduling = False
    click(qtbot, page.retryButton)
    qtbot.waitUntil(lambda: transfers(online) == [("Archive", BONE, State.DONE)], timeout=20_000)
    assert len(files_of(online, BONE)) == 3


@pytest.fixture
def second(online, dicom_folder, tmp_path):
    """Another server with the same files, which can be stopped and started."""
    port = free_port()
    server = online.server("Dead")
    server.port, server.calledAETitle, server.queryRetrieveEnabled = port, "SECOND", True
    with Database.open(tmp_path / "second") as database:
        run(import_paths(database, [dicom_folder]))
        yield lambda: DimseServer(database, ListenerOptions(port=port, address="127.0.0.1"))


def test_what_failed_is_told_kept_and_tried_again(qtbot, online, second):
    online.scheduler().maximumNumberOfRetry = 0
    online.server("Archive").queryRetrieveEnabled = False
    with second():
        ask(qtbot, online)
    click(qtbot, card_of(online).statusButton)
    qtbot.waitUntil(has_state(online, StudyState.FAILED), timeout=20_000)
    qtbot.waitUntil(lambda: {state for *_, state in transfers(online)} == {State.FAILED}, timeout=10_000)
    assert badge_of(online, BONE)[0] == "!"
    page = online.networkPanel().transfers
    page.choose(page.transfers.transfers()[0])
    assert "localhost" in page.faultLabel.text()
    left = Transfers(online.dicomDatabase())  # as the next start of the program finds them
    assert sorted(one.order.wanted[0].series for one in left.left()) == [BONE, T1]
    with second():
        click(qtbot, card_of(online).statusButton)
        qtbot.waitUntil(lambda: len(files_of(online, BONE) + files_of(online, T1)) == 5, timeout=30_000)
        qtbot.waitUntil(has_state(online, StudyState.IDLE), timeout=10_000)
        qtbot.waitUntil(lambda: [state for *_, state in transfers(online)].count(State.DONE) == 2)


def test_a_series_that_two_servers_have_comes_from_one(qtbot, online, second):
    with second():
        ask(qtbot, online)
        with qtbot.waitSignal(online.seriesRetrieved, timeout=30_000):
            click_tile(qtbot, card_of(online), BONE, double=True)
        qtbot.waitUntil(lambda: [state for *_, state in transfers(online)] == [State.DONE], timeout=10_000)
    assert len(files_of(online, BONE)) == 3


def test_a_series_that_one_server_does_not_give_comes_from_the_other(qtbot, online, second, orthanc):
    online.scheduler().maximumNumberOfRetry = 0
    with second():
        ask(qtbot, online)
    online._origins[BONE] = ["Dead", "Archive"]
    with qtbot.waitSignal(online.seriesRetrieved, timeout=30_000):
        click_tile(qtbot, card_of(online), BONE, double=True)
    qtbot.waitUntil(
        lambda: transfers(online) == [("Dead", BONE, State.FAILED), ("Archive", BONE, State.DONE)],
        timeout=10_000,
    )
    assert len(files_of(online, BONE)) == 3


def test_a_click_on_a_job_tells_its_patient(qtbot, online):
    online.openJobsSection()
    ask(qtbot, online)
    jobs = online.jobListWidget()
    click(qtbot, jobs.completedBox)
    qtbot.waitUntil(lambda: jobs.table.model().rowCount() >= 4)
    types = [jobs.table.model().index(row, 0).data() for row in range(jobs.table.model().rowCount())]
    index = jobs.table.model().index(types.index("Query series"), 0)
    jobs.table.scrollTo(index)
    with qtbot.waitSignal(jobs.patientSelected) as told:
        qtbot.mouseClick(jobs.table.viewport(), Qt.LeftButton, pos=jobs.table.visualRect(index).center())
    assert told.args == ["A1", "Adams^Anna", ""]
