"""The transfers of a database: what waits, runs, failed and was done; they survive a restart.

Orders lie in the folder of the database until they are complete, see `network.transfer_queue`.
"""

from __future__ import annotations

import datetime
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, ref

from qtpy.QtCore import QObject, QSettings, Signal

from DICOMLib.core.errors import NetworkError
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.indexing.instances_here import instances_here
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.listener import DEFAULT_PORT
from DICOMLib.network.origin_servers import OriginServer, with_secrets
from DICOMLib.network.proxies import Target, by_way_of, proxy_of
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.network.secrets import KeyringSecrets
from DICOMLib.network.transfer_queue import RETRIEVE, SEND, Order, TransferQueue
from DICOMLib.web.exchange import TRANSFERS, listening, retrieve, send
from DICOMLib.widgets.progress import WorkerJobs

FOLDER = "transfers"
PORT_KEY = "StoragePort"


class State(Enum):
    """Where a transfer stands."""

    LEFT = "left"  # by an earlier run of the program
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"


AT_WORK = (State.WAITING, State.RUNNING)


@dataclass(eq=False, slots=True)
class Transfer:
    """One transfer.

    Parameters
    ----------
    order
        What was ordered.
    state
        Where it stands.
    progress
        How far it is, while it runs.
    receipt
        What was transferred, once it has ended.
    fault
        Why it failed as a whole.
    started, ended
        When it ran last.
    stop
        How to stop it, while somebody else does it.
    """

    order: Order
    state: State = State.WAITING
    progress: Progress = field(default_factory=Progress)
    receipt: Receipt | None = None
    fault: str = ""
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None
    stop: Callable[[], object] | None = None


