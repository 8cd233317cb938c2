"""What is said on an association while something is retrieved, told piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from DICOMLib.network.arrival import Receiver
from DICOMLib.network.asking import Answer
from DICOMLib.network.find import ask
from DICOMLib.network.find_scu import FindClient
from DICOMLib.network.get_scu import GetClient, Instance
from DICOMLib.network.identifiers import uids_of
from DICOMLib.network.link import Link
from DICOMLib.network.models import MOVE_MODELS
from DICOMLib.network.query import identifier
from DICOMLib.network.query_scu import QueryClient
from DICOMLib.network.statuses import CANCELLED, PENDING, SUCCESS, is_warning, status_text


@dataclass(frozen=True, slots=True)
class Wanted:
    """A study, a series of it, or instances of the series.

    Parameters
    ----------
    study, series
        Instance UIDs; an empty series means all of the study.
    instances
        SOP Instance UIDs; none means all of the series.
    """

    study: str
    series: str = ""
    instances: tuple[str, ...] = ()

    @property
    def level(self) -> str:
        """Query/Retrieve Level."""
        return "IMAGE" if self.instances else "SERIES" if self.series else "STUDY"

    def request(self) -> Dataset:
        """Identifier of a C-GET or C-MOVE request."""
        keys: dict[str, Any] = {"StudyInstanceUID": self.study}
        if self.series:
            keys["SeriesInstanceUID"] = self.series
        if self.instances:
            keys["SOPInstanceUID"] = list(self.instances)
        return identifier(self.level, keys, ())


@dataclass(frozen=True, slots=True)
class Listed:
    """An instance that the peer has."""

    study: str
    series: str
    instance: str
    sop_class: str


@dataclass(frozen=True, slots=True)
class Stored:
    """An instance that is safe here."""

    instance: str


@dataclass(frozen=True, slots=True)
class Failed:
    """An instance, or a request, that failed."""

    reason: str
    instance: str = ""
    what: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """What the peer says of its sub-operations."""

    remaining: int = 0
    completed: int = 0
    failed: int = 0
    warning: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return self.remaining + self.completed + self.failed + self.warning


def list_instances(link: Link, wanted: Sequence[Wanted], tell: Callable[[Any], None]) -> None:
    """Ask for the instances of what is wanted, level by level (PS3.4 section C.4.1.3.1)."""
    with link.open(FindClient(link.peer)) as client:
        for one in wanted:
            for series in [one.series] if one.series else _series(link, client, one.study):
                for listed in _instances(link, client, one, series):
                    tell(listed)


def _series(link: Link, client: FindClient, study: str) -> list[str]:
    query = identifier("SERIES", {"StudyInstanceUID": study}, ("SeriesInstanceUID",))
    found = [
        uids_of(answer.identifier if answer else None, "SeriesInstanceUID")
        for answer in ask(link, client, query)
    ]
    return [uids[0] for uids in found if uids]


def _instances(link: Link, client: FindClient, one: Wanted, series: str) -> Iterator[Listed]:
    keys: dict[str, Any] = {"StudyInstanceUID": one.study, "SeriesInstanceUID": series}
    if one.instances:
        keys["SOPInstanceUID"] = list(one.instances)
    query = identifier("IMAGE", keys, ("SOPInstanceUID", "SOPClassUID"))
    for answer in ask(link, client, query):
        match = answer.identifier if answer else None
        for instance in uids_of(match, "SOPInstanceUID")[:1]:
            yield Listed(one.study, series, instance, next(iter(uids_of(match, "SOPClassUID")), ""))


def get(
    link: Link,
    wanted: Iterable[Wanted],
    classes: Collection[str],
    receiver: Receiver,
    tell: Callable[[Any], None],
    again: bool = False,
) -> None:
    """C-GET of each; instances come on the same association and are handed to `receiver`.

    `classes` and `again` are those of `GetClient`.
    """
    refused: set[str] = set()
    with link.open(GetClient(link.peer, classes, again)) as client:
        for one in wanted:
            for news in client.get(one.request(), receiver):
                if not isinstance(news, Instance):
                    _note(link, one, news, tell, refused)
                elif news.status == SUCCESS:
                    tell(Stored(news.uid))
                else:
                    refused.add(news.uid)
                    fault = news.fault or status_text(news.status)
                    tell(Failed(f"it could not be kept here: {fault}", news.uid))
            if link.stopped:
                return


def move(link: Link, wanted: Iterable[Wanted], destination: str, tell: Callable[[Any], None]) -> None:
    """C-MOVE of each to an AE title."""
    with link.open(QueryClient(link.peer, MOVE_MODELS)) as client:
        for one in wanted:
            for answer in client.move(one.request(), destination):
                _note(link, one, answer, tell)
            if link.stopped:
                return


def _note(
    link: Link, one: Wanted, answer: Answer, tell: Callable[[Any], None], refused: Set[str] = frozenset()
) -> None:
    """Tell of one response to a request; the peer also names as failed what was `refused` here."""
    code = answer.status
    tell(Counts(*answer.counts))
    if code in PENDING:
        return
    for uid in uids_of(answer.identifier, "FailedSOPInstanceUIDList"):
        if uid in refused:
            continue
        tell(Failed(f"the peer could not send it; its own log may say why (status 0x{code:04X})", uid))
    if code not in (SUCCESS, CANCELLED) and not is_warning(code) and not link.stopped:
        tell(Failed(f"{status_text(code)} (status 0x{code:04X})", what=one.series or one.study))
