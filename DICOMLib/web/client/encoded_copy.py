"""A file in another transfer syntax, for as long as it is sent."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from DICOMLib.core.errors import InvalidDICOM
from DICOMLib.network.arrival import file_meta
from DICOMLib.network.outgoing import OutgoingFile
from DICOMLib.network.transcoding import encoded


@contextmanager
def encoded_copy(file: OutgoingFile, transfer_syntax: str) -> Iterator[OutgoingFile]:
    """A copy in a temporary file, which is deleted afterwards.

    Parameters
    ----------
    file
        What is copied.
    transfer_syntax
        One of `network.transcoding.TARGETS`.

    Raises
    ------
    InvalidDICOM
        If it cannot be decoded, or not be encoded so, or the copy cannot be written.
    """
    data, _size = encoded(file.path, file.transfer_syntax, transfer_syntax)
    meta = file_meta(file.sop_class, file.sop_instance, transfer_syntax)
    with tempfile.TemporaryDirectory(prefix="encoded-") as folder:
        path = Path(folder, "copy.dcm")
        try:
            with path.open("xb") as copy:
                copy.write(meta)
                shutil.copyfileobj(data, copy)
        except OSError as error:
            raise InvalidDICOM(file.path, f"a copy of it cannot be written ({error.strerror})") from error
        yield replace(
            file, path=str(path), transfer_syntax=transfer_syntax, offset=len(meta), is_complete=True
        )
