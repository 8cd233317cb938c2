"""Studies, series and instances from a DICOMweb server, streamed to disk, ending in a receipt."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import time
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM, NetworkError, WebStatus, is_disk_full
from DICOMLib.core.jobs import Job, JobCancelled, Progress
from DICOMLib.network.arrival import Arrival, NotTaken, Receiver
from DICOMLib.network.background import Background
from DICOMLib.network.conversation import Wanted
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outgoing import OutgoingFile, read_outgoing
from DICOMLib.network.outgoing_header import FIRST_BYTES
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.reception import Reception
from DICOMLib.network.retrieve import RetrieveOptions
from DICOMLib.web.client import wado
from DICOMLib.web.client.listing import SeriesThere, instances_there, placed, series_there
from DICOMLib.web.client.multipart import Part
from DICOMLib.web.client.session import BUSY, Access, WebSession

Tell = Callable[[Progress], None]

_NOT_ALLOWED = frozenset((401, 403))
# So many requests in a row that break, or find the server busy to the last, are the end.
_MOST_BREAKS = 3
_TELL_EVERY_S = 0.05


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
    retrieval.reception.join_faults()
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
        self._counts: dict[str, SeriesThere] = {}  # of series whose instances were not listed
        self._total = 0
        self._last_told = -math.inf

    def run(self, tell: Tell) -> None:
        """Ask what there is, fetch it, and fetch again what is missing."""
        if self._options.list_first:
            self._ask_what_there_is(tell)
            self._tell(tell, "Retrieving", now=True)
        planned = self._counted() or self.reception.plan()
        for attempt in range(self._options.retries + 1):
            if attempt or self.reception.listed:  # series by series, so that less is lost where one breaks
                planned = list(self._rest())
            for one in _single(planned):
                if self._session.stopped or self._breaks >= _MOST_BREAKS:
                    break
                self._try(one, tell)
            self._list_what_is_short()

    def _counted(self) -> list[Wanted]:
        """The series whose instances are counted, and the instances that are wanted besides."""
        if not self._counts:
            return []
        single = [one for one in self.reception.wanted if one.instances]
        return single + [Wanted(one.study, one.series) for one in self._counts.values()]

    def _rest(self) -> Iterable[Wanted]:
        if self._options.instance_by_instance:
            return self.reception.missing()
        return self.reception.rest()

    def _ask_what_there_is(self, tell: Tell) -> None:
        """Find out what the server has, so that the receipt can tell what did not come.

        How many instances each series has is enough, and servers know it at once; the instances themselves
        are listed only where the number is not told, or some of them are here already.
        """
        self._tell(tell, "Asking what there is", now=True)
        try:
            self._find_series_of_instances()
            there = [series for one in list(self.reception.wanted) for series in self._series_of(one)]
            is_counted = all(one.count is not None for one in there)
            if is_counted and not self._options.have and not self._options.instance_by_instance:
                self._expect(there)
            else:
                for one in there:
                    self._list(one, tell)
                self.reception.listed = True
        except WebStatus as error:
            if error.code in _NOT_ALLOWED:
                raise
            self.reception.receipt.remarks.append(f"Whether everything came is not known. {error}")

    def _find_series_of_instances(self) -> None:
        """Of instances whose series was not named: they are asked for by it."""
        for one in [one for one in self.reception.wanted if one.instances and not one.series]:
            found = placed(self._session, one)
            self.reception.wanted.remove(one)
            self.reception.wanted += found
            for uid in sorted(set(one.instances).difference(*(some.instances for some in found))):
                self.reception.note_failed("the server has nothing of it", what=uid)

    def _expect(self, there: list[SeriesThere]) -> None:
        for one in there:
            self.reception.receipt.of_series(one.study, one.series)  # in the order of the server
            self._counts[one.series] = one
            self._total += one.count or 0

    def _series_of(self, one: Wanted) -> list[SeriesThere]:
        """The series of which something is wanted; what the server does not have is not asked for."""
        if one.instances:
            for instance in one.instances:
                self.reception.note_listed(one.study, one.series, instance)
            return []
        there = series_there(self._session, one)
        if not there:
            self.reception.note_failed("the server has nothing of it", what=one.series or one.study)
            self.reception.wanted.remove(one)
        return there

    def _list(self, series: SeriesThere, tell: Tell = lambda progress: None) -> None:
        for instance in instances_there(self._session, series.study, series.series):
            self.reception.note_listed(series.study, series.series, instance)
            self._tell(tell, "Asking what there is")

    def _list_what_is_short(self) -> None:
        """Find out which instances of a series did not come, where fewer came than it has."""
        receipt = self.reception.receipt
        for uid, there in list(self._counts.items()):
            came = len(receipt.of_series(there.study, uid).asked)
            if self._session.stopped or came >= (there.count or 0):
                continue
            try:
                self._list(there)
            except NetworkError as error:
                reason = f"only {came} of {there.count} instances came; which did not is not known: {error}"
                self.reception.note_failed(reason, what=uid)
            del self._counts[uid]

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
            if error.code in BUSY:
                self._note_break(str(error))
        except NetworkError as error:
            if self._session.stopped:
                return
            if not (receipt.asked or self._counts):
                raise
            self._note_break(str(error))
        except OSError as error:
            self._note_failure(one, f"cannot be written ({error.strerror})")
            if is_disk_full(error) or error.errno == errno.EROFS:
                self._breaks = _MOST_BREAKS

    def _note_break(self, reason: str) -> None:
        self._breaks += 1
        if reason not in self.reception.receipt.remarks:
            self.reception.receipt.remarks.append(reason)

    def _note_failure(self, one: Wanted, reason: str) -> None:
        """Of what is asked for instance by instance, of each; else of the request."""
        if one.instances:
            self.reception.note_failed(reason, one.instances[0])
        else:
            self.reception.note_failed(reason, what=one.series or one.study)

    def _fetch(self, one: Wanted, tell: Tell) -> None:
        instance = one.instances[0] if one.instances else ""
        parts = wado.instances(self._session, one.study, one.series, instance)
        aside = self._receiver.temporary()
        for part in parts:
            self._keep(part, one, aside)
            self._tell(tell, "Retrieving")
        self._tell(tell, "Retrieving", now=True)
        if instance and not parts_came(self.reception, instance):
            self.reception.note_failed("the server sends nothing", instance)

    def _keep(self, part: Part, one: Wanted, path: Path) -> None:
        """Write an instance aside, look at it, and let the receiver take it."""
        try:
            start, size = _write(path, part)
            found = self._looked_at(path, start, one)
            if found is not None:
                uids = found.sop_class, found.sop_instance, found.transfer_syntax
                self._take(Arrival(path, *uids, start=start, size=size), (found.study, found.series))
        finally:
            with contextlib.suppress(FileNotFoundError):  # the receiver has taken it
                os.unlink(path)  # noqa: PTH108  paths cost time here

    def _looked_at(self, path: Path, start: bytes, one: Wanted) -> OutgoingFile | None:
        """What a file holds; None, with a line in the receipt, if it is not what was asked for."""
        try:
            found = read_outgoing(path, start)
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

    def _take(self, arrival: Arrival, where: tuple[str, str]) -> None:
        try:
            self._receiver.take(arrival)
        except NotTaken as error:
            self.reception.note_failed(str(error), arrival.sop_instance)
        else:
            self.reception.note_stored(arrival.sop_instance, where)

    def _tell(self, tell: Tell, step: str, now: bool = False) -> None:
        """Tell how far it is, but not of each small file: whoever waits for it would be woken each time."""
        clock = time.monotonic()
        if now or clock - self._last_told >= _TELL_EVERY_S:
            self._last_told = clock
            receipt = self.reception.receipt
            total = max(receipt.asked, self._total)
            tell(Progress(receipt.done, total, step, self._session.server.label))


def _write(path: Path, part: Part) -> tuple[bytes, int]:
    """Write an instance down as it comes; its beginning and size, so that it need not be read again."""
    start, size = b"", 0
    with FileIO(path, "x") as file:  # pieces are large enough without a buffer
        for piece in part.pieces:
            if len(start) < FIRST_BYTES:
                start += piece[: FIRST_BYTES - len(start)]
            size += len(piece)
            written = file.write(piece)
            while written < len(piece):  # as much as there was room for
                written += file.write(memoryview(piece)[written:])
    return start, size


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
