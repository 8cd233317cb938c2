"""Files as PS3.10 section 7 wants them, and those that lack their preamble or file meta information."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from DICOMLib.core.no_warnings import no_warnings

if TYPE_CHECKING:
    from pydicom import FileDataset
    from pydicom.tag import BaseTag

# Preamble and "DICM".
START_BYTES = 132

IMPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2"
# By whether VRs are implicit, and bytes in little endian order.
_PLAIN_SYNTAXES = {
    (True, True): IMPLICIT_LITTLE_ENDIAN,
    (False, True): "1.2.840.10008.1.2.1",
    (False, False): "1.2.840.10008.1.2.2",
}

StopWhen = Callable[["BaseTag", str | None, int], bool]


def has_prefix(start: bytes) -> bool:
    """Whether the first `START_BYTES` of a file are a preamble and "DICM"."""
    return start[128:START_BYTES] == b"DICM"


def starts_like_dicom(start: bytes) -> bool:
    """Whether the first `START_BYTES` of a file may be those of a DICOM file, with or without preamble."""
    return has_prefix(start) or (len(start) >= 16 and _starts_with_element(start))


def _starts_with_element(start: bytes) -> bool:
    """Whether a file without preamble begins with a group 2 or group 8 element of modest length."""
    vr = start[4:6]
    for order in "<>":
        group, element, length = struct.unpack(f"{order}HHI", start[:8])
        if group in (2, 8) and element <= 0x100:
            return vr in (b"UL", b"UI", b"CS", b"OB", b"SH", b"DA") or length < 256
    return False


def read_part(
    file: BinaryIO,
    stop_when: StopWhen | None = None,
    *,
    tags: Sequence[str | int] | None = None,
    defer_bytes: int | None = None,
) -> FileDataset:
    """The elements of an open file up to where `stop_when` says; its odd values are not warned of.

    Parameters
    ----------
    file
        At its beginning. A transfer syntax that it does not tell is found by its first element.
    stop_when
        Asked before each element: its tag, its VR where that is told, the length of its value in bytes.
    tags
        Those that are wanted; None for all.
    defer_bytes
        Longer values are read when they are asked for; None for none.

    Returns
    -------
    FileDataset
        Its `file_meta` has a transfer syntax in any case.

    Raises
    ------
    InvalidDicomError, OSError, EOFError, ValueError, ...
        As pydicom does at files that are none, or broken; see `standard.faults.faults_of`.
    """
    from pydicom.errors import InvalidDicomError
    from pydicom.filereader import read_partial
    from pydicom.tag import Tag

    start = file.read(START_BYTES)
    if not starts_like_dicom(start):
        raise InvalidDicomError("It begins neither with a preamble nor with an element.")
    file.seek(0)
    wanted: list[BaseTag | int] | None = None if tags is None else [Tag(tag) for tag in tags]
    with no_warnings:  # odd values are not ours to judge
        dataset = read_partial(file, stop_when, defer_bytes, force=True, specific_tags=wanted)
    tell_transfer_syntax(dataset)
    return dataset


def tell_transfer_syntax(dataset: FileDataset) -> None:
    """Let a dataset whose file did not tell its transfer syntax say how it was read."""
    from pydicom.uid import UID

    if not dataset.file_meta.get("TransferSyntaxUID"):
        is_implicit, is_little = dataset.original_encoding
        dataset.file_meta.TransferSyntaxUID = UID(_PLAIN_SYNTAXES[bool(is_implicit), bool(is_little)])


def read_file(
    path: str | os.PathLike[str],
    *,
    stop_before_pixels: bool = False,
    tags: Sequence[str | int] | None = None,
    defer_bytes: int | None = None,
) -> FileDataset:
    """The elements of a file, also of one without preamble or file meta information; see `read_part`."""
    with open(path, "rb") as file:  # noqa: PTH123  a path may be text
        return read_part(file, _at_pixels if stop_before_pixels else None, tags=tags, defer_bytes=defer_bytes)


def _at_pixels(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    """Float, double float and integer pixels (PS3.3 section C.7.6.24)."""
    return tag in (0x7FE00008, 0x7FE00009, 0x7FE00010)


class Start(NamedTuple):
    """What stands before the data set of a file.

    Parameters
    ----------
    offset
        Where the data set begins, bytes.
    is_complete
        Whether that is a preamble, and file meta information that tells the transfer syntax.
    """

    offset: int
    is_complete: bool


def start_of_file(path: str | os.PathLike[str]) -> Start:
    """Where the data set of a file begins, and whether all that it needs stands before it."""
    from pydicom.filereader import read_dataset, read_preamble

    with open(path, "rb") as file, no_warnings:  # noqa: PTH123  a path may be text
        preamble = read_preamble(file, force=True)
        meta = read_dataset(file, False, True, stop_when=lambda tag, _vr, _length: tag.group != 2)
        return Start(file.tell(), preamble is not None and bool(meta.get("TransferSyntaxUID")))


def pixel_source(path: str | os.PathLike[str]) -> str | os.PathLike[str] | FileDataset:
    """What `pydicom.pixels.pixel_array` takes: the path of a complete file, of others the dataset."""
    return path if start_of_file(path).is_complete else read_file(path)
