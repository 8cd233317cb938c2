"""Jobs driven for a window: order, merging, cancelling, ends."""

from __future__ import annotations

import threading
import time

import pytest
from qtpy.QtCore import QCoreApplication, QEvent, QObject, QTimer

from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.widgets import progress
from DICOMLib.widgets.enumerations import number_of
from DICOMLib.widgets.progress import Blocking, GuiDelivery, ProgressPanel, Stepper, WorkerJobs

pytestmark = pytest.mark.gui


def counting(steps, visited=None):
    """A job of so many steps that tells how far it came when it is cancelled."""
    done = 0
    try:
        for done in range(1, steps + 1):
            if visited is not None:
                visited.append(threading.get_ident())
            yield Progress(done, steps, "Counting", f"item {done}")
    except JobCancelled:
        return f"cancelled at {done}"
    return "finished"


def failing():
    yield Progress()
    raise ValueError("broken")


def test_news_for_an_owner_that_is_gone_are_forgotten(qtbot):
    owner, told = QObject(), []
    delivery = GuiDelivery(owner)
    delivery.post(lambda: told.append("before"))
    qtbot.waitUntil(lambda: told == ["before"])
    delivery.post(lambda: told.append("waiting"))
    owner.deleteLater()
    QCoreApplication.sendPostedEvents(owner, number_of(QEvent.DeferredDelete))
    delivery.post(lambda: told.append("after"))
    qtbot.wait(20)
    assert told == ["before"]


def test_worker_runs_elsewhere_and_tells_here(qtbot):
    jobs, visited, told = WorkerJobs(), [], []
    jobs.start(counting(3, visited), on_done=lambda report: told.append((report, threading.get_ident())))
    qtbot.waitUntil(lambda: bool(told))
    here = threading.get_ident()
    assert told == [("finished", here)]
    assert here not in visited


def test_worker_merges_progress_and_tells_the_last_one(qtbot):
    jobs, seen, told = WorkerJobs(), [], []
    jobs.start(counting(5000), on_progress=seen.append, on_done=told.append)
    time.sleep(0.2)  # nothing is delivered meanwhile, so all progress must merge into one
    qtbot.waitUntil(lambda: bool(told))
    assert 1 <= len(seen) < 100
    assert seen[-1].done == 5000


def test_worker_tells_errors(qtbot):
    jobs, errors = WorkerJobs(), []
    jobs.start(failing(), on_error=errors.append)
    qtbot.waitUntil(lambda: bool(errors))
    assert str(errors[0]) == "broken"
    assert not jobs.busy


def test_a_script_can_wait_for_a_worker(qtbot):
    jobs, told = WorkerJobs(), []
    jobs.start(counting(10), on_done=told.append)
    assert jobs.wait(10)
    assert told == ["finished"]


def endless():
    try:
        while True:
            time.sleep(0.001)
            yield Progress()
    except JobCancelled:
        return "cancelled"


def test_waiting_for_a_worker_gives_up_in_time(qtbot):
    jobs, told = WorkerJobs(), []
    handle = jobs.start(endless(), on_done=told.append)
    assert not jobs.wait(0.1)
    handle.cancel()
    assert jobs.wait(5)
    assert told == ["cancelled"]


def test_a_stopped_worker_tells_nothing_more(qtbot):
    jobs, told = WorkerJobs(), []
    jobs.start(endless(), on_done=told.append)
    jobs.stop()
    qtbot.wait(50)
    assert told == []
    assert not jobs.busy


def test_stepper_leaves_the_event_loop_alive(qtbot):
    stepper, told = Stepper(), []

    def slow():
        for _step in range(5):
            time.sleep(0.04)
            yield Progress()
        return "finished"

    clock, turns = QTimer(), []
    clock.timeout.connect(lambda: turns.append(len(turns)))
    clock.start(1)
    stepper.start(slow(), on_done=told.append)
    qtbot.waitUntil(lambda: bool(told))
    clock.stop()
    assert told == ["finished"]
    assert len(turns) >= 4


def test_stepper_takes_many_small_steps_in_one_turn(qtbot):
    stepper, seen, told = Stepper(), [], []
    stepper.start(counting(1000), on_progress=seen.append, on_done=told.append)
    qtbot.waitUntil(lambda: bool(told))
    assert len(seen) < 100


@pytest.mark.parametrize("turns", [0, 3])
def test_stepper_cancels_at_a_safe_point(qtbot, turns):
    stepper, told, seen = Stepper(), [], []

    def slow():
        done = 0
        try:
            for done in range(1, 11):
                time.sleep(0.04)
                yield Progress(done, 10)
        except JobCancelled:
            return f"cancelled at {done}"
        return "finished"

    stepper.start(slow(), on_progress=seen.append, on_done=told.append)
    qtbot.waitUntil(lambda: len(seen) >= max(turns, 1))
    stepper.cancel()
    qtbot.waitUntil(lambda: bool(told))
    assert told == [f"cancelled at {seen[-1].done}"]


def test_stepper_drives_jobs_one_after_the_other(qtbot):
    stepper, told = Stepper(), []
    stepper.start(failing(), on_error=lambda error: told.append(str(error)))
    stepper.start(counting(2), on_done=told.append)
    qtbot.waitUntil(lambda: len(told) == 2)
    assert told == ["broken", "finished"]
    assert not stepper.busy


def test_a_turn_ends_what_is_short(qtbot, monkeypatch):
    stepper, ended = Stepper(), []
    stepper.turn()
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 60)
    stepper.start(counting(3), on_done=ended.append)
    stepper.turn()
    assert (ended, stepper.busy) == (["finished"], False)
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 0)
    stepper.start(counting(6), on_done=ended.append)
    stepper.turn()
    assert (ended, stepper.busy) == (["finished"], True)
    qtbot.waitUntil(lambda: ended == ["finished"] * 2)


def test_a_stopped_stepper_calls_nobody(qtbot):
    stepper, told = Stepper(), []
    stepper.start(counting(5), on_done=told.append)
    stepper.stop()
    qtbot.wait(20)
    assert told == []


def test_blocking_returns_when_all_is_done():
    told, errors = [], []
    Blocking().start(counting(3), on_done=told.append)
    Blocking().start(failing(), on_error=errors.append)
    assert told == ["finished"]
    assert isinstance(errors[0], ValueError)


def test_panel_shows_step_file_and_percentage(qtbot):
    panel = ProgressPanel()
    qtbot.addWidget(panel)
    panel.begin("Looking")
    assert (panel.bar.minimum(), panel.bar.maximum()) == (0, 0)
    panel.showProgress(Progress(3, 12, "Parsing DICOM files", "/data/a.dcm"))
    assert panel.stepLabel.text() == "Parsing DICOM files"
    assert panel.detailLabel.text() == "/data/a.dcm"
    assert panel.bar.value() == 25
    with qtbot.waitSignal(panel.cancelRequested):
        panel.cancelButton.click()
    assert not panel.cancelButton.isEnabled()


def test_what_a_turn_has_ended_is_not_due_any_more(qtbot, monkeypatch):
    monkeypatch.setattr(progress, "STEP_BUDGET_S", 1)
    stepper, told = Stepper(), []
    stepper.start(counting(3), on_done=told.append)
    stepper.start(counting(3), on_done=told.append)
    qtbot.waitUntil(lambda: bool(told))
    stepper.turn()
    assert told == ["finished", "finished"]
    qtbot.wait(20)  # what fails in the event loop fails the test
    assert not stepper.busy
