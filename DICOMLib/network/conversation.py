"""What is said on an association while something is retrieved, told piece by piece."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, StoragePresentationContexts

from DICOMLib.core.errors import PeerAborted
from DICOMLib.network.arrival import Arrival, ArrivingFile, Receiver
from DICOMLib.network.association import Link, accepted_model, context, scp_role
from DICOMLib.network.find import ask
from DICOMLib.network.models import (
    FIND_MODELS,
    GET_MODELS,
    MAX_CONTEXTS,
    MOVE_MODELS,
    OTHER_SYNTAXES,
    PLAIN_SYNTAXES,
)
from DICOMLib.network.query import identifier
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
    with link.open([context(model) for model in FIND_MODELS]) as association:
        for one in wanted:
            for series in [one.series] if one.series else _series(link, association, one.study):
                for listed in _instances(link, association, one, series):
                    tell(listed)


def _series(link: Link, association: Association, study: str) -> list[str]:
    query = identifier("SERIES", {"StudyInstanceUID": study}, ("SeriesInstanceUID",))
    answers = ask(link, association, query)
    return [str(match.SeriesInstanceUID) for match in answers if match and match.get("SeriesInstanceUID")]


def _instances(link: Link, association: Association, one: Wanted, series: str) -> Iterator[Listed]:
    keys: dict[str, Any] = {"StudyInstanceUID": one.study, "SeriesInstanceUID": series}
    if one.instances:
        keys["SOPInstanceUID"] = list(one.instances)
    query = identifier("IMAGE", keys, ("SOPInstanceUID", "SOPClassUID"))
    for match in ask(link, association, query):
        if match and match.get("SOPInstanceUID"):
            sop_class = str(match.get("SOPClassUID", "") or "")
            yield Listed(one.study, series, str(match.SOPInstanceUID), sop_class)


def get(
    link: Link,
    wanted: Iterable[Wanted],
    classes: Collection[str],
    receiver: Receiver,
    tell: Callable[[Any], None],
) -> None:
    """C-GET of each; instances come on the same association and are handed to `receiver`."""
    storage = storage_contexts(classes)
    roles = [scp_role(uid) for uid in dict.fromkeys(str(one.abstract_syntax) for one in storage)]
    contexts = [context(model) for model in GET_MODELS] + storage
    handlers = [(evt.EVT_C_STORE, lambda event: _store(event, receiver, tell))]
    with link.open(contexts, roles, handlers) as association:
        model = accepted_model(association, GET_MODELS)
        for one in wanted:
            with link.asking(model) as message_id:
                answers = association.send_c_get(one.request(), model, message_id)
                _follow(link, one, answers, tell)
            if link.stopped:
                return


def move(link: Link, wanted: Iterable[Wanted], destination: str, tell: Callable[[Any], None]) -> None:
    """C-MOVE of each to an AE title."""
    with link.open([context(model) for model in MOVE_MODELS]) as association:
        model = accepted_model(association, MOVE_MODELS)
        for one in wanted:
            with link.asking(model) as message_id:
                answers = association.send_c_move(one.request(), destination, model, message_id)
                _follow(link, one, answers, tell)
            if link.stopped:
                return


def storage_contexts(classes: Collection[str]) -> list[PresentationContext]:
    """Contexts for what may come.

    Each compressed syntax of a class has one of its own, so that instances come as they are stored.
    """
    room = MAX_CONTEXTS - len(GET_MODELS)
    known = sorted(uid for uid in classes if uid)
    if not known or len(known) > room:
        every = [*PLAIN_SYNTAXES, *OTHER_SYNTAXES]
        return [context(str(one.abstract_syntax), every) for one in StoragePresentationContexts[:room]]
    syntaxes = (*PLAIN_SYNTAXES, *OTHER_SYNTAXES)[: max(1, room // len(known))]
    return [context(uid, (syntax,)) for uid in known for syntax in syntaxes]


def _store(event: Any, receiver: Receiver, tell: Callable[[Any], None]) -> int:
    """Take an instance that comes by C-GET; the status that the peer is told."""
    request = event.request
    sop = str(request.AffectedSOPInstanceUID)
    arrival = Arrival(
        receiver.temporary(), str(request.AffectedSOPClassUID), sop, str(event.context.transfer_syntax)
    )
    file = ArrivingFile(arrival)
    try:
        file.write(request.DataSet.getbuffer())
        status = file.hand_over(receiver)
    finally:
        file.discard()
    tell(Stored(sop) if status == SUCCESS else Failed(status_text(status), sop))
    return status


def _follow(
    link: Link, one: Wanted, answers: Iterator[tuple[Dataset, Dataset | None]], tell: Callable[[Any], None]
) -> None:
    """Tell what the peer says until the request is done; its failure is one of this request only.

    Raises
    ------
    PeerAborted
        If the answers end.
    """
    for status, failed in answers:
        if "Status" not in status:
            raise PeerAborted("The peer stopped answering in the middle of a retrieval.")
        code = int(status.Status)
        tell(_counts(status))
        if code in PENDING:
            continue
        for uid in _failed_instances(failed):
            tell(Failed("the peer could not send it", uid))
        if code not in (SUCCESS, CANCELLED) and not is_warning(code) and not link.stopped:
            what = one.series or one.study
            tell(Failed(f"{status_text(code)} (status 0x{code:04X})", what=what))


def _counts(status: Dataset) -> Counts:
    names = ("Remaining", "Completed", "Failed", "Warning")
    return Counts(*(int(status.get(f"NumberOf{name}Suboperations", 0) or 0) for name in names))


def _failed_instances(answer: Dataset | None) -> list[str]:
    found = answer.get("FailedSOPInstanceUIDList") if answer is not None else None
    if not found:
        return []
    return [str(found)] if isinstance(found, str) else [str(uid) for uid in found]
