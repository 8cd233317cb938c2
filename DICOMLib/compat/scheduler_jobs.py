"""ctkDICOMScheduler: its jobs, once they are there."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence

from DICOMLib.compat.ctkAbstractJob import ENDED, HIGHEST_PRIORITY, LOW_PRIORITY, JobStatus
from DICOMLib.compat.ctkDICOMJob import ctkDICOMJob
from DICOMLib.compat.ctkDICOMJobResponseSet import JobType
from DICOMLib.compat.job_news import JobNews
from DICOMLib.compat.job_queue import JobQueue
from DICOMLib.core.events import main_thread

log = logging.getLogger(__name__)


class SchedulerJobs:
    """Waiting for jobs, stopping, trying again, forgetting them."""

    _queue: JobQueue
    _news: JobNews

    @property
    def numberOfJobs(self) -> int:
        """How many have not ended."""
        return sum(job.status not in ENDED for job in self._queue.jobs())

    def has_unfinished(self, kinds: Collection[JobType]) -> bool:
        """Whether a job of one of these kinds has not ended, whatever has been told of it."""
        return any(job.jobType in kinds and job.status not in ENDED for job in self._queue.jobs())

    @property
    def numberOfPersistentJobs(self) -> int:
        """How many of them go on until they are stopped."""
        return sum(job.persistent and job.status not in ENDED for job in self._queue.jobs())

    @property
    def numberOfRunningJobs(self) -> int:
        """How many run."""
        return len(self._queue.running())

    def getJobByUID(self, jobUID: str) -> ctkDICOMJob | None:
        """The job of a UID, None if there is none."""
        return self._queue.get(jobUID)

    def waitForFinish(self, waitForPersistentJobs: bool = False, processEvents: bool = False) -> None:
        """Wait until all jobs have ended, and their news are told.

        `processEvents` is not looked at: jobs run in threads and need no events.
        """

        def is_over() -> bool:
            return all(
                job.status in ENDED or (job.persistent and not waitForPersistentJobs)
                for job in self._queue.jobs()
            )

        self._queue.wait(is_over)
        self._tell_all()

    def _tell_all(self) -> None:
        """Tell what waits, so that whoever has waited finds it told."""
        self._news.flush()
        main_thread.catch_up()

    def waitForDone(self, msec: int = -1) -> bool:
        """Wait for the threads, for so many milliseconds at most; False if some did not end in time."""
        done = self._queue.join(None if msec < 0 else msec / 1000)
        self._tell_all()
        return done

    def waitForFinishByDICOMUIDs(
        self,
        patientIDs: Sequence[str] = (),
        studyInstanceUIDs: Sequence[str] = (),
        seriesInstanceUIDs: Sequence[str] = (),
        sopInstanceUIDs: Sequence[str] = (),
    ) -> None:
        """Wait for the jobs about these; unlike in CTK, those that failed or were stopped are over, too."""
        lists = (patientIDs, studyInstanceUIDs, seriesInstanceUIDs, sopInstanceUIDs)
        if not any(lists):
            log.warning("Nothing was named whose jobs could be waited for.")
            return
        self._queue.wait(lambda: all(job.status in ENDED for job in self._about(lists)))
        self._tell_all()

    def _about(self, lists: Sequence[Sequence[str]]) -> list[ctkDICOMJob]:
        return [
            job
            for job in self._queue.jobs()
            if any(uid and uid in wanted for uid, wanted in zip(job.uids(), lists, strict=True))
        ]

    def stopAllJobs(self, stopPersistentJobs: bool = False, removeJobs: bool = True) -> list[str]:
        """Stop all jobs; their UIDs."""
        jobs = [job for job in self._queue.jobs() if stopPersistentJobs or not job.persistent]
        return self._stop(jobs, removeJobs)

    def stopJobsByDICOMUIDs(
        self,
        patientIDs: Sequence[str] = (),
        studyInstanceUIDs: Sequence[str] = (),
        seriesInstanceUIDs: Sequence[str] = (),
        sopInstanceUIDs: Sequence[str] = (),
    ) -> list[str]:
        """Stop the jobs about these; their UIDs."""
        return self._stop(
            self._about((patientIDs, studyInstanceUIDs, seriesInstanceUIDs, sopInstanceUIDs)), False
        )

    def stopJobsByJobUIDs(self, jobUIDs: Iterable[str], removeJobs: bool = False) -> list[str]:
        """Stop jobs; the UIDs of those that had not ended."""
        return self._stop([job for uid in jobUIDs if (job := self._queue.get(uid))], removeJobs)

    def _stop(self, jobs: Sequence[ctkDICOMJob], remove: bool) -> list[str]:
        stopped = self._queue.stop(jobs)
        if remove:
            self._queue.forget(job.jobUID for job in jobs)
        return stopped

    def retryJob(self, jobUID: str) -> None:
        """Try a job that has ended once more."""
        job = self._queue.get(jobUID)
        if job is not None and job.status in ENDED and job.status != JobStatus.Finished:
            again = job.clone()
            again.retryCounter = 0
            self._queue.add(again)  # type: ignore[arg-type]

    def retryJobs(self, jobUIDs: Iterable[str]) -> None:
        """Try jobs once more; details are taken, too."""
        for uid in jobUIDs:
            self.retryJob(uid if isinstance(uid, str) else uid.JobUID())

    def deleteJobs(self, jobUIDs: Iterable[str]) -> None:
        """Forget jobs that have ended; details are taken, too."""
        self._queue.forget(uid if isinstance(uid, str) else uid.JobUID() for uid in jobUIDs)

    def raiseJobsPriorityForSeries(
        self, selectedSeriesInstanceUIDs: Sequence[str], priority: int = HIGHEST_PRIORITY
    ) -> None:
        """Let the waiting jobs about these series come first, and all others after them."""
        for job in self._queue.jobs():
            if job.status == JobStatus.Queued and not job.persistent:
                wanted = job.seriesInstanceUID in selectedSeriesInstanceUIDs
                job.priority = priority if wanted else LOW_PRIORITY
        self._queue.start_waiting()
