"""Where the browser's jobs run one after the other, show how far they are and tell their result."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QVBoxLayout, QWidget

from DICOMLib.core.jobs import Job, JobCancelled, JobHandle
from DICOMLib.widgets.files.saved_list import SavedList, choose_list_file
from DICOMLib.widgets.information_line import InformationLine
from DICOMLib.widgets.progress import ProgressPanel, WorkerJobs
from DICOMLib.widgets.translation import _


class TaskPanel(QWidget):
    """Runs jobs in a worker thread, in the order in which they were asked for."""

    idle = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = ProgressPanel(self)
        self.information = InformationLine(self)
        self.progress.cancelRequested.connect(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.progress)
        layout.addWidget(self.information)
        self._jobs = WorkerJobs()
        self._handle: JobHandle | None = None
        self._queue: deque[tuple[Job, str, Callable[[Any], None]]] = deque()

    @property
    def busy(self) -> bool:
        """Whether a job runs or waits."""
        return self._handle is not None or bool(self._queue)

    def start(self, job: Job, step: str, on_done: Callable[[Any], None]) -> None:
        """Run `job` after those that were asked for before; `step` says what it is about."""
        self._queue.append((job, step, on_done))
        if self._handle is None:
            self._start_next()

    def cancel(self) -> None:
        """Stop the job at work at its next safe point and forget those that wait."""
        self._queue.clear()
        if self._handle is not None:
            self._handle.cancel()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all jobs have ended and told their result; for scripts."""
        return self._jobs.wait(timeout_s)

    def stop(self) -> None:
        """Cancel all and wait for the thread: the window goes away."""
        self._queue.clear()
        self._jobs.stop()
        self._handle = None

    def tell(self, text: str, button: str = "", action: Callable[[], object] = lambda: None) -> None:
        """Tell a result."""
        self.information.tell(text, button, action)

    def tellList(self, text: str, saved: SavedList, suggested: str) -> None:
        """Tell a result; what it lists can be saved, in a file for which a name is suggested."""
        button = _("Save list…") if saved.rows else ""
        self.tell(text, button, lambda: choose_list_file(self, saved, suggested))

    def _start_next(self) -> None:
        job, step, on_done = self._queue.popleft()
        self.information.hide()
        self.progress.begin(step)
        self._handle = self._jobs.start(
            job,
            self.progress.showProgress,
            lambda report: self._end(lambda: on_done(report)),
            lambda error: self._end(lambda: self._tell_error(error)),
        )

    def _end(self, tell: Callable[[], None]) -> None:
        self._handle = None
        if self._queue:
            self._start_next()
            tell()
            return
        self.progress.end()
        tell()
        self.idle.emit()

    def _tell_error(self, error: Exception) -> None:
        if isinstance(error, JobCancelled):
            self.tell(_("Cancelled."))
        else:
            self.tell(str(error) or type(error).__name__)
