"""C-ECHO: whether a peer is there and knows us (PS3.4 annex A)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from DICOMLib.core.errors import PeerStatus
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network.background import Background
from DICOMLib.network.link import Link
from DICOMLib.network.models import VERIFICATION
from DICOMLib.network.peers import Peer
from DICOMLib.network.query_scu import QueryClient
from DICOMLib.network.statuses import SUCCESS, status_text


@dataclass(slots=True)
class EchoReport:
    """The answer to a C-ECHO: how long it took, seconds, and whether it was stopped before."""

    seconds: float = 0.0
    cancelled: bool = False


def echo(peer: Peer) -> Job[EchoReport]:
    """Ask a peer whether it is there.

    Raises
    ------
    NetworkError
        If it is not; the text says which step failed.
    """
    link = Link(peer)
    return (yield from answer_time(lambda: _ask(link), link.stop, peer.label))


def answer_time(ask: Callable[[], float], stop: Callable[[], None], label: str) -> Job[EchoReport]:
    """Ask in a thread of its own; `ask` gives the time it took, seconds, and `stop` ends it early."""
    report = EchoReport()
    try:
        yield Progress(0, 1, "Connecting", label)
        with Background([lambda tell: tell(ask())], stop) as news:
            for seconds in news:
                report.seconds = seconds or report.seconds
                yield Progress(0 if seconds is None else 1, 1, "Waiting for the answer", label)
    except JobCancelled:
        report.cancelled = True
    return report


def _ask(link: Link) -> float:
    begin = time.perf_counter()
    with link.open(QueryClient(link.peer, (VERIFICATION,))) as client:
        status = client.echo()
        if status != SUCCESS:
            raise PeerStatus(status, status_text(status))
    return time.perf_counter() - begin
