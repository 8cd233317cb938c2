"""STOW-RS: instances that clients store (PS3.18 section 10.5)."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from DICOMLib.archive.elements import element_of
from DICOMLib.core.errors import InvalidDICOM, is_disk_full, log_failure
from DICOMLib.network import statuses
from DICOMLib.network.arrival import Arrival, NotTaken
from DICOMLib.network.arrival import Receiver as Taker
from DICOMLib.network.outgoing import OutgoingFile, read_outgoing, start_of
from DICOMLib.web.server.incoming_parts import BadMessage, IncomingParts
from DICOMLib.web.server.json_model import json_of
from DICOMLib.web.server.media_types import DICOM, DICOM_JSON, parsed_media_type, require_json
from DICOMLib.web.server.services import Services, log, services_of
from DICOMLib.web.server.targets import checked_uid, url_of

_PIECE = 1 << 20


@dataclass(slots=True)
class Outcome:
    """What became of the parts of a request.

    Parameters
    ----------
    stored
        What is safe.
    failed
        SOP Class UID and SOP Instance UID, as far as they are known, and Failure Reason (0008,1197).
    """

    stored: list[OutgoingFile] = field(default_factory=list)
    failed: list[tuple[str, str, int]] = field(default_factory=list)


async def store(request: Request) -> Response:
    """Take the instances of a request; the answer tells of each whether it is safe."""
    require_json(request)
    services = services_of(request)
    receiver = services.receiver
    if receiver is None:
        raise HTTPException(
            403,
            "This server is read-only. Whoever runs it lets others store by starting it with --writable "
            "(slicer-dicom serve --writable).",
        )
    study = checked_uid(request.path_params["study"]) if "study" in request.path_params else ""
    media_type, parameters = parsed_media_type(request.headers.get("content-type", ""))
    if media_type != "multipart/related" or parameters.get("type", DICOM).lower() != DICOM:
        raise HTTPException(415, f'Instances are taken as multipart/related; type="{DICOM}" only.')
    outcome = Outcome()
    take = _Takes(services, receiver, study, outcome)
    try:
        parts = IncomingParts(parameters.get("boundary", ""), receiver.temporary, take)
        await _receive(request, parts, services.max_request_bytes)
    except BadMessage as error:
        if not outcome.stored:
            raise HTTPException(400, str(error)) from error
        outcome.failed.append(("", "", statuses.CANNOT_UNDERSTAND))
    except OSError as error:
        log_failure(log, "what a client stores cannot be written", error)
        outcome.failed.append(("", "", statuses.OUT_OF_RESOURCES))
    await run_in_threadpool(services.settle)
    return _answer(request, study, outcome)


async def _receive(request: Request, parts: IncomingParts, max_bytes: int) -> None:
    """Write the body down as it comes, a megabyte at a time."""
    waiting = bytearray()
    size = 0
    try:
        async for piece in request.stream():
            size += len(piece)
            if size > max_bytes:
                raise HTTPException(413, f"A request has at most {max_bytes} bytes; send fewer instances.")
            waiting += piece
            if len(waiting) >= _PIECE:
                await run_in_threadpool(parts.write, bytes(waiting))
                waiting.clear()
        await run_in_threadpool(parts.write, bytes(waiting))
        parts.finish()
    except ClientDisconnect as error:
        raise HTTPException(400, "The client has gone before the request was complete.") from error
    finally:
        parts.discard()


class _Takes:
    """Hands parts to the receiver and keeps the account."""

    def __init__(self, services: Services, receiver: Taker, study: str, outcome: Outcome) -> None:
        self._services, self._receiver = services, receiver
        self._study, self._outcome = study, outcome

    def __call__(self, path: Path, media_type: str) -> None:
        known = "", ""
        try:
            file = self._looked_at(path, media_type)
            known = file.sop_class, file.sop_instance
            self._take(file)
        except InvalidDICOM:
            self._outcome.failed.append((*known, statuses.CANNOT_UNDERSTAND))
        except NotTaken as error:
            self._outcome.failed.append((*known, error.status))
        except OSError as error:
            reason = statuses.OUT_OF_RESOURCES if is_disk_full(error) else 0x0110
            self._outcome.failed.append((*known, reason))
        else:
            self._outcome.stored.append(file)

    def _take(self, file: OutgoingFile) -> None:
        path = Path(file.path)
        if self._study and file.study != self._study:
            raise NotTaken(statuses.NOT_OUR_CLASS, "it is of another study than the URL names")
        if shutil.disk_usage(path.parent).free < self._services.min_free_bytes:
            raise NotTaken(statuses.OUT_OF_RESOURCES, "the disk is nearly full")
        self._receiver.take(Arrival(path, file.sop_class, file.sop_instance, file.transfer_syntax))

    def _looked_at(self, path: Path, media_type: str) -> OutgoingFile:
        if parsed_media_type(media_type)[0] not in (DICOM, ""):
            raise InvalidDICOM(path, "no DICOM file")
        file = read_outgoing(path)
        return file if file.is_complete else self._completed(file)

    def _completed(self, file: OutgoingFile) -> OutgoingFile:
        """Give a file its preamble: dicomweb-client sends datasets that were made in memory without."""
        path, whole = Path(file.path), self._receiver.temporary()
        try:
            _copy(path, *start_of(file), whole)
            whole.replace(path)
        finally:
            whole.unlink(missing_ok=True)
        return read_outgoing(path)


def _copy(source: Path, prefix: bytes, offset: int, target: Path) -> None:
    """Write a file that is a prefix and another one from some place on."""
    with source.open("rb") as reader, target.open("wb") as writer:
        writer.write(prefix)
        reader.seek(offset)
        shutil.copyfileobj(reader, writer, _PIECE)


def _answer(request: Request, study: str, outcome: Outcome) -> Response:
    """The Store Instances Response (PS3.18 section 10.5.3, annex I)."""
    studies = {file.study for file in outcome.stored} | ({study} if study else set())
    answer = Dataset()
    if len(studies) == 1:
        answer.RetrieveURL = url_of(request, studies.pop())
    if outcome.failed:
        answer.FailedSOPSequence = Sequence([_failed(*one) for one in outcome.failed])
    if outcome.stored:
        answer.ReferencedSOPSequence = Sequence([_stored(request, file) for file in outcome.stored])
    code = (202 if outcome.failed else 200) if outcome.stored else 409
    body: dict[str, Any] = json_of(answer)
    return JSONResponse(body, code, media_type=DICOM_JSON)


def _failed(sop_class: str, sop_instance: str, reason: int) -> Dataset:
    item = Dataset()
    if sop_class or sop_instance:
        _name(item, sop_class, sop_instance)
    item.FailureReason = reason
    return item


def _stored(request: Request, file: OutgoingFile) -> Dataset:
    item = Dataset()
    _name(item, file.sop_class, file.sop_instance)
    item.RetrieveURL = url_of(request, file.study, file.series, file.sop_instance)
    return item


def _name(item: Dataset, sop_class: str, sop_instance: str) -> None:
    """Tell which instance is meant; it may name itself by anything."""
    item.add(element_of("0008,1150", "UI", sop_class))
    item.add(element_of("0008,1155", "UI", sop_instance))
