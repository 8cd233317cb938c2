"""The jobs of a scheduler: which run, which wait, what became of the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from DICOMLib.compat.ctkAbstractJob import ENDED, JobFailed, JobStatus, LogCapture
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.core.errors import log_failure

log = logging.getLogger(__name__)

Tell = Callable[[str, Any], None]
_ROOT = logging.getLogger("DICOMLib")


class JobQueue:
    """Runs jobs in threads, those of high priority first, so many of each class at once.

    Parameters
    ----------
    tell
        Called with "initialized", "queued", "started", "finished", "failed", "attemptFailed", "userStopped"
        or "progress", and a detail.
    """

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._changed = threading.Condition(threading.RLock())
        self._jobs: dict[str, ctkDICOMJob] = {}
        self._threads: dict[str, threading.Thread] = {}
        self.maximum_threads = 20
        self.frozen = False

    def jobs(self) -> list[ctkDICOMJob]:
        """All that are known, in the order in which they were added."""
        with self._changed:
            return list(self._jobs.values())

    def running(self) -> list[ctkDICOMJob]:
        """Those that run."""
        return [job for job in self.jobs() if job.status == JobStatus.Running]

    def add(self, job: ctkDICOMJob) -> None:
        """Let a job run as soon as it may."""
        with self._changed:
            self._jobs[job.jobUID] = job
        self._tell("initialized", job.toVariant())
        job.status = JobStatus.Queued
        self._tell("queued", job.toVariant())
        self.start_waiting()

    def get(self, uid: str) -> ctkDICOMJob | None:
        """The job of a UID."""
        with self._changed:
            return self._jobs.get(uid)

    def forget(self, uids: Iterable[str]) -> None:
        """Forget jobs that do not run."""
        with self._changed:
            for uid in uids:
                job = self._jobs.get(uid)
                if job is not None and job.status != JobStatus.Running:
                    del self._jobs[uid]

    def stop(self, jobs: Iterable[ctkDICOMJob]) -> list[str]:
        """Cancel those that run and take back those that wait; their UIDs."""
        stopped = []
        with self._changed:
            for job in jobs:
                if job.status in ENDED:
                    continue
                stopped.append(job.jobUID)
                job.cancel()
                if job.status != JobStatus.Running:
                    self._end(job, JobStatus.UserStopped)
        return stopped

    def wait(self, is_over: Callable[[], bool], timeout_s: float | None = None) -> bool:
        """Wait until `is_over` is True, which is asked after each change; False if it was not in time."""
        with self._changed:
            return self._changed.wait_for(is_over, timeout_s)

    def join(self, timeout_s: float | None = None) -> bool:
        """Wait for all threads; False if some did not end in time."""
        with self._changed:
            threads = list(self._threads.values())
        for thread in threads:
            thread.join(timeout_s)
        return not any(thread.is_alive() for thread in threads)

    # Running

    def start_waiting(self) -> None:
        """Start what may start."""
        with self._changed:
            if self.frozen:
                return
            waiting = [job for job in self._jobs.values() if job.status == JobStatus.Queued]
            for job in sorted(waiting, key=lambda job: -int(job.priority)):
                if self._has_room_for(job):
                    self._start(job)

    def _has_room_for(self, job: ctkDICOMJob) -> bool:
        running = self.running()
        # what never ends must not keep others from running
        if len([one for one in running if not one.persistent]) >= self.maximum_threads:
            return False
        alike = sum(one.className == job.className for one in running)
        return alike < job.maximumConcurrentJobsPerType

    def _start(self, job: ctkDICOMJob) -> None:
        job.status, job.startDateTime = JobStatus.Running, datetime.now()
        thread = threading.Thread(target=self._run, args=(job,), name=job.className, daemon=True)
        self._threads[job.jobUID] = thread
        thread.start()

    def _run(self, job: ctkDICOMJob) -> None:
        job.runningThreadID = str(threading.get_ident())
        self._tell("started", job.toVariant())
        job.started()
        capture = LogCapture()
        _ROOT.addHandler(capture)
        status = JobStatus.Finished
        try:
            job.execute(lambda detail: self._progress(job, detail))
        except JobFailed as error:
            capture.lines.append(str(error))
            status = JobStatus.Failed
        except Exception as error:  # noqa: BLE001  the end of a thread
            log_failure(log, "a job failed by our own fault", error)
            capture.lines.append(f"{type(error).__name__}: {error}")
            status = JobStatus.Failed
        finally:
            _ROOT.removeHandler(capture)
        job.log += "".join(f"{line}\n" for line in capture.lines)
        if job.wasCanceled():
            status = JobStatus.UserStopped
        self._ended(job, status)

    def _progress(self, job: ctkDICOMJob, detail: Any) -> None:
        self._tell("progress", detail)
        job.progressJobDetail(detail)

    def _ended(self, job: ctkDICOMJob, status: JobStatus) -> None:
        """Note the end; a job that failed is tried again, one that finished may have followers."""
        followers: list[ctkDICOMJob] = []
        if status == JobStatus.Failed and job.retryCounter < job.maximumNumberOfRetry:
            status = JobStatus.AttemptFailed
            again = job.clone()
            again.retryCounter += 1
            followers = [again]  # type: ignore[list-item]
        elif status == JobStatus.Finished:
            followers = job.followers()
        with self._changed:
            for follower in followers:  # they are there before this one is over, for those who wait
                self._jobs[follower.jobUID] = follower
            self._end(job, status)
        for follower in followers:
            self.add(follower)
        self.start_waiting()

    def _end(self, job: ctkDICOMJob, status: JobStatus) -> None:
        job.status, job.completionDateTime = status, datetime.now()
        self._threads.pop(job.jobUID, None)
        name = {
            JobStatus.UserStopped: "userStopped",
            JobStatus.AttemptFailed: "attemptFailed",
            JobStatus.Failed: "failed",
        }.get(status, "finished")
        self._tell(name, job.toVariant())
        getattr(job, name)()
        self._changed.notify_all()
