"""What the jobs of a scheduler retrieve, listed among the transfers of its database, with receipts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from DICOMLib.compat.ctkDICOMRetrieveJob import ctkDICOMRetrieveJob
from DICOMLib.core.jobs import Progress
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.transfer_queue import RETRIEVE, Order
from DICOMLib.widgets.network.transfers import AT_WORK, Transfer, Transfers
from DICOMLib.widgets.progress import GuiDelivery
from DICOMLib.widgets.translation import _

Key = tuple[str, ...]  # name of the server and UIDs: a second attempt has the same


class JobTransfers:
    """Follows the retrievals of a `ctkDICOMScheduler`; its news come through `news`, in the GUI thread."""

    def __init__(self, scheduler: Any, transfers: Transfers, news: GuiDelivery) -> None:
        self._scheduler = scheduler
        self._transfers = transfers
        self._jobs: dict[str, tuple[ctkDICOMRetrieveJob, Transfer]] = {}
        self._open: dict[Key, Transfer] = {}
        for name, slot in (
            ("jobStarted", self._on_progress),
            ("progressJobDetail", self._on_progress),
            ("jobFinished", self._on_ended),
            ("jobFailed", self._on_ended),
            ("jobUserStopped", self._on_ended),
            ("jobAttemptFailed", self._on_attempt_failed),
        ):
            getattr(scheduler, name).connect(
                lambda details, slot=slot: news.post(lambda: self._tell(slot, details))
            )
        scheduler.jobQueued.connect(lambda detail: self._on_queued(detail, news))

    def _on_queued(self, detail: Any, news: GuiDelivery) -> None:
        # the job is looked up at once: it may be forgotten before its news are read
        job = self._scheduler.getJobByUID(detail.JobUID())
        if isinstance(job, ctkDICOMRetrieveJob):
            news.post(lambda: self._begin(job))

    def _begin(self, job: ctkDICOMRetrieveJob) -> None:
        key, server = _key(job), job.server()
        if server is None:
            return
        if key not in self._open:
            _patient, study, series, sop = job.uids()
            wanted = Wanted(study, series, (sop,) if sop else ())
            order = Order(RETRIEVE, server.target(), wanted=(wanted,))
            self._open[key] = self._transfers.follow(order, lambda: self._stop(key))
        self._jobs[job.jobUID] = job, self._open[key]

    def _stop(self, key: Key) -> None:
        self._scheduler.stopJobsByJobUIDs([uid for uid, (job, _t) in self._jobs.items() if _key(job) == key])

    def _tell(self, slot: Any, details: Sequence[Any]) -> None:
        for detail in details:
            if detail.JobUID() in self._jobs:
                slot(*self._jobs[detail.JobUID()])

    def _on_progress(self, job: ctkDICOMRetrieveJob, transfer: Transfer) -> None:
        if transfer.state in AT_WORK:
            self._transfers.show(transfer, job.received or Progress())

    def _on_attempt_failed(self, job: ctkDICOMRetrieveJob, _transfer: Transfer) -> None:
        del self._jobs[job.jobUID]

    def _on_ended(self, job: ctkDICOMRetrieveJob, transfer: Transfer) -> None:
        del self._jobs[job.jobUID]
        if self._open.get(_key(job)) is not transfer:
            return
        del self._open[_key(job)]
        stopped = job.wasCanceled()
        fault = "" if stopped or job.receipt is not None else job.problem or _("The server did not answer.")
        self._transfers.finish(transfer, job.receipt, fault)


def _key(job: ctkDICOMRetrieveJob) -> Key:
    return job.connectionName, *job.uids()
