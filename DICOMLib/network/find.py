"""C-FIND: what a peer has, answers as they come (PS3.4 annex C)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from DICOMLib.core.errors import PeerStatus
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network.asking import Answer
from DICOMLib.network.background import Background
from DICOMLib.network.find_scu import FindClient
from DICOMLib.network.link import Link
from DICOMLib.network.peers import Peer
from DICOMLib.network.statuses import CANCELLED, PENDING, SUCCESS, is_warning, status_text

_LEVEL_KEYS = ("StudyInstanceUID", "SeriesInstanceUID")


@dataclass(slots=True)
class FindReport:
    """What was found.

    Parameters
    ----------
    matches
        One dataset for each.
    limited
        Whether there may be more: the limit was reached, here or at the peer.
    cancelled
        Whether it was stopped before its end.
    """

    matches: list[Dataset] = field(default_factory=list)
    limited: bool = False
    cancelled: bool = False


def find(
    peer: Peer,
    query: Dataset,
    on_match: Callable[[Dataset], None] = lambda match: None,
    limit: int = 0,
) -> Job[FindReport]:
    """Ask a peer.

    Parameters
    ----------
    peer
        Whom to ask.
    query
        See `query.identifier`.
    on_match
        Called with each match as it comes, in the thread that runs the job.
    limit
        Most matches to take; the peer is told to stop then. 0 for all.

    Raises
    ------
    NetworkError
        If the peer is not reached, or answers with a failure; matches before it have been given on.
    """
    report = FindReport()
    link = Link(peer)
    try:
        yield Progress(0, 0, "Connecting", peer.label)
        with Background([lambda tell: _ask_once(link, query, tell, report)], link.stop) as news:
            for match in news:
                if match is not None:
                    report.matches.append(match)
                    on_match(match)
                yield Progress(len(report.matches), 0, "Querying", peer.label)
                if limit and len(report.matches) >= limit:
                    report.limited = True
                    break
    except JobCancelled:
        report.cancelled = True
    return report


def _ask_once(link: Link, query: Dataset, tell: Callable[[Dataset], None], report: FindReport) -> None:
    with link.open(FindClient(link.peer)) as client:
        for answer in ask(link, client, query):
            match = answer.identifier if answer is not None else None
            if match is None:
                report.limited = True
            else:
                tell(match)


def ask(link: Link, client: FindClient, query: Dataset) -> Iterator[Answer | None]:
    """The matches of one C-FIND on an association; None where the peer says that it has more.

    Raises
    ------
    PeerStatus
        If the peer answers with a failure.
    PeerAborted
        If the answers end.
    """
    for answer in client.find(query):
        code = answer.status
        if code in PENDING:
            yield answer
        elif is_warning(code):
            yield None
        elif code not in (SUCCESS, CANCELLED) and not link.stopped:
            raise PeerStatus(code, status_text(code) + _missing_keys(query))


def _missing_keys(query: Dataset) -> str:
    """What a peer may miss that finds only from level to level (PS3.4 section C.4.1.3.1)."""
    levels = ("STUDY", "SERIES", "IMAGE")
    level = query.get("QueryRetrieveLevel", "")
    above = _LEVEL_KEYS[: levels.index(level)] if level in levels else ()
    missing = [keyword for keyword in above if not query.get(keyword)]
    return f". The peer may need {' and '.join(missing)} in the query" if missing else ""
