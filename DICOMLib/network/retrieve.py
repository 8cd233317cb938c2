"""C-GET and C-MOVE: studies, series and instances from a peer, ending in a receipt (PS3.4 annex C)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from DICOMLib.core.errors import AssociationRefused, NetworkError, PeerAborted
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network.arrival import Arrival, Receiver
from DICOMLib.network.background import Background, followed
from DICOMLib.network.conversation import (
    Counts,
    Failed,
    Listed,
    Stored,
    Wanted,
    get,
    list_instances,
    move,
)
from DICOMLib.network.link import Link
from DICOMLib.network.listener import Listener
from DICOMLib.network.peers import C_GET, C_MOVE, Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.reception import Reception

News = Counts | Failed | Listed | Stored


@dataclass(frozen=True, slots=True)
class RetrieveOptions:
    """How to retrieve.

    Parameters
    ----------
    list_first
        Whether the peer is asked first what it has, so that the receipt can tell what did not come.
    retries
        How often what is missing is asked for again, instance by instance.
    fallback
        Whether C-MOVE is tried where the peer does not offer C-GET, and the reverse.
    have
        SOP Instance UIDs that are here already and need not come.
    settle_s
        How long to wait after a C-MOVE for instances that are still on their way, seconds.
    instance_by_instance
        Over DICOMweb: for servers that cannot send a series as a whole.
    """

    list_first: bool = True
    retries: int = 1
    fallback: bool = True
    have: frozenset[str] = frozenset()
    settle_s: float = 2.0
    instance_by_instance: bool = False


def retrieve(
    peer: Peer,
    wanted: Iterable[Wanted],
    receiver: Receiver | None = None,
    listener: Listener | None = None,
    options: RetrieveOptions = RetrieveOptions(),
) -> Job[Receipt]:
    """Bring studies, series or instances here, or have them moved elsewhere.

    Parameters
    ----------
    peer
        Who has them; its `protocol` says how they come.
    wanted
        What to retrieve.
    receiver
        Who takes what comes by C-GET.
    listener
        A running listener, at which what is moved by C-MOVE arrives. Without one it goes to the move
        destination of the peer, and the receipt tells only what the peer says.
    options
        How to retrieve.

    Raises
    ------
    NetworkError
        If the peer is not reached, or offers neither C-GET nor C-MOVE. A connection that breaks later is a
        remark of the receipt.
    """
    retrieval = _Retrieval(peer, list(wanted), receiver, listener, options)
    reception, receipt = retrieval.reception, retrieval.receipt
    try:
        yield Progress(0, 0, "Connecting", peer.label)
        if options.list_first:
            yield from retrieval.ask_what_there_is()
        yield from retrieval.fetch(reception.plan())
        for _ in range(options.retries):
            missing = reception.missing()
            if not missing:
                break
            retrieval.is_again = True
            yield from retrieval.fetch(missing)
        retrieval.note_what_is_not_there()
    except JobCancelled:
        receipt.cancelled = True
    reception.join_faults()
    return receipt


class _Retrieval:
    """One retrieval on its way."""

    def __init__(
        self,
        peer: Peer,
        wanted: list[Wanted],
        receiver: Receiver | None,
        listener: Listener | None,
        options: RetrieveOptions,
    ) -> None:
        self.peer = peer
        self.wanted = wanted
        self.receiver = receiver
        self.listener = listener
        self.options = options
        self.reception = Reception(wanted, options.have)
        self.receipt = self.reception.receipt
        self.classes: set[str] = set()
        self.is_again = False
        self.counts = Counts()

    def ask_what_there_is(self) -> Job[None]:
        """Fill the receipt with what the peer has."""
        link = Link(self.peer)
        try:
            yield from self._converse(link, lambda tell: list_instances(link, self.wanted, tell))
            self.reception.listed = self.receipt.asked > 0
        except NetworkError as error:
            if isinstance(error, AssociationRefused) and "service" not in str(error):
                raise
            self.receipt.remarks.append(f"Whether everything came is not known. {error}")

    def note_what_is_not_there(self) -> None:
        """A request that brought nothing is a fault, also where the peer calls that success."""
        moved_elsewhere = self.listener is None and self.counts.completed > 0
        for one in self.reception.without_instances():
            what = one.series or one.study
            if not moved_elsewhere:
                self.reception.note_nothing_of(what)

    def fetch(self, wanted: Sequence[Wanted]) -> Job[None]:
        """Get or move, and the other where the peer does not offer it.

        A connection that breaks is no end: what has come is in the receipt, and what is missing, too.
        """
        if not wanted:
            return
        try:
            yield from self._fetch(wanted, self.peer.protocol)
        except PeerAborted as error:
            if not self.receipt.asked:
                raise
            self.receipt.remarks.append(str(error))
        except AssociationRefused as error:
            other = C_GET if self.peer.protocol == C_MOVE else C_MOVE
            possible = self.receiver if other == C_GET else self.listener
            if not self.options.fallback or possible is None or "service" not in str(error):
                raise
            self.receipt.remarks.append(f"The peer does not offer {self.peer.protocol}: {other} was used.")
            self.peer = replace(self.peer, protocol=other)
            yield from self._fetch(wanted, other)

    def _fetch(self, wanted: Sequence[Wanted], protocol: str) -> Job[None]:
        link = Link(self.peer)
        self.counts = Counts()
        if protocol == C_GET:
            if self.receiver is None:
                raise NetworkError("What comes by C-GET needs a receiver.")
            how = self.classes, self.receiver
            yield from self._converse(link, lambda tell: get(link, wanted, *how, tell, self.is_again))
            return
        destination = self.peer.move_destination
        if self.listener is not None:
            destination = destination or self.listener.options.acceptance.ae_title
        with self._listening() as arrived:
            yield from self._converse(link, lambda tell: move(link, wanted, destination, tell))
            yield from self._settle(arrived)
            if self.counts.failed and not self.receipt.done:
                self._note_no_arrival(destination)
        if self.listener is None:
            self._believe()

    def _converse(self, link: Link, work: Callable[[Callable[[News], None]], None]) -> Job[None]:
        yield from followed(Background([work], link.stop), self._note, self._progress)

    def _progress(self) -> Progress:
        total = self.receipt.asked or self.counts.total
        return Progress(self.receipt.done, total, "Retrieving", self.peer.label)

    @contextmanager
    def _listening(self) -> Iterator[list[float]]:
        """Note what arrives at the listener; gives the time of the last arrival."""
        arrived = [time.monotonic()]
        lock = threading.Lock()

        def note(arrival: Arrival) -> None:
            with lock:
                arrived[0] = time.monotonic()
                self._note(Stored(arrival.sop_instance))

        if self.listener is None:
            yield arrived
            return
        self.listener.stored.connect(note)
        try:
            yield arrived
        finally:
            self.listener.stored.disconnect(note)

    def _settle(self, arrived: list[float]) -> Job[None]:
        """Wait for what the peer has sent and is not here yet."""
        tick = threading.Event()
        expected = min(self.counts.completed, self.receipt.asked)
        while (
            self.listener is not None
            and self.receipt.done < expected
            and time.monotonic() - arrived[0] < self.options.settle_s
        ):
            tick.wait(0.05)
            yield self._progress()

    def _note_no_arrival(self, destination: str) -> None:
        """The peer could send nothing: as a rule it has another address or port of ours."""
        if self.listener is None:
            return
        remark = (
            f"Nothing has come to our listener at port {self.listener.port}. The peer may know another "
            f"address or port of {destination!r}, or a firewall be between: see `slicer-dicom echo --doctor`."
        )
        if remark not in self.receipt.remarks:
            self.receipt.remarks.append(remark)

    def _believe(self) -> None:
        """Nothing arrives here: take what the peer says for what happened."""
        if self.counts.failed or not self.reception.listed:
            text = f"{self.counts.completed} completed, {self.counts.failed} failed"
            self.receipt.remarks.append(f"What the peer says of its sub-operations: {text}.")
        if not self.counts.failed and self.counts.completed >= self.receipt.asked:
            for one in self.receipt.series.values():
                one.done |= one.asked

    def _note(self, news: News) -> None:
        if isinstance(news, Counts):
            self.counts = news
        elif isinstance(news, Listed):
            self.reception.note_listed(news.study, news.series, news.instance)
            self.classes.add(news.sop_class)
        elif isinstance(news, Failed):
            self.reception.note_failed(news.reason, news.instance, news.what)
        else:
            self.reception.note_stored(news.instance)
