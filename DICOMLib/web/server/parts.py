"""Answers that are streamed: files in pieces, and messages of several parts (RFC 2046, RFC 2387)."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from starlette.responses import FileResponse, StreamingResponse

_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a message.

    Parameters
    ----------
    media_type
        With its parameters.
    content
        In pieces.
    location
        URL where it can be had alone; "" if there is none.
    size
        Length of the content in bytes, where it is known.
    """

    media_type: str
    content: Iterable[bytes]
    location: str = ""
    size: int | None = None

    def head(self, boundary: str) -> bytes:
        """What stands before the content."""
        location = f"Content-Location: {self.location}\r\n" if self.location else ""
        return f"--{boundary}\r\nContent-Type: {self.media_type}\r\n{location}\r\n".encode("latin-1")


def file_pieces(path: str, offset: int = 0) -> Iterator[bytes]:
    """A file from some place on."""
    with open(path, "rb") as file:  # noqa: PTH123  a path as text
        file.seek(offset)
        while piece := file.read(_PIECE):
            yield piece


def file_size(path: str) -> int | None:
    """How many bytes a file has; None if it has just gone."""
    try:
        return os.stat(path).st_size  # noqa: PTH116  a path as text
    except OSError:
        return None


def multipart(parts: Iterable[Part], media_type: str, missing: int = 0) -> StreamingResponse:
    """A message of several parts of one media type.

    Parameters
    ----------
    parts
        Made one after the other while it is sent; a sequence whose sizes are known gets a Content-Length, so
        that nobody has to take chunks apart, and a message that is cut off is seen at once.
    media_type
        Of all parts.
    missing
        How many there should be besides.
    """
    boundary = uuid.uuid4().hex
    return StreamingResponse(
        gathered(_message(parts, boundary)),
        206 if missing else 200,
        {**_warning(missing), **_length(parts, boundary)},
        f'multipart/related; type="{media_type}"; boundary={boundary}',
    )


def single(part: Part, size: int | None = None) -> StreamingResponse:
    """A message that is one part; `size` is its length in bytes, where it is known."""
    headers = _location(part.location)
    if size is not None:
        headers["Content-Length"] = str(size)
    return StreamingResponse(gathered(part.content), 200, headers, part.media_type)


class WholeFile(FileResponse):
    """A message that is a file as it lies on the disk, or the ranges of it that are asked for (RFC 9110).

    Parameters
    ----------
    path
        Of the file.
    media_type
        With its parameters.
    location
        URL where it can be had; "" if there is none.
    """

    chunk_size = _PIECE

    def __init__(self, path: str, media_type: str, location: str = "") -> None:
        super().__init__(path, 200, _location(location), media_type)


def _location(url: str) -> dict[str, str]:
    return {"Content-Location": url} if url else {}


def _warning(missing: int) -> dict[str, str]:
    if not missing:
        return {}
    return {
        "Warning": f'299 slicer-dicom "{missing} instances cannot be given: gone, damaged, or not as asked"'
    }


def _message(parts: Iterable[Part], boundary: str) -> Iterator[bytes]:
    for part in parts:
        yield part.head(boundary)
        yield from part.content
        yield b"\r\n"
    yield _end(boundary)


def _end(boundary: str) -> bytes:
    return f"--{boundary}--\r\n".encode("ascii")


def _length(parts: Iterable[Part], boundary: str) -> dict[str, str]:
    """The header with the length of a message, if it is known before it is made."""
    if not isinstance(parts, Sequence):
        return {}
    total = len(_end(boundary))
    for part in parts:
        if part.size is None:
            return {}
        total += len(part.head(boundary)) + part.size + 2
    return {"Content-Length": str(total)}


def gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The same in larger pieces: each takes its way from thread to thread."""
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
