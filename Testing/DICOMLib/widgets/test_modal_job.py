"""A script waits for a job, and the window lives."""

from __future__ import annotations

import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QProgressDialog, QPushButton, QWidget

from DICOMLib.core.jobs import JobCancelled, Progress
from DICOMLib.widgets.modal_job import run_modal

pytestmark = pytest.mark.gui


def counting(steps, broken_at=None):
    """A job of so many steps; its report is how many were made."""
    done = 0
    try:
        while done < steps:
            if done == broken_at:
                raise OSError("no room")
            done += 1
            yield Progress(done, steps, "Counting")
    except JobCancelled:
        pass
    return done


@pytest.fixture
def window(qtbot):
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


def test_report(window):
    assert run_modal(counting(5), "Count", window) == 5


def test_timers_of_the_window_go_on_and_cancel_stops(window):
    ticks = []

    def tick():
        (dialog,) = window.findChildren(QProgressDialog)
        ticks.append((dialog.isVisible(), dialog.windowTitle(), dialog.labelText()))
        if len(ticks) == 3:
            dialog.findChild(QPushButton).click()
            timer.stop()

    timer = QTimer(window)
    timer.timeout.connect(tick)
    timer.start(40)
    assert 0 < run_modal(counting(10**9), "Count", window) < 10**9
    assert ticks[2] == (True, "Count", "Counting")


def test_what_fails_is_raised(window):
    with pytest.raises(OSError, match="no room"):
        run_modal(counting(5, broken_at=3), "Count", window)
