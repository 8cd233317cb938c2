"""The answering side of C-GET and C-MOVE (PS3.4 sections C.4.2 and C.4.3)."""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydicom.dataset import Dataset

from DICOMLib.core.errors import DICOMError, InvalidDICOM, NetworkError
from DICOMLib.core.jobs import JobCancelled
from DICOMLib.network import pdu, statuses
from DICOMLib.network.acceptor import Acceptor, Request, Service
from DICOMLib.network.models import GET_MODELS, MOVE_MODELS
from DICOMLib.network.outgoing import OutgoingFile, opened, read_outgoing
from DICOMLib.network.pdu import Context
from DICOMLib.network.query_scp import (
    Archive,
    InvalidIdentifier,
    choose_plain,
    is_cancel,
    is_cancelled,
    level_of,
    read_identifier,
    send_response,
)
from DICOMLib.network.send import SendOptions, send
from DICOMLib.network.store_scp import is_storage
from DICOMLib.network.store_scu import status_of_store, store_request
from DICOMLib.network.transcoding import TARGETS
from DICOMLib.standard.faults import UNREADABLE

log = logging.getLogger(__name__)

_PENDING = 0xFF00
# Peers show progress by these responses, which take as long as a small instance (PS3.4 section C.4.3.2.1
# leaves it open when they come).
_PENDING_EVERY_S = 0.1
_MAX_NAMED_FAILURES = 10_000


@dataclass(slots=True)
class _Count:
    """Sub-operations of one request."""

    remaining: int
    completed: int = 0
    warnings: int = 0
    failed: list[str] = field(default_factory=list)
    unreadable: int = 0
    told_s: float = -math.inf

    def is_due(self) -> bool:
        """Whether it is time to tell the peer how far it is; it says so once, and not of the last one."""
        now = time.monotonic()
        if not self.remaining or now - self.told_s < _PENDING_EVERY_S:
            return False
        self.told_s = now
        return True

    def so_far(self) -> tuple[int, int, int, int]:
        """Remaining, completed, failed, with a warning, as responses have them."""
        return self.remaining, self.completed, len(self.failed), self.warnings

    def note(self, sop_instance: str, status: int) -> None:
        """One sub-operation has ended."""
        self.remaining -= 1
        if status == statuses.SUCCESS:
            self.completed += 1
        elif statuses.is_warning(status):
            self.warnings += 1
        else:
            self.failed.append(sop_instance)

    def comment(self) -> str:
        """What the peer is told besides."""
        files = "file" if self.unreadable == 1 else "files"
        return f"{self.unreadable} {files} cannot be read, or not be sent" if self.unreadable else ""

    def status(self) -> int:
        """Of the request, once all have ended."""
        if not self.failed and not self.warnings:
            return statuses.SUCCESS
        if self.completed or self.warnings:
            return statuses.SOME_SUB_OPERATIONS_FAILED
        return statuses.NO_SUB_OPERATIONS


class _Cancelled(Exception):
    """The peer has cancelled the request."""


