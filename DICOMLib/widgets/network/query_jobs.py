"""The job of the query window: ask several servers, and give on what they have as it comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError
from DICOMLib.core.jobs import Job
from DICOMLib.web.exchange import Target, find

MOST_MATCHES = 5000  # of one server; the window says that there may be more

Found = Callable[[Target, Dataset], None]


@dataclass(slots=True)
class QueryReport:
    """What was found.

    Parameters
    ----------
    matches
        Each with the server that has it.
    failed
        (server, reason) of those that could not be asked.
    limited
        Servers that may have more.
    cancelled
        Whether it was stopped before its end.
    """

    matches: list[tuple[Target, Dataset]] = field(default_factory=list)
    failed: list[tuple[Target, str]] = field(default_factory=list)
    limited: list[Target] = field(default_factory=list)
    cancelled: bool = False


def query(
    servers: Sequence[Target],
    level: str,
    keys: Mapping[str, Any],
    on_match: Found = lambda server, match: None,
) -> Job[QueryReport]:
    """Ask each server; one that cannot be asked does not keep the others from it.

    `on_match` is called with each match as it comes, in the thread that runs the job.
    """
    report = QueryReport()
    for server in servers:

        def take(match: Dataset, server: Target = server) -> None:
            report.matches.append((server, match))
            on_match(server, match)

        try:
            answer = yield from find(server, level, keys, None, take, MOST_MATCHES)
        except DICOMError as error:
            report.failed.append((server, str(error)))
            continue
        if answer.limited:
            report.limited.append(server)
        if answer.cancelled:
            report.cancelled = True
            break
    return report
