"""Jobs in a window: how they are driven, and how far they are.

Work on files runs in a worker thread (`WorkerJobs`); work that touches the scene runs in the GUI
thread, a step at each turn of the event loop (`Stepper`). Both leave the window alive and can be
cancelled, without a nested event loop.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject, QSize, Qt, QTimer, Signal
from qtpy.QtGui import QPainter, QPalette
from qtpy.QtWidgets import QFrame, QGridLayout, QLabel, QProgressBar, QPushButton, QSizePolicy

from DICOMLib.core.errors import log_failure
from DICOMLib.core.jobs import Job, JobCancelled, JobHandle, JobRunner, Progress, run
from DICOMLib.widgets.translation import _

log = logging.getLogger(__name__)

OnProgress = Callable[[Progress], None]
OnDone = Callable[[Any], None]
OnError = Callable[[Exception], None]

STEP_BUDGET_S = 0.03  # many small steps share one turn of the event loop; the window still answers at once


def _no_progress(_progress: Progress) -> None:
    """Forget how far the job is."""


def _log_error(error: Exception) -> None:
    log_failure(log, "a job failed", error)


class GuiDelivery(QObject):
    """Runs calls in the thread that made this object, in the order in which any thread posted them.

    With an owner they end with it: what is posted later is forgotten.
    """

    _posted = Signal()

    def __init__(self, owner: QObject | None = None) -> None:
        super().__init__(owner)
        self._calls: deque[Callable[[], None]] = deque()
        self._posted.connect(self.deliver, Qt.QueuedConnection)

    def post(self, call: Callable[[], None]) -> None:
        """Have `call` run in the GUI thread; may be called from any thread."""
        self._calls.append(call)
        try:
            self._posted.emit()
        except RuntimeError:  # the owner is gone, and this object of Qt with it
            self._calls.clear()

    def deliver(self) -> None:
        """Run now what is waiting."""
        while self._calls:
            self._calls.popleft()()

    def drop(self) -> None:
        """Forget what is waiting."""
        self._calls.clear()


class WorkerJobs:
    """Starts jobs in worker threads and gives their news in the GUI thread; progress is merged."""

    def __init__(self) -> None:
        self._delivery = GuiDelivery()
        self._runner = JobRunner()
        self._running: list[JobHandle] = []

    @property
    def busy(self) -> bool:
        """Whether a job runs whose end has not been told yet."""
        return bool(self._running)

    def start(
        self,
        job: Job,
        on_progress: OnProgress = _no_progress,
        on_done: OnDone = lambda report: None,
        on_error: OnError = _log_error,
    ) -> JobHandle:
        """Start `job` and return at once; the callbacks run in the GUI thread."""
        latest: deque[Progress] = deque(maxlen=1)
        handle_of_job: list[JobHandle] = []

        def show_latest() -> None:
            if latest:
                on_progress(latest.pop())

        def keep(progress: Progress) -> None:
            first = not latest
            latest.append(progress)
            if first:
                self._delivery.post(show_latest)

        def end(tell: Callable[[Any], None], news: Any) -> None:
            self._running.remove(handle_of_job[0])
            tell(news)

        handle = self._runner.start(
            job,
            keep,
            lambda report: self._delivery.post(lambda: end(on_done, report)),
            lambda error: self._delivery.post(lambda: end(on_error, error)),
        )
        handle_of_job.append(handle)
        self._running.append(handle)
        return handle

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all jobs have ended and their ends were told; False if time ran out.

        The window is not repainted meanwhile. It is meant for scripts; a window listens instead.
        """
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while self._running:
            self._running[0].wait(0.05)
            self._delivery.deliver()
            if until is not None and time.monotonic() > until:
                return False
        return True

    def stop(self) -> None:
        """Cancel all jobs, wait for their threads and forget their news: the window goes away."""
        for handle in self._running:
            handle.cancel()
        for handle in self._running:
            handle.wait()
        self._running.clear()
        self._delivery.drop()


