"""Reads a multipart answer (RFC 2046 section 5.1) as it comes, in constant memory, whatever comes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message

from DICOMLib.core.errors import NetworkError, PeerAborted

_MOST_HEADER_BYTES = 1 << 16
_MOST_PREAMBLE_BYTES = 1 << 16
_MOST_PADDING = 200
_MOST_BOUNDARY = 250


@dataclass(slots=True)
class Part:
    """One part of an answer.

    Parameters
    ----------
    headers
        By name in small letters.
    pieces
        The content, as it comes. What is not read is passed over when the next part is asked for.
    """

    headers: Mapping[str, str]
    pieces: Iterator[bytes]

    def read(self, limit: int) -> bytes:
        """The whole content.

        Raises
        ------
        NetworkError
            If it is longer than `limit` bytes.
        """
        content = bytearray()
        for piece in self.pieces:
            content += piece
            if len(content) > limit:
                raise NetworkError(f"The server sends more than {limit >> 20} MB where little was asked for.")
        return bytes(content)


class MultipartReader:
    """The parts of an answer, one after the other.

    Parameters
    ----------
    pieces
        The body of the answer as it comes, cut anywhere.
    boundary
        What separates the parts, as the header Content-Type names it.

    Raises
    ------
    PeerAborted
        While iterating, if the answer ends before its closing delimiter.
    NetworkError
        While iterating, if it is no multipart content.
    """

    def __init__(self, pieces: Iterable[bytes], boundary: str) -> None:
        self._pieces = iter(pieces)
        self._delimiter = b"\r\n--" + boundary.encode("latin-1", "replace")
        # What has come and is not given yet: the buffer from `_at` on. Moving on costs nothing, and only
        # what is left is copied when more comes.
        self._buffer = b"\r\n"  # the first delimiter need not stand on a line of its own
        self._at = 0
        self._finished = False

    def __iter__(self) -> Iterator[Part]:
        self._skip_preamble()
        while not self._finished:
            headers = self._read_headers()
            content = self._until_delimiter()
            yield Part(headers, content)
            for _rest in content:
                pass

    def _skip_preamble(self) -> None:
        skipped = 0
        for piece in self._until_delimiter():
            skipped += len(piece)
            if skipped > _MOST_PREAMBLE_BYTES:
                raise NetworkError("The server says that it sends multipart content, but no part begins.")

    def _until_delimiter(self) -> Iterator[bytes]:
        """What comes before the next delimiter; the delimiter is taken away."""
        start = self._at
        while True:
            at = self._buffer.find(self._delimiter, start)
            end = self._end_of_delimiter(at) if at >= 0 else None
            if end is not None and end < 0:  # it only begins like one
                start = at + 1
                continue
            sure = at if at >= 0 else max(self._at, len(self._buffer) - len(self._delimiter) + 1)
            piece = self._buffer[self._at : sure]
            self._at = sure if end is None else end
            if piece:
                yield piece
            if end is not None:
                return
            self._fill()
            start = 0

    def _end_of_delimiter(self, at: int) -> int | None:
        """Where the line of a delimiter ends; -1 if it is none, None if more must come to tell."""
        after = at + len(self._delimiter)
        if self._buffer.startswith(b"\r\n", after):
            return after + 2
        rest = self._buffer[after : after + _MOST_PADDING + 2]
        if rest.startswith(b"--"):
            self._finished = True
            return after + 2
        line_end = rest.lstrip(b" \t")
        if line_end.startswith(b"\r\n"):
            return after + len(rest) - len(line_end) + 2
        undecided = line_end in (b"", b"\r") or rest == b"-"
        return None if undecided and len(rest) < _MOST_PADDING + 2 else -1

    def _read_headers(self) -> Mapping[str, str]:
        while (end := self._end_of_headers()) < 0:
            if len(self._buffer) - self._at > _MOST_HEADER_BYTES:
                raise NetworkError("The headers of a part of the answer do not end.")
            self._fill()
        block = self._buffer[self._at : end]
        self._at = end + (4 if block else 2)
        lines = (line.partition(":") for line in block.decode("latin-1").split("\r\n") if line)
        return {name.strip().lower(): value.strip() for name, _colon, value in lines}

    def _end_of_headers(self) -> int:
        """Where the blank line begins that ends them; -1 if it is not here yet."""
        if self._buffer.startswith(b"\r\n", self._at):
            return self._at
        return self._buffer.find(b"\r\n\r\n", self._at)

    def _fill(self) -> None:
        for piece in self._pieces:
            self._buffer, self._at = self._buffer[self._at :] + piece, 0
            return
        raise PeerAborted("The answer of the server ends in the middle.")


def content_type(header: str) -> tuple[str, str]:
    """Media type in small letters, and boundary ("" for none), of a header Content-Type."""
    message = Message()
    message["content-type"] = header.replace("\r", " ").replace("\n", " ")
    kind = header.partition(";")[0].strip().lower()
    boundary = message.get_boundary() or ""
    return kind, boundary if len(boundary) <= _MOST_BOUNDARY else ""
