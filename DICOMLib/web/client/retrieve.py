"""Studies, series and instances from a DICOMweb server, streamed to disk, ending in a receipt."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from DICOMLib.core.errors import InvalidDICOM, NetworkError, WebStatus
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network.arrival import Arrival, NotTaken, Receiver
from DICOMLib.network.background import Background
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outgoing import OutgoingFile, read_outgoing
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.reception import Reception
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client import wado
from DICOMLib.web.client.find import search
from DICOMLib.web.client.multipart import Part
from DICOMLib.web.client.session import Access, WebSession

Tell = Callable[[Progress], None]

_FULL_DISK = frozenset((errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EROFS))
_NOT_ALLOWED = frozenset((401, 403))
# So many requests in a row that break are the end.
_MOST_BREAKS = 3


def retrieve(
    server: OriginServer,
    wanted: Iterable[Wanted],
    receiver: Receiver,
    options: RetrieveOptions | None = None,
    access: Access | None = None,
) -> Job[Receipt]:
    """Bring studies, series or instances here.

    Each instance is written to a file as it comes, and handed to the receiver once it is complete: nothing
    is half-written, and memory does not grow with its size. When a connection breaks, only what is missing
    is asked for again.

    Parameters
    ----------
    server
        Who has them.
    wanted
        What to retrieve.
    receiver
        Who takes what comes; called in another thread.
    options
        As for C-GET; `fallback` and `settle_s` mean nothing here.
    access
        How the server is called; None for as usual.

    Raises
    ------
    NetworkError
        If the server is not reached, or does not let us in. A connection that breaks later is a remark of
        the receipt.
    """
    with WebSession(server, access) as session:
        retrieval = _Retrieval(session, list(wanted), receiver, options or RetrieveOptions())
        receipt = retrieval.reception.receipt
        try:
            yield Progress(0, 0, "Connecting", server.label)
            with Background([retrieval.run], session.stop) as news:
                progress = Progress(0, 0, "Connecting", server.label)
                for one in news:
                    progress = one or progress
                    yield progress
        except JobCancelled:
            receipt.cancelled = True
    return receipt


class _Retrieval:
    """One retrieval on its way; it owns the receipt until its thread ends."""

    def __init__(
        self, session: WebSession, wanted: list[Wanted], receiver: Receiver, options: RetrieveOptions
    ) -> None:
        self.reception = Reception(wanted, options.have)
        self._session = session
        self._receiver = receiver
        self._options = options
        self._breaks = 0

    def run(self, tell: Tell) -> None:
        """Ask what there is, fetch it, and fetch again what is missing."""
        if self._options.list_first:
            self._ask_what_there_is(tell)
        planned = self.reception.plan()
        for attempt in range(self._options.retries + 1):
            if attempt or self.reception.listed:  # series by series, so that less is lost where one breaks
                planned = list(self._rest())
            for one in _single(planned):
                if self._session.stopped or self._breaks >= _MOST_BREAKS:
                    return
                self._try(one, tell)

    def _rest(self) -> Iterable[Wanted]:
        if self._options.instance_by_instance:
            return self.reception.missing()
        return self.reception.rest()

    def _ask_what_there_is(self, tell: Tell) -> None:
        """Fill the receipt with what the server has."""
        try:
            for one in self.reception.wanted:
                for series, instance in listed(self._session, one):
                    self.reception.note_listed(one.study, series, instance)
                    tell(self._progress("Asking what there is"))
            self.reception.listed = True
        except WebStatus as error:
            if error.code in _NOT_ALLOWED:
                raise
            self.reception.receipt.remarks.append(f"Whether everything came is not known. {error}")

    def _try(self, one: Wanted, tell: Tell) -> None:
        """Fetch, and note what goes wrong; only what makes all further requests useless is raised."""
        receipt = self.reception.receipt
        try:
            self._fetch(one, tell)
            self._breaks = 0
        except WebStatus as error:
            if error.code in _NOT_ALLOWED and not receipt.done:
                raise
            self._note_failure(one, str(error))
        except NetworkError as error:
            if self._session.stopped:
                return
            if not receipt.asked:
                raise
            self._breaks += 1
            if str(error) not in receipt.remarks:
                receipt.remarks.append(str(error))
        except OSError as error:
            self._note_failure(one, f"cannot be written ({error.strerror})")
            if error.errno in _FULL_DISK:
                self._breaks = _MOST_BREAKS

    def _note_failure(self, one: Wanted, reason: str) -> None:
        """Of what is asked for instance by instance, of each; else of the request."""
        if one.instances:
            self.reception.note_failed(reason, one.instances[0])
        else:
            self.reception.note_failed(reason, what=one.series or one.study)

    def _fetch(self, one: Wanted, tell: Tell) -> None:
        instance = one.instances[0] if one.instances else ""
        parts = wado.instances(self._session, one.study, one.series, instance)
        for part in parts:
            self._keep(part, one)
            tell(self._progress("Retrieving"))
        if instance and not parts_came(self.reception, instance):
            self.reception.note_failed("the server sends nothing", instance)

    def _keep(self, part: Part, one: Wanted) -> None:
        """Write an instance aside, look at it, and let the receiver take it."""
        path = self._receiver.temporary()
        try:
            with path.open("xb") as file:
                for piece in part.pieces:
                    file.write(piece)
            found = self._looked_at(path, one)
            if found is not None:
                self._take(path, found)
        finally:
            path.unlink(missing_ok=True)

    def _looked_at(self, path: Path, one: Wanted) -> OutgoingFile | None:
        """What a file holds; None, with a line in the receipt, if it is not what was asked for."""
        try:
            found = read_outgoing(path)
        except InvalidDICOM as error:
            self.reception.note_failed(
                f"the server sends something else: {error.reason}", what=one.series or one.study
            )
            return None
        asked = (one.study, one.series, one.instances[0] if one.instances else "")
        came = (found.study, found.series, found.sop_instance)
        if any(uid and uid != other for uid, other in zip(asked, came, strict=True)):
            self.reception.note_failed(
                "the server sends another instance than was asked for", what=one.series or one.study
            )
            return None
        return found

    def _take(self, path: Path, found: OutgoingFile) -> None:
        uid = found.sop_instance
        try:
            self._receiver.take(Arrival(path, found.sop_class, uid, found.transfer_syntax))
        except NotTaken as error:
            self.reception.note_failed(str(error), uid)
        else:
            self.reception.note_stored(uid, (found.study, found.series))

    def _progress(self, step: str) -> Progress:
        receipt = self.reception.receipt
        return Progress(receipt.done, receipt.asked, step, self._session.server.label)


def parts_came(reception: Reception, instance: str) -> bool:
    """Whether an instance is here, or it is known why not."""
    series = reception.series_of(instance)
    return instance in series.done or instance in series.failed


def _single(wanted: Iterable[Wanted]) -> Iterator[Wanted]:
    """One request each: instances are asked for one by one."""
    for one in wanted:
        if not one.instances:
            yield one
        for instance in one.instances:
            yield Wanted(one.study, one.series, (instance,))


def listed(session: WebSession, one: Wanted) -> Iterator[tuple[str, str]]:
    """(series, instance) of all that is wanted and that the server has."""
    if one.instances:
        yield from ((one.series, instance) for instance in one.instances)
        return
    for series in [one.series] if one.series else _uids(session, "SERIES", StudyInstanceUID=one.study):
        keys = {"StudyInstanceUID": one.study, "SeriesInstanceUID": series}
        yield from ((series, instance) for instance in _uids(session, "IMAGE", **keys))


def _uids(session: WebSession, level: str, **keys: Any) -> Iterator[str]:
    keyword = "SeriesInstanceUID" if level == "SERIES" else "SOPInstanceUID"
    for match in search(session, level, keys, [keyword]):
        yield str(match[keyword].value)