class Retrieve(Service):
    """Answers to C-GET, over the same association, and to C-MOVE, over one with the destination.

    Parameters
    ----------
    archive
        Who has the instances.
    ae_title
        Ours, by which destinations know us.
    """

    requests = frozenset((pdu.C_GET_RQ, pdu.C_MOVE_RQ))

    def __init__(self, archive: Archive, ae_title: str) -> None:
        self._archive = archive
        self._ae_title = ae_title
        self._message_id = 0

    def choose(self, context: Context, receives: bool) -> str | None:
        """See `Service`; of a class that the peer receives, the first syntax into which all can be turned."""
        syntax = choose_plain((*GET_MODELS, *MOVE_MODELS), context)
        if syntax is not None or not receives or not is_storage(context.abstract_syntax):
            return syntax
        offered = [uid for uid in context.transfer_syntaxes if uid]
        return next((uid for uid in offered if uid in TARGETS), next(iter(offered), ""))

    def answer(self, acceptor: Acceptor, request: Request) -> None:
        """See `Service`."""
        is_get = request.command.number(pdu.COMMAND_FIELD) == pdu.C_GET_RQ
        identifier = read_identifier(acceptor.wire, request)
        count = _Count(0)
        status, comment = statuses.CANNOT_UNDERSTAND, "The identifier cannot be decoded."
        try:
            if request.sop_class not in (GET_MODELS if is_get else MOVE_MODELS):
                status, comment = statuses.SOP_CLASS_NOT_SUPPORTED, ""
            elif identifier is not None:
                files = self._archive.files(level_of(identifier), identifier)
                count.remaining = len(files)
                status = (self._get if is_get else self._move)(acceptor, request, files, count)
                comment = count.comment()
        except InvalidIdentifier as error:
            status, comment = statuses.IDENTIFIER_DOES_NOT_MATCH, str(error)
        except _Cancelled:
            status, comment = statuses.CANCELLED, ""
        except NetworkError:
            raise
        except DICOMError as error:
            log.warning("a retrieval was not answered: %s", type(error).__name__)
            status, comment = statuses.OUT_OF_RESOURCES, ""
        _tell(acceptor, request, status, count, comment)

    # C-GET

    def _get(self, acceptor: Acceptor, request: Request, files: Mapping[str, str], count: _Count) -> int:
        accepted = {kind: number for number, kind in acceptor.agreed.items() if kind[0] in acceptor.receiving}
        ahead = (self._looked_at(path, count) for path in files.values())
        file = next(ahead, None)
        for sop_instance in files:
            if is_cancelled(acceptor.wire, request.command):
                raise _Cancelled
            is_sent = file is not None and self._send(acceptor, file, accepted, count)
            following = next(ahead, None)  # while the peer is busy with this one
            status = self._await(acceptor, request) if is_sent else statuses.OUT_OF_RESOURCES
            count.note(sop_instance, status)
            if count.is_due():
                _tell(acceptor, request, _PENDING, count)
            file = following
        return count.status()

    def _looked_at(self, path: str, count: _Count) -> OutgoingFile | None:
        """A file that shall be sent; None if that cannot be."""
        try:
            return read_outgoing(path)
        except InvalidDICOM as error:
            self._note_unreadable(error, count)
            return None

    def _note_unreadable(self, fault: InvalidDICOM, count: _Count) -> None:
        count.unreadable += 1
        self._archive.note_unreadable(fault)

    def _send(
        self, acceptor: Acceptor, file: OutgoingFile, accepted: dict[tuple[str, str], int], count: _Count
    ) -> bool:
        """Send one file as a sub-operation; False if it cannot be read, or the peer takes no such."""
        try:
            with opened(file, accepted) as (context, data, _note):
                self._message_id = self._message_id % 0xFFFF + 1
                command = store_request(file.sop_class, file.sop_instance, self._message_id)
                acceptor.wire.send_message(context, command, *data)
        except InvalidDICOM as error:
            self._note_unreadable(error, count)
            return False
        except OSError:
            self._note_unreadable(InvalidDICOM(file.path, UNREADABLE), count)
            return False
        return True

    def _await(self, acceptor: Acceptor, request: Request) -> int:
        """The answer to a sub-operation; a cancellation that comes before it waits for the answer."""
        cancelled = False
        while True:
            number, answer = acceptor.wire.read_command()
            if is_cancel(answer, request.command):
                cancelled = True
                continue
            status = status_of_store(acceptor.wire, number, answer, self._message_id)
            if cancelled:
                raise _Cancelled
            return status

    # C-MOVE

    def _move(self, acceptor: Acceptor, request: Request, files: Mapping[str, str], count: _Count) -> int:
        destination = self._archive.destination(request.command.text(pdu.MOVE_DESTINATION))
        if destination is None:
            return statuses.UNKNOWN_DESTINATION
        originator = acceptor.served.calling_ae, request.command.number(pdu.MESSAGE_ID)
        sent: list[str] = []
        job = send(destination, list(files.values()), SendOptions(originator=originator), sent.append)
        told = 0
        try:
            while True:
                progress = next(job)
                if is_cancelled(acceptor.wire, request.command):
                    with contextlib.suppress(StopIteration):
                        job.throw(JobCancelled())
                    raise _Cancelled
                count.completed, count.remaining = len(sent), len(files) - progress.done
                if progress.step == "Sending" and told != progress.done and count.is_due():
                    told = progress.done
                    _tell(acceptor, request, _PENDING, count)
        except StopIteration as end:
            receipt = end.value
        except NetworkError as error:
            log.warning("a destination of C-MOVE was not reached: %s", type(error).__name__)
            count.remaining, count.failed = 0, list(files)
            return statuses.NO_SUB_OPERATIONS
        finally:
            job.close()
        count.remaining, count.completed = 0, receipt.done
        by_path = {path: sop_instance for sop_instance, path in files.items()}
        count.failed = [uid for uid, _reason in receipt.missing]
        for path, reason in receipt.faults:
            count.failed.append(by_path.get(path, ""))
            self._note_unreadable(InvalidDICOM(path, reason), count)
        return count.status()


def _tell(acceptor: Acceptor, request: Request, status: int, count: _Count, comment: str = "") -> None:
    """Send a response with the numbers of sub-operations; only a last one names what failed."""
    numbers: dict[int, int | str] = dict(zip(pdu.SUB_OPERATION_COUNTS, count.so_far(), strict=True))
    if status not in (_PENDING, statuses.CANCELLED):
        del numbers[pdu.SUB_OPERATION_COUNTS[0]]
    named = None if status == _PENDING else _failures(count)
    send_response(acceptor.wire, request, status, numbers, comment, named)


def _failures(count: _Count) -> Dataset | None:
    """The identifier that names what was not transferred; None if there is nothing to name."""
    named = [uid for uid in count.failed if uid][:_MAX_NAMED_FAILURES]
    if not named:
        return None
    identifier = Dataset()
    identifier.FailedSOPInstanceUIDList = named
    return identifier