class Stepper(QObject):
    """Drives jobs in the GUI thread, one after the other, a few steps at each turn of the event loop."""

    _due = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        # by way of the queue of events, so that no turn overtakes a click that waits there
        self._timer.timeout.connect(self._due)
        self._due.connect(self._step, Qt.QueuedConnection)
        self._queue: deque[tuple[Job, OnProgress, OnDone, OnError]] = deque()
        self._cancelled = False

    @property
    def busy(self) -> bool:
        """Whether a job is being driven."""
        return bool(self._queue)

    def start(
        self,
        job: Job,
        on_progress: OnProgress = _no_progress,
        on_done: OnDone = lambda report: None,
        on_error: OnError = _log_error,
    ) -> None:
        """Drive `job` as soon as those before it have ended; return at once."""
        self._queue.append((job, on_progress, on_done, on_error))
        self._timer.start()

    def turn(self) -> None:
        """Take now the steps of one turn: what is short ends before the window is drawn again."""
        self._step()

    def cancel(self) -> None:
        """Tell the job at work to stop at its next safe point."""
        self._cancelled = bool(self._queue)

    def stop(self) -> None:
        """Cancel and forget all jobs; none of their callbacks is called."""
        self._timer.stop()
        while self._queue:
            self._queue.popleft()[0].close()

    def _step(self) -> None:
        if not self._queue:  # it was due, but `turn` was quicker, or all has been stopped
            return
        job, on_progress, on_done, on_error = self._queue[0]
        try:
            progress = self._advance(job)
        except StopIteration as end:
            self._end(on_done, end.value)
        except JobCancelled as order:
            self._end(on_error, order)
        except Exception as error:  # the end of a job: whatever failed is told to who started it
            log.debug("job failed", exc_info=True)
            self._end(on_error, error)
        else:
            on_progress(progress)

    def _advance(self, job: Job) -> Progress:
        """Take steps until the turn's time is used up."""
        until = time.monotonic() + STEP_BUDGET_S
        while True:
            progress = job.throw(JobCancelled()) if self._take_cancel() else next(job)
            if time.monotonic() >= until or self._cancelled:
                return progress

    def _take_cancel(self) -> bool:
        cancelled, self._cancelled = self._cancelled, False
        return cancelled

    def _end(self, tell: Callable[[Any], None], news: Any) -> None:
        self._queue.popleft()
        self._cancelled = False
        if not self._queue:
            self._timer.stop()
        tell(news)


class Blocking:
    """Drives a job to its end at once: for scripts, which need the result on the next line."""

    busy = False

    def start(
        self,
        job: Job,
        on_progress: OnProgress = _no_progress,
        on_done: OnDone = lambda report: None,
        on_error: OnError = _log_error,
    ) -> None:
        """Run `job` and call what belongs to its end."""
        try:
            report = run(job, on_progress)
        except Exception as error:  # noqa: BLE001  the end of a job: whatever failed is told
            on_error(error)
        else:
            on_done(report)

    def cancel(self) -> None:
        """Nothing can be cancelled: the caller waits."""


class ElidedLabel(QLabel):
    """A line of text that is shortened in the middle to the width there is."""

    def minimumSizeHint(self) -> QSize:
        """Any width will do."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: Any) -> None:
        """Draw the shortened text."""
        painter = QPainter(self)
        room = self.contentsRect()
        text = self.fontMetrics().elidedText(self.text(), Qt.ElideMiddle, room.width())
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(room, int(self.alignment()), text)


class ProgressPanel(QFrame):
    """What is being done, with which file, how far it is, and a button to cancel it."""

    cancelRequested = Signal()

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.quiet = False
        self.setObjectName("ProgressPanel")
        self.setFrameShape(QFrame.StyledPanel)
        self.stepLabel = QLabel(self)
        self.detailLabel = ElidedLabel(self)
        self.detailLabel.setSizePolicy(QSizePolicy.Ignored, QSizePolicy.Fixed)
        self.detailLabel.setForegroundRole(QPalette.PlaceholderText)
        self.bar = QProgressBar(self)
        self.cancelButton = QPushButton(_("Cancel"), self)
        self.cancelButton.setAutoDefault(False)  # Enter in a dialog starts work, and must not stop it
        self.cancelButton.clicked.connect(self._cancel)
        layout = QGridLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.addWidget(self.stepLabel, 0, 0)
        layout.addWidget(self.detailLabel, 0, 1)
        layout.addWidget(self.bar, 1, 0, 1, 2)
        layout.addWidget(self.cancelButton, 0, 2, 2, 1, Qt.AlignVCenter)
        layout.setColumnStretch(1, 1)
        self.hide()

    def begin(self, step: str) -> None:
        """Appear, with a bar that only shows that something goes on."""
        self.stepLabel.setText(step)
        self.detailLabel.clear()
        self.bar.setRange(0, 0)
        self.cancelButton.setEnabled(True)
        self.cancelButton.setText(_("Cancel"))
        self.setVisible(not self.quiet)

    def showProgress(self, progress: Progress) -> None:
        """Show how far the job is."""
        if progress.step:
            self.stepLabel.setText(_(progress.step))
        self.detailLabel.setText(progress.detail)
        self.detailLabel.setToolTip(progress.detail)
        self.bar.setRange(0, 100 if progress.total else 0)
        self.bar.setValue(progress.percent)

    def end(self) -> None:
        """Disappear."""
        self.hide()

    def _cancel(self) -> None:
        self.cancelButton.setEnabled(False)
        self.cancelButton.setText(_("Cancelling…"))
        self.cancelRequested.emit()
