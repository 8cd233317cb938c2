"""Files to a DICOMweb server (STOW-RS) in batches, ending in a receipt."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import requests

from DICOMLib.core.errors import InvalidDICOM, NetworkError, PeerAborted, WebStatus
from DICOMLib.core.jobs import Job, JobCancelled
from DICOMLib.network.background import Background
from DICOMLib.network.models import EXPLICIT_LITTLE_ENDIAN
from DICOMLib.network.origin_servers import OriginServer
from DICOMLib.network.outcomes import Outcome, all_noted, look_at
from DICOMLib.network.outgoing import OutgoingFile
from DICOMLib.network.receipt import Receipt
from DICOMLib.web.client.encoded_copy import encoded_copy
from DICOMLib.web.client.session import BUSY, Access, WebSession
from DICOMLib.web.client.stow import SYNTAX_NOT_SUPPORTED, RequestBody, Unreadable, in_batches, outcomes

_UNSUPPORTED_TYPE = 415
_NOT_ALLOWED = frozenset((401, 403, 404, 405, 501))
_ANSWERED = frozenset((200, 202, 409))
# So many files in a row for which a server stays busy are the end: each of them takes many seconds.
_MOST_BUSY = 3


@dataclass(frozen=True, slots=True)
class StowOptions:
    """How to send.

    Parameters
    ----------
    batch_bytes, batch_files
        Most bytes and files of one request; a file that is larger goes alone.
    connections
        How many requests to make at the same time.
    done
        SOP Instance UIDs that an earlier run has sent; they are not sent again.
    transcode
        Whether a file whose transfer syntax the server does not take is sent uncompressed instead.
    """

    batch_bytes: int = 32 << 20
    batch_files: int = 100
    connections: int = 1
    done: frozenset[str] = frozenset()
    transcode: bool = True


def send(
    server: OriginServer,
    paths: Iterable[str | os.PathLike[str]],
    options: StowOptions = StowOptions(),
    on_sent: Callable[[str], None] = lambda sop_instance: None,
    access: Access | None = None,
) -> Job[Receipt]:
    """Send files to a server, as they are encoded; one that is not taken is a line of the receipt.

    Where the server does not take a transfer syntax (HTTP 415, or reason 0xC122 of an instance), the file is
    sent again in Explicit VR Little Endian, which all servers take (PS3.18 section 8.7.3); a note says so.

    Parameters
    ----------
    server
        Who shall have them.
    paths
        DICOM files.
    options
        How to send.
    on_sent
        Called with the SOP Instance UID of each instance as soon as the server has said that it is stored,
        in the thread of its connection.
    access
        How the server is called; None for as usual.

    Raises
    ------
    NetworkError
        If the server is not reached, or does not let us in, before anything was sent.
    """
    receipt = Receipt("sent")
    with WebSession(server, access) as session:
        try:
            files = yield from look_at(list(paths), receipt, options.done)
            sending = _Sending(session, files, options, on_sent)
            news = Background([sending.work] * sending.connections, session.stop)
            yield from all_noted(news, receipt, receipt.asked - len(files), server.label)
            receipt.remarks += [sending.remark] if sending.remark else []
        except JobCancelled:
            receipt.cancelled = True
    return receipt


class _Untold:
    """Those files of a batch of which nothing is told yet; of some it is, when a later request breaks."""

    def __init__(self, batch: Sequence[OutgoingFile], tell: Callable[[Outcome], None]) -> None:
        self.files = list(batch)
        self._tell = tell

    def tell(self, outcome: Outcome) -> None:
        """Tell what became of one of them."""
        self.files.remove(outcome.file)
        self._tell(outcome)


class _Sending:
    """The requests of one sending."""

    def __init__(
        self,
        session: WebSession,
        files: Sequence[OutgoingFile],
        options: StowOptions,
        on_sent: Callable[[str], None],
    ) -> None:
        self._session = session
        self._url = session.server.service("stow") + "/studies"
        self._on_sent = on_sent
        self._waiting = deque(in_batches(files, options.batch_bytes, options.batch_files))
        self._lock = threading.Lock()
        self._any_stored = False
        self._busy_count = 0
        self._transcode = options.transcode
        self._refused: set[str] = set()  # transfer syntaxes that the server does not take
        self.connections = self._working = max(1, min(options.connections, len(self._waiting)))
        self.remark = ""

    def work(self, tell: Callable[[Outcome], None]) -> None:
        """Send batches until none waits, or leave the rest to the other connections."""
        while True:
            error = self._send_some(tell)
            with self._lock:
                if error is None and self._waiting and not self._session.stopped:
                    continue  # another connection has just left something behind
                self._working -= 1
                is_last = not self._working
                break
        if error is None or self._session.stopped:
            return
        if not is_last:
            self.remark = f"Fewer connections were used than asked for. {error}"
        elif not self._any_stored:
            raise error
        else:
            while rest := self._next():
                for file in rest:
                    tell(Outcome(file, str(error)))

    def _send_some(self, tell: Callable[[Outcome], None]) -> NetworkError | None:
        """Send batches until none waits; why no more can be sent, and the rest of the batch waits again."""
        while not self._session.stopped and (batch := self._next()):
            untold = _Untold(batch, tell)
            try:
                self._send(batch, untold.tell)
            except NetworkError as error:
                with self._lock:
                    self._waiting.extendleft(filter(None, [untold.files]))
                return error
        return None

    def _next(self) -> list[OutgoingFile]:
        with self._lock:
            return self._waiting.popleft() if self._waiting else []

    def _send(self, batch: list[OutgoingFile], tell: Callable[[Outcome], None]) -> None:
        """Send a batch; files that the server does not take as they are go one by one, encoded anew."""
        as_they_are = [file for file in batch if file.transfer_syntax not in self._refused]
        if as_they_are:
            self._send_as_they_are(as_they_are, tell)
        for file in batch:
            if file.transfer_syntax in self._refused and file not in as_they_are:
                self._send_anew(file, tell)

    def _send_as_they_are(self, batch: list[OutgoingFile], tell: Callable[[Outcome], None]) -> None:
        """Where the server refuses a batch as a whole, send its halves, to find out for which file."""
        try:
            answers = self._ask(batch)
        except Unreadable as fault:
            if fault.reason == "stopped":
                return
            tell(Outcome(fault.file, fault.reason))
            rest = [file for file in batch if file is not fault.file]
            if rest:
                self._send(rest, tell)
            return
        except WebStatus as error:
            if error.code in _NOT_ALLOWED:
                raise
            if len(batch) > 1:
                for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                    self._send(half, tell)
                return
            self._note_busy(error)
            is_syntax = error.code == _UNSUPPORTED_TYPE
            answers = [Outcome(batch[0], str(error), reason=SYNTAX_NOT_SUPPORTED if is_syntax else 0)]
        for outcome in answers:
            if outcome.reason == SYNTAX_NOT_SUPPORTED and self._may_transcode(outcome.file):
                self._send_anew(outcome.file, tell)
            else:
                self._told(outcome, tell)

    def _note_busy(self, error: WebStatus) -> None:
        """Count what was refused because the server is busy; raise it again when that does not end."""
        if error.code in BUSY:
            self._busy_count += 1
            if self._busy_count >= _MOST_BUSY:
                raise error

    def _told(self, outcome: Outcome, tell: Callable[[Outcome], None]) -> None:
        if not outcome.failure:
            self._any_stored = True
            self._busy_count = 0
            self._on_sent(outcome.file.sop_instance)
        tell(outcome)

    def _may_transcode(self, file: OutgoingFile) -> bool:
        return self._transcode and file.transfer_syntax != EXPLICIT_LITTLE_ENDIAN

    def _send_anew(self, file: OutgoingFile, tell: Callable[[Outcome], None]) -> None:
        """Send a file uncompressed; if that is taken, others of its transfer syntax go so at once."""
        try:
            with encoded_copy(file, EXPLICIT_LITTLE_ENDIAN) as copy:
                (outcome,) = self._ask([copy])
        except (InvalidDICOM, Unreadable) as fault:
            if self._session.stopped:
                return
            self._told(Outcome(file, f"is not taken as {file.transfer_syntax}, and {fault.reason}"), tell)
        except WebStatus as error:
            if error.code in _NOT_ALLOWED:
                raise
            self._note_busy(error)
            self._told(Outcome(file, str(error)), tell)
        else:
            said = f"encoded anew, from {file.transfer_syntax} to {EXPLICIT_LITTLE_ENDIAN}"
            if not outcome.failure:
                self._refused.add(file.transfer_syntax)
                said = "; ".join(filter(None, (said, outcome.note)))
            self._told(Outcome(file, outcome.failure, said), tell)

    def _ask(self, batch: Sequence[OutgoingFile]) -> list[Outcome]:
        """What became of a batch; it is sent again where the server was busy, or the connection broke.

        That does no harm: an instance that is stored twice is one instance.
        """
        access = self._session.access
        for attempt in range(access.retries + 1):
            is_last = attempt == access.retries
            wait_s: float | None = access.wait_s(attempt)
            body = RequestBody(batch, lambda: self._session.stopped)
            try:
                with self._session.post(self._url, body.headers, body) as answer:
                    wait_s = self._session.wait_for(answer, attempt)
                    if is_last or wait_s is None:
                        return self._read(batch, answer)
            except PeerAborted:
                if is_last or self._session.stopped:
                    raise
            self._session.wait(wait_s or 0.0)
        raise AssertionError("the last attempt returns or raises")

    def _read(self, batch: Sequence[OutgoingFile], answer: requests.Response) -> list[Outcome]:
        status = answer.status_code
        if status not in _ANSWERED:
            raise self._session.status_failure(status, storing=True)
        try:
            found = self._session.read_json(answer)
        except PeerAborted:
            raise
        except NetworkError:  # what it says cannot be read; its status can
            found = []
        if status == 409 and not found:
            raise self._session.status_failure(status, storing=True)
        return list(outcomes(batch, found[0] if found else {}, status))
