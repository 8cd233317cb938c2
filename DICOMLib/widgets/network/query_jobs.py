"""Jobs of the query window: ask several peers, retrieve what was chosen from each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import Job
from DICOMLib.database import Database
from DICOMLib.indexing.receiver import Receiver
from DICOMLib.network.acceptor import Acceptance
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.find import find
from DICOMLib.network.listener import DEFAULT_PORT, Listener, ListenerOptions
from DICOMLib.network.peers import C_MOVE, Peer
from DICOMLib.network.query import identifier
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.retrieve import RetrieveOptions, retrieve

MOST_MATCHES = 5000  # of one server; the window says that there may be more


@dataclass(slots=True)
class QueryReport:
    """What was found.

    Parameters
    ----------
    matches
        Each with the peer that has it.
    failed
        (peer, reason) of those that could not be asked.
    limited
        Peers that may have more.
    cancelled
        Whether it was stopped before its end.
    """

    matches: list[tuple[Peer, Dataset]] = field(default_factory=list)
    failed: list[tuple[Peer, str]] = field(default_factory=list)
    limited: list[Peer] = field(default_factory=list)
    cancelled: bool = False


def query(peers: Sequence[Peer], level: str, keys: Mapping[str, Any]) -> Job[QueryReport]:
    """Ask each peer; one that cannot be asked does not keep the others from it."""
    report = QueryReport()
    for peer in peers:
        try:
            answer = yield from find(peer, identifier(level, keys), limit=MOST_MATCHES)
        except DICOMError as error:
            report.failed.append((peer, str(error)))
            continue
        report.matches += [(peer, match) for match in answer.matches]
        if answer.limited:
            report.limited.append(peer)
        if answer.cancelled:
            report.cancelled = True
            break
    return report


@dataclass(slots=True)
class RetrieveReport:
    """The receipts of the peers, and (peer, reason) of those that could not be asked."""

    receipts: list[Receipt] = field(default_factory=list)
    failed: list[tuple[Peer, str]] = field(default_factory=list)

    @property
    def cancelled(self) -> bool:
        """Whether it was stopped before its end."""
        return any(receipt.cancelled for receipt in self.receipts)

    def summary(self) -> str:
        """One sentence for each peer."""
        lines = [receipt.summary() for receipt in self.receipts]
        return " ".join([*lines, *(reason for _peer, reason in self.failed)])

    def as_text(self) -> str:
        """All receipts, for people."""
        reasons = [f"{peer.label}: {reason}" for peer, reason in self.failed]
        return "\n".join([*(receipt.as_text() for receipt in self.receipts), *reasons])


def retrieve_all(
    database: Database,
    wanted: Mapping[Peer, Sequence[Wanted]],
    listener_port: int = DEFAULT_PORT,
) -> Job[RetrieveReport]:
    """Retrieve into a database; what is there already does not come again."""
    report = RetrieveReport()
    here = frozenset(str(row["SOPInstanceUID"]) for row in database.rows("instances"))
    with Receiver(database) as receiver:
        for peer, items in wanted.items():
            try:
                with _listening(peer, receiver, listener_port) as listener:
                    options = RetrieveOptions(have=here)
                    receipt = yield from retrieve(peer, items, receiver, listener, options)
            except DICOMError as error:
                report.failed.append((peer, str(error)))
                continue
            report.receipts.append(receipt)
            if receipt.cancelled:
                break
    return report


@contextmanager
def _listening(peer: Peer, receiver: Receiver, port: int) -> Iterator[Listener | None]:
    """What a peer moves arrives at a listener."""
    if peer.protocol != C_MOVE:
        yield None
        return
    title = peer.move_destination or peer.calling_ae
    with Listener(receiver, ListenerOptions(port=port, acceptance=Acceptance(title))) as listener:
        yield listener
