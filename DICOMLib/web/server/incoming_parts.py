"""Parts of a message while it arrives, each into a file of its own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError, ParseError
from python_multipart.multipart import MultipartParser

from DICOMLib.core.errors import DICOMError

# It tells of each wrong byte, and clients could fill the log with it; what is wrong is said in the answer.
logging.getLogger("python_multipart").setLevel(logging.ERROR)


class BadMessage(DICOMError):
    """A body that is no message of several parts."""


class IncomingParts:
    """Writes the parts of a `multipart/related` body to files, in constant memory.

    Parameters
    ----------
    boundary
        That of the message.
    new_file
        Gives the name of a new file.
    on_part
        Takes the file and the Content-Type of each part that is complete. It is deleted afterwards.

    Raises
    ------
    BadMessage
        If the boundary is none.
    """

    def __init__(
        self, boundary: str, new_file: Callable[[], Path], on_part: Callable[[Path, str], None]
    ) -> None:
        self._new_file, self._on_part = new_file, on_part
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        self._name, self._value, self._type = b"", b"", ""
        self._is_complete = False
        self._fault: OSError | None = None
        callbacks = {
            "on_part_begin": self._begin,
            "on_header_field": self._add_name,
            "on_header_value": self._add_value,
            "on_header_end": self._end_header,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_end": self._complete,
        }
        try:
            self._parser = MultipartParser(boundary.encode("latin-1"), callbacks)  # type: ignore[arg-type]
        except (ParseError, UnicodeError) as error:
            raise BadMessage("The boundary of the message is none (RFC 2046 section 5.1.1).") from error

    def write(self, data: bytes) -> None:
        """Take a piece of the body.

        Raises
        ------
        BadMessage
            If it is no message of several parts.
        OSError
            If it cannot be written.
        """
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise BadMessage("The body does not consist of parts with the boundary that it names.") from error

    def finish(self) -> None:
        """Raise `BadMessage` if the body has ended before its last boundary."""
        if not self._is_complete:
            raise BadMessage("The body has ended before its last boundary.")

    def discard(self) -> None:
        """Delete what is half-written."""
        if self._file is not None:
            self._file.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)
        self._file = self._path = None

    def _begin(self) -> None:
        self._name, self._value, self._type = b"", b"", ""
        self._path = self._new_file()
        self._file = self._path.open("xb")

    def _add_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-type":
            self._type = self._value.decode("latin-1")
        self._name, self._value = b"", b""

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            self._file.write(memoryview(data)[start:end])

    def _end(self) -> None:
        try:
            if self._file is not None and self._path is not None:
                self._file.close()
                self._on_part(self._path, self._type)
        finally:
            self.discard()

    def _complete(self) -> None:
        self._is_complete = True
