"""Long work as generators: a job yields `Progress`, returns its report, and knows no thread and no Qt.

A job may be left at any `yield`, so it yields only when all so far is safe. Cancelling throws
`JobCancelled` into the job at such a point; a job that has a report to give catches it, marks the
report as cancelled and returns it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from DICOMLib.core.errors import log_failure

log = logging.getLogger(__name__)

Report = TypeVar("Report")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is.

    Parameters
    ----------
    done, total
        Units of work; `total` is 0 while it is not yet known.
    step
        What is being done, for the user ("Parsing DICOM files").
    detail
        The thing being worked on, such as a path. Never patient data.
    """

    done: int = 0
    total: int = 0
    step: str = ""
    detail: str = ""

    @property
    def percent(self) -> int:
        """0 to 100; 0 while the total is unknown."""
        return min(100, self.done * 100 // self.total) if self.total else 0


Job = Generator[Progress, None, Report]


class JobCancelled(Exception):
    """Thrown into a job that shall stop at a safe point."""


def run(
    job: Generator[Progress, None, Report],
    on_progress: Callable[[Progress], None] | None = None,
    is_cancelled: Callable[[], bool] | None = None,
) -> Report:
    """Drive a job to its end in this thread and return its report.

    Parameters
    ----------
    job
        The job; it has not been started.
    on_progress
        Called with each `Progress`.
    is_cancelled
        Asked after each step; once it answers True the job is told to stop.

    Raises
    ------
    JobCancelled
        If the job was cancelled and gives no report of what it did.
    """
    try:
        while True:
            progress = next(job)
            if on_progress is not None:
                on_progress(progress)
            if is_cancelled is not None and is_cancelled():
                return _stop(job)
    except StopIteration as end:
        return end.value


def _stop(job: Generator[Progress, None, Report]) -> Report:
    """Throw the order into the job and drain what it still yields while it ends."""
    try:
        job.throw(JobCancelled())
        while True:
            next(job)
    except StopIteration as end:
        return end.value


class JobHandle(Generic[Report]):
    """A job that runs in a worker thread."""

    def __init__(self) -> None:
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None

    def cancel(self) -> None:
        """Ask the job to stop at its next safe point."""
        self._cancel.set()

    @property
    def running(self) -> bool:
        """Whether the worker is still at it."""
        return self._thread is not None and self._thread.is_alive()

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False if it did not come in time."""
        if self._thread is not None:
            self._thread.join(timeout_s)
        return not self.running


class JobRunner:
    """Starts jobs in worker threads.

    Parameters
    ----------
    deliver
        Called with a function that shall run where news are wanted, such as the GUI thread. The
        default runs it at once in the worker.
    """

    def __init__(self, deliver: Callable[[Callable[[], None]], None] = lambda call: call()) -> None:
        self._deliver = deliver

    def start(
        self,
        job: Generator[Progress, None, Report],
        on_progress: Callable[[Progress], None] = lambda progress: None,
        on_done: Callable[[Report], None] = lambda report: None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> JobHandle[Report]:
        """Start `job` and return at once.

        `on_done` gets the report, `on_error` any exception; without it the exception is logged.
        """
        handle: JobHandle[Report] = JobHandle()
        report_error = on_error or _log_error

        def work() -> None:
            try:
                report: Any = run(
                    job,
                    lambda progress: self._deliver(lambda: on_progress(progress)),
                    handle._cancel.is_set,
                )
            except Exception as error:
                log.debug("job failed", exc_info=True)
                fault = error
                self._deliver(lambda: report_error(fault))
            else:
                self._deliver(lambda: on_done(report))

        handle._thread = threading.Thread(target=work, name="job", daemon=True)
        handle._thread.start()
        return handle


def _log_error(error: Exception) -> None:
    log_failure(log, "a job failed", error)
