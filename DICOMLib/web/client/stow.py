"""STOW-RS: a request that holds many files, streamed from disk, and its answer (PS3.18 section 10.5)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from DICOMLib.network.outcomes import Outcome
from DICOMLib.network.outgoing import OutgoingFile, start_of
from DICOMLib.network.statuses import status_text
from DICOMLib.web.client.json_values import items, number, text

_PIECE_BYTES = 1 << 20
_REFERENCED, _FAILED = "00081199", "00081198"
_INSTANCE, _FAILURE, _WARNING = "00081155", "00081197", "00081196"
SYNTAX_NOT_SUPPORTED = 0xC122
# Reasons of their own (PS3.18 table I.2-2), beside those of C-STORE.
_REASONS = {
    SYNTAX_NOT_SUPPORTED: "the transfer syntax is not supported",
    0xC409: "the study is another one than in the request",
}


class Unreadable(Exception):
    """A file could not be read, or changed, while it was sent."""

    def __init__(self, file: OutgoingFile, reason: str) -> None:
        super().__init__(reason)
        self.file = file
        self.reason = reason


class RequestBody:
    """The body of one request: its length is known beforehand, its content is read as it is sent.

    Parameters
    ----------
    files
        What it holds, each file as it lies on the disk, with the meta information that it may lack.
    is_stopped
        Asked before each piece; the request ends there.

    Raises
    ------
    Unreadable
        While iterating, if a file is not what it was, or the request is stopped.
    """

    def __init__(self, files: Sequence[OutgoingFile], is_stopped: Callable[[], bool] = lambda: False) -> None:
        self._files = files
        self._is_stopped = is_stopped
        self._boundary = uuid.uuid4().hex
        self._head = f"--{self._boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        self._tail = f"--{self._boundary}--\r\n".encode()
        self._sizes = [_size(file) for file in files]

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the request."""
        kind = f'multipart/related; type="application/dicom"; boundary={self._boundary}'
        return {"Content-Type": kind}

    def __len__(self) -> int:
        return sum(self._sizes) + len(self._files) * (len(self._head) + 2) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        for file, size in zip(self._files, self._sizes, strict=True):
            yield self._head
            yield from self._content(file, size)
            yield b"\r\n"
        yield self._tail

    def _content(self, file: OutgoingFile, size: int) -> Iterator[bytes]:
        start, offset = start_of(file)
        yield start
        left = size - len(start)
        try:
            with Path(file.path).open("rb") as source:
                source.seek(offset)
                while left and (piece := source.read(min(left, _PIECE_BYTES))):
                    if self._is_stopped():
                        raise Unreadable(file, "stopped")
                    left -= len(piece)
                    yield piece
        except OSError as error:
            raise Unreadable(file, f"cannot be read ({error.strerror})") from error
        if left:
            raise Unreadable(file, "has changed while it was sent")


def _size(file: OutgoingFile) -> int:
    """Bytes that are sent of a file; of one that has gone none, which is found when it is opened."""
    path = Path(file.path)
    start, offset = start_of(file)
    return len(start) + max(0, path.stat().st_size - offset) if path.is_file() else len(start)


def in_batches(
    files: Sequence[OutgoingFile], most_bytes: int, most_files: int
) -> Iterator[list[OutgoingFile]]:
    """The files in groups for one request each, study by study; one file may be larger than the limit."""
    studies: dict[str, list[OutgoingFile]] = {}
    for file in files:
        studies.setdefault(file.study, []).append(file)
    for study in studies.values():
        batch: list[OutgoingFile] = []
        size = 0
        for file in study:
            more = _size(file)
            if batch and (size + more > most_bytes or len(batch) >= most_files):
                yield batch
                batch, size = [], 0
            batch.append(file)
            size += more
        yield batch


def outcomes(files: Sequence[OutgoingFile], answer: dict[str, Any], status: int) -> Iterator[Outcome]:
    """What became of each file, as the answer says it instance by instance.

    Parameters
    ----------
    files
        What was sent.
    answer
        Store Instances Response (PS3.18 annex I), in the JSON model.
    status
        HTTP status; 200 means that all are stored, also those that are not named.
    """
    stored = {text(item, _INSTANCE): number(item, _WARNING) or 0 for item in items(answer, _REFERENCED)}
    failed = {text(item, _INSTANCE): number(item, _FAILURE) or 0 for item in items(answer, _FAILED)}
    for file in files:
        uid = file.sop_instance
        if uid in failed:
            yield Outcome(file, _reason(failed[uid]), reason=failed[uid])
        elif uid in stored:
            yield Outcome(file, note=_reason(stored[uid]) if stored[uid] else "")
        elif status == 200 and not failed:
            yield Outcome(file)
        else:
            yield Outcome(file, "the server does not say that it has stored it")


def _reason(code: int) -> str:
    text = _REASONS.get(code) or status_text(code)
    return f"{text} (status 0x{code:04X})"
