"""C-STORE of any number of files, over several associations, ending in a receipt."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from DICOMLib.core.errors import InvalidDICOM, NetworkError, PeerAborted
from DICOMLib.core.jobs import Job, JobCancelled
from DICOMLib.network.background import Background
from DICOMLib.network.outcomes import Outcome, all_noted, look_at
from DICOMLib.network.outgoing import OutgoingFile, batches, contexts_for, opened
from DICOMLib.network.peers import Peer
from DICOMLib.network.receipt import Receipt
from DICOMLib.network.statuses import SUCCESS, is_warning, status_text
from DICOMLib.network.store_scu import StoreClient

_GRACE_S = 1.0


@dataclass(frozen=True, slots=True)
class SendOptions:
    """How to send.

    Parameters
    ----------
    associations
        How many connections to use at the same time.
    transcode
        Whether files are encoded anew, without loss, for a peer that does not take them as they are.
    reconnects
        How often in a row each connection is made again after it broke, before the rest is given up. A
        file at which it broke twice is left out.
    done
        SOP Instance UIDs that an earlier run has sent; they are not sent again.
    originator
        AE title and message ID of the C-MOVE request for which they are sent; None for none.
    """

    associations: int = 1
    transcode: bool = True
    reconnects: int = 2
    done: frozenset[str] = frozenset()
    originator: tuple[str, int] | None = None


def send(
    peer: Peer,
    paths: Iterable[str | os.PathLike[str]],
    options: SendOptions = SendOptions(),
    on_sent: Callable[[str], None] = lambda sop_instance: None,
) -> Job[Receipt]:
    """Send files to a peer; a file that is not taken is a line of the receipt, not an error.

    Parameters
    ----------
    peer
        Who shall have them.
    paths
        DICOM files.
    options
        How to send.
    on_sent
        Called with the SOP Instance UID of each instance as soon as the peer has taken it, in the thread of
        its association.

    Raises
    ------
    NetworkError
        If the peer is not reached, or refuses the association, before there was any association.
    """
    receipt = Receipt("sent")
    try:
        files = yield from look_at(list(paths), receipt, options.done)
        finished = receipt.asked - len(files)
        for number, batch in enumerate(batches(files, options.transcode)):
            sending = _Sending(peer, batch, options, on_sent, was_reached=number > 0)
            finished = yield from all_noted(sending.news, receipt, finished, peer.label)
            if sending.remark and sending.remark not in receipt.remarks:
                receipt.remarks.append(sending.remark)
    except JobCancelled:
        receipt.cancelled = True
    return receipt


class _Sending:
    """The associations that send one batch; `was_reached` tells that there was one with a batch before."""

    def __init__(
        self,
        peer: Peer,
        files: Sequence[OutgoingFile],
        options: SendOptions,
        on_sent: Callable[[str], None],
        was_reached: bool,
    ) -> None:
        self._peer = peer
        self._on_sent = on_sent
        self._options = options
        self._waiting = deque(files)
        self._contexts = contexts_for({file.kind for file in files}, options.transcode)
        self._lock = threading.Lock()
        self._clients: set[StoreClient] = set()
        self._stopped = threading.Event()
        self._idle = threading.Event()
        self._was_reached = was_reached
        self._broken_at: set[str] = set()
        self._working = max(1, min(options.associations, len(files)))
        self.remark = ""
        self.news = Background([self._work] * self._working, self._stop)

    def _stop(self) -> None:
        """Let the files that are on their way arrive, then close what still hangs."""
        self._stopped.set()
        self._idle.wait(_GRACE_S)
        with self._lock:
            for client in self._clients:
                client.close()

    def _work(self, tell: Callable[[Outcome], None]) -> None:
        """Send until nothing waits, or leave the rest to the other connections."""
        while True:
            error = self._send_some(tell)
            with self._lock:
                if error is None and self._waiting and not self._stopped.is_set():
                    continue  # another connection has just left something behind
                self._working -= 1
                is_last = not self._working
                break
        if error is None or self._stopped.is_set():
            return
        if not is_last:
            self.remark = f"Fewer connections were used than asked for. {error}"
            return
        self._give_up(tell, error)

    def _send_some(self, tell: Callable[[Outcome], None]) -> NetworkError | None:
        """Send until nothing waits, over a new association where one broke; why no other can be made."""
        left = self._options.reconnects
        while self._waiting and not self._stopped.is_set():
            before = len(self._waiting)
            try:
                self._converse(tell)
            except NetworkError as error:
                left = self._options.reconnects if len(self._waiting) < before - 1 else left - 1
                if left < 0 or not self._was_reached:
                    return error
        return None

    def _give_up(self, tell: Callable[[Outcome], None], error: NetworkError) -> None:
        """Report what still waits as failed; if there never was an association, fail as a whole."""
        if not self._was_reached:
            raise error
        while (file := self._next()) is not None:
            tell(Outcome(file, str(error)))

    def _next(self) -> OutgoingFile | None:
        with self._lock:
            return self._waiting.popleft() if self._waiting else None

    def _broken(self, file: OutgoingFile, error: PeerAborted, tell: Callable[[Outcome], None]) -> None:
        """Try a file once more, but not twice: it may be the one that the peer cannot stand."""
        with self._lock:
            again = file.path not in self._broken_at and not self._stopped.is_set()
            self._broken_at.add(file.path)
            if again:
                self._waiting.appendleft(file)
        if not again:
            tell(Outcome(file, str(error)))

    def _converse(self, tell: Callable[[Outcome], None]) -> None:
        client = StoreClient(self._peer, self._contexts, self._options.originator)
        with self._lock:
            self._clients.add(client)
        try:
            client.associate()
            self._was_reached = True
            while not self._stopped.is_set() and (file := self._next()) is not None:
                try:
                    outcome = _store(client, file, self._options.transcode)
                except PeerAborted as error:
                    self._broken(file, error, tell)
                    raise
                if not outcome.failure:
                    self._on_sent(file.sop_instance)
                tell(outcome)
            client.release()
        finally:
            client.close()
            with self._lock:
                self._clients.discard(client)
                if not self._clients:
                    self._idle.set()


def _store(client: StoreClient, file: OutgoingFile, transcode: bool) -> Outcome:
    """Send one file as it is, or encoded anew where the peer needs that.

    Raises
    ------
    PeerAborted
        If the connection broke.
    """
    try:
        with opened(file, client.accepted, transcode) as (context, data, remark):
            status = client.store(context, file.sop_class, file.sop_instance, data)
    except InvalidDICOM as error:
        return Outcome(file, error.reason)
    except OSError as error:
        return Outcome(file, f"cannot be read ({error.strerror})")
    if status == SUCCESS:
        return Outcome(file, note=remark)
    if is_warning(status):
        return Outcome(file, note=status_text(status))
    return Outcome(file, f"{status_text(status)} (status 0x{status:04X})")