class Transfers(QObject):
    """Does transfers one after the other, in the background.

    `changed(transfer)` tells that one has come further, `listed` that there are others.
    """

    changed = Signal(object)
    listed = Signal()

    def __init__(self, database: Any = None) -> None:
        super().__init__()
        self._database: Callable[[], Any] = ref(database) if database is not None else lambda: None
        self._jobs = WorkerJobs()
        self._handle: Any = None
        self._waiting: deque[Transfer] = deque()
        self._transfers: list[Transfer] = []
        self._folder: Path | None = None
        if database is not None:
            database.aboutToClose.connect(self.stop)
            database.opened.connect(self._read)
            self._read()

    def transfers(self) -> list[Transfer]:
        """All that are known, the oldest first."""
        return list(self._transfers)

    def left(self) -> list[Transfer]:
        """Those that an earlier run of the program has not completed."""
        return [one for one in self._transfers if one.state is State.LEFT]

    # Ordering

    def send(self, target: Target, paths: Iterable[str]) -> Transfer:
        """Send files."""
        return self._add(Order(SEND, target, paths=tuple(paths)))

    def retrieve(self, target: Target, wanted: Sequence[Wanted]) -> Transfer:
        """Bring studies and series into the database."""
        return self._add(Order(RETRIEVE, target, wanted=tuple(wanted)))

    def _add(self, order: Order) -> Transfer:
        transfer = self._list(order)
        self._begin(transfer)
        return transfer

    def _list(self, order: Order) -> Transfer:
        if order.kind == RETRIEVE:
            order = replace(order, proxy=proxy_of(order.peer, QSettings()))
        transfer = Transfer(order)
        self._write_down(transfer)
        self._transfers.append(transfer)
        self.listed.emit()
        return transfer

    def _write_down(self, transfer: Transfer) -> None:
        """Put an order that is new into the folder, if there is one; `fault` says why that is impossible."""
        if transfer.order.id:
            return
        try:
            queue = self._queue()
            transfer.order = queue.add(transfer.order) if queue is not None else transfer.order
        except NetworkError as error:
            transfer.fault = str(error)

    # What others do

    def follow(self, order: Order, stop: Callable[[], object]) -> Transfer:
        """List a transfer that somebody else does, who tells of it by `show` and `finish`."""
        transfer = self._list(order)
        transfer.stop = stop
        return transfer

    def show(self, transfer: Transfer, progress: Progress) -> None:
        """A transfer that somebody else does runs."""
        if transfer.state is not State.RUNNING:
            transfer.state, transfer.started = State.RUNNING, datetime.datetime.now()
        transfer.progress = progress
        self.changed.emit(transfer)

    def finish(self, transfer: Transfer, receipt: Receipt | None, fault: str = "") -> None:
        """It has ended: with a receipt, for a reason as a whole, or, without both, by being stopped.

        What is complete need not be done again; the rest of all others can be done from here.
        """
        queue = self._queue()
        transfer.stop, transfer.receipt, transfer.fault = None, receipt, fault
        if receipt is not None and queue is not None and transfer.order.id:
            queue.note(transfer.order, {uid for one in receipt.series.values() for uid in one.done})
            if receipt.complete:
                queue.remove(transfer.order)
        self._end(transfer, _outcome(receipt, fault))

    def retry(self, transfer: Transfer) -> None:
        """Do the rest of a transfer that has ended, or was left."""
        if transfer.state not in (*AT_WORK, State.DONE):
            peer = transfer.order.peer
            if isinstance(peer, OriginServer) and peer.name:
                transfer.order = replace(transfer.order, peer=with_secrets(peer, KeyringSecrets()))
            self._begin(transfer)

    def cancel(self, transfer: Transfer) -> None:
        """Stop a transfer at its next safe point; the rest can be done later."""
        if transfer in self._waiting:
            self._waiting.remove(transfer)
            self._end(transfer, State.STOPPED)
        elif transfer.stop is not None:
            transfer.stop()
        elif transfer.state is State.RUNNING and self._handle is not None:
            self._handle.cancel()

    def remove(self, transfer: Transfer) -> None:
        """Forget a transfer that does not run."""
        if transfer.state in AT_WORK:
            return
        queue = self._queue()
        if queue is not None and transfer.order.id:
            queue.remove(transfer.order)
        self._transfers.remove(transfer)
        self.listed.emit()

    def stop(self) -> None:
        """Stop all: the database goes away. What is not complete stays in its folder."""
        waiting, self._handle = list(self._waiting), None
        self._waiting.clear()
        self._jobs.stop()
        for transfer in self._transfers:
            if transfer.stop is not None:
                transfer.stop()
            elif transfer.state is State.RUNNING or transfer in waiting:
                self._end(transfer, State.STOPPED)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until all have ended; for scripts."""
        while self._jobs.busy:
            if not self._jobs.wait(timeout_s):
                return False
        return True

    # The folder

    def _queue(self) -> TransferQueue | None:
        return TransferQueue(self._folder, TRANSFERS) if self._folder is not None else None

    def _read(self) -> None:
        """Find what was left in the folder of the database."""
        database = self._database()
        core = database.core if database is not None and database.isOpen else None
        folder = Path(core.folder) / FOLDER if core is not None and core.folder else None
        if folder == self._folder:
            return
        self._folder = folder
        queue = self._queue() if folder is not None and folder.is_dir() else None
        self._transfers = [Transfer(order, State.LEFT) for order in queue.orders()] if queue else []
        self.listed.emit()

    # Working

    def _begin(self, transfer: Transfer) -> None:
        transfer.state, transfer.receipt, transfer.fault = State.WAITING, None, ""
        transfer.progress = Progress()
        self._write_down(transfer)
        if transfer.fault:
            self._end(transfer, State.FAILED)
            return
        self._waiting.append(transfer)
        self.changed.emit(transfer)
        if self._handle is None:
            self._start_next()

    def _start_next(self) -> None:
        self._handle = None
        if not self._waiting:
            return
        transfer = self._waiting.popleft()
        transfer.state, transfer.started = State.RUNNING, datetime.datetime.now()

        def show(progress: Progress) -> None:
            transfer.progress = progress
            self.changed.emit(transfer)

        self._handle = self._jobs.start(
            self._job(transfer.order),
            show,
            lambda receipt: self._take(transfer, receipt),
            lambda error: self._fail(transfer, error),
        )
        self.changed.emit(transfer)

    def _take(self, transfer: Transfer, receipt: Receipt) -> None:
        transfer.receipt = receipt
        self._start_next()
        self._end(transfer, _outcome(receipt, ""))

    def _fail(self, transfer: Transfer, error: Exception) -> None:
        stopped = isinstance(error, JobCancelled)
        transfer.fault = "" if stopped else str(error) or type(error).__name__
        self._start_next()
        self._end(transfer, State.STOPPED if stopped else State.FAILED)

    def _end(self, transfer: Transfer, state: State) -> None:
        transfer.state, transfer.ended = state, datetime.datetime.now()
        self.changed.emit(transfer)

    def _job(self, order: Order) -> Job[Receipt]:
        queue = self._queue()
        if order.kind == SEND:
            return queue.run(order) if queue is not None else send(order.peer, order.paths)
        return _retrieve(order, self._database().core, queue, listener_port())


def _outcome(receipt: Receipt | None, fault: str) -> State:
    """The state of what has ended."""
    if receipt is None:
        return State.FAILED if fault else State.STOPPED
    if receipt.cancelled:
        return State.STOPPED
    return State.DONE if receipt.complete and not fault else State.FAILED


def _retrieve(order: Order, core: Any, queue: TransferQueue | None, port: int) -> Job[Receipt]:
    """Retrieve into a database what is not there, by way of the proxy if there is one."""
    have = instances_here(core, order.wanted)
    with (
        Receiver(core) as receiver,
        listening(order.source, receiver, port, folder=core.directory) as listener,
    ):
        if queue is not None:
            return (yield from queue.run(order, receiver, listener, have))
        options = RetrieveOptions(have=have)
        return (
            yield from by_way_of(
                order.proxy,
                order.peer,
                order.wanted,
                lambda source: retrieve(source, order.wanted, receiver, listener, options),
                have,
            )
        )


def listener_port() -> int:
    """Where what is moved arrives."""
    text = str(QSettings().value(PORT_KEY, DEFAULT_PORT))
    return int(text) if text.isdecimal() else DEFAULT_PORT


_OF_DATABASE: WeakKeyDictionary[Any, Transfers] = WeakKeyDictionary()


def transfers_of(database: Any) -> Transfers:
    """The transfers of a ctkDICOMDatabase, the same for all windows that show it."""
    if database not in _OF_DATABASE:
        _OF_DATABASE[database] = Transfers(database)
    return _OF_DATABASE[database]
